"""Several requests in one (RFC 7644, section 3.7): each judged and logged as if it had come alone.

``bulkId:x`` stands for the id of what the operation with that bulkId makes, in a value or in a path. An operation waits
until what it refers to is there, and those that wait for each other are refused.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vestibule.doors.scim.bodies import insist_on_schema, member
from vestibule.doors.scim.discovery import MOST_BULK
from vestibule.doors.scim.errors import ScimError, invalid_syntax, invalid_value, shown

REQUEST: Final = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE: Final = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFERENCE: Final = "bulkId:"
_DEEPEST: Final = 16


@dataclass(frozen=True)
class Part:
    """One operation.

    Attributes:
        path: as it was sent. data: the body. bulk_id: what others call what it makes. version: as for ``If-Match``.
        waits_for: the bulkIds that it refers to.
    """

    method: str
    path: str
    data: dict[str, Any] | None
    bulk_id: str | None
    version: str | None
    waits_for: frozenset[str]


@dataclass(frozen=True)
class Done:
    """What became of an operation; ``id`` is what it made."""

    status: int
    location: str | None = None
    version: str | None = None
    response: Mapping[str, Any] | None = None
    id: str | None = None


Run = Callable[[Part, str, dict[str, Any] | None], Awaitable[Done]]


@dataclass
class _Progress:
    made: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    errors: int = 0


def read_bulk(given: Mapping[str, Any]) -> tuple[list[Part], int | None]:
    """The operations, and after how many errors to stop. Raises ScimError (400, 413)."""
    insist_on_schema(given, REQUEST)
    operations, limit = member(given, "Operations"), member(given, "failOnErrors")
    if not isinstance(operations, list):
        raise invalid_syntax("'Operations' is a list.")
    if len(operations) > MOST_BULK:
        raise ScimError(413, f"More than {MOST_BULK} operations.")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise invalid_value("'failOnErrors' is a whole number from 1.")
    parts = [_part(one) for one in operations]
    ids = [part.bulk_id for part in parts if part.bulk_id is not None]
    if len(set(ids)) != len(ids):
        raise invalid_value("Two operations have the same 'bulkId'.")
    return parts, limit


def _part(given: Any) -> Part:
    if not isinstance(given, Mapping):
        raise invalid_syntax("An operation is an object.")
    method, path, data = member(given, "method"), member(given, "path"), member(given, "data")
    bulk_id, version = member(given, "bulkId"), member(given, "version")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise invalid_syntax("'method' is one of: DELETE, PATCH, POST, PUT.")
    if not isinstance(path, str) or not path.startswith("/"):
        raise invalid_syntax("'path' begins with a slash.")
    if not isinstance(data, dict | None) or not isinstance(bulk_id, str | None) or not isinstance(version, str | None):
        raise invalid_syntax("'data' is an object; 'bulkId' and 'version' are texts.")
    if method.upper() == "POST" and not bulk_id:
        raise invalid_value("A POST needs a 'bulkId'.")
    waits_for = frozenset(found for text in (path, *_texts(data)) for found in _references(text))
    return Part(method.upper(), path, data, bulk_id, version, waits_for)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        raise invalid_syntax("The data is nested too deep.")
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner, depth + 1)


def _references(text: str) -> Iterator[str]:
    """What a text refers to: it is a reference as a whole, or a segment of a path is one."""
    for segment in text.split("/"):
        if segment.startswith(_REFERENCE):
            yield segment[len(_REFERENCE) :]


async def answer_bulk(parts: list[Part], limit: int | None, run: Run) -> dict[str, Any]:
    """Carry out the operations. Returns the body of the answer, in the order in which they were sent."""
    progress = _Progress()
    known = {part.bulk_id for part in parts}
    waiting = list(enumerate(parts))
    while waiting and not _is_enough(progress, limit):
        ready = [
            one
            for one in waiting
            if one[1].waits_for <= progress.made.keys() | progress.failed | _unknown(one[1], known)
        ]
        if not ready:
            for number, part in waiting:
                _note(progress, number, part, _failed(ScimError(409, "Operations that wait for each other.")))
            break
        number, part = ready[0]
        waiting.remove(ready[0])
        _note(progress, number, part, await _carry_out(part, progress, run))
    return {"schemas": [RESPONSE], "Operations": [progress.answers[number] for number in sorted(progress.answers)]}


def _unknown(part: Part, known: set[str | None]) -> set[str]:
    return {one for one in part.waits_for if one not in known}


def _is_enough(progress: _Progress, limit: int | None) -> bool:
    return limit is not None and progress.errors >= limit


async def _carry_out(part: Part, progress: _Progress, run: Run) -> Done:
    missing = part.waits_for - progress.made.keys()
    if missing:
        name = shown(min(missing))
        return _failed(invalid_value(f"Nothing was made by an operation with the bulkId '{name}'."))
    try:
        return await run(part, _resolved(part.path, progress.made), _replaced(part.data, progress.made))
    except ScimError as error:
        return _failed(error)


def _failed(error: ScimError) -> Done:
    return Done(error.status, response=error.body())


def _note(progress: _Progress, number: int, part: Part, done: Done) -> None:
    answered: dict[str, Any] = {"method": part.method}
    more = {"bulkId": part.bulk_id, "version": done.version, "location": done.location, "response": done.response}
    answered |= {name: value for name, value in more.items() if value is not None}
    progress.answers[number] = {**answered, "status": str(done.status)}
    if done.status >= 400:
        progress.errors += 1
    if part.bulk_id is None:
        return
    if done.status < 400 and done.id is not None:
        progress.made[part.bulk_id] = done.id
    else:
        progress.failed.add(part.bulk_id)


def _replaced(value: Any, made: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _resolved(value, made)
    if isinstance(value, list):
        return [_replaced(one, made) for one in value]
    if isinstance(value, dict):
        return {name: _replaced(inner, made) for name, inner in value.items()}
    return value


def _resolved(text: str, made: Mapping[str, str]) -> str:
    if _REFERENCE not in text:
        return text
    segments = text.split("/")
    return "/".join(made.get(one[len(_REFERENCE) :], one) if one.startswith(_REFERENCE) else one for one in segments)
