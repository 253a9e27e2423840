"""One transaction per verb.

``carry_out`` turns a move of the lifecycle into the membership's row and the audit event that tells of it; letters
and due times are written beside it, in the same unit. Either all of it is there afterwards, or nothing.

``attempt`` runs such a unit and, when it is refused, writes the refusal down in a transaction of its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from vestibule.actions import journal, telling_apps, telling_connected
from vestibule.actions.house import House
from vestibule.rules import signals
from vestibule.rules.activities import is_audited
from vestibule.rules.actors import SCIM, Actor
from vestibule.rules.lifecycle import Move, ends_access
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations
from vestibule.store.memberships import Membership
from vestibule.store.unit import Duplicate, Unit

T = TypeVar("T")

_UNSAID = {Reason.NOT_SIGNED_IN, Reason.KEY_MISSING, Reason.BUSY, Reason.UNAVAILABLE}
_TAKEN = {
    "membership_upn": "userPrincipalName",
    "membership.upn_key": "userPrincipalName",
    "domain": "domain",
    "app_identifier_pkey": "identifierUris",
    "directory_group_unique": "uniqueName",
    "directory_group.unique_name_key": "uniqueName",
}


async def carry_out(
    house: House,
    unit: Unit,
    guest: Membership,
    move: Move,
    *,
    by: Actor,
    facts: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    ended_here: bool = False,
    **changed: Any,
) -> Membership:
    """Write one step of a life and its audit event. Returns the membership as it will be.

    The arguments are those of ``carry_out_and_tell``.
    """
    after, _ = await carry_out_and_tell(
        house, unit, guest, move, by=by, facts=facts, details=details, ended_here=ended_here, **changed
    )
    return after


async def carry_out_and_tell(
    house: House,
    unit: Unit,
    guest: Membership,
    move: Move,
    *,
    by: Actor,
    facts: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    ended_here: bool = False,
    **changed: Any,
) -> tuple[Membership, str]:
    """Write one step of a life and its audit event. Returns the membership as it will be, and the event's id.

    Args:
        house: the house. unit: the unit to write into. guest: as read in this unit. move: what the rules decided.
        by: who does it.
        facts: what the record may keep for ever. details: personal details of the change, encrypted.
        ended_here: this unit itself has just ended the membership, by a move before this one; what it wrote for that
            cannot be read in it.
        changed: other fields of the membership that change with the move, such as ``upn_key`` or ``person_id``.
    """
    after = replace(
        guest,
        standing=move.after,
        version=guest.version + 1,
        epoch=guest.epoch + 1 if ends_access(move) else guest.epoch,
        **changed,
    )
    memberships.save_move(unit, guest, after)
    if ends_access(move) and not ended_here:
        await telling_apps.tell_all(house, unit, guest)
        await telling_connected.tell_signed_out_elsewhere(house, unit, guest, by=signals.initiating(move))
    await telling_connected.tell_connected(house, unit, guest, after, move, ended_here=ended_here)
    event_id = await journal.write(
        house,
        unit,
        journal.Event(
            verb=move.verb,
            tenant_id=guest.tenant_id,
            subject=journal.about(guest, after),
            at=move.at,
            changes=("stage",) if move.before.stage is not move.after.stage else ("accountEnabled",),
            details=details or {},
            facts={"tie": guest.standing.tie.value, **(facts or {})},
        ),
        by=by,
    )
    return after, event_id


async def attempt(
    house: House,
    verb: Verb,
    work: Callable[[Unit], Awaitable[T]],
    *,
    by: Actor,
    tenant_id: str | None,
    user_id: str | None = None,
    way: str = "",
) -> T:
    """Run ``work`` in a unit; journal a refusal, as the ``way`` that was tried, before it goes on to the caller.

    Raises:
        Refused: what the work refused, or DUPLICATE_VALUE when a unique name is taken.
        Unavailable: the database cannot be used right now.
    """
    try:
        return await house.change(work)
    except Refused as refused:
        await journal_refusal(house, verb, refused, by=by, tenant_id=tenant_id, user_id=user_id, way=way)
        raise
    except Duplicate as taken:
        duplicate = Refused(Reason.DUPLICATE_VALUE, property=_TAKEN.get(taken.index.split(",")[0], taken.index))
        await journal_refusal(house, verb, duplicate, by=by, tenant_id=tenant_id, user_id=user_id, way=way)
        raise duplicate from taken


def insist_version(version: int, wanted: int | None) -> None:
    """Refuse (VERSION_MISMATCH) when a caller wants to change another version than there is; None for any."""
    if wanted is not None and version != wanted:
        raise Refused(Reason.VERSION_MISMATCH)


async def journal_refusal(
    house: House,
    verb: Verb,
    refused: Refused,
    *,
    by: Actor,
    tenant_id: str | None,
    user_id: str | None = None,
    way: str = "",
) -> None:
    """Write down that something was refused, in a transaction of its own.

    An organization that does not exist has no log; a subject that does not exist leaves the organization as subject.
    What a provisioning client pushed says whom it met and which value was in the way, where that is known.
    Reading leaves no event, refused or not.
    """
    if tenant_id is None or refused.reason in _UNSAID or not is_audited(verb):
        return

    whom = user_id or _met(refused, by)

    async def work(unit: Unit) -> None:
        organization = await organizations.find(unit, tenant_id)
        if organization is None:
            return
        guest = None if whom is None else await memberships.find(unit, tenant_id, whom)
        acting = await memberships.find(unit, by.tenant_id, by.user_id) if by.tenant_id and by.user_id else None
        for who in {one.user_id: one for one in (guest, acting) if one is not None}.values():
            memberships.guard(unit, who)  # of somebody whose data is removed meanwhile nothing more is written down
        subject = journal.about_organization(organization) if guest is None else journal.about(guest)
        facts = _in_the_way(refused, by)
        event = journal.Event(verb, tenant_id, subject, unit.now, reason=refused.reason, way=way, facts=facts)
        await journal.write(house, unit, event, by=by)

    await house.change(work)


def _met(refused: Refused, by: Actor) -> str | None:
    """The user whom a provisioning client met when it was refused."""
    met = refused.facts.get("objectId") if by.door == SCIM else None
    return met if isinstance(met, str) else None


def _in_the_way(refused: Refused, by: Actor) -> dict[str, str]:
    """Which property it was, and why: names of ours, nothing personal."""
    told = {name: refused.facts.get(name) for name in ("property", "why")} if by.door == SCIM else {}
    return {name: value for name, value in told.items() if isinstance(value, str)}
