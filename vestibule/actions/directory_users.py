"""User objects of members, and the properties of everybody's: create, update, set a password, end sessions.

Guests come by invitation and go by the verbs of their life; here is what a directory does beside that.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from vestibule.actions import account_letters, credentials, journal, telling_connected
from vestibule.actions.authorising import authorise, find_user
from vestibule.actions.carry_out import attempt, carry_out, insist_version
from vestibule.actions.credentials import HashedPassword
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.actions.posting import LetterKind
from vestibule.actions.removing import keep_an_administrator
from vestibule.actions.signing_out import end_sessions, tell_ended
from vestibule.actions.user_objects import NewMember, check_names, property_of, write_member, written
from vestibule.rules import lifecycle, names, user_properties
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.user_properties import ACCOUNT_ENABLED, PASSWORD
from vestibule.rules.verbs import Verb
from vestibule.store import invitations, memberships, people, profiles
from vestibule.store.memberships import Membership
from vestibule.store.profiles import Profile
from vestibule.store.unit import Unit

Beside = Mapping[str, tuple[Any, Any]]
"""What changed in the same unit, kept elsewhere than in the profile: old and new value by name."""

_TOLD_OF = frozenset({"displayName", "givenName", "surname", "mail", "userPrincipalName"})
"""Of these apps are told that keep accounts by provider commands."""


async def create_user(
    house: House,
    new: NewMember,
    *,
    tenant_id: str,
    by: Actor,
    then: Callable[[Unit, Membership], Awaitable[object]] | None = None,
) -> Membership:
    """Make a member's user object, with the person who signs in by it.

    ``then`` is what else happens to the user in the same unit.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE or READ_ONLY with the property; DUPLICATE_VALUE when the user principal name
            or the mail address is taken.
    """
    properties = user_properties.read(new.all_properties())
    key_id = house.chance.guid()
    await house.keys.create(key_id)

    async def work(unit: Unit) -> Membership:
        await authorise(unit, by, Verb.CREATE_USER, tenant_id, fields=frozenset(properties))
        await check_names(unit, tenant_id, None, properties)
        made = await write_member(house, unit, tenant_id, properties, new, key_id=key_id, by=by)
        if then is not None:
            await then(unit, made)
        return made

    return await attempt(house, Verb.CREATE_USER, work, by=by, tenant_id=tenant_id)


async def update_user(
    house: House,
    *,
    tenant_id: str,
    user_id: str,
    changes: Mapping[str, Any],
    by: Actor,
    password: HashedPassword | None = None,
    if_version: int | None = None,
    beside: Callable[[Unit, Membership], Awaitable[Beside]] | None = None,
) -> Membership:
    """Change properties of a user object; None clears one. What does not change anything writes nothing.

    ``accountEnabled`` asks for the right to disable or enable, a password for the right to set one; each leaves its
    own event, and all of it happens together or not at all.

    Args:
        house: the house. tenant_id, user_id: whose. by: who changes it.
        changes: by Graph's property names, as they were sent.
        password: a new password, hashed.
        if_version: refuse when the user object is not as the caller saw it.
        beside: writes what else changes in the same unit; it is told of in the same event.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED, STRONGER_SIGN_IN; BAD_VALUE, READ_ONLY or DUPLICATE_VALUE with the property;
            VERSION_MISMATCH; ONLY_ADMINISTRATOR; WRONG_STAGE for a password of somebody who has none here.
    """
    enabled = _enabled(changes)
    properties = user_properties.read({name: value for name, value in changes.items() if name != ACCOUNT_ENABLED})

    async def work(unit: Unit) -> Membership:
        user = await _authorise_update(
            unit, by, tenant_id, user_id, properties, enabled, has_password=password is not None
        )
        insist_version(user.version, if_version)
        more = {} if beside is None else await beside(unit, user)
        return await write_update(house, unit, user, properties, enabled, password, by=by, beside=more)

    return await attempt(house, Verb.UPDATE_USER, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def set_password(
    house: House, *, tenant_id: str, user_id: str, password: HashedPassword, by: Actor, own: bool = False
) -> Membership:
    """Set a member's password. Their sessions and tokens everywhere are dead on the next request.

    ``own`` says that they changed it themselves, having proved the old one.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE for somebody whose home is elsewhere.
    """

    async def work(unit: Unit) -> Membership:
        user, _ = await find_user(unit, by, Verb.SET_PASSWORD, tenant_id, user_id)
        _check_here(user)
        after = replace(user, version=user.version + 1, epoch=user.epoch + 1)
        memberships.touch(unit, user, epoch=after.epoch)
        await tell_ended(house, unit, user, after, by=by)
        await _write_password(house, unit, user, after, password, by=by, own=own)
        return after

    way = "own" if own else ""
    return await attempt(house, Verb.SET_PASSWORD, work, by=by, tenant_id=tenant_id, user_id=user_id, way=way)


async def revoke_sign_in_sessions(house: House, *, tenant_id: str, user_id: str, by: Actor) -> Membership:
    """End every session and token of a user in this organization; for a member, everywhere.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Membership:
        user, _ = await find_user(unit, by, Verb.SIGN_OUT_EVERYWHERE, tenant_id, user_id)
        _check_here(user)
        await account_letters.tell(house, unit, LetterKind.SIGNED_OUT_EVERYWHERE, user, by=by)
        return await end_sessions(house, unit, user, by=by)

    return await attempt(house, Verb.SIGN_OUT_EVERYWHERE, work, by=by, tenant_id=tenant_id, user_id=user_id)


