"""Several requests in one: ``POST /$batch`` (Graph, *Combine multiple HTTP requests using JSON batching*).

Every part goes through the whole door by itself, from the token to the octets: it is authenticated, has its own right,
its own limits, its own transaction and its own line in the log, exactly as if it had been sent alone. Nothing is
undone when another part fails. Parts run one after the other, a part after those that it depends on; so whoever leaves
in one part is nobody in the next.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec

from vestibule.doors.graph import errors
from vestibule.doors.graph.errors import GraphError

SEGMENT: Final = "$batch"
MOST: Final = 20
"""Requests in one batch (Graph, *JSON batching*, batch size limitations)."""

_LONGEST_ID: Final = 256
_METHOD: Final = re.compile(r"[A-Za-z]{1,16}")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SIGNS_OF_URLS: Final = "!$&'()*+,-./:;=?@_~%[]"
_NESTED: Final = re.compile(r"/+(?:\$|%24)batch/*(?:\(\s*\))?/*(?:\?.*)?", re.IGNORECASE)
_OF_THE_CONNECTION: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})
_LEFT_OUT: Final = frozenset({"content-length", "x-content-type-options"})


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch.

    Attributes:
        id: by which the answer and other parts call it.
        target: path and query below the version, percent-encoded.
        headers: by lower-case name.
        after: the parts that have to succeed before.
    """

    id: str
    method: str
    target: bytes
    headers: Mapping[str, str]
    body: bytes
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a part: ``values`` for a JSON body, ``text`` for another one, neither for none."""

    status: int
    headers: Mapping[str, str]
    values: Mapping[str, Any] | None = None
    text: str | None = None


# --- Reading ----------------------------------------------------------------------------------------------------------


def read_batch(given: Mapping[str, Any], root: str) -> list[Part]:
    """The parts of a batch, in an order in which each comes after those that it depends on.

    Args:
        given: the JSON object in the body.
        root: the address of the version that the batch came to. Addresses are relative to it; the batch client of
            Microsoft's SDK for Python writes it in front of them.

    Raises GraphError (400): no list of one to ``MOST`` requests, an id that is missing or there twice, an address
        elsewhere, a batch in a batch, dependencies that lead nowhere or in a circle, a token of its own.
    """
    requests = _lowered(given, "the batch").get("requests")
    if not isinstance(requests, list) or not requests:
        raise _malformed("'requests' has to be a list of requests.")
    if len(requests) > MOST:
        raise _malformed(f"a batch holds at most {MOST} requests; this one holds {len(requests)}.")
    parts = [_read_part(one, place, root) for place, one in enumerate(requests)]
    ids = [part.id for part in parts]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise _malformed(f"the id '{errors.shown(id_)}' is there more than once.")
    return _in_order(parts)


def _read_part(given: object, place: int, root: str) -> Part:
    where = f"request {place + 1}"
    values = _lowered(given, where)
    id_ = _id(values.get("id"), where)
    where = f"the request '{errors.shown(id_)}'"
    if values.get("atomicitygroup") is not None:
        raise _malformed(f"{where} belongs to an atomicity group; requests are not undone together here.")
    method = values.get("method")
    if not isinstance(method, str) or _METHOD.fullmatch(method) is None:
        raise _malformed(f"{where} has no method.")
    headers = _headers(values.get("headers"), where)
    return Part(
        id=id_,
        method=method.upper(),
        target=_target(values.get("url"), where, root),
        headers=headers,
        body=_body(values.get("body"), where),
        after=_after(values, where),
    )


def _lowered(given: object, where: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _malformed(f"{where} has to be a JSON object.")
    return {str(name).lower(): value for name, value in given.items()}


def _id(given: object, where: str) -> str:
    """An id: a text or a whole number; answers call it by its text."""
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    if not isinstance(given, str) or not given or len(given) > _LONGEST_ID:
        raise _malformed(f"{where} has no id.")
    return given


def _target(given: object, where: str, root: str) -> bytes:
    """Path and query, with what does not belong in an address percent-encoded."""
    if not isinstance(given, str) or not given.strip() or not given.isprintable():
        raise _malformed(f"{where} has no url.")
    address = given.strip()
    if address.startswith(f"{root}/"):
        address = address.removeprefix(root)
    if address.startswith("//") or (_SCHEME.match(address) is not None and "/" not in address.partition(":")[0]):
        raise _malformed(f"the url of {where} has to be relative, such as /users.")
    if "#" in address:
        raise _malformed(f"the url of {where} has a '#'; write it as %23.")
    address = f"/{address.removeprefix('/')}"
    if _NESTED.fullmatch(address):
        raise _malformed(f"{where} is a batch in a batch.")
    return quote(address, safe=_SIGNS_OF_URLS).encode("ascii")


def _headers(given: object, where: str) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _malformed(f"the headers of {where} have to be an object of texts.")
    found: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(value, str) or _NAME.fullmatch(str(name)) is None or not value.isprintable():
            raise _malformed(f"the headers of {where} have to be an object of texts.")
        found[str(name).lower()] = value
    if "authorization" in found:
        raise _malformed(f"{where} has a token of its own; the token of the batch holds for every request in it.")
    return {name: value for name, value in found.items() if name not in _OF_THE_CONNECTION}


def _body(given: object, where: str) -> bytes:
    """The octets of a body: JSON, or octets written as base64 text."""
    if given is None:
        return b""
    if not isinstance(given, str):
        return msgspec.json.encode(given)
    try:
        return base64.b64decode(given.replace("-", "+").replace("_", "/") + "=" * (-len(given) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(f"the body of {where} is neither JSON nor base64.") from None


def _after(values: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = values.get("dependson", values.get("depends_on"))  # the second is what an SDK sends
    if given is None:
        return ()
    if not isinstance(given, list):
        raise _malformed(f"'dependsOn' of {where} has to be a list of ids.")
    return tuple(_id(one, f"a dependency of {where}") for one in given)


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """The parts as they were sent, but each after those that it depends on."""
    known = {part.id for part in parts}
    for part in parts:
        for id_ in part.after:
            if id_ not in known:
                raise _malformed(f"the request '{errors.shown(part.id)}' depends on '{errors.shown(id_)}', not there.")
    ordered: list[Part] = []
    placed: set[str] = set()
    while len(ordered) < len(parts):
        ready = next((part for part in parts if part.id not in placed and placed.issuperset(part.after)), None)
        if ready is None:
            raise _malformed("requests depend on each other in a circle.")
        ordered.append(ready)
        placed.add(ready.id)
    return ordered


def _malformed(message: str) -> GraphError:
    return errors.bad_request(f"Invalid batch payload format: {message}")


# --- Answering --------------------------------------------------------------------------------------------------------


async def answer_batch(
    parts: Iterable[Part],
    answer: Callable[[Part], Awaitable[Answered]],
    refuse: Callable[[GraphError], Answered],
) -> dict[str, Any]:
    """The body of the answer.

    Args:
        parts: as ``read_batch`` gave them.
        answer: takes one of them through the door. refuse: words a refusal as the answer to a part.
    """
    failed: set[str] = set()
    responses = []
    for part in parts:
        if failed.isdisjoint(part.after):
            answered = await answer(part)
        else:
            answered = refuse(_dependency_failed())
        if answered.status >= 400:
            failed.add(part.id)
        responses.append(_written(part, answered))
    return {"responses": responses}


def _dependency_failed() -> GraphError:
    return GraphError(424, "FailedDependency", "A request that this one depends on failed.")


def _written(part: Part, answered: Answered) -> dict[str, Any]:
    """One entry of ``responses``: JSON as it is, any other body as base64."""
    headers = {name: value for name, value in answered.headers.items() if name.lower() not in _LEFT_OUT}
    written: dict[str, Any] = {"id": part.id, "status": answered.status, "headers": headers}
    if part.method != "HEAD" and answered.values is not None:
        written["body"] = answered.values
    elif part.method != "HEAD" and answered.text is not None:
        written["body"] = base64.b64encode(answered.text.encode()).decode("ascii")
    return written
