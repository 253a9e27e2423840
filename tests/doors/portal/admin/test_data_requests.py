"""The desk of requests by a proven address: in the one list, each with a page, answered with what was found."""

from tests.doors.portal.admin.conftest import Office
from tests.support import asked_by_address as stranger
from tests.support import world
from vestibule.actions import holding
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal.admin import paths
from vestibule.rules.lifecycle import Present, Purged
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import data_requests
from vestibule.store.data_requests import DataRequest

ANA = "ana@nowhere.example"
WORDS = "I once <b>rented</b> a room."


async def asked(office: Office, address: str = ANA, wish: str = "access") -> DataRequest:
    return (await stranger.file(office.contoso, address, wish, WORDS)).request


async def again(office: Office, one: DataRequest) -> DataRequest:
    found = await data_requests.find(await office.town.house.store.read(), office.contoso.id, one.request_id)
    assert found is not None
    return found


async def test_they_stand_in_the_list_and_say_when_there_is_no_account(office: Office):
    await world.guest(office.contoso, "sam@elsewhere.example", "Sam")
    await asked(office)
    await asked(office, "sam@elsewhere.example", "erasure")
    page = await office.open(paths.REQUESTS)
    body = page.response.text.partition("<tbody")[2].partition("</tbody>")[0]
    rows = body.split("<tr")[1:]
    of = {address: next(row for row in rows if address in row) for address in (ANA, "sam@elsewhere.example")}
    assert "No account here" in of[ANA]
    assert "No account here" not in of["sam@elsewhere.example"]
    assert ANA in (await office.open(f"{paths.REQUESTS}?kind=access")).text
    assert ANA not in (await office.open(f"{paths.REQUESTS}?kind=erasure")).text
    file = await office.open(f"{paths.REQUESTS_CSV}?headers=keys")
    assert ANA in file.response.text
    await office.days_pass(40)
    assert ">Overdue</span>" in (await office.open(f"{paths.REQUESTS}?due=late")).response.text


async def test_the_page_says_who_asks_what_in_which_words_and_what_is_found(office: Office):
    sam = await world.guest(office.contoso, "sam@elsewhere.example", "Sam")
    one = await asked(office, "sam@elsewhere.example")
    other = await asked(office, "sam@elsewhere.example", "erasure")
    page = await office.open(paths.data_request(one.request_id))
    assert page.h1 == "Copy of data: sam@elsewhere.example"
    assert WORDS in page.text
    assert "<b>rented</b>" not in page.response.text
    assert page.links["Sam"] == f"/admin/users/{sam.user_id}"
    assert "signs in with this address" in page.text
    assert page.links["Removal of data"] == paths.data_request(other.request_id)
    assert {"Answer", "Extend", "Refuse"} <= set(page.links)
    nobody = await asked(office)
    page = await office.open(paths.data_request(nobody.request_id))
    assert "Nothing was found under this address." in page.text
    assert "No account here" in page.text
    assert (await office.open(paths.data_request(sam.user_id))).status == 404


async def test_a_copy_is_given_to_the_accounts_that_are_ticked(office: Office):
    sam = await world.guest(office.contoso, "sam@elsewhere.example", "Sam")
    one = await asked(office, "sam@elsewhere.example")
    await office.open(paths.data_request(one.request_id))
    page = await office.browser.follow("Answer")
    assert page.h1 == "Give sam@elsewhere.example a copy?"
    assert f'value="{sam.user_id}:{sam.version}" checked' in page.response.text
    form, _ = page.button("Send answer")
    fields = {name: value for name, value in form.fields.items() if name not in {"account", "none"}}
    page = await office.browser.post(form.action, {**fields, "message": "Here."})
    assert "Tick the accounts that are theirs, or that none of them is." in page.text
    page = await office.browser.post(
        form.action, {**fields, "account": f"{sam.user_id}:{sam.version}", "message": "Here."}
    )
    assert "sam@elsewhere.example was told how to download their copy." in page.text
    after = await again(office, one)
    assert (after.answer, after.copy_until is not None) == ("granted", True)
    assert "Answer" not in page.links


async def test_an_erasure_is_granted_unless_a_hold_stands_or_something_changed(office: Office):
    sam = await world.guest(office.contoso, "sam@elsewhere.example", "Sam")
    one = await asked(office, "sam@elsewhere.example", "erasure")
    await office.open(paths.data_request(one.request_id, "answer"))
    stale = office.browser.page
    of = {"tenant_id": office.contoso.id, "user_id": sam.user_id}
    hold = await holding.set_hold(office.town.house, **of, reason="A claim", by=office.contoso.admin)
    page = await office.browser.press("Remove data and answer", account=f"{sam.user_id}:{sam.version}")
    assert "This request has changed in the meantime, so nothing was done." in page.text
    held = await office.again(sam)
    await office.open(paths.data_request(one.request_id, "answer"))
    page = await office.browser.press("Remove data and answer", account=f"{sam.user_id}:{held.version}")
    assert page.status == 409
    assert "They're on hold" in page.problem
    assert isinstance((await office.again(sam)).stage, Present)
    await holding.lift_hold(office.town.house, **of, hold_id=hold.hold_id, reason="Settled", by=office.contoso.admin)
    free = await office.again(sam)
    await office.open(paths.data_request(one.request_id, "answer"))
    page = await office.browser.press("Remove data and answer", account=f"{sam.user_id}:{free.version}")
    assert "The data of sam@elsewhere.example was removed, and they were told." in page.text
    assert isinstance((await office.again(sam)).stage, Purged)
    office.browser.page = stale
    page = await office.browser.press("Remove data and answer", account=f"{sam.user_id}:{sam.version}")
    assert "This request has changed in the meantime, so nothing was done." in page.text


async def test_refused_on_a_ground_of_its_wish_and_extended_once(office: Office):
    one = await asked(office)
    page = await office.open(paths.data_request(one.request_id, "refuse"))
    assert page.h1 == f"Refuse a copy to {ANA}?"
    assert 'value="archiving"' not in page.response.text
    page = await office.browser.press("Refuse", ground="", message="Again.")
    assert "Choose one of the grounds." in page.text
    page = await office.browser.press("Refuse", ground="archiving", message="Again.")
    assert "Choose one of the grounds." in page.text
    await office.open(paths.data_request(one.request_id, "extend"))
    page = await office.browser.press("Extend", months="2", message="")
    assert "Say why you need more time, in at most 1,000 characters." in page.text
    page = await office.browser.press("Extend", months="2", message="The archive is large.")
    assert f"{ANA} was told that the answer takes longer." in page.text
    assert "Open, extended" in page.text
    await office.open(paths.data_request(one.request_id, "refuse"))
    page = await office.browser.press("Refuse", ground="excessive", message="Again.")
    assert "Refused" in page.text
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.DATA_REQUEST_REFUSED]
    assert (letter.recipient, letter.facts["ground"]) == (ANA, "excessive")


async def test_where_nothing_is_held_they_are_told_that(office: Office):
    one = await asked(office, wish="erasure")
    await office.open(paths.data_request(one.request_id, "answer"))
    page = await office.browser.press("Remove data and answer")
    assert f"{ANA} was told that there is no data about them." in page.text


async def test_who_may_only_read_answers_nothing(office: Office):
    one = await asked(office)
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(paths.data_request(one.request_id))
    assert page.status == 200
    assert {"Answer", "Extend", "Refuse"}.isdisjoint(page.links)
    await office.open(paths.data_request(one.request_id, "answer"))
    page = await office.browser.press("Send answer")
    assert page.status == 403
    assert (await again(office, one)).answer is None
