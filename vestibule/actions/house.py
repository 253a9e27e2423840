"""The house: what every action needs, put together once by whoever starts the program."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from vestibule.ground.chance import Chance
from vestibule.ground.clock import Clock
from vestibule.ground.countries import Countries
from vestibule.ground.destroyed_keys import DestroyedKeys
from vestibule.ground.kept import Kept
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.sealing import Sealer
from vestibule.ground.witnesses import Witness
from vestibule.store.keys import SubjectKeys
from vestibule.store.unit import Moment, Reading, Unavailable, Unit

T = TypeVar("T")

MOST_SAID: Final = 10_000


class Store(Protocol):
    """The store as actions and doors see it; SQLite and PostgreSQL alike."""

    async def change(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run ``work`` in a unit and commit it, or nothing of it."""

    async def read(self) -> Reading:
        """Reads of this moment."""

    async def scan(self, work: Callable[[Reading], Awaitable[T]], *, deadline_s: float | None = 60.0) -> T:
        """Long reads, off the event loop. Raises Unavailable after ``deadline_s`` seconds."""

    async def moment(self) -> Moment:
        """What time it is."""

    async def truncate_log(self, *, whole: bool = False) -> bool:
        """Take what was deleted off the disk; ``whole``: whatever it costs."""

    async def close(self) -> None:
        """Finish what waits and close."""


@dataclass(slots=True)
class Faults:
    """The emulator's fault injection: the n-th step of a kind from now fails once.

    Attributes:
        armed: per kind of step (audit, commit, send) the count down and the status that the caller shall see.
    """

    armed: dict[str, tuple[int, int]] = field(default_factory=dict)

    def arm(self, at: str, nth: int, answer: int) -> None:
        """Let the ``nth`` step (1 is the next) of kind ``at`` fail once."""
        self.armed[at] = (nth, answer)

    def check(self, at: str) -> None:
        """Pass a step of this kind. Raises Injected when it is the one."""
        if at not in self.armed:
            return
        left, answer = self.armed[at]
        if left > 1:
            self.armed[at] = (left - 1, answer)
            return
        del self.armed[at]
        raise Injected(answer)


class Injected(Unavailable):
    """A fault that somebody asked for. ``answer`` is the HTTP status for the caller."""

    def __init__(self, answer: int) -> None:
        """Keep the status."""
        super().__init__("a fault was injected here")
        self.answer = answer


@dataclass(slots=True)
class House:
    """Everything below the doors.

    Attributes:
        store, keys: where things are kept, and the separate store of subject keys.
        clock, chance, sealer: the machine's clock, randomness, and what is sealed with the deployment's key.
        public_url: the https origin of every generated link and issuer; never taken from a request.
        emulator: the database is stamped as emulator.
        service_name, mail_from: the product's name and address in letters.
        faults: armed faults; empty outside the emulator. outgoing: sends requests to where they may go.
        countries: which country a network address is in, where the operator's file says so.
        journal: which keys were destroyed, beside the database.
        witnesses: who is asked to cosign the audit log.
        said: what this process need not write down again (``has_said``). kept: what was costly to count.
    """

    store: Store
    keys: SubjectKeys
    clock: Clock
    chance: Chance
    sealer: Sealer
    public_url: str
    emulator: bool = False
    service_name: str = "Vestibule"
    mail_from: str = "vestibule@localhost"
    faults: Faults = field(default_factory=Faults)
    outgoing: Outgoing = field(default_factory=Outgoing)
    countries: Countries = field(default_factory=Countries)
    journal: DestroyedKeys = field(default_factory=DestroyedKeys)
    witnesses: tuple[Witness, ...] = ()
    said: set[Hashable] = field(default_factory=set)
    kept: Kept = field(default_factory=Kept)

    def has_said(self, what: Hashable) -> bool:
        """Whether this process wrote this down before."""
        return what in self.said

    def say(self, what: Hashable) -> None:
        """Remember that it is written down; what is old is forgotten by the lot."""
        if len(self.said) >= MOST_SAID:
            self.said.clear()
        self.said.add(what)

    async def change(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        """Run the unit of a verb; a fault that was armed for commits lets it end here, with nothing of it done.

        What the house does for itself (letters that go out, the worker's own notes) goes to the store directly, so
        that it does not use up a fault that was meant for somebody's call.
        """

        async def work_then_commit(unit: Unit) -> T:
            result = await work(unit)
            if unit.writes:
                self.faults.check("commit")
            return result

        return await self.store.change(work_then_commit)
