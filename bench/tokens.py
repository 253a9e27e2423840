"""Access tokens of people, signed with the deployment's own key as the token endpoint signs them.

Signing fifty thousand people in by their browsers would take longer than all cases together. The claims are those of
``vestibule.actions.granting``; were one missing or another, the door would refuse the token and the run would fail.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bench.people import Cast, Place, id_of
from vestibule.actions import access
from vestibule.actions.access import issuer
from vestibule.actions.key_ring import ES256
from vestibule.ground import signing
from vestibule.program import Program
from vestibule.rules.actors import Strength
from vestibule.rules.grants import GRAPH_HOST
from vestibule.store.apps import App
from vestibule.store.tokens import Family, insert_family
from vestibule.store.unit import Unit


async def of_people(program: Program, cast: Cast, numbers: Iterable[int]) -> list[str]:
    """A token of their home organization for each of these people, with Organizations.Leave."""
    key = await program.ring.signer(ES256)
    now = program.house.clock.now()
    return [signing.sign(key, _of_person(program, cast, number, now), access.TYPE) for number in numbers]


async def of_administrator(program: Program, cast: Cast) -> str:
    """A token of host's Global Administrator that reads users, in a family of its own."""
    key = await program.ring.signer(ES256)
    admin, now = cast.host.administrator, program.house.clock.now()
    family = Family(admin.tenant_id, program.house.chance.guid(), admin.user_id, None, now + timedelta(days=1))

    async def work(unit: Unit) -> None:
        insert_family(unit, family)

    await program.house.store.change(work)
    claims = _common(program, cast, cast.host, cast.admin_app.app, now) | {
        "oid": admin.user_id,
        "scp": "User.Read.All User.Read User.DeleteRestore.All",
        access.PERSON: admin.person_id,
        access.FAMILY: family.family_id,
    }
    return signing.sign(key, claims, access.TYPE)


def _of_person(program: Program, cast: Cast, number: int, now: datetime) -> dict[str, Any]:
    return _common(program, cast, cast.home, cast.companion.app, now) | {
        "oid": id_of("member", number),
        "name": f"Person {number}",
        "upn": f"person{number}@{cast.home.domain}",
        "scp": "User.Read Organizations.Leave",
        access.PERSON: id_of("person", number),
        access.FAMILY: id_of("family", number),
    }


def _common(program: Program, cast: Cast, place: Place, app: App, now: datetime) -> dict[str, Any]:
    seconds = int(now.timestamp())
    return {
        "aud": GRAPH_HOST,
        "iss": issuer(program.house, place.tenant_id),
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + int(access.ACCESS_LIFE.total_seconds()),
        "tid": place.tenant_id,
        "appid": app.client_id,
        "azp": app.client_id,
        "app_displayname": app.display_name,
        "ver": "1.0",
        "uti": program.house.chance.token(12),
        "idtyp": "user",
        "sub": program.house.chance.token(),
        "wids": [],
        "acct": 0,
        "amr": ["pwd"],
        "acr": "1",
        "auth_time": seconds,
        "appidacr": "0",
        access.OFFSET: 0,
        access.GENERATION: cast.generation,
        access.EPOCH: 1,
        access.HOME_EPOCH: 1,
        access.STRENGTH: Strength.PASSWORD.value,
    }
