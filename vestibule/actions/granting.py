"""Granting: codes and refresh tokens are made, exchanged once, rotated, and ended.

Codes and refresh tokens are opaque; only their hashes are kept. Using either twice ends its family, and with it
everything that descends from that sign-in (RFC 9700 sections 2.1.1 and 4.14.2).
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from vestibule.actions import accounts, app_roles, minting, opaque, resources, sign_in_log, signing_in
from vestibule.actions.access import ACCESS_LIFE, epoch_at, is_over, secret_hash
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.minting import Grant as Grant
from vestibule.actions.minting import grant_of, offset_of
from vestibule.rules import grants, lifecycle
from vestibule.rules.actors import Strength
from vestibule.rules.audiences import audience_of, serves
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps, people, tokens
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.tokens import AuthorizationCode, Family, RefreshToken
from vestibule.store.unit import Moment, Reading, Unit

CODE_LIFE: Final = timedelta(seconds=60)
REFRESH_LIFE: Final = timedelta(days=30)
"""From its last use. A clock pushed by 30 days so ends every sign-in from before, as testers expect."""

SPA_REFRESH_LIFE: Final = timedelta(hours=24)
PASSCODE_REFRESH_LIFE: Final = timedelta(hours=24)
_ONE_DAY: Final = frozenset({Strength.EMAILED_CODE, Strength.FEDERATED})
"""Sign-ins that are asked for again every day: nobody here knows whether that mailbox, or that home, still stands."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint answers with. ``refresh_expires_in``: seconds, beside a refresh token."""

    access_token: str
    expires_in: int
    scope: str
    id_token: str | None = None
    refresh_token: str | None = None
    refresh_expires_in: int | None = None
    client_info: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """What a unit decided to give: to whom, for what, and the refresh token that it wrote."""

    account: Membership
    grant: Grant
    refresh: str | None = None
    refresh_ends: datetime | None = None


async def make_code(
    house: House, app: App, guest: Membership, grant: Grant, *, network: str = "", request_id: str = ""
) -> str:
    """Make an authorization code, good once for a minute, and begin its family.

    ``network`` and ``request_id`` are those of the browser, for the sign-in log.
    """
    code = opaque.make(house, guest.tenant_id)

    async def work(unit: Unit) -> None:
        family = begin_family(house, unit, app, guest, grant)
        tokens.insert_code(
            unit,
            AuthorizationCode(
                tenant_id=guest.tenant_id,
                code_hash=secret_hash(code),
                app_id=app.app_id,
                user_id=guest.user_id,
                person_id=guest.person_id or "",
                facts=grant.as_facts(),
                epoch=epoch_at(app, guest),
                home_epoch=guest.home_epoch,
                family_id=family.family_id,
                expires_at=unit.moment.machine + CODE_LIFE,
                offset_at_birth=offset_of(unit.moment),
                generation=unit.moment.generation,
            ),
        )
        await _log(house, unit, app, guest, grant, network, request_id)

    await house.change(work)
    return code


async def exchange_code(
    house: House,
    ring: KeyRing,
    app: App,
    *,
    tenant_id: str,
    code: str,
    redirect_uri: str,
    verifier: str | None,
    proven: bool = True,
) -> Tokens:
    """Exchange a code, once.

    Args:
        house: the house. ring: its keys. app: who presents the code.
        tenant_id: the organization that the code was made for. code, redirect_uri, verifier: as presented.
        proven: the app proved who it is, or is public; otherwise the code is good only for its pages in a browser.

    Raises:
        Refused: CODE_WRONG (unknown, another app's, another redirect address, wrong or missing verifier),
            CODE_EXPIRED, ALREADY_THERE when it was used before (what it led to is ended), or why the person may
            not sign in any more.
    """

    async def work(unit: Unit) -> Issued | Refused:
        found = await tokens.find_code(unit, tenant_id, secret_hash(code))
        if found is None or found.app_id != app.app_id or found.generation != unit.moment.generation:
            return Refused(Reason.CODE_WRONG)
        if found.used_at is not None:
            tokens.end_family(unit, tenant_id, found.family_id)
            return Refused(Reason.ALREADY_THERE)
        grant = grant_of(found.facts, found.family_id)
        if grant.redirect_uri != redirect_uri or not _verifies(grant, verifier) or not _may_hold(app, grant, proven):
            return Refused(Reason.CODE_WRONG)
        if await family_of(unit, tenant_id, found.family_id) is None:
            # Ended since the code was made, or by somebody who used it again between these two looks.
            now = await tokens.find_code(unit, tenant_id, secret_hash(code))
            used = now is not None and now.used_at is not None
            return Refused(Reason.ALREADY_THERE if used else Reason.CODE_EXPIRED)
        if is_over(unit.moment, found.expires_at, found.offset_at_birth):
            return Refused(Reason.CODE_EXPIRED)
        account = await still(unit, app, found)
        if isinstance(account, Refused):
            return account
        await resources.insist_admitted(unit, app, account)
        tokens.use_code(unit, found)
        return await issue(house, unit, app, account, grant)

    return await _given(house, ring, app, await house.change(work))


