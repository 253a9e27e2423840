"""*All users*: who is in the organization, and what is done to several of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard
from vestibule.doors.portal.admin.selection import Picked, users_of
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table, Typed
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.filters import And, Compare, Filter, Not, Op, Or, Some, Test, Text, all_of
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.rules.saml import shown_issuer
from vestibule.rules.verbs import Verb
from vestibule.store import providers, user_leads, user_rows, users, words
from vestibule.store.listing import Asked
from vestibule.store.user_leads import PROVIDER, SPONSORS, TIE, Lead
from vestibule.store.user_rows import BY_TIE, BY_TYPE, LAST, ROWS, STAGE, UserRow
from vestibule.store.users import EVERYBODY, User

MOST_AT_ONCE: Final = 200
MOST_COUNTED: Final = 10_000
"""Beyond it the table says *more than*: nobody pages so far, and counting costs more than reading a page."""

MOST_FOUND: Final = 1_000
"""The same for a search or a filter that finds many."""

NOBODY: Final = "nobody"
TOO_MANY: Final = "tooMany"
PROBLEMS: Final = {
    NOBODY: Problem(N_("Select at least one user."), at="select"),
    TOO_MANY: Problem(N_("Select at most 200 users."), at="select"),
}

GUEST, MEMBER = N_("Guest"), N_("Member")
INTERNAL, EXTERNAL = N_("Internal"), N_("External")
ACTIVE, DISABLED, WAITING = N_("Active"), N_("Disabled"), N_("Waiting to accept")
HERE, ELSEWHERE, EMAIL = N_("This organization"), N_("Another organization"), N_("Code by email")
_WORDS: Final = {user_leads.HERE: HERE, user_leads.ELSEWHERE: ELSEWHERE, user_leads.EMAIL: EMAIL, user_leads.NOBODY: ""}
_NOT_SINCE: Final = {"30": 30, "90": 90, "180": 180}

_waiting: Final = Compare(STAGE, Op.EQ, "invited")
_enabled: Final = Compare(("accountEnabled",), Op.EQ, value=True)
_TYPE: Final = Select(
    "type",
    N_("User type"),
    (
        Choice("guest", GUEST, Compare(("userType",), Op.EQ, "Guest")),
        Choice("member", MEMBER, Compare(("userType",), Op.EQ, "Member")),
    ),
)
_ORIGIN: Final = Select(
    "origin",
    N_("Origin"),
    (
        Choice("internal", INTERNAL, Compare(TIE, Op.EQ, Tie.HOME.value)),
        Choice("external", EXTERNAL, Compare(TIE, Op.NE, Tie.HOME.value)),
    ),
)
_STATE: Final = Select(
    "state",
    N_("State"),
    (
        Choice("active", ACTIVE, And((_enabled, Compare(STAGE, Op.EQ, "present")))),
        Choice("disabled", DISABLED, Compare(("accountEnabled",), Op.EQ, value=False)),
        Choice("waiting", WAITING, _waiting),
    ),
)
_LAST: Final = Select(
    "last",
    N_("Last sign-in"),
    (
        Choice("30", N_("Not in 30 days")),
        Choice("90", N_("Not in 90 days")),
        Choice("180", N_("Not in 180 days")),
        Choice("never", N_("Never"), Compare(LAST, Op.EQ, None)),
    ),
)
_COLUMNS: Final = (
    Column("name", N_("Name"), ("displayName",)),
    Column("email", N_("Email"), ("mail",)),
    Column("type", N_("User type"), BY_TYPE),
    Column("origin", N_("Origin"), BY_TIE),
    Column("state", N_("State")),
    Column("provider", N_("Identity provider")),
    Column("sponsor", N_("Sponsor")),
    Column("invited", N_("Invited on"), ("createdDateTime",)),
    Column("last", N_("Last sign-in"), LAST),
    Column("groups", N_("Groups")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A user.

    Attributes:
        guest: their user type is Guest. internal: their home is this organization.
        waiting: they have not accepted their invitation. provider: who vouches for them, by name; empty for nobody.
        provider_word: it is a word of the catalog. sponsors: their names. invited: when they came or were asked.
    """

    user_id: str
    name: str
    email: str
    upn: str
    guest: bool
    internal: bool
    enabled: bool
    waiting: bool
    provider: str
    provider_word: bool
    sponsors: tuple[str, ...]
    invited: datetime
    last_sign_in: datetime | None
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllUsersPage(View):
    """The page.

    Attributes:
        table: the rows and what stands around them. said: what was just done. deleted: how many are restorable.
        all_picked: every matching user is selected, not only those on this page.
        alone: no guest has been invited yet. may: the names of verbs whose buttons can do anything here.
    """

    template: ClassVar[str] = "portal/admin/all_users.html"
    table: Table[Row]
    said: Said | None
    deleted: int
    all_picked: bool
    alone: bool
    may: frozenset[str]


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = await browsing_of(admin)
    problem = PROBLEMS.get(admin.visit.request.query_params.get("problem", ""))
    asked = (*words.of(browsing.search), *words.of(domain_of(browsing))[:1])
    searched, often = await words.rarest_first(admin.reading, admin.tenant_id, asked)
    wanted = filter_of(admin, browsing, searched, often)
    lead = await lead_of(admin, browsing, wanted, often)
    most = MOST_FOUND if wanted is not None and lead is None else MOST_COUNTED
    found, previous, following = await browsing.read(
        lambda asked: user_rows.page(admin.reading, admin.tenant_id, asked, lead=lead),
        lambda orders: ROWS.orders(EVERYBODY, orders),
        wanted,
    )
    if browsing.is_whole(following):
        total = len(found)
    else:
        total = await user_rows.count_up_to(most, admin.reading, admin.tenant_id, wanted, lead=lead)
    deleted = await users.count_deleted(admin.reading, admin.tenant_id, external_only=admin.external_only)
    table = browsing.table(await rows_of(admin, found), total, previous, following, most=most)
    return admin.visit.page(
        AllUsersPage(
            table=table,
            said=heard(admin.visit),
            deleted=deleted,
            all_picked=admin.visit.request.query_params.get("pick") == "all",
            alone=await _is_alone(admin, table),
            may=frozenset(verb.value for verb in _BUTTONS if admin.may(verb)),
            problems=() if problem is None else (problem,),
        ),
        200 if problem is None else 400,
    )


