"""A receiver sets up its stream, pauses it, and has it verified (SSF 1.0, sections 8.1.1, 8.1.2 and 8.1.4)."""

from collections.abc import Mapping
from typing import Any

from vestibule.actions import app_connections, polling, streams
from vestibule.actions.streams import Wish
from vestibule.doors.signals import bodies, configuration
from vestibule.doors.signals.call import NO_CONTENT, Call, Reply
from vestibule.doors.signals.errors import SignalsError, bad
from vestibule.rules.connections import Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.signals import Method, Status


async def show(call: Call) -> Reply:
    """The stream that is named, or the list of those that the app has: one or none."""
    wanted = call.query.get("stream_id")
    try:
        one = await polling.stream_of(call.reading, call.app, by=call.by, stream_id=wanted)
    except Refused as refused:
        if wanted is not None or refused.reason is not Reason.NOT_FOUND:
            raise
        return Reply(200, [])
    found = configuration.stream(call.house, one)
    return Reply(200, [found] if wanted is None else found)


async def create(call: Call) -> Reply:
    """Set up the stream."""
    given = await call.body()
    made = await streams.create_stream(call.house, _wish(given, whole=True), **call.whose)
    return Reply(201, configuration.stream(call.house, made))


async def update(call: Call) -> Reply:
    """Change what is named (PATCH)."""
    given = await call.body()
    return await _change(call, given, whole=False)


async def replace(call: Call) -> Reply:
    """Say everything anew (PUT)."""
    given = await call.body()
    return await _change(call, given, whole=True)


async def delete(call: Call) -> Reply:
    """Be told no more."""
    wanted = call.query.get("stream_id")
    if not wanted:
        raise bad("stream_id is missing.")
    await polling.stream_of(call.reading, call.app, by=call.by, stream_id=wanted)
    await app_connections.remove_connection(call.house, Kind.SSF, **call.whose)
    return NO_CONTENT


async def show_status(call: Call) -> Reply:
    """Whether the stream tells."""
    wanted = call.query.get("stream_id")
    if not wanted:
        raise bad("stream_id is missing.")
    one = await polling.stream_of(call.reading, call.app, by=call.by, stream_id=wanted)
    return Reply(200, configuration.status(one))


async def set_status(call: Call) -> Reply:
    """Let it tell, hold back, or tell nothing."""
    given = await call.body()
    try:
        wanted = Status(bodies.text(given, "status") or "")
    except ValueError:
        raise bad("status has to be enabled, paused or disabled.") from None
    reason = bodies.text(given, "reason")
    one = await streams.set_status(call.house, wanted, reason, **call.whose, stream_id=_named(given))
    return Reply(200, configuration.status(one))


async def verify(call: Call) -> Reply:
    """Have a verification sent."""
    given = await call.body()
    state = bodies.text(given, "state")
    await streams.verify_stream(call.house, state, **call.whose, stream_id=_named(given))
    return NO_CONTENT


async def _change(call: Call, given: Mapping[str, Any], *, whole: bool) -> Reply:
    stream_id = _named(given)
    there = await polling.stream_of(call.reading, call.app, by=call.by, stream_id=stream_id)
    _insist_unchanged(given, configuration.stream(call.house, there))
    wish = _wish(given, whole=whole)
    after = await streams.change_stream(call.house, wish, **call.whose, stream_id=stream_id, whole=whole)
    return Reply(200, configuration.stream(call.house, after))


def _insist_unchanged(given: Mapping[str, Any], there: Mapping[str, Any]) -> None:
    """What the transmitter says of a stream may be sent, and has to be as it is. Raises SignalsError (400)."""
    for name in ("iss", "aud", "events_supported", "events_delivered"):
        same = given.get(name) == there[name] or (name == "aud" and given.get(name) == [there[name]])
        # What is delivered follows from what is asked for, which may change in the same request.
        if name in given and not same and not (name == "events_delivered" and "events_requested" in given):
            raise bad(f"{name} is not the receiver's to change.")


def _named(given: Mapping[str, Any]) -> str:
    found = bodies.text(given, "stream_id")
    if not found:
        raise bad("stream_id is missing.")
    return found


def _wish(given: Mapping[str, Any], *, whole: bool) -> Wish:
    """What a body asks for. Without a delivery method a stream is polled (section 8.1.1.1). Raises SignalsError."""
    delivery = bodies.member(given, "delivery")
    events, description = bodies.texts(given, "events_requested"), bodies.text(given, "description")
    if delivery is None:
        return Wish(Method.POLL if whole else None, events=events, description=description)
    method = _method(delivery)
    pushed = method is Method.PUSH
    return Wish(
        method,
        address=(bodies.text(delivery, "endpoint_url") or "") if pushed else None,
        # A delivery is said whole: without the header, none is sent.
        authorization=bodies.text(delivery, "authorization_header") or "",
        events=events,
        description=description,
    )


def _method(delivery: Mapping[str, Any]) -> Method:
    given = bodies.text(delivery, "method")
    found = next((one for one in Method if one.urn == given), None)
    if found is None:
        raise SignalsError(400, "invalid_request", "delivery.method has to be urn:ietf:rfc:8935 or urn:ietf:rfc:8936.")
    return found
