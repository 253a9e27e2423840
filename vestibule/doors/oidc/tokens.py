"""The token endpoint and userinfo."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from starlette.requests import Request

from vestibule.actions import granting
from vestibule.actions.access import authenticate_bearer
from vestibule.actions.granting import Tokens
from vestibule.actions.leaving import current
from vestibule.doors.oidc.desk import Desk, find_authority, parameters
from vestibule.doors.oidc.errors import ProtocolError, bad_scope, missing, of_refusal, unknown_app
from vestibule.rules import grants
from vestibule.rules.actors import ActorKind
from vestibule.rules.refusals import Refused
from vestibule.store import apps, memberships
from vestibule.store.apps import App
from vestibule.store.unit import Reading


def _no_credential() -> ProtocolError:
    return ProtocolError("invalid_client", 7000218, "The app must present its secret.", 401)


def _bad_secret() -> ProtocolError:
    return ProtocolError("invalid_client", 7000215, "Invalid client secret provided.", 401)


async def exchange(desk: Desk, request: Request, word: str) -> dict[str, Any]:
    """Answer a token request.

    Raises:
        ProtocolError: whatever is wrong with it, in OAuth's words.
    """
    given = await parameters(request, query=False)
    reading = await desk.house.store.read()
    authority = await find_authority(reading, word)
    app = await _authenticated(reading, request, given)
    tenant_id = app.tenant_id if authority.organization is None else authority.organization.tenant_id
    if tenant_id != app.tenant_id:
        raise unknown_app(app.client_id)
    try:
        found = await _by_grant(desk, app, tenant_id, given)
    except Refused as refused:
        raise of_refusal(refused) from refused
    return _answer(found)


async def _by_grant(desk: Desk, app: App, tenant_id: str, given: dict[str, str]) -> Tokens:
    match given.get("grant_type"):
        case "authorization_code":
            return await _code(desk, app, tenant_id, given)
        case "refresh_token":
            token = given.get("refresh_token") or ""
            if not token:
                raise missing("refresh_token")
            scope = _checked_scope(desk, given.get("scope"))
            return await granting.refresh(desk.house, desk.ring, app, tenant_id=tenant_id, token=token, scope=scope)
        case "client_credentials":
            return await _own(desk, app, given)
        case None | "":
            raise missing("grant_type")
        case _:
            raise ProtocolError("unsupported_grant_type", 70003, "The app requested an unsupported grant type.")


async def _code(desk: Desk, app: App, tenant_id: str, given: dict[str, str]) -> Tokens:
    for name in ("code", "redirect_uri"):
        if not given.get(name):
            raise missing(name)
    return await granting.exchange_code(
        desk.house,
        desk.ring,
        app,
        tenant_id=tenant_id,
        code=given["code"],
        redirect_uri=given["redirect_uri"],
        verifier=given.get("code_verifier") or None,
    )


async def _own(desk: Desk, app: App, given: dict[str, str]) -> Tokens:
    if app.public:
        raise ProtocolError("unauthorized_client", 7000219, "A public app has no credential of its own.", 400)
    scope = given.get("scope") or ""
    asked = grants.read_scopes(scope, origin=desk.house.public_url)
    if asked is None:
        raise bad_scope()
    if asked.foreign is not None:
        raise ProtocolError("invalid_resource", 500011, "The resource principal was not found in the tenant.")
    if asked.default is None or asked.permissions or asked.openid:
        raise ProtocolError("invalid_scope", 1002012, "Ask for '{resource}/.default' with client credentials.")
    return await granting.for_app(desk.house, desk.ring, app, scope=scope)


def _checked_scope(desk: Desk, scope: str | None) -> str | None:
    if not scope:
        return None
    asked = grants.read_scopes(scope, origin=desk.house.public_url)
    if asked is None:
        raise bad_scope()
    if asked.foreign is not None:
        raise ProtocolError("invalid_resource", 500011, "The resource principal was not found in the tenant.")
    return scope


async def _authenticated(reading: Reading, request: Request, given: dict[str, str]) -> App:
    """The app, by its secret (in the body or by HTTP Basic), or by its id alone when it is public."""
    client_id, secret = _basic(request) or (given.get("client_id") or "", given.get("client_secret"))
    if not client_id:
        raise missing("client_id")
    if given.get("client_id") not in {None, "", client_id}:
        raise ProtocolError("invalid_request", 9000411, "Two different client ids were given.")
    app = await apps.find_by_client_id(reading, client_id.lower())
    if app is None:
        raise unknown_app(client_id)
    if not app.enabled:
        raise ProtocolError("unauthorized_client", 7000112, "The app is disabled.")
    if secret:
        if not await granting.check_secret(reading, app, secret):
            raise _bad_secret()
        return app
    if not app.public and not _is_spa(app, given):
        raise _no_credential()
    return app


def _is_spa(app: App, given: dict[str, str]) -> bool:
    """A browser app of a confidential registration exchanges its own codes without a secret, by PKCE."""
    return given.get("redirect_uri", "") in app.spa_redirect_uris and bool(given.get("code_verifier"))


def _basic(request: Request) -> tuple[str, str] | None:
    """Client id and secret from HTTP Basic; both halves are form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as bad:
        raise _bad_secret() from bad
    if not colon:
        raise _bad_secret()
    return unquote_plus(user), unquote_plus(password)


def _answer(found: Tokens) -> dict[str, Any]:
    body: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": found.scope,
        "expires_in": found.expires_in,
        "ext_expires_in": found.expires_in,
        "access_token": found.access_token,
    }
    for name in ("refresh_token", "id_token", "client_info"):
        value = getattr(found, name)
        if value is not None:
            body[name] = value
    return body


async def userinfo(desk: Desk, request: Request) -> dict[str, Any]:
    """Who the access token is about (OpenID Connect Core section 5.3).

    Raises:
        Refused: NOT_SIGNED_IN.
        ProtocolError: the token is an app's own, or was not asked for with ``openid``.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    reading = await desk.house.store.read()
    actor = await authenticate_bearer(
        desk.house, desk.ring, reading, token.strip() if scheme.lower() == "bearer" else ""
    )
    if actor.kind is not ActorKind.PERSON or "openid" not in actor.scopes:
        raise ProtocolError("insufficient_scope", 65001, "Ask for the scope 'openid'.", 403)
    app = await apps.find_by_client_id(reading, actor.client_id)
    guest = await _behind(reading, actor.tenant_id or "", actor.person_id or "")
    if app is None or guest is None:
        raise ProtocolError("invalid_token", 50173, "The token has ended.", 401)
    return {"sub": granting.pairwise(desk.house, guest, app)} | granting.profile_claims(guest, set(actor.scopes))


async def _behind(reading: Reading, tenant_id: str, person_id: str) -> memberships.Membership | None:
    return current(await memberships.of_person_here(reading, tenant_id, person_id))
