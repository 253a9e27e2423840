"""Profiles: what an organization knows about a person beyond their membership. Erasing removes the row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update

from vestibule.store.records import Records
from vestibule.store.schema import profile
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Profile:
    """The properties of a user object.

    Attributes:
        display_name_key, mail_key: lower case, for search and order. attributes: every other property, by its
            Graph name.
        external_user_state: PendingAcceptance, Accepted or None.
    """

    tenant_id: str
    user_id: str
    user_principal_name: str
    display_name: str
    display_name_key: str
    mail: str | None
    mail_key: str | None
    user_type: str
    given_name: str | None
    surname: str | None
    job_title: str | None
    department: str | None
    company_name: str | None
    preferred_language: str | None
    creation_type: str | None
    external_user_state: str | None
    external_user_state_at: datetime | None
    attributes: dict[str, Any]


PROFILES: Final = Records(profile, Profile)
_IDENTITY: Final = ("tenant_id", "user_id")
_FIND = PROFILES.where(profile.c.tenant_id == given("tenant_id"), profile.c.user_id == given("user_id"))
_SAVE = Change(
    update(profile)
    .where(profile.c.tenant_id == given("in_tenant"), profile.c.user_id == given("of_user"))
    .values({name: given(name) for name in PROFILES.names if name not in _IDENTITY})
)
_DROP = Change(delete(profile).where(profile.c.tenant_id == given("tenant_id"), profile.c.user_id == given("user_id")))


async def find(reading: Reading, tenant_id: str, user_id: str) -> Profile | None:
    """The profile of this user object."""
    return await PROFILES.one(reading, _FIND, tenant_id=tenant_id, user_id=user_id)


def insert(unit: Unit, new: Profile) -> None:
    """Write a new profile."""
    PROFILES.insert(unit, new)


def save(unit: Unit, after: Profile) -> None:
    """Write changed properties; the membership's version guards them."""
    values = {name: value for name, value in PROFILES.values(after).items() if name not in _IDENTITY}
    unit.write(_SAVE, in_tenant=after.tenant_id, of_user=after.user_id, **values)


def drop(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing of the person stays in the organization."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, user_id=user_id)
