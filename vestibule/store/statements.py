"""Statements: written once with SQLAlchemy, compiled once per dialect, run on the raw driver.

SQLAlchemy writes the SQL and the order of its parameters; it never sees a connection. A statement is a
module-level constant, so compiling happens once per process and dialect.

    FIND = Query(select(membership.c.stage).where(membership.c.user_id == given("user_id")))
    MARK = Change(update(membership).values(stage=given("stage")).where(…))
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Insert, Select, Table, Text, bindparam, insert
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

from vestibule.store.columns import POSITION, position


class _LimitAlone(SQLiteCompiler):
    """Writes ``LIMIT ?`` without the ``OFFSET 0`` that SQLAlchemy adds as a hidden parameter."""

    def limit_clause(self, select: Any, **kw: Any) -> str:
        limit, offset = select._limit_clause, select._offset_clause  # noqa: SLF001 - what the compiler overridden reads
        if limit is None or offset is not None:
            return str(super().limit_clause(select, **kw))  # type: ignore[no-untyped-call]
        return f"\n LIMIT {self.process(limit, **kw)}"

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002 - as it is called
        """Writes what a select says of a table's index (``with_hint``)."""
        return text


class _Sqlite(SQLiteDialect):
    statement_compiler = _LimitAlone


SQLITE: Final = _Sqlite(paramstyle="qmark")
POSTGRESQL: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

_encode_list = msgspec.json.Encoder().encode


class TextList(TypeDecorator[Any]):
    """The type of a parameter that is a list of texts: an array in PostgreSQL, JSON text in SQLite."""

    impl = Text
    cache_ok = True


class _Among(ColumnElement[bool]):
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.values = bindparam(name, type_=TextList())


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    return f"({column} IN (SELECT value FROM json_each({compiler.process(element.values, **kw)})))"


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    values = compiler.process(element.values, **kw).replace("::VARCHAR", "").replace("::TEXT", "")
    return f"({column} = ANY({values}::TEXT[]))"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """``column`` is one of the texts of the list parameter ``name`` (one parameter, however long the list)."""
    return _Among(column, name)


def given(name: str) -> BindParameter[Any]:
    """A parameter that is supplied when the statement runs."""
    return bindparam(name)


@dataclass(frozen=True, slots=True)
class Compiled:
    """One statement for one dialect.

    Attributes:
        sql: the text, with ``?`` (SQLite) or ``$n`` (PostgreSQL) where parameters go.
        order: the names of the parameters in the order in which the driver wants them.
        lists: places of list parameters that have to be encoded for SQLite.
        counts: SQLite has to count the unit before it runs, since it writes the unit's place in the order of commits.
    """

    sql: str
    order: tuple[str, ...]
    lists: tuple[int, ...]
    counts: bool = False

    def arguments(self, parameters: dict[str, Any]) -> list[Any]:
        """The values in the driver's order. Raises KeyError when one was not given."""
        values = [parameters[name] for name in self.order]
        for place in self.lists:
            values[place] = _encode_list(values[place]).decode()
        return values


class _Statement:
    def __init__(self, construct: ClauseElement) -> None:
        self.construct = construct

    @cached_property
    def for_sqlite(self) -> Compiled:
        return _compile(self.construct, SQLITE)

    @cached_property
    def for_postgresql(self) -> Compiled:
        return _compile(self.construct, POSTGRESQL)


class Query(_Statement):
    """A statement that reads. ``columns`` names what a row holds, in order."""

    def __init__(self, construct: Select[Any]) -> None:
        """Keep the construct; nothing is compiled before the first use."""
        super().__init__(construct)
        self.columns: tuple[str, ...] = tuple(str(name) for name in construct.selected_columns.keys())  # noqa: SIM118


class Change(_Statement):
    """A statement that writes.

    Args:
        construct: insert, update or delete.
        counted: the number of rows it touches has to be looked at. A plain insert either works or raises, so it
            is not counted.
    """

    def __init__(self, construct: ClauseElement, *, counted: bool | None = None) -> None:
        """Keep the construct; nothing is compiled before the first use."""
        super().__init__(construct)
        self.counted = not isinstance(construct, Insert) if counted is None else counted


class Guard(_Statement):
    """A row that has to be as it was read when the unit commits (a share lock in PostgreSQL).

    SQLite has one writer at a time, and a unit reads inside its transaction, so there is nothing to guard there.
    """


def inserting(table: Table, *, as_it_was: bool = False) -> Change:
    """An insert of one row with every column given by its name.

    Columns that say when the row was written are filled in, unless it is put back ``as_it_was``.
    """
    values = {
        column.name: position() if column.info.get("kind") == "position" and not as_it_was else bindparam(column.name)
        for column in table.columns
    }
    return Change(insert(table).values(values).inline())  # inline: nothing is to be answered of the row


def _compile(construct: ClauseElement, dialect: Any) -> Compiled:
    compiled = construct.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler):
        msg = f"{construct} is not a statement"
        raise TypeError(msg)
    order = tuple(compiled.positiontup or ())
    is_list = dialect is SQLITE and (lambda name: isinstance(compiled.binds[name].type, TextList))
    lists = tuple(index for index, name in enumerate(order) if is_list and is_list(name))
    _refuse_literals(compiled)
    return Compiled(compiled.string, order, lists, counts=POSITION in compiled.string)


def _refuse_literals(compiled: SQLCompiler) -> None:
    """A literal in a construct would become a hidden parameter; say so when it is written, not in production."""
    hidden = [name for name, bind in compiled.binds.items() if not bind.required and bind.value is not None]
    if hidden:
        msg = f"give these values as parameters or with literal_column: {hidden} in {compiled.string}"
        raise TypeError(msg)


Row = Sequence[Any]
RowMaker = Callable[[Row], Any]
