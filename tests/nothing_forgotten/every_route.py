"""Calls every route of the Graph door as everybody, and writes down what they hear.

    python -m tests.nothing_forgotten.every_route

writes ``every_route.txt`` anew. Read the difference before committing it: it is a change of rights.

The routes come from the door's own table, so that a new one cannot be forgotten: it has no recipe here, and the test
says so.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.nothing_forgotten.every_route_asked import (
    attempt_on,
    events,
    guest_of_adele,
    managed_by_alex,
    new_guest,
    new_holder,
    new_member,
    with_password,
)
from tests.support import world
from tests.support.graph import EVERYTHING, Caller, graph_door
from tests.support.houses import sqlite_house
from tests.support.provider import ForeignProvider, served_provider
from tests.support.stage import Stage, stage
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.routing import Route
from vestibule.ground.clock import StoppedClock
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import Strength
from vestibule.rules.rights import AS_READING
from vestibule.rules.roles import LEAST_ROLE, ROLES
from vestibule.rules.verbs import Verb
from vestibule.store.audit import AuditEvent
from vestibule.store.memberships import Membership

FILE = Path(__file__).with_name("every_route.txt")
SCOPES = (*EVERYTHING, "User.Read", "Organizations.Leave")
WHO = ("nobody", "guest", "member", "stranger", "idle", "holder", "program")
"""Nobody; a guest signed in by emailed code; a member without a role; another organization's Global Administrator; an
app without permissions; who holds the least role for it (or is the person it is for); an app with every permission."""

HEADING = """Who hears what from the Graph door. Written by `python -m tests.nothing_forgotten.every_route`.
A change here is a change of rights: read it before you commit it.
People have every delegated permission, so that only who they are decides. The last column is the least role for it.
"""


@dataclass(frozen=True)
class Heard:
    """What a caller heard, and which events it left in the logs."""

    status: int
    events: list[AuditEvent]


# --- Who asks -------------------------------------------------------------------------------------------------------


def needed_role(route: Route[Handler]) -> str | None:
    """The template id of the least role for a route; None for what people do for themselves."""
    if route.pattern.startswith("/me"):
        return None
    verb = Verb.READ_USERS if route.verb is None else AS_READING.get(route.verb, route.verb)
    return LEAST_ROLE[verb]


async def _caller(name: str, route: Route[Handler], on: Stage, programs: dict[str, Caller]) -> Caller:
    match name:
        case "nobody":
            return on.graph.nobody
        case "guest":
            return await on.graph.person(await new_guest(on), *SCOPES, strength=Strength.EMAILED_CODE)
        case "member":
            return await on.graph.person(await new_member(on), *SCOPES)
        case "stranger":
            return await on.graph.person(
                await world.again(on.house, on.fabrikam.id, on.fabrikam.administrator.user_id), *SCOPES
            )
        case "holder":
            return await on.graph.person(await _themselves(route, on), *SCOPES)
        case _:
            return programs[name]


_THEMSELVES = {
    "/me/manager": managed_by_alex,
    "/me/invitedBy": guest_of_adele,
    "/me/changePassword": with_password,
}
"""Who has what the route is about."""


async def _themselves(route: Route[Handler], on: Stage) -> Membership:
    role = needed_role(route)
    if role is not None:
        return await new_holder(on, role)
    made = _THEMSELVES.get(route.pattern)
    if made is not None:
        return await made(on)
    return await (new_guest(on) if "/organizations" in route.pattern else new_member(on))


# --- What they hear -------------------------------------------------------------------------------------------------


async def ask_everybody(route: Route[Handler], on: Stage, programs: dict[str, Caller]) -> dict[str, Heard]:
    """What each of ``WHO`` hears from a route."""
    heard = {}
    for name in WHO:
        caller = await _caller(name, route, on, programs)
        on.asking = caller if name in {"holder", "program"} else None
        attempt = await attempt_on(route, on)
        clock = on.house.clock
        assert isinstance(clock, StoppedClock)
        clock.advance(timedelta(milliseconds=1))
        body = {} if attempt.body is None else {"json": attempt.body}
        path = f"/{route.versions[0]}{attempt.path}"
        answer = await caller.ask(route.method, path, headers=attempt.headers, **body)
        heard[name] = Heard(answer.status_code, await events(on, timedelta(0)))
        clock.advance(timedelta(milliseconds=1))
    return heard


async def programs_of(on: Stage) -> dict[str, Caller]:
    """The app without permissions, and the one with all."""
    return {"idle": await on.graph.app(on.contoso), "program": await on.graph.app(on.contoso, *EVERYTHING)}


async def beside(on: Stage, foreign: ForeignProvider) -> Stage:
    """The stage with an identity provider that can be reached from it."""
    on.house.outgoing = Outgoing(allow_loopback=True)
    on.foreign = foreign
    return on


def line(route: Route[Handler], heard: dict[str, Heard]) -> str:
    """A route's line in the file."""
    role = needed_role(route)
    named = "-" if role is None else ROLES[role].name
    statuses = "".join(f"{heard[name].status:<10}" for name in WHO)
    where = route.versions[0] + route.pattern
    return f"{route.method:<7}{where:<78}{'' if len(where) < 78 else '  '}{statuses}{named}"


def as_text(lines: list[str]) -> str:
    """The whole file."""
    head = f"{'':<7}{'':<78}" + "".join(f"{name:<10}" for name in WHO) + "least role"
    return "\n".join([HEADING, head, *lines]) + "\n"


async def _write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            sqlite_house(Path(folder)) as house,
            graph_door(house) as graph,
            served_provider(house.clock) as foreign,
        ):
            on = await beside(await stage(graph), foreign)
            programs = await programs_of(on)
            lines = [line(route, await ask_everybody(route, on, programs)) for route in TABLE]
    FILE.write_text(as_text(lines), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
