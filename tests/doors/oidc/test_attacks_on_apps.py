"""What is tried against apps and their addresses, on both databases."""

import pytest

from soak.sign_in_breakages import redirect_by_its_beginning
from soak.sign_in_breakages_protocol import (
    any_address_registered,
    any_scope_of_its_own,
    ending_ends_nothing,
    first_address_learned,
)
from tests.doors.oidc.conftest import CALLBACK, ONE_DATABASE, Office, answered, error_of
from tests.support.broken import broken
from vestibule.actions import apps, switching
from vestibule.actions.apps import Registered
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Refused
from vestibule.store import apps as kept_apps


@broken(first_address_learned)
async def test_an_app_without_addresses_learns_none_from_use(office: Office) -> None:
    bare: Registered = await office.register("No addresses", public=True)
    await office.sign_in()
    for _ in range(2):
        for address in (CALLBACK, "http://localhost", "https://evil.test/cb"):
            page = await office.authorize(client_id=bare.app.client_id, redirect_uri=address)
            assert page.status_code == 400
            assert "location" not in page.headers
    found = await kept_apps.find(await office.house.store.read(), office.contoso.id, bare.app.app_id)
    assert found is not None
    assert (list(found.redirect_uris), list(found.spa_redirect_uris)) == ([], [])


@ONE_DATABASE
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,<script>1</script>",
        "vbscript:x",
        "https://user:secret@evil.test/",
        "https://apps.example/cb#fragment",
        "http://elsewhere.example/cb",
        "java\tscript:alert(1)",
        "",
    ],
)
@broken(any_address_registered, case="javascript")
async def test_addresses_that_no_app_has(office: Office, address: str) -> None:
    with pytest.raises(Refused):
        await apps.create_app(
            office.house, NewApp("Hostile", redirect_uris=(address,)), tenant_id=office.contoso.id, by=operator()
        )


@ONE_DATABASE
@pytest.mark.parametrize("more", ["/", "/more", "?x=1", "#x", ".evil.test", "%2e", "/../x", "@evil.test"])
@broken(redirect_by_its_beginning, case="evil")
async def test_an_address_is_matched_to_its_last_letter(office: Office, more: str) -> None:
    await office.sign_in()
    page = await office.authorize(client_id=office.client_id, redirect_uri=CALLBACK + more)
    assert page.status_code == 400
    assert "location" not in page.headers


@broken(ending_ends_nothing)
async def test_everything_after_somebody_is_gone_is_refused_by_every_grant(office: Office) -> None:
    """One gate for all: a code, a refresh token, and the session itself."""
    await office.sign_in()
    tokens = await office.tokens()
    code = await office.code()
    await switching.disable(office.house, tenant_id=office.contoso.id, user_id=office.adele.user_id, by=operator())
    assert error_of(await office.exchange(code))[0] == "invalid_grant"
    assert error_of(await office.refresh(tokens["refresh_token"]))[0] == "invalid_grant"
    assert (await office.userinfo(tokens["access_token"])).status_code == 401
    again = await office.authorize(prompt="none")
    assert answered(again)["error"] == "login_required"


@broken(any_scope_of_its_own)
async def test_a_program_gets_for_itself_what_it_was_granted_and_nothing_by_name(office: Office) -> None:
    asked = {"grant_type": "client_credentials", "client_id": office.client_id, "client_secret": office.secret}
    for name in ("User.ReadWrite.All", "User.Read.All", "Made.Up"):
        refused = await office.token(scope=f"https://vestibule.example/{name}", **asked)
        assert error_of(refused)[0] == "invalid_scope", name
    given = await office.token(scope="https://vestibule.example/.default", **asked)
    claims = await office.ring.verify(given.json()["access_token"], algorithms=frozenset({"ES256"}), typ="at+jwt")
    assert claims["roles"] == ["User.Read.All"]
