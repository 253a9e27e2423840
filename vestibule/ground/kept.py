"""Answers that cost much and may be a while old, kept in memory."""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST: Final = 1_000


class Kept:
    """What was found out, by what was asked, for a while; ``MOST`` answers at most, and then the oldest goes.

    ``monotonic`` is in seconds. It is the machine's and not the directory's clock, which may stand still in a test.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing."""
        self._monotonic = monotonic
        self._answers: dict[Hashable, tuple[float, Any]] = {}

    async def of(self, asked: Hashable, find: Callable[[], Awaitable[T]], *, for_s: float) -> T:
        """What was found for ``asked`` in the last ``for_s`` seconds, or what ``find`` finds now.

        Raises what ``find`` raises; that is not kept.
        """
        found: T
        if asked in self._answers:
            at, found = self._answers[asked]
            if self._monotonic() - at < for_s:
                return found
        at = self._monotonic()
        found = await find()
        self._answers.pop(asked, None)
        self._answers[asked] = (at, found)
        if len(self._answers) > MOST:
            del self._answers[next(iter(self._answers))]
        return found
