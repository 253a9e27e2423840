"""Asking for one's data without an account, in a browser: the page, the code, the link, and what the desk does."""

import json
from datetime import timedelta

from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Page, Visitor
from vestibule.actions import answering_data_requests
from vestibule.actions.posting import LetterKind
from vestibule.rules.person_requests import Ground
from vestibule.store import data_requests
from vestibule.store.data_requests import DataRequest

ANA = "ana@nowhere.example"
HERE = "/data-request/fabrikam.example"
WORDS = "I once rented a room."


async def code(town: Town) -> str:
    """The code that was sent last; none is sent in the same moment as another."""
    found = [letter for letter in await town.letters() if letter.kind == LetterKind.DATA_REQUEST_CODE]
    return str(found[-1].facts["code"])


async def ask(town: Town, browser: Visitor, email: str = ANA, wish: str = "access", words: str = WORDS) -> Page:
    """Fill the page in, and stand before the code."""
    town.clock().advance(timedelta(seconds=1))  # letters of one moment have no order
    await browser.open(HERE)
    return await browser.press("Send code", wish=wish, email=email, words=words)


async def filed(town: Town, browser: Visitor, email: str = ANA, wish: str = "access") -> DataRequest:
    """Ask, and type the code."""
    await ask(town, browser, email, wish)
    page = await browser.press("Send request", code=await code(town))
    assert page.h1 == "Your request was sent", page.text
    return (await data_requests.waiting(await town.house.store.read(), town.fabrikam.id))[-1]


async def link(town: Town, kind: LetterKind) -> str:
    [letter] = [one for one in await town.letters() if one.kind == kind]
    return str(letter.facts["requestLink"]).removeprefix(town.house.public_url)


async def test_from_the_address_to_the_request(town: Town, browser: Visitor) -> None:
    page = await browser.open("/data-request")
    assert page.h1 == "Ask an organization about your data"
    page = await browser.open("/data-request?organization=nowhere.example")
    assert page.status == 404
    assert page.problem.endswith("No organization here has this domain. Check it.")
    page = await browser.open("/data-request?organization=Fabrikam.example")
    assert (page.path, page.h1) == (HERE, "Ask fabrikam.example about your data")
    page = await browser.press("Send code", wish="access", email=ANA, words=WORDS)
    assert page.h1 == "Check your email"
    assert "a•••@nowhere.example" in page.text
    assert ANA not in page.response.text
    assert await data_requests.waiting(await town.house.store.read(), town.fabrikam.id) == []
    page = await browser.press("Send request", code=await code(town))
    assert page.h1 == "Your request was sent"
    assert "Fabrikam answers by" in page.text
    [asked] = await data_requests.waiting(await town.house.store.read(), town.fabrikam.id)
    assert asked.wish == "access"
    page = await ask(town, browser)
    page = await browser.press("Send request", code=await code(town))
    assert page.h1 == "You asked for this already"


async def test_what_is_typed_wrong_is_said_and_kept(town: Town, browser: Visitor) -> None:
    await browser.open(HERE)
    for typed, said in (
        ({"wish": "access", "email": "", "words": WORDS}, "Enter your email address."),
        ({"wish": "access", "email": "odd", "words": WORDS}, "Enter an email address like name@contoso.example."),
        ({"wish": "all", "email": ANA, "words": WORDS}, "Choose what you ask for."),
        (
            {"wish": "erasure", "email": ANA, "words": "x" * 1001},
            "Write at most 1,000 characters, and none that can't be seen.",
        ),
    ):
        page = await browser.press("Send code", **typed)
        assert page.status == 400
        assert page.problem.endswith(said)
        assert typed["words"] in page.response.text
    assert await town.letters() == []
    assert (await browser.open("/data-request/nowhere.example")).status == 404


async def test_the_page_is_the_same_for_everybody(town: Town) -> None:
    """A guest, an administrator, somebody who left a trace, and nobody: same status, same words, one letter each."""
    await world.guest(town.fabrikam, "sam@elsewhere.example", "Sam")
    told = set()
    for email in ("sam@elsewhere.example", "adele@contoso.example", "none@elsewhere.example", "odd@nowhere.example"):
        before = len(await town.letters())
        browser = town.browser()
        page = await ask(town, browser, email)
        masked = f"{email[0]}•••@{email.partition('@')[2]}"
        shown = page.text.replace(masked, "MASKED").replace(page.text.partition("until ")[2][:5], "TIME")
        wrong = await browser.press("Send request", code="00000000")
        told.add((page.status, shown, len(await town.letters()) - before, wrong.status, wrong.problem))
    assert len(told) == 1, told


