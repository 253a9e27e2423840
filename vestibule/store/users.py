"""User objects as a directory lists and searches them.

A user object is a membership with its profile. Direct connect users have none and are in no list here. Whether
somebody is in a list is asked of stage and time: a deleted user whose 30 days are over is in none, whether or not a
worker has come by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, literal_column, not_, null, or_, select, true
from sqlalchemy import Text as SqlText
from sqlalchemy.sql.expression import exists

from vestibule.ground.clock import to_us
from vestibule.rules.filters import And, Compare, Filter, OneOf, Ordering, Path, Some, Test, Text
from vestibule.rules.providers import SAML
from vestibule.store import columns, filtering, memberships
from vestibule.store.filtering import Fields, Kind, Listed, Single, in_json
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.memberships import Membership
from vestibule.store.profiles import PROFILES, Profile
from vestibule.store.schema import (
    app_assignment,
    group_member,
    guest_request,
    manager,
    membership,
    ownership,
    person,
    profile,
    profile_word,
    role_assignment,
    sponsor,
)
from vestibule.store.statements import Query, Row, among, given
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class User:
    """A user object."""

    membership: Membership
    profile: Profile


_WIDTH: Final = len(memberships.selecting().selected_columns)


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", SqlText())


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value), Integer())


_OBJECTS: Final = (
    membership.c.tenant_id == given("tenant_id"),
    membership.c.tie != _text("directConnect"),
    profile.c.user_id.is_not(None),
)

_SAME_USER: Final = and_(profile.c.tenant_id == membership.c.tenant_id, profile.c.user_id == membership.c.user_id)


def selecting() -> Select[Any]:
    """The columns of a membership and of its profile."""
    return memberships.selecting().add_columns(*PROFILES.columns).where(*_OBJECTS)


def counting() -> Select[Any]:
    """The same users without what is known of the person behind each, which counting has no need of."""
    return select(membership.c.user_id).select_from(membership.join(profile, _SAME_USER)).where(*_OBJECTS)


OF_PERSON: Final[frozenset[Path]] = frozenset({("identities",)})
"""Properties that are asked of the person behind a user: not to be had from ``counting()``."""


def from_row(row: Row) -> User:
    """A row of ``selecting()``, which may go on behind that."""
    return User(memberships.from_row(row[:_WIDTH]), PROFILES.record(row[_WIDTH : _WIDTH + len(PROFILES.columns)]))


# --- Properties -------------------------------------------------------------------------------------------------------

_TEXTS: Final = (
    "ageGroup",
    "city",
    "consentProvidedForMinor",
    "country",
    "employeeId",
    "employeeType",
    "faxNumber",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "onPremisesImmutableId",
    "passwordPolicies",
    "postalCode",
    "preferredDataLocation",
    "state",
    "streetAddress",
    "usageLocation",
)
_by_mail: Final = profile.alias("by_mail")
_LISTS: Final = ("businessPhones", "otherMails", "proxyAddresses")
_NEVER_TEXTS: Final = (
    "legalAgeGroupClassification",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
)
_NEVER_FLAGS: Final = ("isManagementRestricted", "isResourceAccount", "onPremisesSyncEnabled", "showInAddressList")
_NEVER_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "assignedLicenses": ("skuId",),
    "assignedPlans": ("capabilityStatus", "service", "servicePlanId"),
    "imAddresses": (),
    "licenseAssignmentStates": ("skuId",),
    "onPremisesProvisioningErrors": ("category",),
    "provisionedPlans": ("capabilityStatus", "provisioningStatus", "service"),
    "serviceProvisioningErrors": ("serviceInstance",),
}


def _with_mail(key: ColumnElement[str]) -> ColumnElement[bool]:
    """Whoever has this address: looked up first, however the list is sorted."""
    found = _by_mail.c.tenant_id == given("tenant_id"), _by_mail.c.mail_key == key
    return membership.c.user_id.in_(select(_by_mail.c.user_id).where(*found))


def mail(key: ColumnElement[str]) -> filtering.Field:
    """The address, sorted by this column of folded ones."""
    return Single(Kind.TEXT, profile.c.mail, key, _with_mail)


_word: Final = profile_word.alias("word")


def _with_word(conditions: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whoever has a word in name or address for which these conditions hold, from the index of words."""
    return _among_those_with(conditions, membership.c.user_id)


