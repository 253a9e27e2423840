"""The table that a run prints, and its JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """One case beside one yardstick.

    Attributes:
        rate: per second. p50_us, p99_us: of the case. cpu_us: the server's CPU time per answer.
        yardstick: what it is compared with. yardstick_rate: per second. ratio: times the yardstick, or what else
            the goal is said in. goal: as it reads; met: None where there is none.
    """

    case: str
    database: str
    people: int
    yardstick: str
    ratio: float
    goal: str = ""
    met: bool | None = None
    rate: float = 0.0
    p50_us: int = 0
    p99_us: int = 0
    cpu_us: float = 0.0
    yardstick_rate: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)

    def saying(self, ratio: float, goal: str, *, met: bool, more: dict[str, Any] | None = None) -> "Line":
        """The same with another figure for the goal."""
        return replace(self, ratio=ratio, goal=goal, met=met, more=more or self.more)


def at_least(ratio: float, goal: float) -> tuple[str, bool]:
    return f"≥ {goal:g}", ratio >= goal


def at_most(ratio: float, goal: float) -> tuple[str, bool]:
    return f"≤ {goal:g}", ratio <= goal


def show(lines: Sequence[Line], about: dict[str, Any]) -> None:
    """Print the table, and under it what the machine is."""
    table = Table(box=None, pad_edge=False)
    for head in ("case", "database", "people", "per second", "p50 ms", "p99 ms", "CPU µs"):
        table.add_column(head, justify="left" if head in {"case", "database"} else "right", no_wrap=True)
    table.add_column("yardstick")
    for head in ("per second", "ratio", "goal"):
        table.add_column(head, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(*_cells(line))
    console = Console(width=max(140, Console().width))
    console.print(table)
    console.print(
        f"\n{about['processor']}, {about['cores']} cores, {about['memoryGiB']} GiB, Linux {about['kernel']};"
        f" a flush to the disk takes {about['flushUs']} µs; load when it began {about['load']}."
        f" Python {about['python']}, SQLite {about['sqlite']}. Only ratios within a run mean anything.",
        highlight=False,
    )


def _cells(line: Line) -> list[str]:
    mark = {None: "", True: " met", False: " missed"}[line.met]
    return [
        line.case,
        line.database,
        f"{line.people:,}",
        f"{line.rate:,.0f}" if line.rate else "",
        f"{line.p50_us / 1000:.2f}" if line.p50_us else "",
        f"{line.p99_us / 1000:.2f}" if line.p99_us else "",
        f"{line.cpu_us:,.0f}" if line.cpu_us else "",
        line.yardstick,
        f"{line.yardstick_rate:,.0f}" if line.yardstick_rate else "",
        f"{line.ratio:.2f}",
        f"{line.goal}{mark}",
    ]


def keep(lines: Sequence[Line], about: dict[str, Any], path: Path) -> None:
    """Write the JSON: ``{"machine": {…}, "cases": [{…}]}``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": about, "cases": [asdict(line) for line in lines]}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
