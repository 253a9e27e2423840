"""A sign-in desk on each database, with an organization, a member, and the kinds of apps there are."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.world import Place
from vestibule.actions import apps, redeeming, signing_in
from vestibule.actions.access import SignedIn
from vestibule.actions.apps import Registered
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.key_ring import ACTIVE, SEALED_FOR, KeyRing
from vestibule.actions.user_objects import NewMember
from vestibule.doors.oidc import Desk, Protocol
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passwords import Passwords
from vestibule.ground.signing import SigningKey, generate_es256, generate_rs256
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.store import signing_keys
from vestibule.store.memberships import Membership
from vestibule.store.signing_keys import KeptKey
from vestibule.store.unit import Unit

PASSWORD = "correct horse battery staple"
CALLBACK = "http://localhost:5000/cb"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPE = "openid profile email offline_access User.Read"
PERMISSIONS = ("User.Read", "openid", "profile", "email", "offline_access")
SESSION = "__Host-vestibule-session"


ONE_DATABASE = pytest.mark.parametrize("house", ["sqlite"], indirect=True)
"""For long lists of what is refused before any database has a say."""


@pytest.fixture(scope="session")
def signing_pair() -> list[SigningKey]:
    """Keys for every house of these tests: making one of RSA takes longer than most tests."""
    return [generate_es256("es-key"), generate_rs256("rs-key")]


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path, signing_pair: list[SigningKey]) -> AsyncIterator[House]:
    """A house with signing keys and nothing else; the test runs once on each database."""
    if request.param == "sqlite":
        opened = sqlite_house(tmp_path)
    else:
        opened = postgres_house(request.getfixturevalue("postgres_server"))
    async with opened as made:
        for key in signing_pair:
            await keep_key(made, key)
        yield made


async def keep_key(house: House, key: SigningKey) -> None:
    """Put a key where the key ring finds it, as it would have made it."""
    sealed = house.sealer.seal(house.sealer.derive(SEALED_FOR), key.private_der(), key.kid.encode())
    jwk = msgspec.json.encode(key.public.jwk()).decode()
    kept = KeptKey(key.kid, key.algorithm, sealed, jwk, ACTIVE, house.clock.now(), None)

    async def work(unit: Unit) -> None:
        signing_keys.insert(unit, kept)

    await house.store.change(work)


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

    async def sign_in(self) -> SignedIn:
        """Adele signs in in this browser."""
        opened = await signing_in.prove_password(
            self.house, self.passwords, email="adele@contoso.example", password=PASSWORD, network=""
        )
        self.keep(opened.token)
        return opened.signed_in

    def keep(self, token: str) -> None:
        """The browser's session cookie, as the server would set it."""
        self.http.cookies.set(SESSION, token, domain="vestibule.example", path="/")

    async def sign_in_as(self, person_id: str, strength: Strength = Strength.EMAILED_CODE) -> SignedIn:
        """Somebody else does, who proved who they are in this way."""
        opened = await signing_in.open_session(self.house, person_id, strength)
        self.keep(opened.token)
        return opened.signed_in

    async def register(self, name: str, place: Place | None = None, **more: Any) -> Registered:
        """An app of Contoso (or elsewhere), with consent for everybody to what it asks for."""
        more.setdefault("delegated_permissions", PERMISSIONS)
        new = NewApp(name, **more)
        at = (place or self.contoso).id
        return await apps.create_app(self.house, new, tenant_id=at, by=operator(), grant_admin_consent=True)

    async def adele_at(self, place: Place) -> Membership:
        """Adele becomes a guest somewhere."""
        waiting, ticket = await world.invited(place, "adele@contoso.example")
        person_id = self.adele.person_id or ""
        by = replace(world.person_at_pages(person_id), strength=Strength.PASSWORD)
        await redeeming.redeem(self.house, person_id=person_id, ticket=ticket, by=by)
        return await world.again(self.house, place.id, waiting.user_id)

    def push(self, step: timedelta) -> None:
        """Machine time goes on."""
        assert isinstance(self.house.clock, StoppedClock)
        self.house.clock.advance(step)

    def at(self, path: str, tenant: str = "") -> str:
        """An address below an organization."""
        return f"/{tenant or self.contoso.id}/{path}"

    async def authorize(self, *, tenant: str = "", **more: str) -> httpx.Response:
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
        return await self.http.get(self.at("oauth2/v2.0/authorize", tenant), params=asked)

    async def code(self, *, tenant: str = "", **more: str) -> str:
        """A fresh code for the signed-in person."""
        found = answered(await self.authorize(tenant=tenant, **more))
        assert "code" in found, found
        return found["code"]

    async def token(self, *, tenant: str = "", **form: str) -> httpx.Response:
        """Ask the token endpoint."""
        return await self.http.post(self.at("oauth2/v2.0/token", tenant), data=form)

    async def exchange(self, code: str, *, tenant: str = "", **more: str) -> httpx.Response:
        """Exchange a code of the public app."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.public_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return await self.token(tenant=tenant, **(form | more))

    async def tokens(self, *, tenant: str = "", **more: str) -> dict[str, Any]:
        """The signed-in person's tokens, by code."""
        code = await self.code(tenant=tenant, **more)
        own = {name: more[name] for name in ("client_id", "redirect_uri") if name in more}
        response = await self.exchange(code, tenant=tenant, **own)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    async def claims(self, token: str, typ: str = "at+jwt") -> dict[str, Any]:
        """What one of our tokens says."""
        return await self.ring.verify(token, algorithms=frozenset({"ES256", "RS256"}), typ=typ)

    async def refresh(self, token: str, *, tenant: str = "", **more: str) -> httpx.Response:
        """Use a refresh token of the public app."""
        form = {"grant_type": "refresh_token", "client_id": self.public_id, "refresh_token": token}
        return await self.token(tenant=tenant, **(form | more))

    async def userinfo(self, token: str) -> httpx.Response:
        """Ask who the token is about."""
        return await self.http.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})


def error_of(response: httpx.Response) -> tuple[str, int]:
    """OAuth's word and the number."""
    body = response.json()
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    assert body["trace_id"]
    assert body["correlation_id"]
    return body["error"], body["error_codes"][0]


def answered(response: httpx.Response) -> dict[str, str]:
    """The parameters of an answer that went to the app."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


@pytest.fixture
async def office(house: House) -> AsyncIterator[Office]:
    """An organization with a member and apps, and a browser."""
    passwords = Passwords(house.chance)
    contoso = await world.organization(house, "Contoso")
    new = NewMember(
        "Adele Vance",
        "adele@contoso.example",
        "adele",
        await hashed(passwords, PASSWORD),
        properties={"mail": "adele@contoso.example", "givenName": "Adele", "surname": "Vance"},
    )
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