async def refresh(
    house: House,
    ring: KeyRing,
    app: App,
    *,
    tenant_id: str,
    token: str,
    scope: str | None,
    proven: bool = True,
    at: str | None = None,
    network: str = "",
    request_id: str = "",
) -> Tokens:
    """Exchange a refresh token for the next one, and an access token.

    Args:
        house: the house. ring: its keys. app: who presents the token. proven: as for ``exchange_code``.
        tenant_id: the organization that the token is kept under. token, scope: as presented.
        at: another organization that the person belongs to, to get the access token for.
        network, request_id: for the sign-in log.

    Raises:
        Refused: CODE_WRONG, CODE_EXPIRED, ALREADY_THERE when it was rotated before (its family is ended), or why
            the person may not sign in any more; NOT_ALLOWED, ``why`` ``consent`` or ``assignment``; BAD_VALUE for a
            scope or resource that does not exist. Nothing is rotated then.
    """

    async def work(unit: Unit) -> Issued | Refused:
        found = await tokens.find_refresh(unit, tenant_id, secret_hash(token))
        if found is None or found.app_id != app.app_id or found.generation != unit.moment.generation:
            return Refused(Reason.CODE_WRONG)
        grant = grant_of(found.facts, found.family_id)
        kept_at = grant.family_tenant or tenant_id
        if found.used_at is not None or await family_of(unit, kept_at, found.family_id) is None:
            tokens.end_family(unit, kept_at, found.family_id)
            return Refused(Reason.ALREADY_THERE)
        if not _may_hold(app, grant, proven):
            return Refused(Reason.CODE_WRONG)
        if is_over(unit.moment, found.expires_at, found.offset_at_birth):
            return Refused(Reason.CODE_EXPIRED)
        keeper = await still(unit, app, found)
        if isinstance(keeper, Refused):
            return keeper
        account = keeper if at in {None, tenant_id} else await _elsewhere(unit, app, keeper, str(at))
        await resources.insist_admitted(unit, app, account)
        wanted = await _narrowed(house, unit, app, account, grant, scope, elsewhere=account is not keeper)
        tokens.use_refresh(unit, found)
        following = await issue(house, unit, app, keeper, grant, expires_at=found.expires_at)
        await _log(house, unit, app, account, wanted, network, request_id)
        return replace(following, account=account, grant=replace(wanted, family_tenant=kept_at))

    return await _given(house, ring, app, await house.change(work))


async def for_app(
    house: House, ring: KeyRing, app: App, *, scope: str, network: str = "", request_id: str = ""
) -> Tokens:
    """An access token for the app itself (client credentials), with every permission or role it has at the resource.

    ``network`` and ``request_id`` are for the sign-in log.

    Raises:
        Refused: BAD_VALUE for anything but ``.default`` of a resource; NOT_ALLOWED, ``why`` ``assignment``, for an
            app's API at which the app has no role.
    """
    asked = resources.read_asked(house, scope)
    if asked.default is None or asked.permissions or asked.openid:
        raise Refused(Reason.BAD_VALUE, property="scope", why="default")
    reading = await house.store.read()
    resource = await resources.find(reading, app.tenant_id, asked)
    roles = app.permissions if resource.app is None else await app_roles.role_values(reading, app, resource.app)
    if roles is None:
        raise Refused(Reason.NOT_ALLOWED, why="assignment", clientId=app.client_id)
    token = await minting.app_token(house, ring, reading, app, resource, roles)
    await sign_in_log.write_program(house, app, network=network, request_id=request_id)
    return Tokens(token, int(ACCESS_LIFE.total_seconds()), scope)


