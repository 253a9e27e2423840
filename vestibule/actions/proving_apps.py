"""Proving which app asks: by a signed assertion (RFC 7523) under a key or certificate that is registered for it.

Secrets are checked in ``granting.check_secret``. An assertion is good once, on whatever node: its id is remembered
until it expires.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from vestibule.actions.access import LEEWAY
from vestibule.actions.house import House
from vestibule.ground import signing
from vestibule.ground.public_keys import read_jwk
from vestibule.ground.signing import ES256, PS256, RS256, BadToken, PublicKey
from vestibule.rules import names
from vestibule.rules.audiences import audience_of, serves
from vestibule.rules.names import TenantKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import app_keys, organizations
from vestibule.store.app_keys import AppKey
from vestibule.store.apps import App
from vestibule.store.unit import Duplicate, Reading, Unit

ALGORITHMS: Final = frozenset({RS256, PS256, ES256})
LONGEST_LIFE: Final = timedelta(hours=24)
"""How far ahead an assertion may expire; for as long its id has to be remembered."""

_TYPES: Final = frozenset({None, "JWT", "client-authentication+jwt"})
_LONGEST_ID: Final = 512
_ENDPOINTS: Final = frozenset({"oauth2/v2.0/token", "oauth2/token", "v2.0"})


async def check_assertion(house: House, app: App, assertion: str) -> None:
    """Insist that an app signed this assertion, for us, and that it was not used before.

    Raises:
        Refused: CODE_WRONG, ``why`` ``assertion``; the same whatever is wrong with it. ALREADY_THERE when it was used.
    """
    reading = await house.store.read()
    keys = named_keys(await app_keys.of_app(reading, app.tenant_id, app.app_id), reading.moment.machine)
    claims = _verified(assertion, keys, reading.moment.machine)
    if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
        raise _wrong()
    if not await _is_for_us(house, reading, app, claims.get("aud")):
        raise _wrong()
    await _use(house, app, claims, reading.moment.machine)


def named_keys(kept: list[AppKey], now: datetime) -> dict[str, PublicKey]:
    """The keys that are good now, under every name that a token's header may call them by.

    Those are ``kid``, the thumbprints of a certificate in base64url, and its SHA-1 in hexadecimal, which some clients
    send as ``kid``.
    """
    found: dict[str, PublicKey] = {}
    for one in kept:
        if now < one.starts_at or (one.expires_at is not None and now >= one.expires_at):
            continue
        key = read_jwk(msgspec.json.decode(one.public_jwk))
        for name in _names(one):
            found[name] = key
    return found


def _names(key: AppKey) -> list[str]:
    listed = [key.kid, key.thumbprint, key.thumbprint_sha256]
    if key.thumbprint is not None:
        digest = signing.octets_of(key.thumbprint).hex()
        listed += [digest, digest.upper()]
    return [name for name in listed if name]


def _verified(assertion: str, keys: Mapping[str, PublicKey], now: datetime) -> dict[str, Any]:
    if not keys:
        raise _wrong()
    try:
        claims = signing.verify(assertion, keys, algorithms=ALGORITHMS, typ=_TYPES)
        signing.check_times(claims, now, LEEWAY)
    except BadToken as bad:
        raise _wrong() from bad
    return claims


async def _is_for_us(house: House, reading: Reading, app: App, audience: Any) -> bool:
    """Whether one of the audiences is the token endpoint of the app's organization, or its issuer, however spelt."""
    listed = audience if isinstance(audience, list) else [audience]
    for one in listed[:10]:
        if isinstance(one, str) and await _is_endpoint(house, reading, app, one):
            return True
    return False


async def _is_endpoint(house: House, reading: Reading, app: App, address: str) -> bool:
    plain = address.lower().rstrip("/")
    origin = house.public_url.lower() + "/"
    if not plain.startswith(origin) or len(plain) > 1024:
        return False
    word, _, rest = plain.removeprefix(origin).partition("/")
    tenant = names.read_tenant(word)
    if rest not in _ENDPOINTS or tenant is None:
        return False
    named = tenant.value
    if tenant.kind is TenantKind.DOMAIN:
        owner = await organizations.find_domain(reading, tenant.value)
        named = "" if owner is None else owner.tenant_id
    elif tenant.kind is not TenantKind.ID:
        return True
    return serves(audience_of(app.attributes), app.tenant_id, named)


async def _use(house: House, app: App, claims: Mapping[str, Any], now: datetime) -> None:
    """Write down that this assertion is used. Raises Refused (ALREADY_THERE) when it was."""
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID:
        raise _wrong()
    try:
        ends = datetime.fromtimestamp(float(claims["exp"]), tz=UTC) + LEEWAY
    except (ValueError, OverflowError, OSError) as bad:
        raise _wrong() from bad
    if ends > now + LONGEST_LIFE:
        raise _wrong()

    async def work(unit: Unit) -> None:
        app_keys.use_assertion(unit, app.tenant_id, app.app_id, jti, ends)

    try:
        await house.change(work)
    except Duplicate as used:
        raise Refused(Reason.ALREADY_THERE, why="assertion") from used


def _wrong() -> Refused:
    return Refused(Reason.CODE_WRONG, why="assertion")
