"""Passkeys: making one, signing in with one, naming and removing it.

A challenge is a row of its own beside the sign-ins under way: bound to the browser, to what it is for and to whoever
may answer it, good for five minutes, and gone with the first answer, right or wrong.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from vestibule.actions import signing_in
from vestibule.actions.access import is_over, secret_hash
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.actions.second_factors import first_codes, new_codes
from vestibule.actions.second_steps import finish, half_account, half_of, insist_standing
from vestibule.actions.sign_in_methods import Method, Proven, insist, methods_of, tell
from vestibule.actions.signing_in import Opened, opened, write_session
from vestibule.ground import passkeys
from vestibule.ground.passkeys import BadPasskey, Site
from vestibule.rules import texts
from vestibule.rules.actors import Actor, Strength
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import people, second_factors, sessions
from vestibule.store.people import Person
from vestibule.store.second_factors import Passkey
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Unit

MOST: Final = 20
LONGEST_NAME: Final = 60
_LIFE: Final = timedelta(seconds=passkeys.LIFE_S)
_MAKE: Final = "make"
_USE: Final = "use"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a device shows beside a passkey: the account, and whose it is."""

    account: str
    name: str


def site_of(house: House, origins: Iterable[str]) -> Site:
    """Whose passkeys these are: our public host's, used on those of our own origins that have exactly that host."""
    host = urlsplit(house.public_url).hostname or ""
    return Site(host, tuple(sorted(one for one in origins if urlsplit(one).hostname == host)))


# --- Making one -------------------------------------------------------------------------------------------------------


async def begin_passkey(
    house: House, site: Site, proven: Proven, *, browser: str, shown: Shown, by: Actor
) -> dict[str, Any]:
    """What the browser is asked for, to make a passkey; it has to be answered in the same browser and session.

    Raises:
        Refused: as ``sign_in_methods.insist``; NOT_ALLOWED, ``why`` ``tooMany``.
    """
    reading = await house.store.read()
    await insist(reading, Verb.ADD_SIGN_IN_METHOD, proven, by=by)
    mine = await second_factors.passkeys_of(reading, proven.person_id)
    if len(mine) >= MOST:
        raise Refused(Reason.NOT_ALLOWED, why="tooMany", most=MOST)
    facts = {"for": _MAKE, "person": proven.person_id, "bound": proven.bound_to}
    return passkeys.to_make(
        site,
        await _challenge(house, browser, facts),
        service=house.service_name,
        account=shown.account,
        name=shown.name,
        handle=_handle(proven.person_id),
        known=[one.credential_id for one in mine],
    )


async def add_passkey(
    house: House, site: Site, proven: Proven, *, browser: str, answer: str, name: str, by: Actor
) -> list[str]:
    """A passkey was made. Returns recovery codes to be shown once, when it is a first second factor; else nothing.

    Raises:
        Refused: CODE_WRONG when the answer does not hold; CODE_EXPIRED when nobody asked for it here, or it is too
            late; DUPLICATE_VALUE for one that is known; BAD_VALUE for a name; as ``sign_in_methods.insist``.
    """
    called = texts.text_line(name.strip(), limit=LONGEST_NAME, what="name")
    read, challenge = _read(answer)
    codes = new_codes(house)

    async def work(unit: Unit) -> list[str] | Refused:
        person = await insist(unit, Verb.ADD_SIGN_IN_METHOD, proven, by=by)
        await _take(house, unit, challenge, browser, _MAKE, person=proven.person_id, bound=proven.bound_to)
        methods = await methods_of(unit, proven.person_id)
        try:
            made = passkeys.check_made(site, read, challenge)
        except BadPasskey:
            return Refused(Reason.CODE_WRONG)  # the challenge is gone with it
        second_factors.insert_passkey(
            unit,
            Passkey(
                credential_id=made.credential_id,
                person_id=person.person_id,
                public_key=made.public_key,
                sign_count=made.sign_count,
                name=called,
                transports=made.transports,
                backed_up=made.backed_up,
                created_at=unit.moment.machine,
            ),
        )
        await tell(house, unit, Verb.ADD_SIGN_IN_METHOD, Method.PASSKEY, person, by=by)
        return first_codes(house, unit, person.person_id, methods, codes)

    done = await attempt(house, Verb.ADD_SIGN_IN_METHOD, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)
    if isinstance(done, Refused):
        raise done
    return done


# --- Signing in -------------------------------------------------------------------------------------------------------


async def begin_sign_in(house: House, site: Site, request: SignInRequest | None, *, browser: str) -> dict[str, Any]:
    """What the browser is asked for, to sign in with a passkey: any, or after a password one of that person's."""
    reading = await house.store.read()
    half = half_of(request, reading.moment.machine)
    person_id = "" if half is None else half.person_id
    mine = await second_factors.passkeys_of(reading, person_id) if person_id else []
    bound = request.request_hash if request is not None and half is not None else ""
    challenge = await _challenge(house, browser, {"for": _USE, "person": person_id, "bound": bound})
    return passkeys.to_use(site, challenge, known=[one.credential_id for one in mine])


