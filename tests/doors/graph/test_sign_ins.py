"""``auditLogs/signIns`` over HTTP: successes, failures with the numbers of Entra, filters, pages, removed people."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import erasing, sign_in_log, signing_in, switching
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.user_objects import NewMember
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people
from vestibule.store.memberships import Membership
from vestibule.store.people import Person

AT = "/v1.0/auditLogs/signIns"
EMAIL = "robin@contoso.example"
RIGHT = "correct horse battery staple"
NETWORK = "192.0.2.44"


@dataclass
class Robin:
    """A member of Contoso with a password, who tries to sign in."""

    house: House
    passwords: Passwords
    member: Membership

    async def tries(self, password: str = RIGHT, email: str = EMAIL) -> None:
        """Sign in, or fail."""
        with suppress(Refused):
            await signing_in.prove_password(self.house, self.passwords, email=email, password=password, network=NETWORK)

    async def person(self) -> Person:
        """Who it is."""
        found = await people.find(await self.house.store.read(), self.member.person_id or "")
        assert found is not None
        return found


@pytest.fixture
async def robin(house: House, contoso: Place):
    passwords = Passwords(house.chance)
    new = NewMember("Robin Kline", EMAIL, "robin", await hashed(passwords, RIGHT))
    member = await create_user(house, replace(new, properties={"mail": EMAIL}), tenant_id=contoso.id, by=operator())
    yield Robin(house, passwords, member)
    passwords.close()


async def _rows(caller: Caller, text: str = "", more: str = "", at: str = AT) -> list[dict[str, Any]]:
    query = "&".join(part for part in (f"$filter={quote(text)}" if text else "", more) if part)
    answer = await caller.get(f"{at}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def _codes(rows: list[dict[str, Any]]) -> list[int]:
    return [row["status"]["errorCode"] for row in rows]


async def test_success_and_failure_are_rows_with_entras_numbers(admin: Caller, contoso: Place, robin: Robin):
    await robin.tries("wrong")
    await robin.tries()
    await robin.tries(email="nobody@contoso.example")
    await switching.disable(robin.house, tenant_id=contoso.id, user_id=robin.member.user_id, by=operator())
    await robin.tries()
    rows = await _rows(admin, more="$orderby=createdDateTime asc")
    assert _codes(rows) == [50126, 0, 50034, 50057]
    wrong = rows[0]
    assert (wrong["userId"], wrong["userPrincipalName"], wrong["userDisplayName"]) == (
        robin.member.user_id,
        EMAIL,
        "Robin Kline",
    )
    assert (wrong["ipAddress"], wrong["appDisplayName"], wrong["clientAppUsed"]) == (NETWORK, "My Account", "Browser")
    assert (wrong["resourceTenantId"], wrong["homeTenantId"]) == (contoso.id, contoso.id)
    assert wrong["status"]["failureReason"] == "Invalid username or password."
    stranger = rows[2]
    assert (stranger["userId"], stranger["userPrincipalName"], stranger["ipAddress"]) == (None, None, None)
    assert _codes(await _rows(admin)) == [50057, 50034, 0, 50126], "newest first"
    assert "userType" not in wrong
    beta = (await _rows(admin, at="/beta/auditLogs/signIns"))[-1]
    assert (beta["userType"], beta["crossTenantAccessType"]) == ("member", "none")
    assert beta["authenticationRequirement"] == "singleFactorAuthentication"


async def test_one_row_by_its_id(admin: Caller, robin: Robin):
    await robin.tries("wrong")
    [row] = await _rows(admin)
    answer = await admin.get(f"{AT}/{row['id']}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.pop("@odata.context").endswith("#auditLogs/signIns/$entity")
    assert found == row
    assert (await admin.get(f"{AT}/{'0' * 8}-0000-7000-8000-{'0' * 12}")).status_code == 404
    audit = (await admin.get("/v1.0/auditLogs/directoryAudits?$top=1")).json()["value"][0]
    other = audit["id"].split("_")[1]
    assert (await admin.get(f"{AT}/{other}")).status_code == 404, "an event that is no sign-in"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("status/errorCode eq 0", [0]),
        ("status/errorCode ne 0", [50126, 50126]),
        ("startswith(userPrincipalName,'rob')", [0, 50126, 50126]),
        ("userDisplayName eq 'Somebody Else'", []),
        ("ipAddress eq '192.0.2.44' and status/errorCode eq 50126", [50126, 50126]),
        ("appDisplayName eq 'My Account'", [0, 50126, 50126]),
        ("createdDateTime lt 2026-03-02T09:30:00.5Z", [50126]),
        ("createdDateTime ge 2026-03-02T09:30:01Z and createdDateTime le 2026-03-02T09:30:01.5Z", [50126]),
    ],
)
async def test_filters(admin: Caller, house: House, robin: Robin, text: str, codes: list[int]):
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    for password in ("wrong", "wrong too", RIGHT):
        await robin.tries(password)
        clock.advance(timedelta(seconds=1))
    assert _codes(await _rows(admin, text)) == codes


async def test_filters_that_are_not_offered(admin: Caller):
    for text in ("endswith(userPrincipalName,'x')", "status/failureReason eq 'x'", "userType eq 'member'"):
        assert (await admin.get(f"{AT}?$filter={quote(text)}")).status_code == 400, text
    assert (await admin.get(f"{AT}?$orderby=userId")).status_code == 400


async def test_pages(admin: Caller, house: House, robin: Robin):
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    for number in range(7):
        await robin.tries(f"wrong {number}")
        if number % 3 == 0:
            clock.advance(timedelta(seconds=1))
    whole = [row["id"] for row in await _rows(admin)]
    assert len(whole) == 7
    for order in ("", "&$orderby=createdDateTime asc"):
        seen: list[str] = []
        link = f"{AT}?$top=3&$filter=status/errorCode eq 50126{order}".replace(" ", "%20")
        while link:
            answer = (await admin.get(link)).json()
            assert len(answer["value"]) <= 3
            seen += [row["id"] for row in answer["value"]]
            link = answer.get("@odata.nextLink", "").partition("vestibule.example")[2]
        assert sorted(seen) == sorted(whole)
        assert len(set(seen)) == 7
    assert code_of(await admin.get(f"{AT}?$skiptoken=abc"))[0] == 400


async def test_who_may_read_it(graph: Graph, contoso: Place, robin: Robin):
    await robin.tries("wrong")
    plain = await graph.person(robin.member, "AuditLog.Read.All")
    assert code_of(await plain.get(AT)) == (403, "Authorization_RequestDenied")
    outside = await graph.person(contoso.administrator, "User.Read")
    assert (await outside.get(AT)).status_code == 403


async def test_somebody_turned_away_stands_in_the_log_of_where_they_are_known(
    graph: Graph, admin: Caller, contoso: Place, robin: Robin
):
    fabrikam = await world.organization(robin.house, "Fabrikam")
    person, refused = await robin.person(), Refused(Reason.NOT_FOUND)
    await sign_in_log.turned_away(robin.house, person, fabrikam.id, refused, network=NETWORK)
    [row] = await _rows(admin)
    assert (row["status"]["errorCode"], row["resourceTenantId"], row["homeTenantId"]) == (
        50020,
        fabrikam.id,
        contoso.id,
    )
    there = await graph.person(fabrikam.administrator, "AuditLog.Read.All")
    assert await _rows(there) == [], "a stranger's name is not told to the other organization"
    guest = await world.guest(fabrikam, "sam@elsewhere.example", "Sam Rivers")
    sam = await people.find(await robin.house.store.read(), guest.person_id or "")
    assert sam is not None
    for reason, facts, code in (
        (Reason.WRONG_STAGE, {"stage": "deleted"}, 500341),
        (Reason.WRONG_STAGE, {"stage": "invited"}, 50014),
        (Reason.ACCOUNT_DISABLED, {}, 500571),
        (Reason.NOT_ALLOWED, {"why": "assignment"}, 50105),
        (Reason.NOT_ALLOWED, {"why": "declined"}, 65004),
        (Reason.SECOND_FACTOR_NEEDED, {}, 50076),
    ):
        await sign_in_log.turned_away(robin.house, sam, fabrikam.id, Refused(reason, **facts), network=NETWORK)
        assert code in _codes(await _rows(there)), reason


async def test_no_more_than_thirty_failures_an_hour_are_written(
    graph: Graph, admin: Caller, contoso: Place, robin: Robin
):
    person = await robin.person()
    clock = robin.house.clock
    assert isinstance(clock, StoppedClock)
    for _ in range(33):
        await sign_in_log.turned_away(
            robin.house, person, robin.member.tenant_id, Refused(Reason.NOT_FOUND), network=NETWORK
        )
    assert len(await _rows(admin)) == 30
    clock.advance(timedelta(minutes=61))
    await robin.tries("wrong")
    later = await graph.person(contoso.administrator, "AuditLog.Read.All")
    assert len(await _rows(later)) == 31


async def test_whoever_was_erased_is_a_label(admin: Caller, contoso: Place, house: House):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    person = await people.find(await house.store.read(), sam.person_id or "")
    assert person is not None
    opened = await signing_in.open_session(house, person.person_id, Strength.EMAILED_CODE)
    await signing_in.open_organization(house, opened.signed_in, contoso.id, network=NETWORK)
    [before] = await _rows(admin)
    assert (before["userDisplayName"], before["ipAddress"]) == ("Sam Rivers", NETWORK)
    assert (await admin.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    assert (await admin.delete(f"/v1.0/directory/deletedItems/{sam.user_id}")).status_code == 204
    gone = await world.again(house, contoso.id, sam.user_id)
    await erasing.erase(house, tenant_id=contoso.id, user_id=gone.user_id)
    [after] = await _rows(admin)
    assert after["userDisplayName"].startswith("Removed user ")
    assert (after["userPrincipalName"], after["ipAddress"]) == (None, None)
    assert after["id"] == before["id"]
