"""Organizations: create, update, add a domain. Only the operator creates them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from vestibule.actions import digests, journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.credentials import HashedPassword
from vestibule.actions.house import House
from vestibule.actions.policies import privacy_of
from vestibule.actions.user_objects import NewMember, write_member
from vestibule.rules import digests as digest_rules
from vestibule.rules import links, names, texts, user_properties
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.policy import GUEST_ACCESS, GUESTS_MAY_LEAVE, INVITES_FROM
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR
from vestibule.rules.verbs import Verb
from vestibule.store import domain_claims, hanging, organizations
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Domain, Organization
from vestibule.store.unit import Unit

LANGUAGES: Final = ("en", "nl", "sv")
LONGEST_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """The first Global Administrator of a new organization.

    Attributes:
        email: how they are called: the user principal name when its domain is the organization's, else the local
            part of it in the organization's domain; their mail address in any case.
    """

    email: str
    password: HashedPassword
    display_name: str = "Administrator"


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What a new organization is made from.

    Attributes:
        domain: its initial domain, verified by the operator's word.
        country: ISO 3166, two letters. notification_language: en, nl or sv. time_zone: an IANA name.
    """

    display_name: str
    domain: str
    country: str = ""
    notification_language: str = "en"
    time_zone: str = "UTC"
    technical_contact: str | None = None
    privacy_contact: str | None = None
    privacy_statement: str | None = None
    guests_may_leave: bool = GUESTS_MAY_LEAVE


@dataclass(frozen=True, slots=True)
class Created:
    """A new organization and its first administrator."""

    organization: Organization
    administrator: Membership | None


async def create_organization(
    house: House, new: NewOrganization, *, by: Actor, administrator: FirstAdministrator | None = None
) -> Created:
    """Make an organization with its initial domain, its audit key and its first Global Administrator.

    Raises:
        Refused: NOT_ALLOWED for anybody but the operator; BAD_VALUE with the property; DUPLICATE_VALUE for a domain
            that another organization has; PRIVACY_INFORMATION_MISSING when guests may not leave and there is none.
    """
    if by.kind is not ActorKind.OPERATOR:
        raise Refused(Reason.NOT_ALLOWED)
    domain = names.organization_domain(new.domain).name
    tenant_id, key_id, user_key = house.chance.guid(), house.chance.guid(), house.chance.guid()
    await house.keys.create(key_id)
    if administrator is not None:
        await house.keys.create(user_key)

    async def work(unit: Unit) -> Created:
        organization = _checked(new, domain, tenant_id, key_id, unit)
        if await organizations.find_domain(unit, domain) is not None:
            raise Refused(Reason.DUPLICATE_VALUE, property="domain")
        organizations.insert(unit, organization)
        organizations.insert_domain(unit, Domain(tenant_id, domain, True, True, unit.now))
        event = journal.Event(
            Verb.CREATE_ORGANIZATION,
            tenant_id,
            replace(journal.about_organization(organization), before=0),
            unit.now,
            details={"domain": domain},
        )
        await journal.write(house, unit, event, by=by)
        if administrator is None:
            return Created(organization, None)
        return Created(organization, await _first(house, unit, organization, administrator, user_key, by=by))

    return await attempt(house, Verb.CREATE_ORGANIZATION, work, by=by, tenant_id=None)


async def update_organization(house: House, *, tenant_id: str, changes: Mapping[str, Any], by: Actor) -> Organization:
    """Change what an organization says about itself, by Graph's property names; None clears where that is possible.

    Privacy information and the leave setting have verbs of their own (``policies``).

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE or READ_ONLY with the property.
    """

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.UPDATE_ORGANIZATION, tenant_id)
        before = await organizations.find(unit, tenant_id)
        if before is None:
            raise Refused(Reason.NOT_FOUND)
        after, changed = before, []
        for name, value in changes.items():
            following = _change(after, name, value)
            changed += [name] if following != after else []
            after = following
        if not changed:
            return before
        if {digests.SETTING, "timeZone"} & set(changed):
            after = digests.scheduled(after, unit.now)
        saved = organizations.save(unit, before, after)
        event = journal.Event(
            Verb.UPDATE_ORGANIZATION,
            tenant_id,
            journal.about_organization(before, saved),
            unit.now,
            changes=tuple(sorted(changed)),
            details={"new": {name: changes[name] for name in changed}},
        )
        await journal.write(house, unit, event, by=by)
        return saved

    return await attempt(house, Verb.UPDATE_ORGANIZATION, work, by=by, tenant_id=tenant_id)


