"""What files are cut into: a piece with the number of its line, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 1024 * 1024
"""Octets of one piece."""

TOO_LONG = "longer than a mebibyte"


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of a list, or one object of an export.

    Attributes:
        line: where it begins, from 1. value: what it says; empty when ``problem`` says why it cannot be read.
    """

    line: int
    value: Mapping[str, Any]
    problem: str | None = None


class Unreadable(Exception):
    """The file cannot be read (any further); the text says what is wrong, ``line`` where."""

    def __init__(self, what: str, line: int = 1) -> None:
        """Keep what is wrong, and where."""
        super().__init__(what)
        self.line = line
