"""Expressions that SQLite and PostgreSQL have to be asked for in different words.

Each function returns a SQLAlchemy construct that is written out per dialect: folding a text, comparing by code
point, looking into a column that holds JSON text, and a change's place in the order of commits. None of them adds a
parameter of its own, except where a value is handed in as one.
"""

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final, Protocol

from sqlalchemy import BigInteger, Boolean, ColumnElement, Text, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from vestibule.rules.filters import fold

FOLD: Final = "vestibule_fold"
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
POSITION: Final = "coalesce((SELECT feed_position FROM deployment WHERE id = 1), 0)"
"""The place of the unit that is being written, in SQLite: the writer counts units that change something told of."""
_MARKS: Final = "-'._,()+/&"  # what divides words beside spaces; migration 0025 says the same
_ICU: Final = 'COLLATE "und-x-icu"'


class _Connection(Protocol):
    def create_scalar_function(
        self, name: str, callback: Any, numargs: int = -1, /, *, deterministic: bool = False
    ) -> None: ...


def install(connection: _Connection) -> None:
    """Teach a SQLite connection (apsw) to fold texts. PostgreSQL folds with the rules of ICU, which are the same."""
    connection.create_scalar_function(FOLD, _fold_or_none, 1, deterministic=True)


def _fold_or_none(value: Any) -> str | None:
    return fold(value) if isinstance(value, str) else None


class _Folded(ColumnElement[str]):
    inherit_cache = False
    type = Text()

    def __init__(self, inner: ColumnElement[Any]) -> None:
        self.inner = inner


class _ByNoIndex(ColumnElement[Any]):
    inherit_cache = False

    def __init__(self, inner: ColumnElement[Any]) -> None:
        self.inner = inner
        self.type = inner.type


class _Position(ColumnElement[int]):
    inherit_cache = False
    type = BigInteger()


class _Horizon(ColumnElement[int]):
    inherit_cache = False
    type = BigInteger()


class _ByCodePoint(ColumnElement[str]):
    inherit_cache = False
    type = Text()

    def __init__(self, inner: ColumnElement[Any]) -> None:
        self.inner = inner


class _Within(ColumnElement[bool]):
    inherit_cache = False
    type = Boolean()

    def __init__(self, text: ColumnElement[Any], part: ColumnElement[Any], *, by_word: bool) -> None:
        self.text, self.part, self.by_word = text, part, by_word


class _Words(ColumnElement[str]):
    inherit_cache = False
    type = Text()

    def __init__(self, name: ColumnElement[Any], mail: ColumnElement[Any]) -> None:
        self.name, self.mail = name, mail


class _Tail(ColumnElement[bool]):
    inherit_cache = False
    type = Boolean()

    def __init__(self, text: ColumnElement[Any], part: ColumnElement[Any]) -> None:
        self.text, self.part = text, part


class _Member(ColumnElement[Any]):
    inherit_cache = False

    def __init__(self, document: ColumnElement[Any], path: Sequence[str], type_: Any) -> None:
        self.document, self.path, self.type = document, _checked(path), type_


class _Length(ColumnElement[int]):
    inherit_cache = False
    type = BigInteger()

    def __init__(self, document: ColumnElement[Any], path: Sequence[str]) -> None:
        self.document, self.path = document, _checked(path)


class _AnyElement(ColumnElement[bool]):
    inherit_cache = False
    type = Boolean()

    def __init__(self, document: ColumnElement[Any], path: Sequence[str], alias: str, inner: Any) -> None:
        self.document, self.path, self.alias, self.inner = document, _checked(path), alias, inner


