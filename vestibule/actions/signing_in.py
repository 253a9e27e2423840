"""Signing in: a person proves who they are, once, and opens the organizations they belong to.

A sign-in under way is a row bound to the browser: it remembers where the person wanted to go, and how far they are.
Answers never say whether an account exists: which way in is offered depends on the domain of the typed address alone.
"""

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import msgspec

from vestibule.actions import journal, limits, sign_in_log, telling_apps
from vestibule.actions.access import (
    SignedIn,
    authenticate_session,
    home_of,
    is_over,
    last_use,
    secret_hash,
    session_id,
)
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.actions.sign_in_log import PAGES as PAGES
from vestibule.actions.sign_in_methods import has_second_factor, holds_role
from vestibule.ground.passwords import Passwords
from vestibule.rules import lifecycle, names, networks
from vestibule.rules.actors import Actor, ActorKind, Strength
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations, people, rates, sessions, tokens
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.sessions import BrowserSession, OrganizationSession, SignInRequest
from vestibule.store.unit import Reading, Unavailable, Unit

SESSION_LIFE: Final = timedelta(hours=24)
SESSION_LIFE_WITH_ROLE: Final = timedelta(hours=12)
"""The same for whoever holds a directory role when they sign in."""
REQUEST_LIFE: Final = timedelta(minutes=60)
FAILURES: Final = 10
FAILURES_WINDOW: Final = timedelta(minutes=5)
USE_NOTED: Final = timedelta(minutes=1)
PASSWORD: Final = "password"  # noqa: S105 - the kind of a credential
CODE: Final = "code"
_SEALED_FOR: Final = "sign-in-request"


@dataclass(frozen=True, slots=True)
class Opened:
    """A browser session that was just made: its token goes into the cookie and is kept nowhere.

    Attributes:
        token: the new cookie's value; any older one is dead.
        signed_in: who it is.
    """

    token: str
    signed_in: SignedIn


# --- A sign-in under way -------------------------------------------------------------------------------------------


async def begin(
    house: House,
    *,
    browser: str,
    target: str,
    tenant_id: str | None = None,
    email: str | None = None,
    authorize: dict[str, Any] | None = None,
) -> str:
    """Begin a sign-in. Returns the handle for the address of its pages.

    Args:
        house: the house. browser: the browser's own cookie, which the handle is bound to.
        target: where to go afterwards, a path of ours.
        tenant_id: the organization to sign in to, when one is meant. email: what the person may want to type.
        authorize: the parameters of an authorization request that waits for this.
    """
    handle = house.chance.token()

    async def work(unit: Unit) -> None:
        request = SignInRequest(
            request_hash=secret_hash(handle),
            browser_hash=secret_hash(browser),
            facts={"target": target, "tenant": tenant_id, "email": email, "authorize": authorize},
            expires_at=unit.moment.machine + REQUEST_LIFE,
            offset_at_birth=unit.moment.offset // timedelta(microseconds=1),
            generation=unit.moment.generation,
        )
        sessions.insert_request(unit, sealed(house, request))

    await house.change(work)
    return handle


async def find(house: House, reading: Reading, handle: str, browser: str) -> SignInRequest | None:
    """The sign-in behind a handle, in the browser it was begun in, while it is good."""
    if not handle or not browser:
        return None
    found = await sessions.find_request(reading, secret_hash(handle))
    if found is None or found.browser_hash != secret_hash(browser):
        return None
    if found.generation != reading.moment.generation:
        return None
    return None if is_over(reading.moment, found.expires_at, found.offset_at_birth) else unsealed(house, found)


def sealed(house: House, request: SignInRequest) -> SignInRequest:
    """As it is kept: what somebody typed may be an address, and nobody knows whose data it would belong to."""
    octets = house.sealer.seal(
        house.sealer.derive(_SEALED_FOR), msgspec.json.encode(request.facts), request.request_hash.encode()
    )
    return replace(request, facts={"sealed": base64.b64encode(octets).decode()})


def unsealed(house: House, kept: SignInRequest) -> SignInRequest:
    """What is kept, readable."""
    octets = base64.b64decode(str(kept.facts["sealed"]))
    facts = house.sealer.open(house.sealer.derive(_SEALED_FOR), octets, kept.request_hash.encode())
    return replace(kept, facts=msgspec.json.decode(facts))


async def note(house: House, request: SignInRequest, **facts: Any) -> SignInRequest:
    """Remember something about a sign-in under way."""
    changed = replace(request, facts={**request.facts, **facts})

    async def work(unit: Unit) -> None:
        sessions.save_request(unit, sealed(house, changed))

    await house.change(work)
    return changed