# --- Updating ---------------------------------------------------------------------------------------------------------


def _enabled(changes: Mapping[str, Any]) -> bool | None:
    """What ``accountEnabled`` shall be; None when it is not spoken of."""
    if ACCOUNT_ENABLED not in changes:
        return None
    enabled = changes[ACCOUNT_ENABLED]
    if not isinstance(enabled, bool):
        raise Refused(Reason.BAD_VALUE, property=ACCOUNT_ENABLED, why="type")
    return enabled


async def _authorise_update(
    unit: Unit,
    by: Actor,
    tenant_id: str,
    user_id: str,
    properties: Mapping[str, Any],
    enabled: bool | None,
    *,
    has_password: bool,
) -> Membership:
    """Ask for every right that the update needs, each by its own verb. Returns the user object."""
    verbs: list[tuple[Verb, frozenset[str]]] = []
    if properties or (enabled is None and not has_password):
        verbs.append((Verb.UPDATE_USER, frozenset(properties)))
    if enabled is not None:
        verbs.append((Verb.ENABLE if enabled else Verb.DISABLE, frozenset({ACCOUNT_ENABLED})))
    if has_password:
        verbs.append((Verb.SET_PASSWORD, frozenset({PASSWORD})))
    user: Membership | None = None
    for verb, fields in verbs:
        user, _ = await find_user(unit, by, verb, tenant_id, user_id, fields=fields)
    if user is None:
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    _check_here(user)
    return user


async def write_update(
    house: House,
    unit: Unit,
    user: Membership,
    properties: Mapping[str, Any],
    enabled: bool | None,
    password: HashedPassword | None,
    *,
    by: Actor,
    beside: Beside,
) -> Membership:
    """Write an update into a unit; the right to it has been asked. Raises Refused as ``update_user``."""
    profile = await profiles.find(unit, user.tenant_id, user.user_id)
    if profile is None:
        raise Refused(Reason.NOT_FOUND, objectId=user.user_id)
    changed = {name: value for name, value in properties.items() if property_of(profile, name) != value}
    switches = enabled is not None and enabled is not user.standing.enabled_here
    if not (changed or beside or switches or password is not None):
        return user
    await check_names(unit, user.tenant_id, user, changed)
    upn = changed.get("userPrincipalName")
    upn_key = user.upn_key if upn is None else names.key(upn)
    after = replace(user, version=user.version + 1, upn_key=upn_key)
    if password is not None:
        after = replace(after, epoch=user.epoch + 1)
    if switches:
        after = await _switch(house, unit, user, enabled=bool(enabled), upn_key=upn_key, by=by)
    else:
        memberships.touch(unit, user, epoch=after.epoch, upn_key=upn_key)
    if changed or beside:
        await _write_changes(house, unit, user, after, profile, changed, by=by, beside=beside)
    told_of = bool(_TOLD_OF & changed.keys())
    # Whoever is switched off was told of with that, and had no session before they were switched on.
    if password is not None and not switches:
        await tell_ended(house, unit, user, after, by=by, changed=told_of)
    elif told_of and not switches:
        await telling_connected.tell_changed(house, unit, user, after)
    if password is not None:
        await _write_password(house, unit, user, after, password, by=by)
    return after


