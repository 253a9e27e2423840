"""The door as an application: finds the endpoint of a path, and says 404 or 405 where there is none."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.routes import Handler, routes

_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Protocol:
    """Every endpoint of this door behind one call."""

    def __init__(self, desk: Desk) -> None:
        """Take the endpoints apart once."""
        self._endpoints = [(method, pattern.lower().split("/"), handler) for method, pattern, handler in routes(desk)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        path = request.scope["path"].rstrip("/") or "/"
        allowed: set[str] = set()
        for known, pattern, handler in self._endpoints:
            captured = _match(pattern, path.split("/"))
            if captured is None:
                continue
            if known == method:
                return await _call(handler, request, captured)
            allowed.add(known)
        if allowed:
            return JSONResponse({"error": "methodNotAllowed"}, 405, {**_NO_STORE, "Allow": ", ".join(sorted(allowed))})
        return JSONResponse({"error": "notFound"}, 404, _NO_STORE)


async def _call(handler: Handler, request: Request, captured: str) -> Response:
    return await handler(request, captured)


def _match(pattern: list[str], parts: list[str]) -> str | None:
    """The captured segment ("" when there is none), or None when the path is another one."""
    if len(pattern) != len(parts):
        return None
    captured = ""
    for expected, part in zip(pattern, parts, strict=True):
        if expected.startswith("{"):
            captured = part
        elif expected != part.lower():
            return None
    return captured
