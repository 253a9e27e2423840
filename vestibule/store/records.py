"""Records: a frozen dataclass for a table, field by column, converted at the row's edge and nowhere else.

Times are aware UTC datetimes in a record and integer microseconds in a row; flags are bool in a record; JSON
columns are lists and objects in a record. The schema says which column is what.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, select

from vestibule.ground.clock import from_us, to_us
from vestibule.store.statements import Query, Row, inserting
from vestibule.store.unit import Reading, Unit

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_OUT: dict[str, Callable[[Any], Any]] = {"time": from_us, "flag": bool, "json": _decode}
_IN: dict[str, Callable[[Any], Any]] = {"time": to_us, "json": lambda value: _encode(value).decode()}


class Records(Generic[T]):
    """The rows of one table as records of one dataclass.

    Args:
        table: the table.
        of: the dataclass; its fields are the table's columns, by name, but for places in the order of commits.

    Raises:
        TypeError: a field has no column, or a column no field.
    """

    def __init__(self, table: Table, of: type[T]) -> None:
        """Work out the conversions once."""
        self.names: tuple[str, ...] = tuple(of.__dataclass_fields__)  # type: ignore[attr-defined]
        wanted = {column.name for column in table.columns if column.info.get("kind") != "position"}
        if set(self.names) != wanted:
            msg = f"{of.__name__} and table {table.name} differ: {set(self.names) ^ wanted}"
            raise TypeError(msg)
        kinds = [table.c[name].info.get("kind") for name in self.names]
        self.table = table
        self.columns: tuple[ColumnElement[Any], ...] = tuple(table.c[name] for name in self.names)
        self._of = of
        self._out = [(place, _OUT[kind]) for place, kind in enumerate(kinds) if kind in _OUT]
        self._in = [(name, _IN[kind]) for name, kind in zip(self.names, kinds, strict=True) if kind in _IN]
        self._insert = inserting(table)

    def record(self, row: Row) -> T:
        """A row of ``columns`` as a record."""
        values = list(row)
        for place, convert in self._out:
            if values[place] is not None:
                values[place] = convert(values[place])
        return self._of(*values)

    def values(self, record: T) -> dict[str, Any]:
        """A record as parameters by column name."""
        values = {name: getattr(record, name) for name in self.names}
        for name, convert in self._in:
            if values[name] is not None:
                values[name] = convert(values[name])
        return values

    def where(self, *conditions: ColumnElement[bool], order: Any = None, limit: Any = None) -> Query:
        """A query of whole records."""
        construct = select(*self.columns).where(*conditions)
        if order is not None:
            construct = construct.order_by(*order) if isinstance(order, tuple) else construct.order_by(order)
        return Query(construct if limit is None else construct.limit(limit))

    def insert(self, unit: Unit, new: T) -> None:
        """Write a new row."""
        unit.write(self._insert, **self.values(new))

    async def one(self, reading: Reading, query: Query, **parameters: Any) -> T | None:
        """The first record of a query made by ``where``."""
        row = await reading.one(query, **parameters)
        return None if row is None else self.record(row)

    async def all(self, reading: Reading, query: Query, **parameters: Any) -> list[T]:
        """Every record of a query made by ``where``."""
        return [self.record(row) for row in await reading.all(query, **parameters)]