def check(organization: Organization, changes: Mapping[str, Any]) -> None:
    """See whether ``update_organization`` would take these values, for a form that saves other things first.

    Raises:
        Refused: BAD_VALUE or READ_ONLY with the property.
    """
    for name, value in changes.items():
        _change(organization, name, value)


async def add_domain(house: House, *, tenant_id: str, name: str, by: Actor) -> Domain:
    """Add a domain, verified by the operator's word.

    Anybody else would have to prove it by a record in the DNS. An unproven name may not even be noted down: it
    would keep the name from its owner.

    Raises:
        Refused: NOT_ALLOWED for anybody but the operator; BAD_VALUE; DUPLICATE_VALUE when somebody has the domain.
    """
    found = names.organization_domain(name).name

    async def work(unit: Unit) -> Domain:
        if by.kind is not ActorKind.OPERATOR:
            raise Refused(Reason.NOT_ALLOWED)
        organization = await organizations.find(unit, tenant_id)
        if organization is None:
            raise Refused(Reason.NOT_FOUND)
        if await organizations.find_domain(unit, found) is not None:
            raise Refused(Reason.DUPLICATE_VALUE, property="domain")
        new = Domain(tenant_id, found, False, False, unit.now)
        organizations.insert_domain(unit, new)
        claim = await domain_claims.find(unit, tenant_id, found)
        if claim is not None:
            domain_claims.drop(unit, claim)
        organizations.guard(unit, organization)
        subject = journal.about_thing(organization, "domain", found, found, before=0, after=1)
        event = journal.Event(Verb.ADD_DOMAIN, tenant_id, subject, unit.now, facts={"verified": True})
        await journal.write(house, unit, event, by=by)
        return new

    return await attempt(house, Verb.ADD_DOMAIN, work, by=by, tenant_id=tenant_id)


def _checked(new: NewOrganization, domain: str, tenant_id: str, key_id: str, unit: Unit) -> Organization:
    organization = Organization(
        tenant_id=tenant_id,
        display_name=texts.text_line(new.display_name, limit=LONGEST_NAME, what="displayName"),
        initial_domain=domain,
        country="",
        notification_language="en",
        time_zone="UTC",
        technical_contact=None,
        privacy_contact=None
        if new.privacy_contact is None
        else names.address(new.privacy_contact, what="contactEmail").text,
        privacy_statement=None
        if new.privacy_statement is None
        else links.privacy_statement(new.privacy_statement, plain_http=True),
        guests_may_leave=new.guests_may_leave,
        asks_why=False,
        allow_invites_from=INVITES_FROM.value,
        guest_access=GUEST_ACCESS.value,
        settings={},
        subject_key_id=key_id,
        version=1,
        created_at=unit.now,
    )
    if not new.guests_may_leave and not privacy_of(organization).is_complete:
        raise Refused(Reason.PRIVACY_INFORMATION_MISSING, property="privacyProfile")
    wanted = {"preferredLanguage": new.notification_language, "timeZone": new.time_zone}
    wanted |= {"countryLetterCode": new.country} if new.country else {}
    contact = [] if new.technical_contact is None else [new.technical_contact]
    for name, value in {**wanted, "technicalNotificationMails": contact}.items():
        organization = _change(organization, name, value)
    return organization


