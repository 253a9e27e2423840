"""Forms that are forged, stale or unreadable change nothing; nobody is led to another site by an address of ours."""

from datetime import timedelta
from typing import Any

import pytest

from soak.sign_in_breakages import session_goes_on
from tests.doors.portal.conftest import PASSWORD, Town
from tests.support.broken import broken
from tests.support.houses import PUBLIC_URL
from tests.support.pages import Page, Visitor


async def _ready(town: Town, browser: Visitor) -> dict[str, str]:
    """At the password page; what its form would send."""
    await browser.open("/signin")
    page = await browser.press("Next", email="adele@contoso.example")
    return {**page.forms[0].fields, "password": PASSWORD}


# None of this asks the database anything that differs between the two.
pytestmark = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://vestibule.example"},
        {"origin": "https://vestibule.example:8443"},
        {"origin": "https://vestibule.example.evil.example"},
    ],
)
async def test_from_another_site(town: Town, browser: Visitor, headers: dict[str, str]) -> None:
    sent = await _ready(town, browser)
    page = await browser.post("/signin/password", sent, **headers)
    assert (page.status, page.h1) == (403, "This form is no longer valid")
    assert "__Host-vestibule-session" not in browser.http.cookies


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_browser_without_origin_still_says_where_it_comes_from(town: Town, browser: Visitor, site: str) -> None:
    sent = await _ready(town, browser)
    answer = await browser.http.post("/signin/password", data=sent, headers={"sec-fetch-site": site})
    assert answer.status_code == 403


@pytest.mark.parametrize("token", [None, "", "x", "A" * 43, "A" * 5000])
async def test_without_the_token(town: Town, browser: Visitor, token: str | None) -> None:
    sent = await _ready(town, browser)
    del sent["form_token"]
    page = await browser.post("/signin/password", sent | ({} if token is None else {"form_token": token}))
    assert (page.status, page.h1) == (403, "This form is no longer valid")
    assert "__Host-vestibule-session" not in browser.http.cookies


async def test_another_browsers_token(town: Town, browser: Visitor) -> None:
    other = town.browser()
    stolen = (await other.open("/signin")).forms[0].fields["form_token"]
    sent = await _ready(town, browser)
    assert (await browser.post("/signin/password", sent | {"form_token": stolen})).status == 403


async def test_a_stale_form_keeps_what_was_typed(town: Town, browser: Visitor) -> None:
    """Opened before signing in in another tab: the address is still there, and the second try works."""
    stale = dict((await browser.open("/signin")).forms[0].fields)
    await town.sign_in(browser)
    page = await browser.post("/signin", stale | {"email": "sam@mailbox.example"})
    assert (page.status, page.h1) == (403, "Sign in")
    assert page.problem == (
        "There is a problem This form was open too long, or in another session. Nothing was changed. Send it again."
    )
    assert page.forms[0].fields["email"] == "sam@mailbox.example"
    assert (await browser.press("Next")).h1 == "Get a code by email"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"email":"a@b.example"}', "application/json"),
        (b"email=a@b.example", "text/plain"),
        (b"email=%ff%fe", "application/x-www-form-urlencoded"),
        (b"email=\xff", "application/x-www-form-urlencoded"),
        (b"email=" + b"a" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(600)), "application/x-www-form-urlencoded"),
        (b"", "multipart/form-data; boundary=x"),
    ],
)
async def test_what_is_no_form(town: Town, browser: Visitor, content: bytes, kind: str) -> None:
    headers = {"origin": PUBLIC_URL, "content-type": kind}
    answer = await browser.http.post("/signin", content=content, headers=headers)
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.text


async def test_a_field_that_comes_twice(town: Town, browser: Visitor) -> None:
    token = (await browser.open("/signin")).forms[0].fields["form_token"]
    content = f"form_token={token}&email=adele@contoso.example&email=sam@mailbox.example"
    headers = {"origin": PUBLIC_URL, "content-type": "application/x-www-form-urlencoded"}
    answer = await browser.http.post("/signin", content=content, headers=headers)
    assert answer.status_code == 403
    assert "This form is no longer valid" in answer.text


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/",
        "//evil.example/myaccount/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/%2F/evil.example",
        "///evil.example",
        "/myaccount/../../evil",
        "/myaccount/\r\nLocation: https://evil.example",
        "/myaccount/\x00",
        "javascript:alert(1)",
        "myaccount/",
        "/signin",
        "/oauth2/resume?request=x",
        "/emulator/clock",
        "/myaccount@evil.example/",
        "http:/myaccount/",
        "/myaccountevil",
        "/myaccount/é",
        "/myaccount/" + "x" * 3000,
    ],
)
async def test_no_open_redirect(town: Town, browser: Visitor, next_: str) -> None:
    page = await _sign_in_with(town, browser, {"next": next_})
    assert page == "/myaccount/"
    # Also for who is signed in already.
    answer = await browser.http.get("/signin", params={"next": next_})
    assert (answer.status_code, answer.headers["location"]) == (303, "/myaccount/")


