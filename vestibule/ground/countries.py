"""Which country a network address is in, by a file that the operator brings; nobody is asked over the network.

The file is a MaxMind DB (*MaxMind DB File Format Specification* 2.0), as several publishers have it for countries.
Where it says the country differs: ``country.iso_code`` (MaxMind, DB-IP), ``country_code`` or ``country`` (others).
"""

from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import maxminddb
from maxminddb.errors import InvalidDatabaseError

_LETTERS: Final = 2


class BadCountryFile(ValueError):
    """The file of countries cannot be used; the text says why."""


class Countries:
    """Looks addresses up.

    The file is read into memory when it is first asked. It may be replaced then; the next start reads it anew.

    Args:
        file: where it lies; None for no answers.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def check(self) -> None:
        """Raises BadCountryFile when the file cannot be read, or is no such file."""
        if self._file is None:
            return
        try:
            maxminddb.open_database(self._file, maxminddb.MODE_MMAP).close()
        except OSError as failure:
            raise BadCountryFile(f"{self._file} cannot be read: {failure.strerror}") from failure
        except (InvalidDatabaseError, ValueError) as failure:
            raise BadCountryFile(f"{self._file} is no MaxMind DB file") from failure

    def of(self, network: str) -> str | None:
        """The two letters of the country (ISO 3166-1) that an address is in; None where that is not known."""
        if self._file is None:
            return None
        try:
            address = ip_address(network)
            mapped = getattr(address, "ipv4_mapped", None)
            return _code(self._reader.get(mapped or address))
        except (ValueError, InvalidDatabaseError, OSError):
            return None  # no address, a file for IPv4 alone, a damaged place in it: a sign-in does not fail over that

    @cached_property
    def _reader(self) -> Any:
        return maxminddb.open_database(str(self._file), maxminddb.MODE_MEMORY)


def _code(record: object) -> str | None:
    if not isinstance(record, dict):
        return None
    country = record.get("country_code") or record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else country
    if not isinstance(code, str) or len(code) != _LETTERS or not (code.isascii() and code.isalpha()):
        return None
    return code.upper()
