"""Minting: the claims of access tokens and id_tokens, and their signatures."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from vestibule.actions import collaborating
from vestibule.actions.access import (
    ACCESS_LIFE,
    EPOCH,
    FAMILY,
    FAMILY_TENANT,
    GENERATION,
    HOME_EPOCH,
    OFFSET,
    PERSON,
    STRENGTH,
    TYPE,
    epoch_at,
    issuer,
    own_epoch,
)
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, RS256, KeyRing
from vestibule.actions.resources import Resource
from vestibule.actions.subjects import pairwise as pairwise
from vestibule.ground import signing
from vestibule.rules import claims_requests, grants
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import CONSUMERS_ID
from vestibule.store import group_assignments, hanging, profiles
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.unit import Moment, Reading

ID_LIFE: Final = timedelta(minutes=60)
MFA: Final = "mfa"
_AMR: Final = {
    Strength.EMAILED_CODE: ["otp", "email"],
    Strength.PASSWORD: ["pwd"],
    Strength.FEDERATED: ["fed"],
    Strength.MULTI_FACTOR: ["pwd", "otp", MFA],
    Strength.PASSKEY: ["fido", MFA],
}


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person gave one app, by signing in.

    Attributes:
        scope: the ``scope`` parameter as it was asked, so that the answer can echo its spelling.
        permissions: the permissions granted, of the resource ``resource_id`` (empty: the Graph API).
        auth_time: machine time of the sign-in. session_id: the browser's, as apps know it.
        family_id, family_tenant: what it belongs to, and where that is kept when elsewhere.
        id_claims: claims that the app asked for one by one (OpenID Connect Core section 5.5).
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
    family_tenant: str = ""
    resource_id: str = ""
    id_claims: tuple[str, ...] = field(default=())

    @property
    def words(self) -> frozenset[str]:
        """The words of the scope in lower case."""
        return frozenset(self.scope.lower().split())

    @property
    def is_offline(self) -> bool:
        """Whether a refresh token was asked for."""
        return "offline_access" in self.words

    def as_facts(self) -> dict[str, Any]:
        """What is kept of it beside a code or a refresh token."""
        return {
            "scope": self.scope,
            "permissions": list(self.permissions),
            "nonce": self.nonce,
            "auth_time": int(self.auth_time.timestamp()),
            "strength": self.strength.value,
            "redirect_uri": self.redirect_uri,
            "challenge": self.challenge,
            "session_id": self.session_id,
            "resource_id": self.resource_id,
            "id_claims": list(self.id_claims),
            "family_tenant": self.family_tenant,
        }


def grant_of(facts: dict[str, Any], family_id: str) -> Grant:
    """The grant that ``as_facts`` wrote."""
    return Grant(
        scope=facts["scope"],
        permissions=tuple(facts["permissions"]),
        nonce=facts["nonce"],
        auth_time=datetime.fromtimestamp(facts["auth_time"], tz=UTC),
        strength=Strength(facts["strength"]),
        redirect_uri=facts["redirect_uri"],
        challenge=facts["challenge"],
        session_id=facts["session_id"],
        family_id=family_id,
        family_tenant=facts.get("family_tenant", ""),
        resource_id=facts.get("resource_id", ""),
        id_claims=tuple(facts.get("id_claims", ())),
    )


async def access_token(
    house: House, ring: KeyRing, reading: Reading, app: App, account: Membership, grant: Grant, resource: Resource
) -> str:
    """An access token for somebody at an app (RFC 9068, with the claims that clients of the platform read)."""
    claims = (
        _common(house, reading.moment, app, account.tenant_id, resource)
        | {
            "idtyp": "user",
            "oid": account.user_id,
            "sub": pairwise(house, account, app),
            "name": shown_name(account),
            "upn": account.user_principal_name or account.mail or account.home_mail or "",
            "unique_name": account.mail or account.home_mail or account.user_principal_name,
            "scp": " ".join([*grant.permissions, *openid_words(grant)]),
            "acct": 0 if account.standing.tie is Tie.HOME else 1,
            "auth_time": int(grant.auth_time.timestamp()),
            "appidacr": "0" if app.public else "1",
            EPOCH: epoch_at(app, account),
            HOME_EPOCH: account.home_epoch,
            PERSON: account.person_id,
            STRENGTH: grant.strength.value,
            FAMILY: grant.family_id,
        }
        | await _proof_here(reading, account, grant)
        | _idp(house, account)
        | await _rights(reading, account, resource)
    )
    if grant.family_tenant not in {"", account.tenant_id}:
        claims[FAMILY_TENANT] = grant.family_tenant
    return signing.sign(await ring.signer(ES256), claims, TYPE)


async def _rights(reading: Reading, account: Membership, resource: Resource) -> dict[str, Any]:
    """The directory roles for the Graph API; for an app's API the roles that the app itself knows."""
    if resource.app is None:
        return {"wids": sorted(await hanging.roles(reading, account.tenant_id, account.user_id))}
    values = await app_role_values(reading, resource.app, account)
    return {"roles": values} if values else {}


async def app_token(
    house: House, ring: KeyRing, reading: Reading, app: App, resource: Resource, roles: Iterable[str]
) -> str:
    """An access token for the app itself, with the permissions or roles that it has at the resource."""
    claims = _common(house, reading.moment, app, app.tenant_id, resource) | {
        "idtyp": "app",
        "oid": app.service_principal_id,
        "sub": app.service_principal_id,
        "roles": list(roles),
        "appidacr": "1",
        EPOCH: await own_epoch(reading, app),
    }
    return signing.sign(await ring.signer(ES256), claims, TYPE)