def by_no_index(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same value, by which SQLite does not look anything up.

    SQLite knows no statistics here and takes whatever index begins with the organization for a good beginning. Said
    of the side of a join that is known already, it keeps the join in that order. PostgreSQL sees the column alone.
    """
    return _ByNoIndex(column)


def folded(text: ColumnElement[Any]) -> ColumnElement[str]:
    """The text as ``rules.filters.fold`` writes it."""
    return _Folded(text)


def position() -> ColumnElement[int]:
    """The place of the unit that writes it in the order of commits; see ``feed``."""
    return _Position()


def horizon() -> ColumnElement[int]:
    """The place before which every unit has ended: nothing will ever come to be visible below it."""
    return _Horizon()


def by_code_point(text: ColumnElement[Any]) -> ColumnElement[str]:
    """The text, compared and sorted by code point, whatever the database's own sorting rules are."""
    return _ByCodePoint(text)


def within(text: ColumnElement[Any], part: ColumnElement[Any], *, by_word: bool = False) -> ColumnElement[bool]:
    """``part`` occurs in ``text``; by word: ``part`` begins with a space, and the text is looked at as if it did."""
    return _Within(text, part, by_word=by_word)


def words(name: ColumnElement[Any], mail: ColumnElement[Any]) -> ColumnElement[str]:
    """The words of a folded name and address with spaces between them, as ``profile_word`` has them row by row."""
    return _Words(name, mail)


def at_the_end(text: ColumnElement[Any], part: ColumnElement[Any]) -> ColumnElement[bool]:
    """``text`` ends with ``part``."""
    return _Tail(text, part)


def member(document: ColumnElement[Any], path: Sequence[str], type_: Any = None) -> ColumnElement[Any]:
    """One member of a JSON text as ``Text`` (the default), ``Boolean`` or ``BigInteger``; NULL when it is not there.

    Raises ValueError for a member name that is not a plain word: names become part of the SQL text.
    """
    return _Member(document, path, type_ or Text())


def length(document: ColumnElement[Any], path: Sequence[str]) -> ColumnElement[int]:
    """How many elements a JSON list has; 0 when it is not there. Raises ValueError as ``member`` does."""
    return _Length(document, path)


def element(alias: str) -> ColumnElement[str]:
    """The list's element in the test given to ``any_element``: a text, or the JSON text of an object."""
    return literal_column(f"{alias}.value", Text())


def any_element(
    document: ColumnElement[Any], path: Sequence[str], alias: str, inner: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Some element of a JSON list passes the test, which calls it ``element(alias)``.

    Raises ValueError as ``member`` does.
    """
    return _AnyElement(document, path, alias, inner)


def _checked(path: Sequence[str]) -> tuple[str, ...]:
    for name in path:
        if _NAME.fullmatch(name) is None:
            msg = f"not a plain member name: {name!r}"
            raise ValueError(msg)
    return tuple(path)


def _dollar(path: Sequence[str]) -> str:
    return "'$" + "".join(f".{name}" for name in path) + "'"


def _braces(path: Sequence[str]) -> str:
    return "'{" + ",".join(path) + "}'"


@compiles(_ByNoIndex, "sqlite")
def _by_no_index_sqlite(element: _ByNoIndex, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.inner, **kw)}"


@compiles(_ByNoIndex, "postgresql")
def _by_no_index_postgresql(element: _ByNoIndex, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.inner, **kw)


@compiles(_Folded, "sqlite")
def _folded_sqlite(node: _Folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{FOLD}({compiler.process(node.inner, **kw)})"


@compiles(_Folded, "postgresql")
def _folded_postgresql(node: _Folded, compiler: SQLCompiler, **kw: Any) -> str:
    inner = compiler.process(node.inner, **kw)
    return f"replace(lower(upper(replace({inner}, 'ẞ', 'ß') {_ICU}) {_ICU}), 'ς', 'σ')"


@compiles(_Position, "sqlite")
def _position_sqlite(_node: _Position, _compiler: SQLCompiler, **_kw: Any) -> str:
    return POSITION


@compiles(_Position, "postgresql")
def _position_postgresql(_node: _Position, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "(pg_current_xact_id()::text)::bigint"


@compiles(_Horizon, "sqlite")
def _horizon_sqlite(_node: _Horizon, _compiler: SQLCompiler, **_kw: Any) -> str:
    return f"({POSITION} + 1)"


@compiles(_Horizon, "postgresql")
def _horizon_postgresql(_node: _Horizon, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"


@compiles(_ByCodePoint, "sqlite")
def _by_code_point_sqlite(node: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(node.inner, **kw)  # every text column is BINARY: the bytes of UTF-8


@compiles(_ByCodePoint, "postgresql")
def _by_code_point_postgresql(node: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return f'({compiler.process(node.inner, **kw)}) COLLATE "C"'


@compiles(_Within, "sqlite")
def _within_sqlite(node: _Within, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(node.text, **kw)
    return f"(instr({_spaced(text, node)}, {compiler.process(node.part, **kw)}) > 0)"


@compiles(_Within, "postgresql")
def _within_postgresql(node: _Within, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(node.text, **kw)
    return f"(strpos({_spaced(text, node)}, {compiler.process(node.part, **kw)}) > 0)"


def _spaced(text: str, node: _Within) -> str:
    return f"' ' || {text}" if node.by_word else text


@compiles(_Words, "sqlite")
def _words_sqlite(node: _Words, compiler: SQLCompiler, **kw: Any) -> str:
    name, mail = compiler.process(node.name, **kw), f"coalesce({compiler.process(node.mail, **kw)}, '')"
    local = f"substr({mail}, 1, max(instr({mail}, '@') - 1, 0))"
    return _apart(name, mail, _divided_sqlite(name), _divided_sqlite(local))


def _divided_sqlite(text: str) -> str:
    return reduce(lambda whole, mark: f"replace({whole}, {_quoted(mark)}, ' ')", _MARKS, text)


@compiles(_Words, "postgresql")
def _words_postgresql(node: _Words, compiler: SQLCompiler, **kw: Any) -> str:
    name, mail = compiler.process(node.name, **kw), f"coalesce({compiler.process(node.mail, **kw)}, '')"
    local = f"CASE WHEN strpos({mail}, '@') > 0 THEN left({mail}, strpos({mail}, '@') - 1) ELSE '' END"
    translated = "translate({}, " + _quoted(_MARKS) + f", '{' ' * len(_MARKS)}')"
    return _apart(name, mail, translated.format(name), translated.format(local))


def _apart(name: str, mail: str, name_divided: str, local_divided: str) -> str:
    return "(" + " || ' ' || ".join((name, name_divided, mail, f"replace({mail}, '@', ' ')", local_divided)) + ")"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@compiles(_Tail, "sqlite")
def _tail_sqlite(node: _Tail, compiler: SQLCompiler, **kw: Any) -> str:
    text, part = compiler.process(node.text, **kw), compiler.process(node.part, **kw)
    return f"(substr({text}, 1 + max(0, length({text}) - length({part}))) = {part})"


@compiles(_Tail, "postgresql")
def _tail_postgresql(node: _Tail, compiler: SQLCompiler, **kw: Any) -> str:
    text, part = compiler.process(node.text, **kw), compiler.process(node.part, **kw)
    return f"(right({text}, length({part})) = {part})"


@compiles(_Member, "sqlite")
def _member_sqlite(node: _Member, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_extract({compiler.process(node.document, **kw)}, {_dollar(node.path)})"


@compiles(_Member, "postgresql")
def _member_postgresql(node: _Member, compiler: SQLCompiler, **kw: Any) -> str:
    found = f"(({compiler.process(node.document, **kw)})::jsonb #>> {_braces(node.path)})"
    if isinstance(node.type, Boolean):
        return f"{found}::boolean"
    return f"{found}::bigint" if isinstance(node.type, BigInteger) else found


@compiles(_Length, "sqlite")
def _length_sqlite(node: _Length, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce(json_array_length({compiler.process(node.document, **kw)}, {_dollar(node.path)}), 0)"


@compiles(_Length, "postgresql")
def _length_postgresql(node: _Length, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_length({_list_postgresql(compiler.process(node.document, **kw), node.path)})"


@compiles(_AnyElement, "sqlite")
def _any_sqlite(node: _AnyElement, compiler: SQLCompiler, **kw: Any) -> str:
    document = compiler.process(node.document, **kw)
    inner = compiler.process(node.inner, **kw)
    # json_each of something that is not a list would give its members, or the value itself; hence the type.
    return (
        f"EXISTS (SELECT 1 FROM json_each({document}, {_dollar(node.path)}) AS {node.alias}"
        f" WHERE json_type({document}, {_dollar(node.path)}) = 'array' AND ({inner}))"
    )


@compiles(_AnyElement, "postgresql")
def _any_postgresql(node: _AnyElement, compiler: SQLCompiler, **kw: Any) -> str:
    listed = _list_postgresql(compiler.process(node.document, **kw), node.path)
    inner = compiler.process(node.inner, **kw)
    return f"EXISTS (SELECT 1 FROM jsonb_array_elements_text({listed}) AS {node.alias}(value) WHERE ({inner}))"


def _list_postgresql(document: str, path: Sequence[str]) -> str:
    found = f"(({document})::jsonb #> {_braces(path)})"
    return f"CASE jsonb_typeof({found}) WHEN 'array' THEN {found} ELSE '[]'::jsonb END"
