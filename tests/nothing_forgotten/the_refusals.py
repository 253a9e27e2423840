"""Writes the table of ``docs/refusals.md``: how each door says each reason.

python -m tests.nothing_forgotten.the_refusals
"""

from typing import Final

from vestibule.commands.wording import SENTENCES
from vestibule.doors.graph import refusals
from vestibule.doors.oidc.errors import of_refusal
from vestibule.rules.refusals import Reason, Refused

NOTHING_SAID: Final = of_refusal(Refused(Reason.NOT_ALLOWED)).code
"""The number of an error that says nothing about its cause."""


def graph(reason: Reason) -> str:
    """Status and code of Graph's answer, outside the calls that say it differently."""
    said = refusals.of(Refused(reason))
    return f"{said.status} `{said.code}`"


def sign_in(reason: Reason) -> str:
    """OAuth's word and number, where this door has words of its own for the reason."""
    said = of_refusal(Refused(reason))
    return "–" if said.code == NOTHING_SAID and reason is not Reason.CODE_WRONG else f"`{said.error}` {said.code}"


def table() -> str:
    """A line for each reason, in the order of the rules."""
    head = "| Reason | Graph | Token endpoint | Command line |\n|---|---|---|---|\n"
    lines = [
        f"| [`{reason.value}`](#{reason.value.lower()}) | {graph(reason)} | {sign_in(reason)} | {SENTENCES[reason]} |\n"
        for reason in Reason
    ]
    return head + "".join(lines)
