"""Running an import: every file is looked through first, then people come in, then groups, then who is in which.

Whatever the order of the files, whoever was deleted comes first, since their names and addresses may be somebody
else's by now. Several lines are under way at once, so that one flush to disk serves many of them.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vestibule.actions.house import House
from vestibule.importing import groups, people, present
from vestibule.importing.journey import Journey
from vestibule.importing.ledger import Ledger
from vestibule.importing.rehearsal import rehearsing
from vestibule.importing.sources import Said, Source
from vestibule.importing.wishes import Guest, Kind, Member, NewGroup

AT_ONCE: Final = 16
PHASES: Final = (
    frozenset({Kind.DELETED_USER, Kind.DELETED_GROUP}),
    frozenset({Kind.USER, Kind.INVITATION}),
    frozenset({Kind.GROUP}),
    frozenset({Kind.MEMBERS, Kind.OWNERS}),
)
_PEOPLE: Final = PHASES[1] | {Kind.DELETED_USER}
_GROUPS: Final = PHASES[2] | {Kind.DELETED_GROUP}


@dataclass(slots=True)
class Watch:
    """Whoever watches. ``total`` hears how many lines there are, ``step`` of each that is done."""

    total: Callable[[int], None] = lambda _lines: None
    step: Callable[[], None] = lambda: None


async def run(
    house: House, tenant_id: str, paths: Sequence[Path], *, rehearsal: bool = False, watch: Watch | None = None
) -> Ledger:
    """Import files into an organization.

    Args:
        house: the house. tenant_id: the organization. paths: the files.
        rehearsal: write nothing; what would be refused is refused all the same, as far as it can be known.
        watch: hears how far it is.

    Raises:
        Unavailable: the database cannot be used (any further). What was done stays done; run again, it is recognised.
    """
    watch = watch or Watch()
    journey = Journey(rehearsing(house) if rehearsal else house, tenant_id, list(paths), rehearsal)
    sources = [Source(number, path) for number, path in enumerate(paths)]
    held = [_look_through(journey, source) for source in sources]
    kinds = Counter[Kind]()
    for counted in held:
        kinds.update(counted)
    watch.total(kinds.total())
    journey.present = await present.look(
        await house.store.read(),
        tenant_id,
        at_users=bool(kinds.keys() & _PEOPLE),
        at_groups=bool(kinds.keys() & _GROUPS),
    )
    for phase in PHASES:
        wanted = [source for source, counted in zip(sources, held, strict=True) if counted.keys() & phase]
        await _each(_said(wanted, phase), journey, watch)
    journey.ledger.sort()
    return journey.ledger


def _look_through(journey: Journey, source: Source) -> Counter[Kind]:
    """How many wishes of each kind a file holds; its problems are written down."""
    counted = Counter[Kind]()
    for said in source.read():
        if said.problem is not None:
            journey.refuse(said, said.problem)
        elif said.kind is not None:
            counted[said.kind] += 1
    journey.ledger.notes += source.notes
    return counted


def _said(sources: list[Source], phase: frozenset[Kind]) -> Iterator[Said]:
    for source in sources:
        for said in source.read():
            if said.problem is None and said.kind in phase:
                yield said


async def _each(lines: Iterator[Said], journey: Journey, watch: Watch) -> None:
    """Do every line; they begin in their order, and some are under way at once."""

    async def one_after_the_other() -> None:
        for said in lines:
            await _do(journey, said)
            watch.step()

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(one_after_the_other())
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


async def _do(journey: Journey, said: Said) -> None:
    match said.wish:
        case Guest() as wish:
            await people.guest(journey, said, wish)
        case Member() as wish:
            await people.member(journey, said, wish)
        case NewGroup() as wish:
            await groups.group(journey, said, wish)
        case None:
            return
        case wish:
            await groups.tie(journey, said, wish)
