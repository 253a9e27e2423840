"""*Sign-in logs*: who signed in to what, with what, from where, and why it failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import sign_in_rows
from vestibule.actions.log_entries import label_of
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.events import REMOVED, Named
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.audit_logs import BACK, TIME_RANGE
from vestibule.doors.portal.admin.reasons import failure_of
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table, Typed
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_, Words
from vestibule.ground.clock import to_us
from vestibule.rules.actors import Strength
from vestibule.rules.filters import And, Compare, Filter, Op, Or, Ordering, Test, Text
from vestibule.rules.sign_ins import SUCCESS, Kind
from vestibule.rules.verbs import Verb
from vestibule.store.listing import Asked, Page
from vestibule.store.sign_ins import EVERY_KIND, KIND, LOG, Shown

METHODS: Final = {
    Strength.EMAILED_CODE.value: N_("Emailed code"),
    Strength.PASSWORD.value: N_("Password"),
    Strength.FEDERATED.value: N_("Other identity provider"),
    Strength.MULTI_FACTOR.value: N_("Password and second step"),
    Strength.PASSKEY.value: N_("Passkey"),
}
KINDS: Final = {
    Kind.INTERACTIVE: N_("Somebody was there"),
    Kind.NON_INTERACTIVE: N_("An app renewed its access"),
    Kind.PROGRAM: N_("An app as itself"),
}
_UNKNOWN: Final = N_("Unknown account")
_AT: Final = ("createdDateTime",)
_ERROR: Final = ("status", "errorCode")

SHAPE: Final = Shape(
    path=paths.SIGN_IN_LOGS,
    columns=(
        Column("time", N_("Time"), _AT),
        Column("user", N_("User")),
        Column("app", N_("App")),
        Column("result", N_("Result")),
        Column("method", N_("Method")),
        Column("device", N_("Device")),
        Column("place", N_("Place")),
        Column("network", N_("Network address")),
    ),
    order="-time",
    selects=(
        TIME_RANGE,
        Select(
            "result",
            N_("Result"),
            (
                Choice("succeeded", N_("Succeeded"), Compare(_ERROR, Op.EQ, SUCCESS)),
                Choice("failed", N_("Failed"), Compare(_ERROR, Op.NE, SUCCESS)),
            ),
        ),
        Select("kind", N_("Kind"), tuple(Choice(kind.value, words) for kind, words in KINDS.items())),
    ),
    typed=(Typed("user", N_("User")), Typed("app", N_("App"))),
    searches=False,
    export=log_paths.SIGN_IN_CSV,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A sign-in.

    Attributes:
        who: whose account; ``app``: of which program, empty when it is not known any more.
        reason: why it failed, as the catalog knows it; empty when it succeeded. method: how they proved who they are.
        device: browser and operating system; country: two letters, and network: the address; each empty where it is
            not known (any more).
    """

    sign_in_id: str
    at: datetime
    who: Named
    app: str
    kind: str
    failed: bool
    reason: str
    method: str
    device: str
    country: str
    network: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLogsPage(View):
    """The page."""

    template: ClassVar[str] = "portal/admin/sign_in_logs.html"
    table: Table[Row]


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = Browsing(admin.visit, SHAPE)

    async def page(asked: Asked) -> Page[Shown]:
        return await _page(admin, asked)

    found, previous, following = await browsing.read(page, _order, _filter(admin, browsing))
    last = browsing.starts_at + max(0, len(found) - 1)
    table = browsing.table(await _rows(admin, found), last, previous, following)
    return admin.visit.page(SignInLogsPage(table=table))


async def _page(admin: Admin, asked: Asked) -> Page[Shown]:
    return await LOG.page(admin.reading, EVERY_KIND, asked, tenant_id=admin.tenant_id, since=_since(admin))


def _since(admin: Admin) -> int:
    return to_us(sign_in_rows.since(admin.reading.now))


def _order(orders: Sequence[Ordering]) -> tuple[Ordering, ...]:
    return (*orders, Ordering(("id",), orders[0].descending))


