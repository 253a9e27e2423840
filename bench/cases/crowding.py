"""What the service takes when many are there: a flood of sign-ins beside reads, and memory."""

import random
from statistics import median

from bench import checks, load, machine
from bench.cases import granting, reading
from bench.load import Plan
from bench.people import LISTED
from bench.rounds import How, Round, interleave, line, with_cpu
from bench.stand import Stand
from bench.table import Line, at_most

FLOOD_CONNECTIONS = 64
MOST_MIB = 500


def measure_flood(stand: Stand, how: How) -> list[Line]:
    """Point reads while sixty-four connections try passwords, each from another address, none twice in a row.

    The goal is said in the tail of the reads: with the flood, by without.
    """
    reads = Plan(stand.port, reading.user_requests(stand), how.seconds, how.connections)
    flood = Plan(stand.port, _tries(stand), how.seconds + 1, FLOOD_CONNECTIONS)
    tried: list[int] = []

    def alone(_number: int) -> Round:
        round_, report = with_cpu(stand, lambda: load.run(reads, stand.folder))
        checks.load_was_clean(report)
        return round_

    def flooded(number: int) -> Round:
        flooding = load.start(flood, stand.folder, "flood")
        try:
            return alone(number)
        finally:
            tried.append(sum(flooding.wait().statuses.values()))

    done = interleave({"flood": flooded, "alone": alone}, how)
    tail = median(one.p99 / other.p99 for one, other in zip(done["flood"], done["alone"], strict=True))
    said, met = at_most(tail, 3)
    found = line("flood", stand, done["flood"], "the same reads alone: p99", done["alone"])
    more = found.more | {"tries": tried, "p99AloneUs": round(median(one.p99 for one in done["alone"]))}
    return [found.saying(tail, said, met=met, more=more)]


def _tries(stand: Stand) -> list[bytes]:
    """Wrong passwords of many people, from many addresses."""
    chance = random.Random("flood")
    numbers = list(range(min(LISTED, stand.cast.people)))
    chance.shuffle(numbers)
    return [
        granting.by_password(
            stand, number, f"wrong {turn} {number}", f"198.{chance.randrange(18, 20)}.{turn % 250}.{1 + number % 250}"
        )
        for turn in range(20)
        for number in numbers
    ]


def measure_memory(stand: Stand, how: How) -> list[Line]:
    """What the server's processes hold after reads and lists, what they share counted once."""
    assert stand.server is not None, "it serves"
    for requests in (reading.user_requests(stand), reading.list_requests(stand)):
        load.run(Plan(stand.port, requests, how.seconds, how.connections), stand.folder)
    held = machine.held_mib(stand.server.pid)
    said, met = at_most(held, MOST_MIB)
    processes = len(machine.family(stand.server.pid))
    return [
        Line(
            case="memory",
            database=stand.kind,
            people=stand.cast.people,
            yardstick=f"MiB held by {processes} process{'es' if processes > 1 else ''}",
            ratio=held,
            goal=said,
            met=met,
        )
    ]
