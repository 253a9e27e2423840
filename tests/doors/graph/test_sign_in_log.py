"""What a row of the sign-in log says of device, kind and time, and what it can be searched by, on both databases."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import world
from tests.support.countries import write_countries
from tests.support.graph import Caller, Graph
from tests.support.world import Place
from vestibule.actions import apps, erasing, granting, housekeeping, removing, sign_in_log, signing_in
from vestibule.actions.house import House
from vestibule.actions.minting import Grant
from vestibule.ground.clock import StoppedClock
from vestibule.ground.countries import Countries
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.sign_ins import Whence
from vestibule.store import people, sign_ins
from vestibule.store.apps import App
from vestibule.store.memberships import Membership

V1, BETA = "/v1.0/auditLogs/signIns", "/beta/auditLogs/signIns"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70"
HOME, AWAY = Whence("192.0.2.44", FIREFOX), Whence("2001:db8::7", EDGE)
CALLBACK = "http://localhost:5000/cb"
KINDS = ("interactiveUser", "nonInteractiveUser", "servicePrincipal")


@dataclass
class Sam:
    """A guest of Contoso with an app."""

    graph: Graph
    house: House
    member: Membership
    app: App

    async def signs_in(self, whence: Whence = HOME) -> None:
        """In a browser."""
        opened = await signing_in.open_session(self.house, self.member.person_id or "", Strength.EMAILED_CODE)
        await signing_in.open_organization(self.house, opened.signed_in, self.member.tenant_id, network=whence)

    async def code(self, whence: Whence = HOME) -> str:
        """The app gets a code for somebody who is signed in."""
        grant = Grant(
            scope="User.Read offline_access",
            permissions=("User.Read",),
            nonce=None,
            auth_time=self.house.clock.now(),
            strength=Strength.EMAILED_CODE,
            redirect_uri=CALLBACK,
        )
        return await granting.make_code(self.house, self.app, self.member, grant, network=whence)

    async def refreshes(self, whence: Whence = HOME) -> None:
        """The app uses a refresh token."""
        here = self.member.tenant_id
        given = await granting.exchange_code(
            self.house,
            self.graph.ring,
            self.app,
            tenant_id=here,
            code=await self.code(whence),
            redirect_uri=CALLBACK,
            verifier=None,
        )
        token = given.refresh_token or ""
        await granting.refresh(
            self.house, self.graph.ring, self.app, tenant_id=here, token=token, scope=None, network=whence
        )

    async def is_turned_away(self, reason: Reason, whence: Whence = HOME, **facts: str) -> None:
        """The organization does not let them in."""
        person = await people.find(await self.house.store.read(), self.member.person_id or "")
        assert person is not None
        refused = Refused(reason, **facts)
        await sign_in_log.turned_away(self.house, person, self.member.tenant_id, refused, network=whence)

    def push(self, step: timedelta) -> None:
        """Time goes on."""
        assert isinstance(self.house.clock, StoppedClock)
        self.house.clock.advance(step)


@pytest.fixture
async def sam(graph: Graph, house: House, contoso: Place) -> Sam:
    member = await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    new = NewApp(
        "Sam's tool", public=True, redirect_uris=(CALLBACK,), delegated_permissions=("User.Read", "offline_access")
    )
    made = await apps.create_app(house, new, tenant_id=contoso.id, by=operator(), grant_admin_consent=True)
    return Sam(graph, house, await world.again(house, contoso.id, member.user_id), made.app)


async def rows(caller: Caller, wanted: str = "", at: str = V1) -> list[dict[str, Any]]:
    answer = await caller.get(f"{at}?$filter={quote(wanted)}" if wanted else at)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


async def test_device_and_address_of_a_sign_in(admin: Caller, sam: Sam) -> None:
    await sam.signs_in(AWAY)
    [row] = await rows(admin)
    assert (row["ipAddress"], row["userAgent"], row["clientAppUsed"]) == ("2001:db8::7", EDGE, "Browser")
    assert row["deviceDetail"] == {
        "deviceId": None,
        "displayName": None,
        "operatingSystem": "Windows 10",
        "browser": "Edge 131.0.2903.70",
        "isCompliant": None,
        "isManaged": None,
        "trustType": None,
    }
    assert row["location"] == {"city": None, "state": None, "countryOrRegion": None}
    assert (row["isInteractive"], row["servicePrincipalId"], row["riskEventTypes_v2"]) == (True, None, [])
    [more] = await rows(admin, at=BETA)
    assert more["signInEventTypes"] == ["interactiveUser"]
    assert more["authenticationDetails"][0]["authenticationMethod"] == "Email one-time passcode"
    assert (more["crossTenantAccessType"], more["userType"]) == ("b2bCollaboration", "guest")


async def test_where_it_came_from_is_in_no_column_in_clear_and_in_no_audit_event(
    admin: Caller, contoso: Place, sam: Sam
) -> None:
    await sam.signs_in()
    [shown] = await rows(admin)
    reading = await sam.house.store.read()
    kept = await sign_ins.find(reading, contoso.id, shown["id"], since=shown_from(sam))
    assert kept is not None
    assert "192.0.2.44" not in repr(kept)
    assert "Gecko" not in repr(kept)
    assert len(kept.row.network_marks) == len("192.0.2.44") + 1
    told = [event for event in await world.events(contoso) if event.type == "signIn"]
    assert told
    assert "192.0.2.44" not in repr(told)


def shown_from(sam: Sam) -> Any:
    return sam.house.clock.now() - timedelta(days=30)


async def test_kinds(admin: Caller, graph: Graph, contoso: Place, sam: Sam) -> None:
    await sam.signs_in()
    await sam.refreshes(AWAY)
    program = await graph.app(contoso, "User.Read.All")
    each = " or ".join(f"t eq '{kind}'" for kind in KINDS)
    everything = await rows(admin, f"signInEventTypes/any(t:{each})", at=BETA)
    mine = [row for row in everything if row["appDisplayName"] in {"My Account", "Sam's tool", "A program"}]
    kinds = {row["appDisplayName"]: row["signInEventTypes"] for row in mine}
    assert kinds["Sam's tool"] == ["nonInteractiveUser"]
    assert kinds["A program"] == ["servicePrincipal"]
    assert kinds["My Account"] == ["interactiveUser"]
    assert [row["appDisplayName"] for row in await rows(admin)] == ["My Account"], "only these without being asked"
    for kind in KINDS:
        found = await rows(admin, f"signInEventTypes/any(t:t eq '{kind}')", at=BETA)
        assert {row["signInEventTypes"][0] for row in found} == {kind}
        assert {row["isInteractive"] for row in found} == {kind == "interactiveUser"}
    quiet = await rows(
        admin, f"signInEventTypes/any(t:t eq 'nonInteractiveUser') and userId eq '{sam.member.user_id}'", at=BETA
    )
    assert len(quiet) == 2, "the code that the session gave, and the refresh"
    assert {(row["resourceDisplayName"], row["resourceId"]) for row in quiet} == {
        ("Microsoft Graph", "00000003-0000-0000-c000-000000000000")
    }
    assert {row["clientAppUsed"] for row in quiet} == {"Mobile Apps and Desktop clients"}
    [own] = await rows(admin, f"isInteractive eq false and appId eq '{program.client_id}'")
    assert (own["userId"], own["servicePrincipalName"]) == (None, "A program")
    assert own["servicePrincipalId"]


async def test_a_program_is_written_down_once_an_hour_from_each_address(
    admin: Caller, graph: Graph, contoso: Place, sam: Sam
) -> None:
    new = NewApp("Robot", application_permissions=("User.Read.All",))
    made = await apps.create_app(sam.house, new, tenant_id=contoso.id, by=operator(), grant_admin_consent=True)
    scope = "https://graph.microsoft.com/.default"

    async def count() -> int:
        caller = await graph.person(contoso.administrator, "AuditLog.Read.All")
        return len(await rows(caller, f"isInteractive eq false and appId eq '{made.app.client_id}'"))

    for _ in range(5):
        await granting.for_app(sam.house, graph.ring, made.app, scope=scope, network=HOME)
    assert await count() == 1
    await granting.for_app(sam.house, graph.ring, made.app, scope=scope, network=AWAY)
    assert await count() == 2
    sam.push(timedelta(hours=1))
    await granting.for_app(sam.house, graph.ring, made.app, scope=scope, network=HOME)
    assert await count() == 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("ipAddress eq '192.0.2.44'", 2),
        ("ipAddress eq '192.0.2.4'", 0),
        ("startswith(ipAddress,'192.0.2.4')", 2),
        ("startswith(ipAddress,'2001:DB8')", 1),
        ("startswith(ipAddress,'10.')", 0),
        ("ipAddress in ('2001:db8::7','192.0.2.44')", 3),
        ("deviceDetail/browser eq 'Firefox 128.0'", 2),
        ("startswith(deviceDetail/browser,'Edge')", 1),
        ("startswith(deviceDetail/operatingSystem,'windows')", 1),
        ("location/countryOrRegion eq 'NL'", 0),
        ("conditionalAccessStatus eq 'notApplied'", 4),
        ("riskState eq 'none' and status/errorCode eq 50105", 1),
        ("userDisplayName eq 'sam rivers'", 3),
        ("startswith(userPrincipalName,'sam')", 3),
        ("status/errorCode eq 0", 2),
        ("status/errorCode eq 50034", 1),
        ("clientAppUsed eq 'Browser'", 4),
        ("createdDateTime ge 2026-03-02T09:30:30Z", 2),
        ("createdDateTime ge 2026-03-02T09:30:30Z and deviceDetail/browser eq 'Firefox 128.0'", 1),
    ],
)
async def test_what_can_be_searched_for(admin: Caller, contoso: Place, sam: Sam, wanted: str, found: int) -> None:
    await sam.signs_in(HOME)
    await sam.signs_in(AWAY)
    sam.push(timedelta(minutes=1))
    await sam.is_turned_away(Reason.NOT_ALLOWED, why="assignment")

    async def stranger(unit: Any) -> None:
        await sign_in_log.write_unknown(sam.house, unit, contoso.id)

    await sam.house.change(stranger)
    assert len(await rows(admin)) == 4
    assert len(await rows(admin, wanted)) == found


async def test_more_that_only_the_newer_version_has(admin: Caller, sam: Sam) -> None:
    await sam.signs_in()
    for wanted, found in (
        ("crossTenantAccessType eq 'b2bCollaboration'", 1),
        ("crossTenantAccessType eq 'none'", 0),
        ("userType eq 'guest'", 1),
        ("authenticationRequirement eq 'singleFactorAuthentication'", 1),
        ("signInEventTypes/any(t:t eq 'servicePrincipal' or t eq 'interactiveUser')", 1),
    ):
        assert len([row for row in await rows(admin, wanted, at=BETA) if row["userId"]]) == found, wanted
    assert (await admin.get(f"{V1}?$filter=signInEventTypes/any(t:t eq 'x')")).status_code == 400


async def test_rows_are_shown_for_thirty_days_whatever_the_worker_does(graph: Graph, contoso: Place, sam: Sam) -> None:
    async def shown() -> list[dict[str, Any]]:
        return await rows(await graph.person(contoso.administrator, "AuditLog.Read.All"))

    await sam.signs_in()
    sam.push(timedelta(days=30) - timedelta(seconds=1))
    [row] = await shown()
    sam.push(timedelta(seconds=1))
    assert await shown() == []
    caller = await graph.person(contoso.administrator, "AuditLog.Read.All")
    assert (await caller.get(f"{V1}/{row['id']}")).status_code == 404
    assert (await caller.get(f"{V1}?$filter=id eq '{row['id']}'")).json()["value"] == []
    reading = await sam.house.store.read()
    since = sam.house.clock.now() - timedelta(days=60)
    assert await sign_ins.find(reading, contoso.id, row["id"], since=since) is not None, "nobody has swept yet"
    await housekeeping.sweep(sam.house)
    reading = await sam.house.store.read()
    assert await sign_ins.find(reading, contoso.id, row["id"], since=since) is None


async def test_pages_in_both_directions(admin: Caller, sam: Sam) -> None:
    for _ in range(5):
        await sam.signs_in()
        sam.push(timedelta(seconds=1))
    whole = [row["id"] for row in await rows(admin)]
    for order, wanted in (("desc", whole), ("asc", whole[::-1])):
        seen: list[str] = []
        link = f"{V1}?$top=2&$orderby=createdDateTime%20{order}"
        while link:
            answer = (await admin.get(link)).json()
            seen += [row["id"] for row in answer["value"]]
            link = answer.get("@odata.nextLink", "").partition("vestibule.example")[2]
        assert seen == wanted


async def test_an_organization_sees_its_own_log_alone(graph: Graph, house: House, sam: Sam) -> None:
    await sam.signs_in()
    fabrikam = await world.organization(house, "Fabrikam")
    there = await graph.person(fabrikam.administrator, "AuditLog.Read.All")
    assert await rows(there) == []
    assert await rows(there, f"userId eq '{sam.member.user_id}'") == []


async def test_the_country_of_an_address_where_the_operators_file_knows_it(admin: Caller, sam: Sam, tmp_path: Path):
    await sam.signs_in()
    sam.house.countries = Countries(write_countries(tmp_path / "countries.mmdb", {"192.0.2.0/24": {"country": "NL"}}))
    for whence in (AWAY, HOME):
        await sam.signs_in(whence)
    known = [one["location"] for one in await rows(admin) if one["location"]["countryOrRegion"]]
    assert known == [{"city": None, "state": None, "countryOrRegion": "NL"}], "what was written before stays unknown"
    [found] = await rows(admin, "location/countryOrRegion eq 'nl'")
    assert found["ipAddress"] == "192.0.2.44"
    here = sam.member.tenant_id
    await removing.remove(sam.house, tenant_id=here, user_id=sam.member.user_id, by=operator())
    await erasing.purge(sam.house, tenant_id=here, user_id=sam.member.user_id, by=operator())
    assert await erasing.erase(sam.house, tenant_id=here, user_id=sam.member.user_id) is not None
    assert await rows(admin, "location/countryOrRegion eq 'NL'") == []
