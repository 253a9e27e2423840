"""Inspecting and revoking: what a token is worth now (RFC 7662), and its end before its time (RFC 7009).

An app learns only about tokens that were given to it, or made for its own API; about any other it hears the same as
about no token at all.
"""

from typing import Any, Final

from vestibule.actions import granting, opaque
from vestibule.actions.access import (
    FAMILY,
    FAMILY_TENANT,
    account_behind,
    app_behind,
    is_over,
    read_access_token,
    secret_hash,
)
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import tokens
from vestibule.store.apps import App
from vestibule.store.tokens import RefreshToken
from vestibule.store.unit import Reading, Unit

_SHOWN: Final = ("iss", "sub", "aud", "exp", "iat", "nbf", "oid", "tid", "idtyp", "roles", "acr", "amr", "auth_time")
INACTIVE: Final = {"active": False}


async def introspect(house: House, ring: KeyRing, app: App, token: str) -> dict[str, Any]:
    """What RFC 7662, section 2.2 answers about a token; ``active`` alone, and false, when it is worth nothing here."""
    reading = await house.store.read()
    kept = await _refresh_token(reading, token)
    if kept is not None:
        return await _about_refresh_token(reading, app, kept)
    try:
        claims = await read_access_token(house, ring, reading, token)
        issued_to = await app_behind(reading, claims)
        account = None if claims.get("idtyp") == "app" else await account_behind(reading, issued_to, claims)
    except Refused:
        return dict(INACTIVE)
    if app.client_id not in {issued_to.client_id, claims.get("aud")}:
        return dict(INACTIVE)
    shown: dict[str, Any] = {name: claims[name] for name in _SHOWN if name in claims}
    named = {} if account is None else {"username": str(claims.get("upn", ""))}
    scope = {"scope": claims["scp"]} if "scp" in claims else {}
    return {
        "active": True,
        "token_type": "Bearer",
        "client_id": issued_to.client_id,
        "jti": claims.get("uti"),
        **shown,
        **named,
        **scope,
    }


async def _about_refresh_token(reading: Reading, app: App, kept: RefreshToken) -> dict[str, Any]:
    good = (
        kept.app_id == app.app_id
        and kept.used_at is None
        and kept.generation == reading.moment.generation
        and not is_over(reading.moment, kept.expires_at, kept.offset_at_birth)
        and not isinstance(await granting.still(reading, app, kept), Refused)
        and await granting.family_of(reading, _kept_at(kept), kept.family_id) is not None
    )
    if not good:
        return dict(INACTIVE)
    return {
        "active": True,
        "token_type": "refresh_token",
        "client_id": app.client_id,
        "exp": int(kept.expires_at.timestamp()),
        "oid": kept.user_id,
        "tid": kept.tenant_id,
        "scope": kept.facts["scope"],
    }


async def revoke(house: House, ring: KeyRing, app: App, token: str) -> None:
    """End a token, and with it everything that descends from the same sign-in. One that is worth nothing stays so.

    Raises:
        Refused: NOT_ALLOWED for another app's token; BAD_VALUE, property ``token``, for an app's own access token,
            which ends within the hour and stands for nobody.
    """
    reading = await house.store.read()
    kept = await _refresh_token(reading, token)
    if kept is not None:
        await _end(house, _kept_at(kept), kept.family_id, mine=kept.app_id == app.app_id)
        return
    try:
        claims = await read_access_token(house, ring, reading, token)
    except Refused:
        return
    if claims.get("idtyp") == "app":
        raise Refused(Reason.BAD_VALUE, property="token")
    kept_at = str(claims.get(FAMILY_TENANT, claims["tid"]))
    await _end(house, kept_at, str(claims.get(FAMILY, "")), mine=claims["appid"] == app.client_id)


async def _end(house: House, tenant_id: str, family_id: str, *, mine: bool) -> None:
    if not mine:
        raise Refused(Reason.NOT_ALLOWED, why="anotherApps")

    async def work(unit: Unit) -> None:
        tokens.end_family(unit, tenant_id, family_id)

    await house.change(work)


async def _refresh_token(reading: Reading, token: str) -> RefreshToken | None:
    tenant_id = opaque.tenant_of(token)
    return None if tenant_id is None else await tokens.find_refresh(reading, tenant_id, secret_hash(token))


def _kept_at(kept: RefreshToken) -> str:
    return str(kept.facts.get("family_tenant") or kept.tenant_id)
