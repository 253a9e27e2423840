"""Purge: everybody whose thirty days are over, with all their data, while others leave.

Half of the people are due when the server starts; the other half leave, first with no worker and then beside it.
"""

from statistics import median
from time import perf_counter

from bench import checks, people, stand
from bench.cases.leaving import Leaving
from bench.rounds import How, Round
from bench.stand import POSTGRESQL, Stand
from bench.table import Line, at_least, at_most
from bench.yardsticks import deleting

AT_MOST_S = 60.0
_KEYS = "keys.sqlite"


def measure(kind: str, count: int, how: How) -> list[Line]:
    """How many are purged and erased in a second, beside raw SQL, and what the leaves' tail is meanwhile."""
    with stand.made(kind, count) as place:
        due = [number for turn in range(count) if (number := place.cast.person(turn)) % 2]
        place.do(lambda program: people.let_go(program, place.cast, due), first=True)
        place.keep_copy()
        leaving = Leaving(place, how)
        leaving.waiting = [number for number in leaving.waiting if number % 2 == 0]
        with place.serving("--no-worker"):
            alone = [leaving.round() for _ in range(how.rounds + 1)][1:]
        before, begun = _erased(place), perf_counter()
        with place.serving():
            beside = _beside(place, leaving, begun, len(due))
            seconds, done = perf_counter() - begun, _erased(place) - before
        # Of the others' leaves the purge takes what is personal.
        checks.leaves(place, leaving.acknowledged, leaving.before, leaving_out=["audit_payload"])
        _check(place)
        task = deleting.Task(place.copy, _keys(place), place.cast.host.tenant_id, AT_MOST_S, due)
        raw = deleting.run(task, place.folder)
        return _lines(place, done / seconds, raw.good / raw.seconds, alone, beside)


def _beside(place: Stand, leaving: Leaving, begun: float, due: int) -> list[Round]:
    """Rounds of leaves until everybody who was due is gone, or time is up."""
    rounds: list[Round] = []
    while (
        perf_counter() - begun < AT_MOST_S and _erased(place) < due and len(leaving.waiting) > leaving.how.connections
    ):
        rounds.append(leaving.round())
    return rounds


def _lines(place: Stand, rate: float, raw: float, alone: list[Round], beside: list[Round]) -> list[Line]:
    said, met = at_least(rate / raw, 0.7)
    found = [
        Line(
            "purge",
            place.kind,
            place.cast.people,
            "raw SQL, 500 in a commit",
            rate / raw,
            said,
            met,
            rate=rate,
            yardstick_rate=raw,
        )
    ]
    if beside and alone:
        p99, own = median(one.p99 for one in beside), median(one.p99 for one in alone)
        said, met = at_most(p99 / own, 2)
        found.append(
            Line(
                "leave beside a purge",
                place.kind,
                place.cast.people,
                "the same without: p99",
                p99 / own,
                said,
                met,
                rate=median(one.rate for one in beside),
                p50_us=int(median(one.p50 for one in beside)),
                p99_us=int(p99),
                cpu_us=median(one.cpu_us for one in beside),
                yardstick_rate=median(one.rate for one in alone),
            )
        )
    return found


def _keys(place: Stand) -> str:
    return "" if place.kind == POSTGRESQL else str(place.data / _KEYS)


def _erased(place: Stand) -> int:
    return int(checks.rows(place, "SELECT count(*) FROM erasure WHERE state = 'done'")[0][0])


def _check(place: Stand) -> None:
    """Whoever is erased has nothing left, and their two last events are in the log. Raises Lost."""
    erased = "SELECT user_id FROM membership WHERE stage = 'erased'"
    for table in ("profile", "person_membership", "invitation", "token_family"):
        left = int(checks.rows(place, f"SELECT count(*) FROM {table} WHERE user_id IN ({erased})")[0][0])
        if left:
            raise checks.Lost(f"{left} rows of erased people are left in {table}")
    count = int(checks.rows(place, "SELECT count(*) FROM membership WHERE stage = 'erased'")[0][0])
    told = int(checks.rows(place, "SELECT count(*) FROM audit_event WHERE type = 'membership.erase'")[0][0])
    if count != told:
        raise checks.Lost(f"{count} people are erased, but {told} events tell of it")
