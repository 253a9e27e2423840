"""Converting: an external user becomes internal, or an internal one external, and the user object stays.

Groups, roles, apps and the id are those of the user object, so that they stay as well. What changes is who signs in by
it: a person whose home is this organization, or one who accepts an invitation. Every session, code and token of the
user object is dead afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vestibule.actions import credentials, erasing, journal, telling_apps
from vestibule.actions.authorising import find_user
from vestibule.actions.carry_out import attempt
from vestibule.actions.credentials import HashedPassword
from vestibule.actions.house import House
from vestibule.actions.removing import keep_an_administrator
from vestibule.actions.user_objects import check_names, home_issuer, home_person, property_of, written
from vestibule.rules import names, user_properties
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present, Standing, Tie
from vestibule.rules.names import Address
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import conversions, invitations, memberships, people, profiles, second_factors, sessions
from vestibule.store.memberships import Membership
from vestibule.store.profiles import Profile
from vestibule.store.unit import Reading, Unit

MEMBER = "Member"
_EXTERNAL = frozenset({Tie.GUEST, Tie.EXTERNAL_MEMBER})


@dataclass(frozen=True, slots=True)
class Converted:
    """An external user who is internal now: the names under which they are found."""

    user: Membership
    display_name: str
    user_principal_name: str
    mail: str | None


async def convert_to_internal(
    house: House,
    *,
    tenant_id: str,
    user_id: str,
    user_principal_name: str,
    by: Actor,
    mail: str | None = None,
    password: HashedPassword | None = None,
) -> Converted:
    """Make an external user who has accepted an internal one, who signs in here from now on.

    Args:
        house: the house. tenant_id, user_id: whom. by: who does it.
        user_principal_name: the new name, in a verified domain of the organization.
        mail: a new address; None to keep the one there is.
        password: how they sign in; None when they cannot, until one is set.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED, STRONGER_SIGN_IN; ALREADY_THERE for somebody who is internal; WRONG_STAGE for
            who has not accepted; BAD_VALUE or DUPLICATE_VALUE with the property; ON_HOLD while a legal hold stands.
    """
    given = {"userPrincipalName": user_principal_name} | ({} if mail is None else {"mail": mail})
    properties = user_properties.read(given)

    async def work(unit: Unit) -> Converted:
        user, _ = await find_user(unit, by, Verb.CONVERT_TO_INTERNAL, tenant_id, user_id)
        profile = await _convertible(unit, user)
        await check_names(unit, tenant_id, user, properties)
        person_id = await _at_home(house, unit, user)
        after = replace(
            user,
            standing=replace(user.standing, tie=Tie.HOME, enabled_at_home=user.standing.enabled_here),
            person_id=person_id,
            upn_key=names.key(properties["userPrincipalName"]),
            epoch=user.epoch + 1,
            version=user.version + 1,
        )
        await _leave_behind(house, unit, user, after)
        people.belongs(unit, person_id, tenant_id, user_id)
        if password is not None:
            await credentials.keep(unit, person_id, password)
        kept = _as_internal(profile, properties)
        profiles.save(unit, kept)
        await _write_down(house, unit, Verb.CONVERT_TO_INTERNAL, user, after, profile, kept, by=by)
        return Converted(after, kept.display_name, kept.user_principal_name, kept.mail)

    return await attempt(house, Verb.CONVERT_TO_INTERNAL, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def find_internal(unit: Unit, tenant_id: str, user_id: str, address: Address) -> Membership:
    """The internal user who can be invited with this address.

    Raises:
        Refused: NOT_FOUND; ALREADY_THERE for somebody who is external; INVITEE_DISABLED; ONLY_ADMINISTRATOR;
            DUPLICATE_VALUE when somebody else has the address.
    """
    user = await memberships.find(unit, tenant_id, user_id)
    if user is None or not isinstance(user.stage, Present) or user.standing.tie is Tie.DIRECT_CONNECT:
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    if user.standing.tie is not Tie.HOME:
        raise Refused(Reason.ALREADY_THERE, objectId=user_id)
    if not user.standing.enabled_here:
        raise Refused(Reason.INVITEE_DISABLED, objectId=user_id)
    await keep_an_administrator(unit, user)
    await check_names(unit, tenant_id, user, {"mail": address.mailbox})
    return user


async def make_external(house: House, unit: Unit, user: Membership, address: Address) -> Membership:
    """Write into a unit that an internal user waits for whoever accepts the invitation to this address.

    With it their way of signing in here ends: passwords and other methods of theirs go, wherever else they are guests.
    """
    profile = await profiles.find(unit, user.tenant_id, user.user_id)
    if profile is None:
        raise Refused(Reason.NOT_FOUND, objectId=user.user_id)
    after = replace(
        user,
        standing=Standing(Tie.EXTERNAL_MEMBER, Invited(unit.now), enabled_here=user.standing.enabled_here),
        person_id=None,
        mail=address.mailbox,
        epoch=user.epoch + 1,
        version=user.version + 1,
    )
    await _leave_behind(house, unit, user, after)
    if user.person_id is not None:
        people.drop_credentials(unit, user.person_id)
        second_factors.drop_all(unit, user.person_id)
        sessions.drop_person(unit, user.person_id)
    profiles.save(unit, _as_external(unit, profile, address))
    return after


async def _convertible(reading: Reading, user: Membership) -> Profile:
    if user.standing.tie is Tie.HOME:
        raise Refused(Reason.ALREADY_THERE, objectId=user.user_id)
    profile = await profiles.find(reading, user.tenant_id, user.user_id)
    if profile is None or user.standing.tie not in _EXTERNAL or not isinstance(user.stage, Invited | Present):
        raise Refused(Reason.NOT_FOUND, objectId=user.user_id)
    if not isinstance(user.stage, Present):
        raise Refused(Reason.WRONG_STAGE, why="notRedeemed")
    return profile


async def _at_home(house: House, unit: Unit, user: Membership) -> str:
    """The id of the person whose home this is: the one from before, for somebody who was internal once."""
    known = await people.find_by_identity(unit, home_issuer(house, user.tenant_id), user.user_id)
    if known is not None:
        return known.person_id
    new = home_person(house, user, house.chance.guid(), unit.now)
    people.insert(unit, new)
    return new.person_id


async def _leave_behind(house: House, unit: Unit, user: Membership, after: Membership) -> None:
    """The user object is somebody else's: who they were is not in the organization any more.

    Raises Refused (ON_HOLD): who they were is what a legal hold keeps.
    """
    if user.standing.held:
        raise Refused(Reason.ON_HOLD)
    await telling_apps.tell_all(house, unit, user)
    conversions.save(unit, user, after)
    invitations.close_all(unit, user.tenant_id, user.user_id)
    people.await_no_more(unit, user.tenant_id, user.user_id)
    await erasing.loosen_person(unit, user)


def _as_internal(profile: Profile, properties: Mapping[str, Any]) -> Profile:
    nickname = str(properties["userPrincipalName"]).partition("@")[0]
    kept = written(profile, {**properties, "mailNickname": nickname})
    return replace(kept, user_type=MEMBER, creation_type=None, external_user_state=None, external_user_state_at=None)


def _as_external(unit: Unit, profile: Profile, address: Address) -> Profile:
    """The address is where letters go from now on; the one before stays among the others."""
    others = [*profile.attributes.get("otherMails", []), *([profile.mail] if profile.mail else [])]
    more = [one for one in dict.fromkeys(others) if names.key(one) != address.key]
    kept = written(profile, {"mail": address.mailbox, "otherMails": [address.mailbox, *more]})
    return replace(kept, external_user_state="PendingAcceptance", external_user_state_at=unit.now)


async def _write_down(
    house: House,
    unit: Unit,
    verb: Verb,
    user: Membership,
    after: Membership,
    before: Profile,
    kept: Profile,
    *,
    by: Actor,
) -> None:
    changed = [
        name
        for name in ("userPrincipalName", "mail", "mailNickname")
        if property_of(before, name) != property_of(kept, name)
    ]
    details = {
        "old": {name: property_of(before, name) for name in changed} | {"userType": before.user_type},
        "new": {name: property_of(kept, name) for name in changed} | {"userType": kept.user_type},
    }
    event = journal.Event(
        verb,
        user.tenant_id,
        journal.about(user, after),
        unit.now,
        changes=tuple(sorted({*changed, "userType"})),
        details=details,
        facts={"tie": user.standing.tie.value},
    )
    await journal.write(house, unit, event, by=by)
