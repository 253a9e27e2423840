"""Words of names and addresses, from an index of how they begin.

The database keeps ``profile_word`` as the profiles are. Whoever has a word that few have is looked up and sorted. For
one that more have, the list is walked in its order, and each on the way is looked for among those who have the word.
One that nearly everybody has is asked of each on the way: a page is full before long.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, literal_column, select

from vestibule.rules import filters
from vestibule.rules.filters import And, Filter, Test, Text
from vestibule.store import users
from vestibule.store.filtering import beyond
from vestibule.store.schema import profile_word
from vestibule.store.statements import Query, given
from vestibule.store.unit import Reading

RARE: Final = 5_000
"""A word that is the beginning of no more is looked up first, and what it finds is sorted."""
COUNTED: Final = 100_000
"""No more are counted; a word that is the beginning of more is asked of one user after the other."""
MOST: Final = 8
"""So many words of a search are asked for; the rest are let be."""

_HOW_OFTEN: Final = Query(
    select(func.count()).select_from(
        select(literal_column("1").label("one"))
        .where(
            profile_word.c.tenant_id == given("tenant_id"),
            profile_word.c.word >= given("begin"),
            profile_word.c.word < given("beyond"),
        )
        .limit(given("most"))
        .subquery()
    )
)


def of(search: str) -> tuple[str, ...]:
    """The words of what somebody typed, folded."""
    return tuple(filters.fold(search).split()[:MOST])


def found_by(words: Sequence[str], often: int = COUNTED + 1) -> Filter:
    """Whoever has, for each of these words, one that begins so in name or address; everybody without any.

    Args:
        words: folded. often: how often the first is one, as ``rarest_first`` counts: unless that is too often, it is
            looked up in the index of words, and the others are asked of whom it finds.
    """
    first = users.WORDS if often <= COUNTED else users.EACH_OF_WORDS
    paths = [first, *[users.EACH_OF_WORDS] * len(words)][: len(words)]
    return And(tuple(Text(path, Test.HAS_WORD, word) for path, word in zip(paths, words, strict=True)))


async def rarest_first(reading: Reading, tenant_id: str, words: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """These words with the rarest in front, and of how many words in the organization that is the beginning.

    Counting ends at ``COUNTED + 1``.
    """
    least, rarest = COUNTED + 1, words[0] if words else ""
    for word in words:
        end = beyond(word)
        bounds = {"begin": word, "beyond": end, "most": least}
        row = None if end is None else await reading.one(_HOW_OFTEN, tenant_id=tenant_id, **bounds)
        often = 0 if row is None else int(row[0])
        if often < least:
            least, rarest = often, word
    return tuple(sorted(words, key=lambda word: word != rarest)), least
