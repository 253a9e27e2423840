"""Leaving through the API. Graph has no call with which a guest leaves, so these are our own.

A token reaches the organization it is for, and with a token of the home organization a person reaches all of theirs:
an app in one organization learns nothing about the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vestibule.actions import belonging, leaving
from vestibule.actions.authorising import insist_themselves
from vestibule.actions.belonging import LISTED_FOR, Belonging, Departed
from vestibule.actions.carry_out import journal_refusal
from vestibule.actions.handing_over import Alone, owned_alone
from vestibule.actions.leaving import stage_word
from vestibule.doors.graph import errors, refusals
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.routing import BETA, Route
from vestibule.ground.clock import iso
from vestibule.rules import lifecycle, names
from vestibule.rules.lifecycle import Deleted, Erased, Purged
from vestibule.rules.names import CONSUMERS_ID, TenantKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations, people
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization

HAND_OVER: Final = "handOver"
ERASE: Final = "erase"
_MOST_HANDED: Final = 100
_WHY_NOT: Final = frozenset(
    {
        Reason.HOME_ORGANIZATION,
        Reason.WRONG_STAGE,
        Reason.ACCOUNT_DISABLED,
        Reason.ORGANIZATION_FORBIDS,
        Reason.ONLY_ADMINISTRATOR,
    }
)


@dataclass(frozen=True, slots=True)
class _Person:
    """Who asks, and whether their token reaches every organization of theirs."""

    person_id: str
    is_home: bool


async def list_organizations(call: Call) -> Reply:
    """The person's organizations, and those left in the last 60 days."""
    person = await _person(call, Verb.READ_OWN_ORGANIZATIONS)
    departures = await belonging.departures(call.reading, person.person_id)
    left = {_key(one): one.receipt.left_at for one in reversed(departures) if one.current}
    entries = {
        one.organization.tenant_id: _entry(one)
        for one in await belonging.everywhere(call.reading, person.person_id)
        if _is_listed(one, left, call.reading.now)
    }
    await _add_invitations(call, person.person_id, entries)
    await _add_departures(call, departures, entries)
    shown = [entry for tenant_id, entry in entries.items() if person.is_home or tenant_id == call.tenant_id]
    shown.sort(key=lambda entry: (entry["kind"] != "home", entry["displayName"].lower(), entry["tenantId"]))
    return Reply(values={"value": shown})


async def preview(call: Call) -> Reply:
    """What the person would lose, and until when it could be undone, if they left now."""
    person = await _person(call, Verb.READ_OWN_ORGANIZATIONS)
    organization = await _organization(call, person)
    guest = await _who_may_leave(call, person, organization)
    found = await leaving.preview(call.reading, guest)
    until, alone = found.restorable_until, await owned_alone(call.reading, guest, leaving=True)
    return Reply(
        values={
            "groups": named(found.lost, Kind.GROUP),
            "apps": named(found.lost, Kind.APP),
            "roles": named(found.lost, Kind.ROLE),
            "hiddenCount": found.hidden,
            "restorableUntil": None if until is None else iso(until),
            "dataRemovedBy": iso(found.data_removed_by),
            **({"ownedAlone": [alone_value(one) for one in alone]} if alone else {}),
        }
    )


async def leave(call: Call) -> Reply:
    """Leave. The same ``Idempotency-Key`` gets the same answer.

    The body, which may be absent, says who owns from now on what the person owns alone, and whether they ask to be
    erased with it (GDPR, article 17).
    """
    try:
        person = await _person(call, Verb.LEAVE)
        organization = await _organization(call, person)
    except Refused as refused:
        await call.write_down(Verb.LEAVE, refused, user_id=call.by.user_id)
        raise
    given = await call.parameters_object()
    hand_over, erase = _handed_over(given), _erases(given)
    try:
        departure = await leaving.leave(
            call.house,
            tenant_id=organization.tenant_id,
            by=call.by,
            key=call.headers.get("idempotency-key"),
            hand_over=hand_over,
            erase=erase,
        )
    except Refused as refused:
        if refused.reason is Reason.NOT_FOUND:
            await _refuse_stranger(call, person, organization)
        if refused.reason in _WHY_NOT:
            raise refusals.of_leaving(refused, organization.contacts()) from refused
        raise
    return Reply(values=departure.answer)


