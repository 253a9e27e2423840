"""Which language a person wants to be spoken to in. It is theirs, of no organization, and no user object changes."""

from typing import Final

from vestibule.actions.house import House
from vestibule.rules import texts
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people
from vestibule.store.unit import Unit

LONGEST: Final = 12


async def choose_language(house: House, *, person_id: str, language: str, by: Actor) -> None:
    """Remember the language a person chose for pages and letters.

    No log tells of it: it is a wish of the person's own, and there is no organization whose log it would belong to.

    Args:
        house: the house. person_id: whose wish it is. language: a language tag (BCP 47).
        by: the person.

    Raises:
        Refused: NOT_FOUND for anybody but the person; BAD_VALUE for what is longer than a tag.
    """
    if by.person_id != person_id:
        raise Refused(Reason.NOT_FOUND)
    tag = texts.text_line(language, limit=LONGEST, what="language")

    async def work(unit: Unit) -> None:
        person = await people.find(unit, person_id)
        if person is None:
            raise Refused(Reason.NOT_FOUND)
        if person.preferred_language != tag:
            people.set_language(unit, person_id, tag)

    await house.change(work)