# --- For whatever else gives tokens -----------------------------------------------------------------------------------


def begin_family(house: House, unit: Unit, app: App, account: Membership, grant: Grant) -> Family:
    """Write down a new family: what descends from this sign-in. It ends with the browser's session, or outlives it."""
    family = Family(
        tenant_id=account.tenant_id,
        family_id=house.chance.guid(),
        user_id=account.user_id,
        ended_at=None,
        expires_at=unit.moment.machine + _life(app, grant),
        session_id=None if grant.is_offline or not grant.session_id else grant.session_id,
        client_id=app.client_id,
        began_in=grant.session_id,
    )
    tokens.insert_family(unit, family)
    return family


def in_family(grant: Grant, family: Family) -> Grant:
    """The grant as part of this family."""
    return replace(grant, family_id=family.family_id, family_tenant=family.tenant_id)


async def family_of(reading: Reading, tenant_id: str, family_id: str) -> Family | None:
    """The family with this id, while it lives."""
    found = await tokens.find_family(reading, tenant_id, family_id)
    return None if found is None or found.ended_at is not None else found


async def issue(
    house: House, unit: Unit, app: App, account: Membership, grant: Grant, *, expires_at: datetime | None = None
) -> Issued:
    """Write the next refresh token of the grant's family, when one was asked for.

    A browser app's family, and one that began with an emailed code or at another provider, ends when its first token
    would have (``expires_at``); any other goes on from each use.
    """
    if not grant.is_offline:
        return Issued(account, grant)
    token = opaque.make(house, account.tenant_id)
    fixed = grant.redirect_uri in app.spa_redirect_uris or grant.strength in _ONE_DAY
    ends = expires_at if fixed and expires_at is not None else unit.moment.machine + _life(app, grant)
    tokens.insert_refresh(
        unit,
        RefreshToken(
            tenant_id=account.tenant_id,
            token_hash=secret_hash(token),
            family_id=grant.family_id,
            app_id=app.app_id,
            user_id=account.user_id,
            person_id=account.person_id or "",
            facts=replace(grant, nonce=None).as_facts(),
            epoch=epoch_at(app, account),
            home_epoch=account.home_epoch,
            expires_at=ends,
            offset_at_birth=offset_of(unit.moment),
            generation=unit.moment.generation,
        ),
    )
    return Issued(account, grant, token, ends)


async def still(reading: Reading, app: App, born: AuthorizationCode | RefreshToken) -> Membership | Refused:
    """The account, when it is still the one that the code or token was made for, and nothing has ended that."""
    account = await accounts.find(reading, born.tenant_id, born.user_id)
    if account is None or account.person_id != born.person_id:
        return Refused(Reason.NOT_FOUND)
    reason = why_not_signed_in(reading, account)
    if reason is not None:
        return Refused(reason)
    if (epoch_at(app, account), account.home_epoch) != (born.epoch, born.home_epoch):
        return Refused(Reason.CODE_EXPIRED, why="revoked")
    return account


def why_not_signed_in(reading: Reading, account: Membership) -> Reason | None:
    """Why nobody signs in to this account now, or None."""
    if lifecycle.may_sign_in(account.standing, reading.now):
        return None
    disabled = isinstance(account.stage, lifecycle.Present)
    return Reason.ACCOUNT_DISABLED if disabled else Reason.WRONG_STAGE