async def id_token(
    house: House, ring: KeyRing, reading: Reading, app: App, account: Membership, grant: Grant, access: str
) -> str:
    """An id_token (OpenID Connect Core section 2), bound to the access token beside it by ``at_hash``."""
    now = int(reading.moment.machine.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(house, account.tenant_id),
        "aud": app.client_id,
        "iat": now,
        "nbf": now,
        "exp": now + int(ID_LIFE.total_seconds()),
        "sub": pairwise(house, account, app),
        "tid": account.tenant_id,
        "oid": account.user_id,
        "ver": "2.0",
        "auth_time": int(grant.auth_time.timestamp()),
        "at_hash": half_hash(access),
    }
    if grant.session_id:
        claims["sid"] = grant.session_id
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    claims |= await _proof_here(reading, account, grant) | _idp(house, account)
    claims |= await profile_claims(reading, account, claims_requests.words_for(grant.words, grant.id_claims))
    if "acct" in grant.id_claims:
        claims["acct"] = 0 if account.standing.tie is Tie.HOME else 1
    roles = await app_role_values(reading, app, account)
    if roles:
        claims["roles"] = roles
    alg = ES256 if app.id_token_alg == ES256 else RS256
    return signing.sign(await ring.signer(alg), claims, "JWT")


def half_hash(token: str) -> str:
    """The left half of a token's SHA-256 (OpenID Connect Core section 3.1.3.6; both algorithms here use SHA-256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode("ascii")).digest()[:16]).rstrip(b"=").decode()


def proof(grant: Grant) -> dict[str, Any]:
    """How they proved who they are: an emailed code is the lowest class (NIST SP 800-63B)."""
    return {"amr": _AMR.get(grant.strength, []), "acr": class_of(grant.strength)}


async def _proof_here(reading: Reading, account: Membership, grant: Grant) -> dict[str, Any]:
    """The same as the account's organization sees it: two factors at a home that it does not trust are not two."""
    claims = proof(grant)
    if MFA in claims["amr"] and not await collaborating.trusts_second_factor(reading, account):
        claims["amr"] = [how for how in claims["amr"] if how != MFA]
    return claims


def class_of(strength: Strength) -> str:
    """The authentication context class: ``0`` for control of a mailbox, ``1`` for more."""
    return "0" if strength is Strength.EMAILED_CODE else "1"


async def profile_claims(reading: Reading, account: Membership, words: frozenset[str]) -> dict[str, Any]:
    """The claims that ``profile`` and ``email`` stand for (OpenID Connect Core section 5.4); a guest's email always."""
    claims: dict[str, Any] = {}
    mail = account.mail or account.home_mail
    if "profile" in words:
        claims["name"] = shown_name(account) or mail or ""
        claims["preferred_username"] = mail or account.user_principal_name
        kept = await profiles.find(reading, account.tenant_id, account.user_id)
        named = {} if kept is None else {"given_name": kept.given_name, "family_name": kept.surname}
        claims |= {name: value for name, value in named.items() if value}
    if mail and ("email" in words or account.standing.tie is not Tie.HOME):
        claims["email"] = mail
    return claims


def shown_name(account: Membership) -> str:
    """What to call them: the name here, else the one at home."""
    return account.display_name or account.home_display_name or ""


async def app_role_values(reading: Reading, app: App, account: Membership) -> list[str]:
    """The values of the app roles that the person is assigned, themselves or through groups, each once."""
    if not app.app_roles:
        return []  # nobody has a role where there is none
    ids = await group_assignments.roles_at(reading, account.tenant_id, account.user_id, app.app_id)
    return sorted(str(role["value"]) for role in app.app_roles if role.get("id") in ids and role.get("value"))


def openid_words(grant: Grant) -> list[str]:
    """The scopes of OpenID Connect that were granted."""
    return [word for word in grants.OPENID_SCOPES if word in grant.words]


def client_info(account: Membership) -> str:
    """Who this is at home, for the account caches of clients: ``{"uid","utid"}`` in base64url."""
    uid, utid = account.user_id, account.tenant_id
    if account.home_user and account.home_tenant:
        uid, utid = account.home_user, account.home_tenant
    elif account.standing.tie is not Tie.HOME and account.person_id:
        uid, utid = account.person_id, CONSUMERS_ID
    return base64.urlsafe_b64encode(msgspec.json.encode({"uid": uid, "utid": utid})).rstrip(b"=").decode()


def offset_of(moment: Moment) -> int:
    """How far lifecycle time runs ahead, in microseconds."""
    return moment.offset // timedelta(microseconds=1)


def _idp(house: House, account: Membership) -> dict[str, str]:
    """Where a guest's identity comes from; absent for members (their own organization vouches)."""
    if account.standing.tie is Tie.HOME and account.tenant_id != CONSUMERS_ID:
        return {}
    if account.provider is not None:
        return {"idp": account.provider}
    return {"idp": "mail" if account.home_tenant is None else issuer(house, account.home_tenant)}


def _common(house: House, moment: Moment, app: App, tenant_id: str, resource: Resource) -> dict[str, Any]:
    now = int(moment.machine.timestamp())
    return {
        "aud": resource.audience,
        "iss": issuer(house, tenant_id),
        "iat": now,
        "nbf": now,
        "exp": now + int(ACCESS_LIFE.total_seconds()),
        "tid": tenant_id,
        "appid": app.client_id,
        "azp": app.client_id,
        "app_displayname": app.display_name,
        "ver": "1.0" if resource.app is None else "2.0",
        "uti": house.chance.token(12),
        OFFSET: offset_of(moment),
        GENERATION: moment.generation,
    }
