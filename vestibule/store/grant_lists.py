"""Every grant of delegated permissions of an organization, in pages: at the Graph API and at the APIs of other apps.

There may be one for each person and app, so none of them is read that is not shown. Apps are few: which of them a
filter means is found out before, and only their ids are asked for here.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, literal_column, select, union_all

from vestibule.rules.filters import And, Compare, Filter, Not, Op, Path
from vestibule.store import filtering
from vestibule.store.columns import by_no_index
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import api_consent, consent
from vestibule.store.statements import Row, among, given
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Grant:
    """One grant.

    Attributes:
        app_id: the application object of the app that may. user_id: for whom; None for everybody.
        resource_id: the application object of the API; empty for the Graph API.
        scopes: names, as they are published.
    """

    grant_id: str
    app_id: str
    user_id: str | None
    resource_id: str
    scopes: tuple[str, ...]


ID: Final[Path] = ("id",)
APP: Final[Path] = ("appId",)
USER: Final[Path] = ("userId",)
RESOURCE: Final[Path] = ("resourceAppId",)
"""What can be filtered by. Of a grant for everybody ``userId`` is empty, at the Graph API ``resourceAppId`` is."""

# Of the same affinity as the column beside it: only then does SQLite walk both tables in the order of ids, and merge.
_graph_api: Final = cast(literal_column("''"), Text()).label("resource_id")
_every: Final = union_all(
    select(consent.c.tenant_id, consent.c.grant_id, consent.c.app_id, consent.c.user_id, _graph_api, consent.c.scopes),
    select(
        api_consent.c.tenant_id,
        api_consent.c.grant_id,
        api_consent.c.app_id,
        api_consent.c.user_id,
        api_consent.c.resource_id,
        api_consent.c.scopes,
    ),
).subquery("every_grant")


def _make(row: Row) -> Grant:
    grant_id, app_id, user_id, resource_id, scopes = row
    return Grant(grant_id, app_id, user_id or None, resource_id, tuple(scopes.split()))


def _listing(id_: ColumnElement[Any]) -> Listing[Grant]:
    return Listing(
        select(_every.c.grant_id, _every.c.app_id, _every.c.user_id, _every.c.resource_id, _every.c.scopes).where(
            _every.c.tenant_id == given("tenant_id")
        ),
        width=5,
        make=_make,
        fields={
            ID: filtering.identifier(id_),
            APP: filtering.identifier(_every.c.app_id),
            USER: filtering.identifier(_every.c.user_id),
            RESOURCE: filtering.identifier(_every.c.resource_id),
        },
    )


LISTED: Final = _listing(_every.c.grant_id)
OF_PERSON: Final = _listing(by_no_index(_every.c.grant_id))
"""The same for one person: theirs are found first, and those few sorted."""
EVERY: Final = Scope("grants")
_MOST: Final = 1_000  # for everybody there is one for each API
SHOWN: Final = Scope(
    "grants of apps that are there, at APIs that are",
    (among(by_no_index(_every.c.app_id), "app_ids"), among(by_no_index(_every.c.resource_id), "resource_ids")),
)


def listing_for(wanted: Filter | None) -> Listing[Grant]:
    """The list that goes about such a filter the right way."""
    parts = wanted.parts if isinstance(wanted, And) else (wanted,)
    named = any(isinstance(one, Compare) and one.path == USER and one.op is Op.EQ and one.value for one in parts)
    return OF_PERSON if named else LISTED


async def page(reading: Reading, tenant_id: str, asked: Asked, app_ids: list[str]) -> Page[Grant]:
    """A page of grants, by their ids. ``app_ids``: the apps that are there, as apps that may and as APIs."""
    return await listing_for(asked.wanted).page(reading, SHOWN, asked, tenant_id=tenant_id, **_there(app_ids))


async def count(reading: Reading, tenant_id: str, wanted: Filter | None, app_ids: list[str]) -> int:
    """How many."""
    return await listing_for(wanted).count(reading, SHOWN, wanted, tenant_id=tenant_id, **_there(app_ids))


def _there(app_ids: list[str]) -> dict[str, Any]:
    return {"app_ids": app_ids, "resource_ids": ["", *app_ids]}


async def of_app(reading: Reading, tenant_id: str, app_id: str, most: int) -> tuple[list[Grant], bool]:
    """The grants of one app: all that are for everybody, then the first of those for one person.

    Args:
        most: so many for one person at most.

    Returns:
        The grants, and whether there are more.
    """
    here, everybody = Compare(APP, Op.EQ, app_id), Compare(USER, Op.EQ, "")
    common = await LISTED.page(reading, EVERY, Asked(_MOST, And((here, everybody))), tenant_id=tenant_id)
    personal = await LISTED.page(reading, EVERY, Asked(most, And((here, Not(everybody)))), tenant_id=tenant_id)
    return [*common.items, *personal.items], personal.position is not None
