"""A sign-in desk on each database, with an organization, a member, and the kinds of apps there are."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.world import Place
from vestibule.actions import apps, signing_in
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.user_objects import NewMember
from vestibule.doors.oidc import Desk, Protocol
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.store.memberships import Membership

PASSWORD = "correct horse battery staple"
CALLBACK = "http://localhost:5000/cb"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = "openid profile email offline_access User.Read"


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """An empty house; the test runs once on each database."""
    if request.param == "sqlite":
        async with sqlite_house(tmp_path) as made:
            yield made
    else:
        async with postgres_house(request.getfixturevalue("postgres_server")) as made:
            yield made


@dataclass
class Office:
    """Everything a protocol test needs.

    Attributes:
        adele: a member with a password. client_id, secret: a confidential app. public_id: a public one.
    """

    house: House
    ring: KeyRing
    passwords: Passwords
    contoso: Place
    adele: Membership
    client_id: str
    secret: str
    public_id: str
    http: httpx.AsyncClient

    async def sign_in(self) -> None:
        """Adele signs in in this browser."""
        opened = await signing_in.prove_password(
            self.house, self.passwords, email="adele@contoso.example", password=PASSWORD, network=""
        )
        self.http.cookies.set("__Host-vestibule-session", opened.token)

    async def authorize(self, **more: str) -> httpx.Response:
        """Ask for a code."""
        given = {
            "client_id": self.public_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": SCOPE,
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        asked = {name: value for name, value in (given | more).items() if value}
        return await self.http.get(f"/{self.contoso.id}/oauth2/v2.0/authorize", params=asked)

    async def code(self, **more: str) -> str:
        """A fresh code for the signed-in person."""
        return answered(await self.authorize(**more))["code"]

    async def token(self, **form: str) -> httpx.Response:
        """Ask the token endpoint."""
        return await self.http.post(f"/{self.contoso.id}/oauth2/v2.0/token", data=form)

    async def exchange(self, code: str, **more: str) -> httpx.Response:
        """Exchange a code of the public app."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.public_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return await self.token(**(form | more))

    async def refresh(self, token: str, **more: str) -> httpx.Response:
        """Use a refresh token of the public app."""
        form = {"grant_type": "refresh_token", "client_id": self.public_id, "refresh_token": token}
        return await self.token(**(form | more))

    async def userinfo(self, token: str) -> httpx.Response:
        """Ask who the token is about."""
        return await self.http.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})


def answered(response: httpx.Response) -> dict[str, str]:
    """The parameters of an answer that went to the app."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


@pytest.fixture
async def office(house: House) -> AsyncIterator[Office]:
    """An organization with a member and apps, and a browser."""
    passwords = Passwords(house.chance)
    contoso = await world.organization(house, "Contoso")
    new = NewMember("Adele Vance", "adele@contoso.example", "adele", await hashed(passwords, PASSWORD))
    adele = await create_user(house, new, tenant_id=contoso.id, by=operator())
    confidential = await apps.create_app(
        house,
        NewApp(
            "Portal",
            redirect_uris=(CALLBACK,),
            logout_uris=(CALLBACK,),
            application_permissions=("User.Read.All",),
            delegated_permissions=("User.Read", "openid", "profile", "email", "offline_access"),
        ),
        tenant_id=contoso.id,
        by=operator(),
        grant_admin_consent=True,
    )
    public = await apps.create_app(
        house,
        NewApp(
            "Tool",
            public=True,
            redirect_uris=("http://localhost", CALLBACK),
            delegated_permissions=("User.Read", "openid", "profile", "email", "offline_access"),
        ),
        tenant_id=contoso.id,
        by=operator(),
        grant_admin_consent=True,
    )
    ring = KeyRing(house)
    transport = httpx.ASGITransport(app=Protocol(Desk(house, ring, passwords, StaticFiles())))
    assert confidential.secret is not None
    async with httpx.AsyncClient(transport=transport, base_url="https://vestibule.example") as http:
        yield Office(
            house,
            ring,
            passwords,
            contoso,
            adele,
            confidential.app.client_id,
            confidential.secret.text,
            public.app.client_id,
            http,
        )
    passwords.close()
