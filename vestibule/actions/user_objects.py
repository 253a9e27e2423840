"""User objects and their profiles, as more than one verb writes them: a new member, changed properties, free names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions import credentials, journal
from vestibule.actions.credentials import HashedPassword
from vestibule.actions.house import House
from vestibule.rules import names
from vestibule.rules.actors import Actor
from vestibule.rules.filters import fold
from vestibule.rules.lifecycle import Invited, Present, Standing, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.user_properties import PROPERTIES
from vestibule.rules.verbs import Verb
from vestibule.store import audit, memberships, organizations, people, profiles
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.profiles import Profile
from vestibule.store.unit import Reading, Unit

_KEYS: Final = {"display_name": "display_name_key", "mail": "mail_key"}

# How a provisioning client spelled something holds for as long as what it spelled.
_SPELLINGS: Final = {
    "provisionedName": frozenset({"userPrincipalName"}),
    "provisionedMails": frozenset({"mail", "otherMails"}),
}


@dataclass(frozen=True, slots=True)
class NewMember:
    """What a new member's user object is made from.

    Attributes:
        user_principal_name: in a verified domain of the organization.
        password: how they sign in; None when they cannot, until one is set.
        properties: other properties by Graph's names, as they were sent.
    """

    display_name: str
    user_principal_name: str
    mail_nickname: str
    password: HashedPassword | None
    enabled: bool = True
    properties: Mapping[str, Any] | None = None

    def all_properties(self) -> dict[str, Any]:
        """Everything that is written, by Graph's names."""
        return {
            "displayName": self.display_name,
            "userPrincipalName": self.user_principal_name,
            "mailNickname": self.mail_nickname,
            **{name: value for name, value in (self.properties or {}).items() if value is not None},
        }


async def write_member(
    house: House,
    unit: Unit,
    tenant_id: str,
    properties: Mapping[str, Any],
    new: NewMember,
    *,
    key_id: str,
    by: Actor,
) -> Membership:
    """Write a checked member with person, password and audit event into a unit.

    ``key_id`` names the subject key, which exists already.
    """
    key = await house.keys.find(key_id)
    if key is None:
        raise Refused(Reason.UNAVAILABLE)
    person_id, user_id = house.chance.guid(), house.chance.guid()
    user = Membership(
        tenant_id=tenant_id,
        user_id=user_id,
        person_id=person_id,
        standing=Standing(Tie.HOME, Present(unit.now), enabled_here=new.enabled, enabled_at_home=new.enabled),
        epoch=1,
        home_epoch=1,
        version=1,
        audit_tag=journal.tag_of(key),
        subject_key_id=key_id,
        self_service=False,
        created_at=unit.now,
        home_tenant=tenant_id,
        home_user=user_id,
        upn_key=names.key(properties["userPrincipalName"]),
        display_name=properties["displayName"],
        user_principal_name=properties["userPrincipalName"],
        mail=properties.get("mail"),
        user_type="Member",
        preferred_language=properties.get("preferredLanguage"),
        home_display_name=properties["displayName"],
        home_mail=properties.get("mail"),
        administrator=False,
    )
    memberships.insert(unit, user)
    profiles.insert(unit, written(_empty_profile(user), properties))
    audit.index_subject(unit, tenant_id, user.audit_tag, user_id)
    people.insert(unit, home_person(house, user, person_id, user.created_at))
    people.belongs(unit, person_id, tenant_id, user_id)
    if new.password is not None:
        await credentials.keep(unit, person_id, new.password)
    event = journal.Event(
        Verb.CREATE_USER,
        tenant_id,
        replace(journal.about(user), before=0),
        unit.now,
        changes=tuple(sorted(properties)),
        details={"new": dict(properties)},
        facts={"userType": "Member", "accountEnabled": new.enabled},
    )
    await journal.write(house, unit, event, by=by)
    return user


def home_issuer(house: House, tenant_id: str) -> str:
    """The issuer that vouches for an organization's members."""
    return f"{house.public_url}/{tenant_id}/v2.0"


def home_person(house: House, user: Membership, person_id: str, since: datetime) -> Person:
    """Who signs in by a member's user object."""
    return Person(
        person_id=person_id,
        issuer=home_issuer(house, user.tenant_id),
        subject=user.user_id,
        home_tenant=user.tenant_id,
        home_user=user.user_id,
        preferred_language=user.preferred_language,
        version=1,
        created_at=since,
    )


def _empty_profile(user: Membership) -> Profile:
    return Profile(
        tenant_id=user.tenant_id,
        user_id=user.user_id,
        user_principal_name=user.user_principal_name,
        display_name="",
        display_name_key="",
        mail=None,
        mail_key=None,
        user_type=user.user_type,
        given_name=None,
        surname=None,
        job_title=None,
        department=None,
        company_name=None,
        preferred_language=None,
        creation_type=None,
        external_user_state=None,
        external_user_state_at=None,
        attributes={},
    )


def property_of(profile: Profile, name: str) -> Any:
    """What a profile holds under Graph's name of a property; None when it holds nothing."""
    column = PROPERTIES[name].column
    return profile.attributes.get(name) if column is None else getattr(profile, column)


async def check_names(reading: Reading, tenant_id: str, user: Membership | None, changed: Mapping[str, Any]) -> None:
    """Whether names and addresses that are written are free, and the name's domain is the organization's own.

    Raises:
        Refused: BAD_VALUE for a domain that is not verified here; DUPLICATE_VALUE with the property.
    """
    own_id = None if user is None else user.user_id
    upn = changed.get("userPrincipalName")
    if upn is not None:
        domain = await organizations.find_domain(reading, upn.rpartition("@")[2])
        if domain is None or domain.tenant_id != tenant_id or domain.verified_at is None:
            raise Refused(Reason.BAD_VALUE, property="userPrincipalName", why="domain")
        holder = await memberships.find_by_upn(reading, tenant_id, names.key(upn))
        if holder is not None and holder.user_id != own_id:
            raise Refused(Reason.DUPLICATE_VALUE, property="userPrincipalName")
    mail = changed.get("mail")
    if mail is not None:
        known = await memberships.by_mail(reading, tenant_id, names.key(mail))
        if any(one.user_id != own_id and isinstance(one.stage, Invited | Present) for one in known):
            raise Refused(Reason.DUPLICATE_VALUE, property="proxyAddresses")


def written(profile: Profile, changed: Mapping[str, Any]) -> Profile:
    """The profile with changed properties, and with what follows from them."""
    columns: dict[str, Any] = {}
    attributes = dict(profile.attributes)
    for name, value in changed.items():
        column = PROPERTIES[name].column
        if column is not None:
            columns[column] = value
        elif value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    for said, names_of in _SPELLINGS.items():
        if said not in changed and not changed.keys().isdisjoint(names_of):
            attributes.pop(said, None)
    for column, key in _KEYS.items():
        if column in columns:
            columns[key] = None if columns[column] is None else fold(columns[column])
    if "mail" in columns:
        attributes["proxyAddresses"] = _proxy_addresses(attributes.get("proxyAddresses", []), columns["mail"])
    return replace(profile, **columns, attributes=attributes)


def _proxy_addresses(before: list[str], mail: str | None) -> list[str]:
    """The primary address follows ``mail``; secondary ones stay."""
    others = [address for address in before if not address.startswith("SMTP:")]
    return others if mail is None else [f"SMTP:{mail}", *others]
