"""The query string of a request, read for the collection or object that is asked for."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from vestibule.doors.graph.errors import bad_request, invalid, shown, unsupported_query
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.odata.binding import Asker, bind_filter
from vestibule.doors.graph.odata.clauses import Expand, parse_expand, parse_orderby, parse_select
from vestibule.doors.graph.odata.grammar import parse_filter
from vestibule.doors.graph.odata.search import parse_search
from vestibule.rules.filters import And, Filter, Ordering

_LONGEST: Final = 65_536
_MOST: Final = 100
OPTIONS: Final = frozenset(
    {"select", "filter", "orderby", "top", "count", "search", "expand", "skiptoken", "skip", "deltatoken", "format"}
)
_MAY_BE_EMPTY: Final = frozenset({"select", "orderby", "expand"})
_REPEATED: Final = ("count", "expand", "filter", "orderby", "search", "select", "top")
_NEEDS_HEADER: Final = (
    "Request with $search query parameter only works through MSGraph with a special request header:"
    " 'ConsistencyLevel: eventual'"
)
_REFERENCE: Final = "The specified filter to the reference property query is currently not supported."

LISTED: Final = frozenset({"select", "filter", "orderby", "top", "count", "search", "expand", "skiptoken", "format"})
SINGLE: Final = frozenset({"select", "expand", "format"})
NONE: Final = frozenset({"format"})
SELECTED: Final = frozenset({"select", "format"})
"""What can be asked of an object without relationships."""
SMALL: Final = SELECTED | {"filter", "orderby", "top", "count", "skiptoken"}
"""What can be asked of a list that is looked through in memory."""
COUNTED: Final = frozenset({"filter", "search", "count"})


@dataclass(frozen=True, slots=True)
class Collection:
    """What can be asked of one address.

    Attributes:
        entity: the kind of object there.
        options: the query options that it offers, without the dollar sign.
        page: objects on a page when nothing is said. most: the largest page.
        single: one object is there, not a list.
        directory: directory objects: some queries have to be advanced ones (Graph, *Advanced query capabilities*).
        reference: the list hangs on another object, so that every filter, search and count has to be advanced.
        counted: it is the ``/$count`` of a list, which is advanced by the header alone.
        selectable: relationships that ``$select`` may name beside properties.
    """

    entity: Entity
    options: AbstractSet[str] = LISTED
    page: int = 100
    most: int = 999
    single: bool = False
    directory: bool = True
    reference: bool = False
    counted: bool = False
    selectable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks.

    Attributes:
        select: the properties to answer; None for the default ones.
        filter: which objects; None for all.
        order: how they are sorted, as far as was asked.
        top: how many on a page.
        count: ``@odata.count`` is wanted and given.
        expand: a relationship to answer along.
        skiptoken: where the page begins, still to be opened. deltatoken: the same of what changed since.
        advanced: the query is an advanced one.
        question: what a page token holds for: filter, search and order as they were sent.
        repeated: the options that the next page's address repeats.
    """

    select: tuple[str, ...] | None = None
    filter: Filter | None = None
    order: tuple[Ordering, ...] = ()
    top: int = 100
    count: bool = False
    expand: Expand | None = None
    skiptoken: str | None = None
    deltatoken: str | None = None
    advanced: bool = False
    question: str = ""
    repeated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, for what concerns query options.

    Attributes:
        beta: under ``/beta``.
        eventual: the header ``ConsistencyLevel: eventual`` came with the request.
        readable: the properties that the caller may read; None for all.
    """

    beta: bool = False
    eventual: bool = False
    readable: AbstractSet[str] | None = field(default=None)


def is_eventual(header: str | None) -> bool:
    """Whether the header ``ConsistencyLevel`` says what advanced queries need."""
    return header is not None and header.strip().lower() == "eventual"


def read_options(query: bytes, collection: Collection, reader: Reader) -> Asked:
    """Read a query string.

    Args:
        query: as it came, still percent-encoded.
        collection: what is asked.
        reader: who asks.

    Raises GraphError (400, 501) for anything that cannot be read or may not be asked. Parameters that are no query
    options are ignored.
    """
    given = _offered(_pairs(query), collection)
    counted = _boolean(given.get("count"))
    advanced = not collection.directory or (reader.eventual and (counted or collection.counted))
    asker = Asker(collection.entity, reader.beta, advanced, reader.readable)
    _check_together(given, collection, reader, advanced=advanced)
    wanted = [bind_filter(parse_filter(given["filter"]), asker)] if "filter" in given else []
    if "search" in given:
        wanted.append(parse_search(given["search"], asker))
    return Asked(
        select=_selected(given.get("select"), asker, collection),
        filter=And(tuple(wanted)) if len(wanted) > 1 else wanted[0] if wanted else None,
        order=parse_orderby(given["orderby"], asker) if given.get("orderby") else (),
        top=_top(given.get("top"), collection),
        count=counted and (reader.eventual or not collection.directory),
        expand=parse_expand(given["expand"], asker) if given.get("expand") else None,
        skiptoken=given.get("skiptoken"),
        deltatoken=given.get("deltatoken"),
        advanced=advanced,
        question="\n".join(f"{name}={given.get(name, '')}" for name in ("filter", "search", "orderby")),
        repeated=tuple((f"${name}", given[name]) for name in _REPEATED if given.get(name)),
    )


def _selected(text: str | None, asker: Asker, collection: Collection) -> tuple[str, ...] | None:
    if not text:
        return None
    return parse_select(text, asker, listed=not collection.single, also=collection.selectable)


def _pairs(query: bytes) -> Iterable[tuple[str, str]]:
    if len(query) > _LONGEST:
        raise bad_request(f"The query string is longer than {_LONGEST} bytes.")
    parts = [part for part in query.split(b"&") if part]
    if len(parts) > _MOST:
        raise bad_request(f"The query string has more than {_MOST} parameters.")
    for part in parts:
        name, _, value = part.partition(b"=")
        yield _text(name), _text(value)


def _text(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("The query string is not UTF-8.") from None


def _offered(pairs: Iterable[tuple[str, str]], collection: Collection) -> dict[str, str]:
    """The query options by their names without the dollar sign, in lower case."""
    given: dict[str, str] = {}
    for sent, value in pairs:
        name = sent.strip().lower().removeprefix("$")
        if name not in OPTIONS:
            if sent.strip().startswith("$"):
                raise bad_request(f"The query parameter '{shown(sent.strip())}' is not supported.")
            continue
        if name in given:
            raise bad_request(
                f"Query option '${name}' was specified more than once, but it must be specified at most once."
            )
        if name not in collection.options:
            raise bad_request(f"'${name}' is not supported by the service.")
        if not value.strip() and name not in _MAY_BE_EMPTY:
            raise bad_request(f"The value of query option '${name}' must not be empty.")
        given[name] = value
    return given


def _check_together(given: dict[str, str], collection: Collection, reader: Reader, *, advanced: bool) -> None:
    """What may stand beside what, and what needs the header."""
    if "search" in given and collection.directory and not reader.eventual:
        raise unsupported_query(_NEEDS_HEADER)
    if given.get("orderby") and ("search" in given or ("filter" in given and not advanced)):
        raise unsupported_query("Sorting not supported for current query.")
    if collection.reference and not advanced and ("filter" in given or given.get("orderby")):
        raise unsupported_query(_REFERENCE)


def _boolean(text: str | None) -> bool:
    if text is None:
        return False
    if text.strip().lower() not in ("true", "false"):
        raise bad_request(
            f"Invalid value '{shown(text)}' for $count query option found. Valid values are 'true' or 'false'."
        )
    return text.strip().lower() == "true"


def _top(text: str | None, collection: Collection) -> int:
    if text is None:
        return collection.page
    number = text.strip()
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise bad_request(
            f"Invalid value '{shown(text)}' for $top query option found."
            " The $top query option requires a non-negative integer value."
        )
    if not 1 <= int(number) <= collection.most:
        raise invalid(
            f"Invalid page size specified: '{int(number)}'. Must be between 1 and {collection.most} inclusive."
        )
    return int(number)
