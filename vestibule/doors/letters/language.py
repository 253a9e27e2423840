"""Which language a letter is written in."""

from collections.abc import Iterable

from vestibule.doors.web.language import lookup
from vestibule.doors.web.words import SOURCE_LANGUAGE


def choose(wishes: Iterable[str | None]) -> str:
    """Return the first wish that letters are shipped in; English when none is.

    Args:
        wishes: language tags (BCP 47), None where there is none. Who writes a letter names them in this order: the
            invitation's message language, what the reader prefers, the notification language of the reader's home
            organization, the notification language of the organization the letter is about.

    ``sv-FI`` finds Swedish; a tag that means nothing here is passed over.
    """
    for wish in wishes:
        found = lookup(wish) if wish else None
        if found is not None:
            return found
    return SOURCE_LANGUAGE