async def tokens_for(house: House, ring: KeyRing, app: App, issued: Issued) -> Tokens:
    """Sign what a unit decided to give."""
    reading = await house.store.read()
    account, grant = issued.account, issued.grant
    asked = resources.read_asked(house, grant.scope)
    resource = await resources.for_account(reading, app, account, asked)
    access = await minting.access_token(house, ring, reading, app, account, grant, resource)
    with_id = "openid" in asked.openid
    return Tokens(
        access_token=access,
        expires_in=int(ACCESS_LIFE.total_seconds()),
        scope=grants.echoed(asked, grant.permissions, offline=issued.refresh is not None),
        id_token=await minting.id_token(house, ring, reading, app, account, grant, access) if with_id else None,
        refresh_token=issued.refresh,
        refresh_expires_in=_seconds(reading.moment, issued.refresh_ends),
        client_info=minting.client_info(account),
    )


async def check_secret(reading: Reading, app: App, secret: str) -> bool:
    """Whether this is a secret of the app that has not run out."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    good = False
    for kept in await apps.secrets(reading, app.tenant_id, app.app_id):
        alive = kept.expires_at is None or reading.moment.machine < kept.expires_at
        alive &= kept.starts_at is None or kept.starts_at <= reading.moment.machine
        good |= alive and hmac.compare_digest(kept.secret_hash, digest)
    return good


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _given(house: House, ring: KeyRing, app: App, outcome: Issued | Refused) -> Tokens:
    """A refusal that a unit wrote something about (the end of a family) comes out of it as a value."""
    if isinstance(outcome, Refused):
        raise outcome
    return await tokens_for(house, ring, app, outcome)


async def _log(
    house: House, unit: Unit, app: App, account: Membership, grant: Grant, network: str, request_id: str
) -> None:
    whence = {"resource_id": grant.resource_id, "network": network, "request_id": request_id}
    await sign_in_log.write_token(house, unit, account, app, grant.strength, **whence)


def _verifies(grant: Grant, verifier: str | None) -> bool:
    """A code with a challenge is good only with its verifier; a verifier without a challenge is a downgrade."""
    if grant.challenge is None:
        return not verifier
    return bool(verifier) and grants.proves(verifier or "", grant.challenge)


def _may_hold(app: App, grant: Grant, proven: bool) -> bool:
    """A confidential app's pages in a browser keep no secret: without one, only what went to their address is good."""
    return proven or grant.redirect_uri in app.spa_redirect_uris


async def _elsewhere(unit: Unit, app: App, keeper: Membership, tenant_id: str) -> Membership:
    """The same person's account in another organization, for an app that serves it. Raises Refused."""
    person = await people.find(unit, keeper.person_id or "")
    if person is None or not serves(audience_of(app.attributes), app.tenant_id, tenant_id):
        raise Refused(Reason.NOT_FOUND)
    return await signing_in.entry(unit, person, tenant_id)


async def _narrowed(
    house: House, unit: Unit, app: App, account: Membership, grant: Grant, scope: str | None, *, elsewhere: bool
) -> Grant:
    """What a refresh is for.

    It may ask for less, or in another spelling, never for more than was granted (RFC 6749 section 6). Another
    resource, or another organization, gets what is consented there. What was taken back since is not given again.
    """
    asked = resources.read_asked(house, scope or grant.scope)
    resource = await resources.for_account(unit, app, account, asked)
    consented = await resources.consented(unit, app, account, resource)
    same = resource.id == grant.resource_id and not elsewhere
    have: Sequence[str] = _both(grant.permissions, consented) if same else consented
    permissions = grants.granted_delegated(asked, have)
    if scope and not permissions and not asked.for_openid_alone:
        raise Refused(Reason.NOT_ALLOWED, why="consent")
    if elsewhere and grants.unconsented(asked, consented):
        raise Refused(Reason.NOT_ALLOWED, why="consent")
    return replace(grant, scope=scope or grant.scope, permissions=permissions, resource_id=resource.id)


def _both(granted: Sequence[str], consented: Sequence[str]) -> tuple[str, ...]:
    living = {name.lower() for name in consented}
    return tuple(name for name in granted if name.lower() in living)


def _life(app: App, grant: Grant) -> timedelta:
    if grant.strength in _ONE_DAY:
        return PASSCODE_REFRESH_LIFE
    return SPA_REFRESH_LIFE if grant.redirect_uri in app.spa_redirect_uris else REFRESH_LIFE


def _seconds(moment: Moment, ends: datetime | None) -> int | None:
    return None if ends is None else max(0, int((ends - moment.machine).total_seconds()))
