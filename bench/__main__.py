"""``python -m bench --case leave --db postgresql --people 1000000``: measures, checks, prints one table.

Ends with status 1 when a check failed: an acknowledged leave that is not there, a commit that was not durable, a
request that was not answered well.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import machine, stand, table
from bench.cases import auditing, crowding, granting, growing, leaving, paging, purging, reading
from bench.checks import Lost
from bench.rounds import How
from bench.stand import POSTGRESQL, SQLITE, Stand
from bench.table import Line
from tests.support.wanted import Missing

Case = Callable[[Stand, How], list[Line]]
# In this order on one filled database: leaving changes what the others would read.
CASES: dict[str, Case] = {
    "read": reading.measure_user,
    "list": reading.measure_list,
    "token": granting.measure_token,
    "refresh": granting.measure_refresh,
    "flood": crowding.measure_flood,
    "memory": crowding.measure_memory,
    "pages": paging.measure,
    "lag": auditing.measure_lag,
    "leave": leaving.measure,
}
# These fill databases of their own.
LARGE_CASES: dict[str, Callable[[str, int, How], list[Line]]] = {
    "purge": purging.measure,
    "growth": growing.measure,
    "audit": auditing.measure,
    "sealing": auditing.measure_sealing,
}
LATEST = Path("var/bench/latest.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for. Returns the exit status."""
    asked = _parser().parse_args(arguments)
    how = How(asked.rounds, asked.seconds, asked.connections)
    stand.VAR.mkdir(parents=True, exist_ok=True)
    about = machine.about() | {"flushUs": machine.flush_us(stand.VAR), "rounds": how.rounds, "seconds": how.seconds}
    lines: list[Line] = []
    failed: list[str] = []
    for kind in asked.db:
        try:
            lines += _on(kind, asked.case, asked.people, how, failed)
        except Missing as missing:
            print(f"not on {kind}: {missing}", file=sys.stderr)
    table.show(lines, about)
    table.keep(lines, about | {"failed": failed}, LATEST)
    for words in failed:
        print(f"FAILED  {words}", file=sys.stderr)
    return 1 if failed or not lines else 0


def _on(kind: str, cases: list[str], people: int, how: How, failed: list[str]) -> list[Line]:
    """Every case on one database."""
    lines: list[Line] = []

    def measure(name: str, case: Callable[[], list[Line]]) -> None:
        print(f"measuring {name} on {kind}", file=sys.stderr)
        try:
            lines.extend(case())
        except Lost as lost:
            failed.append(f"{name} on {kind}: {lost}")

    wanted = [name for name in CASES if name in cases]
    if wanted:
        print(f"filling {kind} with {people:,} people", file=sys.stderr)
        with stand.made(kind, people) as place:
            place.keep_copy()
            with place.serving():
                for name in wanted:
                    measure(name, partial(CASES[name], place, how))
    for name in [name for name in LARGE_CASES if name in cases]:
        measure(name, partial(LARGE_CASES[name], kind, people, how))
    return lines


def _parser() -> argparse.ArgumentParser:
    cases = [*CASES, *LARGE_CASES]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--case", type=_among(cases), default=cases, help=f"some of {', '.join(cases)} (CASE=…)")
    databases = [SQLITE, POSTGRESQL]
    parser.add_argument("--db", type=_among(databases), default=databases, help="sqlite or postgresql (DB=…)")
    parser.add_argument("--people", type=int, default=100_000, help="in the organization that is measured (PEOPLE=…)")
    parser.add_argument("--rounds", type=int, default=5, help="that count; one to warm up comes before")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16, help="at once")
    return parser


def _among(known: list[str]) -> Callable[[str], list[str]]:
    """One or several words, apart by spaces or commas."""

    def read(text: str) -> list[str]:
        found = text.replace(",", " ").split()
        unknown = sorted(set(found) - set(known))
        if unknown or not found:
            raise argparse.ArgumentTypeError(f"{' '.join(unknown) or 'nothing'}: choose from {', '.join(known)}")
        return found

    return read


if __name__ == "__main__":
    sys.exit(main())
