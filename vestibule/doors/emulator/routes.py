"""The emulator's addresses: clock, tick, fault, mail, reset."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vestibule.actions import due, emulating
from vestibule.actions.due import Done
from vestibule.actions.house import House
from vestibule.doors.emulator.mail import newest
from vestibule.ground import strict_json
from vestibule.ground.clock import iso, parse_iso
from vestibule.ground.durations import BadDuration, parse_duration
from vestibule.rules.refusals import Reason, Refused

LARGEST_BODY: Final = 16 * 1024
POINTS: Final = frozenset({"audit", "commit", "send"})
ANSWERS: Final = frozenset({503, 429})


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the emulator door asks of whoever put the program together.

    Attributes:
        tick: one round of due work and letters, after what is given to it to do first, with nothing between.
        deliver: every letter that waits. reset: back to the seeded state. resume: due work goes on by itself, but
            a tick that follows at once does what is due, and tells of it.
    """

    tick: Callable[[Callable[[], Awaitable[None]] | None], Awaitable[list[Done]]]
    deliver: Callable[[], Awaitable[None]]
    reset: Callable[[], Awaitable[None]]
    resume: Callable[[], None]


class _BadRequest(Exception):
    """The body or a parameter cannot be used; the text says what would do."""


def routes(house: House, hooks: Hooks) -> list[BaseRoute]:
    """The routes of this door; the same on every database, and silent on all but a stamped one."""
    door = _Door(house, hooks)
    paths: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("/emulator/clock", "GET", door.show_clock),
        ("/emulator/clock", "POST", door.push_clock),
        ("/emulator/tick", "POST", door.tick),
        ("/emulator/fault", "POST", door.arm_fault),
        ("/emulator/mail", "GET", door.mail),
        ("/emulator/reset", "POST", door.reset),
    ]
    return [Route(path, door.guarded(handler), methods=[method]) for path, method, handler in paths]


@dataclass(frozen=True, slots=True)
class _Door:
    house: House
    hooks: Hooks

    def guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A handler that exists only on a stamped database and answers bad input in words."""

        async def guard(request: Request) -> Response:
            if not self.house.emulator:
                return _answer({"error": "not found"}, 404)
            try:
                return await handler(request)
            except _BadRequest as bad:
                return _answer({"error": "badRequest", "message": str(bad)}, 400)
            except Refused as refused:
                return _answer({"error": refused.reason.value, "message": str(refused)}, 400)

        return guard

    async def show_clock(self, _request: Request) -> Response:
        return _answer(await self._clock())

    async def push_clock(self, request: Request) -> Response:
        body = await _body(request)
        words = body.keys() & {"advance", "set", "worker"}
        if len(words) != 1 or body.keys() - words:
            raise _BadRequest('say exactly one of {"advance": "P30D"}, {"set": "<time>"}, {"worker": "off" or "on"}')
        if "worker" in body:
            if body["worker"] not in {"on", "off"}:
                raise _BadRequest('worker is "on" or "off"')
            self.hooks.resume()
            await emulating.switch_worker(self.house, on=body["worker"] == "on")
            return _answer(await self._clock())
        done = await self.hooks.tick(partial(self._push, body))
        return _answer(await self._clock() | {"done": [one.as_json() for one in done]})

    async def _push(self, body: dict[str, Any]) -> None:
        word = body.get("advance", body.get("set"))
        if not isinstance(word, str):
            raise _BadRequest("give the value as text")
        try:
            if "advance" in body:
                await emulating.advance(self.house, parse_duration(word))
            else:
                await emulating.set_to(self.house, parse_iso(word))
        except (BadDuration, ValueError) as bad:
            raise _BadRequest(str(bad)) from bad
        except Refused as refused:
            if refused.reason is not Reason.BAD_VALUE:
                raise
            raise _BadRequest("the clock only moves forward, and not beyond the year 9000") from refused

    async def tick(self, _request: Request) -> Response:
        done = await self.hooks.tick(None)
        return _answer(await self._clock() | {"done": [one.as_json() for one in done]})

    async def arm_fault(self, request: Request) -> Response:
        body = await _body(request)
        at, nth, answer = body.get("at"), body.get("nth", 1), body.get("answer", 503)
        if at not in POINTS:
            raise _BadRequest("at is audit, commit or send")
        if not isinstance(nth, int) or isinstance(nth, bool) or not 1 <= nth <= 1_000_000:
            raise _BadRequest("nth is a number from 1")
        if answer not in ANSWERS or isinstance(answer, bool):
            raise _BadRequest("answer is 503 or 429")
        self.house.faults.arm(str(at), nth, int(answer))
        return _answer({"at": at, "nth": nth, "answer": answer})

    async def mail(self, request: Request) -> Response:
        await self.hooks.deliver()
        return _answer(await newest(self.house, request.query_params.get("to")))

    async def reset(self, _request: Request) -> Response:
        await self.hooks.reset()
        return _answer(await self._clock())

    async def _clock(self) -> dict[str, Any]:
        moment = await self.house.store.moment()
        upcoming = await due.upcoming(self.house)
        seconds = moment.offset.total_seconds()
        return {
            "now": iso(moment.now),
            "offset": f"PT{seconds:.6f}".rstrip("0").rstrip(".") + "S",
            "next": [one.as_json() for one in upcoming],
        }


async def _body(request: Request) -> dict[str, Any]:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_BODY:
            raise _BadRequest("the body is too large")
    try:
        body = strict_json.decode(raw)
    except strict_json.BadJson as bad:
        raise _BadRequest(str(bad)) from bad
    if not isinstance(body, dict):
        raise _BadRequest("send a JSON object")
    return body


def _answer(content: Any, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content),
        status,
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        "application/json",
    )