_BUTTONS: Final = (Verb.INVITE, Verb.CREATE_USER, Verb.DISABLE, Verb.ENABLE, Verb.REMOVE, Verb.ADD_MEMBER)


async def _is_alone(admin: Admin, table: Table[Row]) -> bool:
    """Whether there is no guest; asked only where the table itself does not answer it."""
    if table.filtered or any(row.guest for row in table.rows):
        return False
    asked = Asked(1, Compare(("userType",), Op.EQ, "Guest"))
    return not (await users.page(admin.reading, admin.tenant_id, asked)).items


async def browsing_of(admin: Admin, query: dict[str, str] | None = None) -> Browsing:
    """What the address asks for; the providers of the organization are choices too."""
    given = dict(admin.visit.request.query_params) if query is None else query
    known = await providers.everyone(admin.reading, admin.tenant_id)
    vouching = [
        Choice("here", HERE, Compare(TIE, Op.EQ, Tie.HOME.value)),
        Choice("elsewhere", ELSEWHERE, Compare(PROVIDER, Op.EQ, user_leads.ELSEWHERE)),
        Choice("email", EMAIL, Compare(PROVIDER, Op.EQ, user_leads.EMAIL)),
        *(
            Choice(one.provider_id, one.display_name, Compare(PROVIDER, Op.EQ, one.issuer), translated=False)
            for one in known
        ),
    ]
    shape = Shape(
        path=paths.USERS,
        columns=_COLUMNS,
        order="name",
        selects=(
            _TYPE,
            _ORIGIN,
            _STATE,
            Select("provider", N_("Identity provider"), tuple(vouching)),
            Select("sponsor", N_("Sponsor"), await _sponsor_choices(admin, given.get("sponsor", ""))),
            _LAST,
        ),
        typed=(Typed("domain", N_("Domain")),),
        export=paths.USERS_CSV,
        chooses=True,
    )
    return Browsing(admin.visit, shape, given)


async def _sponsor_choices(admin: Admin, asked: str) -> tuple[Choice, ...]:
    """Whoever is signed in, nobody, and the one that the address names."""
    mine = admin.by.user_id or ""
    found = [
        Choice("me", N_("Me"), Some(SPONSORS, Compare(("id",), Op.EQ, mine))),
        Choice("nobody", N_("Nobody"), Not(Some(SPONSORS))),
    ]
    other = names.guid(asked)
    named = None if other is None else await users.find(admin.reading, admin.tenant_id, other)
    if other is not None and named is not None:
        stands_for = Some(SPONSORS, Compare(("id",), Op.EQ, other))
        found.append(Choice(other, named.profile.display_name, stands_for, translated=False))
    return tuple(found)


def filter_of(
    admin: Admin, browsing: Browsing, searched: tuple[str, ...] = (), often: int = words.COUNTED + 1
) -> Filter | None:
    """Everything the address asks for; ``searched``, ``often``: its words and how many have the rarest, once known."""
    parts = list(browsing.wanted)
    if searched or browsing.search:
        parts.append(words.found_by(searched or words.of(browsing.search), often))
    last = browsing.chosen.get("last")
    if last is not None and last.value in _NOT_SINCE:
        since = admin.reading.now - timedelta(days=_NOT_SINCE[last.value])
        parts.append(Or((Compare(LAST, Op.EQ, None), Compare(LAST, Op.LT, since))))
    domain = domain_of(browsing)
    if domain:
        parts.append(Text(("mail",), Test.ENDS_WITH, f"@{domain}"))
    return all_of(parts)


def domain_of(browsing: Browsing) -> str:
    """The domain whose addresses are wanted; empty for all. It is a word of every such address."""
    return browsing.typed.get("domain", "").removeprefix("@")


