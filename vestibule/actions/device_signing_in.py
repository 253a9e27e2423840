"""Signing in on a device without a keyboard (RFC 8628): the device shows a code, a person types it elsewhere.

Somebody can be talked into typing the code of an attacker's device. So apps have to be allowed to ask, guests are
served only where the organization says so, a code lives ten minutes and a person may mistype five; and what the page
shows before the person agrees (which app, for what, from where, since when) comes from here.
"""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vestibule.actions import (
    accounts,
    choosing,
    granting,
    guest_settings,
    journal,
    limits,
    opaque,
    resources,
    sign_in_log,
    signing_in,
    terms,
)
from vestibule.actions.access import SignedIn, epoch_at, is_over, secret_hash
from vestibule.actions.choosing import Where
from vestibule.actions.granting import Issued, Tokens
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.minting import Grant, grant_of, offset_of
from vestibule.rules import device_codes, grants
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, device_grants, organizations, rates, tokens
from vestibule.store.apps import App
from vestibule.store.device_grants import APPROVED, DECLINED, USED, WAITING, DeviceGrant
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.unit import Duplicate, Reading, Unit

MAC_PURPOSE: Final = "device-user-code"
DRAWN: Final = 8  # octets for a user code: enough that the remainder favours no letter by more than one in 10^8
_GRANT: Final = "grant"
_NETWORK: Final = "device-network"
"""The fact that holds where a device asked from, sealed; and what its key is for."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the device gets: what it asks with, and what it shows."""

    device_code: str
    user_code: str
    expires_in: int
    interval: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a person who typed the code is asked to agree to.

    Attributes:
        grant: the row. app: who asks. scope: for what, as the app wrote it.
        network: the address that the request came from. asked_at: when, by the machine's clock.
    """

    grant: DeviceGrant
    app: App
    scope: str
    network: str
    asked_at: datetime

    @property
    def where(self) -> Where:
        """What the app signs people in to."""
        return Where(self.grant.facts["tenant"], self.grant.facts["alias"])


async def begin(house: House, app: App, where: Where, *, scope: str, network: str) -> Begun:
    """A device begins to wait for somebody.

    Raises:
        Refused: NOT_ALLOWED, ``why`` ``deviceCode``, for an app that may not; BAD_VALUE for a scope or resource that
            does not exist; TOO_MANY_TRIES with ``retryAfter`` when too many devices ask from one network.
    """
    if not app.device_code:
        raise Refused(Reason.NOT_ALLOWED, why="deviceCode")
    asked = resources.read_asked(house, scope)
    await resources.find(await house.store.read(), where.tenant_id or app.tenant_id, asked)
    device_code = opaque.make(house, app.tenant_id)

    async def work(unit: Unit) -> str:
        await limits.count(house, unit, limits.DEVICES, network)
        code = device_codes.from_number(int.from_bytes(house.chance.octets(DRAWN), "big") % device_codes.CODES)
        facts = {"scope": scope, "tenant": where.tenant_id, "alias": where.alias}
        device_grants.insert(unit, _fresh(house, unit, app, device_code, code, facts, network))
        return code

    try:
        user_code = await house.change(work)
    except Duplicate:  # two devices with one code: once in some ten million times with a thousand waiting
        user_code = await house.change(work)
    life = int(device_codes.LIFE.total_seconds())
    return Begun(device_code, device_codes.shown(user_code), life, device_codes.INTERVAL)


def _sealed_network(house: House, device_hash: str, network: str) -> str:
    """Where a device asked from, as it is kept: nobody knows yet whose data it is, so it is under the house's key."""
    octets = house.sealer.seal(house.sealer.derive(_NETWORK), network.encode(), device_hash.encode())
    return base64.b64encode(octets).decode()


def _network_of(house: House, grant: DeviceGrant) -> str:
    octets = base64.b64decode(grant.facts[_NETWORK])
    return house.sealer.open(house.sealer.derive(_NETWORK), octets, grant.device_hash.encode()).decode()


def _answered(grant: DeviceGrant) -> dict[str, Any]:
    """What is still needed once somebody agreed or declined; where the device is was for them to see."""
    return {name: value for name, value in grant.facts.items() if name != _NETWORK}


def _fresh(
    house: House, unit: Unit, app: App, device_code: str, code: str, facts: dict[str, Any], network: str
) -> DeviceGrant:
    device_hash = secret_hash(device_code)
    return DeviceGrant(
        tenant_id=app.tenant_id,
        device_hash=device_hash,
        user_code_mac=_mac(house, code),
        app_id=app.app_id,
        state=WAITING,
        facts=facts
        | {"asked_at": int(unit.moment.machine.timestamp()), _NETWORK: _sealed_network(house, device_hash, network)},
        user_tenant=None,
        user_id=None,
        person_id=None,
        epoch=0,
        home_epoch=0,
        family_id=None,
        polls_every=device_codes.INTERVAL,
        polled_at=None,
        expires_at=unit.moment.machine + device_codes.LIFE,
        offset_at_birth=offset_of(unit.moment),
        generation=unit.moment.generation,
    )