async def way_in(house: House, email: str) -> str:
    """Which way in an address is offered, ``password`` or ``code``: by its domain alone, whoever exists.

    Raises:
        Refused: BAD_VALUE when this is no address.
    """
    principal = names.read_principal_name(email.strip())
    if principal is None:
        raise Refused(Reason.BAD_VALUE, property="email")
    owner = await organizations.find_domain(await house.store.read(), principal.domain.name)
    if owner is None and names.read_address(email.strip()) is None:
        raise Refused(Reason.BAD_VALUE, property="email")
    return CODE if owner is None else PASSWORD


# --- Proof ---------------------------------------------------------------------------------------------------------


async def prove_password(
    house: House, passwords: Passwords, *, email: str, password: str, network: str, old_token: str | None = None
) -> Opened:
    """Sign a member in by user principal name (or address) and a password that is enough for them.

    Raises:
        Refused: SECOND_FACTOR_NEEDED for somebody who has one (``second_steps`` asks for it); as ``check_password``.
        Busy: too many passwords wait to be checked.
    """
    member = await check_password(house, passwords, email=email, password=password, network=network)
    person_id = member.person_id or ""
    if await has_second_factor(await house.store.read(), person_id):
        raise Refused(Reason.SECOND_FACTOR_NEEDED)
    return await open_session(house, person_id, Strength.PASSWORD, network=network, old_token=old_token)


async def check_password(
    house: House,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    network: str,
    client_id: str = PAGES,
    request_id: str = "",
    known: bool = False,
) -> Membership:
    """The member, at home, whose user principal name (or address) and password these are.

    ``client_id`` and ``request_id`` are those of the program and of the request, for the sign-in log. ``known``: the
    browser has signed in with this account before, so that wrong tries from elsewhere do not count against it.

    Raises:
        Refused: PASSWORD_WRONG, the same for every account that cannot be signed in to this way;
            TOO_MANY_TRIES with ``retryAfter``; ACCOUNT_DISABLED, said only to who knows the password.
        Busy: too many passwords wait to be checked.
    """
    whence = {"network": network, "client_id": client_id, "request_id": request_id}
    await _check_failures(house, email, network, known=known)
    reading = await house.store.read()
    member = await _member_named(reading, email)
    stored = None
    if member is not None and member.person_id is not None:
        stored = await people.find_credential(reading, member.person_id, PASSWORD)
    if member is None or stored is None:
        await passwords.verify_nothing(password)
        await _count_failure(house, email, member, known=known, **whence)
        raise Refused(Reason.PASSWORD_WRONG)
    if not await passwords.verify(stored.secret, password):
        await _count_failure(house, email, member, known=known, **whence)
        raise Refused(Reason.PASSWORD_WRONG)
    if not lifecycle.may_sign_in(member.standing, reading.now):
        await _log_disabled(house, member, **whence)
        raise Refused(Reason.ACCOUNT_DISABLED, tenantId=member.tenant_id)
    return member


async def _member_named(reading: Reading, email: str) -> Membership | None:
    """The home member whom this names, by user principal name or by mail address in an own domain."""
    principal = names.read_principal_name(email.strip())
    owner = None if principal is None else await organizations.find_domain(reading, principal.domain.name)
    if principal is None or owner is None:
        return None
    found = await memberships.find_by_upn(reading, owner.tenant_id, principal.key)
    if found is None:
        by_mail = await memberships.by_mail(reading, owner.tenant_id, principal.key)
        found = next((one for one in by_mail if one.standing.tie is lifecycle.Tie.HOME), None)
    if found is None or found.standing.tie is not lifecycle.Tie.HOME or not isinstance(found.stage, Present):
        return None
    return found


def _failures(house: House, email: str, network: str, *, known: bool) -> str:
    """Wrong tries count per account and network, so that nobody can lock somebody else out from elsewhere.

    A browser that has signed in with the account before counts for itself: no neighbour locks it out either.
    """
    from_where = "known" if known else networks.of(network) if ":" in network else network
    return f"password:{address_mac(house, names.key(email.strip()) + '|' + from_where)}"


async def _check_failures(house: House, email: str, network: str, *, known: bool) -> None:
    async def work(unit: Unit) -> None:
        await rates.check(unit, _failures(house, email, network, known=known), limit=FAILURES)
        await limits.check(house, unit, limits.WRONG_PASSWORDS, network, known=known)

    await house.change(work)


