"""A receiver asks for what waits, and says what it took (RFC 8936, section 2.4).

The answer comes at once, also when nothing waits and ``returnImmediately`` is false: the standard leaves it to the
transmitter how long it waits.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import polling
from vestibule.actions.polling import Asked
from vestibule.doors.signals import bodies
from vestibule.doors.signals.call import Call, Reply
from vestibule.doors.signals.errors import bad
from vestibule.rules.signals import MOST_AT_ONCE

MOST_ANSWERED: Final = 1_000


async def poll(call: Call) -> Reply:
    """Settle what is answered, and hand out what waits."""
    given = await call.body()
    asked = Asked(_most(given), frozenset(bodies.texts(given, "ack") or ()), _errors(given))
    if len(asked.acks) + len(asked.errors) > MOST_ANSWERED:
        raise bad(f"More than {MOST_ANSWERED} tokens are answered at once.")
    found = await polling.poll(call.house, call.ring, asked, app=call.app, by=call.by)
    more = {"moreAvailable": True} if found.more else {}
    return Reply(200, {"sets": found.tokens, **more})


def _most(given: Mapping[str, Any]) -> int:
    value = given.get("maxEvents", MOST_AT_ONCE)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise bad("maxEvents has to be a number that is not negative.")
    if not isinstance(given.get("returnImmediately", False), bool):
        raise bad("returnImmediately has to be true or false.")
    return value


def _errors(given: Mapping[str, Any]) -> dict[str, str]:
    """The code for each token that was not taken. Raises SignalsError (400)."""
    found = bodies.member(given, "setErrs") or {}
    if not all(isinstance(one, dict) and isinstance(one.get("err"), str) for one in found.values()):
        raise bad("setErrs has to hold an err for each token.")
    return {jti: one["err"] for jti, one in found.items()}
