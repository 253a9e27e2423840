"""A guest leaves, a legal hold is set, the clock is pushed over the deadline, and the hold is lifted: as it is seen."""

from datetime import datetime

import pytest

from tests.stories.test_a_guests_life import Demo, database, demo, leave_fabrikam
from tests.support.pages import Page, Visitor
from vestibule.ground.clock import iso

__all__ = ["database", "demo"]  # the fixtures of that life
WHY = "Claim 17 of the landlord"
SAID = "Fabrikam keeps your data because of a legal hold."


async def enter(demo: Demo, address: str) -> tuple[Visitor, Page]:
    """Fabrikam's administrator, signed in, at a page of the Admin center."""
    browser, boss = demo.browser(), demo.tenant("fabrikam")["admin"]
    await browser.open(f"/signin?next={address}")
    await browser.press("Next", email=boss["userPrincipalName"])
    return browser, await browser.press("Sign in", password=boss["password"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_pushed_over_the_deadline_and_lifted(demo: Demo) -> None:
    person = next(one for one in demo.known["people"] if one["name"] == "Adele Vance")
    adele_id = next(one["userId"] for one in person["memberships"] if one["tenant"] == "fabrikam")
    receipt = await leave_fabrikam(await demo.adele())
    boss, _ = await enter(demo, f"/admin/legal-holds/{adele_id}/set")
    page = await boss.press("Set legal hold", reason=WHY, reference="")
    assert WHY in page.text

    before = await demo.push("P45D")
    assert [one for one in before if one["userId"] == adele_id] == []
    program = await demo.program("fabrikam")
    for method, path in (("GET", ""), ("POST", "/restore"), ("DELETE", "")):
        answer = await program.ask(method, f"/v1.0/directory/deletedItems/{adele_id}{path}")
        assert answer.status_code == 404  # the 30 days are over, hold or not
    browser = await demo.adele()
    page = await browser.open(receipt)
    assert SAID in page.text
    assert WHY not in page.response.text
    assert SAID in (await browser.open("/myaccount/organizations")).text

    boss, page = await enter(demo, f"/admin/legal-holds/{adele_id}")
    assert "Adele Vance" in page.text
    await boss.follow(f"Lift hold: {WHY}")
    lifted = await demo.now()
    page = await boss.press("Lift hold", reason="Settled")
    assert "A legal hold on Adele Vance was lifted." in page.text

    done = [one for one in await demo.push("PT1M") if one["userId"] == adele_id]
    assert [one["verb"] for one in done] == ["purge", "erase"]
    assert {one["at"] for one in done} == {iso(lifted)}
    assert datetime.fromisoformat(done[0]["at"]) == lifted
    assert "Data removed" in (await (await demo.adele()).open(receipt)).text
