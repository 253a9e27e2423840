"""The second step of a sign-in: after a right password there is no session yet for whoever has a second factor.

How far somebody is stands in the sign-in under way, in the browser in which it was begun, for ten minutes; nothing
else can be done with it. Tries are counted for the person and the kind of code, whoever makes them and wherever:
five in a quarter of an hour and twenty a day, so that a guesser of six digits gets nowhere and another way stays open.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from vestibule.actions import sign_in_log, signing_in
from vestibule.actions.access import SignedIn, home_of, secret_hash
from vestibule.actions.house import House
from vestibule.actions.second_factors import app_secret, code_mac, digits, read_recovery_code
from vestibule.actions.sign_in_methods import ONE_FACTOR, Proven, has_second_factor, must_enrol
from vestibule.actions.signing_in import Opened, opened, write_session
from vestibule.ground import one_time
from vestibule.ground.clock import from_us, to_us
from vestibule.ground.passwords import Passwords
from vestibule.rules import lifecycle
from vestibule.rules.actors import Actor, ActorKind, Strength
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people, rates, second_factors, sessions
from vestibule.store.people import Person
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading, Unit

LIFE: Final = timedelta(minutes=10)
TRIES: Final = 5
TRIES_WINDOW: Final = timedelta(minutes=15)
TRIES_A_DAY: Final = 20
_HALF: Final = "half"


@dataclass(frozen=True, slots=True)
class Half:
    """Somebody whose password was right and who is not signed in yet.

    Attributes:
        person_id: who. at: machine time of the password. epoch: ``access_epoch`` of the account at home then.
        enrols: they have no second factor and have to set one up first.
    """

    person_id: str
    at: datetime
    epoch: int
    enrols: bool


async def prove_password(
    house: House,
    passwords: Passwords,
    request: SignInRequest,
    *,
    email: str,
    password: str,
    network: str,
    old_token: str | None = None,
    known: bool = False,
) -> Opened | None:
    """The first step: a member's user principal name (or address) and password.

    ``known``: the browser has signed in with this account before.

    Returns the session, or None when a second step has to follow, which the sign-in under way then knows.

    Raises:
        Refused, Busy: as ``signing_in.check_password``.
    """
    member = await signing_in.check_password(
        house, passwords, email=email, password=password, network=network, known=known
    )
    token = house.chance.token()

    async def work(unit: Unit) -> bool:
        person = await people.find(unit, member.person_id or "")
        if person is None:
            raise Refused(Reason.PASSWORD_WRONG)
        proves = await has_second_factor(unit, person.person_id)
        if not proves and not await must_enrol(house, unit, person):
            strength = Strength.PASSWORD
            await write_session(house, unit, person, strength, token=token, network=network, old_token=old_token)
            return True
        home = await home_of(unit, person)
        half = {
            "person": person.person_id,
            "at": to_us(unit.moment.machine),
            "epoch": 0 if home is None else home.access_epoch,
            "enrols": not proves,
        }
        _keep(house, unit, request, half)
        return False

    return await opened(house, token) if await house.change(work) else None


def half_of(request: SignInRequest | None, machine: datetime) -> Half | None:
    """Who is half signed in here. ``machine``: the machine's time."""
    kept = None if request is None else request.facts.get(_HALF)
    if not isinstance(kept, Mapping):
        return None
    half = Half(str(kept["person"]), from_us(int(kept["at"])), int(kept["epoch"]), bool(kept["enrols"]))
    return None if machine - half.at > LIFE else half


def proven_half(request: SignInRequest, half: Half) -> Proven:
    """What the password of a sign-in under way is worth: enough to set up a first second factor."""
    return Proven(half.person_id, half.at, Strength.PASSWORD, request.request_hash)


async def actor_half(reading: Reading, half: Half, *, network: str, request_id: str) -> Actor:
    """Somebody half signed in, as the one who sets up their first second factor."""
    person = await people.find(reading, half.person_id)
    return Actor(
        ActorKind.PERSON,
        tenant_id=None if person is None else person.home_tenant,
        user_id=None if person is None else person.home_user,
        person_id=half.person_id,
        client_id=signing_in.PAGES,
        through_pages=True,
        strength=Strength.PASSWORD,
        network=network,
        request_id=request_id,
    )


async def prove_app_code(
    house: House, request: SignInRequest, *, typed: str, network: str, old_token: str | None = None
) -> Opened:
    """The second step with a code of the authenticator app; each code is taken once.

    Raises:
        Refused: CODE_WRONG; CODE_EXPIRED when there is no first step, or it is too long ago; TOO_MANY_TRIES with
            ``retryAfter``; ACCOUNT_DISABLED.
    """

    async def fits(unit: Unit, person_id: str) -> bool:
        app = await second_factors.app_of(unit, person_id)
        if app is None:
            return False
        machine = unit.moment.machine
        step = one_time.matching_step(app_secret(house, app), digits(typed), machine, after=app.last_step)
        if step is None:
            return False
        second_factors.use_app(unit, app, step=step, at=machine)
        return True

    return await _prove(house, request, fits, kind="app", network=network, old_token=old_token)


