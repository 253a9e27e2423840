"""How much one program may ask of an organization at once, in resource units (Graph, *Microsoft Graph service-specific
throttling limits*, identity and access).

Units are counted in this process, for each program and organization by itself, in windows of ten seconds. Without a
limit they are only told.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.doors.graph import errors
from vestibule.doors.graph.odata.options import Asked
from vestibule.doors.graph.routing import Route
from vestibule.rules.actors import Actor

WINDOW: Final = 10
"""Seconds."""

_UNITS: Final = "x-ms-resource-unit"
_FEW: Final = 20
_WORTH_TELLING: Final = 0.8
_DEAR: Final = {"getByIds": 3, "members": 3, "graph.user": 3, "transitiveMembers": 5}


def cost(route: Route[Any], asked: Asked) -> int:
    """The resource units of a request."""
    if route.method != "GET":
        return _DEAR.get(route.pattern.rpartition("/")[2], 1)
    listed = route.query is not None and not route.query.single
    units = _DEAR.get(route.pattern.rpartition("/")[2], 2 if listed else 1)
    if asked.select is not None:
        units -= 1
    if listed and asked.top < _FEW:
        units -= 1
    return max(units, 1) + (1 if asked.expand is not None else 0)


class Throttle:
    """Counts what programs use.

    Args:
        limit: units in a window for one program in one organization; 0 for no limit.
    """

    def __init__(self, limit: int = 0) -> None:
        """Nothing is used yet."""
        self._limit = limit
        self._window = -1
        self._used: dict[tuple[str | None, str], int] = {}

    def spend(self, by: Actor, units: int, at: float) -> Mapping[str, str]:
        """Count a request, at a moment in seconds. Returns headers of its answer.

        Raises GraphError (429): the window is used up; nothing is counted then.
        """
        if not self._limit:
            return {_UNITS: str(units)}
        window, left = int(at // WINDOW), WINDOW - int(at % WINDOW)
        if window != self._window:
            self._used.clear()
            self._window = window
        key = (by.tenant_id, by.client_id)
        used = self._used.get(key, 0) + units
        told = {"RateLimit-Limit": str(self._limit), "RateLimit-Reset": str(left)}
        if used > self._limit:
            error = errors.too_many("Please retry again later.", retry_after=left)
            error.headers = {**error.headers, **told, "RateLimit-Remaining": "0", **_throttled(by)}
            raise error
        self._used[key] = used
        told = {_UNITS: str(units), **told, "RateLimit-Remaining": str(self._limit - used)}
        share = used / self._limit
        return told if share < _WORTH_TELLING else {**told, "x-ms-throttle-limit-percentage": f"{share:.2f}"}


def _throttled(by: Actor) -> dict[str, str]:
    scope = f"Tenant_Application/ReadWrite/{by.client_id}/{by.tenant_id}"
    return {"x-ms-throttle-scope": scope, "x-ms-throttle-information": "ResourceUnitLimitExceeded"}
