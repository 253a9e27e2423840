"""The rows of *All users*: users with when they signed in last, who vouches for them, and who stands for them.

These are properties that only our own pages ask about; Graph's lists are in ``users`` and ``active_users``. What
belongs to a page and not to a filter (names of sponsors, numbers of groups) is read for the users of one page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, exists, func, literal_column, null, select

from vestibule.ground.clock import from_us
from vestibule.rules import filters
from vestibule.rules.filters import Filter, Path, Position, paths
from vestibule.store import filtering, users
from vestibule.store.filtering import Fields, Rows
from vestibule.store.listing import Asked, Listing, Page
from vestibule.store.schema import group, group_member, membership, person, profile, sign_in_activity, sponsor
from vestibule.store.statements import Query, Row, among, given
from vestibule.store.unit import Reading
from vestibule.store.user_leads import ELSEWHERE, EMAIL, HERE, NOBODY, PROVIDER, SPONSORS, TIE, Lead
from vestibule.store.users import EVERYBODY, User


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user of the list.

    Attributes:
        last_sign_in: None when they never signed in. provider: who vouches for them: ``HERE``, ``ELSEWHERE``,
            ``EMAIL``, the issuer of another provider, or ``NOBODY`` while they have not accepted their invitation.
    """

    user: User
    last_sign_in: datetime | None
    provider: str


BY_TIE: Final[Path] = ("byTie",)
BY_TYPE: Final[Path] = ("byType",)
STAGE: Final[Path] = ("stage",)
LAST: Final[Path] = ("lastSignIn",)


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text())


_PROVIDER: Final = case(
    (membership.c.tie == _text("home"), _text(HERE)),
    (membership.c.person_id.is_(None), _text(NOBODY)),
    (person.c.home_tenant.is_not(None), _text(ELSEWHERE)),
    else_=func.coalesce(person.c.issuer, _text(EMAIL)),
)
FIELDS: Final[Fields] = {
    **users.FIELDS,
    TIE: filtering.keyword(membership.c.tie),
    # What is sorted by is the bare column, which an index gives in its order. What is filtered by is not: SQLite would
    # take that index for any filter, and sort everybody it finds by what was really asked.
    BY_TYPE: filtering.identifier(profile.c.user_type),
    BY_TIE: filtering.identifier(membership.c.tie),
    STAGE: filtering.identifier(membership.c.stage),
    PROVIDER: filtering.text(_PROVIDER),
    LAST: filtering.time(sign_in_activity.c.last_at),
    SPONSORS: Rows(
        sponsor,
        and_(sponsor.c.tenant_id == membership.c.tenant_id, sponsor.c.user_id == membership.c.user_id),
        {("id",): filtering.identifier(sponsor.c.sponsor_id)},
    ),
}
"""What the list can be filtered and sorted by."""

_WIDTH: Final = len(users.selecting().selected_columns)


def _make(row: Row) -> UserRow:
    last, provider = row[_WIDTH], row[_WIDTH + 1]
    return UserRow(users.from_row(row[:_WIDTH]), None if last is None else from_us(last), str(provider))


_ACTIVITY: Final = and_(
    sign_in_activity.c.tenant_id == membership.c.tenant_id, sign_in_activity.c.user_id == membership.c.user_id
)
_BASE: Final = (
    users.selecting().outerjoin(sign_in_activity, _ACTIVITY).add_columns(sign_in_activity.c.last_at, _PROVIDER)
)
_JOINED: Final = users.OF_PERSON | {PROVIDER, LAST}


def _walked(user_id: ColumnElement[str]) -> dict[Path, filtering.Field]:
    """The same for a list that is walked in the order of the index that this id ends."""
    return {**FIELDS, ("id",): filtering.identifier(user_id), users.WORDS: users.worded(user_id)}