async def prove_recovery_code(
    house: House, request: SignInRequest, *, typed: str, network: str, old_token: str | None = None
) -> Opened:
    """The second step with a recovery code, which is used up. Raises as ``prove_app_code``."""
    code = read_recovery_code(typed) or ""

    async def fits(unit: Unit, person_id: str) -> bool:
        mac = code_mac(house, person_id, code)
        if not await second_factors.has_code(unit, person_id, mac):
            return False
        second_factors.use_code(unit, person_id, mac)
        return True

    return await _prove(house, request, fits, kind="recovery", network=network, old_token=old_token)


async def enrolled(house: House, request: SignInRequest, *, network: str, old_token: str | None = None) -> Opened:
    """Whoever had to set up a second factor did, in this sign-in, and is signed in with both.

    Raises:
        Refused: CODE_EXPIRED when it was not set up here, or the password is too long ago; ACCOUNT_DISABLED.
    """
    token = house.chance.token()

    async def work(unit: Unit) -> None:
        half, person = await half_account(house, unit, request)
        if not half.enrols or not await has_second_factor(unit, person.person_id):
            raise Refused(Reason.CODE_EXPIRED)
        strength = Strength.MULTI_FACTOR
        await write_session(house, unit, person, strength, token=token, network=network, old_token=old_token)
        finish(house, unit, request)

    await house.change(work)
    return await opened(house, token)


async def strengthen(house: House, signed_in: SignedIn, strength: Strength) -> Opened:
    """Whoever set up a second factor in a session has proved it there. The session gets a new token; the old is dead.

    Nothing changes for a session that is strong already.
    """
    if signed_in.strength not in ONE_FACTOR:
        strength = signed_in.strength
    token = house.chance.token()

    async def work(unit: Unit) -> None:
        old = signed_in.session.session_hash
        kept = await sessions.organizations_of(unit, old)
        fresh = secret_hash(token)
        sessions.end(unit, old)
        sessions.insert(unit, replace(signed_in.session, session_hash=fresh, strength=strength.value))
        for one in kept:
            sessions.insert_opened(unit, replace(one, session_hash=fresh))

    await house.change(work)
    return await opened(house, token)


async def half_account(house: House, unit: Unit, request: SignInRequest) -> tuple[Half, Person]:
    """Who is half signed in, as it is kept now, while their account is as it was at the first step.

    Raises:
        Refused: CODE_EXPIRED; ACCOUNT_DISABLED.
    """
    kept = await sessions.find_request(unit, request.request_hash)
    half = None if kept is None else half_of(signing_in.unsealed(house, kept), unit.moment.machine)
    person = None if half is None else await people.find(unit, half.person_id)
    if half is None or person is None:
        raise Refused(Reason.CODE_EXPIRED)
    await insist_standing(unit, person)
    home = await home_of(unit, person)
    if home is not None and home.access_epoch != half.epoch:
        raise Refused(Reason.CODE_EXPIRED)  # the password was changed, or everything was signed out
    return half, person


async def insist_standing(unit: Unit, person: Person) -> None:
    """Insist that the account at home may sign in. Raises Refused (ACCOUNT_DISABLED)."""
    home = await home_of(unit, person)
    if person.home_tenant is None:
        return
    if home is None or not lifecycle.may_sign_in(home.standing, unit.now):
        raise Refused(Reason.ACCOUNT_DISABLED, tenantId=person.home_tenant)


def finish(house: House, unit: Unit, request: SignInRequest) -> None:
    """The second step is done: the first is worth nothing any more."""
    _keep(house, unit, request, None)


def _keep(house: House, unit: Unit, request: SignInRequest, half: Mapping[str, object] | None) -> None:
    changed = replace(request, facts={**request.facts, _HALF: half})
    sessions.save_request(unit, signing_in.sealed(house, changed))


async def _log(house: House, unit: Unit, person: Person, kind: str, network: str) -> None:
    """A wrong second step is a sign-in that failed, in the log of the organization at home."""
    home = await home_of(unit, person)
    if home is not None:
        facts = {"step": "secondFactor", "why": kind}
        await sign_in_log.write_failure(house, unit, home, Reason.CODE_WRONG, network=network, facts=facts)


async def _prove(
    house: House,
    request: SignInRequest,
    fits: Callable[[Unit, str], Awaitable[bool]],
    *,
    kind: str,
    network: str,
    old_token: str | None,
) -> Opened:
    token = house.chance.token()

    async def work(unit: Unit) -> Refused | None:
        half, person = await half_account(house, unit, request)
        if half.enrols:
            raise Refused(Reason.CODE_EXPIRED)
        buckets = [f"second:{kind}:{person.person_id}", f"second-day:{kind}:{person.person_id}"]
        await rates.count(unit, buckets[0], limit=TRIES, window=TRIES_WINDOW)
        await rates.count(unit, buckets[1], limit=TRIES_A_DAY, window=rates.DAY)
        if not await fits(unit, person.person_id):
            await _log(house, unit, person, kind, network)
            return Refused(Reason.CODE_WRONG)  # the try is counted
        for bucket in buckets:
            rates.clear(unit, bucket)
        strength = Strength.MULTI_FACTOR
        await write_session(house, unit, person, strength, token=token, network=network, old_token=old_token)
        finish(house, unit, request)
        return None

    refused = await house.change(work)
    if refused is not None:
        raise refused
    return await opened(house, token)
