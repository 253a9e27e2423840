"""Download my data: what is kept about the person, wherever it is, and nothing about anybody else."""

from typing import Any

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import MAILBOX
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import asking, assigning, due, group_members, grouping, redeeming
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.groups import UNIFIED, NewGroup
from vestibule.rules.roles import DIRECTORY_READERS


async def my_data(browser: Visitor) -> dict[str, Any]:
    """The file, fetched as the link on the page says."""
    page = await browser.open(paths.PRIVACY)
    answer = await browser.http.get(page.links["Download my data"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def test_everything_of_mine(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Woodgrove", guests_may_leave=False)
    await town.sign_in(browser)  # before the role, which asks for a second factor at the next sign-in
    for name, more in (("Readers", {}), ("Council", {"visibility": "HiddenMembership", "types": (UNIFIED,)})):
        new = NewGroup(name, name.lower(), bool(more), not more, **more)  # type: ignore[arg-type]
        made = await grouping.create_group(town.house, new, tenant_id=place.id, by=operator())
        await group_members.add_member(
            town.house, tenant_id=place.id, group_id=made.group_id, user_id=guest.user_id, by=operator()
        )
    app = await cast.app_of(place, "Expenses")
    await assigning.assign_app(town.house, tenant_id=place.id, app_id=app.app_id, user_id=guest.user_id, by=operator())
    await assigning.assign_role(
        town.house, tenant_id=place.id, role_id=DIRECTORY_READERS, user_id=guest.user_id, by=operator()
    )
    await asking.ask_removal(town.house, tenant_id=place.id, user_id=guest.user_id, by=world.at_portal(guest))
    gone, there = await cast.visiting(town, "Alpine")
    receipt = await cast.left(gone, there)
    _, ticket = await world.invited(town.fabrikam, "adele@contoso.example")
    await redeeming.block(town.house, ticket=ticket, by=world.at_portal(town.adele))
    data = await my_data(browser)
    assert data["person"] | {"since": ""} == {
        "name": "Adele Vance",
        "email": "adele@contoso.example",
        "preferredLanguage": None,
        "homeOrganization": "Contoso",
        "since": "",
    }
    home, alpine, woodgrove = data["organizations"]
    assert [one["displayName"] for one in data["organizations"]] == ["Contoso", "Alpine", "Woodgrove"]
    assert (home["kind"], home["profile"]["userPrincipalName"]) == ("home", "adele@contoso.example")
    [signed_in] = home["signIns"]
    assert (signed_in["at"], signed_in["succeeded"]) == ("2026-03-02T09:30:00Z", True)
    assert signed_in["browser"].startswith("Python HTTPX ")
    assert (alpine["state"], alpine["profile"]["mail"]) == ("deleted", "adele@contoso.example")
    assert sorted(woodgrove["groups"]) == ["(hidden)", "Readers"]
    assert (woodgrove["apps"], woodgrove["roles"], woodgrove["owned"]) == (["Expenses"], ["Directory Readers"], [])
    assert woodgrove["requests"] == [
        {
            "kind": "removal",
            "askedAt": "2026-03-02T09:30:00Z",
            "answerDue": "2026-04-02T09:30:00Z",
            "extended": False,
            "answer": None,
            "answeredAt": None,
            "ground": None,
        }
    ]
    assert {"membership.invite", "membership.redeem"} <= {one["event"] for one in woodgrove["log"]}
    assert [one["reference"] for one in data["receipts"]] == [receipt.reference]
    assert data["blockedOrganizations"] == ["Fabrikam"]


async def test_nothing_of_others(town: Town, browser: Visitor) -> None:
    await town.member("Megan Bowen", "megan@contoso.example")
    await world.guest(town.fabrikam, "other@elsewhere.example", "Somebody Else")
    await world.guest(town.fabrikam, MAILBOX, "Sam")
    await town.sign_in_by_code(browser, MAILBOX)
    data = await my_data(browser)
    assert [one["displayName"] for one in data["organizations"]] == ["Fabrikam"]
    assert data["person"]["email"] == MAILBOX
    assert not any(word in str(data) for word in ("Megan", "Somebody", "elsewhere", "admin@"))
    assert (await town.browser().open(paths.MY_DATA)).h1 == "Sign in"


async def test_what_is_erased_is_in_it_no_more(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Alpine")
    await cast.left(place, guest)
    town.clock().advance(30 * cast.DAY)
    await due.run_due(town.house)
    await town.sign_in(browser)
    data = await my_data(browser)
    assert [one["displayName"] for one in data["organizations"]] == ["Contoso"]
    assert [one["displayName"] for one in data["receipts"]] == ["Alpine"]
