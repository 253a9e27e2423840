"""Endpoints about tokens: userinfo, introspection and revocation."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from vestibule.actions import inspecting, minting
from vestibule.actions.access import account_behind, app_behind, read_access_token
from vestibule.doors.oidc.clients import Client, authenticate, insist_proven
from vestibule.doors.oidc.desk import Desk, find_authority, form, needed
from vestibule.doors.oidc.errors import ProtocolError
from vestibule.rules import grants
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.apps import App


@dataclass(frozen=True, slots=True)
class Userinfo:
    """The claims, and the app that asked."""

    app: App
    claims: dict[str, Any]


async def userinfo(desk: Desk, request: Request) -> Userinfo:
    """Who the access token is about (OpenID Connect Core section 5.3). The token comes in the header, nowhere else.

    Raises:
        Refused: NOT_SIGNED_IN.
        ProtocolError: the token is an app's own, or was not asked for with ``openid``.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else ""
    reading = await desk.house.store.read()
    claims = await read_access_token(desk.house, desk.ring, reading, given)
    if not grants.is_graph(str(claims.get("aud", "")), origin=desk.house.public_url):
        raise Refused(Reason.NOT_SIGNED_IN, why="audience")
    app = await app_behind(reading, claims)
    words = frozenset(str(claims.get("scp", "")).lower().split())
    if claims.get("idtyp") != "user" or "openid" not in words:
        raise ProtocolError("insufficient_scope", 65001, "Ask for the scope 'openid'.", 403)
    account = await account_behind(reading, app, claims)
    sub = {"sub": minting.pairwise(desk.house, account, app)}
    return Userinfo(app, sub | await minting.profile_claims(reading, account, words))


async def introspect(desk: Desk, request: Request, word: str) -> dict[str, Any]:
    """What a token is worth (RFC 7662). Only for apps that can prove who they are.

    Raises:
        ProtocolError: invalid_client, invalid_request.
    """
    client, given = await _asked(desk, request, word)
    insist_proven(client)
    (token,) = needed(given, "token")
    return await inspecting.introspect(desk.house, desk.ring, client.app, token)


async def revoke(desk: Desk, request: Request, word: str) -> Client:
    """End a token (RFC 7009). A public app names itself; whoever holds the token may end it.

    Raises:
        ProtocolError: invalid_client, invalid_request; unauthorized_client for another app's token;
            unsupported_token_type for an app's own access token.
    """
    client, given = await _asked(desk, request, word)
    if not client.proven and not client.app.spa_redirect_uris:
        insist_proven(client)
    (token,) = needed(given, "token")
    try:
        await inspecting.revoke(desk.house, desk.ring, client.app, token)
    except Refused as refused:
        if refused.reason is Reason.BAD_VALUE:
            raise ProtocolError(
                "unsupported_token_type", 70003, "An app's own access token ends by itself within the hour."
            ) from refused
        raise ProtocolError("unauthorized_client", 700005, "The token was given to another app.") from refused
    return client


async def _asked(desk: Desk, request: Request, word: str) -> tuple[Client, dict[str, str]]:
    given = await form(request)
    reading = await desk.house.store.read()
    authority = await find_authority(reading, word)
    return await authenticate(desk, reading, request, given, authority), given