# --- The person's side ------------------------------------------------------------------------------------------------


async def find(house: House, typed: str, *, person_id: str) -> Waiting:
    """What the code stands for that a signed-in person typed.

    Wrong codes count per person, here, in ``approve`` and in ``decline``: five within ten minutes, over all browsers.

    Raises:
        Refused: CODE_WRONG for anything but the code of a device that waits; TOO_MANY_TRIES with ``retryAfter``.
    """

    async def work(unit: Unit) -> Waiting | Refused:
        return await _typed(house, unit, typed, person_id)

    return _insist(await house.change(work))


async def approve(house: House, signed_in: SignedIn, typed: str, *, network: str, request_id: str = "") -> None:
    """Let the device sign in as this person.

    Raises:
        Refused: as ``find``; NOT_ALLOWED, ``why`` ``deviceSignInForGuests`` for a guest whose organization does not
            allow it, ``consent`` with ``scopes`` when something has to be consented to first; as
            ``choosing.account_for``; TERMS_NOT_ACCEPTED.
    """

    async def work(unit: Unit) -> Waiting | Refused:
        found = await _typed(house, unit, typed, signed_in.person.person_id)
        if isinstance(found, Refused):
            return found
        account = await choosing.account_for(unit, found.app, found.where, signed_in.person)
        await insist_served(unit, account)
        await terms.insist_accepted(unit, account)
        grant = await _granted(house, unit, found, account, signed_in)
        family = granting.begin_family(house, unit, found.app, account, grant)
        approved = replace(
            found.grant,
            state=APPROVED,
            facts=_answered(found.grant) | {_GRANT: grant.as_facts()},
            user_tenant=account.tenant_id,
            user_id=account.user_id,
            person_id=account.person_id,
            epoch=epoch_at(found.app, account),
            home_epoch=account.home_epoch,
            family_id=family.family_id,
        )
        device_grants.save(unit, found.grant, approved)
        await _tell(house, unit, found, account, signed_in, network, request_id)
        return found

    _insist(await house.change(work))


async def decline(house: House, signed_in: SignedIn, typed: str, *, request_id: str = "") -> None:
    """The person did not start this, or changed their mind: the device gets nothing.

    Raises:
        Refused: as ``find``.
    """

    async def work(unit: Unit) -> Waiting | Refused:
        found = await _typed(house, unit, typed, signed_in.person.person_id)
        if isinstance(found, Refused):
            return found
        device_grants.save(unit, found.grant, replace(found.grant, state=DECLINED, facts=_answered(found.grant)))
        await _tell_declined(house, unit, found, signed_in, request_id)
        return found

    _insist(await house.change(work))


async def _typed(house: House, unit: Unit, typed: str, person_id: str) -> Waiting | Refused:
    """The device that waits for this code; a wrong one is counted, so the refusal comes back as a value."""
    bucket = f"device-code:{person_id}"
    await rates.check(unit, bucket, limit=device_codes.TRIES)
    code = device_codes.read(typed)
    found = None if code is None else await _waiting(house, unit, code)
    if found is None:
        await rates.count(unit, bucket, limit=device_codes.TRIES, window=device_codes.LIFE)
        return Refused(Reason.CODE_WRONG)
    return found


def _insist(outcome: Waiting | Refused) -> Waiting:
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


async def _waiting(house: House, reading: Reading, code: str) -> Waiting | None:
    """The device that waits for this code, while its time runs and its app may still ask."""
    grant = await device_grants.find_by_code(reading, _mac(house, code))
    if grant is None or grant.state != WAITING or _is_over(reading, grant):
        return None
    app = await apps.find(reading, grant.tenant_id, grant.app_id)
    if app is None or not app.is_usable or not app.enabled or not app.device_code:
        return None
    asked_at = datetime.fromtimestamp(grant.facts["asked_at"], tz=UTC)
    return Waiting(grant, app, grant.facts["scope"], _network_of(house, grant), asked_at)


async def insist_served(reading: Reading, account: Membership) -> None:
    """Members may; guests where their organization turned it on; people without a home organization never.

    Raises:
        Refused: NOT_ALLOWED, ``why`` ``deviceSignInForGuests``.
    """
    if account.standing.tie is Tie.HOME and account.home_tenant is not None:
        return
    organization = await organizations.find(reading, account.tenant_id)
    if organization is None or not guest_settings.allows_device_sign_in(organization):
        raise Refused(Reason.NOT_ALLOWED, why="deviceSignInForGuests")


async def _granted(house: House, unit: Unit, found: Waiting, account: Membership, signed_in: SignedIn) -> Grant:
    asked = resources.read_asked(house, found.scope)
    resource = await resources.for_account(unit, found.app, account, asked)
    consented = await resources.consented(unit, found.app, account, resource)
    missing = grants.unconsented(asked, consented)
    if missing:
        raise Refused(Reason.NOT_ALLOWED, why="consent", scopes=" ".join(missing))
    return Grant(
        scope=found.scope,
        permissions=grants.granted_delegated(asked, consented),
        nonce=None,
        auth_time=signed_in.session.signed_in_at,
        strength=signed_in.strength,
        resource_id=resource.id,
    )


