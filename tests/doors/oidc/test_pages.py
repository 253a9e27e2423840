"""What a person sees of this door: errors that no app may hear, forms that go on by themselves, signing out."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from soak.sign_in_breakages_protocol import pages_not_escaped
from tests.doors.oidc.conftest import CALLBACK, ONE_DATABASE, SESSION, Office, answered, error_of
from tests.support import world
from tests.support.broken import broken
from vestibule.actions import signing_in
from vestibule.actions.access import authenticate_session

WORDS = {
    "en": ("This sign-in request isn", "Reference:", "For the people who run the app:"),
    "nl": ("Dit aanmeldingsverzoek is niet geldig", "Referentie", "Voor de beheerders van de app:"),
    "sv": ("Inloggningsbegäran är inte giltig", "Referens", "För dem som sköter appen:"),
}
BAD = {"redirect_uri": "https://evil.example/cb"}


# --- Errors that stay here --------------------------------------------------------------------------------------------


@ONE_DATABASE
@pytest.mark.parametrize("language", sorted(WORDS))
async def test_an_error_is_a_page_in_the_readers_language(office: Office, language: str) -> None:
    office.http.headers["Accept-Language"] = f"{language}-XX, en;q=0.1"
    response = await office.authorize(**BAD)
    assert response.status_code == 400
    assert "location" not in response.headers
    for word in WORDS[language]:
        assert word in response.text
    assert f'<html lang="{language}"' in response.text
    assert response.headers["content-language"] == language
    assert "AADSTS50011" in response.text
    assert re.search(r'<code id="reference"[^>]*>[0-9a-f-]{36}</code>', response.text)
    assert '<time datetime="2026-03-02T09:30:00Z">' in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"


async def test_the_app_may_say_the_language_and_the_person_choose_another(office: Office) -> None:
    assert WORDS["sv"][0] in (await office.authorize(ui_locales="xx sv", **BAD)).text
    chosen = await office.authorize(ui_locales="sv", lang="nl", **BAD)
    assert WORDS["nl"][0] in chosen.text
    assert "language=nl" in chosen.headers["set-cookie"]
    assert WORDS["nl"][0] in (await office.authorize(ui_locales="sv", **BAD)).text, "and it is remembered"


async def test_the_way_to_another_language_repeats_the_request(office: Office) -> None:
    page = (await office.authorize(state="a&b", **BAD)).text
    assert f'action="/{office.contoso.id}/oauth2/v2.0/authorize"' in page
    assert '<input type="hidden" name="state" value="a&amp;b">' in page


@ONE_DATABASE
@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": '"><script>alert(1)</script>'},
        {"client_id": '"><script>alert(1)</script>'},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://evil.example/", "state": "</form><script>alert(1)</script>"},
    ],
)
@broken(pages_not_escaped, case="more1")
async def test_nothing_that_was_sent_runs_on_the_page(office: Office, more: dict[str, str]) -> None:
    response = await office.authorize(**more)
    assert response.status_code == 400
    assert "<script>alert" not in response.text


async def test_unknown_organizations_and_paths_are_pages_too(office: Office) -> None:
    nowhere = await office.authorize(tenant="nowhere.example")
    assert (nowhere.status_code, "AADSTS90002" in nowhere.text) == (400, True)
    lost = await office.http.get("/no/such/page", headers={"Accept": "text/html"})
    assert (lost.status_code, "Page not found" in lost.text) == (404, True)
    assert (await office.http.get("/no/such/page")).json() == {"error": "notFound"}


async def test_an_oversized_request_is_a_small_page(office: Office) -> None:
    response = await office.authorize(state="x" * 20_000)
    assert (response.status_code, len(response.content) < 20_000) == (400, True)


async def test_a_sign_in_that_is_over(office: Office) -> None:
    response = await office.http.get("/oauth2/resume?request=nothing")
    assert (response.status_code, "This link no longer works" in response.text) == (400, True)


# --- The form that goes on --------------------------------------------------------------------------------------------


async def test_form_post_names_the_app_and_works_without_scripts(office: Office) -> None:
    await office.sign_in()
    response = await office.authorize(response_mode="form_post")
    assert "Continue to" in response.text
    assert "Tool" in response.text
    assert '<button class="button button-primary button-wide">Continue</button>' in response.text
    assert f'<form method="post" action="{CALLBACK}"' in response.text
    names = re.findall(r'<input type="hidden" name="([a-z_]+)"', response.text.split("</main>", maxsplit=1)[0])
    assert set(names) == {"code", "state", "iss", "session_state"}
    assert "script-src 'self'" in response.headers["content-security-policy"]


async def test_errors_travel_by_form_as_well(office: Office) -> None:
    response = await office.authorize(response_mode="form_post", prompt="none")
    assert 'name="error" value="login_required"' in response.text


async def test_an_address_of_an_apps_own_scheme_takes_no_form(office: Office) -> None:
    app = await office.register("Phone", public=True, redirect_uris=("com.contoso.phone:/cb",))
    await office.sign_in()
    own = {"client_id": app.app.client_id, "redirect_uri": "com.contoso.phone:/cb"}
    refused = await office.authorize(response_mode="form_post", **own)
    assert refused.headers["location"].startswith("com.contoso.phone:/cb?error=invalid_request")
    assert (await office.authorize(**own)).headers["location"].startswith("com.contoso.phone:/cb?code=")
    fragment = await office.authorize(response_mode="fragment", **own)
    assert fragment.headers["location"].startswith("com.contoso.phone:/cb#code=")


# --- Signing out ------------------------------------------------------------------------------------------------------


async def sign_out(office: Office, **given: str) -> httpx.Response:
    return await office.http.get(office.at("oauth2/v2.0/logout"), params=given)


async def is_signed_in(office: Office) -> bool:
    return "code" in answered(await office.authorize(prompt="none"))


async def test_with_an_id_token_of_mine_i_am_signed_out_and_sent_on(office: Office) -> None:
    await office.sign_in()
    hint = (await office.tokens())["id_token"]
    away = await sign_out(office, id_token_hint=hint, post_logout_redirect_uri=CALLBACK, state="s t")
    assert away.headers["location"] == f"{CALLBACK}?state=s+t"
    assert f"{SESSION}=" in away.headers["set-cookie"]
    assert not await is_signed_in(office)


@pytest.mark.parametrize("kind", ["none", "foreign", "forged", "access token", "somebody else's"])
async def test_without_one_i_am_asked_first(office: Office, kind: str) -> None:
    guest = await world.guest(office.contoso, "guest@elsewhere.example")
    await office.sign_in_as(guest.person_id or "")
    theirs = await office.tokens()
    await office.sign_in()
    mine = await office.tokens()
    hint = {
        "none": "",
        "foreign": "eyJhbGciOiJub25lIn0.e30.",
        "forged": mine["id_token"].rpartition(".")[0] + "." + "A" * 342,
        "access token": mine["access_token"],
        "somebody else's": theirs["id_token"],
    }[kind]
    more: dict[str, Any] = {"id_token_hint": hint} if hint else {}
    asked = await sign_out(office, client_id=office.public_id, post_logout_redirect_uri=CALLBACK, **more)
    assert asked.headers["location"].startswith("/signout?request=")
    assert await is_signed_in(office), "a link alone signs nobody out"


async def test_after_agreeing_the_browser_goes_on_to_the_app(office: Office) -> None:
    await office.sign_in()
    asked = await sign_out(office, client_id=office.public_id, post_logout_redirect_uri=CALLBACK, state="s")
    handle = parse_qs(urlsplit(asked.headers["location"]).query)["request"][0]
    still = await office.http.get(f"/oauth2/signed-out?request={handle}")
    assert still.headers["location"] == "/signed-out", "not before they agreed"
    await signing_in.sign_out(office.house, office.http.cookies.get(SESSION) or "")
    on = await office.http.get(f"/oauth2/signed-out?request={handle}")
    assert on.headers["location"] == f"{CALLBACK}?state=s"
    office.http.cookies.clear()
    stolen = await office.http.get(f"/oauth2/signed-out?request={handle}")
    assert stolen.headers["location"] == "/signed-out", "in this browser only"


@pytest.mark.parametrize(
    "address", ["https://evil.example/", f"{CALLBACK}/", "//evil.example", "javascript:alert(1)", ""]
)
async def test_nobody_is_sent_to_an_address_that_is_not_the_apps(office: Office, address: str) -> None:
    await office.sign_in()
    hint = (await office.tokens())["id_token"]
    away = await sign_out(office, id_token_hint=hint, post_logout_redirect_uri=address)
    assert away.headers["location"] == "/signed-out"
    away = await sign_out(office, client_id=office.public_id, post_logout_redirect_uri=address)
    assert away.headers["location"] == "/signed-out", "nobody is signed in, and the hint is missing"


async def test_a_hint_of_one_app_and_the_id_of_another(office: Office) -> None:
    await office.sign_in()
    hint = (await office.tokens())["id_token"]
    away = await sign_out(office, id_token_hint=hint, client_id=office.client_id)
    assert (away.status_code, "AADSTS9000411" in away.text) == (400, True)
    assert await is_signed_in(office)


async def test_a_form_from_another_site_comes_back_by_its_address(office: Office) -> None:
    await office.sign_in()
    hint = (await office.tokens())["id_token"]
    cookies = dict(office.http.cookies)
    office.http.cookies.clear()  # SameSite=Lax: a post from elsewhere brings none
    form = {"id_token_hint": hint, "post_logout_redirect_uri": CALLBACK, "secret": "x"}
    posted = await office.http.post(office.at("oauth2/v2.0/logout"), data=form)
    again = posted.headers["location"]
    assert again.startswith(office.at("oauth2/v2.0/logout?id_token_hint="))
    assert "secret" not in again
    for name, value in cookies.items():
        office.http.cookies.set(name, value)
    assert (await office.http.get(again)).headers["location"] == CALLBACK
    assert not await is_signed_in(office)


async def test_what_lasts_as_long_as_the_session_ends_with_it(office: Office) -> None:
    """OpenID Connect Back-Channel Logout, section 2.7: ``offline_access`` outlives a sign-out, nothing else does."""
    signed_in = await office.sign_in()
    brief = await office.tokens(scope="openid User.Read")
    lasting = await office.tokens()
    pending = await office.code(scope="openid User.Read")
    token = office.http.cookies.get(SESSION) or ""
    await sign_out(office, id_token_hint=brief["id_token"])
    assert await authenticate_session(await office.house.store.read(), token) is None
    assert signed_in.session.person_id == office.adele.person_id
    assert (await office.userinfo(brief["access_token"])).status_code == 401
    assert error_of(await office.exchange(pending))[0] == "invalid_grant", "a code on its way leads nowhere"
    assert (await office.userinfo(lasting["access_token"])).status_code == 200
    assert (await office.refresh(lasting["refresh_token"])).status_code == 200


async def test_the_session_an_app_knows_stays_the_same_while_its_cookie_changes(office: Office) -> None:
    fabrikam = await world.organization(office.house, "Fabrikam")
    await office.adele_at(fabrikam)
    there = await office.register("There", fabrikam, public=True, redirect_uris=(CALLBACK,))
    await office.sign_in()
    first = await office.claims((await office.tokens())["id_token"], "JWT")
    cookie = office.http.cookies.get(SESSION)
    found = await office.tokens(tenant=fabrikam.id, client_id=there.app.client_id)
    assert office.http.cookies.get(SESSION) != cookie, "opening an organization changes the token"
    second = await office.claims(found["id_token"], "JWT")
    assert first["sid"] == second["sid"]
    await office.sign_in()
    assert (await office.claims((await office.tokens())["id_token"], "JWT"))["sid"] != first["sid"]
