"""Who sends requests in a round: an empty database is settled, and everybody has a token while they may have one."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from soak.fuzzing.asking import Line, Within
from soak.fuzzing.known import Known
from tests.support import stage, world
from tests.support.graph import EVERYTHING, Graph
from tests.support.stage import Stage
from vestibule import seeded
from vestibule.actions import apps
from vestibule.app import front
from vestibule.ground.outgoing import Outgoing
from vestibule.program import Program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Refused
from vestibule.store.memberships import Membership

NEVER = "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJhdWQiOiJ4In0.AAAA"
"""A token that never was one."""


async def nowhere(_host: str, _port: int) -> list[str]:
    """No name leads anywhere: what is made up here must not reach another machine."""
    raise OSError("no such name")


@dataclass(slots=True)
class Crowd:
    """Everybody.

    Attributes:
        program: the house. app: its doors. place: who and what is there. known: what they know of it.
        line: how they send. tokens: by caller.
    """

    program: Program
    app: Any
    place: Stage
    known: Known
    line: Line
    tokens: dict[str, str | None] = field(default_factory=dict)

    async def token(self, who: str) -> str | None:
        """The caller's bearer token; None for nobody, or for whoever can have none any more."""
        if who == "stranger":
            return NEVER
        if who not in self.tokens:
            self.tokens[who] = await self._signed_in(who) or await self._signed_in(await self._replaced(who))
        return self.tokens[who]

    async def _signed_in(self, who: str) -> str | None:
        try:
            return (await self.place.caller(who)).token
        except Refused:
            return None

    async def _replaced(self, who: str) -> str:
        """Somebody else in the place of a person who left, was deleted or disabled."""
        place, number = self.place, len(self.known.names)
        match who:
            case "sam":
                place.sam = await world.guest(place.contoso, f"sam{number}@elsewhere.example", "Sam Rivers")
                self._know("user", place.sam)
            case "adele" | "visitor":
                place.adele = await world.member(place.contoso, f"Adele{number} Vance")
                self._know("user", place.adele)
                if who == "visitor":
                    place.visitor = await world.visitor(place.fabrikam, place.adele)
            case _:
                pass
        return who

    def _know(self, kind: str, who: Membership) -> None:
        self.known.ids[kind].append(who.user_id)
        self.known.names.append(who.user_principal_name)


async def gather(program: Program) -> Crowd:
    """Settle an empty house of a program.

    Its requests go nowhere from here on.
    """
    house = program.house
    house.outgoing = Outgoing(resolve=nowhere)
    app = front(program, reset=lambda: seeded.reset(program))
    place = await stage.stage(Graph(house, program.ring, httpx.AsyncClient()))
    await place.graph.http.aclose()
    return Crowd(program, app, place, await _known(place), Within(app))


async def _known(place: Stage) -> Known:
    confidential = NewApp(
        "Machine",
        redirect_uris=("http://localhost:5000/cb",),
        application_permissions=EVERYTHING,
        delegated_permissions=("User.Read", "openid"),
    )
    public = NewApp(
        "Handheld", redirect_uris=("http://localhost",), public=True, device_code=True, password_grant=True,
        delegated_permissions=("User.Read", "openid", "offline_access"),
    )  # fmt: skip
    made = [
        await apps.create_app(
            place.house,
            new,
            tenant_id=place.contoso.id,
            by=operator(),
            grant_admin_consent=True,
            with_secret=has_secret,
        )
        for new, has_secret in ((confidential, True), (public, False))
    ]
    assert made[0].secret is not None
    users = [place.adele, place.alex, place.sam, place.contoso.administrator]
    return Known(
        tenants=[place.contoso.id, place.contoso.id, place.fabrikam.id, place.contoso.domain],
        domains=[place.contoso.domain, place.fabrikam.domain],
        clients=[(made[0].app.client_id, made[0].secret.text)],
        public=[made[1].app.client_id, place.travel.client_id],
        ids=_ids(place),
        names=[who.user_principal_name for who in users] + ["sam@elsewhere.example", "nobody@contoso.example"],
    )


def _ids(place: Stage) -> dict[str, list[str]]:
    users = [place.adele.user_id, place.alex.user_id, place.sam.user_id, place.contoso.administrator.user_id]
    groups = [place.readers.group_id, place.hidden.group_id]
    return {
        "user": [*users, place.sam.user_id, place.adele.user_principal_name],
        "member": users,
        "sponsor": users,
        "owner": users,
        "group": groups,
        "object": [*users, *groups, place.travel.app_id, place.travel.service_principal_id],
        "organization": [place.contoso.id, place.fabrikam.id],
        "tenant": [place.contoso.id, place.fabrikam.id],
        "partner": [place.fabrikam.id],
        "domain": [place.contoso.domain, place.fabrikam.domain],
        "app": [place.travel.app_id],
        "client": [place.travel.client_id],
        "principal": [place.travel.service_principal_id],
        "role": ["95e79109-95c0-4d8e-aee3-d01accf2d47b", "62e90394-69f5-4237-9190-012177145e10"],
    }
