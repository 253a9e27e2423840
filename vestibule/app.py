"""Where everything meets: the house gets its doors, the doors one front, which is the ASGI application.

Nothing imports this module but what serves.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestibule.actions.house import House, Injected
from vestibule.doors import emulator, oidc, signals
from vestibule.doors.graph.app import graph_app
from vestibule.doors.portal.admin.running_jobs import RunningJobs
from vestibule.doors.portal.desk import open_desk
from vestibule.doors.portal.routes import routes_at
from vestibule.doors.scim import openapi
from vestibule.doors.scim.app import scim_app
from vestibule.doors.web import accent, logo
from vestibule.doors.web.headers import over_https_only
from vestibule.doors.web.static_files import StaticFiles
from vestibule.hosts import says_its_host
from vestibule.metering import Meter
from vestibule.program import Program
from vestibule.proxies import Proxies
from vestibule.store import deployments
from vestibule.store.unit import Unavailable

log = structlog.get_logger(__name__)

SEEN_WITHIN_S: Final = 60
_NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def front(program: Program, *, reset: Callable[[], Awaitable[None]], plain_port: int | None = None) -> ASGIApp:
    """The application: every door behind one front.

    Args:
        program: the parts.
        reset: brings an emulator database back to its seeded state.
        plain_port: the port of the second, plain http listener on loopback (emulator only).
    """
    static = _static(program)
    house = program.house
    desk = oidc.Desk(house, program.ring, program.passwords, static, program.settings.operated_by)
    origins = {house.public_url}
    if plain_port is not None:
        origins |= {f"http://{name}:{plain_port}" for name in ("localhost", "127.0.0.1", "[::1]")}
    portal = open_desk(
        house,
        program.ring,
        program.passwords,
        static=static,
        origins=origins,
        operator=program.settings.operated_by,
    )
    program.worker.jobs = RunningJobs(portal).run_waiting
    pages: list[BaseRoute] = routes_at(portal)
    worker = program.worker
    pages += emulator.routes(house, emulator.Hooks(worker.tick, worker.deliver, reset, worker.resume))
    found = Front(
        house=house,
        holding=program.opened.store.holding,
        pages=Router(pages, redirect_slashes=False),
        graph=graph_app(
            house,
            program.ring,
            program.passwords,
            limit=program.settings.most_units,
            also=openapi.described(),
        ),
        scim=scim_app(house, program.ring),
        protocol=oidc.Protocol(desk),
        signals=signals.Signals(house, program.ring),
        proxies=Proxies(program.settings.trusted_proxies),
        health=Health(program),
        meter=Meter(house) if program.settings.metrics else None,
    )
    return over_https_only(found, house.public_url)


def _static(program: Program) -> StaticFiles:
    """The static files, with the operator's own colour and picture; a colour that cannot be read is told in the log."""
    shades = accent.accent(program.settings.accent)
    for weak in shades.refused:
        log.warning("accent_too_weak", theme=weak.theme, front=weak.front, ground=weak.ground, contrast=weak.contrast)
    return StaticFiles(accent=shades, logo=logo.read(program.settings.logo))


@dataclass(slots=True)
class Health:
    """Alive, and ready: database reachable, migrated, worker seen."""

    program: Program

    async def healthz(self) -> Response:
        """The process answers."""
        return PlainTextResponse("alive\n", headers=_NO_STORE)

    async def readyz(self) -> Response:
        """Everything that is needed is there; what is missing is named."""
        problems: list[str] = []
        try:
            found = await deployments.find(await self.program.house.store.read())
            seen = None if found is None else found.worker_seen
            now = self.program.house.clock.now()
            if seen is None or (now - seen).total_seconds() > SEEN_WITHIN_S:
                problems.append("the worker was not seen for a minute")
        except Unavailable as away:
            problems.append(str(away))
        body = {"ready": not problems, "problems": problems}
        return JSONResponse(body, 503 if problems else 200, _NO_STORE)


