"""The password grant: off, in no metadata, for single apps that whoever runs the machine allowed it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from soak.sign_in_breakages_protocol import passwords_for_every_app
from tests.doors.oidc.conftest import PASSWORD, SCOPE, Office, error_of
from tests.support import world
from tests.support.broken import broken
from vestibule.actions import apps, signing_in, terms
from vestibule.actions.apps import Registered
from vestibule.actions.signing_in import FAILURES
from vestibule.actions.switching import disable
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.terms import Document


@pytest.fixture
async def script(office: Office) -> Registered:
    return await office.register("Script", public=True, password_grant=True)


async def ask(office: Office, app: Registered, *, tenant: str = "", **more: str) -> httpx.Response:
    form = {
        "grant_type": "password",
        "client_id": app.app.client_id,
        "username": "adele@contoso.example",
        "password": PASSWORD,
        "scope": SCOPE,
    }
    return await office.token(tenant=tenant, **(form | more))


async def test_a_name_and_a_password_give_tokens(office: Office, script: Registered) -> None:
    response = await ask(office, script)
    assert response.status_code == 200, response.text
    found = response.json()
    claims = await office.claims(found["id_token"], "JWT")
    assert (claims["oid"], claims["amr"]) == (office.adele.user_id, ["pwd"])
    assert "sid" not in claims, "there is no browser session"
    assert (await office.userinfo(found["access_token"])).status_code == 200
    assert (await office.refresh(found["refresh_token"], client_id=script.app.client_id)).status_code == 200
    told = await world.last_event(office.contoso)
    assert (told.type, told.record["client_id"]) == ("signIn", script.app.client_id)
    assert told.record["facts"]["passwordGrant"] is True


async def test_terms_of_use_are_accepted_on_a_page_first(office: Office, script: Registered) -> None:
    documents = {"en": Document(text="Be kind.")}
    await terms.change_terms_of_use(office.house, tenant_id=office.contoso.id, documents=documents, by=operator())
    refused = await ask(office, script)
    assert (refused.status_code, error_of(refused)) == (400, ("interaction_required", 50158))
    here = {"tenant_id": office.contoso.id, "user_id": office.adele.user_id}
    await terms.accept_terms(office.house, **here, edition=1, by=world.at_portal(office.adele))
    assert (await ask(office, script)).status_code == 200


@broken(passwords_for_every_app)
async def test_it_is_off_and_in_no_metadata(office: Office) -> None:
    for client_id in (office.public_id, office.client_id):
        response = await office.token(
            grant_type="password", client_id=client_id, username="adele@contoso.example", password=PASSWORD, scope=SCOPE
        )
        assert error_of(response)[0] in {"unsupported_grant_type", "invalid_client"}
    for tenant in (office.contoso.id, "organizations"):
        found = (await office.http.get(f"/{tenant}/v2.0/.well-known/openid-configuration")).json()
        assert "password" not in found["grant_types_supported"]


async def test_only_who_runs_the_machine_allows_it(office: Office) -> None:
    for by in (office.contoso.admin, world.program(office.contoso, "Application.ReadWrite.All")):
        with pytest.raises(Refused) as refused:
            await apps.create_app(
                office.house, NewApp("Sly", public=True, password_grant=True), tenant_id=office.contoso.id, by=by
            )
        assert refused.value.reason is Reason.NOT_ALLOWED


@pytest.mark.parametrize(
    "more",
    [
        {"password": "wrong"},
        {"username": "nobody@contoso.example"},
        {"username": "adele@nowhere.example"},
        {"username": "x" * 5000},
    ],
)
async def test_whatever_is_wrong_with_them_is_said_alike(
    office: Office, script: Registered, more: dict[str, str]
) -> None:
    assert error_of(await ask(office, script, **more)) == ("invalid_grant", 50126)


async def test_an_emailed_code_is_no_password(office: Office, script: Registered) -> None:
    await world.guest(office.contoso, "guest@elsewhere.example")
    for password in ("12345678", ""):
        answer = await ask(office, script, username="guest@elsewhere.example", password=password)
        assert error_of(answer)[0] == ("invalid_grant" if password else "invalid_request")


async def test_disabled_is_said_only_to_who_knows_the_password(office: Office, script: Registered) -> None:
    await disable(office.house, tenant_id=office.contoso.id, user_id=office.adele.user_id, by=operator())
    assert error_of(await ask(office, script)) == ("invalid_grant", 50057)
    assert error_of(await ask(office, script, password="wrong")) == ("invalid_grant", 50126)


async def test_wrong_tries_count_with_those_of_the_pages(office: Office, script: Registered) -> None:
    wrong: dict[str, Any] = {"email": "adele@contoso.example", "password": "wrong", "network": "127.0.0.1"}
    for _ in range(FAILURES - 1):
        with pytest.raises(Refused):
            await signing_in.prove_password(office.house, office.passwords, **wrong)
    assert error_of(await ask(office, script, password="wrong")) == ("invalid_grant", 50126)
    locked = await ask(office, script)
    assert error_of(locked) == ("invalid_grant", 50053)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0
    office.push(timedelta(minutes=5))
    assert (await ask(office, script)).status_code == 200


async def test_a_guest_with_a_home_names_the_organization(office: Office, script: Registered) -> None:
    fabrikam = await world.organization(office.house, "Fabrikam")
    guest = await office.adele_at(fabrikam)
    theirs = await office.register("Their script", fabrikam, public=True, password_grant=True)
    there = (await ask(office, theirs, tenant=fabrikam.id)).json()
    claims = await office.claims(there["access_token"])
    assert (claims["tid"], claims["oid"], claims["acct"]) == (fabrikam.id, guest.user_id, 1)
    assert error_of(await ask(office, theirs, tenant="organizations")) == ("invalid_grant", 50020)
    home = (await ask(office, script, tenant="organizations")).json()
    assert (await office.claims(home["access_token"]))["tid"] == office.contoso.id


async def test_nobody_can_be_asked_for_consent(office: Office, script: Registered) -> None:
    assert error_of(await ask(office, script, scope="openid User.Read.All")) == ("invalid_grant", 65001)


async def test_a_confidential_app_proves_itself_as_well(office: Office) -> None:
    app = await office.register("Server", password_grant=True, redirect_uris=("https://server.contoso.example/",))
    assert error_of(await ask(office, app))[0] == "invalid_client"
    assert app.secret is not None
    assert (await ask(office, app, client_secret=app.secret.text)).status_code == 200
