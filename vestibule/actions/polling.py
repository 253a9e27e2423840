"""A receiver asks a stream for what waits (RFC 8936): what it took is settled, and what it did not take is handed out.

Nothing that was handed out is gone before it was taken: until then it is handed out again, what was handed out least
often first, so that a token that a receiver cannot read holds up no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vestibule.actions import delivering, signals
from vestibule.actions.authorising import authorise_reading
from vestibule.actions.delivering import Outcome
from vestibule.actions.finding_apps import on_app
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.signals import Named
from vestibule.actions.telling_connected import Told, open_delivery
from vestibule.ground.sealing import CannotOpen
from vestibule.rules.actors import Actor
from vestibule.rules.connections import SETTLED, Kind, State
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.signals import MOST_AT_ONCE, NOT_ASKED_FOR, Method, Status
from vestibule.rules.verbs import Verb
from vestibule.store import connections, deliveries
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.unit import Reading, Unit

ERRORS: Final = frozenset(
    {
        "invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed",
        "access_denied",
    }
)  # fmt: skip
"""The codes that RFC 8935, section 2.4, has for a token that was not taken."""
_UNREADABLE: Final = "what was to be told cannot be opened"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a receiver asks for. most: tokens. acks: those it took, by ``jti``. errors: a code for each it did not."""

    most: int = MOST_AT_ONCE
    acks: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """The tokens in compact form, by ``jti``. more: others wait."""

    tokens: dict[str, str]
    more: bool


async def stream_of(reading: Reading, app: App, *, by: Actor, stream_id: str | None = None) -> Connection:
    """The stream of an app, for whoever may set it up.

    Raises:
        Refused: NOT_ALLOWED; NOT_FOUND when there is none, or another one is meant.
    """
    await authorise_reading(reading, by, Verb.CHANGE_CONNECTIONS, await on_app(reading, by, app))
    found = await connections.find(reading, app.tenant_id, app.app_id, Kind.SSF.value)
    if found is None or stream_id not in {None, found.stream_id}:
        raise Refused(Reason.NOT_FOUND)
    return found


async def poll(house: House, ring: KeyRing, asked: Asked, *, app: App, by: Actor) -> Answered:
    """Settle what the receiver answers, and hand out what waits.

    Raises:
        Refused: NOT_ALLOWED; NOT_FOUND when the app has no stream, or one that is pushed.
    """
    one = await stream_of(await house.store.read(), app, by=by)
    if one.method != Method.POLL.value:
        raise Refused(Reason.NOT_FOUND)
    if asked.acks or asked.errors:
        await _settle(house, one, asked)
    return await _hand_out(house, ring, one, min(asked.most, MOST_AT_ONCE))


def said(code: str) -> str:
    """A receiver's code in the words of an answer; nothing of what it says otherwise."""
    return f"error {code}" if code in ERRORS else "an error of its own"


async def _settle(house: House, one: Connection, asked: Asked) -> None:
    acks, errors = _by_delivery(asked.acks), {jti.partition(".")[0]: code for jti, code in asked.errors.items()}

    async def work(unit: Unit) -> None:
        ids = sorted({*acks, *errors})
        for delivery in await deliveries.by_id(unit, one.tenant_id, one.app_id, one.kind, ids):
            if State(delivery.state) in SETTLED:
                continue
            code = errors.get(delivery.delivery_id)
            outcome = Outcome(State.REFUSED, said(code)) if code is not None else None
            await _answer(house, unit, one, delivery, outcome, acks.get(delivery.delivery_id, set()))

    await house.change(work)


async def _answer(
    house: House, unit: Unit, one: Connection, delivery: Delivery, refused: Outcome | None, words: set[str]
) -> None:
    """Write down what was answered to one delivery: refused, taken in part, or taken altogether."""
    told = _opened(house, delivery)
    named = set() if told is None else {token.word for token in signals.named(one, delivery, told)}
    taken = set((delivery.taken or "").split())
    if named & words - taken:
        taken |= named & words
        deliveries.take(unit, delivery, " ".join(sorted(taken)))
    if refused is not None:
        await delivering.note(unit, delivery, refused.state.value, refused)
    elif named and named <= taken:
        await delivering.note(unit, delivery, State.CONFIRMED.value, Outcome(State.CONFIRMED, "taken"))


async def _hand_out(house: House, ring: KeyRing, one: Connection, most: int) -> Answered:
    waiting = await _waiting(await house.store.read(), one, most + 1)
    tokens: dict[str, str] = {}
    handed: list[Delivery] = []
    over: list[tuple[Delivery, Outcome]] = []
    more = False
    for delivery in waiting:
        told = _opened(house, delivery)
        found: list[Named] = [] if told is None else signals.named(one, delivery, told)
        left = signals.untaken(delivery, found)
        if told is None or not left:
            over.append((delivery, _over(told, found)))
            continue
        more = len(tokens) + len(left) > most
        left = left[: most - len(tokens)]
        for token, text in zip(left, await signals.signed(house, ring, one, delivery, told, left), strict=True):
            tokens[token.jti] = text
        handed += [delivery] if left else []
        if more:
            break
    if handed or over:
        await _note_handed(house, handed, over)
    return Answered(tokens, more)


def _over(told: Told | None, found: list[Named]) -> Outcome:
    """What came of a delivery of which there is nothing to hand out."""
    if told is None:
        return Outcome(State.REFUSED, _UNREADABLE)
    if not found:
        return Outcome(State.REFUSED, NOT_ASKED_FOR)
    return Outcome(State.CONFIRMED, "taken")  # of what it took in part, it does not ask for the rest any more


async def _note_handed(house: House, handed: list[Delivery], over: list[tuple[Delivery, Outcome]]) -> None:
    async def work(unit: Unit) -> None:
        if handed:
            deliveries.offered(unit, handed)
        for delivery, outcome in over:
            await delivering.note(unit, delivery, outcome.state.value, outcome)

    await house.change(work)


async def _waiting(reading: Reading, one: Connection, limit: int) -> list[Delivery]:
    """What waits; of a stream that is paused or disabled only that it is."""
    if one.status == Status.ENABLED.value:
        return await deliveries.waiting(reading, one.tenant_id, one.app_id, one.kind, limit)
    found = await deliveries.find(reading, one.tenant_id, one.app_id, one.kind, deliveries.UPDATED)
    return [found] if found is not None and found.state == State.WAITING.value else []


def _opened(house: House, delivery: Delivery) -> Told | None:
    try:
        return open_delivery(house, delivery)
    except CannotOpen:
        return None


def _by_delivery(jtis: frozenset[str]) -> dict[str, set[str]]:
    """The words of the tokens that were taken, by the delivery that they tell of."""
    found: dict[str, set[str]] = {}
    for jti in jtis:
        delivery_id, _, word = jti.partition(".")
        found.setdefault(delivery_id, set()).add(word)
    return found
