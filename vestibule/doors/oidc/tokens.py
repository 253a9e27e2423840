"""The token endpoint: each grant, and the shape of the answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from vestibule.actions import device_signing_in, direct_granting, granting, opaque
from vestibule.actions.granting import Tokens
from vestibule.doors.oidc import first_version, wanted_claims
from vestibule.doors.oidc.clients import Client, authenticate, insist_proven
from vestibule.doors.oidc.desk import Authority, Desk, find_authority, form, needed
from vestibule.doors.oidc.errors import ProtocolError, bad_device_code, missing, of_refusal, unknown_app
from vestibule.doors.web.visits import whence_of
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANTS: Final = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE, ON_BEHALF_OF)
"""The grants in the metadata. The password grant is not: it is for single apps, and nobody shall look for it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A token request whose app is known."""

    desk: Desk
    request: Request
    given: dict[str, str]
    authority: Authority
    client: Client


@dataclass(frozen=True, slots=True)
class Answered:
    """The body of an answer, and the app that it is for."""

    client: Client
    body: dict[str, Any]


async def exchange(desk: Desk, request: Request, word: str, *, first: bool = False) -> Answered:
    """Answer a token request; ``first``: one in the words of the first version, which also wants the answer so.

    Raises:
        ProtocolError: whatever is wrong with it, in OAuth's words.
    """
    sent = await form(request)
    given = first_version.token(sent) if first else sent
    reading = await desk.house.store.read()
    authority = await find_authority(reading, word)
    client = await authenticate(desk, reading, request, given, authority)
    wanted_claims.read(given.get("claims"))
    name = given.get("grant_type") or ""
    if not name:
        raise missing("grant_type")
    act = _BY_NAME.get(name)
    if act is None or (name == "password" and not client.app.password_grant):
        raise ProtocolError("unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    try:
        found = await act(Asked(desk, request, given, authority, client))
    except Refused as refused:
        said = of_refusal(refused)
        raise (bad_device_code(said) if act is _device else said) from refused
    body = _answer(found)
    if first:
        now = int(reading.moment.machine.timestamp())
        body = first_version.answer(body, resource=sent.get("resource", ""), now=now)
    return Answered(client, body)


async def _code(asked: Asked) -> Tokens:
    code, redirect_uri = needed(asked.given, "code", "redirect_uri")
    return await granting.exchange_code(
        asked.desk.house,
        asked.desk.ring,
        asked.client.app,
        tenant_id=_kept_at(asked, code),
        code=code,
        redirect_uri=redirect_uri,
        verifier=asked.given.get("code_verifier") or None,
        proven=_or_page(asked),
    )


async def _refresh(asked: Asked) -> Tokens:
    (token,) = needed(asked.given, "refresh_token")
    kept_at = opaque.tenant_of(token)
    if kept_at is None:
        raise Refused(Reason.CODE_WRONG)
    return await granting.refresh(
        asked.desk.house,
        asked.desk.ring,
        asked.client.app,
        tenant_id=kept_at,
        token=token,
        scope=asked.given.get("scope") or None,
        proven=_or_page(asked),
        at=_served_at(asked, kept_at),
        **_whence(asked),
    )


def _served_at(asked: Asked, kept_at: str) -> str:
    """Which organization a refresh is for: the one that is named; through an alias the one it was given for.

    Raises:
        ProtocolError: an alias that does not serve whom the token is about.
    """
    if asked.authority.organization is not None:
        return asked.authority.organization.tenant_id
    personal = kept_at == CONSUMERS_ID
    if (asked.authority.alias == "consumers") != personal and asked.authority.alias != "common":
        raise unknown_app(asked.client.app.client_id)
    return kept_at


def _kept_at(asked: Asked, code: str) -> str:
    """The organization a code was made for, which has to be the one that is asked.

    Raises:
        Refused: CODE_WRONG for another one.
    """
    found = opaque.tenant_of(code)
    named = asked.authority.organization
    if found is None or (named is not None and found != named.tenant_id):
        raise Refused(Reason.CODE_WRONG)
    return found


def _or_page(asked: Asked) -> bool:
    """Whether the app is proven. One that is not may be a page in a browser, which the grant itself has to show.

    Raises:
        ProtocolError: invalid_client for an app that has no pages in a browser.
    """
    if not asked.client.proven and not asked.client.app.spa_redirect_uris:
        insist_proven(asked.client)
    return asked.client.proven


async def _own(asked: Asked) -> Tokens:
    if asked.client.app.public:
        raise ProtocolError("unauthorized_client", 7000219, "A public app has no credential of its own.", 400)
    insist_proven(asked.client)
    if asked.authority.tenant_id not in {None, asked.client.app.tenant_id}:
        raise unknown_app(asked.client.app.client_id)
    scope = asked.given.get("scope") or ""
    return await granting.for_app(asked.desk.house, asked.desk.ring, asked.client.app, scope=scope, **_whence(asked))


async def _device(asked: Asked) -> Tokens:
    # Some clients send the code twice, under two names.
    code = asked.given.get("device_code") or asked.given.get("code") or ""
    if not code:
        raise missing("device_code")
    _confidential_or_public(asked)
    return await device_signing_in.redeem(asked.desk.house, asked.desk.ring, asked.client.app, device_code=code)


async def _on_behalf_of(asked: Asked) -> Tokens:
    (assertion,) = needed(asked.given, "assertion")
    if asked.given.get("requested_token_use") != "on_behalf_of":
        raise ProtocolError("invalid_request", 900144, "Only requested_token_use=on_behalf_of is supported.")
    if asked.client.app.public:
        raise ProtocolError("unauthorized_client", 7000219, "A public app has no credential of its own.", 400)
    insist_proven(asked.client)
    (scope,) = needed(asked.given, "scope")
    return await direct_granting.on_behalf_of(
        asked.desk.house,
        asked.desk.ring,
        asked.client.app,
        assertion=assertion,
        scope=scope,
        tenant_id=asked.authority.tenant_id or "",
    )


async def _password(asked: Asked) -> Tokens:
    username, password = needed(asked.given, "username", "password")
    _confidential_or_public(asked)
    return await direct_granting.by_password(
        asked.desk.house,
        asked.desk.ring,
        asked.desk.passwords,
        asked.client.app,
        asked.authority.where,
        username=username,
        password=password,
        scope=asked.given.get("scope") or "",
        **_whence(asked),
    )


def _whence(asked: Asked) -> dict[str, str]:
    """Where a request comes from, for the sign-in log."""
    return {
        "network": whence_of(asked.request),
        "request_id": str(asked.request.scope.get("request_id") or ""),
    }


def _confidential_or_public(asked: Asked) -> None:
    if not asked.client.proven:
        insist_proven(asked.client)


_BY_NAME: Final[dict[str, Callable[[Asked], Awaitable[Tokens]]]] = {
    "authorization_code": _code,
    "refresh_token": _refresh,
    "client_credentials": _own,
    DEVICE_CODE: _device,
    "device_code": _device,
    ON_BEHALF_OF: _on_behalf_of,
    "password": _password,
}


def _answer(found: Tokens) -> dict[str, Any]:
    body: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": found.scope,
        "expires_in": found.expires_in,
        "ext_expires_in": found.expires_in,
        "access_token": found.access_token,
    }
    more = {
        "refresh_token": found.refresh_token,
        "refresh_token_expires_in": found.refresh_expires_in,
        "id_token": found.id_token,
        "client_info": found.client_info,
    }
    return body | {name: value for name, value in more.items() if value is not None}
