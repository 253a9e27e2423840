"""Unmodified clients against the real server over TLS: msal, azure-identity, Authlib."""

import base64
import datetime as dt
import html
import json
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msal
import pytest
import requests
import structlog
from authlib.integrations.requests_client import OAuth2Session
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, DeviceCodeCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.commands.conftest import Desk, initialise
from tests.commands.server import Server, client
from tests.support.ports import free_port
from vestibule.actions import app_credentials, apps, consenting, device_signing_in, key_credentials, signing_in
from vestibule.doors.web.cookies import cookie_name
from vestibule.program import Program
from vestibule.rules.actors import Strength, operator
from vestibule.store import apps as kept_apps
from vestibule.store import memberships

PASSWORD = "correct horse battery staple"
CALLBACK = "http://localhost:5000/cb"
ADMIN = "admin@contoso.example"
SCOPES = ["User.Read"]
PERMISSIONS = ("User.Read", "openid", "profile", "email", "offline_access")


@dataclass
class Service:
    """A server, and what clients are told about it."""

    desk: Desk
    server: Server
    port: int
    tenant: str
    app: dict[str, str]
    public: str
    certificate: tuple[bytes, bytes, str]

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def authority(self) -> str:
        return f"{self.origin}/{self.tenant}"

    @property
    def ca(self) -> str:
        return str(self.desk.data / "ca.pem")

    def msal(self, kind: Any = msal.ConfidentialClientApplication, client_id: str = "", **more: Any) -> Any:
        authority = more.pop("authority", self.authority)
        named = client_id or self.app["clientId"]
        return kind(named, authority=authority, instance_discovery=False, verify=self.ca, **more)

    def azure(self) -> dict[str, Any]:
        return {"authority": self.origin, "disable_instance_discovery": True, "connection_verify": self.ca}

    def userinfo(self, token: str) -> Any:
        with client(self.port, Path(self.ca)) as http:
            response = http.get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"})
            return response.json() if response.status_code == 200 else response.status_code

    def code(self, address: str) -> dict[str, str]:
        """What the app gets back when the administrator's browser is sent to this address."""

        async def signed_in(program: Program) -> str:
            reading = await program.house.store.read()
            found = await memberships.find_by_upn(reading, self.tenant, ADMIN)
            assert found is not None
            opened = await signing_in.open_session(program.house, found.person_id or "", Strength.PASSWORD)
            return opened.token

        token = self.desk.within(signed_in)
        name = cookie_name("session", host="localhost", port=self.port)
        with client(self.port, Path(self.ca)) as http:
            response = http.get(address.removeprefix(self.origin), headers={"Cookie": f"{name}={token}"})
        if response.status_code == 200:  # response_mode=form_post
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.text.split("</main>")[0])
            return {name: html.unescape(value) for name, value in fields}
        assert response.status_code == 302, response.text
        return {key: value[0] for key, value in parse_qs(urlsplit(response.headers["location"]).query).items()}


def certificate() -> tuple[bytes, bytes, str]:
    """Private key and certificate in PEM, and the SHA-1 thumbprint in hexadecimal."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Worker")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    thumbprint = made.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - as msal names certificates
    return private, made.public_bytes(serialization.Encoding.PEM), thumbprint


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Contoso on a SQLite file, with an app that keeps secrets and one that does not, served as it will be."""
    handlers, level = logging.root.handlers[:], logging.root.level
    desk = Desk(tmp_path_factory.mktemp("clients") / "data")
    tenant = initialise(desk, "--emulator").value["tenantId"]
    shared = ("app", "create", "--organization", "contoso.example", "--grant-admin-consent", "--json")
    wanted = [word for name in PERMISSIONS for word in ("--delegated-permission", name)]
    confidential = desk.run(
        *shared, "--name", "Portal", "--redirect-uri", CALLBACK, "--application-permission", "User.Read.All", *wanted
    ).value
    loose = ("--public", "--device-code", "--password-grant", "--redirect-uri", "http://localhost")
    public = desk.run(*shared, "--name", "Tool", *loose, *wanted).value["clientId"]
    proof = certificate()

    async def register(program: Program) -> None:
        reading = await program.house.store.read()
        app = await kept_apps.find_by_client_id(reading, confidential["clientId"])
        assert app is not None
        new = key_credentials.from_certificate(proof[1])
        act: dict[str, Any] = {"tenant_id": app.tenant_id, "app_id": app.app_id, "by": operator()}
        await app_credentials.add_key_credential(program.house, new, **act)
        published = {"id": "11111111-2222-4333-8444-555555555555", "value": "access"}
        await apps.update_app(program.house, changes={"api_scopes": [published]}, **act)
        tool = await kept_apps.find_by_client_id(reading, public)
        assert tool is not None
        await consenting.consent_for_everybody(
            program.house,
            tenant_id=app.tenant_id,
            app_id=tool.app_id,
            permissions=[f"api://{app.client_id}/access"],
            by=operator(),
        )

    desk.within(register)
    # Commands set logging up for a process of their own; here it is put back.
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    port = free_port()
    server = desk.serve("--emulator", "--tls-dev", "--port", port).ready()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):  # they would be asked before us
                patch.delenv(name, raising=False)
            yield Service(desk, server, port, tenant, confidential, public, proof)
    finally:
        server.kill()


