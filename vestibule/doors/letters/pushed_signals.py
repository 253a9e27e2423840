"""Streams of Shared Signals that are pushed: each token in a request of its own (RFC 8935).

202 is the acknowledgement, and nothing else is: a server that answers 200 to everything has not said that it took a
token. 400 with a code in ``err`` is a refusal of that token. Whatever else comes back is no answer, and the token is
sent again later under the same ``jti``.
"""

from typing import Final

import msgspec

from vestibule.actions import signals
from vestibule.actions.app_connections import token_of
from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.polling import said
from vestibule.actions.telling_connected import Told
from vestibule.doors.letters.asking_apps import NoAnswer, ask
from vestibule.ground.outgoing import Answer
from vestibule.rules.connections import State
from vestibule.rules.signals import NOT_ASKED_FOR
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery

_JSON: Final = "application/json"


class _Error(msgspec.Struct):
    """What RFC 8935, section 2.3, answers to a token that is not taken."""

    err: str


async def tell(house: House, ring: KeyRing, one: Connection, delivery: Delivery, told: Told) -> Outcome:
    """Push the tokens that tell of a delivery: confirmed when each was taken, refused when one was refused."""
    tokens = signals.named(one, delivery, told)
    if not tokens:
        return Outcome(State.REFUSED, NOT_ASKED_FOR)
    refused = None
    for token in await signals.signed(house, ring, one, delivery, told, tokens):
        outcome = await _push(house, one, token)
        if not outcome.is_settled:
            return outcome
        if outcome.state is State.REFUSED:
            refused = refused or outcome
    return refused or Outcome(State.CONFIRMED, "status 202")


async def _push(house: House, one: Connection, token: str) -> Outcome:
    authorization = token_of(house, one)
    headers = {
        "Content-Type": f"application/{signals.TYPE}",
        "Accept": _JSON,
        "User-Agent": house.service_name,
        **({"Authorization": authorization} if authorization else {}),
    }
    try:
        answer = await ask(house, "POST", one.url, headers=headers, body=token.encode())
    except NoAnswer as none:
        return none.outcome
    if answer.status == 202:
        return Outcome(State.CONFIRMED, "status 202")
    code = _code(answer)
    if code is not None:
        return Outcome(State.REFUSED, said(code))
    return Outcome(State.SILENT, f"status {answer.status}")


def _code(answer: Answer) -> str | None:
    """The code of a refusal; None when the answer is none in the sense of the standard."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status != 400 or kind != _JSON:
        return None
    try:
        return msgspec.json.decode(answer.body, type=_Error).err
    except msgspec.MsgspecError:
        return None
