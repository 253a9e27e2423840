"""What a data removal is about to remove, counted, and which apps know the person: asked just before it goes.

The tables are those of ``rules/retention.py`` whose rows go in a step of the removal.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, func, not_, select

from vestibule.rules.certificates import OWN
from vestibule.rules.retention import KEPT, ROWS_GO, Step
from vestibule.store.memberships import Membership
from vestibule.store.schema import app, metadata, provisioned, token_family
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading

#: Not by organization, or (words of a profile) no data of their own.
_OTHERWISE: Final = OWN | {"profile_word"}


def _whose(table: Table) -> ColumnElement[bool]:
    """Which rows of a table are about the person, as the removal finds them."""
    mine = table.c.tenant_id == given("tenant_id")
    user = given("user_id")
    match table.name:
        case "audit_payload":
            return and_(mine, table.c.key_id == given("key_id"))
        case "subject_index":
            return and_(mine, table.c.object_id == user)
        case "provisioned":
            return and_(mine, table.c.object_id == user)
        case "person_membership":
            return and_(table.c.person_id == given("person_id"), mine, table.c.user_id == user)
        case "device_grant":
            return and_(table.c.user_tenant == given("tenant_id"), table.c.user_id == user)
        case "letter":
            return and_(mine, table.c.user_id == user, not_(among(table.c.kind, "last_words")))
    return and_(mine, table.c.user_id == user)


def _counted() -> dict[str, Step]:
    """The tables that are counted, with the step that empties them, in the order of the steps."""
    found: dict[str, Step] = {}
    for one in KEPT:
        if one.step is not None and one.how in ROWS_GO and one.table in metadata.tables:
            found.setdefault(one.table, one.step)
    return {name: step for name, step in found.items() if name not in _OTHERWISE}


COUNTED: Final = _counted()


#: Tables in which the person may stand on either side.
_SIDES: Final = {"sponsor": "sponsor_id", "manager": "manager_id"}


def _count(name: str) -> ColumnElement[int]:
    table = metadata.tables[name]
    found = _of(table, _whose(table))
    if name not in _SIDES:
        return found
    other = and_(table.c.tenant_id == given("tenant_id"), table.c[_SIDES[name]] == given("user_id"))
    return found + _of(table, other)


def _of(table: Table, where: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(table).where(where).scalar_subquery()


_each: list[ColumnElement[Any]] = [_count(name) for name in COUNTED]
_COUNTS: Final = Query(select(*_each))


@dataclass(frozen=True, slots=True)
class Knowing:
    """An app that may know the person.

    Attributes:
        signed_in: the person signed in to it. provisions: it is a provisioning client that names the person.
        logout_uri: where it is told that somebody is signed out; None when it gave no such address.
    """

    client_id: str
    display_name: str
    signed_in: bool
    provisions: bool
    logout_uri: str | None


_SIGNED_IN: Final = Query(
    select(token_family.c.client_id)
    .where(
        token_family.c.tenant_id == given("tenant_id"),
        token_family.c.user_id == given("user_id"),
        token_family.c.client_id.is_not(None),
    )
    .distinct()
)
_PROVISIONS: Final = Query(
    select(provisioned.c.client_id)
    .where(provisioned.c.tenant_id == given("tenant_id"), provisioned.c.object_id == given("user_id"))
    .distinct()
)
_APPS: Final = Query(
    select(app.c.client_id, app.c.display_name, app.c.backchannel_logout_uri).where(
        among(app.c.client_id, "client_ids")
    )
)


async def counts(reading: Reading, guest: Membership, last_words: list[str]) -> dict[str, int]:
    """How many rows about this person each table has. ``last_words``: kinds of letters that the removal lets go out."""
    asked = {
        "tenant_id": guest.tenant_id,
        "user_id": guest.user_id,
        "person_id": guest.person_id or "",
        "key_id": guest.subject_key_id or "",
        "last_words": last_words,
    }
    row = await reading.one(_COUNTS, **asked)
    return {} if row is None else dict(zip(COUNTED, map(int, row), strict=True))


async def apps_that_know(reading: Reading, tenant_id: str, user_id: str) -> list[Knowing]:
    """The apps that the person signed in to or that provision them, by name."""
    here = {"tenant_id": tenant_id, "user_id": user_id}
    signed_in = {str(row[0]) for row in await reading.all(_SIGNED_IN, **here)}
    provisions = {str(row[0]) for row in await reading.all(_PROVISIONS, **here)}
    known = sorted(signed_in | provisions)
    rows = await reading.all(_APPS, client_ids=known) if known else []
    found = [
        Knowing(client_id, name, client_id in signed_in, client_id in provisions, logout_uri)
        for client_id, name, logout_uri in rows
    ]
    return sorted(found, key=lambda one: (one.display_name, one.client_id))
