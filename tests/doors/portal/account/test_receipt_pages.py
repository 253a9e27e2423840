"""Receipts: for the person, by the key of the mail, as text; asking to be restored; until nothing is left."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import Response

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import DAY, MAILBOX
from tests.doors.portal.account.reading import statuses, table, times
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import certifying, due, holding, proving_receipts, restoring, sealing
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal import paths
from vestibule.store.receipts import Receipt

ASK = "Ask Alpine to restore my account"
ODD = ["0" * 8, "not-a-receipt", "00000000-0000-4000-8000-000000000000"]


async def gone_from_alpine(town: Town) -> tuple[world.Place, Receipt, str, str]:
    """Adele left Alpine: the receipt, and the two links of the letter, receipt and restore, without the origin."""
    place, guest = await cast.visiting(town, "Alpine")
    receipt = await cast.left(place, guest)
    letter = [one for one in await town.letters() if one.kind == LetterKind.YOU_LEFT][-1]
    links = [letter.facts[name].removeprefix(town.house.public_url) for name in ("receiptLink", "restoreLink")]
    return place, receipt, links[0], links[1]


async def test_the_person_sees_it_signed_in(town: Town, browser: Visitor) -> None:
    _, receipt, _, _ = await gone_from_alpine(town)
    await town.sign_in(browser)
    page = await browser.open(paths.receipt(receipt.receipt_id))
    assert (page.h1, page.title) == ("You left Alpine", "You left Alpine - My Account - Vestibule")
    assert "You left Alpine" in statuses(page)
    assert "We emailed a copy of this receipt to adele@contoso.example." in page.text
    assert table(page)["Reference"] == receipt.reference
    assert table(page)["Organization"] == "Alpine alpine.example"
    assert "Its privacy contact is privacy@alpine.example." in page.text
    assert page.links[ASK] == paths.request_restore(receipt.receipt_id)
    assert {receipt.left_at, receipt.restorable_until, receipt.data_removed_by} == set(times(page))


async def test_the_key_of_the_mail_opens_it_for_whoever_holds_it(town: Town) -> None:
    _, receipt, link, _ = await gone_from_alpine(town)
    key = urlsplit(link).query
    for signed_in in (False, True):
        browser = town.browser()
        if signed_in:
            await town.member("Megan Bowen", "megan@contoso.example")
            await town.sign_in(browser, "megan@contoso.example")
        page = await browser.open(link)
        assert (page.status, page.h1) == (200, "You left Alpine")
        assert page.links[ASK] == f"{paths.request_restore(receipt.receipt_id)}?{key}"
        assert ("Account menu for Megan Bowen" in page.response.text) is signed_in
        assert "You're signed out because" not in page.text
        page = await browser.open(f"{link}&lang=nl")
        assert (page.language, page.h1, page.path) == ("nl", "U hebt Alpine verlaten", link)


async def test_without_the_key_it_is_nobodys(town: Town) -> None:
    _, receipt, link, _ = await gone_from_alpine(town)
    path, key = link.split("?key=")
    nobody = town.browser()
    assert (await nobody.open(path)).h1 == "Sign in"
    for wrong in (key[:-1], key + "0", "é", key.upper() if key.upper() != key else "x"):
        page = await nobody.open(f"{path}?key={wrong}")
        assert (page.status, page.h1) == (404, "Page not found")
        assert "Alpine" not in page.response.text
    await town.member("Megan Bowen", "megan@contoso.example")
    megan = town.browser()
    await town.sign_in(megan, "megan@contoso.example")
    for address in (path, f"{path}.txt", paths.request_restore(receipt.receipt_id)):
        assert (await megan.open(address)).status == 404
    for odd in ODD:
        assert (await megan.open(paths.receipt(odd, key))).status == 404


async def test_as_text(town: Town, browser: Visitor) -> None:
    _, receipt, link, _ = await gone_from_alpine(town)
    page = await browser.open(link)
    answer = await browser.http.get(page.links["Download receipt"])
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{receipt.reference}.txt"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert answer.text == (
        "You left Alpine\n\n"
        f"Reference: {receipt.reference}\n"
        "Organization: Alpine (alpine.example)\n"
        "Left on: 2 March 2026 at 09:30 UTC (2026-03-02T09:30:00Z)\n"
        "Can be restored until: 1 April 2026 at 09:30 UTC (2026-04-01T09:30:00Z)\n"
        "Data removed by: 1 May 2026 at 09:30 UTC (2026-05-01T09:30:00Z)\n"
        "State: Deleted, can be restored\n"
    )
    swedish = await browser.http.get(page.links["Download receipt"], headers={"accept-language": "sv-FI"})
    assert swedish.headers["content-language"] == "sv"
    assert swedish.text.startswith("Du har lämnat Alpine\n")
    assert (await town.browser().http.get(paths.receipt_text(receipt.receipt_id))).status_code == 303


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Alpine keeps your data because of a legal hold. It's removed after the hold ends."),
        ("nl", "Alpine bewaart uw gegevens vanwege een juridische bewaarplicht."),
        ("sv", "Alpine bevarar dina data på grund av ett rättsligt bevarande."),
    ],
)
async def test_who_is_on_hold_is_told_so_and_not_why(town: Town, browser: Visitor, language: str, said: str) -> None:
    place, receipt, link, _ = await gone_from_alpine(town)
    here: dict[str, Any] = {"tenant_id": place.id, "user_id": receipt.user_id, "by": place.admin}
    one = await holding.set_hold(town.house, reason="Claim 17", **here)
    await town.sign_in(browser)
    page = await browser.open(f"{paths.ORGANIZATIONS}?lang={language}")
    assert said in page.text
    town.clock().advance(31 * DAY)
    await due.run_due(town.house)
    for address in (link, f"{link}&lang={language}"):
        page = await browser.open(address)
    assert said in page.text
    assert "privacy@alpine.example" in page.text
    assert "Claim 17" not in page.response.text
    if language == "en":
        assert "Data removed by" not in table(page)
        text = (await browser.http.get(page.links["Download receipt"])).text
        assert "Data removed by: Kept because of a legal hold\n" in text
        assert "Claim" not in text
    await holding.lift_hold(town.house, hold_id=one.hold_id, reason="Settled", **here)
    assert said not in (await browser.open(link)).text
    await due.run_due(town.house)
    assert (await browser.open(link)).status == 410


# --- Proof for others -----------------------------------------------------------------------------------------------


async def proven(town: Town, answer: Response) -> dict[str, Any]:
    """What a signed file says that was downloaded."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jose"
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    published = await town.browser().http.get("/.well-known/vestibule-receipt-keys.json")
    assert published.headers["content-type"] == "application/jwk-set+json"
    assert published.headers["access-control-allow-origin"] == "*"
    return proving_receipts.prove(answer.text, proving_receipts.read_keys(published.content)).claims


