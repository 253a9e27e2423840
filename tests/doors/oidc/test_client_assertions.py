"""Apps that prove themselves by a signed assertion (RFC 7523), and what is tried on it."""

import base64
import datetime as dt
import hashlib
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from soak.sign_in_breakages_protocol import assertion_used_again, signature_not_looked_at, unsigned_tokens_believed
from tests.doors.oidc.conftest import CALLBACK, ONE_DATABASE, Office, error_of
from tests.ground.forging import b64, ec_signer, hmac_signer
from tests.support import world
from tests.support.broken import broken
from tests.support.houses import START
from vestibule.actions import app_credentials, housekeeping, key_credentials
from vestibule.actions.apps import Registered
from vestibule.doors.oidc import Desk, Protocol
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.signing import generate_es256
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.app_keys import AppKey

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RSA = rsa.generate_private_key(65537, 2048)
EC = generate_es256("ec-key")
FOREIGN = generate_es256("ec-key")
Signer = Callable[[bytes], bytes]


def certificate(key: Any, name: str = "Worker", days: int = 365) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - dt.timedelta(days=1))
        .not_valid_after(START + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


CERTIFICATE = certificate(RSA)
DER = x509.load_pem_x509_certificate(CERTIFICATE).public_bytes(Encoding.DER)
SHA1 = base64.urlsafe_b64encode(hashlib.sha1(DER, usedforsecurity=False).digest()).decode()
SHA256 = base64.urlsafe_b64encode(hashlib.sha256(DER).digest()).decode()


def rs256(signed: bytes) -> bytes:
    return RSA.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def ps256(signed: bytes) -> bytes:
    return RSA.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


@dataclass
class Worker:
    """A confidential app with a certificate and a bare key, and no secret."""

    office: Office
    made: Registered
    cert: AppKey
    key: AppKey
    number: int = 0

    @property
    def client_id(self) -> str:
        return self.made.app.client_id

    def claims(self, **more: Any) -> dict[str, Any]:
        self.number += 1
        now = self.office.house.clock.now().timestamp()
        claims = {
            "aud": f"https://vestibule.example/{self.office.contoso.id}/oauth2/v2.0/token",
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": f"assertion {self.number}",
            "iat": now + 0.25,
            "nbf": now,
            "exp": now + 600.75,
        }
        return {name: value for name, value in (claims | more).items() if value is not None}

    def assertion(
        self,
        header: dict[str, Any] | bytes | None = None,
        signer: Signer | None = None,
        payload: bytes | None = None,
        **more: Any,
    ) -> str:
        """An assertion signed by the bare key unless told otherwise: what an attacker could make as well."""
        chosen = {"alg": "ES256", "kid": "ec-key", "typ": "JWT"} if header is None else header
        head = chosen if isinstance(chosen, bytes) else json.dumps(chosen).encode()
        body = json.dumps(self.claims(**more)).encode() if payload is None else payload
        signed = f"{b64(head)}.{b64(body)}"
        return f"{signed}.{b64((signer or ec_signer(EC))(signed.encode()))}"

    async def ask(self, assertion: str, *, tenant: str = "", **more: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
            "scope": "https://vestibule.example/.default",
        }
        return await self.office.token(tenant=tenant, **{k: v for k, v in (form | more).items() if v})


@pytest.fixture
async def worker(office: Office) -> Worker:
    made = await office.register("Worker", redirect_uris=(CALLBACK,), application_permissions=("User.Read.All",))
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": made.app.app_id, "by": operator()}
    cert = await app_credentials.add_key_credential(office.house, key_credentials.from_certificate(CERTIFICATE), **act)
    key = await app_credentials.add_key_credential(office.house, key_credentials.from_jwk(EC.public.jwk()), **act)
    return Worker(office, made, cert, key)


# --- What clients send ------------------------------------------------------------------------------------------------

HEADERS: dict[str, tuple[dict[str, Any], Signer]] = {
    "msal, thumbprint": ({"alg": "RS256", "typ": "JWT", "x5t": SHA1}, rs256),
    "msal, certificate": ({"alg": "PS256", "typ": "JWT", "x5t#S256": SHA256, "x5c": ["MII\nx"]}, ps256),
    "unpadded": ({"alg": "RS256", "typ": "JWT", "x5t": SHA1.rstrip("=")}, rs256),
    "hexadecimal kid": ({"alg": "RS256", "kid": hashlib.sha1(DER, usedforsecurity=False).hexdigest().upper()}, rs256),
    "kid": ({"alg": "ES256", "kid": "ec-key"}, ec_signer(EC)),
    "a type of its own": ({"alg": "ES256", "kid": "ec-key", "typ": "client-authentication+jwt"}, ec_signer(EC)),
}


@pytest.mark.parametrize("name", sorted(HEADERS))
async def test_every_way_a_client_names_its_key(worker: Worker, name: str) -> None:
    header, signer = HEADERS[name]
    response = await worker.ask(worker.assertion(header, signer))
    assert response.status_code == 200, response.text
    claims = await worker.office.claims(response.json()["access_token"])
    assert (claims["appid"], claims["roles"]) == (worker.client_id, ["User.Read.All"])


async def test_with_one_key_none_need_be_named_with_two_one_must(worker: Worker, office: Office) -> None:
    nameless = {"alg": "ES256", "typ": "JWT"}
    assert error_of(await worker.ask(worker.assertion(nameless))) == ("invalid_client", 700027)
    await app_credentials.remove_key_credential(
        office.house,
        tenant_id=office.contoso.id,
        app_id=worker.made.app.app_id,
        key_id=worker.cert.key_id,
        by=operator(),
    )
    assert (await worker.ask(worker.assertion(nameless))).status_code == 200
    gone = worker.assertion({"alg": "RS256", "x5t": SHA1}, rs256)
    assert error_of(await worker.ask(gone)) == ("invalid_client", 700027)


@ONE_DATABASE
@pytest.mark.parametrize(
    "audience",
    [
        "https://vestibule.example/{id}/oauth2/v2.0/token",
        "https://vestibule.example/contoso.example/oauth2/v2.0/token",
        "HTTPS://Vestibule.example/CONTOSO.example/OAuth2/v2.0/Token/",
        "https://vestibule.example/common/oauth2/v2.0/token",
        "https://vestibule.example/organizations/oauth2/v2.0/token",
        "https://vestibule.example/{id}/v2.0",
    ],
)
@pytest.mark.parametrize("tenant", ["", "contoso.example", "organizations"])
async def test_any_spelling_of_the_token_endpoint_is_meant(worker: Worker, audience: str, tenant: str) -> None:
    spelt = audience.format(id=worker.office.contoso.id)
    assert (await worker.ask(worker.assertion(aud=spelt), tenant=tenant)).status_code == 200
    assert (await worker.ask(worker.assertion(aud=["https://other.example", spelt]))).status_code == 200


async def test_the_client_id_may_be_left_out(worker: Worker) -> None:
    assert (await worker.ask(worker.assertion(), client_id="")).status_code == 200


async def test_it_serves_every_endpoint_that_asks_who_the_app_is(worker: Worker, office: Office) -> None:
    granted = (await worker.ask(worker.assertion())).json()["access_token"]
    form = {"client_assertion_type": TYPE, "client_assertion": worker.assertion(), "token": granted}
    response = await office.http.post(office.at("oauth2/v2.0/introspect"), data=form)
    assert response.json()["active"] is True


# --- Once -------------------------------------------------------------------------------------------------------------


@broken(assertion_used_again)
async def test_an_assertion_is_good_once_on_every_node(worker: Worker, office: Office) -> None:
    used = worker.assertion()
    assert (await worker.ask(used)).status_code == 200
    assert error_of(await worker.ask(used)) == ("invalid_client", 700027)
    transport = httpx.ASGITransport(app=Protocol(Desk(office.house, office.ring, office.passwords, StaticFiles())))
    async with httpx.AsyncClient(transport=transport, base_url="https://vestibule.example") as elsewhere:
        office.http, here = elsewhere, office.http
        assert error_of(await worker.ask(used)) == ("invalid_client", 700027)
        office.http = here
    same = worker.assertion(jti="assertion 1", exp=office.house.clock.now().timestamp() + 60)
    assert error_of(await worker.ask(same)) == ("invalid_client", 700027), "another text, the same id"


async def test_an_id_is_remembered_until_the_assertion_has_expired(worker: Worker, office: Office) -> None:
    used = worker.assertion()
    assert (await worker.ask(used)).status_code == 200
    office.push(dt.timedelta(seconds=599))
    await housekeeping.sweep(office.house)
    assert error_of(await worker.ask(used)) == ("invalid_client", 700027)
    office.push(dt.timedelta(seconds=120))
    await housekeeping.sweep(office.house)
    assert error_of(await worker.ask(used)) == ("invalid_client", 700027), "it is forgotten, and expired"


# --- What is tried ----------------------------------------------------------------------------------------------------

NOW = START.timestamp()
PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
GOOD = {"alg": "ES256", "kid": "ec-key", "typ": "JWT"}
FORGED: dict[str, tuple[dict[str, Any] | bytes, Signer]] = {
    "none": ({**GOOD, "alg": "none"}, lambda _: b""),
    "none, signed": ({**GOOD, "alg": "none"}, ec_signer(EC)),
    "no signature": (GOOD, lambda _: b""),
    "HS256 with the public key": ({"alg": "HS256", "x5t": SHA1, "typ": "JWT"}, hmac_signer(PUBLIC_PEM)),
    "HS256 with the certificate": ({"alg": "HS256", "x5t": SHA1, "typ": "JWT"}, hmac_signer(CERTIFICATE)),
    "HS256 with an empty key": ({**GOOD, "alg": "HS256"}, hmac_signer(b"")),
    "embedded jwk": ({**GOOD, "jwk": FOREIGN.public.jwk()}, ec_signer(FOREIGN)),
    "embedded jwk, own key": ({**GOOD, "jwk": EC.public.jwk()}, ec_signer(EC)),
    "jku": ({**GOOD, "jku": "http://127.0.0.1:9/keys"}, ec_signer(FOREIGN)),
    "x5u": ({**GOOD, "x5u": "http://127.0.0.1:9/cert"}, ec_signer(FOREIGN)),
    "embedded x5c": ({"alg": "RS256", "x5c": [b64(DER)]}, rs256),
    "unknown crit": ({**GOOD, "crit": ["exp"], "exp": 1}, ec_signer(EC)),
    "duplicate alg": (b'{"alg":"none","alg":"ES256","kid":"ec-key"}', ec_signer(EC)),
    "duplicate kid by case": (b'{"alg":"ES256","kid":"ec-key","KID":"x"}', ec_signer(EC)),
    "huge header": ({**GOOD, "pad": "x" * 1_000_000}, ec_signer(EC)),
    "deep header": ({**GOOD, "pad": [[[[[[1]]]]]]}, ec_signer(EC)),
    "zipped": ({**GOOD, "zip": "DEF"}, ec_signer(EC)),
    "encrypted": ({**GOOD, "enc": "A256GCM"}, ec_signer(EC)),
    "another key of that name": (GOOD, ec_signer(FOREIGN)),
    "kid traversal": ({**GOOD, "kid": "../../../../dev/null"}, ec_signer(EC)),
    "kid with SQL": ({**GOOD, "kid": "x' UNION SELECT 'key'--"}, ec_signer(EC)),
    "kid as a number": ({**GOOD, "kid": 1}, ec_signer(EC)),
    "RS256 for the other key": ({**GOOD, "alg": "RS256"}, rs256),
    "an access token's type": ({**GOOD, "typ": "at+jwt"}, ec_signer(EC)),
    "a logout token's type": ({**GOOD, "typ": "logout+jwt"}, ec_signer(EC)),
    "type as a list": ({**GOOD, "typ": ["JWT"]}, ec_signer(EC)),
}


@ONE_DATABASE
@pytest.mark.parametrize("name", sorted(FORGED))
@broken(unsigned_tokens_believed, case="none-")
@broken(signature_not_looked_at, case="another key of that name")
async def test_a_forged_assertion_is_refused_and_nobody_is_asked(worker: Worker, name: str) -> None:
    header, signer = FORGED[name]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        if isinstance(header, dict):
            real = f"127.0.0.1:{listening.getsockname()[1]}/"
            addressed = json.loads(json.dumps(header).replace("127.0.0.1:9/", real))
            response = await worker.ask(worker.assertion(addressed, signer))
        else:
            response = await worker.ask(worker.assertion(header, signer))
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert response.status_code in {400, 401}
    assert response.json()["error"] in {"invalid_client", "invalid_request"}
    good = await worker.ask(worker.assertion())
    assert good.status_code == 200, "and the good one is good"


@ONE_DATABASE
@pytest.mark.parametrize(
    "more",
    [
        {"aud": "https://evil.example/oauth2/v2.0/token"},
        {"aud": "https://vestibule.example.evil.example/common/oauth2/v2.0/token"},
        {"aud": "https://vestibule.example/fabrikam.example/oauth2/v2.0/token"},
        {"aud": "https://vestibule.example/{id}/oauth2/v2.0/introspect"},
        {"aud": None},
        {"aud": []},
        {"aud": 7},
        {"iss": "00000000-1111-4222-8333-444444444444"},
        {"iss": None},
        {"sub": "somebody else"},
        {"sub": None},
        {"exp": None},
        {"exp": NOW - 61},
        {"exp": NOW + 25 * 3600},
        {"exp": "soon"},
        {"exp": 1e300},
        {"nbf": NOW + 600},
        {"iat": NOW + 600},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 600},
    ],
)
async def test_claims_that_are_not_right(worker: Worker, more: dict[str, Any]) -> None:
    await world.organization(worker.office.house, "Fabrikam")
    response = await worker.ask(worker.assertion(**more))
    assert error_of(response)[0] in {"invalid_client", "unauthorized_client", "invalid_request"}
    assert response.status_code in {400, 401}


