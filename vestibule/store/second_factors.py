"""Second factors of a person: passkeys, an authenticator app, recovery codes. They belong to no organization.

Times are machine time: what is proved with them runs on the clocks of phones and keys.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.sql.functions import count

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import authenticator_app, passkey, recovery_code
from vestibule.store.statements import Change, Query, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey (Web Authentication).

    Attributes:
        credential_id: its id, base64url. public_key: COSE. sign_count: 0 for those that do not count.
        name: what its owner calls it. transports: how browsers reach it. backed_up: it lives on several devices.
    """

    credential_id: str
    person_id: str
    public_key: bytes
    sign_count: int
    name: str
    transports: list[str]
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuthenticatorApp:
    """An authenticator app. ``sealed_secret``: under the deployment's key; ``last_step``: of the last code used."""

    person_id: str
    sealed_secret: bytes
    last_step: int
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """A recovery code that was not used yet, as a keyed hash."""

    person_id: str
    code_mac: str
    made_at: datetime


_PASSKEYS = Records(passkey, Passkey)
_APPS = Records(authenticator_app, AuthenticatorApp)
_CODES = Records(recovery_code, RecoveryCode)

_PASSKEY = _PASSKEYS.where(passkey.c.credential_id == given("credential_id"))
_PASSKEYS_OF = _PASSKEYS.where(
    passkey.c.person_id == given("person_id"), order=(passkey.c.created_at, passkey.c.credential_id)
)
_PASSKEY_USED = Change(
    update(passkey)
    .where(
        passkey.c.credential_id == given("of_credential"),
        passkey.c.person_id == given("of_person"),
        # A count that does not rise is a copied key; those that never count say 0 (Web Authentication, section 6.1.1).
        or_(passkey.c.sign_count < given("seen"), passkey.c.sign_count + given("seen_too") == given("nothing")),
    )
    .values(sign_count=given("seen_now"), last_used_at=given("at"), backed_up=given("now_backed_up"))
)
_NAME_PASSKEY = Change(
    update(passkey)
    .where(passkey.c.credential_id == given("of_credential"), passkey.c.person_id == given("of_person"))
    .values(name=given("new_name"))
)
_DROP_PASSKEY = Change(
    delete(passkey).where(passkey.c.credential_id == given("credential_id"), passkey.c.person_id == given("person_id"))
)
_APP = _APPS.where(authenticator_app.c.person_id == given("person_id"))
_APP_USED = Change(
    update(authenticator_app)
    .where(authenticator_app.c.person_id == given("of_person"), authenticator_app.c.last_step < given("earlier_than"))
    .values(last_step=given("step"), last_used_at=given("at"))
)
_DROP_APP = Change(delete(authenticator_app).where(authenticator_app.c.person_id == given("person_id")))
_HOW_MANY_CODES = Query(select(count(recovery_code.c.code_mac)).where(recovery_code.c.person_id == given("person_id")))
_USE_CODE = Change(
    delete(recovery_code).where(
        recovery_code.c.person_id == given("person_id"), recovery_code.c.code_mac == given("code_mac")
    )
)
_CODE = _CODES.where(recovery_code.c.person_id == given("person_id"), recovery_code.c.code_mac == given("code_mac"))
_DROP_CODES = Change(delete(recovery_code).where(recovery_code.c.person_id == given("person_id")))
_DROP_PASSKEYS = Change(delete(passkey).where(passkey.c.person_id == given("person_id")))


async def find_passkey(reading: Reading, credential_id: str) -> Passkey | None:
    """The passkey with this id."""
    return await _PASSKEYS.one(reading, _PASSKEY, credential_id=credential_id)


async def passkeys_of(reading: Reading, person_id: str) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    return await _PASSKEYS.all(reading, _PASSKEYS_OF, person_id=person_id)


async def app_of(reading: Reading, person_id: str) -> AuthenticatorApp | None:
    """A person's authenticator app."""
    return await _APPS.one(reading, _APP, person_id=person_id)


async def codes_left(reading: Reading, person_id: str) -> int:
    """How many recovery codes a person has not used."""
    row = await reading.one(_HOW_MANY_CODES, person_id=person_id)
    return 0 if row is None else int(row[0])


async def has_code(reading: Reading, person_id: str, code_mac: str) -> bool:
    """Whether this is one of the person's unused recovery codes."""
    return await _CODES.one(reading, _CODE, person_id=person_id, code_mac=code_mac) is not None


def insert_passkey(unit: Unit, new: Passkey) -> None:
    """Write a new passkey; an id that exists raises Duplicate at commit."""
    _PASSKEYS.insert(unit, new)


def use_passkey(unit: Unit, used: Passkey, *, sign_count: int, backed_up: bool, at: datetime) -> None:
    """A passkey was used; the unit is stale when its count did not rise, or it was removed meanwhile."""
    unit.write(
        _PASSKEY_USED,
        of_credential=used.credential_id,
        of_person=used.person_id,
        seen=sign_count,
        seen_too=sign_count,
        seen_now=sign_count,
        nothing=0,
        now_backed_up=backed_up,
        at=to_us(at),
    )


def name_passkey(unit: Unit, named: Passkey, name: str) -> None:
    """A passkey is called something else; the unit is stale when it was removed meanwhile."""
    unit.write(_NAME_PASSKEY, of_credential=named.credential_id, of_person=named.person_id, new_name=name)


def drop_passkey(unit: Unit, gone: Passkey) -> None:
    """A passkey is removed; the unit is stale when it was gone already."""
    unit.write(_DROP_PASSKEY, credential_id=gone.credential_id, person_id=gone.person_id)


def put_app(unit: Unit, new: AuthenticatorApp) -> None:
    """A person's authenticator app, instead of any before."""
    unit.write(_DROP_APP, rows=None, person_id=new.person_id)
    _APPS.insert(unit, new)


def use_app(unit: Unit, used: AuthenticatorApp, *, step: int, at: datetime) -> None:
    """A code was used; the unit is stale when that one or a later one was used before."""
    unit.write(_APP_USED, of_person=used.person_id, earlier_than=step, step=step, at=to_us(at))


def drop_app(unit: Unit, person_id: str) -> None:
    """The authenticator app is removed."""
    unit.write(_DROP_APP, rows=None, person_id=person_id)


def put_codes(unit: Unit, person_id: str, macs: list[str], at: datetime) -> None:
    """New recovery codes, instead of all before."""
    unit.write(_DROP_CODES, rows=None, person_id=person_id)
    for mac in macs:
        _CODES.insert(unit, RecoveryCode(person_id, mac, at))


def use_code(unit: Unit, person_id: str, code_mac: str) -> None:
    """A recovery code is used up; the unit is stale when it was used before."""
    unit.write(_USE_CODE, person_id=person_id, code_mac=code_mac)


def drop_codes(unit: Unit, person_id: str) -> None:
    """No recovery code is left."""
    unit.write(_DROP_CODES, rows=None, person_id=person_id)


def drop_all(unit: Unit, person_id: str) -> None:
    """Everything of this module that belongs to the person goes."""
    for change in (_DROP_PASSKEYS, _DROP_APP, _DROP_CODES):
        unit.write(change, rows=None, person_id=person_id)