def alone_value(one: Alone) -> dict[str, Any]:
    """Something that nobody else owns, as ``ownedAlone`` lists it, with who could have it."""
    heirs = [{"id": heir.user_id, "displayName": heir.name} for heir in one.heirs]
    return {"id": one.object_id, "displayName": one.name, "kind": one.kind, "candidates": heirs}


def _erases(given: Mapping[str, Any]) -> bool:
    """``erase``: whether they ask to be erased. Raises GraphError (400)."""
    wanted = given.get(ERASE, False)
    if not isinstance(wanted, bool):
        raise errors.bad_request(f"{ERASE} is true or false.")
    return wanted


def _handed_over(given: Mapping[str, Any]) -> dict[str, str]:
    """``handOver``: object ids with the ids of their new owners. Raises GraphError (400)."""
    listed = given.get(HAND_OVER, [])
    if not isinstance(listed, list) or len(listed) > _MOST_HANDED or not all(map(_is_heir, listed)):
        raise errors.bad_request(
            f"{HAND_OVER} is a list of at most {_MOST_HANDED} objects, each with objectId and newOwnerId."
        )
    return {str(one["objectId"]).lower(): str(one["newOwnerId"]).lower() for one in listed}


def _is_heir(one: object) -> bool:
    return isinstance(one, dict) and all(
        isinstance(value, str) and names.guid(value) is not None
        for value in (one.get("objectId"), one.get("newOwnerId"))
    )


# --- Who, and where -----------------------------------------------------------------------------------------------


async def _person(call: Call, verb: Verb) -> _Person:
    """The person behind the token. Raises Refused for a program, and for a token without the permission."""
    insist_themselves(call.by, verb)
    person = None if call.by.person_id is None else await people.find(call.reading, call.by.person_id)
    if person is None:
        raise Refused(Reason.NOT_SIGNED_IN)
    return _Person(person.person_id, is_home=call.tenant_id == (person.home_tenant or CONSUMERS_ID))


async def _organization(call: Call, person: _Person) -> Organization:
    """The organization in the path, by id or domain. Raises Refused (NOT_FOUND) when the token does not reach it."""
    given = call.parameters["organization"]
    tenant = names.read_tenant(given)
    found: Organization | None = None
    if tenant is not None and tenant.kind is TenantKind.ID:
        found = await organizations.find(call.reading, tenant.value)
    elif tenant is not None and tenant.kind is TenantKind.DOMAIN:
        found = await organizations.find_by_domain(call.reading, tenant.value)
    if found is None or not (person.is_home or found.tenant_id == call.tenant_id):
        raise Refused(Reason.NOT_FOUND)
    return found


async def _who_may_leave(call: Call, person: _Person, organization: Organization) -> Membership:
    """The person's membership, when they may leave. Raises GraphError (403) with the word why not, or Refused."""
    found = await belonging.at(call.reading, organization.tenant_id, person.person_id)
    if found is None and not (
        await _waits(call, person, organization) is not None or await _is_erased(call, person, organization)
    ):
        raise Refused(Reason.NOT_FOUND)
    reason = Reason.WRONG_STAGE if found is None else found.why_not
    if found is None or reason is not None:
        raise refusals.of_leaving(Refused(reason or Reason.WRONG_STAGE), organization.contacts())
    return found.guest


async def _waits(call: Call, person: _Person, organization: Organization) -> Membership | None:
    """The user object that an invitation for this person leads to, while they have not answered."""
    waiting = await belonging.asked(call.house, call.reading, person.person_id)
    return next((one.guest for one in waiting if one.organization.tenant_id == organization.tenant_id), None)


async def _is_erased(call: Call, person: _Person, organization: Organization) -> bool:
    departures = await belonging.departures(call.reading, person.person_id)
    return any(one.receipt.tenant_id == organization.tenant_id and isinstance(one.stage, Erased) for one in departures)


