"""Whom direct connect lets in from where: people of other organizations here, and people of this one elsewhere.

A shared profile is no row of its own. It is the membership that a first use of a shared app made, seen from either
side, with what the home organization says of the person now.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, literal_column, select

from vestibule.store.columns import by_no_index
from vestibule.store.schema import membership, person_membership, profile
from vestibule.store.schema import person as person_table
from vestibule.store.statements import Query, Row, given
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class SharedProfile:
    """Somebody of one organization who uses an app that another one shares.

    Attributes:
        tenant_id, user_id: the membership in the organization that shares the app.
        home_tenant, home_user: the person's account at home.
        display_name, user_principal_name: as the home organization has them.
    """

    tenant_id: str
    user_id: str
    home_tenant: str
    home_user: str
    display_name: str
    user_principal_name: str


_home_profile = profile.alias("home_profile")


def _text(value: str) -> Any:
    return literal_column(f"'{value}'")


_selecting: Select[Any] = (
    select(
        membership.c.tenant_id,
        membership.c.user_id,
        person_table.c.home_tenant,
        person_table.c.home_user,
        _home_profile.c.display_name,
        _home_profile.c.user_principal_name,
    )
    .select_from(
        membership.join(person_table, person_table.c.person_id == membership.c.person_id).outerjoin(
            _home_profile,
            and_(
                _home_profile.c.tenant_id == person_table.c.home_tenant,
                _home_profile.c.user_id == person_table.c.home_user,
            ),
        )
    )
    .where(membership.c.tie == _text("directConnect"), by_no_index(membership.c.stage) == _text("present"))
)
_INBOUND: Final = Query(_selecting.where(membership.c.tenant_id == given("tenant_id")).order_by(membership.c.user_id))
_ONE_INBOUND: Final = Query(
    _selecting.where(membership.c.tenant_id == given("tenant_id"), membership.c.user_id == given("user_id"))
)
_of_person: Select[Any] = _selecting.join(
    person_membership,
    and_(
        person_membership.c.tenant_id == membership.c.tenant_id,
        person_membership.c.user_id == membership.c.user_id,
    ),
)
_at_home = membership.alias("at_home")
_OUTBOUND: Final = Query(  # by way of the people at home: who else uses a shared app anywhere is not looked at
    _of_person.join(_at_home, _at_home.c.person_id == person_membership.c.person_id)
    .where(
        _at_home.c.tenant_id == given("tenant_id"),
        _at_home.c.tie == _text("home"),
        person_table.c.home_tenant == given("tenant_id"),
    )
    .order_by(person_table.c.home_user, membership.c.tenant_id)
)
_OF_HOME_USER: Final = Query(
    _of_person.where(
        person_membership.c.person_id == given("person_id"),
        person_table.c.home_tenant == given("tenant_id"),
        person_table.c.home_user == given("user_id"),
    ).order_by(membership.c.tenant_id)
)


async def inbound(reading: Reading, tenant_id: str) -> list[SharedProfile]:
    """Everybody of other organizations who uses an app that this one shares."""
    return [_profile(row) for row in await reading.all(_INBOUND, tenant_id=tenant_id)]


async def one_inbound(reading: Reading, tenant_id: str, user_id: str) -> SharedProfile | None:
    """One of them, by the id that tokens of this organization carry."""
    row = await reading.one(_ONE_INBOUND, tenant_id=tenant_id, user_id=user_id)
    return None if row is None else _profile(row)


async def outbound(reading: Reading, tenant_id: str) -> list[SharedProfile]:
    """Everybody of this organization who uses apps that others share, once for each organization."""
    return [_profile(row) for row in await reading.all(_OUTBOUND, tenant_id=tenant_id)]


async def of_home_user(reading: Reading, tenant_id: str, user_id: str, person_id: str) -> list[SharedProfile]:
    """Where one person of this organization uses shared apps."""
    rows = await reading.all(_OF_HOME_USER, tenant_id=tenant_id, user_id=user_id, person_id=person_id)
    return [_profile(row) for row in rows]


def _profile(row: Row) -> SharedProfile:
    tenant_id, user_id, home_tenant, home_user, name, principal_name = row
    return SharedProfile(tenant_id, user_id, home_tenant or "", home_user or "", name or "", principal_name or "")
