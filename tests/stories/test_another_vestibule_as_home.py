"""Two deployments over TLS on this machine: Pat is at home in the one, and a guest in the other.

Pat is invited and comes by way of home, is disabled there and out here at once, comes back, and leaves.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.support.houses import KINDS
from tests.support.pages import Page, Visitor
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.serving import served
from vestibule import seeded, serving
from vestibule.actions import apps, directory_users, inviting, organizing, providers
from vestibule.actions.credentials import hashed
from vestibule.actions.house import House
from vestibule.actions.organizing import NewOrganization
from vestibule.actions.providers import NewProvider
from vestibule.actions.switching import disable, enable
from vestibule.actions.user_objects import NewMember
from vestibule.app import front
from vestibule.ground.certificates import Certificates, for_development
from vestibule.program import Program, open_program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.settings import Settings
from vestibule.store import memberships
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization

PASSWORD = "correct horse battery staple"
PAT = "pat@partner.example"
AFTERWARDS = "&next=/myaccount/organizations"


@dataclass
class Deployment:
    """A deployment that is served over TLS. ``origin``: where."""

    program: Program
    origin: str
    organization: Organization

    @property
    def house(self) -> House:
        """Its house."""
        return self.program.house

    async def work(self) -> None:
        """One round of its worker: letters and notices go out."""
        await self.program.worker.tick()


@asynccontextmanager
async def deployment(
    folder: Path, certificates: Certificates, database: str, name: str, domain: str
) -> AsyncIterator[Deployment]:
    """Serve a deployment with one organization on a free port of this machine."""
    port = free_port()
    sockets = serving.bind("localhost", port)
    origin = f"https://localhost:{port}"
    settings = Settings(
        data=folder,
        database_url=database,
        public_url=origin,
        allow_loopback_targets=True,
        extra_ca=str(certificates.authority),
    )
    program = await open_program(settings, serving=True, emulator_wanted=True)
    app = front(program, reset=lambda: seeded.reset(program))
    secured = {"ssl_certfile": str(certificates.certificate), "ssl_keyfile": str(certificates.key)}
    try:
        async with served(app, *sockets, **secured):
            made = await organizing.create_organization(program.house, NewOrganization(name, domain), by=operator())
            yield Deployment(program, origin, made.organization)
    finally:
        await program.close()


@dataclass
class Traveller(Visitor):
    """A browser without scripts that goes from one deployment to the other."""

    async def post(self, address: str, sent: Mapping[str, str | list[str]], **headers: Any) -> Page:
        """Send a form to the site of the page it stands on."""
        here = self.here.response.url
        origin = f"{here.scheme}://{here.netloc.decode()}"
        said = {"origin": origin, "sec-fetch-site": "same-origin", **headers}
        return await self._arrive(await self.http.post(urljoin(str(here), address), data=sent, headers=said))

    async def _arrive(self, response: httpx.Response) -> Page:
        for _ in range(20):
            target = response.headers.get("location") or Page(response).refresh
            if not target:
                break
            response = await self.http.get(urljoin(str(response.url), target))
        self.page = Page(response)
        return self.page

    def at(self, where: Deployment) -> bool:
        """Whether the browser is at this deployment."""
        return str(self.here.response.url).startswith(where.origin)


@dataclass
class Neighbours:
    """Contoso, where Pat is a guest, and Partner, where Pat is at home."""

    contoso: Deployment
    partner: Deployment
    pat: Membership
    trusted: ssl.SSLContext
    stack: AsyncExitStack

    async def browser(self) -> Traveller:
        """A fresh browser that trusts both."""
        http = httpx.AsyncClient(verify=self.trusted, trust_env=False, timeout=30)
        return Traveller(await self.stack.enter_async_context(http))

    async def sign_in_at_home(self, browser: Traveller) -> Page:
        """Pat types address and password, at home."""
        assert browser.at(self.partner)
        await browser.press("Next", email=PAT)
        assert browser.at(self.partner)
        return await browser.press("Sign in", password=PASSWORD)

    async def come_again(self, browser: Traveller) -> Page:
        """Pat picks the account that this browser knows, which leads home."""
        await browser.open(f"{self.contoso.origin}/signin?tenantId={self.contoso.organization.tenant_id}{AFTERWARDS}")
        assert browser.here.h1 == "Pick an account"
        (known,) = [name for form in browser.here.forms for name in form.buttons if PAT in name and "Pat" in name[:3]]
        await browser.press(known)
        return await self.sign_in_at_home(browser)

    async def guests(self) -> list[Membership]:
        """Pat as Contoso knows them."""
        reading = await self.contoso.house.store.read()
        return await memberships.by_mail(reading, self.contoso.organization.tenant_id, PAT)


@pytest.fixture(params=KINDS)
async def neighbours(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Neighbours]:
    """Two deployments that know each other."""
    databases = ["", ""]
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        databases = [await asyncio.to_thread(server.create_database) for _ in databases]
    certificates = for_development(tmp_path, datetime.now(UTC))
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(deployment(tmp_path / name, certificates, database, name.title(), domain))
            for name, domain, database in zip(
                ("contoso", "partner"), ("contoso.example", "partner.example"), databases, strict=True
            )
        ]
        new = NewMember(
            "Pat Stone", PAT, "pat", await hashed(there.program.passwords, PASSWORD), properties={"mail": PAT}
        )
        pat = await directory_users.create_user(there.house, new, tenant_id=there.organization.tenant_id, by=operator())
        await _introduce(here, there)
        trusted = ssl.create_default_context(cafile=str(certificates.authority))
        yield Neighbours(here, there, pat, trusted, stack)


async def _introduce(here: Deployment, there: Deployment) -> None:
    """Register the one at the other, both ways."""
    app = NewApp(
        "Contoso",
        redirect_uris=(f"{here.origin}/signin/federated",),
        delegated_permissions=("openid", "email"),
    )
    tenant_id = there.organization.tenant_id
    made = await apps.create_app(there.house, app, tenant_id=tenant_id, by=operator(), grant_admin_consent=True)
    assert made.secret is not None
    metadata_url = f"{there.origin}/{tenant_id}/v2.0/.well-known/openid-configuration"
    new = NewProvider("Partner", metadata_url, made.app.client_id, made.secret.text, ("partner.example",))
    provider = await providers.create_provider(here.house, new, tenant_id=here.organization.tenant_id, by=operator())
    told_at = f"{here.origin}/signin/federated/{provider.provider_id}/logout"
    await apps.update_app(
        there.house,
        tenant_id=tenant_id,
        app_id=made.app.app_id,
        changes={"backchannel_logout_uri": told_at},
        by=operator(),
    )


async def test_a_guest_whose_home_is_another_vestibule(neighbours: Neighbours) -> None:
    contoso, partner = neighbours.contoso, neighbours.partner
    here = contoso.organization.tenant_id
    list_of_organizations = f"{contoso.origin}/myaccount/organizations"

    # Invited, and accepted by way of home
    asked = inviting.check(PAT, list_of_organizations, display_name="Pat Stone")
    sent = await inviting.invite(contoso.house, asked, tenant_id=here, by=operator())
    browser = await neighbours.browser()
    await browser.open(sent.redeem_url)
    await browser.press("Accept invitation")
    page = await neighbours.sign_in_at_home(browser)
    assert browser.at(contoso)
    assert page.h1 == "Review permissions"
    page = await browser.press("Accept")
    assert page.h1 == "Organizations"
    assert "Contoso" in page.text
    (guest,) = await neighbours.guests()
    issuer = f"{partner.origin}/{partner.organization.tenant_id}/v2.0"
    assert guest.provider == issuer
    assert guest.person_id != neighbours.pat.person_id

    # Signed in in another browser, which home asks in its turn
    other = await neighbours.browser()
    await other.open(f"{contoso.origin}/signin?tenantId={here}{AFTERWARDS}")
    await other.press("Sign in with Partner")
    page = await neighbours.sign_in_at_home(other)
    assert (other.at(contoso), page.h1) == (True, "Organizations")

    # Disabled at home: out here as soon as home has said so, and not let in again
    where = {"tenant_id": neighbours.pat.tenant_id, "user_id": neighbours.pat.user_id}
    await disable(partner.house, **where, by=operator())
    await partner.work()
    for one in (browser, other):
        assert (await one.open(list_of_organizations)).h1 == "Sign in"
    page = await neighbours.come_again(browser)
    assert (browser.at(partner), page.h1) == (True, "Your account is disabled")

    # Enabled again
    await enable(partner.house, **where, by=operator())
    page = await neighbours.come_again(browser)
    assert (browser.at(contoso), page.h1) == (True, "Organizations")

    # Left
    await browser.open(f"{list_of_organizations}/{here}/leave")
    await browser.press("Leave")
    again = await neighbours.browser()
    await again.open(f"{contoso.origin}/signin?tenantId={here}")
    await again.press("Sign in with Partner")
    page = await neighbours.sign_in_at_home(again)
    assert (again.at(contoso), page.h1) == (True, "You left Contoso")
