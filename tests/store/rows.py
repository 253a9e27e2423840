"""Statements on two tables of the schema, as the modules of the store would write them."""

import asyncio
from typing import Any

from sqlalchemy import delete, func, literal_column, select, update

from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import audit_payload, membership
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Change, Guard, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit

Store = SqliteStore | PostgresStore

TENANT = "00000000-0000-7000-8000-000000000001"
_this = (membership.c.tenant_id == given("in_tenant"), membership.c.user_id == given("of_user"))

PUT = inserting(membership)
FIND = Query(select(membership.c.version, membership.c.stage, membership.c.enabled).where(*_this))
COUNT = Query(select(func.count()).select_from(membership).where(membership.c.tenant_id == given("in_tenant")))
ALL = Query(
    select(membership.c.user_id, membership.c.version, membership.c.stage)
    .where(membership.c.tenant_id == given("in_tenant"))
    .order_by(membership.c.user_id)
)
FIRST = Query(
    select(membership.c.user_id)
    .where(membership.c.tenant_id == given("in_tenant"))
    .order_by(membership.c.user_id)
    .limit(given("limit"))
)
AMONG = Query(
    select(membership.c.user_id)
    .where(membership.c.tenant_id == given("in_tenant"), among(membership.c.user_id, "user_ids"))
    .order_by(membership.c.user_id)
)
ENABLED = Query(
    select(membership.c.user_id)
    .where(membership.c.tenant_id == given("in_tenant"), membership.c.enabled == given("enabled"))
    .order_by(membership.c.user_id)
)
SAVE = Change(
    update(membership)
    .where(*_this, membership.c.version == given("if_version"))
    .values(version=given("version"), stage=given("stage"))
)
SAVE_ALL = Change(update(membership).where(membership.c.tenant_id == given("in_tenant")).values(stage=given("stage")))
DROP = Change(delete(membership).where(*_this))
DROP_AMONG = Change(
    delete(membership).where(membership.c.tenant_id == given("in_tenant"), among(membership.c.user_id, "user_ids"))
)
UNCHANGED = Guard(
    select(literal_column("1")).where(*_this, membership.c.version == given("if_version")).with_for_update(read=True)
)
PUT_OCTETS = inserting(audit_payload)
OCTETS = Query(select(audit_payload.c.ciphertext).where(audit_payload.c.event_id == given("event_id")))


def new(user_id: str, **other: Any) -> dict[str, Any]:
    """The values of a new row."""
    return {
        "tenant_id": TENANT,
        "user_id": user_id,
        "person_id": None,
        "tie": "guest",
        "stage": "present",
        "enabled": True,
        "stage_at": 1_767_225_600_000_000,
        "due_at": None,
        "cause": None,
        "was": None,
        "was_at": None,
        "upn_key": None,
        "epoch": 1,
        "version": 1,
        "audit_tag": "tag",
        "subject_key_id": None,
        "created_at": 1_767_225_600_000_000,
        "self_service": False,
        "held": 0,
        "released_at": None,
        **other,
    }


async def put(store: Store, *user_ids: str, **other: Any) -> None:
    """New rows, each in a unit of its own."""
    for user_id in user_ids:

        async def work(unit: Unit, user_id: str = user_id) -> None:
            unit.write(PUT, **new(user_id, **other))

        await store.change(work)


async def find(reading: Reading, user_id: str) -> tuple[int, str, bool] | None:
    """Version, stage and whether it is enabled."""
    row = await reading.one(FIND, in_tenant=TENANT, of_user=user_id)
    return None if row is None else (row[0], row[1], bool(row[2]))


async def seen(store: Store, user_id: str) -> tuple[int, str, bool] | None:
    """The same, of what is committed."""
    return await find(await store.read(), user_id)


def save(unit: Unit, user_id: str, version: int, stage: str = "present") -> None:
    """Raise a version, guarded by the one that was read."""
    unit.write(SAVE, in_tenant=TENANT, of_user=user_id, if_version=version, version=version + 1, stage=stage)


async def raise_version(store: Store, user_id: str) -> int:
    """Read a row and save it with the next version, which is returned."""

    async def work(unit: Unit) -> int:
        found = await find(unit, user_id)
        assert found is not None
        save(unit, user_id, found[0])
        return found[0] + 1

    return await store.change(work)


async def until_lines(pool: Any, left: int) -> None:
    """Wait until the driver has read that the other connections ended, which is a moment after they did."""
    while pool.get_size() > left:  # noqa: ASYNC110 - the driver tells nobody
        await asyncio.sleep(0)
