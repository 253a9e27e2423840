"""Pages of a hundred users through Graph: all of them, by the beginning of a name, guests alone, and those deleted."""

from collections.abc import Mapping
from typing import Final

from bench import checks, load, tokens
from bench.cases.leaving import Leaving
from bench.load import Plan
from bench.people import LISTED
from bench.rounds import How, Round, interleave, line, of_report, with_cpu
from bench.stand import Stand
from bench.table import Line
from bench.yardsticks import bare

USERS: Final = "page of users"
BY_NAME: Final = "page by name"
GUESTS: Final = "page of guests"
DELETED: Final = "page of deleted users"
PATHS: Final[Mapping[str, str]] = {
    USERS: "/v1.0/users?$top=100",
    # One of nine is called so; among ten thousand there are more than a hundred, also when half of them have left.
    BY_NAME: "/v1.0/users?$top=100&$filter=startswith(displayName,'Person%204')",
    GUESTS: "/v1.0/users?$top=100&$filter=userType%20eq%20'Guest'",
    DELETED: "/v1.0/directory/deletedItems/microsoft.graph.user?$top=100",
}
_LEAVE: Final = 120


def measure(stand: Stand, how: How) -> list[Line]:
    """Each page, by the signed-in Global Administrator; beside it a server that only sends the same octets."""
    let_some_leave(stand, how)
    return [_page(stand, how, name) for name in PATHS]


def let_some_leave(stand: Stand, how: How) -> None:
    """Fill a page of deleted users, with people whom no other case lets leave. Raises Lost."""
    leaving = Leaving(stand, how)
    numbers = list(range(min(_LEAVE, LISTED, stand.cast.people // 2)))
    report = load.run(leaving.plan(numbers), stand.folder)
    leaving.take(numbers, report)
    checks.leaves(stand, leaving.acknowledged, leaving.before)


def request(stand: Stand, name: str) -> list[bytes]:
    """The first page of that name."""
    token = stand.do(lambda program: tokens.of_administrator(program, stand.cast))
    return [load.get(PATHS[name], token)]


def answer(stand: Stand, requests: list[bytes]) -> bytes:
    """What the first of these requests is answered with."""
    return load.run(Plan(stand.port, requests, 5, 1, once=True), stand.folder).answers[0][1]


def _page(stand: Stand, how: How, name: str) -> Line:
    requests = request(stand, name)
    sample = answer(stand, requests)
    plan = Plan(stand.port, requests, how.seconds, how.connections)

    def ours(_number: int) -> Round:
        round_, report = with_cpu(stand, lambda: load.run(plan, stand.folder))
        checks.load_was_clean(report)
        return round_

    with bare.serving(sample) as port:
        empty = Plan(port, requests, how.seconds, how.connections)
        done = interleave({name: ours, "bare HTTP": lambda _number: of_report(load.run(empty, stand.folder))}, how)
    return line(name, stand, done[name], "bare HTTP", done["bare HTTP"])
