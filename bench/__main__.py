"""``python -m bench --case leave --db postgresql --people 1000000``: measures, checks, prints one table.

Ends with status 1 when a check failed: an acknowledged leave that is not there, a commit that was not durable, a
request that was not answered well.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import machine, stand, table
from bench.cases import leaving, reading
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
    "leave": leaving.measure,
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
    with ExitStack() as stack:
        print(f"filling {kind} with {people:,} people", file=sys.stderr)
        place = stack.enter_context(stand.made(kind, people))
        place.keep_copy()
        stack.enter_context(place.serving())
        for name in [name for name in CASES if name in cases]:
            print(f"measuring {name} on {kind}", file=sys.stderr)
            try:
                lines += CASES[name](place, how)
            except Lost as lost:
                failed.append(f"{name} on {kind}: {lost}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--case", nargs="*", choices=sorted(CASES), default=list(CASES), help="which (make bench CASE=…)")
    parser.add_argument("--db", nargs="*", choices=(SQLITE, POSTGRESQL), default=[SQLITE, POSTGRESQL], help="(DB=…)")
    parser.add_argument("--people", type=int, default=100_000, help="in the organization that is measured (PEOPLE=…)")
    parser.add_argument("--rounds", type=int, default=5, help="that count; one to warm up comes before")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--connections", type=int, default=16, help="at once")
    return parser


if __name__ == "__main__":
    sys.exit(main())
