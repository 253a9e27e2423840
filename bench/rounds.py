"""Rounds: a case and its yardsticks in turn, so that whatever else the machine does falls on all of them alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from bench.load import Report
from bench.stand import Stand
from bench.table import Line, at_least


@dataclass(frozen=True, slots=True)
class How:
    """How to measure: rounds that count, seconds of each, and connections at once."""

    rounds: int = 5
    seconds: float = 3.0
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one contestant.

    Attributes:
        good: answers or commits. seconds: how long. p50, p99: in microseconds.
        cpu_us, database_cpu_us: CPU time per answer, of the server and of PostgreSQL; 0 where it is not known.
        busy: of the load generator, by the time that passed.
    """

    good: int
    seconds: float
    p50: int
    p99: int
    cpu_us: float = 0.0
    database_cpu_us: float = 0.0
    busy: float = 0.0

    @property
    def rate(self) -> float:
        return self.good / self.seconds


Contestant = Callable[[int], Round]
Rounds = Mapping[str, list[Round]]


def interleave(contestants: Mapping[str, Contestant], how: How) -> dict[str, list[Round]]:
    """Let everybody run once to warm up, then ``how.rounds`` times in turn. Each is told the number of the round."""
    done: dict[str, list[Round]] = {name: [] for name in contestants}
    for number in range(how.rounds + 1):
        for name, run in contestants.items():
            result = run(number)
            if number > 0:
                done[name].append(result)
    return done


def ratio(ours: list[Round], theirs: list[Round]) -> float:
    """How many times as much as the yardstick: the median over the pairs of rounds."""
    return median(one.rate / other.rate for one, other in zip(ours, theirs, strict=True))


def of_report(report: Report) -> Round:
    """The round that a load generator or a yardstick reports."""
    return Round(report.good, report.seconds, *percentiles(report.latencies), busy=report.busy)


def percentiles(latencies: list[int]) -> tuple[int, int]:
    """The 50th and the 99th, in the unit given; 0 where nothing was measured."""
    if not latencies:
        return 0, 0
    ordered = sorted(latencies)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def with_cpu(stand: Stand, run: Callable[[], Report]) -> tuple[Round, Report]:
    """Run a load and note what server and database spent on it."""
    assert stand.server is not None
    before, database = stand.server.cpu, stand.database_cpu()
    report = run()
    spent, database = stand.server.cpu - before, stand.database_cpu() - database
    per = 1e6 / max(report.good, 1)
    plain = of_report(report)
    return (
        Round(plain.good, plain.seconds, plain.p50, plain.p99, spent * per, max(database, 0.0) * per, report.busy),
        report,
    )


def line(
    case: str,
    stand: Stand,
    ours: list[Round],
    yardstick: str,
    theirs: list[Round],
    goal: float | None = None,
    more: dict[str, object] | None = None,
) -> Line:
    """The medians of a case beside those of a yardstick."""
    times = ratio(ours, theirs)
    said, met = at_least(times, goal) if goal is not None else ("", None)
    return Line(
        case=case,
        database=stand.kind,
        people=stand.cast.people,
        rate=median(one.rate for one in ours),
        p50_us=int(median(one.p50 for one in ours)),
        p99_us=int(median(one.p99 for one in ours)),
        cpu_us=median(one.cpu_us for one in ours),
        yardstick=yardstick,
        yardstick_rate=median(one.rate for one in theirs),
        ratio=times,
        goal=said,
        met=met,
        more={
            "databaseCpuUs": round(median(one.database_cpu_us for one in ours)),
            "loadBusy": round(median(one.busy for one in ours), 2),
            "rates": [round(one.rate) for one in ours],
            "yardstickRates": [round(one.rate) for one in theirs],
            **(more or {}),
        },
    )
