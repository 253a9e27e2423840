"""The door as an application: finds the endpoint of a path, and says 404 or 405 where there is none."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from vestibule.doors.oidc import showing
from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.routes import Handler, routes

_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_Methods = dict[str, Handler]


class Protocol:
    """Every endpoint of this door behind one call."""

    def __init__(self, desk: Desk) -> None:
        """Sort the endpoints by where their path captures something: nowhere, at its beginning, at its end."""
        self._desk = desk
        self._whole: dict[str, _Methods] = {}
        self._below_tenant: dict[str, _Methods] = {}
        self._above_user: dict[str, _Methods] = {}
        for method, pattern, handler in routes(desk):
            first, _, rest = pattern.removeprefix("/").partition("/")
            if first == "{tenant}":
                table, key = self._below_tenant, rest
            elif pattern.endswith("/{user}"):
                table, key = self._above_user, pattern.removesuffix("/{user}").removeprefix("/")
            else:
                table, key = self._whole, pattern.removeprefix("/")
            table.setdefault(key, {})[method] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        found, captured = self._find(request.scope["path"].strip("/"))
        if found is None:
            return self._nothing_here(request)
        handler = found.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = sorted({*found, *(["HEAD"] if "GET" in found else [])})
            return JSONResponse({"error": "methodNotAllowed"}, 405, {**_NO_STORE, "Allow": ", ".join(allowed)})
        return await handler(request, captured)

    def _find(self, path: str) -> tuple[_Methods | None, str]:
        """The methods of a path and what it captures; literal segments match without regard to case."""
        whole = self._whole.get(path.lower())
        if whole is not None:
            return whole, ""
        tenant, _, rest = path.partition("/")
        below = self._below_tenant.get(rest.lower())
        if below is not None:
            return below, tenant
        head, _, user = path.rpartition("/")
        return self._above_user.get(head.lower()), user

    def _nothing_here(self, request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return showing.not_found(self._desk, request)
        return JSONResponse({"error": "notFound"}, 404, _NO_STORE)