@ONE_DATABASE
@pytest.mark.parametrize("payload", [b"[]", b"null", b'{"iss":"a","iss":"b"}', b"{", b'{"exp":NaN}', b"\xff"])
async def test_payloads_that_are_no_claims(worker: Worker, payload: bytes) -> None:
    assert error_of(await worker.ask(worker.assertion(payload=payload)))[0] == "invalid_client"


@ONE_DATABASE
@pytest.mark.parametrize(
    "more",
    [
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion_type": ""},
        {"client_secret": "as well"},
        {"client_id": "00000000-1111-4222-8333-444444444444"},
        {"client_assertion": "x"},
        {"client_assertion": "a.b.c"},
        {"client_assertion": ".."},
    ],
)
async def test_one_way_and_the_right_one(worker: Worker, more: dict[str, str]) -> None:
    response = await worker.ask(worker.assertion(), **more)
    assert response.status_code in {400, 401}
    assert error_of(response)[0] in {"invalid_client", "invalid_request"}


async def test_a_key_opens_only_its_own_app(worker: Worker, office: Office) -> None:
    other = worker.assertion(iss=office.client_id, sub=office.client_id)
    assert error_of(await worker.ask(other, client_id=office.client_id)) == ("invalid_client", 700027)


async def test_a_certificate_that_has_run_out_proves_nothing(office: Office) -> None:
    made = await office.register("Old", redirect_uris=(CALLBACK,), application_permissions=("User.Read.All",))
    new = key_credentials.from_certificate(certificate(RSA, days=1))
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": made.app.app_id, "by": operator()}
    kept = await app_credentials.add_key_credential(office.house, new, **act)
    old = Worker(office, made, kept, kept)
    header = {"alg": "RS256", "kid": kept.kid}
    assert (await old.ask(old.assertion(header, rs256))).status_code == 200
    office.push(dt.timedelta(days=1))
    assert error_of(await old.ask(old.assertion(header, rs256))) == ("invalid_client", 700027)