async def _count_failure(
    house: House, email: str, member: Membership | None, *, network: str, client_id: str, request_id: str, known: bool
) -> None:
    """Count a wrong try, and write it to the log of the organization that the name belongs to."""
    principal = names.read_principal_name(email.strip())

    async def work(unit: Unit) -> None:
        bucket = _failures(house, email, network, known=known)
        await rates.count(unit, bucket, limit=FAILURES + 1, window=FAILURES_WINDOW)
        await limits.count(house, unit, limits.WRONG_PASSWORDS, network, known=known, over=1)
        # Both are asked for whoever it is, and the same is written: the time of the answer shall not tell.
        owner = None if principal is None else await organizations.find_domain(unit, principal.domain.name)
        if member is not None:
            await organizations.find(unit, member.tenant_id)
            await sign_in_log.write_failure(
                house,
                unit,
                member,
                Reason.PASSWORD_WRONG,
                network=network,
                client_id=client_id,
                request_id=request_id,
            )
            return
        if owner is not None:
            told = {"network": network, "client_id": client_id, "request_id": request_id}
            await sign_in_log.write_unknown(house, unit, owner.tenant_id, **told)

    await house.change(work)


async def _log_disabled(house: House, member: Membership, *, network: str, client_id: str, request_id: str) -> None:
    async def work(unit: Unit) -> None:
        await sign_in_log.write_failure(
            house, unit, member, Reason.ACCOUNT_DISABLED, network=network, client_id=client_id, request_id=request_id
        )

    await house.change(work)


# --- Sessions ------------------------------------------------------------------------------------------------------


async def open_session(
    house: House, person_id: str, strength: Strength, *, network: str = "", old_token: str | None = None
) -> Opened:
    """Make a browser session for somebody who proved who they are. An older session of the browser ends.

    Raises:
        Refused: NOT_FOUND for an unknown person.
    """
    token = house.chance.token()

    async def work(unit: Unit) -> None:
        person = await people.find(unit, person_id)
        if person is None:
            raise Refused(Reason.NOT_FOUND)
        await write_session(house, unit, person, strength, token=token, network=network, old_token=old_token)

    await house.change(work)
    return await opened(house, token)


async def write_session(
    house: House,
    unit: Unit,
    person: Person,
    strength: Strength,
    *,
    token: str,
    network: str = "",
    old_token: str | None = None,
) -> None:
    """Write a new session into a unit, beside what proved who it is; ``opened`` tells of it after the commit."""
    home = await home_of(unit, person)
    life = SESSION_LIFE_WITH_ROLE if await holds_role(unit, person.person_id) else SESSION_LIFE
    if old_token:
        sessions.end(unit, secret_hash(old_token))
    session = BrowserSession(
        session_hash=secret_hash(token),
        person_id=person.person_id,
        strength=strength.value,
        form_key=house.chance.token(),
        signed_in_at=unit.moment.machine,
        used_at=unit.now,
        expires_at=unit.moment.machine + life,
        offset_at_birth=unit.moment.offset // timedelta(microseconds=1),
        generation=unit.moment.generation,
        home_epoch=0 if home is None else home.access_epoch,
    )
    sessions.insert(unit, session)
    if home is not None:
        memberships.guard(unit, home)
        await write_sign_in(house, unit, home, person, strength, network)


async def open_organization(
    house: House, signed_in: SignedIn, tenant_id: str, *, network: str = "", request_id: str = ""
) -> Opened:
    """Sign the browser in to one more organization. The session gets a new token; the old one is dead.

    Raises:
        Refused: NOT_FOUND when the person is no user there; WRONG_STAGE with ``stage`` when they have not accepted
            yet, or left, or were deleted; ACCOUNT_DISABLED.
    """
    token = house.chance.token()

    async def work(unit: Unit) -> None:
        guest = await entry(unit, signed_in.person, tenant_id)
        memberships.guard(unit, guest)
        old = signed_in.session.session_hash
        kept = [one for one in await sessions.organizations_of(unit, old) if one.tenant_id != tenant_id]
        fresh = secret_hash(token)
        sessions.end(unit, old)
        sessions.insert(unit, replace(signed_in.session, session_hash=fresh, used_at=unit.now))
        here = OrganizationSession(tenant_id, fresh, guest.user_id, guest.access_epoch, unit.moment.machine)
        for one in [*kept, here]:
            sessions.insert_opened(unit, replace(one, session_hash=fresh))
        if signed_in.at(tenant_id) is None:
            await write_sign_in(house, unit, guest, signed_in.person, signed_in.strength, network, request_id)

    await house.change(work)
    return await opened(house, token)


