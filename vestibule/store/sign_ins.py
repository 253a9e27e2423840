"""The sign-in log: a row for each sign-in, for each that failed, and for each token given without anybody there.

Rows are forgotten after a while. Nobody has to wait for a worker for that: whoever reads says since when
(``since``), and older rows are in no answer. What may be filtered by lies in columns; the network address and what the
browser called itself are sealed under the key of whose sign-in it was, with keyed hashes beside them to look for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, cast, delete, func, literal_column, null, select, update

from vestibule.ground.clock import to_us
from vestibule.rules.filters import Ordering
from vestibule.store import columns, filtering
from vestibule.store.filtering import Fields, Listed
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.records import Records
from vestibule.store.schema import app, membership, person_membership, profile, sign_in
from vestibule.store.statements import Change, Query, Row, given
from vestibule.store.unit import Reading, Unit

PAGES: Final = "vestibule-pages"
"""The client id of our own pages."""
PAGES_NAME: Final = "My Account"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One row.

    Attributes:
        at: when. kind: ``rules.sign_ins.Kind``. client_id: the program.
        user_id: whose account, in the organization whose log it is; the label once their data is removed; None for
            programs and for names that nobody has. label: as in the audit log; empty without an account.
        resource_id, resource_name: what a token was for; empty where none was given.
        error_code: 0 for success. why: what else is known. crossing: how the account crossed organizations.
        home_tenant: where the account is at home. resource_tenant: what it was signed in to.
        through: with a browser or another program. strength: of the proof.
        network_marks: keyed hashes of the beginnings of the network address. key_id, sealed: the address itself and the
            User-Agent; None where nothing is kept. country: two letters; None where it is not known.
    """

    tenant_id: str
    sign_in_id: str
    at: datetime
    kind: str
    user_id: str | None
    label: str
    client_id: str
    resource_id: str
    resource_name: str
    error_code: int
    why: str
    crossing: str
    home_tenant: str | None
    resource_tenant: str
    through: str
    strength: str
    correlation_id: str
    browser: str | None
    operating_system: str | None
    network_marks: list[str]
    key_id: str | None
    sealed: bytes | None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with the names of whom and what it is about, as they are now; None where there is none (any more)."""

    row: SignIn
    display_name: str | None
    user_principal_name: str | None
    user_type: str | None
    app: str | None
    service_principal: str | None


_ROWS: Final = Records(sign_in, SignIn)
_WIDTH: Final = len(_ROWS.columns)


def _text(value: str) -> ColumnElement[Any]:
    return literal_column(f"'{value}'", Text())


_nothing = cast(null(), Text())
_app_name = func.coalesce(
    app.c.display_name,
    literal_column(f"CASE WHEN sign_in.client_id = '{PAGES}' THEN '{PAGES_NAME}' END", Text()),
)
_name = func.coalesce(profile.c.user_principal_name, profile.c.mail)
_requirement = literal_column(
    "CASE WHEN sign_in.strength IN ('multiFactor', 'passkey')"
    " THEN 'multiFactorAuthentication' ELSE 'singleFactorAuthentication' END",
    Text(),
)
_program = literal_column("CASE WHEN sign_in.kind = 'servicePrincipal' THEN app.service_principal_id END", Text())
_program_name = literal_column("CASE WHEN sign_in.kind = 'servicePrincipal' THEN app.display_name END", Text())

_base = (
    select(*_ROWS.columns, profile.c.display_name, _name, profile.c.user_type, _app_name, _program)
    .select_from(
        sign_in.outerjoin(
            profile, and_(profile.c.tenant_id == sign_in.c.tenant_id, profile.c.user_id == sign_in.c.user_id)
        ).outerjoin(app, app.c.client_id == sign_in.c.client_id)
    )
    .where(sign_in.c.tenant_id == given("tenant_id"), sign_in.c.at > given("since"))
)

MARKS: Final = ("networkMarks",)
KIND: Final = ("kind",)
FIELDS: Final[Fields] = {
    ("id",): filtering.identifier(sign_in.c.sign_in_id),
    ("createdDateTime",): filtering.time(sign_in.c.at),
    KIND: filtering.text(sign_in.c.kind),
    MARKS: Listed(sign_in.c.network_marks, ()),
    ("userDisplayName",): filtering.text(profile.c.display_name, profile.c.display_name_key),
    ("userPrincipalName",): filtering.text(_name),
    ("userId",): filtering.identifier(sign_in.c.user_id),
    ("appId",): filtering.identifier(sign_in.c.client_id),
    ("appDisplayName",): filtering.text(_app_name),
    ("clientAppUsed",): filtering.text(sign_in.c.through),
    ("correlationId",): filtering.identifier(sign_in.c.correlation_id),
    ("resourceId",): filtering.text(sign_in.c.resource_id),
    ("resourceDisplayName",): filtering.text(sign_in.c.resource_name),
    ("resourceTenantId",): filtering.identifier(sign_in.c.resource_tenant),
    ("homeTenantId",): filtering.identifier(sign_in.c.home_tenant),
    ("status", "errorCode"): filtering.number(sign_in.c.error_code),
    ("deviceDetail", "browser"): filtering.text(sign_in.c.browser),
    ("deviceDetail", "operatingSystem"): filtering.text(sign_in.c.operating_system),
    ("crossTenantAccessType",): filtering.text(sign_in.c.crossing),
    ("userType",): filtering.text(profile.c.user_type),
    ("authenticationRequirement",): filtering.text(_requirement),
    ("servicePrincipalId",): filtering.text(_program),
    ("servicePrincipalName",): filtering.text(_program_name),
    ("conditionalAccessStatus",): filtering.text(_text("notApplied")),
    **{
        (name,): filtering.text(_text("none"))
        for name in ("riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState")
    },
    **{("location", name): filtering.text(_nothing, _nothing) for name in ("city", "state")},
    ("location", "countryOrRegion"): filtering.text(sign_in.c.country),
}


def _make(row: Row) -> Shown:
    return Shown(_ROWS.record(row[:_WIDTH]), *row[_WIDTH:])


LOG: Final = Listing(_base, width=_WIDTH + 5, make=_make, fields=FIELDS)
INTERACTIVE: Final = Scope("interactive sign-ins", (sign_in.c.kind == _text("interactiveUser"),))
EVERY_KIND: Final = Scope("sign-ins of every kind")

_FIND = Query(_base.where(sign_in.c.sign_in_id == given("sign_in_id")))
OF_PERSON = Query(
    select(*_ROWS.columns)
    .select_from(
        person_membership.join(
            membership,
            and_(
                membership.c.tenant_id == person_membership.c.tenant_id,
                membership.c.user_id == person_membership.c.user_id,
            ),
        ).join(sign_in, and_(sign_in.c.tenant_id == membership.c.tenant_id, sign_in.c.user_id == membership.c.user_id))
    )
    .where(
        person_membership.c.person_id == given("person_id"),
        # Not as a bare column: SQLite would begin with everybody who is present.
        columns.by_no_index(membership.c.stage) == _text("present"),
        sign_in.c.kind == _text("interactiveUser"),
        sign_in.c.at > given("since"),
        (given("only") == _text("")) | (sign_in.c.tenant_id == given("only")),
    )
    .order_by(sign_in.c.at.desc(), sign_in.c.sign_in_id.desc())
    .limit(given("limit"))
)
_FORGET = Change(delete(sign_in).where(sign_in.c.at <= given("before")))
_LOOSEN = Change(
    update(sign_in)
    .where(sign_in.c.tenant_id == given("in_tenant"), sign_in.c.user_id == given("of_user"))
    .values(
        user_id=given("instead"),
        browser=null(),
        operating_system=null(),
        network_marks=_text("[]"),
        key_id=null(),
        sealed=null(),
        country=null(),
    )
)


def insert(unit: Unit, new: SignIn) -> None:
    """Write a row."""
    _ROWS.insert(unit, new)


async def find(reading: Reading, tenant_id: str, sign_in_id: str, *, since: datetime) -> Shown | None:
    """The row with this id, when it is newer than ``since``."""
    row = await reading.one(_FIND, tenant_id=tenant_id, sign_in_id=sign_in_id, since=to_us(since))
    return None if row is None else _make(row)


async def page(
    reading: Reading, tenant_id: str, asked: Asked, *, since: datetime, scope: Scope = INTERACTIVE
) -> Page[Shown]:
    """A page of the rows that are newer than ``since``, newest first unless another order is asked for."""
    down = not asked.orders or asked.orders[0].descending
    orders = (Ordering(("createdDateTime",), down), Ordering(("id",), down))
    wanted = Asked(asked.limit, asked.wanted, orders, asked.after)
    return await LOG.page(reading, scope, wanted, tenant_id=tenant_id, since=to_us(since))


async def of_person(
    reading: Reading, person_id: str, limit: int, *, since: datetime, tenant_id: str = ""
) -> list[SignIn]:
    """A person's own interactive sign-ins wherever they are present, or in one organization, newest first."""
    of = {"person_id": person_id, "limit": limit, "since": to_us(since), "only": tenant_id}
    return await _ROWS.all(reading, OF_PERSON, **of)


def forget(unit: Unit, before: datetime) -> None:
    """Rows whose time is over go."""
    unit.write(_FORGET, rows=None, before=to_us(before))


def loosen(unit: Unit, tenant_id: str, user_id: str, label: str) -> None:
    """The rows of a user whose data is removed: a label where the user was, and nothing that came from them."""
    unit.write(_LOOSEN, rows=None, in_tenant=tenant_id, of_user=user_id, instead=label)
