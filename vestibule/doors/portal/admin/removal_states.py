"""How a data removal stands, as administrators know it: the removal itself, and the apps that it waits for."""

from collections.abc import Sequence
from typing import Final

from vestibule.doors.web.words import N_
from vestibule.rules import connections as rules
from vestibule.rules.connections import State
from vestibule.store import erasures
from vestibule.store.recipients import Recipient

FAILED: Final = "failed"
RUNNING, WAITING, DONE, ON_HOLD = N_("Running"), N_("Waiting"), N_("Done"), N_("On hold")
STATES: Final = {
    erasures.RUNNING: RUNNING,
    erasures.REMOVING: RUNNING,
    erasures.ON_HOLD: ON_HOLD,
    erasures.WAITING: WAITING,
    FAILED: N_("Failed"),
    "done": DONE,
}
"""In words."""


def state_of(state: str, apps: Sequence[Recipient]) -> str:
    """A key of ``STATES``: what waits for an app that failed has failed, until the app is asked again or waived."""
    failed = any(one.required and State(one.state) in rules.FAILED for one in apps)
    return FAILED if failed and state == erasures.WAITING else state


def systems_done(state: str, apps: Sequence[Recipient]) -> int:
    """How many have nothing of the person any more: this one, and the apps that said so or are not waited for."""
    here = state in {erasures.WAITING, "done"}
    return here + sum(State(one.state) in rules.ENOUGH for one in apps)


def last_error(state: str, apps: Sequence[Recipient]) -> str:
    """What the app answered that failed last, behind its name; empty when none did, or the removal is done."""
    failed = [one for one in apps if State(one.state) in rules.FAILED and one.answered_at is not None]
    if not failed or state == "done":
        return ""
    last = max(failed, key=lambda one: (one.answered_at, one.app_id))
    return f"{last.display_name}: {last.answer}" if last.answer else last.display_name