async def close_organization(house: House, signed_in: SignedIn, tenant_id: str) -> None:
    """Sign the browser out of one organization; it stays signed in to the others."""

    async def work(unit: Unit) -> None:
        sessions.close_in(unit, tenant_id, signed_in.session.session_hash)

    await house.change(work)


async def entry(reading: Reading, person: Person, tenant_id: str) -> Membership:
    """The membership by which a person may enter an organization.

    Raises:
        Refused: as ``open_organization``.
    """
    mine = await memberships.of_person_here(reading, tenant_id, person.person_id)
    present = next((one for one in mine if isinstance(one.stage, Present)), None)
    if present is None:
        known = next((one for one in mine if isinstance(one.stage, Deleted | Invited)), None)
        if known is None:
            raise Refused(Reason.NOT_FOUND, tenantId=tenant_id)
        stage = lifecycle.stage_at(known.standing, reading.now)
        raise Refused(
            Reason.WRONG_STAGE, tenantId=tenant_id, userId=known.user_id, stage=memberships.STAGES[type(stage)]
        )
    if not lifecycle.may_sign_in(present.standing, reading.now):
        raise Refused(Reason.ACCOUNT_DISABLED, tenantId=tenant_id)
    return present


async def note_use(house: House, signed_in: SignedIn) -> None:
    """Write down that a browser is in use, once a minute at most.

    So a session that is idle too long ends up to a minute early and never late. The emulator's faults are for what
    somebody does, and this is not; while nothing can be written, the page is answered all the same.
    """
    session = signed_in.session

    async def work(unit: Unit) -> None:
        sessions.used(unit, session.session_hash, unit.now)

    now = (await house.store.moment()).now
    if now - last_use(session) >= USE_NOTED:
        with suppress(Unavailable):
            await house.store.change(work)


async def sign_out(house: House, token: str) -> None:
    """End this browser's session, in every organization, and what apps hold only as long as it lasts.

    Refresh tokens that were asked for with ``offline_access`` outlive it (OpenID Connect Back-Channel Logout, section
    2.7); every other token of the session is refused from now on.
    """

    async def work(unit: Unit) -> None:
        found = await sessions.find(unit, secret_hash(token))
        if found is not None:
            await telling_apps.tell_session(house, unit, session_id(found))
            tokens.end_session(unit, session_id(found))
        sessions.end(unit, secret_hash(token))

    await house.change(work)


async def opened(house: House, token: str) -> Opened:
    """The session that was just written. Raises Refused (ACCOUNT_DISABLED) when it is dead already."""
    signed_in = await authenticate_session(await house.store.read(), token)
    if signed_in is None:
        raise Refused(Reason.ACCOUNT_DISABLED)
    return Opened(token, signed_in)


async def log_sign_in(
    house: House, account: Membership, signed_in: SignedIn, *, network: str, request_id: str, client_id: str
) -> None:
    """Write down a sign-in that opens no session: somebody from elsewhere at an app that is shared with them."""

    async def work(unit: Unit) -> None:
        person, strength = signed_in.person, signed_in.strength
        await write_sign_in(house, unit, account, person, strength, network, request_id, client_id=client_id)

    await house.change(work)


async def write_sign_in(
    house: House,
    unit: Unit,
    guest: Membership,
    person: Person,
    strength: Strength,
    network: str,
    request_id: str = "",
    *,
    client_id: str = PAGES,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write down that somebody signed in to an organization; ``client_id`` is the app that took them in.

    People without a home organization who sign in as such do so in nobody's log.
    """
    if guest.tenant_id == CONSUMERS_ID:
        return
    by = Actor(
        ActorKind.PERSON,
        tenant_id=guest.tenant_id,
        user_id=guest.user_id,
        person_id=person.person_id,
        client_id=client_id,
        strength=strength,
        request_id=request_id,
    )
    told = {"tie": guest.standing.tie.value, **(facts or {})}
    kept = {"homeTenantId": guest.home_tenant}
    event = journal.Event(Verb.SIGN_IN, guest.tenant_id, journal.about(guest), unit.now, facts=told, details=kept)
    await journal.write(house, unit, event, by=by)
    entry = sign_in_log.entry_of(told, strength, network=network, request_id=request_id, client_id=client_id)
    await sign_in_log.write_success(house, unit, guest, entry)