def _filter(admin: Admin, browsing: Browsing) -> Filter:
    """Everything the address asks for; sign-ins that somebody sat at, unless it asks for others."""
    kind = browsing.chosen.get("kind")
    parts = [*browsing.wanted, Compare(KIND, Op.EQ, Kind.INTERACTIVE.value if kind is None else kind.value)]
    back = browsing.chosen.get("range")
    if back is not None:
        parts.append(Compare(_AT, Op.GE, admin.reading.now - BACK[back.value]))
    if "user" in browsing.typed:
        of = ("userDisplayName", "userPrincipalName")
        parts.append(Or(tuple(Text((name,), Test.CONTAINS, browsing.typed["user"]) for name in of)))
    if "app" in browsing.typed:
        parts.append(Text(("appDisplayName",), Test.CONTAINS, browsing.typed["app"]))
    return And(tuple(parts))


async def _rows(admin: Admin, found: list[Shown]) -> list[Row]:
    opened = await sign_in_rows.open_rows(admin.visit.house, [one.row for one in found])
    return [_row(one, whence.get("ipAddress", "")) for one, whence in zip(found, opened, strict=True)]


def _row(shown: Shown, network: str) -> Row:
    row = shown.row
    failed = row.error_code != SUCCESS
    return Row(
        sign_in_id=row.sign_in_id,
        at=row.at,
        who=_who(shown),
        app=shown.app or "",
        kind=row.kind,
        failed=failed,
        reason=failure_of(row.error_code) if failed else "",
        method=METHODS.get(row.strength, ""),
        device=", ".join(filter(None, (row.browser, row.operating_system))),
        country=row.country or "",
        network=network,
        reference=row.correlation_id,
    )


def _who(shown: Shown) -> Named:
    row = shown.row
    if row.label and row.user_id == row.label:
        return Named(label=label_of(row.label))
    if row.user_id is None:
        return Named(shown.app or "") if row.kind == Kind.PROGRAM else Named(words=_UNKNOWN)
    return Named(shown.display_name or row.user_id, shown.user_principal_name or "")


# --- As a file --------------------------------------------------------------------------------------------------------


def _named(row: Row) -> str:
    return REMOVED.format(label=row.who.label) if row.who.label else row.who.words or row.who.name


def _result(row: Row, words: Words) -> str:
    return words.text(N_("Failed") if row.failed else N_("Succeeded"))


_OUT: Final = (
    Out[Row]("id", N_("Sign-in ID"), lambda row: row.sign_in_id),
    Out[Row]("createdDateTime", N_("Time"), lambda row: row.at),
    Out[Row]("userDisplayName", N_("User"), _named, lambda row, words: row.who.said(words)),
    Out[Row]("userPrincipalName", N_("Email"), lambda row: row.who.address),
    Out[Row]("appDisplayName", N_("App"), lambda row: row.app),
    Out[Row]("signInEventType", N_("Kind"), lambda row: row.kind, lambda row, words: words.text(KINDS[Kind(row.kind)])),
    Out[Row]("result", N_("Result"), lambda row: "failure" if row.failed else "success", _result),
    Out[Row](
        "failureReason", N_("Reason"), lambda row: row.reason, lambda row, words: row.reason and words.text(row.reason)
    ),
    Out[Row](
        "authenticationMethod",
        N_("Method"),
        lambda row: row.method,
        lambda row, words: row.method and words.text(row.method),
    ),
    Out[Row]("deviceDetail", N_("Device"), lambda row: row.device),
    Out[Row]("countryOrRegion", N_("Place"), lambda row: row.country, lambda row, words: words.country(row.country)),
    Out[Row]("ipAddress", N_("Network address"), lambda row: row.network),
    Out[Row]("correlationId", N_("Reference"), lambda row: row.reference),
)


async def as_csv(admin: Admin) -> Response:
    """*Export CSV*."""
    browsing = Browsing(admin.visit, SHAPE)

    async def count(wanted: Filter | None) -> int:
        return await LOG.count(admin.reading, EVERY_KIND, wanted, tenant_id=admin.tenant_id, since=_since(admin))

    async def page(asked: Asked) -> Page[Shown]:
        return await _page(admin, asked)

    async def rows(found: list[Shown]) -> list[Row]:
        return await _rows(admin, found)

    source = Source("signInLogs", "sign-in-logs", (Verb.READ_AUDIT,), _OUT, count, page, _order, rows)
    return await export(admin, browsing, source, _filter(admin, browsing))
