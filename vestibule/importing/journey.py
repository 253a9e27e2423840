"""What everything in an import shares: the house, the organization, what is known so far, and what came of it."""

from dataclasses import dataclass, field
from pathlib import Path

from vestibule.actions.house import House
from vestibule.importing.ledger import Ledger, Outcome, Place
from vestibule.importing.present import Present
from vestibule.importing.sources import Said, who
from vestibule.importing.wishes import Guest, Member, NewGroup
from vestibule.rules.refusals import Reason, Refused


@dataclass(slots=True)
class Journey:
    """One import.

    Attributes:
        house: where to; in a rehearsal one in which nothing is written.
        rehearsal: nothing is written, so nobody has an id.
        present: what was there before.
        told: where an address, a name or an id stood for the first time.
        ended: addresses and names of those who were brought in deleted.
    """

    house: House
    tenant_id: str
    paths: list[Path]
    rehearsal: bool
    present: Present = field(default_factory=Present)
    ledger: Ledger = field(default_factory=Ledger)
    told: dict[str, Place] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def told_before(self, place: Place, words: dict[str, str]) -> str | None:
        """Whether one of these stood in an earlier line, in words for people. From now on all of them did.

        Args:
            place: where they stand. words: what is compared, to what it is called.
        """
        known = next((word for word in words if word in self.told), None)
        for word in words:
            self.told.setdefault(word, place)
        if known is None:
            return None
        earlier = self.told[known]
        file = "" if earlier.file == place.file else f" of {self.paths[earlier.file]}"
        return f"{words[known]} stands in line {earlier.line}{file} already"

    # --- What came of a line ---

    def accept(self, said: Said, new_id: str | None, *, link: str | None = None) -> None:
        """It was done. In a rehearsal it would have been, so there is no id and no link."""
        shown_id, shown_link = (None, None) if self.rehearsal else (new_id, link)
        wish = said.wish
        if isinstance(wish, Guest | Member | NewGroup):
            self.ledger.left_out.update(wish.left_out)
            if wish.old_id is not None:
                self._ids(wish)[wish.old_id] = shown_id
                if wish.deleted:
                    self.ledger.ended.add(wish.old_id)
        self.ledger.accepted.append(self._outcome(said, shown_id, link=shown_link))

    def there(self, said: Said, new_id: str | None, how: str = "is there already") -> None:
        """It is so already; nothing was done."""
        wish = said.wish
        if isinstance(wish, Guest | Member | NewGroup) and wish.old_id is not None:
            self._ids(wish)[wish.old_id] = new_id
            if wish.deleted:
                self.ledger.ended.add(wish.old_id)
        self.ledger.already_there.append(self._outcome(said, new_id, why=how))

    def refuse(self, said: Said, why: Refused | str) -> None:
        """It was not done."""
        self.ledger.refused.append(self._outcome(said, None, why=why))

    def refuse_deleted(self, said: Said, deleted_id: str) -> None:
        """Somebody of this name was deleted here and can be restored, which is not for an import to decide."""
        self.refuse(said, Refused(Reason.STILL_DELETED, objectId=deleted_id))

    def _ids(self, wish: Guest | Member | NewGroup) -> dict[str, str | None]:
        return self.ledger.groups if isinstance(wish, NewGroup) else self.ledger.users

    @staticmethod
    def _outcome(
        said: Said, new_id: str | None, *, link: str | None = None, why: Refused | str | None = None
    ) -> Outcome:
        old_id = getattr(said.wish, "old_id", None)
        return Outcome(said.place, said.kind, "" if said.wish is None else who(said.wish), old_id, new_id, link, why)