ROWS: Final = Listing(
    _BASE.where(profile.c.tenant_id == given("tenant_id")),
    width=_WIDTH + 2,
    make=_make,
    fields=_walked(profile.c.user_id),
    counted=users.counting(),
    joined=_JOINED,
)
"""The list by name: the organization is said of the profiles too, so that SQLite begins with their index of names."""

FEW: Final = Listing(_BASE, width=_WIDTH + 2, make=_make, fields=FIELDS)
"""The same list for filters that leave few of many, such as disabled accounts: SQLite begins with the memberships."""

_WALK: Final = profile.alias("walk")
SEARCHED: Final = Listing(
    _BASE.where(
        _WALK.c.tenant_id == given("tenant_id"),
        profile.c.tenant_id == _WALK.c.tenant_id,
        profile.c.user_id == _WALK.c.user_id,
    ),
    width=_WIDTH + 2,
    make=_make,
    fields={
        **_walked(_WALK.c.user_id),
        ("displayName",): filtering.text(profile.c.display_name, _WALK.c.display_name_key),
        ("mail",): users.mail(_WALK.c.mail_key),
        BY_TYPE: filtering.identifier(_WALK.c.user_type),
    },
)
"""The list by name where words are looked for on the way: profiles are walked in an index that holds all that is asked.

PostgreSQL reads the row of everybody that an index comes to, unless nothing but the index is asked of them. So the
index is walked as a table of its own, and only for those who fit the profile is read.
"""

BY_COMING: Final = Listing(_BASE, width=_WIDTH + 2, make=_make, fields=_walked(membership.c.user_id))
"""The same in orders that indexes of memberships give: in which people came, and from where."""
_BY_MEMBERSHIP: Final = frozenset({("createdDateTime",), BY_TIE})

# By the last sign-in there are two lists, one behind the other: those who signed in, from the index of when, and those
# who never did, by their ids. Joined into one, everybody would have to be found and sorted for every page.
SIGNED_IN: Final = Listing(
    users.selecting()
    .join(sign_in_activity, _ACTIVITY)
    .where(sign_in_activity.c.tenant_id == given("tenant_id"), sign_in_activity.c.last_at.is_not(None))
    .add_columns(sign_in_activity.c.last_at, _PROVIDER),
    width=_WIDTH + 2,
    make=_make,
    fields=_walked(sign_in_activity.c.user_id),
    never_missing=frozenset({LAST}),
)
NEVER: Final = Listing(
    users.selecting()
    .where(
        ~exists(
            select(literal_column("1")).where(
                sign_in_activity.c.tenant_id == membership.c.tenant_id,
                sign_in_activity.c.user_id == membership.c.user_id,
                sign_in_activity.c.last_at.is_not(None),
            )
        )
    )
    .add_columns(null().label("last_at"), _PROVIDER),
    width=_WIDTH + 2,
    make=_make,
    fields={**_walked(membership.c.user_id), LAST: filtering.time(null())},
)


_SPONSORS: Final = Query(
    select(sponsor.c.user_id, sponsor.c.sponsor_id, profile.c.display_name)
    .select_from(
        sponsor.join(
            profile, and_(profile.c.tenant_id == sponsor.c.tenant_id, profile.c.user_id == sponsor.c.sponsor_id)
        )
    )
    .where(sponsor.c.tenant_id == given("tenant_id"), among(sponsor.c.user_id, "user_ids"))
    .order_by(profile.c.display_name_key, sponsor.c.sponsor_id)
)
_GROUPS: Final = Query(
    select(group_member.c.user_id, func.count())
    .select_from(
        group_member.join(
            group, and_(group.c.tenant_id == group_member.c.tenant_id, group.c.group_id == group_member.c.group_id)
        )
    )
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        among(group_member.c.user_id, "user_ids"),
        group_member.c.struck.is_(None),
        group.c.deleted_at.is_(None),
    )
    .group_by(group_member.c.user_id)
)


