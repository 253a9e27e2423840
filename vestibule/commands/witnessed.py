"""How the audit logs stand with each witness, for ``vestibule doctor``."""

from collections.abc import Mapping
from typing import Final

from vestibule.actions.house import House
from vestibule.commands.findings import Finding
from vestibule.ground.witnesses import Witness
from vestibule.rules import witnesses as rules
from vestibule.rules.witnesses import State
from vestibule.store import witnesses as store
from vestibule.store.unit import Reading
from vestibule.store.witnesses import Counted

_CONFLICT: Final = (
    "Run `vestibule audit verify`: it names the organizations. Either events are lost, as after an older copy of the"
    " database was put in its place, or somebody wrote another log. Keep the database as it is until you know which."
)
_MEND: Final = {
    State.UNKNOWN: (
        "Give its operator the keys of `vestibule audit verify --json` and the names of the logs: the name of the key,"
        " a slash, and the id of the organization."
    ),
    State.REFUSED: "Ask its operator which keys it believes; after `vestibule audit rotate-key` it needs the new one.",
    State.WRONG: "Check the key and address in VESTIBULE_AUDIT_WITNESSES; ask its operator what it answers.",
}


async def witnesses_of(house: House) -> list[Finding]:
    """A finding for each witness that is set."""
    reading = await house.store.read()
    return [await _of(reading, one) for one in house.witnesses]


async def _of(reading: Reading, witness: Witness) -> Finding:
    found = await store.states(reading, str(witness.key))
    wrong = _conflict(witness, found) or _not_signed(witness, found)
    if wrong is not None:
        return wrong
    waiting, oldest = await store.behind(reading, str(witness.key))
    away, now = found.get(State.AWAY), reading.moment.machine
    if away is not None:
        since = f"since {away.since:%Y-%m-%d %H:%M} UTC: {away.why}"
        told = f"{witness.name} has not answered about {_logs(away.logs)} {since}"
        return Finding(
            "witness", "note", told, "Look whether it can be reached from here; it is asked again by itself."
        )
    if oldest is not None and now - oldest > rules.LATE:
        told = f"{witness.name} was not shown {_logs(waiting)} since {oldest:%Y-%m-%d %H:%M} UTC"
        return Finding("witness", "note", told, "Run `vestibule serve` or `vestibule worker`, which ask it.")
    signed = found[State.COSIGNED].logs if State.COSIGNED in found else 0
    return Finding("witness", "ok", f"{witness.name} cosigns {_logs(signed)}")


def _conflict(witness: Witness, found: Mapping[str, Counted]) -> Finding | None:
    several = [found[state] for state in State if state in rules.CONFLICTS and state in found]
    if not several:
        return None
    logs = sum(one.logs for one in several)
    return Finding("witness", "bad", f"{witness.name} knows {_logs(logs)} otherwise: {several[0].why}", _CONFLICT)


def _not_signed(witness: Witness, found: Mapping[str, Counted]) -> Finding | None:
    for state, mend in _MEND.items():
        if state in found:
            one = found[state]
            return Finding("witness", "bad", f"{witness.name} does not sign {_logs(one.logs)}: {one.why}", mend)
    return None


def _logs(many: int) -> str:
    return "1 log" if many == 1 else f"{many} logs"
