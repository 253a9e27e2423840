"""Clients that open a browser: msal and azure-identity, unmodified, with somebody who types into the real pages."""

import base64
import json
import re
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msal
import pytest
from azure.identity import InteractiveBrowserCredential
from playwright.sync_api import Page, sync_playwright

from tests.commands.conftest import Desk, initialise
from tests.commands.server import Server
from tests.support.chromium import ARGUMENTS, find_chromium
from tests.support.ports import free_port
from tests.support.wanted import Missing

PASSWORD = "correct horse battery staple"
ADMIN = "admin@contoso.example"
PERMISSIONS = ("User.Read", "openid", "profile", "email", "offline_access")


@dataclass
class Office:
    """A server over TLS, and a public client that opens browsers."""

    server: Server
    port: int
    tenant: str
    client_id: str
    ca: str

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"


@dataclass
class Somebody:
    """Somebody in front of a browser: signs in as far as the pages ask for it.

    Attributes:
        seen: the headings of the pages that were shown. trouble: what went wrong.
    """

    scripts: bool = True
    seen: list[str] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)

    def open(self, address: str, *_more: Any, **_named: Any) -> bool:
        """What ``webbrowser.open`` does: the browser goes its own way."""
        threading.Thread(target=self._sit_down, args=(address,), daemon=True).start()
        return True

    def _sit_down(self, address: str) -> None:
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
                context = browser.new_context(ignore_https_errors=True, java_script_enabled=self.scripts)
                self._sign_in(context.new_page(), address)
                browser.close()
        except BaseException as broken:  # noqa: BLE001 - told by the test, which waits in another thread
            self.trouble.append(broken)

    def _sign_in(self, page: Page, address: str) -> None:
        page.goto(address)
        self.seen.append(page.get_by_role("heading", level=1).inner_text())
        page.get_by_role("textbox", name="Email").fill(ADMIN)
        page.get_by_role("button", name="Next").click()
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        self.seen.append(page.get_by_role("heading", level=1).inner_text())
        page.get_by_role("button", name="Sign in", exact=True).click()
        # The client's own page on loopback, which it answers itself; without scripts a posted form has to be sent.
        going_on = page.get_by_role("button", name="Continue")
        done = page.get_by_text(re.compile("complete", re.IGNORECASE)).first
        going_on.or_(done).wait_for()
        if going_on.count():
            going_on.click()
        done.wait_for()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Contoso, served over TLS as it will be."""
    if find_chromium() is None:
        pytest.skip(str(Missing("Chromium")))
    desk = Desk(tmp_path_factory.mktemp("interactive") / "data")
    tenant = initialise(desk, "--emulator").value["tenantId"]
    wanted = [word for name in PERMISSIONS for word in ("--delegated-permission", name)]
    shared = ("app", "create", "--organization", "contoso.example", "--grant-admin-consent", "--json")
    made = desk.run(*shared, "--name", "Tool", "--public", "--redirect-uri", "http://localhost", *wanted).value
    port = free_port()
    server = desk.serve("--emulator", "--tls-dev", "--port", port).ready()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):  # they would be asked before us
                patch.delenv(name, raising=False)
            yield Office(server, port, tenant, made["clientId"], str(desk.data / "ca.pem"))
    finally:
        server.kill()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def somebody(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Somebody]:
    """Whoever the browser is opened for."""
    sitting = Somebody(request.param)
    monkeypatch.setattr(webbrowser, "open", sitting.open)
    yield sitting
    assert sitting.trouble == []


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read


@pytest.mark.parametrize("named", ["by id", "by domain", "organizations"])
def test_msal_code_with_pkce_through_the_real_pages(office: Office, somebody: Somebody, named: str) -> None:
    tenant = {"by id": office.tenant, "by domain": "contoso.example", "organizations": "organizations"}[named]
    app = msal.PublicClientApplication(
        office.client_id, authority=f"{office.origin}/{tenant}", instance_discovery=False, verify=office.ca
    )
    found = app.acquire_token_interactive(["User.Read"], timeout=60)
    assert found.get("id_token_claims", {}).get("preferred_username") == ADMIN, found
    assert claims(found["access_token"])["tid"] == office.tenant
    (account,) = app.get_accounts()
    renewed = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
    assert renewed["access_token"] != found["access_token"]
    assert somebody.seen == ["Sign in", "Enter password"]


def test_azure_identity_interactive(office: Office, somebody: Somebody, tmp_path: Path) -> None:
    credential = InteractiveBrowserCredential(
        tenant_id="contoso.example",
        client_id=office.client_id,
        authority=office.origin,
        disable_instance_discovery=True,
        connection_verify=office.ca,
        timeout=60,
    )
    token = credential.get_token("https://graph.microsoft.com/User.Read").token
    assert (claims(token)["tid"], claims(token)["scp"].split()[0]) == (office.tenant, "User.Read")
