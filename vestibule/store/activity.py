"""When each user signed in last, kept for as long as the user: the sign-in log forgets, this does not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update

from vestibule.store.records import Records
from vestibule.store.schema import sign_in_activity
from vestibule.store.statements import Change, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Activity:
    """The last sign-ins of a user, with the ids of their rows in the log.

    Attributes:
        last_at, last_id: the last one that somebody sat at, whether or not it succeeded.
        last_quiet_at, last_quiet_id: the last token that was given without anybody there.
        last_success_at, last_success_id: the last of either that succeeded.
    """

    tenant_id: str
    user_id: str
    last_at: datetime | None = None
    last_id: str | None = None
    last_quiet_at: datetime | None = None
    last_quiet_id: str | None = None
    last_success_at: datetime | None = None
    last_success_id: str | None = None


_ROWS: Final = Records(sign_in_activity, Activity)
_here = sign_in_activity.c.tenant_id == given("tenant_id")
_FIND = _ROWS.where(_here, sign_in_activity.c.user_id == given("user_id"))
_FIND_MANY = _ROWS.where(_here, among(sign_in_activity.c.user_id, "user_ids"))
_SAVE = Change(
    update(sign_in_activity)
    .where(sign_in_activity.c.tenant_id == given("in_tenant"), sign_in_activity.c.user_id == given("of_user"))
    .values({name: given(name) for name in _ROWS.names if name not in {"tenant_id", "user_id"}})
)
_DROP = Change(
    delete(sign_in_activity).where(
        sign_in_activity.c.tenant_id == given("in_tenant"), sign_in_activity.c.user_id == given("of_user")
    )
)


async def find(reading: Reading, tenant_id: str, user_id: str) -> Activity | None:
    """When a user signed in last; None when they never did."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, user_id=user_id)


async def find_many(reading: Reading, tenant_id: str, user_ids: Sequence[str]) -> dict[str, Activity]:
    """The same for many users, by their ids; who never signed in is not in it."""
    found = await _ROWS.all(reading, _FIND_MANY, tenant_id=tenant_id, user_ids=list(user_ids))
    return {one.user_id: one for one in found}


async def note(unit: Unit, tenant_id: str, user_id: str, **changed: Any) -> None:
    """Write down the newest of a kind. Two at once are as good in either order; the later to commit stands."""
    before = await find(unit, tenant_id, user_id)
    after = replace(before or Activity(tenant_id, user_id), **changed)
    if before is None:
        _ROWS.insert(unit, after)
        return
    values = _ROWS.values(after)
    names = {"in_tenant": values.pop("tenant_id"), "of_user": values.pop("user_id")}
    unit.write(_SAVE, rows=None, **names, **values)


async def note_nobody(unit: Unit, tenant_id: str, nobody: str, at: datetime) -> None:
    """Take what ``note`` takes and write nothing down: for a sign-in with a name that no user has (``nobody``)."""
    await find(unit, tenant_id, nobody)
    values = _ROWS.values(Activity(tenant_id, nobody, last_at=at, last_id=nobody))
    names = {"in_tenant": values.pop("tenant_id"), "of_user": values.pop("user_id")}
    unit.write(_SAVE, rows=None, **names, **values)


def drop(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Forget it with the user."""
    unit.write(_DROP, rows=None, in_tenant=tenant_id, of_user=user_id)