@pytest.mark.parametrize(
    "next_",
    ["/myaccount/organizations", "/myaccount/organizations?find=a%20b", "/admin/users", "/switch", "/MyAccount/apps"],
)
async def test_back_to_where_they_wanted_to_go(town: Town, browser: Visitor, next_: str) -> None:
    assert await _sign_in_with(town, browser, {"next": next_}) == next_


async def _sign_in_with(town: Town, browser: Visitor, query: dict[str, str]) -> str:
    answer = await browser.http.get("/signin", params=query)
    assert answer.status_code == 200
    browser.page = Page(answer)
    await browser.press("Next", email="adele@contoso.example")
    form = browser.here.forms[0]
    headers = {"origin": PUBLIC_URL}
    answer = await browser.http.post(form.action, data={**form.fields, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_the_way_back_survives_detours(town: Town, browser: Visitor) -> None:
    """A wrong address, another language, and a look at the page for an organization's domain."""
    wanted = "/myaccount/organizations?find=a"
    page = await browser.open(wanted)
    assert page.h1 == "Sign in"
    await browser.press("Next", email="nobody")
    page = await browser.follow("Sign in to an organization")
    assert page.path == "/signin/organization?next=/myaccount/organizations%3Ffind%3Da"
    page = await browser.follow("Sign in without naming an organization")
    await browser.open(f"{page.path}&lang=nl")
    await browser.press("Volgende", email="adele@contoso.example")
    page = await browser.press("Aanmelden", password=PASSWORD)
    assert page.path == wanted


async def test_a_page_that_was_left_open_for_hours(town: Town, browser: Visitor) -> None:
    """Nothing is kept on the server before the address is sent, so nothing can get too old."""
    await browser.open("/myaccount/organizations")
    town.clock().advance(timedelta(hours=5))
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.path == "/myaccount/organizations"


async def test_headers_of_pages_and_redirects(town: Town, browser: Visitor) -> None:
    page = await browser.open("/signin")
    headers = page.response.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "form-action 'self';" in headers["content-security-policy"]
    answer = await browser.http.get("/myaccount/")
    assert answer.headers["location"] == "/signin?next=%2Fmyaccount%2F"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_cookies(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    kept = {}
    for answer in (await browser.http.get("/signin"), await town.browser().http.get("/signin")):
        for cookie in answer.headers.get_list("set-cookie"):
            kept[cookie.partition("=")[0]] = cookie
    assert set(kept) == {"__Host-vestibule-browser"}
    for cookie in kept.values():
        for attribute in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age="):
            assert attribute in cookie
        assert "Domain" not in cookie


@pytest.mark.parametrize(("method", "allowed"), [("PUT", "GET, HEAD, POST"), ("DELETE", "GET, HEAD, POST")])
async def test_other_methods(town: Town, browser: Visitor, method: str, allowed: str) -> None:
    answer = await browser.http.request(method, "/signin")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert (await browser.http.head("/signin")).status_code == 200


async def test_addresses_match_without_regard_to_case(town: Town, browser: Visitor) -> None:
    for path in ("/SignIn", "/signin/", "/SIGNIN/Organization"):
        assert (await browser.open(path)).status == 200


async def test_what_is_not_there_has_a_page(town: Town, browser: Visitor) -> None:
    for path in ("/signin/nothing", "/myaccount/nothing", "/switch/x"):
        page = await browser.open(path)
        assert (page.status, page.h1) == (404, "Page not found")
        assert "Reference: " in page.text


def _names(browser: Visitor) -> dict[str, Any]:
    return dict(browser.http.cookies)


@broken(session_goes_on)
async def test_a_session_gets_a_new_name_at_every_sign_in(town: Town, browser: Visitor) -> None:
    """No session that somebody could have planted survives a sign-in, and the one before it is over."""
    browser.http.cookies.set("__Host-vestibule-session", "planted", domain="vestibule.example")
    await town.sign_in(browser)
    first = _names(browser)["__Host-vestibule-session"]
    await town.sign_in(browser)
    second = _names(browser)["__Host-vestibule-session"]
    assert len({"planted", first, second}) == 3
    other = town.browser()
    other.http.cookies.set("__Host-vestibule-session", first, domain="vestibule.example")
    assert (await other.open("/switch")).path.startswith("/signin")


async def test_a_change_that_fails_says_so_and_can_be_tried_again(town: Town, browser: Visitor) -> None:
    await browser.open("/signin")
    form = browser.here
    town.house.faults.arm("commit", 1, 429)
    page = await browser.press("Next", email="adele@contoso.example")
    assert (page.status, page.h1) == (429, "Something went wrong")
    assert page.response.headers["retry-after"] == "1"
    assert "Nothing was changed." in page.text
    browser.page = form
    assert (await browser.press("Next", email="adele@contoso.example")).h1 == "Enter password"


async def test_a_database_that_is_away(town: Town, browser: Visitor) -> None:
    """The page for it needs no database: in the browser's language, with a reference, and a way to try again."""
    await town.house.store.close()
    page = await browser.open("/signin?tenantId=contoso.example", **{"accept-language": "sv"})
    assert page.status in {500, 503}
    assert (page.h1, page.language) == ("Något gick fel", "sv")
    assert "Referens: " in page.text
    assert page.links["Försök igen"] == "/signin?tenantId=contoso.example"
    assert "Traceback" not in page.response.text
