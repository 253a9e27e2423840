"""Which app asks, and how it proves it: by secret (in the body or by HTTP Basic), by a signed assertion, or not at all.

Each app has one way for each request; a request that tries two is refused (RFC 6749 section 2.3).
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

import msgspec
from starlette.requests import Request

from vestibule.actions import choosing, granting, proving_apps, sign_in_log
from vestibule.doors.oidc.desk import Authority, Desk
from vestibule.doors.oidc.errors import ProtocolError, missing, unknown_app
from vestibule.doors.web.visits import whence_of
from vestibule.ground import signing, strict_json
from vestibule.rules.names import guid
from vestibule.rules.refusals import Refused
from vestibule.store import apps
from vestibule.store.apps import App
from vestibule.store.unit import Reading

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHODS: Final = ("client_secret_post", "client_secret_basic", "private_key_jwt", "none")


@dataclass(frozen=True, slots=True)
class Client:
    """The app that asks.

    Attributes:
        proven: it proved who it is, or is public and cannot; false for a confidential app that brought no proof,
            which only its pages in a browser may do.
    """

    app: App
    proven: bool


@dataclass(frozen=True, slots=True)
class _Credential:
    client_id: str
    secret: str | None = None
    assertion: str | None = None


async def authenticate(
    desk: Desk, reading: Reading, request: Request, given: dict[str, str], authority: Authority
) -> Client:
    """The app behind a request to one of the endpoints for programs.

    Raises:
        ProtocolError: invalid_request, unauthorized_client, or invalid_client (401).
    """
    credential = _credential(request, given)
    app = await find_app(reading, credential.client_id, authority)
    if credential.assertion is not None:
        try:
            await _check_assertion(desk, app, credential.assertion)
        except ProtocolError:
            await _log(desk, request, app, "assertion")
            raise
        return Client(app, proven=True)
    if credential.secret is not None:
        if not await granting.check_secret(reading, app, credential.secret):
            await _log(desk, request, app, "secret")
            raise bad_secret()
        return Client(app, proven=True)
    return Client(app, proven=app.public)


async def _log(desk: Desk, request: Request, app: App, why: str) -> None:
    """Somebody called themselves an app and could not prove it: its organization finds that in the sign-in log."""
    request_id = str(request.scope.get("request_id") or "")
    network = whence_of(request)
    await sign_in_log.write_program_failure(desk.house, app, why, network=network, request_id=request_id)


async def find_app(reading: Reading, client_id: str, authority: Authority) -> App:
    """The app that calls itself this, when it is one for the organization that is asked.

    Raises:
        ProtocolError: unauthorized_client.
    """
    named = guid(client_id)
    app = None if named is None else await apps.find_by_client_id(reading, named)
    if app is None or not choosing.may_ask(app, authority.where):
        raise unknown_app(client_id)
    if not app.enabled:
        raise ProtocolError("unauthorized_client", 7000112, "The app is disabled.")
    return app


def insist_proven(client: Client) -> None:
    """Insist on an app that proved who it is.

    Raises:
        ProtocolError: invalid_client (401).
    """
    if client.app.public or not client.proven:
        raise no_credential()


def no_credential() -> ProtocolError:
    """The app brought no proof."""
    return ProtocolError("invalid_client", 7000218, "The app must present its secret or a signed assertion.", 401)


def bad_secret() -> ProtocolError:
    """The secret is none of the app's."""
    return ProtocolError("invalid_client", 7000215, "Invalid client secret provided.", 401)


def bad_assertion() -> ProtocolError:
    """The assertion is not one of the app's, or not good any more; the same whatever is wrong with it."""
    return ProtocolError("invalid_client", 700027, "The client assertion is not valid.", 401)


async def _check_assertion(desk: Desk, app: App, assertion: str) -> None:
    try:
        await proving_apps.check_assertion(desk.house, app, assertion)
    except Refused as refused:
        raise bad_assertion() from refused


def _credential(request: Request, given: dict[str, str]) -> _Credential:
    basic = _basic(request)
    assertion = _assertion(given)
    secret = given.get("client_secret") or None
    if sum(one is not None for one in (basic, assertion, secret)) > 1:
        raise ProtocolError("invalid_request", 9000411, "The app must prove itself in one way only.")
    named = given.get("client_id") or ""
    if basic is not None:
        return _same(named, _Credential(basic[0], secret=basic[1]))
    if assertion is not None:
        return _same(named, _Credential(_issuer_of(assertion) or named, assertion=assertion))
    if not named:
        raise missing("client_id")
    return _Credential(named, secret=secret)


def _same(named: str, found: _Credential) -> _Credential:
    if named and named.lower() != found.client_id.lower():
        raise ProtocolError("invalid_request", 9000411, "Two different client ids were given.")
    return found


def _assertion(given: dict[str, str]) -> str | None:
    kind, assertion = given.get("client_assertion_type"), given.get("client_assertion")
    if not kind and not assertion:
        return None
    if kind != ASSERTION_TYPE or not assertion:
        raise ProtocolError("invalid_client", 700027, f"A client assertion has the type {ASSERTION_TYPE}.", 401)
    return assertion


def _issuer_of(assertion: str) -> str:
    """Whose keys an assertion is to be checked with: what it says itself. Nothing else is believed of it yet.

    Raises:
        ProtocolError: invalid_client, when it is no such thing.
    """
    if len(assertion) > signing.LONGEST_TOKEN or assertion.count(".") != 2:
        raise bad_assertion()
    try:
        payload = strict_json.decode(signing.octets_of(assertion.split(".")[1]))
    except (signing.BadToken, strict_json.BadJson, msgspec.DecodeError) as bad:
        raise bad_assertion() from bad
    found = payload.get("iss") if isinstance(payload, dict) else None
    if not isinstance(found, str):
        raise bad_assertion()
    return found


def _basic(request: Request) -> tuple[str, str] | None:
    """Client id and secret from HTTP Basic; both halves are form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as bad:
        raise bad_secret() from bad
    if not colon:
        raise bad_secret()
    return unquote_plus(user), unquote_plus(password)
