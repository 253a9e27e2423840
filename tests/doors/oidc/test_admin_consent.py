"""The platform's admin consent endpoint: it leads to the question in the Admin center, or says what is wrong."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.doors.oidc.conftest import CALLBACK, Office
from tests.support import world


@pytest.mark.parametrize("path", ["adminconsent", "v2.0/AdminConsent"])
async def test_it_leads_to_the_question(office: Office, path: str) -> None:
    fabrikam = await world.organization(office.house, "Fabrikam")
    more: dict[str, Any] = {"properties": {"signInAudience": "AzureADMultipleOrgs"}}
    several = await office.register("Several", public=True, redirect_uris=(CALLBACK,), **more)
    given = {"client_id": several.app.client_id, "redirect_uri": CALLBACK, "state": "s", "nonsense": "1"}
    answer = await office.http.get(f"/{fabrikam.domain}/{path}", params=given)
    assert answer.status_code == 303
    where = urlsplit(answer.headers["location"])
    assert (where.netloc, where.path) == ("", "/admin/consent")
    assert parse_qs(where.query) == {
        "tenant": [fabrikam.id],
        "client_id": [several.app.client_id],
        "redirect_uri": [CALLBACK],
        "state": ["s"],
    }
    alias = await office.http.get(f"/organizations/{path}", params=given)
    assert "tenant" not in parse_qs(urlsplit(alias.headers["location"]).query)


async def test_what_is_wrong_stays_on_our_page(office: Office) -> None:
    own = await office.register("Own", public=True, redirect_uris=(CALLBACK,))
    fabrikam = await world.organization(office.house, "Fabrikam")
    good = {"client_id": own.app.client_id, "redirect_uri": CALLBACK}
    for tenant, given, number in (
        (office.contoso.id, good | {"redirect_uri": "https://elsewhere.example/"}, "AADSTS50011"),
        (fabrikam.id, good, "AADSTS700016"),
        (office.contoso.id, {"redirect_uri": CALLBACK}, "AADSTS900144"),
        ("nowhere.example", good, "AADSTS90002"),
    ):
        answer = await office.http.get(f"/{tenant}/adminconsent", params=given)
        assert answer.status_code == 400, number
        assert number in answer.text
    twice = f"client_id={own.app.client_id}&client_id={own.app.client_id}&redirect_uri={CALLBACK}"
    assert "AADSTS9000411" in (await office.http.get(f"/{office.contoso.id}/adminconsent?{twice}")).text
