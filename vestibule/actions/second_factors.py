"""Second factors beside a password: an authenticator app, and recovery codes for the day when it is lost.

The app's secret is made on the server, shown while it is set up and never again, and kept sealed. It counts once a
code of it was typed. Recovery codes are shown once and kept as keyed hashes; each works once.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vestibule.actions import signing_in
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.actions.sign_in_methods import Method, Methods, Proven, insist, methods_of, tell
from vestibule.ground import one_time
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, people, second_factors, sessions
from vestibule.store.second_factors import AuthenticatorApp
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Unit

CODES: Final = 10
_PENDING: Final = "authenticator"
_SEALED_FOR: Final = "authenticator-app"
_SIGNS: Final = 10
_LONGEST_TYPED: Final = 40


# --- The authenticator app --------------------------------------------------------------------------------------------


async def begin_authenticator(house: House, request: SignInRequest, proven: Proven, *, by: Actor) -> SignInRequest:
    """Begin to set up an authenticator app: a new secret, remembered by the sign-in under way until it is confirmed.

    Raises:
        Refused: as ``sign_in_methods.insist``; NOT_ALLOWED, ``why`` ``noPassword``, for somebody who has no password.
    """
    reading = await house.store.read()
    await insist(reading, Verb.ADD_SIGN_IN_METHOD, proven, by=by)
    _insist_on_password(await methods_of(reading, proven.person_id))
    secret = base64.b64encode(house.chance.octets(one_time.SECRET_OCTETS)).decode()
    pending = {"secret": secret, "person": proven.person_id, "bound": proven.bound_to}
    return await signing_in.note(house, request, **{_PENDING: pending})


def pending_secret(request: SignInRequest | None, proven: Proven) -> bytes | None:
    """The secret that is being set up here by this person; None when none is."""
    kept = None if request is None else request.facts.get(_PENDING)
    if not isinstance(kept, Mapping) or (kept["person"], kept["bound"]) != (proven.person_id, proven.bound_to):
        return None
    return base64.b64decode(str(kept["secret"]))


async def confirm_authenticator(
    house: House, request: SignInRequest, proven: Proven, *, typed: str, by: Actor
) -> list[str]:
    """The app showed a code of the new secret: from now on it is a second factor, instead of any app before.

    Returns recovery codes to be shown once, when the person had none; else nothing.

    Raises:
        Refused: CODE_WRONG; CODE_EXPIRED when nothing is being set up; as ``begin_authenticator``.
    """
    codes = new_codes(house)

    async def work(unit: Unit) -> list[str]:
        person = await insist(unit, Verb.ADD_SIGN_IN_METHOD, proven, by=by)
        methods = await methods_of(unit, proven.person_id)
        _insist_on_password(methods)
        current = await _current(house, unit, request)
        secret = pending_secret(current, proven)
        if current is None or secret is None:
            raise Refused(Reason.CODE_EXPIRED)
        step = one_time.matching_step(secret, digits(typed), unit.moment.machine, after=-1)
        if step is None:
            raise Refused(Reason.CODE_WRONG)
        second_factors.put_app(unit, _app(house, proven.person_id, secret, step, unit))
        sessions.save_request(unit, signing_in.sealed(house, _without(current, _PENDING)))
        await tell(house, unit, Verb.ADD_SIGN_IN_METHOD, Method.AUTHENTICATOR_APP, person, by=by)
        return first_codes(house, unit, proven.person_id, methods, codes)

    return await attempt(house, Verb.ADD_SIGN_IN_METHOD, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)


async def remove_authenticator(house: House, proven: Proven, *, by: Actor) -> None:
    """The authenticator app counts no more; recovery codes go with the last second factor.

    Raises:
        Refused: NOT_THERE; as ``sign_in_methods.insist``.
    """

    async def work(unit: Unit) -> None:
        person = await insist(unit, Verb.REMOVE_SIGN_IN_METHOD, proven, by=by)
        methods = await methods_of(unit, proven.person_id)
        if methods.app is None:
            raise Refused(Reason.NOT_THERE)
        second_factors.drop_app(unit, proven.person_id)
        if not methods.passkeys:
            second_factors.drop_codes(unit, proven.person_id)
        await tell(house, unit, Verb.REMOVE_SIGN_IN_METHOD, Method.AUTHENTICATOR_APP, person, by=by)

    await attempt(house, Verb.REMOVE_SIGN_IN_METHOD, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)


def app_secret(house: House, app: AuthenticatorApp) -> bytes:
    """The secret of an authenticator app."""
    return house.sealer.open(house.sealer.derive(_SEALED_FOR), app.sealed_secret, app.person_id.encode())


def _app(house: House, person_id: str, secret: bytes, step: int, unit: Unit) -> AuthenticatorApp:
    sealed = house.sealer.seal(house.sealer.derive(_SEALED_FOR), secret, person_id.encode())
    return AuthenticatorApp(person_id, sealed, step, unit.moment.machine)


def _insist_on_password(methods: Methods) -> None:
    if methods.password_since is None:
        raise Refused(Reason.NOT_ALLOWED, why="noPassword")


# --- Recovery codes ---------------------------------------------------------------------------------------------------


async def make_recovery_codes(house: House, proven: Proven, *, by: Actor) -> list[str]:
    """Ten new recovery codes, to be shown once; older ones work no more.

    Raises:
        Refused: NOT_ALLOWED, ``why`` ``noSecondFactor``, when there is nothing to recover from; NOT_ALLOWED, ``why``
            ``noPassword``; as ``sign_in_methods.insist``.
    """
    codes = new_codes(house)

    async def work(unit: Unit) -> None:
        person = await insist(unit, Verb.ADD_SIGN_IN_METHOD, proven, by=by)
        methods = await methods_of(unit, proven.person_id)
        _insist_on_password(methods)
        if not methods.has_second_factor:
            raise Refused(Reason.NOT_ALLOWED, why="noSecondFactor")
        _put_codes(house, unit, proven.person_id, codes)
        await tell(house, unit, Verb.ADD_SIGN_IN_METHOD, Method.RECOVERY_CODES, person, by=by)

    await attempt(house, Verb.ADD_SIGN_IN_METHOD, work, by=by, tenant_id=by.tenant_id, user_id=by.user_id)
    return [shown(code) for code in codes]


def first_codes(house: House, unit: Unit, person_id: str, methods: Methods, codes: list[str]) -> list[str]:
    """Recovery codes with somebody's first second factor, written into the unit; none for who has some."""
    if methods.codes_left or methods.password_since is None:
        return []
    _put_codes(house, unit, person_id, codes)
    return [shown(code) for code in codes]