# --- msal -------------------------------------------------------------------------------------------------------------


def test_msal_with_a_secret(service: Service) -> None:
    for scope in (f"{service.origin}/.default", "https://localhost/.default", "https://graph.microsoft.com/.default"):
        found = service.msal(client_credential=service.app["clientSecret"]).acquire_token_for_client([scope])
        assert "access_token" in found, found
        with client(service.port, Path(service.ca)) as http:
            header = {"Authorization": f"Bearer {found['access_token']}"}
            assert http.get("/v1.0/users", headers=header).status_code == 200


def test_msal_with_a_certificate_in_each_of_its_ways(service: Service) -> None:
    private, public, thumbprint = service.certificate
    for credential in (
        {"private_key": private.decode(), "thumbprint": thumbprint},
        {"private_key": private.decode(), "public_certificate": public.decode()},
        {"private_key": private.decode(), "thumbprint": thumbprint, "public_certificate": public.decode()},
    ):
        for authority in (service.authority, f"{service.origin}/contoso.example"):
            app = service.msal(client_credential=credential, authority=authority)
            found = app.acquire_token_for_client([f"{service.origin}/.default"])
            assert "access_token" in found, found


def test_msal_code_flow_and_silent_renewal(service: Service) -> None:
    app = service.msal(client_credential=service.app["clientSecret"])
    scopes = [f"{service.origin}/User.Read"]
    flow = app.initiate_auth_code_flow(scopes, redirect_uri=CALLBACK, response_mode="form_post")
    found = app.acquire_token_by_auth_code_flow(flow, service.code(flow["auth_uri"]))
    assert found["id_token_claims"]["preferred_username"] == ADMIN
    assert service.userinfo(found["access_token"])["name"]
    (account,) = app.get_accounts()
    assert account["home_account_id"] == f"{found['id_token_claims']['oid']}.{service.tenant}"
    cached = app.acquire_token_silent(scopes, account)
    assert cached["access_token"] == found["access_token"], "the answer's scope is spelt as it was asked for"
    fresh = app.acquire_token_silent(scopes, account, force_refresh=True)
    assert fresh["access_token"] != found["access_token"]


def test_msal_device_code_flow(service: Service) -> None:
    app = service.msal(msal.PublicClientApplication, service.public)
    flow = app.initiate_device_flow(SCOPES)
    assert flow["verification_uri"] == f"{service.origin}/signin/device"
    flow["interval"] = 1
    approve(service, flow["user_code"])
    found = app.acquire_token_by_device_flow(flow)
    assert found["id_token_claims"]["preferred_username"] == ADMIN


def test_msal_on_behalf_of(service: Service) -> None:
    tool = service.msal(msal.PublicClientApplication, service.public)
    flow = tool.initiate_auth_code_flow(
        [f"api://{service.app['clientId']}/access"],
        redirect_uri=f"http://localhost:{free_port()}",
        response_mode="form_post",
    )
    front = tool.acquire_token_by_auth_code_flow(flow, service.code(flow["auth_uri"]))
    assert "access_token" in front, front
    middle = service.msal(client_credential=service.app["clientSecret"])
    found = middle.acquire_token_on_behalf_of(front["access_token"], SCOPES)
    assert "access_token" in found, found
    assert service.userinfo(found["access_token"])["name"]