# --- The device's side ------------------------------------------------------------------------------------------------


async def redeem(house: House, ring: KeyRing, app: App, *, device_code: str) -> Tokens:
    """Answer the device: with tokens, once, after somebody agreed.

    Raises:
        Refused: TOO_EARLY while nobody has, with ``why`` ``slowDown`` when it asks too often; NOT_ALLOWED, ``why``
            ``declined``; CODE_EXPIRED, ``why`` ``device``; CODE_WRONG for an unknown code or another app's;
            ALREADY_THERE when it was used before (what it led to is ended); as ``granting.still``.
    """
    tenant_id = opaque.tenant_of(device_code)

    async def work(unit: Unit) -> Issued | Refused:
        found = None if tenant_id is None else await device_grants.find(unit, tenant_id, secret_hash(device_code))
        if found is None or found.app_id != app.app_id or found.generation != unit.moment.generation:
            return Refused(Reason.CODE_WRONG)
        if found.state == USED:
            tokens.end_family(unit, found.user_tenant or "", found.family_id or "")
            return Refused(Reason.ALREADY_THERE)
        if _is_over(unit, found):
            return Refused(Reason.CODE_EXPIRED, why="device")
        if found.state == DECLINED:
            return Refused(Reason.NOT_ALLOWED, why="declined")
        if found.state == WAITING:
            return _not_yet(unit, found)
        return await _take(house, unit, app, found)

    outcome = await house.change(work)
    if isinstance(outcome, Refused):
        raise outcome
    return await granting.tokens_for(house, ring, app, outcome)


async def _take(house: House, unit: Unit, app: App, found: DeviceGrant) -> Issued | Refused:
    account = await accounts.find(unit, found.user_tenant or "", found.user_id or "")
    if account is None or account.person_id != found.person_id:
        return Refused(Reason.NOT_FOUND)
    reason = granting.why_not_signed_in(unit, account)
    if reason is not None:
        return Refused(reason)
    family = await tokens.find_family(unit, account.tenant_id, found.family_id or "")
    same = (epoch_at(app, account), account.home_epoch) == (found.epoch, found.home_epoch)
    if not same or family is None or family.ended_at is not None:
        return Refused(Reason.CODE_EXPIRED, why="revoked")
    await resources.insist_admitted(unit, app, account)
    device_grants.save(unit, found, replace(found, state=USED))
    return await granting.issue(house, unit, app, account, grant_of(found.facts[_GRANT], family.family_id))


def _not_yet(unit: Unit, found: DeviceGrant) -> Refused:
    """Still nobody; a device that asks before its time has to wait longer from then on (RFC 8628, section 3.5)."""
    pause = timedelta(seconds=found.polls_every)
    too_soon = found.polled_at is not None and unit.moment.machine < found.polled_at + pause
    every = found.polls_every + device_codes.SLOWER if too_soon else found.polls_every
    device_grants.polled(unit, found, every)
    return Refused(Reason.TOO_EARLY, why="slowDown" if too_soon else None)


def _is_over(reading: Reading, grant: DeviceGrant) -> bool:
    other = grant.generation != reading.moment.generation
    return other or is_over(reading.moment, grant.expires_at, grant.offset_at_birth)


def _mac(house: House, code: str) -> str:
    return house.sealer.mac(MAC_PURPOSE, code.encode()).hex()


# --- The log ----------------------------------------------------------------------------------------------------------


async def _tell(
    house: House, unit: Unit, found: Waiting, account: Membership, signed_in: SignedIn, network: str, request_id: str
) -> None:
    """A sign-in, to the app that the device runs, by device code."""
    await signing_in.write_sign_in(
        house,
        unit,
        account,
        signed_in.person,
        signed_in.strength,
        network,
        request_id,
        client_id=found.app.client_id,
        facts={"deviceCode": True},
    )


async def _tell_declined(house: House, unit: Unit, found: Waiting, signed_in: SignedIn, request_id: str) -> None:
    """A sign-in that did not happen, in the log of the app's organization: somebody there may want to know why."""
    organization = await organizations.find(unit, found.app.tenant_id)
    if organization is None:
        return
    subject = journal.about_thing(organization, "app", found.app.app_id, found.app.display_name)
    event = journal.Event(
        Verb.SIGN_IN,
        organization.tenant_id,
        subject,
        unit.now,
        reason=Reason.NOT_ALLOWED,
        facts={"deviceCode": True, "declined": True, "clientId": found.app.client_id},
    )
    await journal.write(house, unit, event, by=_as_actor(found.app, signed_in.person, signed_in, request_id))
    await sign_in_log.write_declined(house, unit, found.app, request_id=request_id)


def _as_actor(app: App, person: Person, signed_in: SignedIn, request_id: str) -> Actor:
    here = signed_in.at(app.tenant_id)
    return Actor(
        ActorKind.PERSON,
        tenant_id=None if here is None else here.tenant_id,
        user_id=None if here is None else here.user_id,
        person_id=person.person_id,
        client_id=app.client_id,
        strength=signed_in.strength,
        request_id=request_id,
    )
