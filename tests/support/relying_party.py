"""An app that takes OpenID Provider Commands: it checks each token as a stranger does, and keeps accounts by them.

Nothing of the program is used to check: the keys are those that the provider publishes, joserfc verifies, and what a
command may do in which state is written down here anew from draft 02.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tests.support.app_receiver import AppReceiver, answer

ALL = ["metadata", "activate", "maintain", "suspend", "reactivate", "archive", "restore", "delete", "invalidate"]
JSON = "Content-Type: application/json"
BASELINE = {"iss", "aud", "client_id", "iat", "exp", "jti", "command", "tenant"}
PROFILE = {"name", "given_name", "family_name", "preferred_username", "email"}

# command: the states that an account has to be in, and the one it is in afterwards
MOVES: dict[str, tuple[set[str], str]] = {
    "activate": ({"unknown"}, "active"),
    "maintain": ({"active"}, "active"),
    "suspend": ({"active"}, "suspended"),
    "reactivate": ({"suspended"}, "active"),
    "archive": ({"active", "suspended"}, "archived"),
    "restore": ({"archived"}, "active"),
    "delete": ({"active", "suspended", "archived"}, "unknown"),
    "invalidate": ({"active"}, "active"),
}


def said(status: int, **body: Any) -> bytes:
    """An answer in JSON."""
    return answer(status, JSON, "Cache-Control: no-store", body=json.dumps(body).encode())


@dataclass
class RelyingParty(AppReceiver):
    """The app.

    Attributes:
        supported: what it says that it supports. metadata: what it says of itself beside that, or instead.
        accounts: state and claims by subject; who is not there is unknown. sessions: who is signed in.
        calls: the commands of every token that was good. done: those that changed something, with the subject.
        said_no: what was wrong with tokens that were not good. tokens, algs: the claims of those that were, and how
            each was signed.
        dies: it does what it is told, and its answer gets lost.
    """

    supported: list[str] = field(default_factory=lambda: list(ALL))
    metadata: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    done: list[tuple[str, str]] = field(default_factory=list)
    said_no: list[str] = field(default_factory=list)
    tokens: list[dict[str, Any]] = field(default_factory=list)
    algs: list[str] = field(default_factory=list)
    dies: bool = False
    issuer: str = ""
    client_id: str = ""
    tenant: str = ""
    published: Callable[[], Awaitable[Any]] | None = None
    clock: Callable[[], datetime] | None = None
    _seen: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its command endpoint."""
        return f"{self.origin}/command"

    def state(self, subject: str) -> str:
        """Where an account is."""
        return str(self.accounts.get(subject, {}).get("state", "unknown"))

    async def _answer(self, writer: Any) -> None:
        if self.manner != "take":
            await super()._answer(writer)
            return
        headers, body = self.posts[-1]
        reply = await self._reply(headers, body)
        if self.dies:
            writer.transport.abort()
            return
        writer.write(reply)
        await writer.drain()

    async def _reply(self, headers: dict[str, str], body: bytes) -> bytes:
        if headers.get("content-type") != "application/x-www-form-urlencoded":
            return self._no(400, "invalid_request", "not a form")
        [token] = parse_qs(body.decode())["command_token"]
        try:
            claims = await self._checked(token)
        except (JoseError, ValueError, AssertionError, KeyError) as wrong:
            return self._no(400, "invalid_request", f"{type(wrong).__name__}: {wrong}")
        if claims["iss"] != self.issuer:
            return self._no(401, "unrecognized_provider", claims["iss"])
        self.tokens.append(claims)
        self.calls.append(claims["command"])
        if claims["command"] == "metadata":
            return self._described(claims)
        if claims["command"] not in self.supported:
            return said(400, error="unsupported_command")
        return self._obey(claims)

    async def _checked(self, token: str) -> dict[str, Any]:
        assert self.published is not None
        assert self.clock is not None
        found = jwt.decode(token, KeySet.import_key_set(await self.published()), algorithms=["RS256", "ES256"])
        claims, now = found.claims, self.clock().timestamp()
        assert found.header["typ"] == "command+jwt"
        assert claims["aud"] == self.url
        assert claims["client_id"] == self.client_id
        assert claims["tenant"] == self.tenant
        assert claims["iat"] <= now < claims["exp"] <= claims["iat"] + 120
        assert claims["jti"] not in self._seen, "the token came before"
        self._seen.add(claims["jti"])
        self.algs.append(found.header["alg"])
        about = {"metadata"} if claims["command"] == "metadata" else {"sub"}
        more = PROFILE if claims["command"] in {"activate", "maintain"} else set()
        assert BASELINE | about <= set(claims) <= BASELINE | about | more
        return dict(claims)

    def _described(self, claims: dict[str, Any]) -> bytes:
        mine: dict[str, Any] = {
            "context": {"iss": claims["iss"], "tenant": claims["tenant"]},
            "command_endpoint": self.url,
            "client_id": self.client_id,
            "commands_supported": self.supported,
        }
        return said(200, **mine | self.metadata)

    def _obey(self, claims: dict[str, Any]) -> bytes:
        command, subject = claims["command"], claims["sub"]
        before, (needs, after) = self.state(subject), MOVES[command]
        if before not in needs:
            return said(409, error="incompatible_state", account_state=before, sub=subject)
        self.done.append((command, subject))
        if after == "unknown":
            del self.accounts[subject]
        else:
            account = self.accounts.setdefault(subject, {"claims": {}})
            account["state"] = after
            if command in {"activate", "maintain"}:
                account["claims"] = {name: value for name, value in claims.items() if name in PROFILE}
        if command in {"suspend", "archive", "delete", "invalidate"}:
            self.sessions.discard(subject)
        return said(200, account_state=after, sub=subject)

    def _no(self, status: int, error: str, why: str) -> bytes:
        self.said_no.append(why)
        return said(status, error=error, error_description=why)
