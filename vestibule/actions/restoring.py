"""Restore: a deleted user comes back, with everything that may rightly come back, and a report on what did not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vestibule.actions import asking
from vestibule.actions.authorising import authorise, grants_roles
from vestibule.actions.carry_out import attempt, carry_out
from vestibule.actions.house import House
from vestibule.actions.leaving import close_requests
from vestibule.actions.posting import LetterKind, post
from vestibule.rules import lifecycle, names
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Deleted, Move
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import consents, groups, hanging, memberships, organizations, profiles
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading, Unit

Wants = Callable[[Hanging], bool]
"""Whether something that may come back is to come back."""


@dataclass(frozen=True, slots=True)
class Returned:
    """One line of the restore report.

    Attributes:
        thing: the group, app, role or owned object; an app may come through a group.
        why_not: None when it came back, else ``gone`` (it was deleted for good), ``revoked`` (taken away meanwhile),
            ``withheld`` (the restorer could not have granted it) or ``leftOut`` (the restorer did not want it back).
    """

    thing: Hanging
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a restore did.

    Attributes:
        membership: as it is now. items: every thing that hung on it, and whether it came back.
    """

    membership: Membership
    items: list[Returned]


def everything(_thing: Hanging) -> bool:
    """A restore in full: whatever may come back does."""
    return True