async def test_as_a_signed_file_with_the_times_of_the_page(town: Town, browser: Visitor) -> None:
    _, receipt, link, _ = await gone_from_alpine(town)
    page = await browser.open(link)
    assert "Download certificate" not in page.links
    answer = await browser.http.get(page.links["Download signed receipt"])
    name = f"{receipt.reference}-receipt.jws"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    said = await proven(town, answer)
    assert {datetime.fromisoformat(said[one]) for one in ("leftAt", "restorableUntil", "dataRemovedBy")} == set(
        times(page)
    )
    assert said["reference"] == table(page)["Reference"]
    path = page.links["Download signed receipt"].partition("?")[0]
    assert (await town.browser().http.get(path)).status_code == 303
    assert (await town.browser().http.get(f"{path}?key=no")).status_code == 404
    certificate = page.links["Download signed receipt"].replace("receipt.jws", "certificate.jws")
    assert (await browser.http.get(certificate)).status_code == 404


async def test_the_certificate_is_there_once_the_data_is_gone(town: Town, browser: Visitor) -> None:
    _, receipt, receipt_link, _ = await gone_from_alpine(town)
    town.clock().advance(30 * DAY)
    await due.run_due(town.house)
    await town.sign_in(browser)
    address = paths.receipt(receipt.receipt_id)
    assert "Download certificate" not in (await browser.open(address)).links  # its event is not sealed yet
    await sealing.seal_waiting(town.house)
    await certifying.certify_waiting(town.house)
    page = await browser.open(address)
    said = await proven(town, await browser.http.get(page.links["Download certificate"]))
    assert said["reference"] == receipt.reference
    assert datetime.fromisoformat(said["dataRemovedAt"]) in times(page)
    letter = [one for one in await town.letters() if one.kind == LetterKind.ERASED][-1]
    assert letter.facts["reference"] == receipt.reference
    assert letter.facts["certificateLink"] == town.house.public_url + address
    by_mail = receipt_link.replace(receipt.receipt_id, f"{receipt.receipt_id}/certificate.jws")
    assert (await town.browser().http.get(by_mail)).status_code == 410
    await town.member("Megan Bowen", "megan@contoso.example")
    megan = town.browser()
    await town.sign_in(megan, "megan@contoso.example")
    assert (await megan.http.get(paths.certificate(receipt.receipt_id))).status_code == 404


