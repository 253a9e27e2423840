"""An app sends an administrator here, who lets it in for everybody or does not."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from vestibule.actions import apps
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import consents, foreign_principals
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY

BACK = "https://app.example/consented"


@pytest.fixture
async def everywhere(office: Office) -> App:
    """An app of another organization that serves others too."""
    owner = await world.organization(office.town.house, "Proseware")
    more: dict[str, Any] = {
        "properties": {"signInAudience": "AzureADMultipleOrgs"},
        "delegated_permissions": ("User.Read",),
    }
    new = NewApp("Everywhere", public=True, redirect_uris=(BACK,), **more)
    return (await apps.create_app(office.town.house, new, tenant_id=owner.id, by=operator())).app


def address(office: Office, app: App, **more: str) -> str:
    given = {"tenant": office.contoso.id, "client_id": app.client_id, "redirect_uri": BACK, "state": "a b&c"}
    return f"/admin/consent?{urlencode(given | more)}"


async def names(office: Office, app: App) -> tuple[str, ...]:
    found = await consents.find(await office.town.house.store.read(), office.contoso.id, app.app_id, EVERYBODY)
    return () if found is None else found.names


async def test_it_is_let_in_for_everybody_and_goes_back(office: Office, everywhere: App):
    page = await office.open(address(office, everywhere, scope="User.Read openid"))
    assert page.h1 == "Let Everywhere in?"
    assert "Everywhere belongs to Proseware." in page.text
    office.browser.http.follow_redirects = False
    form, _ = page.button("Accept for everybody")
    answer = await office.browser.http.post(
        form.action, data=form.fields, headers={"Origin": "https://vestibule.example"}
    )
    assert answer.status_code == 303
    where = urlsplit(answer.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == BACK
    assert parse_qs(where.query) == {"admin_consent": ["True"], "tenant": [office.contoso.id], "state": ["a b&c"]}
    assert await names(office, everywhere) == ("User.Read", "openid")
    reading = await office.town.house.store.read()
    assert [one.app_id for one in await foreign_principals.everyone(reading, office.contoso.id)] == [everywhere.app_id]
    assert "consent.give" in {one.type for one in await world.events(office.contoso)}


async def test_without_scopes_it_is_what_the_app_asks_for_and_no_is_told(office: Office, everywhere: App):
    page = await office.open(address(office, everywhere))
    assert "User.Read" in page.text
    declined = parse_qs(urlsplit(page.links["Cancel"]).query)
    assert (declined["error"], declined["state"]) == (["access_denied"], ["a b&c"])
    assert await names(office, everywhere) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://elsewhere.example/consented"},
        {"client_id": "00000000-0000-4000-8000-000000000000"},
        {"tenant": "00000000-0000-4000-8000-000000000000"},
        {"scope": "Wombats.Feed"},
    ],
)
async def test_what_does_not_fit_together_leads_nowhere(office: Office, everywhere: App, wrong: dict[str, str]):
    assert (await office.open(address(office, everywhere, **wrong))).status == 404


async def test_it_takes_who_may_give_permissions(office: Office, everywhere: App):
    await office.role(office.boss, GLOBAL_READER)
    keeper = await world.member(office.contoso, "Keeper Kay")
    await office.role(keeper, GLOBAL_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    await office.open(address(office, everywhere, scope="User.Read"))
    refused = await office.browser.press("Accept for everybody")
    assert refused.status == 403
    assert await names(office, everywhere) == ()
