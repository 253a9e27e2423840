"""Sessions: a browser's, and the organizations it is signed in to. Only hashes of their tokens are kept.

Whether a session is alive is asked of the membership when it is used: it carries the epoch it was born in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import browser_session, organization_session, sign_in_request
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Somebody is signed in in one browser.

    Attributes:
        session_hash: SHA-256 of the cookie's token. strength: how they proved who they are.
        form_key: what this session's form tokens are made with.
        signed_in_at, expires_at: machine time. offset_at_birth: the clock's offset then, in microseconds.
        used_at: lifecycle time of the last use, up to a minute early; None for not since it was made.
        generation: of the database. home_epoch: of the home membership then; 0 without one.
    """

    session_hash: str
    person_id: str
    strength: str
    form_key: str
    signed_in_at: datetime
    used_at: datetime | None
    expires_at: datetime
    offset_at_birth: int
    generation: str
    home_epoch: int


@dataclass(frozen=True, slots=True)
class OrganizationSession:
    """A browser session is open in an organization, in this epoch of the membership."""

    tenant_id: str
    session_hash: str
    user_id: str
    epoch: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """A sign-in under way.

    Attributes:
        request_hash: SHA-256 of the handle in the address. browser_hash: of the browser's own cookie.
        facts: what was asked for and how far the person is.
    """

    request_hash: str
    browser_hash: str
    facts: dict[str, object]
    expires_at: datetime
    offset_at_birth: int
    generation: str


_BROWSERS = Records(browser_session, BrowserSession)
_ORGANIZATIONS = Records(organization_session, OrganizationSession)
_REQUESTS = Records(sign_in_request, SignInRequest)

_FIND = _BROWSERS.where(browser_session.c.session_hash == given("session_hash"))
_OPEN = _ORGANIZATIONS.where(organization_session.c.session_hash == given("session_hash"))
_FIND_REQUEST = _REQUESTS.where(sign_in_request.c.request_hash == given("request_hash"))
_END = Change(delete(browser_session).where(browser_session.c.session_hash == given("session_hash")))
_END_OPEN = Change(delete(organization_session).where(organization_session.c.session_hash == given("session_hash")))
_CLOSE_ONE = Change(
    delete(organization_session).where(
        organization_session.c.tenant_id == given("tenant_id"),
        organization_session.c.session_hash == given("session_hash"),
    )
)
_DROP_OF = Change(
    delete(organization_session).where(
        organization_session.c.tenant_id == given("tenant_id"), organization_session.c.user_id == given("user_id")
    )
)
_USED = Change(
    update(browser_session)
    .where(
        browser_session.c.session_hash == given("of_session"),
        or_(browser_session.c.used_at.is_(None), browser_session.c.used_at < given("used_at")),
    )
    .values(used_at=given("used_at"))
)
_DROP_PERSON = Change(delete(browser_session).where(browser_session.c.person_id == given("person_id")))
_SAVE_REQUEST = Change(
    update(sign_in_request)
    .where(and_(sign_in_request.c.request_hash == given("of_request")))
    .values(facts=given("facts"))
)
_DROP_REQUEST = Change(delete(sign_in_request).where(sign_in_request.c.request_hash == given("request_hash")))
_FORGET = (
    Change(delete(browser_session).where(browser_session.c.expires_at < given("before"))),
    Change(delete(sign_in_request).where(sign_in_request.c.expires_at < given("before"))),
)
_FORGET_OPEN = Change(delete(organization_session).where(organization_session.c.opened_at < given("before")))


async def find(reading: Reading, session_hash: str) -> BrowserSession | None:
    """The browser session with this hash; whether it is alive is another question."""
    return await _BROWSERS.one(reading, _FIND, session_hash=session_hash)


async def organizations_of(reading: Reading, session_hash: str) -> list[OrganizationSession]:
    """Where this browser session is open."""
    return await _ORGANIZATIONS.all(reading, _OPEN, session_hash=session_hash)


def insert(unit: Unit, new: BrowserSession) -> None:
    """Somebody signed in."""
    _BROWSERS.insert(unit, new)


def used(unit: Unit, session_hash: str, at: datetime) -> None:
    """The browser was used at this lifecycle time; nothing is written of a session that ended meanwhile."""
    unit.write(_USED, rows=None, of_session=session_hash, used_at=to_us(at))


def end(unit: Unit, session_hash: str) -> None:
    """Signed out in this browser, everywhere."""
    unit.write(_END, rows=None, session_hash=session_hash)
    unit.write(_END_OPEN, rows=None, session_hash=session_hash)


def open_in(unit: Unit, new: OrganizationSession) -> None:
    """The session is open in one more organization."""
    unit.write(_CLOSE_ONE, rows=None, tenant_id=new.tenant_id, session_hash=new.session_hash)
    _ORGANIZATIONS.insert(unit, new)


def close_in(unit: Unit, tenant_id: str, session_hash: str) -> None:
    """The session is open in one organization less."""
    unit.write(_CLOSE_ONE, rows=None, tenant_id=tenant_id, session_hash=session_hash)


def insert_opened(unit: Unit, new: OrganizationSession) -> None:
    """The session is open in an organization that it was not open in before."""
    _ORGANIZATIONS.insert(unit, new)


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """No session of this membership stays."""
    unit.write(_DROP_OF, rows=None, tenant_id=tenant_id, user_id=user_id)


def drop_person(unit: Unit, person_id: str) -> None:
    """No browser stays signed in as this person."""
    unit.write(_DROP_PERSON, rows=None, person_id=person_id)


async def find_request(reading: Reading, request_hash: str) -> SignInRequest | None:
    """The sign-in under way with this hash."""
    return await _REQUESTS.one(reading, _FIND_REQUEST, request_hash=request_hash)


def insert_request(unit: Unit, new: SignInRequest) -> None:
    """A sign-in begins."""
    _REQUESTS.insert(unit, new)


def save_request(unit: Unit, changed: SignInRequest) -> None:
    """A sign-in is one step further; the unit is stale when it ended meanwhile."""
    unit.write(_SAVE_REQUEST, of_request=changed.request_hash, facts=_REQUESTS.values(changed)["facts"])


def drop_request(unit: Unit, request_hash: str) -> None:
    """A sign-in is finished; the unit is stale when it was already."""
    unit.write(_DROP_REQUEST, request_hash=request_hash)


def forget(unit: Unit, life: timedelta) -> None:
    """What is over by the machine's clock goes; ``life`` is how long a browser stays signed in at most."""
    for change in _FORGET:
        unit.write(change, rows=None, before=to_us(unit.moment.machine))
    unit.write(_FORGET_OPEN, rows=None, before=to_us(unit.moment.machine - life))