async def lead_of(admin: Admin, browsing: Browsing, wanted: Filter | None, often: int) -> Lead | None:
    """What few users have of all that the address asks for; ``often``: how many have its rarest word."""
    if often <= words.RARE:
        return user_leads.BY_WORD
    state = browsing.chosen.get("state")
    if state is not None and state.value in {"disabled", "waiting"}:
        return user_leads.BY_STATE
    return await user_leads.lead_of(admin.reading, admin.tenant_id, wanted)


async def rows_of(admin: Admin, found: Sequence[UserRow]) -> list[Row]:
    """The users as rows."""
    ids = [one.user.membership.user_id for one in found]
    sponsors = await user_rows.sponsors_of(admin.reading, admin.tenant_id, ids)
    groups = await user_rows.groups_of(admin.reading, admin.tenant_id, ids)
    known = {one.issuer: one.display_name for one in await providers.everyone(admin.reading, admin.tenant_id)}
    return [
        _row(one, known, tuple(name for _, name in sponsors.get(user_id, ())), groups.get(user_id, 0))
        for user_id, one in zip(ids, found, strict=True)
    ]


def _row(one: UserRow, known: dict[str, str], sponsors: tuple[str, ...], groups: int) -> Row:
    member, profile = one.user.membership, one.user.profile
    word = _WORDS.get(one.provider)
    return Row(
        user_id=member.user_id,
        name=profile.display_name,
        email=profile.mail or "",
        upn=profile.user_principal_name,
        guest=profile.user_type == "Guest",
        internal=member.standing.tie is Tie.HOME,
        enabled=member.standing.enabled_here,
        waiting=profile.external_user_state == "PendingAcceptance",
        provider=known.get(one.provider, shown_issuer(one.provider)) if word is None else word,
        provider_word=word is not None,
        sponsors=sponsors,
        invited=member.created_at,
        last_sign_in=one.last_sign_in,
        groups=groups,
    )


async def chosen_of(admin: Admin, chosen: Picked) -> list[User]:
    """The selected users who are here, or ``MOST_AT_ONCE`` and one of those that match."""
    if chosen.every:
        browsing = await browsing_of(admin, chosen.query)
        asked = Asked(MOST_AT_ONCE + 1, filter_of(admin, browsing))
        return [one.user for one in (await user_rows.page(admin.reading, admin.tenant_id, asked)).items]
    found = await users_of(admin, chosen.ids)
    return [one for one in found if isinstance(one.membership.stage, Invited | Present)]


def why_not(admin: Admin, chosen: Picked, found: Sequence[object]) -> Response | None:
    """Back to the list when nobody is selected, or too many are."""
    problem = NOBODY if not found else TOO_MANY if len(found) > MOST_AT_ONCE else ""
    return admin.visit.redirect(paths.USERS, {**chosen.query, "problem": problem}) if problem else None


# --- As a file --------------------------------------------------------------------------------------------------------


def state_of(row: Row) -> str:
    """The state as a word of the catalog."""
    return DISABLED if not row.enabled else WAITING if row.waiting else ACTIVE


_OUT: Final = (
    Out[Row]("id", N_("Object ID"), lambda row: row.user_id),
    Out[Row]("displayName", N_("Name"), lambda row: row.name),
    Out[Row]("mail", N_("Email"), lambda row: row.email),
    Out[Row]("userPrincipalName", N_("User name"), lambda row: row.upn),
    Out[Row](
        "userType",
        N_("User type"),
        lambda row: "Guest" if row.guest else "Member",
        lambda row, words: words.text(GUEST if row.guest else MEMBER),
    ),
    Out[Row](
        "origin",
        N_("Origin"),
        lambda row: "internal" if row.internal else "external",
        lambda row, words: words.text(INTERNAL if row.internal else EXTERNAL),
    ),
    Out[Row]("accountEnabled", N_("Enabled"), lambda row: row.enabled),
    Out[Row](
        "externalUserState",
        N_("State"),
        lambda row: "" if row.internal else "PendingAcceptance" if row.waiting else "Accepted",
        lambda row, words: words.text(state_of(row)),
    ),
    Out[Row](
        "identityProvider",
        N_("Identity provider"),
        lambda row: row.provider,
        lambda row, words: words.text(row.provider) if row.provider_word and row.provider else row.provider,
    ),
    Out[Row]("sponsors", N_("Sponsor"), lambda row: "; ".join(row.sponsors)),
    Out[Row]("createdDateTime", N_("Invited on"), lambda row: row.invited),
    Out[Row]("lastSignInDateTime", N_("Last sign-in"), lambda row: row.last_sign_in),
    Out[Row]("groups", N_("Groups"), lambda row: row.groups),
)


async def download(admin: Admin) -> Response:
    """The same rows as a file."""
    browsing = await browsing_of(admin)
    source = Source(
        name="users",
        file="users",
        reads=(Verb.READ_USERS,),
        columns=_OUT,
        count=lambda wanted: user_rows.count(admin.reading, admin.tenant_id, wanted),
        page=lambda asked: user_rows.page(admin.reading, admin.tenant_id, asked),
        full_order=lambda orders: ROWS.orders(EVERYBODY, orders),
        rows=lambda found: rows_of(admin, found),
    )
    return await export(admin, browsing, source, filter_of(admin, browsing))