async def test_who_used_a_shared_app_only_gets_both_too(town: Town, browser: Visitor) -> None:
    place, guest = await cast.connected(town, "Tailspin")
    receipt = await cast.left(place, guest)
    assert receipt.restorable_until is None
    await due.run_due(town.house)
    await sealing.seal_waiting(town.house)
    await certifying.certify_waiting(town.house)
    await town.sign_in(browser)
    page = await browser.open(paths.receipt(receipt.receipt_id))
    first = await proven(town, await browser.http.get(page.links["Download signed receipt"]))
    second = await proven(town, await browser.http.get(page.links["Download certificate"]))
    assert (first["kind"], second["kind"]) == ("directConnect", "directConnect")
    assert first["restorableUntil"] is None
    assert first["leftAt"] == second["leftAt"] == second["permanentlyDeletedAt"]


# --- Asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["by the mail", "by the receipt", "signed in"])
async def test_asking_to_be_restored(town: Town, browser: Visitor, way: str) -> None:
    place, receipt, receipt_link, restore_link = await gone_from_alpine(town)
    if way == "signed in":
        await town.sign_in(browser)
    if way == "by the mail":
        page = await browser.open(restore_link)
    else:
        await browser.open(paths.receipt(receipt.receipt_id) if way == "signed in" else receipt_link)
        page = await browser.follow(ASK)
    assert (page.status, page.h1) == (200, "Ask Alpine to restore your account")
    assert table(page)["Your email"] == "adele@contoso.example"  # nothing has to be typed
    page = await browser.press("Send request")
    assert statuses(page) == ["We asked Alpine on 2 March 2026."]
    event = await world.last_event(place)
    assert (event.type, event.reason, event.subject["id"]) == ("membership.askRestore", None, receipt.user_id)
    admins = [one for one in await town.letters() if one.kind == LetterKind.ADMIN_RESTORE_ASKED]
    assert [one.recipient for one in admins] == ["privacy@alpine.example"]
    page = await browser.follow("Back to the receipt")
    assert statuses(page) == ["You left Alpine", "We asked Alpine on 2 March 2026."]
    assert ASK not in page.links


async def test_pressed_twice_it_is_one_request(town: Town, browser: Visitor) -> None:
    place, _, _, link = await gone_from_alpine(town)
    first = await browser.open(link)
    await browser.press("Send request")
    browser.page = first
    assert statuses(await browser.press("Send request")) == ["We asked Alpine on 2 March 2026."]
    asked = [event for event in await world.events(place) if event.type == "membership.askRestore" and not event.reason]
    assert len(asked) == 1


@pytest.mark.parametrize("change", [{"form_token": ""}, {"form_token": "A" * 43}])
async def test_a_form_that_is_not_ours_asks_nothing(town: Town, browser: Visitor, change: dict[str, str]) -> None:
    _, _, _, link = await gone_from_alpine(town)
    page = await browser.open(link)
    fields = page.button("Send request")[0].fields | change
    assert (await browser.post(link, fields)).status == 403
    assert (await town.browser().post(link, page.button("Send request")[0].fields)).status == 403
    assert [one for one in await town.letters() if one.kind == LetterKind.ADMIN_RESTORE_ASKED] == []


@pytest.mark.parametrize("at", ["audit", "commit"])
async def test_a_request_that_fails_can_be_sent_again(town: Town, browser: Visitor, at: str) -> None:
    _, _, _, link = await gone_from_alpine(town)
    await browser.open(link)
    town.house.faults.arm(at, 1, 503)
    page = await browser.press("Send request")
    assert (page.status, page.problem) == (
        503,
        "There is a problem We couldn't send your request. Nothing was changed.",
    )
    assert statuses(await browser.press("Send request")) == ["We asked Alpine on 2 March 2026."]


