"""The roles that organizations made for themselves, beside the built-in ones."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, literal_column, select, update

from vestibule.rules.role_actions import verbs_of
from vestibule.rules.verbs import Verb
from vestibule.store.records import Records
from vestibule.store.schema import role_definition
from vestibule.store.statements import Change, Guard, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role of an organization's own.

    Attributes:
        role_id: what assignments name. label: Graph's ``version``, as it was given.
        actions: what it is made of (``role_actions``). enabled: while it is not, nobody has anything from it.
    """

    tenant_id: str
    role_id: str
    display_name: str
    description: str
    label: str
    actions: list[str]
    enabled: bool
    made_at: datetime
    version: int

    @property
    def verbs(self) -> frozenset[Verb]:
        """What it lets people do now."""
        return verbs_of(self.actions) if self.enabled else frozenset()


_ROLES: Final = Records(role_definition, RoleDefinition)
_here = role_definition.c.tenant_id == given("tenant_id")
_FIND = _ROLES.where(_here, role_definition.c.role_id == given("role_id"))
_FIND_MANY = _ROLES.where(_here, among(role_definition.c.role_id, "role_ids"))
_IN = _ROLES.where(_here, order=(role_definition.c.display_name, role_definition.c.role_id))
_this = (
    role_definition.c.tenant_id == given("in_tenant"),
    role_definition.c.role_id == given("of_role"),
    role_definition.c.version == given("if_version"),
)
_KEPT: Final = {"tenant_id", "role_id", "made_at"}
_UPDATE = Change(
    update(role_definition).where(*_this).values({name: given(name) for name in _ROLES.names if name not in _KEPT})
)
_DROP = Change(delete(role_definition).where(*_this))
_UNCHANGED = Guard(
    select(literal_column("1"))
    .where(_here, role_definition.c.role_id == given("role_id"), role_definition.c.version == given("version"))
    .with_for_update(read=True)
)


async def find(reading: Reading, tenant_id: str, role_id: str) -> RoleDefinition | None:
    """The organization's own role with this id."""
    return await _ROLES.one(reading, _FIND, tenant_id=tenant_id, role_id=role_id)


async def find_many(reading: Reading, tenant_id: str, role_ids: list[str]) -> list[RoleDefinition]:
    """Those of these roles that the organization made itself, in no particular order."""
    return await _ROLES.all(reading, _FIND_MANY, tenant_id=tenant_id, role_ids=role_ids) if role_ids else []


async def everyone(reading: Reading, tenant_id: str) -> list[RoleDefinition]:
    """Every role that the organization made, by name."""
    return await _ROLES.all(reading, _IN, tenant_id=tenant_id)


def insert(unit: Unit, new: RoleDefinition) -> None:
    """Write a new role."""
    _ROLES.insert(unit, new)


def save(unit: Unit, before: RoleDefinition, after: RoleDefinition) -> RoleDefinition:
    """Write changed values, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in _ROLES.values(saved).items() if name not in _KEPT}
    unit.write(_UPDATE, in_tenant=before.tenant_id, of_role=before.role_id, if_version=before.version, **values)
    return saved


def drop(unit: Unit, gone: RoleDefinition) -> None:
    """The role is gone."""
    unit.write(_DROP, in_tenant=gone.tenant_id, of_role=gone.role_id, if_version=gone.version)


def guard(unit: Unit, seen: RoleDefinition) -> None:
    """Insist that the role is not changed or deleted before the unit commits."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, role_id=seen.role_id, version=seen.version)
