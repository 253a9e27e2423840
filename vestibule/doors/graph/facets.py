"""Ways to look at what an address gives: one property of it, bare references, or their number.

    /users/{id}/displayName, /users/{id}/displayName/$value      a property of one object, as JSON and as plain text
    /groups/{id}/members/$ref, /users/{id}/manager/$ref          references instead of objects
    /directoryRoles/$count                                       how many

They are not routes of their own: whoever may ask for the object or the list may ask for it in this way (OData 4.01
Part 1, sections 11.2.4, 11.2.8 and 11.2.10).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from vestibule.doors.graph import errors
from vestibule.doors.graph.call import Call, Reply
from vestibule.doors.graph.shapes.wire import encoded
from vestibule.doors.graph.ways import Facet, Way
from vestibule.ground.clock import iso

_NAME: Final = re.compile(rb"\s*\$?([A-Za-z]+)\s*")
_KIOTA: Final = "kiota"
"""What Graph's SDKs say in ``User-Agent``, whatever language they are for."""


async def answer(call: Call, facet: Facet) -> Reply:
    """What the route of the call gives, looked at in this way. Raises GraphError, Refused."""
    if facet.way is Way.COUNT:
        return await _count(call)
    wanted = facet.names[0] if facet.way is Way.PROPERTY else "id"
    call.query = _with(call.query, b"$select=" + wanted.encode(), {"select", "expand"})
    call.read_query()
    reply = await call.route.handler(call)
    return _property(call, facet, reply) if facet.way is Way.PROPERTY else _references(call, reply)


async def _count(call: Call) -> Reply:
    if call.route.query is not None and call.route.query.directory and not call.eventual:
        raise errors.invalid("$count is not currently supported.")
    call.query = _with(call.query, b"$count=true&$top=1", {"select", "expand", "count", "top", "orderby", "skiptoken"})
    call.read_query()
    counted = ((await call.route.handler(call)).values or {}).get("@odata.count")
    if counted is None:  # logs take $count=true and do not count
        raise errors.invalid("$count is not currently supported.")
    return Reply(text=str(counted))


def _with(query: bytes, more: bytes, instead_of: set[str]) -> bytes:
    """The query string with other options instead of these."""
    kept = [part for part in query.split(b"&") if part and _option(part) not in instead_of]
    return b"&".join([*kept, more])


def _option(part: bytes) -> str:
    found = _NAME.fullmatch(unquote_to_bytes(part.partition(b"=")[0].replace(b"+", b" ")))
    return "" if found is None else found[1].decode("ascii").lower()


# --- One property -------------------------------------------------------------------------------------------------


def _property(call: Call, facet: Facet, reply: Reply) -> Reply:
    values = reply.values or {}
    found: Any = values
    for name in facet.names:
        if isinstance(found, Mapping) and name not in found:
            raise errors.denied()  # a property that the caller may not read is left out of the object
        found = found[name] if isinstance(found, Mapping) else None
    if found is None:
        return Reply(204, headers=reply.headers)
    if facet.raw:
        return Reply(text=_plain(found), headers=reply.headers)
    context = call.wire.context(f"{_of(call)}/{'/'.join(facet.names)}")
    return Reply(values=call.wire.bare({"@odata.context": context, "value": found}), headers=reply.headers)


def _of(call: Call) -> str:
    """What the object is called in ``@odata.context``: ``users('id')``."""
    return call.path.strip("/").partition("/")[0] + "".join(f"('{value}')" for value in call.parameters.values())


def _plain(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case datetime():
            return iso(value)
        case _:
            raise errors.bad_request("$value can be asked of a single simple value only.")


# --- References ---------------------------------------------------------------------------------------------------


def _references(call: Call, reply: Reply) -> Reply:
    """References as objects with an ``@odata.id`` (OData JSON Format 4.01, section 14).

    Graph's own SDKs read texts instead, by what Graph says in its metadata: they get the addresses alone.
    """
    values = reply.values or {}
    if _KIOTA in call.headers.get("user-agent", "").lower():
        return _addresses(call, values)
    if "value" not in values:
        one = _reference(call, values)
        return Reply(values=call.wire.bare({"@odata.context": call.wire.context("$ref"), **one}))
    shown = {name: value for name, value in values.items() if name != "@odata.context"}
    shown["value"] = [_reference(call, item) for item in values["value"]]
    return Reply(values=call.wire.bare({"@odata.context": call.wire.context("Collection($ref)"), **shown}))


def _addresses(call: Call, values: Mapping[str, Any]) -> Reply:
    if "value" not in values:
        return Reply(text=encoded(_address(call, values)).decode(), headers={"Content-Type": "application/json"})
    context = {"@odata.context": call.wire.context("Collection(Edm.String)")}
    shown = {**values, **context, "value": [_address(call, item) for item in values["value"]]}
    return Reply(values=call.wire.bare(shown))


def _reference(call: Call, item: Mapping[str, Any]) -> dict[str, str]:
    return {"@odata.id": _address(call, item)}


def _address(call: Call, item: Mapping[str, Any]) -> str:
    return f"{call.wire.root}/directoryObjects/{item['id']}"