async def page(reading: Reading, tenant_id: str, asked: Asked, *, lead: Lead | None = None) -> Page[UserRow]:
    """A page of those who are invited or present; ``lead``: who to begin with, where the filter leaves few."""
    first = asked.orders[0].path if asked.orders else None
    if lead is not None:
        return await FEW.page(reading, lead.scope, asked, tenant_id=tenant_id, **lead.parameters)
    if first == LAST and not asked.skip:
        return await _page_by_last(reading, tenant_id, asked)
    return await _walking(asked.wanted, first).page(reading, EVERYBODY, asked, tenant_id=tenant_id)


def _walking(wanted: Filter | None, first: Path | None) -> Listing[UserRow]:
    """The list in whose order people are walked."""
    if first in _BY_MEMBERSHIP:
        return BY_COMING
    return SEARCHED if wanted is not None and users.WORDS in paths(wanted) else ROWS


async def _page_by_last(reading: Reading, tenant_id: str, asked: Asked) -> Page[UserRow]:
    """A page by the last sign-in: upwards those who never signed in come first, downwards last."""
    by_last, by_id = ROWS.orders(EVERYBODY, asked.orders)[:2]
    parts = [(NEVER, (by_id,), 1), (SIGNED_IN, (by_last, by_id), 0)]
    if by_last.descending:
        parts.reverse()
    if asked.after is not None and (asked.after[0] is None) is not (parts[0][0] is NEVER):
        del parts[0]
    items: list[UserRow] = []
    ends: list[Position] = []
    after = asked.after
    for listing, orders, place in parts:
        left = asked.limit - len(items)
        here = replace(asked, limit=max(left, 1), orders=orders, after=None if after is None else after[place:])
        found, after = await listing.page(reading, EVERYBODY, here, tenant_id=tenant_id), None
        if not left:
            return Page(items, ends[-1] if found.items else None, (ends[0], ends[-1]))
        items += found.items
        ends += [(None,) * place + end for end in found.ends or ()]
        if found.position is not None:
            return Page(items, ends[-1], (ends[0], ends[-1]))
    return Page(items, None, (ends[0], ends[-1]) if ends else None)


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many of those who are invited or present."""
    if wanted is None:
        return await users.count(reading, tenant_id)
    return await ROWS.count(reading, EVERYBODY, wanted, tenant_id=tenant_id)


async def count_up_to(
    most: int, reading: Reading, tenant_id: str, wanted: Filter | None, *, lead: Lead | None = None
) -> int:
    """The same, but counting stops at ``most``; ``lead`` as for ``page``.

    Where words are asked for, those who have the first of them are enough nearly always, and are quickly found.
    """
    if lead is not None:
        return await FEW.count_up_to(most, reading, lead.scope, wanted, tenant_id=tenant_id, **lead.parameters)
    if wanted is not None and users.WORDS in paths(wanted):
        some = filters.asked_of(wanted, users.WORDS, users.FIRST_WORDS)
        if await ROWS.count_up_to(most, reading, EVERYBODY, some, tenant_id=tenant_id) == most:
            return most
    return await ROWS.count_up_to(most, reading, EVERYBODY, wanted, tenant_id=tenant_id)


async def sponsors_of(reading: Reading, tenant_id: str, user_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Who stands for each of these users: ids and names, by the id of the one they stand for."""
    found: dict[str, list[tuple[str, str]]] = {}
    for user_id, sponsor_id, name in await reading.all(_SPONSORS, tenant_id=tenant_id, user_ids=list(user_ids)):
        found.setdefault(user_id, []).append((sponsor_id, name))
    return found


async def groups_of(reading: Reading, tenant_id: str, user_ids: Sequence[str]) -> dict[str, int]:
    """In how many groups each of these users is; whoever is in none is missing."""
    rows: list[Any] = list(await reading.all(_GROUPS, tenant_id=tenant_id, user_ids=list(user_ids)))
    return {user_id: int(number) for user_id, number in rows}
