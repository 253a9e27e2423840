"""What came of an import, line by line."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from vestibule.importing.wishes import Kind
from vestibule.rules.refusals import Refused


class Place(NamedTuple):
    """Where something was said; places sort as the files were named and as their lines follow each other."""

    file: int
    line: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one line, or of one member of a group that is told of in it.

    Attributes:
        kind: what it asks for; None where that cannot be read.
        who: the address, name or id it is about.
        old_id: the id it had. new_id: the id it has here; None in a rehearsal and where nothing was made.
        link: the invitation's link, where no letter carries it.
        why: why it was refused, or how it is there already; None when it was accepted.
    """

    place: Place
    kind: Kind | None
    who: str = ""
    old_id: str | None = None
    new_id: str | None = None
    link: str | None = None
    why: Refused | str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a file that whoever imports wants to know."""

    place: Place
    told: str


@dataclass(slots=True)
class Ledger:
    """Everything that came of an import.

    Attributes:
        users, groups: the ids that objects of the files had, to those they have here. None in place of an id: the
            object would be made, if this were no rehearsal.
        ended: the old ids of users and groups that came in deleted.
        left_out: how often a property said something that is not taken over.
    """

    accepted: list[Outcome] = field(default_factory=list)
    already_there: list[Outcome] = field(default_factory=list)
    refused: list[Outcome] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    users: dict[str, str | None] = field(default_factory=dict)
    groups: dict[str, str | None] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return len(self.accepted) + len(self.already_there) + len(self.refused)

    @property
    def map(self) -> dict[str, str]:
        """Every id that an object had, to the one it has here."""
        known = {**self.users, **self.groups}
        return {old: new for old, new in known.items() if new is not None}

    def sort(self) -> None:
        """Put everything into the order of the files and their lines."""
        for outcomes in (self.accepted, self.already_there, self.refused):
            outcomes.sort(key=lambda outcome: outcome.place)
        self.notes.sort(key=lambda note: note.place)
