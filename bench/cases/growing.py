"""Growth: the same requests in a small and in a large organization, both served at once and loaded in turn.

The goals are said in times: how much longer a request takes in the large one.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median

from bench import checks, load, stand
from bench.cases import paging, reading
from bench.cases.leaving import Leaving
from bench.cases.paging import PATHS
from bench.load import Plan
from bench.rounds import Contestant, How, Round, interleave, line, with_cpu
from bench.stand import Stand
from bench.table import Line, at_most

SMALL = 10_000
_TAIL = 5


def measure(kind: str, people: int, how: How) -> list[Line]:
    """Everything at ``SMALL`` people (a tenth of ``people`` where there are fewer) and at ``people``."""
    small_people = min(SMALL, people // 10)
    with ExitStack() as stack:
        small, large = (stack.enter_context(stand.made(kind, count)) for count in (small_people, people))
        for one in (small, large):
            stack.enter_context(one.serving())
        lines = [
            _compare("read", small, large, how, _reads(reading.user_requests), 1.2),
            _compare("list", small, large, how, _reads(reading.list_requests), 1.1),
        ]
        leaving = {id(one): Leaving(one, how) for one in (small, large)}
        leave = _compare("leave", small, large, how, lambda one, _how: leaving[id(one)].round, 1.3)
        for one in (small, large):
            checks.leaves(one, leaving[id(one)].acknowledged, leaving[id(one)].before)
        lines += [leave, _tail(leave)]
        lines += [_compare_pages(name, small, large, how) for name in PATHS]
    return lines


def _compare_pages(name: str, small: Stand, large: Stand, how: How) -> Line:
    request = partial(paging.request, name=name)
    if small.cast.people >= SMALL:  # with fewer, no page is full
        checks.as_many_users(*(paging.answer(one, request(one)) for one in (small, large)))
    return _compare(name, small, large, how, _reads(request), 1.5)


def _compare(
    name: str, small: Stand, large: Stand, how: How, contestant: Callable[[Stand, How], Contestant], goal: float
) -> Line:
    ours, theirs = "large", "small"
    done = interleave({ours: contestant(large, how), theirs: contestant(small, how)}, how)
    times = median(one.rate / other.rate for one, other in zip(done[theirs], done[ours], strict=True))
    said, met = at_most(times, goal)
    found = line(f"growth: {name}", large, done[ours], f"with {small.cast.people:,} people", done[theirs])
    return found.saying(times, said, met=met)


def _reads(requests: Callable[[Stand], list[bytes]]) -> Callable[[Stand, How], Contestant]:
    def made(one: Stand, how: How) -> Contestant:
        plan = Plan(one.port, requests(one), how.seconds, how.connections)

        def run(_number: int) -> Round:
            round_, report = with_cpu(one, lambda: load.run(plan, one.folder))
            checks.load_was_clean(report)
            return round_

        return run

    return made


def _tail(leave: Line) -> Line:
    """The tail of leave in the large organization: its own p99 by its own p50."""
    times = leave.p99_us / max(leave.p50_us, 1)
    said, met = at_most(times, _TAIL)
    return Line("tail of leave", leave.database, leave.people, "its own p50", times, said, met=met)