async def _refuse_stranger(call: Call, person: _Person, organization: Organization) -> None:
    """Somebody without a membership tried to leave; who is only invited has nothing to leave yet. Raises GraphError."""
    guest = await _waits(call, person, organization)
    if guest is None:
        await call.write_down(Verb.LEAVE, Refused(Reason.NOT_FOUND), user_id=call.by.user_id)
        return
    early = Refused(Reason.WRONG_STAGE)
    tenant_id = organization.tenant_id
    await journal_refusal(call.house, Verb.LEAVE, early, by=call.by, tenant_id=tenant_id, user_id=guest.user_id)
    raise refusals.of_leaving(early, organization.contacts())


# --- The list -----------------------------------------------------------------------------------------------------


def _key(one: Departed) -> tuple[str, str]:
    return one.receipt.tenant_id, one.receipt.user_id


def _is_listed(one: Belonging, left: Mapping[tuple[str, str], datetime], now: datetime) -> bool:
    """Whether it is shown: for 60 days from leaving, however soon it was purged; erased ones come from the receipt."""
    match one.stage:
        case Deleted(at=at) | Purged(at=at):
            return now < left.get((one.guest.tenant_id, one.guest.user_id), at) + LISTED_FOR
        case stage:
            return not isinstance(stage, Erased)


def _entry(one: Belonging) -> dict[str, Any]:
    return _written(
        one.organization,
        kind=one.guest.standing.tie.value,
        state=stage_word(one.stage),
        why_not=one.why_not,
        until=lifecycle.restorable_until(one.stage),
        removed_by=lifecycle.data_removed_by(one.stage),
    )


async def _add_invitations(call: Call, person_id: str, entries: dict[str, dict[str, Any]]) -> None:
    """Invitations that wait for the person's mailboxes."""
    for one in await belonging.asked(call.house, call.reading, person_id):
        known = entries.get(one.organization.tenant_id)
        if known is None or known["state"] not in {"present", "invited"}:
            entries[one.organization.tenant_id] = _entry(one.as_belonging())


async def _add_departures(call: Call, departures: list[Departed], entries: dict[str, dict[str, Any]]) -> None:
    """What was left and is erased since: nothing but the receipt tells of it."""
    gone = {
        one.receipt.tenant_id: one
        for one in reversed(departures)
        if one.erased_at is not None and call.reading.now < one.receipt.left_at + LISTED_FOR
    }
    missing = [tenant_id for tenant_id in gone if tenant_id not in entries]
    for organization in await organizations.find_many(call.reading, missing) if missing else []:
        departed = gone[organization.tenant_id]
        entries[organization.tenant_id] = _written(
            organization,
            kind=departed.receipt.tie,
            state="erased",
            why_not=Reason.WRONG_STAGE,
            until=None,
            removed_by=departed.data_removed_by,
        )


def _written(
    organization: Organization,
    *,
    kind: str,
    state: str,
    why_not: Reason | None,
    until: datetime | None,
    removed_by: datetime | None,
) -> dict[str, Any]:
    contacts: Mapping[str, Any] = organization.contacts()
    return {
        "tenantId": organization.tenant_id,
        "displayName": organization.display_name,
        "domain": organization.initial_domain,
        "kind": kind,
        "state": state,
        "canLeave": why_not is None,
        "whyNot": None if why_not is None else why_not.value,
        "contacts": contacts,
        "restorableUntil": None if until is None else iso(until),
        "dataRemovedBy": None if removed_by is None else iso(removed_by),
    }


def named(lost: list[Hanging], kind: Kind) -> list[dict[str, str]]:
    """What somebody would lose of a kind: ``id`` and ``displayName`` of each."""
    return [{"id": thing.target_id, "displayName": thing.name} for thing in lost if thing.kind is kind and thing.name]


_AT: Final = "/me/organizations"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        list_organizations,
        versions=(BETA,),
        verb=Verb.READ_OWN_ORGANIZATIONS,
        summary="Organizations of the signed-in person, and those left in the last 60 days",
    ),
    Route(
        "GET",
        f"{_AT}/{{organization}}/leavePreview",
        preview,
        versions=(BETA,),
        verb=Verb.READ_OWN_ORGANIZATIONS,
        summary="What leaving would take away",
    ),
    Route(
        "POST",
        f"{_AT}/{{organization}}/leave",
        leave,
        versions=(BETA,),
        verb=Verb.LEAVE,
        summary="Leave an organization",
    ),
]
