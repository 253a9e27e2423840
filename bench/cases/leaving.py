"""Leave: everybody once, through the API, with a token of their home organization."""

from bench import checks, load, tokens
from bench.checks import Acknowledged
from bench.load import Plan, Report
from bench.people import LISTED, id_of
from bench.rounds import Contestant, How, Round, interleave, line, of_report, with_cpu
from bench.stand import SQLITE, Stand
from bench.table import Line
from bench.yardsticks import by_hand, pgbench, rows
from bench.yardsticks.pgbench import Pgbench
from vestibule.program import Program

MOST_A_SECOND = 5_000


class Leaving:
    """Lets people leave round by round, and remembers every answer."""

    def __init__(self, stand: Stand, how: How) -> None:
        self.stand, self.how = stand, how
        self.acknowledged = Acknowledged()
        self.before = checks.counted(stand)
        people = stand.cast.people
        self.waiting = [n for turn in range(people) if (n := stand.cast.person(turn)) >= min(LISTED, people // 2)]
        self._each = max(1, len(self.waiting) // (how.rounds + 2))

    def next(self, count: int | None = None) -> list[int]:
        """Whose turn it is."""
        most = count or min(self._each, int(self.how.seconds * MOST_A_SECOND))
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def plan(self, numbers: list[int]) -> Plan:
        """The requests of these people, each with a key of its own."""

        async def work(program: Program) -> list[str]:
            return await tokens.of_people(program, self.stand.cast, numbers)

        path = f"/beta/me/organizations/{self.stand.cast.host.tenant_id}/leave"
        requests = [
            load.post(path, {"Authorization": f"Bearer {token}", "Idempotency-Key": f"key-{id_of('guest', number)}"})
            for number, token in zip(numbers, self.stand.do(work), strict=True)
        ]
        return Plan(self.stand.port, requests, self.how.seconds, self.how.connections, once=True)

    def take(self, numbers: list[int], report: Report) -> None:
        """Remember what was answered. Raises Lost when a request was not answered well."""
        checks.load_was_clean(report)
        for place, body in report.answers:
            self.acknowledged.add(numbers[place], body)
        self.waiting += numbers[len(report.answers) :]

    def round(self, _number: int = 0) -> Round:
        numbers = self.next()
        plan = self.plan(numbers)
        round_, report = with_cpu(self.stand, lambda: load.run(plan, self.stand.folder))
        self.take(numbers, report)
        return round_


def measure(stand: Stand, how: How) -> list[Line]:
    """The case and its yardsticks. Raises Lost."""
    leaving = Leaving(stand, how)
    leaving.round()
    found = rows.of_a_leave(stand)
    yardsticks = _by_hand(stand, how, found) if stand.kind == SQLITE else _by_pgbench(stand, how, found)
    done = interleave({"leave": leaving.round, **{name: run for name, (run, _) in yardsticks.items()}}, how)
    settings = checks.durability(stand)
    checks.leaves(stand, leaving.acknowledged, leaving.before)
    return [
        line("leave", stand, done["leave"], name, done[name], goal, {"durability": settings})
        for name, (_, goal) in yardsticks.items()
    ]


def _by_hand(stand: Stand, how: How, found: dict[str, list[rows.Row]]) -> dict[str, tuple[Contestant, float]]:
    cast = stand.cast
    waiting = [cast.person(turn) for turn in range(cast.people)]
    each = cast.people // (how.rounds + 1)

    def run(number: int) -> Round:
        numbers = waiting[number * each : (number + 1) * each]
        task = by_hand.Task(stand.copy, "leave", cast.host.tenant_id, how.seconds, numbers, found)
        return of_report(by_hand.run(task, stand.folder))

    return {"SQL by hand, a commit each": (run, 2.0)}


def _by_pgbench(stand: Stand, how: How, found: dict[str, list[rows.Row]]) -> dict[str, tuple[Contestant, float]]:
    tenant_id, people = stand.cast.host.tenant_id, stand.cast.people
    scripts = {
        "pgbench, one statement": (pgbench.one_statement(tenant_id, found), 0.5),
        "pgbench, six statements": (pgbench.six_statements(tenant_id, found), 1.0),
    }
    turns = _Turns(people // how.connections, (how.rounds + 1) * len(scripts))
    return {
        name: (
            turns.contestant(
                Pgbench(stand.copy, script, stand.folder, people=people, connections=how.connections), how
            ),
            goal,
        )
        for name, (script, goal) in scripts.items()
    }


class _Turns:
    """Hands out people to pgbench's connections: nobody twice, and as many as a round has time for."""

    def __init__(self, most: int, runs: int) -> None:
        self._each, self._first = max(1, most // runs), -1

    def contestant(self, bench: Pgbench, how: How) -> Contestant:
        fitting = [self._each]

        def run(_number: int) -> Round:
            each = min(self._each, fitting[-1])
            report = bench.times(each, self._first)
            self._first += each
            fitting.append(max(1, int(each * how.seconds / report.seconds)))
            return of_report(report)

        return run