async def prove_passkey(
    house: House,
    site: Site,
    request: SignInRequest | None,
    *,
    browser: str,
    answer: str,
    network: str,
    old_token: str | None = None,
) -> Opened:
    """Sign in with a passkey, alone or after a password.

    Raises:
        Refused: CODE_WRONG when the answer does not hold, or is another person's than whose password it was;
            CODE_EXPIRED when nobody asked for it in this browser, or it is too late; ACCOUNT_DISABLED.
    """
    read, challenge = _read(answer)
    token = house.chance.token()

    async def work(unit: Unit) -> Refused | None:
        half = half_of(request, unit.moment.machine)
        bound = request.request_hash if request is not None and half is not None else ""
        person_id = "" if half is None else half.person_id
        await _take(house, unit, challenge, browser, _USE, person=person_id, bound=bound)
        person = await _used(unit, site, read, challenge, expected=person_id)
        if person is None:
            return Refused(Reason.CODE_WRONG)  # the challenge is gone with it
        if half is not None and request is not None:
            await half_account(house, unit, request)
            finish(house, unit, request)
        await insist_standing(unit, person)
        strength = Strength.PASSKEY
        await write_session(house, unit, person, strength, token=token, network=network, old_token=old_token)
        return None

    refused = await house.change(work)
    if refused is not None:
        raise refused
    return await opened(house, token)


async def _used(unit: Unit, site: Site, answer: dict[str, Any], challenge: bytes, *, expected: str) -> Person | None:
    """Whose passkey signed the challenge; None when none did, or it is not that of whoever is expected."""
    mine = await second_factors.find_passkey(unit, answer["id"])
    if mine is None or expected not in {"", mine.person_id}:
        return None
    try:
        handle = passkeys.handle_of(answer)
        if handle != _handle(mine.person_id) and (handle is not None or not expected):
            return None
        used = passkeys.check_used(site, answer, challenge, public_key=mine.public_key, sign_count=mine.sign_count)
    except BadPasskey:
        return None
    at = unit.moment.machine
    second_factors.use_passkey(unit, mine, sign_count=used.sign_count, backed_up=used.backed_up, at=at)
    return await people.find(unit, mine.person_id)


# --- Naming and removing ----------------------------------------------------------------------------------------------


async def rename_passkey(house: House, proven: Proven, *, credential_id: str, name: str, by: Actor) -> None:
    """A passkey is called something else.

    Raises:
        Refused: NOT_THERE for no passkey of theirs; BAD_VALUE for a name; as ``sign_in_methods.insist``.
    """
    called = texts.text_line(name.strip(), limit=LONGEST_NAME, what="name")

    async def work(unit: Unit) -> None:
        person = await insist(unit, Verb.CHANGE_SIGN_IN_METHOD, proven, by=by)
        mine = await _mine(unit, credential_id, person)
        if mine.name == called:
            return
        second_factors.name_passkey(unit, mine, called)
        await tell(house, unit, Verb.CHANGE_SIGN_IN_METHOD, Method.PASSKEY, person, by=by, letter=False)

    await attempt(house, Verb.CHANGE_SIGN_IN_METHOD, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)


async def remove_passkey(house: House, proven: Proven, *, credential_id: str, by: Actor) -> None:
    """A passkey counts no more; recovery codes go with the last second factor.

    Raises:
        Refused: NOT_THERE for no passkey of theirs; as ``sign_in_methods.insist``.
    """

    async def work(unit: Unit) -> None:
        person = await insist(unit, Verb.REMOVE_SIGN_IN_METHOD, proven, by=by)
        second_factors.drop_passkey(unit, await _mine(unit, credential_id, person))
        methods = await methods_of(unit, person.person_id)
        if methods.app is None and len(methods.passkeys) == 1:
            second_factors.drop_codes(unit, person.person_id)
        await tell(house, unit, Verb.REMOVE_SIGN_IN_METHOD, Method.PASSKEY, person, by=by)

    await attempt(house, Verb.REMOVE_SIGN_IN_METHOD, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)


async def _mine(unit: Unit, credential_id: str, person: Person) -> Passkey:
    found = await second_factors.find_passkey(unit, credential_id)
    if found is None or found.person_id != person.person_id:
        raise Refused(Reason.NOT_THERE)
    return found


# --- Challenges -------------------------------------------------------------------------------------------------------


async def _challenge(house: House, browser: str, facts: dict[str, Any]) -> bytes:
    """A new challenge, kept for the one answer that it is good for."""
    challenge = house.chance.octets(passkeys.CHALLENGE_OCTETS)

    async def work(unit: Unit) -> None:
        row = SignInRequest(
            request_hash=_row_of(challenge),
            browser_hash=secret_hash(browser),
            facts=facts,
            expires_at=unit.moment.machine + _LIFE,
            offset_at_birth=unit.moment.offset // timedelta(microseconds=1),
            generation=unit.moment.generation,
        )
        sessions.insert_request(unit, signing_in.sealed(house, row))

    await house.change(work)
    return challenge


async def _take(
    house: House, unit: Unit, challenge: bytes, browser: str, purpose: str, *, person: str, bound: str
) -> None:
    """Use a challenge up. Raises Refused (CODE_EXPIRED) when it was not made here, for this."""
    kept = await sessions.find_request(unit, _row_of(challenge))
    if kept is None or kept.browser_hash != secret_hash(browser) or kept.generation != unit.moment.generation:
        raise Refused(Reason.CODE_EXPIRED)
    facts = signing_in.unsealed(house, kept).facts
    meant = (facts.get("for"), facts.get("person"), facts.get("bound")) == (purpose, person, bound)
    if not meant or is_over(unit.moment, kept.expires_at, kept.offset_at_birth):
        raise Refused(Reason.CODE_EXPIRED)
    sessions.drop_request(unit, kept.request_hash)


def _row_of(challenge: bytes) -> str:
    return secret_hash("passkey|" + base64.b64encode(challenge).decode())


def _read(answer: str) -> tuple[dict[str, Any], bytes]:
    try:
        read = passkeys.read(answer)
        return read, passkeys.challenge_of(read)
    except BadPasskey as bad:
        raise Refused(Reason.CODE_WRONG) from bad


def _handle(person_id: str) -> bytes:
    """What a device keeps to tell whose passkey it is: an id that says nothing outside this service."""
    return UUID(person_id).bytes
