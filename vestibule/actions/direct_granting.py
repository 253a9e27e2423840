"""Granting without a browser: for a password typed into the app itself, and on behalf of somebody at the next app.

Both begin with a proof that the app already holds. The first is a last resort (RFC 9700 section 2.4 forbids it to new
programs): off, and switched on for one app at a time by whoever runs the machine.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from vestibule.actions import choosing, granting, resources, sign_in_log, signing_in, terms
from vestibule.actions.access import (
    FAMILY,
    FAMILY_TENANT,
    STRENGTH,
    account_behind,
    app_behind,
    read_access_token,
)
from vestibule.actions.choosing import Where
from vestibule.actions.granting import Issued, Tokens
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.minting import Grant
from vestibule.actions.sign_in_methods import has_second_factor, must_enrol
from vestibule.ground.passwords import Passwords
from vestibule.rules import grants
from vestibule.rules.actors import Strength
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading, Unit

_BY_PASSWORD: Final = {"passwordGrant": True}


async def by_password(
    house: House,
    ring: KeyRing,
    passwords: Passwords,
    app: App,
    where: Where,
    *,
    username: str,
    password: str,
    scope: str,
    network: str,
    request_id: str = "",
) -> Tokens:
    """Sign somebody in by name and password, at an app that may take them.

    Wrong tries count with those of the sign-in pages. Who signs in with an emailed code has no password here.

    Raises:
        Refused: NOT_ALLOWED, ``why`` ``passwordGrant``, for an app that may not; as ``signing_in.check_password``, as
            ``choosing.account_for``; NOT_ALLOWED, ``why`` ``consent``; SECOND_FACTOR_NEEDED for somebody for whom a
            password is not enough; TERMS_NOT_ACCEPTED.
        Busy: too many passwords wait to be checked.
    """
    if not app.password_grant:
        raise Refused(Reason.NOT_ALLOWED, why="passwordGrant")
    resources.read_asked(house, scope)
    whence: dict[str, Any] = {"network": network, "client_id": app.client_id, "request_id": request_id}
    member = await signing_in.check_password(house, passwords, email=username, password=password, **whence)

    async def work(unit: Unit) -> Issued:
        person = await people.find(unit, member.person_id or "")
        if person is None:
            raise Refused(Reason.PASSWORD_WRONG)
        if await has_second_factor(unit, person.person_id) or await must_enrol(house, unit, person):
            raise Refused(Reason.SECOND_FACTOR_NEEDED)
        account = await choosing.account_for(unit, app, where, person)
        grant = await _consented(
            house, unit, app, account, scope, auth_time=unit.moment.machine, strength=Strength.PASSWORD
        )
        await terms.insist_accepted(unit, account)
        family = granting.begin_family(house, unit, app, account, grant)
        await signing_in.write_sign_in(
            house,
            unit,
            account,
            person,
            Strength.PASSWORD,
            network,
            request_id,
            client_id=app.client_id,
            facts=_BY_PASSWORD,
        )
        return await granting.issue(house, unit, app, account, granting.in_family(grant, family))

    try:
        issued = await house.change(work)
    except Refused as refused:
        await _log(house, member, where, refused, whence)
        raise
    return await granting.tokens_for(house, ring, app, issued)


async def _log(house: House, member: Membership, where: Where, refused: Refused, whence: Mapping[str, str]) -> None:
    """Whoever has the right password and gets no token is in the sign-in log, with the reason."""
    person = await people.find(await house.store.read(), member.person_id or "")
    if person is not None:
        await sign_in_log.turned_away(house, person, where.tenant_id or member.tenant_id, refused, **whence)


async def on_behalf_of(house: House, ring: KeyRing, app: App, *, assertion: str, scope: str, tenant_id: str) -> Tokens:
    """Trade an access token for this app's API for one for another resource, for the same person.

    What comes of it belongs to the family of the assertion: it ends with the sign-in that it all descends from.

    Args:
        house: the house. ring: its keys. app: who holds the assertion; it proved who it is.
        assertion: an access token that we gave out for this app's API. scope: what is wanted.
        tenant_id: the organization that was asked, or empty for whichever the assertion is from.

    Raises:
        Refused: CODE_WRONG for anything but a living token of a person for this app's API; NOT_ALLOWED, ``why``
            ``consent``; BAD_VALUE for a scope or resource that does not exist.
    """
    reading = await house.store.read()
    claims, account = await _person_in(house, ring, reading, app, assertion)
    if tenant_id not in {"", account.tenant_id}:
        raise Refused(Reason.CODE_WRONG)

    async def work(unit: Unit) -> Issued:
        await resources.insist_admitted(unit, app, account)
        auth_time = datetime.fromtimestamp(int(claims.get("auth_time", claims["iat"])), tz=UTC)
        strength = Strength(str(claims.get(STRENGTH, Strength.NONE.value)))
        grant = await _consented(house, unit, app, account, scope, auth_time=auth_time, strength=strength)
        found = await granting.family_of(
            unit, str(claims.get(FAMILY_TENANT, account.tenant_id)), str(claims.get(FAMILY, ""))
        )
        if found is None:
            raise Refused(Reason.CODE_EXPIRED, why="revoked")
        return await granting.issue(house, unit, app, account, granting.in_family(grant, found))

    return await granting.tokens_for(house, ring, app, await house.change(work))


async def _person_in(
    house: House, ring: KeyRing, reading: Reading, app: App, assertion: str
) -> tuple[dict[str, Any], Membership]:
    """The claims of an assertion that is good at this app, and whom they are about."""
    try:
        claims = await read_access_token(house, ring, reading, assertion)
        given_to = await app_behind(reading, claims)
        account = None
        if claims.get("aud") == app.client_id and claims.get("idtyp") == "user":
            account = await account_behind(reading, given_to, claims)
    except Refused as refused:
        ended = refused.facts.get("why") in {"expired", "revoked"}
        raise Refused(Reason.CODE_EXPIRED if ended else Reason.CODE_WRONG, why="assertion") from refused
    if account is None:
        raise Refused(Reason.CODE_WRONG, why="assertion")
    return claims, account


async def _consented(
    house: House, unit: Unit, app: App, account: Membership, scope: str, *, auth_time: datetime, strength: Strength
) -> Grant:
    """A grant for everything that was asked for. Nobody can be asked here: all of it has to be consented already."""
    asked = resources.read_asked(house, scope)
    resource = await resources.for_account(unit, app, account, asked)
    have = await resources.consented(unit, app, account, resource)
    if grants.unconsented(asked, have):
        raise Refused(Reason.NOT_ALLOWED, why="consent")
    return Grant(
        scope=scope,
        permissions=grants.granted_delegated(asked, have),
        nonce=None,
        auth_time=auth_time,
        strength=strength,
        resource_id=resource.id,
    )
