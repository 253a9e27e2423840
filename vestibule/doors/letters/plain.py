"""A letter as plain text: complete, unwrapped (the reader's program wraps), each link on a line of its own.

Because only our own links stand alone on a line, and quoted lines begin with ``>``, a program can tell our links and
our code from anything that somebody typed (see ``reading``).
"""

from collections.abc import Iterator
from itertools import zip_longest

from vestibule.doors.letters.draft import Block, Code, Items, Link, Paragraph, Quote, Rows, Table
from vestibule.doors.letters.wording import Wording


def render(title: str, body: tuple[Block, ...], foot: tuple[Block, ...], wording: Wording) -> str:
    """Return the text of a letter; its lines end in a line feed alone."""
    parts = [title]
    parts += [_block(block, wording) for block in body]
    parts += ["---"]
    parts += [_block(block, wording) for block in foot]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, wording: Wording) -> str:
    match block:
        case Link():
            return f"{block.label}\n{block.address}"
        case Code():
            return block.grouped
        case Paragraph():
            return block.text
        case Quote():
            return "\n".join([block.label, *(f"> {line}".rstrip() for line in block.lines)])
        case Rows():
            return "\n".join(_labelled(label, value, wording) for label, value in block.rows)
        case Items():
            return "\n".join([block.label, *(f"- {item}" for item in block.items)])
        case Table():
            return "\n\n".join(_table(block, wording))


def _labelled(label: str, value: str, wording: Wording) -> str:
    return wording.say("{label}: {value}", label=label, value=value)


def _table(table: Table, wording: Wording) -> Iterator[str]:
    """A table read aloud: the row's name, then each column that has a value."""
    yield table.caption
    for row in table.rows:
        cells = [(column, cell) for column, cell in zip_longest(table.columns, row) if cell is not None]
        yield "\n".join(_labelled(column, cell, wording) for column, cell in cells)
    if table.more:
        yield table.more
