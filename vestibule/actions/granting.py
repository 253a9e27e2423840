"""Granting: codes, access tokens, id_tokens and refresh tokens are made, exchanged once, rotated, and ended.

Codes and refresh tokens are opaque; only their hashes are kept. Using either twice ends its family, and with it
everything that descends from that sign-in (RFC 9700 sections 2.1.1 and 4.14.2).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from vestibule.actions.access import (
    ACCESS_LIFE,
    EPOCH,
    FAMILY,
    GENERATION,
    HOME_EPOCH,
    OFFSET,
    PERSON,
    STRENGTH,
    TYPE,
    is_over,
    issuer,
    secret_hash,
)
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, RS256, KeyRing
from vestibule.ground import signing
from vestibule.rules import grants, lifecycle
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps, hanging, memberships, tokens
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.tokens import AuthorizationCode, Family, RefreshToken
from vestibule.store.unit import Moment, Reading, Unit

CODE_LIFE: Final = timedelta(seconds=60)
ID_LIFE: Final = timedelta(minutes=60)
REFRESH_LIFE: Final = timedelta(days=90)
SPA_REFRESH_LIFE: Final = timedelta(hours=24)
PASSCODE_REFRESH_LIFE: Final = timedelta(hours=24)
_AMR: Final = {
    Strength.EMAILED_CODE: ["otp", "email"],
    Strength.PASSWORD: ["pwd"],
    Strength.FEDERATED: ["fed"],
    Strength.MULTI_FACTOR: ["pwd", "mfa"],
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person gave one app, by signing in.

    Attributes:
        scope: the ``scope`` parameter as it was asked, so that the answer can echo its spelling.
        permissions: the delegated permissions granted. auth_time: machine time of the sign-in.
    """

    scope: str
    permissions: tuple[str, ...]
    nonce: str | None
    auth_time: datetime
    strength: Strength
    redirect_uri: str = ""
    challenge: str | None = None
    session_id: str = ""
    family_id: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint answers with."""

    access_token: str
    expires_in: int
    scope: str
    id_token: str | None = None
    refresh_token: str | None = None
    client_info: str | None = None


def _facts(grant: Grant) -> dict[str, Any]:
    return {
        "scope": grant.scope,
        "permissions": list(grant.permissions),
        "nonce": grant.nonce,
        "auth_time": int(grant.auth_time.timestamp()),
        "strength": grant.strength.value,
        "redirect_uri": grant.redirect_uri,
        "challenge": grant.challenge,
        "session_id": grant.session_id,
    }


def _grant(facts: dict[str, Any]) -> Grant:
    return Grant(
        scope=facts["scope"],
        permissions=tuple(facts["permissions"]),
        nonce=facts["nonce"],
        auth_time=datetime.fromtimestamp(facts["auth_time"], tz=UTC),
        strength=Strength(facts["strength"]),
        redirect_uri=facts["redirect_uri"],
        challenge=facts["challenge"],
        session_id=facts["session_id"],
    )


async def make_code(house: House, app: App, guest: Membership, grant: Grant) -> str:
    """Make an authorization code, good once for a minute, and begin its family."""
    code = house.chance.token()

    async def work(unit: Unit) -> None:
        family = _family(house, unit.moment, app, guest, grant)
        tokens.insert_family(unit, family)
        tokens.insert_code(
            unit,
            AuthorizationCode(
                tenant_id=guest.tenant_id,
                code_hash=secret_hash(code),
                app_id=app.app_id,
                user_id=guest.user_id,
                person_id=guest.person_id or "",
                facts=_facts(grant),
                epoch=guest.epoch,
                home_epoch=guest.home_epoch,
                family_id=family.family_id,
                expires_at=unit.moment.machine + CODE_LIFE,
                offset_at_birth=_offset(unit.moment),
                generation=unit.moment.generation,
            ),
        )

    await house.change(work)
    return code


async def exchange_code(
    house: House, ring: KeyRing, app: App, *, tenant_id: str, code: str, redirect_uri: str, verifier: str | None
) -> Tokens:
    """Exchange a code, once.

    Raises:
        Refused: CODE_WRONG (unknown, another app's, another redirect address, wrong or missing verifier),
            CODE_EXPIRED, ALREADY_THERE when it was used before (what it led to is ended), or why the person may
            not sign in any more.
    """

    async def work(unit: Unit) -> tuple[Membership, Grant, str | None] | Refused:
        found = await tokens.find_code(unit, tenant_id, secret_hash(code))
        if found is None or found.app_id != app.app_id or found.generation != unit.moment.generation:
            return Refused(Reason.CODE_WRONG)
        if found.used_at is not None:
            tokens.end_family(unit, tenant_id, found.family_id)
            return Refused(Reason.ALREADY_THERE)
        grant = _grant(found.facts)
        if grant.redirect_uri != redirect_uri or not _verifies(grant, verifier):
            return Refused(Reason.CODE_WRONG)
        if is_over(unit.moment, found.expires_at, found.offset_at_birth):
            return Refused(Reason.CODE_EXPIRED)
        guest = await _still(unit, found)
        if isinstance(guest, Refused):
            return guest
        tokens.use_code(unit, found)
        refresh = await _make_refresh(house, unit, app, guest, grant, found.family_id)
        return guest, replace(grant, family_id=found.family_id), refresh

    outcome = await house.change(work)
    if isinstance(outcome, Refused):
        raise outcome
    guest, grant, refresh = outcome
    return await _tokens(house, ring, app, guest, grant, refresh)


async def refresh(house: House, ring: KeyRing, app: App, *, tenant_id: str, token: str, scope: str | None) -> Tokens:
    """Exchange a refresh token for the next one, and an access token.

    Raises:
        Refused: CODE_WRONG, CODE_EXPIRED, ALREADY_THERE when it was rotated before (its family is ended), or why
            the person may not sign in any more.
    """

    async def work(unit: Unit) -> tuple[Membership, Grant, str | None] | Refused:
        found = await tokens.find_refresh(unit, tenant_id, secret_hash(token))
        if found is None or found.app_id != app.app_id or found.generation != unit.moment.generation:
            return Refused(Reason.CODE_WRONG)
        family = await tokens.find_family(unit, tenant_id, found.family_id)
        if found.used_at is not None or family is None or family.ended_at is not None:
            tokens.end_family(unit, tenant_id, found.family_id)
            return Refused(Reason.ALREADY_THERE)
        if is_over(unit.moment, found.expires_at, found.offset_at_birth):
            return Refused(Reason.CODE_EXPIRED)
        guest = await _still(unit, found)
        if isinstance(guest, Refused):
            return guest
        tokens.use_refresh(unit, found)
        grant = _grant(found.facts)
        following = await _make_refresh(house, unit, app, guest, grant, found.family_id, expires_at=found.expires_at)
        return guest, replace(grant, family_id=found.family_id), following

    outcome = await house.change(work)
    if isinstance(outcome, Refused):
        raise outcome
    guest, grant, following = outcome
    return await _tokens(house, ring, app, guest, _narrowed(house, grant, scope), following)


async def for_app(house: House, ring: KeyRing, app: App, *, scope: str) -> Tokens:
    """An access token for the app itself (client credentials), with every application permission it was granted."""
    asked = grants.read_scopes(scope, origin=house.public_url)
    if asked is None or asked.foreign is not None or asked.default is None:
        raise Refused(Reason.BAD_VALUE, property="scope")
    moment = await house.store.moment()
    claims = _common(house, moment, app, app.tenant_id, asked.audience) | {
        "idtyp": "app",
        "oid": app.service_principal_id,
        "sub": app.service_principal_id,
        "roles": list(app.permissions),
        "appidacr": "1",
    }
    key = await ring.signer(ES256)
    return Tokens(signing.sign(key, claims, TYPE), int(ACCESS_LIFE.total_seconds()), scope)


def _verifies(grant: Grant, verifier: str | None) -> bool:
    """A code with a challenge is good only with its verifier; a verifier without a challenge is a downgrade."""
    if grant.challenge is None:
        return not verifier
    return bool(verifier) and grants.proves(verifier or "", grant.challenge)


async def _still(reading: Reading, born: AuthorizationCode | RefreshToken) -> Membership | Refused:
    """The membership, when it is still the one that the code or token was made for."""
    guest = await memberships.find(reading, born.tenant_id, born.user_id)
    if guest is None or guest.person_id != born.person_id:
        return Refused(Reason.NOT_FOUND)
    if not lifecycle.may_sign_in(guest.standing, reading.now):
        disabled = isinstance(guest.stage, lifecycle.Present)
        return Refused(Reason.ACCOUNT_DISABLED if disabled else Reason.WRONG_STAGE)
    if (guest.epoch, guest.home_epoch) != (born.epoch, born.home_epoch):
        return Refused(Reason.CODE_EXPIRED, why="revoked")
    return guest


def _family(house: House, moment: Moment, app: App, guest: Membership, grant: Grant) -> Family:
    ends = moment.machine + _life(app, grant)
    return Family(guest.tenant_id, house.chance.guid(), guest.user_id, None, ends)


def _life(app: App, grant: Grant) -> timedelta:
    if grant.strength is Strength.EMAILED_CODE:
        return PASSCODE_REFRESH_LIFE
    return SPA_REFRESH_LIFE if grant.redirect_uri in app.spa_redirect_uris else REFRESH_LIFE


async def _make_refresh(
    house: House,
    unit: Unit,
    app: App,
    guest: Membership,
    grant: Grant,
    family_id: str,
    *,
    expires_at: datetime | None = None,
) -> str | None:
    """The next refresh token of a family; a browser app's family ends when its first one would have."""
    if "offline_access" not in grant.scope.lower().split():
        return None
    token = house.chance.token()
    fixed = grant.redirect_uri in app.spa_redirect_uris or grant.strength is Strength.EMAILED_CODE
    ends = expires_at if fixed and expires_at is not None else unit.moment.machine + _life(app, grant)
    tokens.insert_refresh(
        unit,
        RefreshToken(
            tenant_id=guest.tenant_id,
            token_hash=secret_hash(token),
            family_id=family_id,
            app_id=app.app_id,
            user_id=guest.user_id,
            person_id=guest.person_id or "",
            facts=_facts(replace(grant, nonce=None)),
            epoch=guest.epoch,
            home_epoch=guest.home_epoch,
            expires_at=ends,
            offset_at_birth=_offset(unit.moment),
            generation=unit.moment.generation,
        ),
    )
    return token


def _narrowed(house: House, grant: Grant, scope: str | None) -> Grant:
    """A refresh may ask for less, or in another spelling, never for more than was granted (RFC 6749 section 6)."""
    if not scope:
        return grant
    asked = grants.read_scopes(scope, origin=house.public_url)
    if asked is None or asked.foreign is not None:
        raise Refused(Reason.BAD_VALUE, property="scope")
    return replace(grant, scope=scope, permissions=grants.granted_delegated(asked, grant.permissions))


async def _tokens(
    house: House, ring: KeyRing, app: App, guest: Membership, grant: Grant, refresh_token: str | None
) -> Tokens:
    reading = await house.store.read()
    asked = grants.read_scopes(grant.scope, origin=house.public_url)
    if asked is None:
        raise Refused(Reason.BAD_VALUE, property="scope")
    access = await _access_token(house, ring, reading, app, guest, grant, asked.audience)
    id_token = await _id_token(house, ring, reading, app, guest, grant) if "openid" in asked.openid else None
    return Tokens(
        access_token=access,
        expires_in=int(ACCESS_LIFE.total_seconds()),
        scope=grants.echoed(asked, grant.permissions, offline=refresh_token is not None),
        id_token=id_token,
        refresh_token=refresh_token,
        client_info=_client_info(guest),
    )


async def _access_token(
    house: House, ring: KeyRing, reading: Reading, app: App, guest: Membership, grant: Grant, audience: str
) -> str:
    roles = await hanging.roles(reading, guest.tenant_id, guest.user_id)
    claims = (
        _common(house, reading.moment, app, guest.tenant_id, audience)
        | {
            "idtyp": "user",
            "oid": guest.user_id,
            "sub": pairwise(house, guest, app),
            "name": shown_name(guest),
            "upn": guest.user_principal_name or guest.mail or guest.home_mail or "",
            "unique_name": guest.mail or guest.home_mail or guest.user_principal_name,
            "scp": " ".join([*grant.permissions, *_openid(grant)]),
            "wids": sorted(roles),
            "acct": 0 if guest.standing.tie is Tie.HOME else 1,
            "amr": _AMR.get(grant.strength, []),
            "acr": "0" if grant.strength is Strength.EMAILED_CODE else "1",
            "auth_time": int(grant.auth_time.timestamp()),
            "appidacr": "0" if app.public else "1",
            EPOCH: guest.epoch,
            HOME_EPOCH: guest.home_epoch,
            PERSON: guest.person_id,
            STRENGTH: grant.strength.value,
            FAMILY: grant.family_id,
        }
        | _idp(house, guest)
    )
    return signing.sign(await ring.signer(ES256), claims, TYPE)


async def _id_token(house: House, ring: KeyRing, reading: Reading, app: App, guest: Membership, grant: Grant) -> str:
    now = int(reading.moment.machine.timestamp())
    words = set(_openid(grant))
    claims: dict[str, Any] = {
        "iss": issuer(house, guest.tenant_id),
        "aud": app.client_id,
        "iat": now,
        "nbf": now,
        "exp": now + int(ID_LIFE.total_seconds()),
        "sub": pairwise(house, guest, app),
        "tid": guest.tenant_id,
        "oid": guest.user_id,
        "ver": "2.0",
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": _AMR.get(grant.strength, []),
        "sid": grant.session_id,
    } | _idp(house, guest)
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    claims |= profile_claims(guest, words)
    roles = await app_role_values(reading, app, guest)
    if roles:
        claims["roles"] = roles
    alg = ES256 if app.id_token_alg == ES256 else RS256
    return signing.sign(await ring.signer(alg), claims, "JWT")


def profile_claims(guest: Membership, scopes: set[str]) -> dict[str, Any]:
    """The claims that ``profile`` and ``email`` stand for (OpenID Connect Core section 5.4)."""
    claims: dict[str, Any] = {}
    mail = guest.mail or guest.home_mail
    if "profile" in scopes:
        claims["name"] = shown_name(guest)
        claims["preferred_username"] = mail or guest.user_principal_name
    if mail and ("email" in scopes or guest.standing.tie is not Tie.HOME):
        claims["email"] = mail
    return claims


def shown_name(guest: Membership) -> str:
    """What to call them: the name here, else the one at home."""
    return guest.display_name or guest.home_display_name or ""


async def app_role_values(reading: Reading, app: App, guest: Membership) -> list[str]:
    """The values of the app roles that the person is assigned."""
    held = await hanging.everything(reading, guest.tenant_id, guest.user_id)
    ids = {thing.detail for thing in held if thing.target_id == app.app_id and thing.struck is None}
    return sorted(str(role["value"]) for role in app.app_roles if role.get("id") in ids and role.get("value"))


def pairwise(house: House, guest: Membership, app: App) -> str:
    """A subject that two apps cannot join (OpenID Connect Core section 8.1)."""
    text = f"{guest.tenant_id}/{guest.user_id}/{app.client_id}".encode()
    return base64.urlsafe_b64encode(house.sealer.mac("pairwise-subject", text)).rstrip(b"=").decode()


def _openid(grant: Grant) -> list[str]:
    return [word for word in grants.OPENID_SCOPES if word in grant.scope.lower().split()]


def _idp(house: House, guest: Membership) -> dict[str, str]:
    """Where a guest's identity comes from; absent for members (their own organization vouches)."""
    if guest.standing.tie is Tie.HOME:
        return {}
    return {"idp": "mail" if guest.home_tenant is None else issuer(house, guest.home_tenant)}


def _common(house: House, moment: Moment, app: App, tenant_id: str, audience: str) -> dict[str, Any]:
    now = int(moment.machine.timestamp())
    return {
        "aud": audience,
        "iss": issuer(house, tenant_id),
        "iat": now,
        "nbf": now,
        "exp": now + int(ACCESS_LIFE.total_seconds()),
        "tid": tenant_id,
        "appid": app.client_id,
        "azp": app.client_id,
        "app_displayname": app.display_name,
        "ver": "1.0",
        "uti": house.chance.token(12),
        OFFSET: _offset(moment),
        GENERATION: moment.generation,
    }


def _client_info(guest: Membership) -> str:
    """Who this is at home, for the account caches of clients: ``{"uid","utid"}`` in base64url."""
    uid = guest.home_user or guest.user_id
    utid = guest.home_tenant or guest.tenant_id
    return base64.urlsafe_b64encode(msgspec.json.encode({"uid": uid, "utid": utid})).rstrip(b"=").decode()


def _offset(moment: Moment) -> int:
    return moment.offset // timedelta(microseconds=1)


async def check_secret(reading: Reading, app: App, secret: str) -> bool:
    """Whether this is a secret of the app that has not run out."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    good = False
    for kept in await apps.secrets(reading, app.tenant_id, app.app_id):
        alive = kept.expires_at is None or reading.moment.machine < kept.expires_at
        good |= alive and hmac.compare_digest(kept.secret_hash, digest)
    return good