async def _first(
    house: House,
    unit: Unit,
    organization: Organization,
    administrator: FirstAdministrator,
    key_id: str,
    *,
    by: Actor,
) -> Membership:
    """The first member, who holds the role Global Administrator."""
    address = names.address(administrator.email, what="admin")
    own = address.domain.name == organization.initial_domain
    new = NewMember(
        display_name=administrator.display_name,
        user_principal_name=address.mailbox if own else f"{address.local}@{organization.initial_domain}",
        mail_nickname=address.local,
        password=administrator.password,
        properties={"mail": address.mailbox},
    )
    properties = user_properties.read(new.all_properties())
    user = await write_member(house, unit, organization.tenant_id, properties, new, key_id=key_id, by=by)
    hanging.hold_role(unit, organization.tenant_id, user.user_id, GLOBAL_ADMINISTRATOR, house.chance.guid())
    event = journal.Event(
        Verb.ASSIGN_ROLE,
        organization.tenant_id,
        journal.about(user),
        unit.now,
        facts={"roleId": GLOBAL_ADMINISTRATOR},
    )
    await journal.write(house, unit, event, by=by)
    return replace(user, administrator=True)


# --- Properties -------------------------------------------------------------------------------------------------------

_TEXTS: Final = {"street": 1024, "city": 128, "state": 128, "postalCode": 40, "country": 128}
_MAILS: Final = {
    "technicalNotificationMails",
    "marketingNotificationEmails",
    "securityComplianceNotificationMails",
}
_PHONES: Final = {"businessPhones", "securityComplianceNotificationPhones"}
_MOST_LISTED: Final = 50
_READ_ONLY: Final = {
    "assignedPlans",
    "createdDateTime",
    "deletedDateTime",
    "id",
    "onPremisesLastSyncDateTime",
    "onPremisesSyncEnabled",
    "provisionedPlans",
    "tenantType",
    "verifiedDomains",
}


def _change(before: Organization, name: str, value: Any) -> Organization:
    """One property changed. Raises Refused (BAD_VALUE, READ_ONLY)."""
    if name in _READ_ONLY:
        raise Refused(Reason.READ_ONLY, property=name)
    if name in _MAILS | _PHONES:
        return _change_list(before, name, value)
    if name in _TEXTS:
        return _change_text(before, name, value)
    match name, value:
        case "displayName", str():
            return replace(before, display_name=texts.text_line(value, limit=LONGEST_NAME, what=name))
        case "countryLetterCode", str():
            return replace(before, country=user_properties.PROPERTIES["usageLocation"].read(name, value))
        case "preferredLanguage", str() if value in LANGUAGES:
            return replace(before, notification_language=value)
        case "timeZone", str() if _is_time_zone(value):
            return replace(before, time_zone=value)
        case "asksWhy", bool():
            return replace(before, asks_why=value)
        case digests.SETTING, _:
            return digests.with_period(before, digest_rules.period(value))
        case _:
            raise Refused(Reason.BAD_VALUE, property=name)


def _change_text(before: Organization, name: str, value: Any) -> Organization:
    if value is not None and not isinstance(value, str):
        raise Refused(Reason.BAD_VALUE, property=name)
    settings = {key: kept for key, kept in before.settings.items() if key != name}
    if value is not None:
        settings[name] = texts.text_lines(value, limit=_TEXTS[name], what=name)
    return replace(before, settings=settings)


def _change_list(before: Organization, name: str, value: Any) -> Organization:
    if not isinstance(value, list) or len(value) > _MOST_LISTED or not all(isinstance(one, str) for one in value):
        raise Refused(Reason.BAD_VALUE, property=name)
    if name in _MAILS:
        kept = [names.address(one, what=name).text for one in value]
    else:
        kept = [texts.text_line(one, limit=64, what=name) for one in value]
    settings = {key: old for key, old in before.settings.items() if key != name}
    after = replace(before, settings={**settings, name: kept} if kept else settings)
    if name == "technicalNotificationMails":
        after = replace(after, technical_contact=kept[0] if kept else None)
    return after


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True
