"""Wiping what deletions leave behind in a SQLite file.

``secure_delete`` overwrites the content of what is deleted, but when SQLite moves rows between pages to keep its
trees in balance, it leaves the old copies in the unused middle of the page (a few values in ten thousand, when
measured). Nobody reads those bytes, and a later VACUUM would drop them, but an erasure must not wait for one, and
VACUUM rewrites everything and gives rows new numbers.

So the unused bytes are overwritten in place. Where they lie is part of the file format (https://sqlite.org/fileformat2.html,
section 1.6, "B-tree Pages"): between the cell pointers and the first cell, and inside free blocks. Their content
means nothing to any reader, so a crash half way, or somebody reading meanwhile, sees nothing wrong.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

_MAGIC: Final = b"SQLite format 3\0"
_FILE_HEADER: Final = 100
_HEADER_OCTETS: Final = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}  # b-tree page types and their header's length
# A page of any other kind begins with a page number, so its first octet is 0 while there are fewer pages than this.
_MOST_PAGES: Final = 0x0200_0000
_CHUNK_PAGES: Final = 1024
_header: Final = struct.Struct(">BHHH").unpack_from
_pair: Final = struct.Struct(">HH").unpack_from


class Malformed(Exception):
    """The file is not laid out as the format says; nothing more of it was touched."""


def wipe(path: Path) -> int:
    """Overwrite the unused octets of every b-tree page with zeros; returns how many pages had any left to wipe.

    The caller holds the write lock, and the write-ahead log is empty: then the file holds everything, and nobody
    changes it meanwhile.

    Raises:
        Malformed: a page contradicts the file format.
        apsw.IOError: the disk refused.
    """
    # Through SQLite's own file layer: closing a plain file handle would drop the process's locks on the file.
    file = apsw.VFSFile("", str(path), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE, 0])
    try:
        wiped = sum(_wipe_page(file, *page) for page in _pages(file))
        if wiped:
            file.xSync(apsw.SQLITE_SYNC_NORMAL)
        return wiped
    finally:
        file.xClose()


def _pages(file: apsw.VFSFile) -> Iterator[tuple[bytes, int, int, int, int]]:
    """Each b-tree page: octets read, where page and header begin in them, where they lie, the usable size."""
    size = file.xFileSize()
    if size == 0:
        return
    head = file.xRead(_FILE_HEADER, 0)
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size
    if head[:16] != _MAGIC or size % page_size or size // page_size >= _MOST_PAGES:
        raise Malformed("not a SQLite file whose pages can be told apart")
    usable = page_size - head[20]
    chunk = page_size * _CHUNK_PAGES
    for start in range(0, size, chunk):
        octets = file.xRead(min(chunk, size - start), start)
        for page in range(0, len(octets), page_size):
            header = page + _FILE_HEADER if start + page == 0 else page
            if octets[header] in _HEADER_OCTETS:
                yield octets, page, header, start, usable


def _wipe_page(file: apsw.VFSFile, octets: bytes, page: int, header: int, start: int, usable: int) -> bool:
    kind, free, cells, content = _header(octets, header)
    begin = header + _HEADER_OCTETS[kind] + 2 * cells
    end = page + (content or 65_536)
    if not begin <= end <= page + usable:
        raise Malformed(f"the page at {start + page} has no room for what it says it holds")
    wiped = _wipe_range(file, octets, begin, end, start)
    while free:  # the chain of free blocks, in rising order
        following, size = _pair(octets, page + free)
        if page + free < end or free + size > usable or size < 4 or (following and following < free + size):
            raise Malformed(f"the page at {start + page} has a broken chain of free blocks")
        wiped |= _wipe_range(file, octets, page + free + 4, page + free + size, start)
        free = following
    return wiped


def _wipe_range(file: apsw.VFSFile, octets: bytes, begin: int, end: int, start: int) -> bool:
    """Overwrite the octets from ``begin`` to ``end``, unless they are zeros."""
    zeros = bytes(end - begin)
    if octets[begin:end] == zeros:
        return False
    file.xWrite(zeros, start + begin)
    return True
