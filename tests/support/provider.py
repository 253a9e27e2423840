"""Another identity provider on a port of this machine, as honest or as hostile as a test wants it."""

import base64
import hashlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.support.serving import served
from vestibule.ground import signing
from vestibule.ground.clock import Clock
from vestibule.ground.signing import SigningKey

CLIENT = "vestibule-at-idp"
SECRET = "a secret with : and %"


@dataclass
class ForeignProvider:
    """An OpenID provider that signs in whom the test names.

    Attributes:
        clock: whose time its tokens carry. issuer: who it is. keys: what it publishes; the first one signs.
        metadata, claims, header: what it says otherwise than it should.
        asked: the forms at its token endpoint. status: what that endpoint answers.
        fetched: how often its keys were read.
        told: the forms that came to ``told_at``, as to an app that wants to know of sign-outs. told_status: its answer.
    """

    clock: Clock
    issuer: str
    keys: list[SigningKey]
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    typ: str = "JWT"
    raw: str = ""
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    fetched: int = 0
    told: list[dict[str, str]] = field(default_factory=list)
    told_status: int = 200
    _codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)

    @property
    def metadata_url(self) -> str:
        """Where it describes itself."""
        return f"{self.issuer}/.well-known/openid-configuration"

    @property
    def told_at(self) -> str:
        """Where it wants to be told of sign-outs, as an app."""
        return f"{self.issuer}/told"

    def realm_url(self, name: str) -> str:
        """Where one of its further realms describes itself: other issuers with the same keys."""
        return f"{self.issuer}/{name}/.well-known/openid-configuration"

    def sign_in(self, address: str, sub: str, **claims: Any) -> dict[str, str]:
        """Somebody signs in there; what their browser comes back with.

        Args:
            address: where they were sent. sub: who they are. claims: what else the id_token says.
        """
        asked = dict(parse_qsl(urlsplit(address).query))
        code = f"code-{len(self._codes)}"
        self._codes[code] = (asked, {"sub": sub, **claims})
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def token(self, claims: dict[str, Any], typ: str = "") -> str:
        """A token with these claims, signed."""
        return signing.sign(self.keys[0], claims, typ or self.typ)

    def logout_token(self, sub: str, **changed: Any) -> str:
        """A logout token about somebody; a changed claim that is None is left out."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 120,
            "jti": f"jti-{now}",
            "sub": sub,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **changed,
        }
        return self.token({name: value for name, value in claims.items() if value is not None}, "logout+jwt")

    def app(self) -> Starlette:
        """The provider as an application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/{realm}/.well-known/openid-configuration", self._metadata),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
                Route("/told", self._told, methods=["POST"]),
            ]
        )

    async def _metadata(self, request: Request) -> Response:
        realm = request.path_params.get("realm")
        said = {
            "issuer": self.issuer if realm is None else f"{self.issuer}/{realm}",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }
        return JSONResponse({name: value for name, value in said.items() if value is not None})

    async def _told(self, request: Request) -> Response:
        if "validationToken" in request.query_params:  # it wants to be told of changes, too
            return PlainTextResponse(request.query_params["validationToken"])
        self.told.append(dict(parse_qsl((await request.body()).decode())))
        return Response(status_code=self.told_status)

    async def _keys(self, _request: Request) -> Response:
        self.fetched += 1
        return JSONResponse({"keys": [key.public.jwk() for key in self.keys]})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if "authorization" in request.headers:
            pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            form["client_id"], form["client_secret"] = (unquote(part) for part in pair.split(":"))
        self.asked.append(form)
        asked, claims = self._codes.pop(form["code"], ({}, {}))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        fits = asked.get("code_challenge") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        if not fits or not known or self.status != 200:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.clock.now().timestamp())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        said = {**said, **claims, **self.claims}
        token = self.raw or self.token({name: value for name, value in said.items() if value is not None})
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def served_provider(clock: Clock, *keys: SigningKey) -> AsyncIterator[ForeignProvider]:
    """A provider on a free port, over plain http, which only tests are let to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        made = ForeignProvider(clock, f"http://127.0.0.1:{port}", list(keys) or [signing.generate_es256("first")])
        async with served(made.app(), listener):
            yield made