def test_msal_generic_openid(service: Service) -> None:
    app = msal.ConfidentialClientApplication(
        service.app["clientId"],
        client_credential=service.app["clientSecret"],
        oidc_authority=f"{service.authority}/v2.0",
        verify=service.ca,
    )
    found = app.acquire_token_for_client([f"{service.origin}/.default"])
    assert "access_token" in found, found


def test_msal_hands_on_what_is_wrong(service: Service) -> None:
    found = service.msal(client_credential="wrong").acquire_token_for_client([f"{service.origin}/.default"])
    assert (found["error"], found["error_codes"]) == ("invalid_client", [7000215])


# --- azure-identity ---------------------------------------------------------------------------------------------------


def test_azure_identity(service: Service, tmp_path: Path) -> None:
    scope = f"{service.origin}/.default"
    secret = ClientSecretCredential(
        service.tenant, service.app["clientId"], service.app["clientSecret"], **service.azure()
    )
    assert secret.get_token(scope).token
    file = tmp_path / "worker.pem"
    file.write_bytes(service.certificate[0] + service.certificate[1])
    by_file = CertificateCredential(service.tenant, service.app["clientId"], str(file), **service.azure())
    assert by_file.get_token(scope).token
    wrong = ClientSecretCredential(service.tenant, service.app["clientId"], "wrong", **service.azure())
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        wrong.get_token(scope)


def test_azure_identity_device_code_at_its_own_default_tenant(service: Service) -> None:
    def prompt(_address: str, user_code: str, _until: dt.datetime) -> None:
        worker = threading.Thread(target=approve, args=(service, user_code))
        worker.start()
        worker.join()

    credential = DeviceCodeCredential(service.public, prompt_callback=prompt, timeout=60, **service.azure())
    token = credential.get_token("https://graph.microsoft.com/User.Read").token
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert (claims["tid"], claims["scp"].split()[0]) == (service.tenant, "User.Read")


# --- Authlib ----------------------------------------------------------------------------------------------------------


def test_authlib_by_metadata_with_basic_and_a_verified_id_token(service: Service) -> None:
    session = requests.Session()
    session.verify = service.ca
    metadata = session.get(f"{service.authority}/v2.0/.well-known/openid-configuration", timeout=30).json()
    app = OAuth2Session(
        service.app["clientId"],
        service.app["clientSecret"],
        scope="openid profile email offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    app.verify = service.ca
    verifier = "v" * 64
    address, state = app.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce="the nonce"
    )
    answer = service.code(address)
    assert answer["state"] == state
    token = app.fetch_token(metadata["token_endpoint"], code=answer["code"], code_verifier=verifier)
    keys = KeySet.import_key_set(session.get(metadata["jwks_uri"], timeout=30).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": service.app["clientId"]},
        nonce={"essential": True, "value": "the nonce"},
    ).validate(claims)
    info = app.get(metadata["userinfo_endpoint"]).json()
    assert info["sub"] == claims["sub"]
    renewed = app.refresh_token(metadata["token_endpoint"])
    assert renewed["access_token"] != token["access_token"]
    assert app.introspect_token(metadata["introspection_endpoint"], renewed["access_token"]).json()["active"] is True
    assert app.revoke_token(metadata["revocation_endpoint"], renewed["refresh_token"]).status_code == 200
    assert app.introspect_token(metadata["introspection_endpoint"], renewed["access_token"]).json() == {"active": False}


def approve(service: Service, user_code: str) -> None:
    """Somebody types the code in a browser and agrees."""

    async def work(program: Program) -> None:
        reading = await program.house.store.read()
        found = await memberships.find_by_upn(reading, service.tenant, ADMIN)
        assert found is not None
        opened = await signing_in.open_session(program.house, found.person_id or "", Strength.PASSWORD)
        await device_signing_in.approve(program.house, opened.signed_in, user_code, network="127.0.0.1")

    service.desk.within(work)


def test_the_server_meant_every_word(service: Service) -> None:
    """Nothing that these clients did left a complaint in its log."""
    assert "request_failed" not in service.server.err