def worded(user_id: ColumnElement[str]) -> filtering.Worded:
    """The words for a list that is walked in the order of the index that ``user_id`` ends.

    Each id on the way is looked for among those who have the word, before anything else is read of that user. Said as
    it is, neither database begins with these and sorts them: PostgreSQL does not see a join in it.
    """
    return filtering.Worded(lambda conditions: _among_those_with(conditions, columns.by_no_index(user_id)).is_(true()))


def _with_first_words(conditions: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whoever has one of the first words for which these conditions hold, in the order of the index of words."""
    return _among_those_with(conditions, membership.c.user_id, at_most=FIRST)


def _among_those_with(
    conditions: Callable[[ColumnElement[str]], ColumnElement[bool]],
    user_id: ColumnElement[str],
    *,
    at_most: int | None = None,
) -> ColumnElement[bool]:
    found = _word.c.tenant_id == given("tenant_id"), conditions(_word.c.word)
    those = select(_word.c.user_id).where(*found)
    return user_id.in_(those if at_most is None else those.limit(literal_column(str(at_most))))


_words: Final = columns.words(profile.c.display_name_key, profile.c.mail_key)
WORDS: Final[Path] = ("words",)
"""The words of name and address, which can be asked how they begin."""
FIRST: Final = 4_000
FIRST_WORDS: Final[Path] = ("firstWords",)
"""The same, looked for among the first ``FIRST`` words only: enough to know that many fit, not to know who."""
EACH_OF_WORDS: Final[Path] = ("eachOfWords",)
"""The same, asked of one user after the other and never looked up: for words that nearly everybody has."""

#: What every list of users can be filtered and sorted by, by Graph's names.
_COMMON: Final[dict[Path, filtering.Field]] = {
    ("id",): filtering.identifier(membership.c.user_id),
    ("displayName",): filtering.text(profile.c.display_name, profile.c.display_name_key),
    ("givenName",): filtering.text(profile.c.given_name),
    ("surname",): filtering.text(profile.c.surname),
    ("jobTitle",): filtering.text(profile.c.job_title),
    ("department",): filtering.text(profile.c.department),
    ("companyName",): filtering.text(profile.c.company_name),
    ("preferredLanguage",): filtering.text(profile.c.preferred_language),
    ("mail",): mail(profile.c.mail_key),
    ("userType",): filtering.keyword(profile.c.user_type),
    ("creationType",): filtering.keyword(profile.c.creation_type),
    ("externalUserState",): filtering.keyword(profile.c.external_user_state),
    ("externalUserStateChangeDateTime",): filtering.time(profile.c.external_user_state_at),
    ("accountEnabled",): filtering.flag(membership.c.enabled),
    ("createdDateTime",): filtering.time(membership.c.created_at),
    **{(name,): in_json(Kind.TEXT, profile.c.attributes, name) for name in _TEXTS},
    **{(name,): Listed(profile.c.attributes, (name,)) for name in _LISTS},
    # Part of the type, and without a value here: whoever filters by them gets an answer from the index of the rest.
    **{(name,): filtering.text(null()) for name in _NEVER_TEXTS},
    **{(name,): filtering.flag(null()) for name in _NEVER_FLAGS},
    ("onPremisesLastSyncDateTime",): filtering.time(null()),
    **{(name,): Listed(profile.c.attributes, (name,), members) for name, members in _NEVER_LISTS.items()},
}
_SAML: Final = f"{SAML}:"
_TENANT: Final = 36
_DEADLINE: Final[Path] = ("purgeDue",)
"""When a deleted user is gone for good: the same order as the deletions have, and the one that an index serves."""


def _identity(upn_key: ColumnElement[str], waits: ColumnElement[bool]) -> filtering.One:
    """The one identity of each user: as ``doors/graph/views`` shows it.

    ``upn_key``: the folded user principal name of whoever signs in here. ``waits``: whether they have yet to redeem.
    """
    at_home = membership.c.tie == _text("home")
    here = or_(at_home, waits)
    issuer = func.coalesce(person.c.issuer, _text(memberships.MAIL))
    entity = func.substr(issuer, _number(len(_SAML) + _TENANT + 2), type_=SqlText())
    found_elsewhere = case(
        (person.c.home_tenant.is_not(None), _text("externalazuread")),
        (issuer == _text(memberships.MAIL), _text("mail")),
        (func.substr(issuer, _number(1), _number(len(_SAML))) == _text(_SAML), columns.folded(entity)),
        else_=columns.folded(issuer),
    )

    def issued_by(value: ColumnElement[str]) -> ColumnElement[bool]:
        domain = columns.at_the_end(upn_key, _text("@").concat(value))
        return or_(and_(here, domain), and_(not_(here), found_elsewhere == value))

    def assigned(value: ColumnElement[str]) -> ColumnElement[bool]:
        return and_(upn_key == value, at_home)

    return filtering.One({("issuer",): filtering.Told(issued_by), ("issuerAssignedId",): filtering.Told(assigned)})


FIELDS: Final[Fields] = {
    **_COMMON,
    ("identities",): _identity(membership.c.upn_key, membership.c.stage == _text("invited")),
    ("userPrincipalName",): filtering.text(profile.c.user_principal_name, membership.c.upn_key),
    ("deletedDateTime",): filtering.time(null()),
    WORDS: filtering.Worded(_with_word),
    FIRST_WORDS: filtering.Worded(_with_first_words),
    EACH_OF_WORDS: filtering.text(_words, _words),
}
DELETED_FIELDS: Final[Fields] = {
    **_COMMON,
    ("identities",): _identity(columns.folded(profile.c.user_principal_name), membership.c.was == _text("invited")),
    # A deleted user is called by its id and its old name, so that the name itself is free at once.
    ("userPrincipalName",): filtering.text(
        func.replace(membership.c.user_id, _text("-"), _text(""), type_=SqlText()).concat(profile.c.user_principal_name)
    ),
    ("deletedDateTime",): filtering.time(membership.c.stage_at),
    _DEADLINE: filtering.time(membership.c.due_at),
}

USERS: Final = Listing(
    selecting(),
    width=_WIDTH + len(PROFILES.columns),
    make=from_row,
    fields=FIELDS,
    never_missing=frozenset({("userPrincipalName",)}),  # whoever is here holds one
    counted=counting(),
    joined=OF_PERSON,
)
BY_NAME: Final = Listing(
    selecting().where(profile.c.tenant_id == given("tenant_id")),
    width=_WIDTH + len(PROFILES.columns),
    make=from_row,
    fields={
        **FIELDS,
        ("id",): filtering.identifier(profile.c.user_id),
        WORDS: worded(profile.c.user_id),
    },
    never_missing=frozenset({("userPrincipalName",)}),
)
"""The same list from the index of names: the organization is said of the profiles, and the id is theirs, so that SQLite
has every order by name from that index alone. Otherwise it would begin with the memberships and sort them all."""
DELETED_USERS: Final = Listing(
    selecting(),
    width=_WIDTH + len(PROFILES.columns),
    make=from_row,
    fields=DELETED_FIELDS,
    never_missing=frozenset({_DEADLINE}),
    counted=counting(),
    joined=OF_PERSON,
)

_RESTORE_ASKED: Final = (
    select(guest_request.c.asked_at)
    .where(
        guest_request.c.tenant_id == membership.c.tenant_id,
        guest_request.c.user_id == membership.c.user_id,
        guest_request.c.kind == _text("restore"),
        guest_request.c.answer.is_(None),
    )
    .correlate(membership)
    .scalar_subquery()
)
DELETED_ROWS: Final = Listing(
    selecting(),
    width=_WIDTH + len(PROFILES.columns),
    make=from_row,
    fields={
        **DELETED_FIELDS,
        ("cause",): filtering.identifier(membership.c.cause),
        ("restoreAskedAt",): filtering.time(_RESTORE_ASKED),
    },
    never_missing=frozenset({_DEADLINE, ("cause",)}),
    counted=counting(),
    joined=OF_PERSON,
)
"""The deleted users with what only our own pages ask about: why they are gone, and who asks to come back."""

# --- Scopes -----------------------------------------------------------------------------------------------------------

_HERE: Final = membership.c.stage.in_([_text("invited"), _text("present")])
_EXTERNAL: Final = membership.c.tie != _text("home")


def _holds(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(literal_column("1")).where(
            table.c.tenant_id == given("tenant_id"),
            table.c.user_id == membership.c.user_id,
            table.c.struck.is_(None),
            *conditions,
        )
    )


def _named(table: Any, column: ColumnElement[str]) -> ColumnElement[bool]:
    """Whoever has a row in which ``column`` names the user that the scope is about; these are few."""
    rows = select(table.c.user_id).where(table.c.tenant_id == given("tenant_id"), column == given("of"))
    return membership.c.user_id.in_(rows)


EVERYBODY: Final = Scope("everybody", (_HERE,))
ANYBODY: Final = Scope("everybody whose data is there, deleted users too")
MEMBERS_OF: Final = Scope("members of a group", (_HERE, _holds(group_member, group_member.c.group_id == given("of"))))
OWNERS_OF: Final = Scope("owners of a group or app", (_HERE, _holds(ownership, ownership.c.object_id == given("of"))))
HOLDERS_OF: Final = Scope(
    "holders of a directory role", (_HERE, _holds(role_assignment, role_assignment.c.role_id == given("of")))
)
ASSIGNED_TO: Final = Scope(
    "people assigned to an app", (_HERE, _holds(app_assignment, app_assignment.c.app_id == given("of")))
)
REPORTING_TO: Final = Scope("people whom somebody manages", (_HERE, _named(manager, manager.c.manager_id)))
STOOD_FOR_BY: Final = Scope("guests whom somebody stands for", (_HERE, _named(sponsor, sponsor.c.sponsor_id)))
_newest_last = (Ordering(_DEADLINE),)
_RESTORABLE: Final = (membership.c.stage == _text("deleted"), membership.c.due_at > given("now"))
DELETED: Final = Scope("deleted users", _RESTORABLE, _newest_last)
DELETED_EXTERNAL: Final = Scope("deleted external users", (*_RESTORABLE, _EXTERNAL), _newest_last)


def _many(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(func.count())
        .select_from(membership)
        .where(membership.c.tenant_id == given("tenant_id"), _HERE, *conditions)
        .scalar_subquery()
    )


_HOW_MANY = Query(select((_many() - _many(membership.c.tie == _text("directConnect"))).label("many")))
"""Everybody here from the index of stages alone, without those few who have no user object."""


def _guests(stages: ColumnElement[bool]) -> Any:
    """How many user objects of guests are in these stages, found by the stage: most guests are in none of them."""
    return (
        select(func.count())
        .select_from(membership.join(profile, _SAME_USER))
        .where(membership.c.tenant_id == given("tenant_id"), stages, func.lower(profile.c.user_type) == _text("guest"))
        .scalar_subquery()
    )


_EVERY_GUEST: Final = (
    select(func.count())
    .select_from(profile)
    .where(profile.c.tenant_id == given("tenant_id"), profile.c.user_type == _text("Guest"))
    .scalar_subquery()
)
_HOW_MANY_GUESTS = Query(
    select(
        (_EVERY_GUEST - _guests(membership.c.stage.in_([_text("deleted"), _text("purged")]))).label("here"),
        _guests(membership.c.stage == _text("invited")).label("waiting"),
    )
)
"""All guests from the index of user types without the few who are deleted, and those who have not redeemed."""


def _of(table: Any, column: ColumnElement[str]) -> Listing[User]:
    """Those who have a row whose ``column`` says ``of``: read from that table's index, so that few are found fast."""
    tied = and_(table.c.tenant_id == membership.c.tenant_id, table.c.user_id == membership.c.user_id)
    here = table.c.tenant_id == given("tenant_id"), column == given("of"), table.c.struck.is_(None)
    return Listing(
        selecting().join(table, tied).where(*here),
        width=_WIDTH + len(PROFILES.columns),
        make=from_row,
        fields={**FIELDS, ("id",): filtering.identifier(table.c.user_id)},
        never_missing=frozenset({("userPrincipalName",)}),
        counted=counting().join(table, tied).where(*here),
        joined=OF_PERSON,
    )


TIED: Final = {
    MEMBERS_OF: _of(group_member, group_member.c.group_id),
    HOLDERS_OF: _of(role_assignment, role_assignment.c.role_id),
}
"""Lists of scopes in which somebody is once or not at all."""

_FIND = Query(selecting().where(membership.c.user_id == given("user_id")))
_FIND_BY_UPN = Query(selecting().where(membership.c.upn_key == given("upn_key")))
_FIND_MANY = Query(selecting().where(among(membership.c.user_id, "user_ids")))


async def find(reading: Reading, tenant_id: str, user_id: str) -> User | None:
    """The user object with this id, whatever its stage, as long as its data is there."""
    row = await reading.one(_FIND, tenant_id=tenant_id, user_id=user_id)
    return None if row is None else from_row(row)


async def find_by_upn(reading: Reading, tenant_id: str, upn_key: str) -> User | None:
    """The user object that holds this user principal name now (lower case)."""
    row = await reading.one(_FIND_BY_UPN, tenant_id=tenant_id, upn_key=upn_key)
    return None if row is None else from_row(row)


async def find_many(reading: Reading, tenant_id: str, user_ids: Sequence[str]) -> list[User]:
    """Those of these user objects that exist, in no particular order."""
    return [from_row(row) for row in await reading.all(_FIND_MANY, tenant_id=tenant_id, user_ids=list(user_ids))]


async def page(
    reading: Reading, tenant_id: str, asked: Asked, *, scope: Scope = EVERYBODY, of: str = "", few: bool = False
) -> Page[User]:
    """A page of those who are invited or present.

    Whoever looks for the beginning of a name and says no order gets the users by name, since so they are found.

    Args:
        reading: where to read. tenant_id: the organization. asked: filter, order, size and beginning of the page.
        scope: one of this module's scopes. of: the group, app or role that the scope is about.
        few: the filter leaves few of many, which are found first.
    """
    if scope in TIED:
        return await TIED[scope].page(reading, EVERYBODY, asked, tenant_id=tenant_id, of=of)
    if scope is not EVERYBODY or few:
        return await USERS.page(reading, scope, asked, tenant_id=tenant_id, of=of)
    asked = _in_order_of_names(asked)
    listing = BY_NAME if _goes_by_name(asked) else USERS
    return await listing.page(reading, scope, asked, tenant_id=tenant_id)


_NAME: Final[Path] = ("displayName",)
_POINTED: Final = frozenset({("id",), ("mail",), ("userPrincipalName",), ("identities",)})
"""Properties that lead to few users: these are looked up first, whatever the order."""


def _parts(wanted: Filter | None) -> tuple[Filter, ...]:
    """What a filter asks for all at once."""
    if wanted is None:
        return ()
    return wanted.parts if isinstance(wanted, And) else (wanted,)


def _is_pointed(wanted: Filter | None) -> bool:
    return any(isinstance(part, Compare | OneOf | Text | Some) and part.path in _POINTED for part in _parts(wanted))


def _goes_by_name(asked: Asked) -> bool:
    return asked.orders[:1] in {(Ordering(_NAME),), (Ordering(_NAME, descending=True),)} and not _is_pointed(
        asked.wanted
    )


def _in_order_of_names(asked: Asked) -> Asked:
    """By name where nobody says an order and the beginning of a name is looked for, unless the page before was not."""
    begins = any(
        isinstance(part, Text) and part.path == _NAME and part.test is Test.STARTS_WITH for part in _parts(asked.wanted)
    )
    another = asked.after is not None and len(asked.after) == 1
    if asked.orders or another or not begins or _is_pointed(asked.wanted):
        return asked
    return replace(asked, orders=(Ordering(_NAME),))


async def count(
    reading: Reading, tenant_id: str, wanted: Filter | None = None, *, scope: Scope = EVERYBODY, of: str = ""
) -> int:
    """How many of those who are invited or present."""
    if scope is EVERYBODY and wanted is None:
        row = await reading.one(_HOW_MANY, tenant_id=tenant_id)
        return 0 if row is None else int(row[0])
    if scope in TIED:
        return await TIED[scope].count(reading, EVERYBODY, wanted, tenant_id=tenant_id, of=of)
    return await USERS.count(reading, scope, wanted, tenant_id=tenant_id, of=of)


async def count_guests(reading: Reading, tenant_id: str) -> tuple[int, int]:
    """How many users of type Guest are invited or present, and how many of them have not accepted yet."""
    row = await reading.one(_HOW_MANY_GUESTS, tenant_id=tenant_id)
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


async def page_deleted(reading: Reading, tenant_id: str, asked: Asked, *, external_only: bool = False) -> Page[User]:
    """A page of the deleted users who can still be restored, oldest deletion first when no order is asked for.

    ``external_only`` leaves members out, for somebody whose right does not reach them.
    """
    scope = DELETED_EXTERNAL if external_only else DELETED
    return await DELETED_USERS.page(reading, scope, asked, tenant_id=tenant_id, now=to_us(reading.now))


async def count_deleted(
    reading: Reading, tenant_id: str, wanted: Filter | None = None, *, external_only: bool = False
) -> int:
    """How many deleted users can still be restored."""
    scope = DELETED_EXTERNAL if external_only else DELETED
    return await DELETED_USERS.count(reading, scope, wanted, tenant_id=tenant_id, now=to_us(reading.now))