def _put_codes(house: House, unit: Unit, person_id: str, codes: list[str]) -> None:
    macs = [code_mac(house, person_id, code) for code in codes]
    second_factors.put_codes(unit, person_id, macs, unit.moment.machine)


def new_codes(house: House) -> list[str]:
    """Ten codes of fifty random bits each, in letters and digits that nobody confuses (base32, RFC 4648)."""
    return [base64.b32encode(house.chance.octets(7)).decode()[:_SIGNS] for _ in range(CODES)]


def shown(code: str) -> str:
    """A recovery code as it is shown and written down: five and five."""
    return f"{code[:5]}-{code[5:]}"


def read_recovery_code(typed: str) -> str | None:
    """The code that somebody typed, whatever the case and the spaces; None when it cannot be one."""
    if len(typed) > _LONGEST_TYPED:
        return None
    bare = re.sub(r"[\s\u2010\u2011-]", "", typed).upper().replace("0", "O").replace("1", "I").replace("8", "B")
    return bare if re.fullmatch(rf"[A-Z2-7]{{{_SIGNS}}}", bare) else None


def code_mac(house: House, person_id: str, code: str) -> str:
    """How a recovery code is kept."""
    return house.sealer.mac("recovery-code", f"{person_id}|{code}".encode()).hex()


# --- When everything is lost ------------------------------------------------------------------------------------------


async def reset_second_factors(house: House, *, tenant_id: str, user_id: str, by: Actor) -> None:
    """Take every second factor off a member who has lost them; their sessions end, and the person is told.

    Only whoever runs the machine may: at a door it would be a way around every second factor.

    Raises:
        Refused: NOT_ALLOWED for anybody else; NOT_FOUND for somebody whose home is elsewhere; NOT_THERE when there
            is none.
    """

    async def work(unit: Unit) -> None:
        if by.kind is not ActorKind.OPERATOR:
            raise Refused(Reason.NOT_ALLOWED)
        member = await memberships.find(unit, tenant_id, user_id)
        person = None if member is None else await people.find(unit, member.person_id or "")
        if member is None or person is None or person.home_user != user_id:
            raise Refused(Reason.NOT_FOUND)
        if not (await methods_of(unit, person.person_id)).has_second_factor:
            raise Refused(Reason.NOT_THERE)
        second_factors.drop_all(unit, person.person_id)
        sessions.drop_person(unit, person.person_id)
        await tell(house, unit, Verb.REMOVE_SIGN_IN_METHOD, Method.EVERY_SECOND_FACTOR, person, by=by)

    await attempt(house, Verb.REMOVE_SIGN_IN_METHOD, work, by=by, tenant_id=tenant_id, user_id=user_id)


# --- Shared -----------------------------------------------------------------------------------------------------------


def digits(typed: str) -> str:
    """What was typed into a field for digits, without the spaces that apps show between them."""
    return "" if len(typed) > _LONGEST_TYPED else re.sub(r"[\s\u00a0\u2010\u2011-]", "", typed)


async def _current(house: House, unit: Unit, request: SignInRequest) -> SignInRequest | None:
    kept = await sessions.find_request(unit, request.request_hash)
    return None if kept is None else signing_in.unsealed(house, kept)


def _without(request: SignInRequest, name: str) -> SignInRequest:
    return replace(request, facts={**request.facts, name: None})
