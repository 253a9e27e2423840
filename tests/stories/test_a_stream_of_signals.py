"""An app finds the transmitter, gets a token, sets up its stream and hears of a life until its end, by HTTP alone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support import world
from tests.support.demo import opened_demo
from tests.support.signals import DISABLED, PERMISSION, PURGED, REVOKED
from vestibule.actions import app_roles, due, leaving, streams
from vestibule.actions.apps import create_app
from vestibule.actions.streams import Wish
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Whom
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.store import memberships


async def test_an_app_hears_of_a_guest_until_their_data_are_gone(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        house, fabrikam = demo.program.house, demo.tenant("fabrikam")["id"]
        made = await create_app(house, NewApp("Travel"), tenant_id=fabrikam, by=operator())
        assert made.secret is not None
        secret = made.secret.text
        of: dict[str, Any] = {"tenant_id": fabrikam, "app_id": made.app.app_id, "by": operator()}
        await app_roles.set_permissions(house, application_permissions=[PERMISSION], **of)
        transport = httpx.ASGITransport(app=demo.front())
        async with httpx.AsyncClient(transport=transport, base_url=house.public_url) as http:
            described = (await http.get(f"/.well-known/ssf-configuration/{fabrikam}/v2.0")).json()
            openid = (await http.get(f"{described['issuer']}/.well-known/openid-configuration")).json()

            async def token() -> dict[str, str]:
                form = {
                    "grant_type": "client_credentials",
                    "client_id": made.app.client_id,
                    "client_secret": secret,
                    "scope": f"{house.public_url}/.default",
                }
                given = await http.post(openid["token_endpoint"], data=form)
                assert given.status_code == 200, given.text
                return {"Authorization": f"Bearer {given.json()['access_token']}"}

            where = described["configuration_endpoint"]
            stream = (await http.post(where, json={}, headers=await token())).json()
            wish = Wish(told_of=Whom.EVERYONE, required=True)
            await streams.change_stream(house, wish, whole=False, **of)
            keys = KeySet.import_key_set((await http.get(described["jwks_uri"])).json())

            async def heard() -> list[str]:
                """Poll, check, and acknowledge."""
                headers, to = await token(), stream["delivery"]["endpoint_url"]
                found = (await http.post(to, json={"returnImmediately": True}, headers=headers)).json()["sets"]
                claims = [jwt.decode(one, keys, algorithms=["RS256"]).claims for one in found.values()]
                assert {one["iss"] for one in claims} <= {described["issuer"]}
                await http.post(to, json={"ack": list(found), "maxEvents": 0}, headers=headers)
                return [event for one in claims for event in one["events"]]

            person = next(one for one in demo.known["people"] if one["name"] == "Adele Vance")
            user_id = next(one["userId"] for one in person["memberships"] if one["tenant"] == "fabrikam")
            guest = await world.again(house, fabrikam, user_id)
            await leaving.leave(house, tenant_id=fabrikam, by=world.at_portal(guest), key="k")
            assert await heard() == [REVOKED, DISABLED]
            assert await heard() == []
            demo.clock.advance(timedelta(days=31))
            await due.run_due(house)
            gone = await memberships.find(await house.store.read(), fabrikam, user_id)
            assert gone is not None
            assert isinstance(gone.stage, Purged)
            assert {REVOKED, PURGED} <= set(await heard())
            await due.run_due(house)
            assert isinstance((await world.again(house, fabrikam, user_id)).stage, Erased)