async def test_the_link_ends_with_the_thirty_days(town: Town, browser: Visitor) -> None:
    _, receipt, receipt_link, link = await gone_from_alpine(town)
    town.clock().advance(30 * DAY - timedelta(milliseconds=1))
    page = await browser.open(link)
    assert "Send request" in page.forms[-2].buttons or "Send request" in page.forms[0].buttons
    town.clock().advance(timedelta(milliseconds=1))
    late = "The time to restore this account ended on 1 April 2026. Alpine can invite you again."
    page = await browser.press("Send request")
    assert (page.status, page.h1) == (409, "Ask Alpine to restore your account")
    assert late in page.text
    page = await browser.open(link)
    assert (page.status, late in page.text) == (200, True)
    assert all("Send request" not in form.buttons for form in page.forms)
    page = await browser.open(receipt_link)
    assert table(page)["State"] == "Permanently deleted"
    assert table(page)["Permanently deleted on"] == "1 April 2026 at 09:30 UTC"
    assert (late in page.text, ASK in page.links) == (True, False)
    assert receipt.restorable_until in times(page)


async def test_nothing_is_left_of_the_keys_when_the_data_is_gone(town: Town, browser: Visitor) -> None:
    _, receipt, receipt_link, restore_link = await gone_from_alpine(town)
    town.clock().advance(30 * DAY)
    await due.run_due(town.house)
    for address in (receipt_link, restore_link, paths.receipt_text(receipt.receipt_id, receipt_link.split("key=")[1])):
        page = await browser.open(address)
        assert (page.status, page.h1) == (410, "This receipt is no longer available here")
    await town.sign_in(browser)
    page = await browser.open(paths.receipt(receipt.receipt_id))  # it is the person's, and they still have it
    assert (page.status, table(page)["State"]) == (200, "Data removed")
    assert table(page)["Data removed on"] == "1 April 2026 at 09:30 UTC"
    assert "adele@contoso.example" not in page.text


async def test_the_key_of_an_earlier_departure_ends_with_the_data_too(town: Town, browser: Visitor) -> None:
    place, receipt, receipt_link, _ = await gone_from_alpine(town)
    await restoring.restore(town.house, tenant_id=place.id, user_id=receipt.user_id, by=place.admin)
    await cast.left(place, await world.again(town.house, place.id, receipt.user_id), "key-2")
    assert (await browser.open(receipt_link)).status == 200
    town.clock().advance(30 * DAY)
    await due.run_due(town.house)
    assert (await browser.open(receipt_link)).status == 410


async def test_a_receipt_of_a_departure_that_was_undone(town: Town, browser: Visitor) -> None:
    place, receipt, receipt_link, restore_link = await gone_from_alpine(town)
    await browser.open(restore_link)
    open_form = await browser.press("Send request")
    town.clock().advance(DAY)
    await restoring.restore(town.house, tenant_id=place.id, user_id=receipt.user_id, by=place.admin)
    page = await browser.open(receipt_link)
    assert "Alpine restored your account on 3 March 2026." in page.text
    assert table(page)["State"] == "Active"
    assert "Permanently deleted on" not in table(page)
    page = await browser.open(restore_link)
    assert "Alpine restored your account on 3 March 2026." in page.text
    assert open_form.h1 == page.h1


async def test_somebody_without_a_home_finds_receipts_again_by_their_mailbox(town: Town, browser: Visitor) -> None:
    guest = await world.guest(town.fabrikam, MAILBOX, "Sam")
    receipt = await cast.left(town.fabrikam, guest)
    town.clock().advance(30 * DAY)
    await due.run_due(town.house)
    page = await town.sign_in_by_code(browser, MAILBOX)
    assert page.h1 == "Overview"
    page = await browser.open(paths.ORGANIZATIONS)
    assert "You don't belong to any organization now." in page.text
    assert "Sign out" in [name for form in page.forms for name in form.buttons]
    page = await browser.follow("View receipt for Fabrikam")
    assert table(page)["Reference"] == receipt.reference