@dataclass(slots=True)
class Front:
    """Finds the door of a request by the first segment of its path, and answers for doors that failed.

    Attributes:
        holding: lets everything that one request asks of the database go over one connection.
        pages: My Account, sign-in and the emulator. graph: /v1.0 and /beta. scim: /scim. protocol: OpenID Connect.
        signals: Shared Signals.
        meter: counts what is asked; None where nobody wants figures.
    """

    house: House
    holding: Callable[[], AbstractAsyncContextManager[Callable[[], Awaitable[None]]]]
    pages: Router
    graph: ASGIApp
    scim: ASGIApp
    protocol: ASGIApp
    signals: ASGIApp
    proxies: Proxies
    health: Health
    meter: Meter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if not says_its_host(scope):
            await _no_host()(scope, receive, send)
            return
        scope["request_id"] = self.house.chance.guid()
        self.proxies.apply(scope)
        try:
            await self._serve(scope, receive, send)
        except Unavailable as away:
            await _unavailable(away)(scope, receive, send)
        except Exception:
            log.exception("request_failed", request_id=scope["request_id"])
            await _failed(scope["request_id"])(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = scope["path"].split("/", 2)[1].lower() if "/" in scope["path"] else ""
        if self.meter is not None:
            send = self.meter.counted(_door(first), scope["method"], send)
        match first:
            case "metrics" if self.meter is not None and scope["path"].lower() == "/metrics":
                await (await self.meter.answer())(scope, receive, send)
            case "v1.0" | "beta" | "openapi.json":
                await self._serve_api(self.graph, scope, receive, send)
            case "scim":
                await self._serve_api(self.scim, scope, receive, send)
            case "healthz" | "readyz":
                answer = self.health.healthz() if first == "healthz" else self.health.readyz()
                await (await answer)(scope, receive, send)
            case "":
                await _to_my_account(scope)(scope, receive, send)
            case _ if signals.serves(scope["path"]):
                await self.signals(scope, receive, send)
            case _ if first in PAGES:
                scope = {**scope, "path": _lowered(scope["path"])}
                await self.pages(scope, receive, send)
            case _:
                await self.protocol(scope, receive, send)

    async def _serve_api(self, door: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.holding() as give_back:

            async def received() -> Message:
                await give_back()  # a client that sends or reads slowly holds up nobody else
                return await receive()

            async def sent(message: Message) -> None:
                await give_back()
                await send(message)

            await door(scope, received, sent)


PAGES: Final = frozenset(
    {
        "myaccount", "admin", "signin", "signout", "signed-out", "switch", "invitations", "unsubscribe", "static",
        "emulator", "gallery", "help", "privacy", "access-review-history", "verify", ".well-known",
        "data-request",
    }
)  # fmt: skip


def _door(first: str) -> str:
    """The door of a path's first segment, as figures name it."""
    match first:
        case "v1.0" | "beta" | "openapi.json":
            return "graph"
        case "healthz" | "readyz" | "metrics":
            return "operations"
        case "emulator" | "static" | "scim":
            return first
        case _:
            return "pages" if first in PAGES or not first else "protocol"


def _lowered(path: str) -> str:
    """Literal segments of pages are lower case; a ticket in the path stays as it was sent."""
    parts = path.split("/")
    return "/".join([parts[0], parts[1].lower(), *parts[2:]])


def _to_my_account(scope: Scope) -> Response:
    query = scope.get("query_string", b"").decode("latin-1")
    return RedirectResponse(f"/myaccount/{'?' + query if query else ''}", 303)


def _unavailable(away: Unavailable) -> Response:
    status = away.answer if isinstance(away, Injected) else 503
    body: dict[str, Any] = {"error": "temporarilyUnavailable", "message": "Nothing was changed. Try again shortly."}
    return JSONResponse(body, status, {**_NO_STORE, "Retry-After": "1"})


def _no_host() -> Response:
    return PlainTextResponse("The request has to name one host, in one Host header.\n", 400, _NO_STORE)


def _failed(request_id: str) -> Response:
    body = {"error": "internal", "message": f"Something went wrong. Reference: {request_id}"}
    return JSONResponse(body, 500, _NO_STORE)
