"""Everything that is left to chance: identifiers, secrets, codes and reference numbers.

No other part of the program draws random values. A function that needs one takes a ``Chance``; tests hand it a
``SeededChance`` and see the same values in each run.
"""

import base64
import os
import random
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

REFERENCE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals without those that are read wrongly aloud or on paper: 0 O, 1 I L, U (taken for V)."""

_SEEDED_START_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class Chance(Protocol):
    """A source of random values."""

    def guid(self) -> str:
        """Return a new identifier: a lower-case GUID string in the UUID version 7 layout (RFC 9562, section 5.7).

        It carries the machine's time of its making, so identifiers of one process sort in the order they were made.
        It is a name, never a secret.
        """

    def token(self, nbytes: int = 32) -> str:
        """Return a secret of ``nbytes`` random octets as base64url without padding (RFC 4648, section 5)."""

    def digits(self, n: int) -> str:
        """Return ``n`` decimal digits, each value equally likely, with leading zeros kept."""

    def octets(self, n: int) -> bytes:
        """Return ``n`` random octets."""

    def reference(self) -> str:
        """Return a number to quote, ``VL-XXXX-XXXX``, in letters that nobody confuses (about 39 bits; not a secret)."""


class Drawing:
    """What all sources share, in terms of random octets, a number below a limit, and a Unix time in nanoseconds."""

    def __init__(
        self, octets: Callable[[int], bytes], below: Callable[[int], int], nanoseconds: Callable[[], int]
    ) -> None:
        self._octets = octets
        self._below = below
        self._nanoseconds = nanoseconds
        self._last_stamp = 0
        self._lock = threading.Lock()

    def guid(self) -> str:
        """Return a new lower-case GUID, later than every earlier one of this object."""
        stamp = self._stamp()
        tail = int.from_bytes(self._octets(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
        milliseconds, fraction = stamp >> 12, stamp & 0xFFF
        text = f"{milliseconds:012x}7{fraction:03x}{tail | 0x8000_0000_0000_0000:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def token(self, nbytes: int = 32) -> str:
        """Return ``nbytes`` random octets as base64url without padding."""
        return base64.urlsafe_b64encode(self._octets(nbytes)).rstrip(b"=").decode("ascii")

    def digits(self, n: int) -> str:
        """Return ``n`` uniform decimal digits.

        Raises:
            ValueError: ``n`` is less than 1.
        """
        if n < 1:
            msg = f"cannot draw {n} digits"
            raise ValueError(msg)
        return f"{self._below(10**n):0{n}d}"

    def octets(self, n: int) -> bytes:
        """Return ``n`` random octets."""
        return self._octets(n)

    def reference(self) -> str:
        """Return a reference number, ``VL-XXXX-XXXX``."""
        letters = "".join(REFERENCE_ALPHABET[self._below(len(REFERENCE_ALPHABET))] for _ in range(8))
        return f"VL-{letters[:4]}-{letters[4:]}"

    def _stamp(self) -> int:
        """Return 48 bits of milliseconds and 12 bits of the rest (RFC 9562, section 6.2, method 3), always growing."""
        milliseconds, rest = divmod(self._nanoseconds(), 1_000_000)
        fresh = (milliseconds << 12) | (rest * 4096 // 1_000_000)
        # Two in one tick, or a clock that was set back, count on from the last one.
        with self._lock:
            self._last_stamp = max(fresh, self._last_stamp + 1)
            return self._last_stamp


class SystemChance(Drawing):
    """The operating system's random source, and the machine's clock in identifiers."""

    def __init__(self) -> None:
        super().__init__(os.urandom, secrets.randbelow, time.time_ns)


class SeededChance(Drawing):
    """A source that gives the same values for the same seed: for tests and generated data, never for secrets.

    Its identifiers begin at a fixed moment and move on a millisecond each time.
    """

    def __init__(self, seed: int | str) -> None:
        drawn = random.Random(seed)  # noqa: S311  (predictable on purpose)
        moment = _SEEDED_START_MS * 1_000_000

        def nanoseconds() -> int:
            nonlocal moment
            moment += 1_000_000
            return moment

        super().__init__(drawn.randbytes, drawn.randrange, nanoseconds)