async def restore(
    house: House, *, tenant_id: str, user_id: str, by: Actor, new_upn: str | None = None, wants: Wants = everything
) -> Report:
    """Bring a deleted user back, with all that hung on them or a part of it.

    Groups, app roles, directory roles and ownerships return as they were. What does not: things deleted for good or
    revoked meanwhile, and rights that the restorer could not grant. Sessions, tokens and consents do not return, and
    a disabled account stays disabled.

    Args:
        house: the house. tenant_id, user_id: the deleted user. by: who restores.
        new_upn: the way out when the user principal name was taken meanwhile.
        wants: what of that which may come back does. What they own always comes back, so that nothing is left without
            an owner; an app that comes through a group does with its group.

    Raises:
        Refused: NOT_FOUND when there is no such deleted user (never, no longer, or the 30 days are over);
            NOT_ALLOWED; NAME_TAKEN when somebody else has the name now.
    """

    async def work(unit: Unit) -> Report:
        guest = await memberships.find(unit, tenant_id, user_id)
        actor = await authorise(unit, by, Verb.RESTORE, tenant_id, guest)
        if guest is None or not isinstance(lifecycle.stage_at(guest.standing, unit.now), Deleted):
            raise Refused(Reason.NOT_FOUND)
        move = lifecycle.restore(guest.standing, unit.now)
        upn_key = await _name(unit, guest, new_upn)
        held, through = await _judge(unit, guest, wants, may_grant_roles=grants_roles(actor))
        _drop_lost(unit, guest, held)
        items = _reported(held, through)
        after = await _bring_back(house, unit, guest, move, items, upn_key, by)
        return Report(after, items)

    return await attempt(house, Verb.RESTORE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def _name(unit: Unit, guest: Membership, new_upn: str | None) -> str:
    """The name to come back with. Raises Refused (NAME_TAKEN) when somebody has it."""
    wanted = new_upn or guest.user_principal_name
    if new_upn is not None:
        found = names.read_principal_name(new_upn)
        domain = None if found is None else await organizations.find_domain(unit, found.domain.name)
        if domain is None or domain.tenant_id != guest.tenant_id:
            raise Refused(Reason.BAD_VALUE, property="newUserPrincipalName")
    holder = await memberships.find_by_upn(unit, guest.tenant_id, names.key(wanted))
    if holder is not None and holder.user_id != guest.user_id:
        raise Refused(Reason.NAME_TAKEN, property="userPrincipalName", objectId=holder.user_id)
    if new_upn is not None:
        profile = await profiles.find(unit, guest.tenant_id, guest.user_id)
        if profile is not None:
            profiles.save(unit, replace(profile, user_principal_name=new_upn))
    return names.key(wanted)


async def what_returns(reading: Reading, guest: Membership, *, may_grant_roles: bool) -> list[Returned]:
    """What a restore would bring back now, and what it would not: the report before there is one.

    Args:
        reading: the reading. guest: the deleted user.
        may_grant_roles: whether the restorer could give directory roles (``grants_roles``).
    """
    return _reported(*await _judge(reading, guest, everything, may_grant_roles=may_grant_roles))


async def _judge(
    reading: Reading, guest: Membership, wants: Wants, *, may_grant_roles: bool
) -> tuple[list[Returned], list[Returned]]:
    """What hangs on the membership, and the apps that come through its groups, which return as their group does."""
    things = await hanging.everything(reading, guest.tenant_id, guest.user_id)
    privileged = await groups.assignable_to_roles(
        reading, guest.tenant_id, [thing.target_id for thing in things if thing.kind is Kind.GROUP]
    )
    held = [
        Returned(thing, _why_not(thing, privileged, wants, may_grant_roles=may_grant_roles))
        for thing in things
        if not thing.through
    ]
    of_group = {item.thing.target_id: item.why_not for item in held if item.thing.kind is Kind.GROUP}
    return held, [Returned(thing, of_group[thing.through]) for thing in things if thing.through]


def _reported(held: list[Returned], through: list[Returned]) -> list[Returned]:
    """The report: an app that comes back through a group is said once, and not also that it did not come back."""
    mine = {item.thing.target_id for item in held if item.thing.kind is Kind.APP}
    back = {item.thing.target_id for item in held if item.thing.kind is Kind.APP and item.why_not is None}
    best: dict[str, Returned] = {}
    for item in through:
        app_id = item.thing.target_id
        if app_id not in back and (app_id not in best or best[app_id].why_not is not None):
            best[app_id] = item
    again = {app_id for app_id, item in best.items() if item.why_not is None}
    kept = [item for item in held if item.thing.kind is not Kind.APP or item.thing.target_id not in again]
    return [*kept, *(item for app_id, item in best.items() if app_id in again or app_id not in mine)]


def _why_not(thing: Hanging, privileged: set[str], wants: Wants, *, may_grant_roles: bool) -> str | None:
    if thing.struck is not None:
        return thing.struck
    if thing.name is None and thing.kind in {Kind.GROUP, Kind.APP}:
        return "gone"
    if not may_grant_roles and (thing.kind is Kind.ROLE or thing.target_id in privileged):
        return "withheld"
    return None if thing.kind is Kind.OWNED or wants(thing) else "leftOut"


def _drop_lost(unit: Unit, guest: Membership, held: list[Returned]) -> None:
    for item in held:
        if item.why_not is not None:
            hanging.drop_one(unit, item.thing, guest.tenant_id, guest.user_id)


async def _bring_back(
    house: House,
    unit: Unit,
    guest: Membership,
    move: Move,
    items: list[Returned],
    upn_key: str,
    by: Actor,
) -> Membership:
    lost = [item for item in items if item.why_not is not None]
    asked = asking.RESTORE in await close_requests(unit, guest, "restored")
    consents.drop_of_user(unit, guest.tenant_id, guest.user_id)
    after = await carry_out(
        house,
        unit,
        guest,
        move,
        by=by,
        facts={"returned": len(items) - len(lost), "withheld": len(lost), "asked": asked},
        details={"notReturned": [_line(item) for item in lost]},
        upn_key=upn_key,
        self_service=False,
    )
    organization = await organizations.find(unit, guest.tenant_id)
    if organization is not None:
        post(
            house,
            unit,
            LetterKind.RESTORED,
            organization=organization,
            user_id=guest.user_id,
            recipient=guest.contact,
            languages=[guest.preferred_language],
            facts={
                "restoredAt": move.at,
                "organizationsLink": f"{house.public_url}/myaccount/organizations",
                "mayLeave": organization.guests_may_leave,
                "unasked": guest.self_service and not asked,
                "stillDisabled": not after.standing.enabled_here,
                "returned": _returned(items),
                "notReturned": [line for line in map(_line, lost) if line["name"]],
            },
        )
    return after


def _returned(items: list[Returned]) -> list[dict[str, Any]]:
    """What came back, counted by kind; things whose members are hidden are counted and not named."""
    lines = []
    for kind in Kind:
        back = [item.thing for item in items if item.why_not is None and item.thing.kind is kind]
        if back:
            shown = [thing.name for thing in back if not thing.hidden]
            lines.append({"what": kind.value, "count": len(back), "names": [name for name in shown if name]})
    return lines


def _line(item: Returned) -> dict[str, str | None]:
    return {"what": item.thing.kind.value, "name": item.thing.name, "why": item.why_not}
