"""Streams of Shared Signals: the third kind of connection, which an app sets up for itself or an administrator does.

An app has one stream at most. What it is told, to whom that counts, and what waits for its answer are the connection's
(``telling_connected``, ``delivering``); here is how it is set up, paused and verified (OpenID Shared Signals Framework
1.0, section 8). The organization decides of whom an app is told and whether data removals wait for it; the app decides
where, which events, and whether it wants to hear anything at the moment.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from vestibule.actions.app_connections import tell_of, with_token
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app
from vestibule.actions.house import House
from vestibule.actions.telling_connected import Told, put
from vestibule.ground.clock import iso
from vestibule.rules import redirects
from vestibule.rules import signals as rules
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.connections import Event, Kind, State, Whom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.signals import Method, Status
from vestibule.rules.verbs import Verb
from vestibule.store import connections, deliveries, recipients
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.unit import Unit

_SSF: Final = Kind.SSF.value
_ASKED: Final = [State.WAITING.value, State.SILENT.value]


@dataclass(frozen=True, slots=True)
class Wish:
    """How a stream shall be; None: as it is, or as it is when nothing is said.

    Attributes:
        method: ``push`` or ``poll``. address: where it is pushed to; of a stream that is polled, none.
        authorization: what we say in the Authorization header when we push; empty: nothing.
        events: the types that are asked for. description: the receiver's own words; empty: none.
        told_of: of whom. required: data removals wait for it. Both are the organization's to say.
    """

    method: Method | None = None
    address: str | None = None
    authorization: str | None = None
    events: list[str] | None = None
    description: str | None = None
    told_of: Whom | None = None
    required: bool | None = None


async def create_stream(house: House, wish: Wish, *, tenant_id: str, app_id: str, by: Actor) -> Connection:
    """Set up the stream of an app; it tells from now on.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; ALREADY_THERE when there is one; BAD_VALUE and MISSING_VALUE of ``address``,
            ``events_requested``, ``authorization_header`` and ``description``.
    """

    async def make(unit: Unit, app: App, before: Connection | None) -> Connection:
        if before is not None:
            raise Refused(Reason.ALREADY_THERE)
        new = Connection(
            tenant_id=app.tenant_id,
            app_id=app.app_id,
            kind=_SSF,
            client_id=app.client_id,
            url="",
            sealed=b"",
            told_of=Whom.CONNECTED.value,
            required=False,
            created_at=unit.now,
            not_before=unit.now,
            stream_id=house.chance.guid(),
            method=Method.POLL.value,
            status=Status.ENABLED.value,
        )
        made = _wished(house, unit, with_token(house, new, None), wish)
        connections.insert(unit, made)
        return made

    return await _changed(house, make, tenant_id=tenant_id, app_id=app_id, by=by)


async def change_stream(
    house: House, wish: Wish, *, tenant_id: str, app_id: str, by: Actor, stream_id: str | None = None, whole: bool
) -> Connection:
    """Change the stream of an app.

    Args:
        house: the house. wish: how it shall be. tenant_id, app_id: whose. by: who changes it.
        stream_id: the one that is meant; None: whichever the app has.
        whole: what the wish does not name of the receiver's own is as it is when nothing is said, instead of as it was.

    Raises:
        Refused: as ``create_stream``; NOT_FOUND when there is none.
    """

    async def make(unit: Unit, _app: App, before: Connection | None) -> Connection:
        there = _meant(before, stream_id)
        plain = replace(there, method=Method.POLL.value, url="", events=None, description=None)
        after = _wished(house, unit, with_token(house, plain, None) if whole else there, wish)
        connections.save(unit, after)
        return after

    return await _changed(house, make, tenant_id=tenant_id, app_id=app_id, by=by)


async def set_status(
    house: House,
    status: Status,
    reason: str | None,
    *,
    tenant_id: str,
    app_id: str,
    by: Actor,
    stream_id: str | None = None,
) -> Connection:
    """Let a stream tell, hold back, or tell nothing.

    A disabled one drops what waits: the recipients of data removals among it are unreachable then, and are told when
    somebody sends it again. When it is not the app itself that changes it, the app is told of it by the stream.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE of ``reason``.
    """
    why = rules.words(reason, "reason")

    async def make(unit: Unit, app: App, before: Connection | None) -> Connection:
        there = _meant(before, stream_id)
        after = replace(there, status=status.value, reason=why, not_before=unit.now, tries=0)
        connections.save(unit, after)
        if status is Status.DISABLED:
            _drop(unit, after)
        if by.kind is ActorKind.APP:  # what it decides now is newer than what it was not told yet
            deliveries.withdraw(unit, after.tenant_id, after.app_id, after.kind, deliveries.UPDATED)
        elif there.status != after.status:
            note = {"status": status.value} | ({} if why is None else {"reason": why})
            _put(house, unit, app, after, Event.STREAM_UPDATED, note)
        return after

    return await _changed(house, make, tenant_id=tenant_id, app_id=app_id, by=by)


async def verify_stream(
    house: House, state: str | None, *, tenant_id: str, app_id: str, by: Actor, stream_id: str | None = None
) -> None:
    """Send a verification by the stream, with the ``state`` that the receiver gave. Asked again, the last one counts.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE of ``state``; WRONG_STAGE when the stream is disabled.
    """
    if state is not None and len(state) > rules.LONGEST_STATE:
        raise Refused(Reason.BAD_VALUE, property="state")

    async def work(unit: Unit) -> None:
        app = await find_app(unit, by, Verb.CHANGE_CONNECTIONS, tenant_id, app_id)
        there = _meant(await connections.find(unit, app.tenant_id, app.app_id, _SSF), stream_id)
        if there.status == Status.DISABLED.value:
            raise Refused(Reason.WRONG_STAGE)
        _put(house, unit, app, there, Event.STREAM_VERIFICATION, {} if state is None else {"state": state})
        connections.at_once(unit, there)

    await house.change(work)


async def _changed(
    house: House,
    make: Callable[[Unit, App, Connection | None], Awaitable[Connection]],
    *,
    tenant_id: str,
    app_id: str,
    by: Actor,
) -> Connection:
    async def work(unit: Unit) -> Connection:
        app = await find_app(unit, by, Verb.CHANGE_CONNECTIONS, tenant_id, app_id)
        after = await make(unit, app, await connections.find(unit, app.tenant_id, app.app_id, _SSF))
        await tell_of(house, unit, app, after, by=by)
        return after

    return await attempt(house, Verb.CHANGE_CONNECTIONS, work, by=by, tenant_id=tenant_id)


def _wished(house: House, unit: Unit, there: Connection, wish: Wish) -> Connection:
    """A stream as it is wished. Raises Refused (BAD_VALUE, MISSING_VALUE)."""
    method = Method(there.method or "") if wish.method is None else wish.method
    address = there.url if wish.address is None else wish.address.strip()
    if method is Method.PUSH:
        if not address:
            raise Refused(Reason.MISSING_VALUE, property="address")
        address = redirects.web_address(address, what="address")
    after = replace(
        there,
        url=address if method is Method.PUSH else "",
        method=method.value,
        events=there.events if wish.events is None else rules.asked_events(wish.events),
        description=there.description if wish.description is None else rules.words(wish.description, "description"),
        told_of=there.told_of if wish.told_of is None else wish.told_of.value,
        required=there.required if wish.required is None else wish.required,
        not_before=unit.now,
        tries=0,
    )
    if wish.authorization is None:
        return after
    return with_token(house, after, rules.authorization(wish.authorization))


def _meant(there: Connection | None, stream_id: str | None) -> Connection:
    if there is None or stream_id not in {None, there.stream_id}:
        raise Refused(Reason.NOT_FOUND)
    return there


def _drop(unit: Unit, one: Connection) -> None:
    of = (one.tenant_id, one.app_id, one.kind)
    deliveries.not_held(unit, *of, state=State.UNREACHABLE.value, answer=rules.NOT_TOLD)
    deliveries.withdraw(unit, *of, deliveries.VERIFICATION)
    recipients.lost(unit, *of, states=_ASKED, state=State.UNREACHABLE.value, answer=rules.NOT_TOLD)


def _put(house: House, unit: Unit, app: App, one: Connection, event: Event, note: dict[str, str]) -> None:
    where = deliveries.VERIFICATION if event is Event.STREAM_VERIFICATION else deliveries.UPDATED
    told = Told(
        client_id=app.client_id,
        subject="",
        object_id="",
        user_name="",
        mail=None,
        sequence=0,
        at=iso(unit.now),
        note=note,
    )
    put(house, unit, one, where, event, told, unit.now)