async def _tell(
    house: House, unit: Unit, user: Membership, after: Membership, *, by: Actor, changed: bool, ended: bool
) -> None:
    if ended:
        await tell_ended(house, unit, user, after, by=by, changed=changed)
    elif changed:
        await telling_connected.tell_changed(house, unit, user, after)


async def _switch(
    house: House, unit: Unit, user: Membership, *, enabled: bool, upn_key: str | None, by: Actor
) -> Membership:
    """Disable or enable together with whatever else changes on the row.

    An account that is enabled has had no session since it was disabled, so a new password has none to end.
    """
    if enabled:
        return await carry_out(house, unit, user, lifecycle.enable(user.standing, unit.now), by=by, upn_key=upn_key)
    await keep_an_administrator(unit, user)
    return await carry_out(house, unit, user, lifecycle.disable(user.standing, unit.now), by=by, upn_key=upn_key)


async def _write_changes(
    house: House,
    unit: Unit,
    user: Membership,
    after: Membership,
    profile: Profile,
    changed: Mapping[str, Any],
    *,
    by: Actor,
    beside: Beside,
) -> None:
    if changed:
        profiles.save(unit, written(profile, changed))
    facts: dict[str, Any] = {}
    if "mail" in changed and isinstance(user.stage, Invited):
        facts["invitationsEnded"] = True
        _end_invitations(house, unit, user, changed["mail"])
    event = journal.Event(
        Verb.UPDATE_USER,
        user.tenant_id,
        journal.about(user, after),
        unit.now,
        changes=tuple(sorted({*changed, *beside})),
        details={
            "old": {name: property_of(profile, name) for name in changed}
            | {name: old for name, (old, _) in beside.items()},
            "new": dict(changed) | {name: new for name, (_, new) in beside.items()},
        },
        facts=facts,
    )
    await journal.write(house, unit, event, by=by)


def _end_invitations(house: House, unit: Unit, user: Membership, mail: str | None) -> None:
    """An invitation is for the address it was sent to: with another one the old link is dead and a new one is due."""
    invitations.close_all(unit, user.tenant_id, user.user_id)
    old = None if user.mail is None else address_mac(house, names.address(user.mail).key)
    new = None if mail is None else address_mac(house, names.address(mail).key)
    if old != new:
        people.await_no_more(unit, user.tenant_id, user.user_id)
        if new is not None:
            people.await_mailbox(unit, new, user.tenant_id, user.user_id)


async def _write_password(
    house: House,
    unit: Unit,
    user: Membership,
    after: Membership,
    password: HashedPassword,
    *,
    by: Actor,
    own: bool = False,
) -> None:
    if user.standing.tie is not Tie.HOME or user.person_id is None:
        raise Refused(Reason.WRONG_STAGE, property=PASSWORD, why="homeElsewhere")
    await credentials.keep(unit, user.person_id, password)
    event = journal.Event(
        Verb.SET_PASSWORD, user.tenant_id, journal.about(user, after), unit.now, way="own" if own else ""
    )
    await journal.write(house, unit, event, by=by)
    await account_letters.tell(house, unit, LetterKind.PASSWORD_CHANGED, user, by=by)


def _check_here(user: Membership) -> None:
    """A deleted user, and somebody without a user object, is not found."""
    if not isinstance(user.stage, Invited | Present) or user.standing.tie is Tie.DIRECT_CONNECT:
        raise Refused(Reason.NOT_FOUND, objectId=user.user_id)
