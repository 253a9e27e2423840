"""One request to a connected app, and what its status says, whatever the app speaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.ground.outgoing import Answer, AnswerTooLarge, OutgoingFailure, TargetRefused
from vestibule.rules.connections import State

DEADLINE: Final = 10.0
LARGEST: Final = 64 * 1024
_LATER: Final = frozenset({408, 425, 429})
_NEVER: Final = 501
"""The server cannot do what was asked: asking again changes nothing."""


@dataclass(frozen=True, slots=True)
class NoAnswer(Exception):
    """There is no answer that says anything. ``outcome``: what there is instead."""

    outcome: Outcome


async def ask(house: House, method: str, address: str, *, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """Send one request through the outgoing gate, and return the answer that the app gave for good: yes or no.

    Raises:
        NoAnswer: nobody answered, asked for patience, or may not be asked at all.
    """
    try:
        answer = await house.outgoing.request(
            method, address, headers=headers, body=body, largest=LARGEST, deadline=DEADLINE
        )
    except TargetRefused as refused:
        raise NoAnswer(Outcome(State.REFUSED, str(refused))) from refused
    except AnswerTooLarge as large:
        raise NoAnswer(Outcome(State.SILENT, str(large))) from large
    except OutgoingFailure as failure:
        raise NoAnswer(Outcome(State.UNREACHABLE, str(failure))) from failure
    if answer.status in _LATER or (answer.status >= 500 and answer.status != _NEVER):
        wait = retry_after(house, answer.headers.get("retry-after", ""))
        raise NoAnswer(Outcome(State.SILENT, f"status {answer.status}", wait))
    return answer


def retry_after(house: House, given: str) -> timedelta | None:
    """How long an app wants to be left alone (RFC 9110, section 10.2.3): seconds, or a date of the machine's clock."""
    text = given.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return None if until.tzinfo is None else max(until - house.clock.now(), timedelta())