async def test_a_wrong_code_has_five_tries_and_a_new_one_begins_again(town: Town, browser: Visitor) -> None:
    await ask(town, browser)
    right = await code(town)
    wrong = "00000000" if right != "00000000" else "11111111"
    page = await browser.press("Send request", code="")
    assert page.problem.endswith("Enter the code from the email.")
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        page = await browser.press("Send request", code=wrong)
        assert page.status == 400
        assert page.problem.endswith("That code didn't work. Check it, or send a new one.")
        assert f"You have {left} left." in page.text
    page = await browser.press("Send request", code=wrong)
    assert page.problem.endswith("That code is no longer valid. Send a new one.")
    page = await browser.press("Send request", code=right)
    assert page.problem.endswith("That code is no longer valid. Send a new one.")
    town.clock().advance(timedelta(seconds=1))
    page = await browser.press("Send a new code")
    assert "We sent a new code." in page.text
    page = await browser.press("Send request", code=await code(town))
    assert page.h1 == "Your request was sent"


async def test_another_browser_cannot_go_on_with_it(town: Town, browser: Visitor) -> None:
    page = await ask(town, browser)
    other = town.browser()
    address = str(page.response.url).removeprefix(town.house.public_url)
    assert (await other.open(address)).h1 == "Ask fabrikam.example about your data"
    assert (await browser.open(address)).h1 == "Check your email"


async def test_who_is_signed_in_asks_as_the_address_and_not_as_themselves(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    await filed(town, browser)
    event = await world.last_event(town.fabrikam)
    assert (event.type, event.subject["mail"], event.actor) == ("dataRequest.file", ANA, {})


async def test_withdrawn_by_the_link_and_a_code(town: Town, browser: Visitor) -> None:
    await filed(town, browser, wish="erasure")
    address = await link(town, LetterKind.DATA_REQUEST_RECEIVED)
    other = town.browser()
    page = await other.open(address)
    assert page.h1 == "Your request to Fabrikam"
    assert WORDS not in page.response.text
    assert ANA not in page.response.text
    assert (await other.open(address[:-2] + "00")).status == 404
    await other.open(address)
    town.clock().advance(timedelta(seconds=1))
    page = await other.press("Withdraw request")
    assert page.h1 == "Check your email"
    page = await other.press("Withdraw request", code="0000 0000")
    assert page.problem
    page = await other.press("Withdraw request", code=await code(town))
    assert "Your request was withdrawn." in page.text
    assert (await world.last_event(town.fabrikam)).type == "dataRequest.withdraw"


async def test_a_copy_is_downloaded_once(town: Town, browser: Visitor) -> None:
    sam = await world.guest(town.fabrikam, "sam@elsewhere.example", "Sam Rivers")
    asked = await filed(town, browser, "sam@elsewhere.example")
    await answering_data_requests.answer_request(
        town.house,
        tenant_id=town.fabrikam.id,
        request_id=asked.request_id,
        by=town.fabrikam.admin,
        accounts={sam.user_id: sam.version},
    )
    address = await link(town, LetterKind.DATA_REQUEST_ANSWERED)
    await browser.open(address)
    town.clock().advance(timedelta(seconds=1))
    page = await browser.press("Download copy")
    assert "You can download the copy once." in page.text
    page = await browser.press("Download copy", code=await code(town))
    assert page.response.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert page.response.headers["cache-control"] == "no-store"
    [account] = json.loads(page.response.content)["accounts"]
    assert account["profile"]["displayName"] == "Sam Rivers"
    page = await browser.open(address)
    assert "Copy downloaded on" in page.text
    assert "Download copy" not in page.links


async def test_a_refused_request_says_so_on_its_page(town: Town, browser: Visitor) -> None:
    asked = await filed(town, browser)
    address = await link(town, LetterKind.DATA_REQUEST_RECEIVED)
    of = {"tenant_id": town.fabrikam.id, "request_id": asked.request_id}
    await answering_data_requests.refuse_request(town.house, **of, ground=Ground.EXCESSIVE, by=town.fabrikam.admin)
    page = await browser.open(address)
    assert "Refused" in page.text
    assert "Withdraw request" not in page.response.text
    town.clock().advance(timedelta(days=30))
    assert (await browser.open(address)).status == 404


async def test_who_was_invited_finds_the_page(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite(ANA)
    await browser.open(f"{path}/block")
    page = await browser.follow("Ask Fabrikam about your data")
    assert page.h1 == "Ask fabrikam.example about your data"
    for public in ("/verify", "/privacy"):
        await browser.open(public)
        assert (await browser.follow("Ask an organization about your data")).path == "/data-request"
