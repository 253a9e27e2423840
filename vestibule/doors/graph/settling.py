"""What a caller would like of an answer: the object after a change, and nothing that they have already.

* ``Prefer: return=representation``: a PATCH answers the object instead of nothing (RFC 7240, section 4.2).
* ``If-None-Match: W/"7"``: a GET of what has not changed answers 304 (RFC 9110, section 13.1.2).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.odata.options import Asked
from vestibule.doors.graph.preferences import preferences
from vestibule.doors.graph.routing import Table
from vestibule.rules.refusals import Refused

_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def wants_representation(headers: Mapping[str, str]) -> bool:
    """Whether the caller would like to see the object; the first preference counts (RFC 7240, section 2)."""
    said = [one.replace('"', "") for one in preferences(headers) if one.startswith("return=")]
    return said[:1] == ["return=representation"]


async def settle(call: Call, reply: Reply, table: Table[Handler]) -> Reply:
    """The answer as the caller would like it."""
    if call.route.method == "PATCH" and reply.status == 204 and wants_representation(call.headers):
        return await _represented(call, reply, table)
    if call.route.method == "GET" and reply.status == 200 and _has(call.headers, reply.headers.get("ETag")):
        return Reply(304, headers={"ETag": reply.headers["ETag"]})
    return reply


async def _represented(call: Call, reply: Reply, table: Table[Handler]) -> Reply:
    """The object after the change, as far as the caller may read it: who may only write it hears nothing, as before."""
    await call.fresh()
    try:
        found = table.match(call.wire.version, "GET", call.path.encode("latin-1"))
        read = replace(call, route=found.route, parameters=found.parameters, query=b"", asked=Asked())
        shown = await found.route.handler(read)
    except (GraphError, Refused):
        return reply
    return replace(shown, headers={**shown.headers, "Preference-Applied": "return=representation"})


def _has(headers: Mapping[str, str], tag: str | None) -> bool:
    """Whether the caller has this version already; tags are compared weakly."""
    asked = headers.get("if-none-match")
    if asked is None or tag is None:
        return False
    found = _TAG.fullmatch(tag)
    return asked.strip() == "*" or (found is not None and found[1] in _TAG.findall(asked))