# --- Registering ------------------------------------------------------------------------------------------------------

WEAK = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
P384 = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(
    "given",
    [
        lambda: key_credentials.from_certificate(b"nothing"),
        lambda: key_credentials.from_certificate(certificate(WEAK)),
        lambda: key_credentials.from_certificate(certificate(P384)),
        lambda: key_credentials.from_certificate(b"x" * 100_000),
        lambda: key_credentials.from_jwk({"kty": "oct", "k": "c2VjcmV0"}),
        lambda: key_credentials.from_jwk({**EC.public.jwk(), "d": "AA"}),
        lambda: key_credentials.from_jwk({**EC.public.jwk(), "use": "enc"}),
        lambda: key_credentials.from_jwk({**EC.public.jwk(), "x": "AAAA"}),
        lambda: key_credentials.from_jwk({**EC.public.jwk(), "crv": "P-384"}),
        lambda: key_credentials.from_jwk({**EC.public.jwk(), "kid": 5}),
        lambda: key_credentials.from_jwk({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
    ],
)
def test_only_public_keys_that_are_strong_enough(given: Callable[[], Any]) -> None:
    with pytest.raises(Refused) as refused:
        given()
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.BAD_VALUE, "keyCredentials")


async def test_a_public_app_keeps_no_key_and_only_some_register_one(office: Office, worker: Worker) -> None:
    public = await office.register("Public", public=True)
    new = key_credentials.from_jwk(EC.public.jwk(), display_name="Key")
    with pytest.raises(Refused) as refused:
        await app_credentials.add_key_credential(
            office.house, new, tenant_id=office.contoso.id, app_id=public.app.app_id, by=operator()
        )
    assert refused.value.reason is Reason.BAD_VALUE
    act: dict[str, Any] = {"tenant_id": office.contoso.id, "app_id": worker.made.app.app_id}
    with pytest.raises(Refused) as refused:
        await app_credentials.add_key_credential(office.house, new, by=world.at_portal(office.adele), **act)
    assert refused.value.reason is Reason.NOT_ALLOWED
    await app_credentials.add_key_credential(office.house, new, by=office.contoso.admin, **act)
    told = await world.last_event(office.contoso)
    assert (told.type, told.record["changes"]) == ("app.changeCredentials", ["keyCredentials"])


def test_a_key_without_a_name_is_known_by_its_thumbprint() -> None:
    """The example of RFC 7638, section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    key = key_credentials.from_jwk({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256"})
    assert key.key.kid == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
