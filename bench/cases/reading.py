"""Reads that change nothing: a user through Graph, and the list of a person's organizations."""

import random
from collections.abc import Callable

from bench import checks, load, tokens
from bench.load import Plan
from bench.people import LISTED, id_of
from bench.rounds import Contestant, How, Round, interleave, line, of_report, with_cpu
from bench.stand import SQLITE, Stand, execute
from bench.table import Line
from bench.yardsticks import bare, by_hand, pgbench
from bench.yardsticks.pgbench import Pgbench
from vestibule.program import Program

REQUESTS = 2_000


def measure_user(stand: Stand, how: How) -> list[Line]:
    """A point read of a guest by id, by the signed-in Global Administrator, who may read every property."""
    return _measure("read", stand, how, user_requests(stand), pgbench.read_script(stand.cast.host.tenant_id))


def measure_list(stand: Stand, how: How) -> list[Line]:
    """Five organizations each, by people who are signed in at home."""
    return _measure("list", stand, how, list_requests(stand), pgbench.list_script())


def user_requests(stand: Stand) -> list[bytes]:
    """One for each of many guests, no two neighbours."""
    token = stand.do(lambda program: tokens.of_administrator(program, stand.cast))
    numbers = [stand.cast.person(turn) for turn in range(min(REQUESTS, stand.cast.people))]
    return [load.get(f"/v1.0/users/{id_of('guest', number)}", token) for number in numbers]


def list_requests(stand: Stand) -> list[bytes]:
    """One for each of those who belong to five organizations."""
    numbers = range(min(LISTED, stand.cast.people))

    async def work(program: Program) -> list[str]:
        return await tokens.of_people(program, stand.cast, numbers)

    return [load.get("/beta/me/organizations", token) for token in stand.do(work)]


def _measure(case: str, stand: Stand, how: How, requests: list[bytes], script: str) -> list[Line]:
    plan = Plan(stand.port, requests, how.seconds, how.connections)

    def ours(_number: int) -> Round:
        round_, report = with_cpu(stand, lambda: load.run(plan, stand.folder))
        checks.load_was_clean(report)
        return round_

    sample = load.run(Plan(stand.port, requests[:1], 5, 1, once=True), stand.folder).answers[0][1]
    by_sql = _by_hand(case, stand, how) if stand.kind == SQLITE else yardstick_by_pgbench(script, stand, how)
    name = "SQL by hand" if stand.kind == SQLITE else "pgbench"
    with bare.serving(sample) as port:
        empty = Plan(port, requests, how.seconds, how.connections)
        yardsticks: dict[str, Contestant] = {
            name: by_sql,
            "bare HTTP": lambda _number: of_report(load.run(empty, stand.folder)),
        }
        done = interleave({case: ours, **yardsticks}, how)
    checks.durability(stand)
    return [line(case, stand, done[case], yardstick, done[yardstick]) for yardstick in yardsticks]


def _by_hand(case: str, stand: Stand, how: How) -> Callable[[int], Round]:
    cast, chance = stand.cast, random.Random(case)
    among = cast.people if case == "read" else min(LISTED, cast.people)
    numbers = [chance.randrange(among) for _ in range(200_000)]
    task = by_hand.Task(stand.copy, case, cast.host.tenant_id, how.seconds, numbers)
    return lambda _number: of_report(by_hand.run(task, stand.folder))


def yardstick_by_pgbench(script: str, stand: Stand, how: How, *, begin: str = "") -> Contestant:
    """The same statement by pgbench, at random; ``begin`` is run once before."""
    people = min(LISTED, stand.cast.people) if "person_membership" in script else stand.cast.people
    bench = Pgbench(stand.copy, script, stand.folder, people=people, connections=how.connections)
    if begin:
        execute(stand.copy, begin)
    return lambda _number: of_report(bench.for_seconds(how.seconds))
