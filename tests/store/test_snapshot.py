"""Every row out and in again: what the emulator's reset rests on."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from tests.store import rows
from tests.store.rows import TENANT, Store
from tests.store.test_schema import EVENT
from vestibule.store.bulk import Step, filling
from vestibule.store.schema import audit_event, captured_mail, metadata, seed_snapshot
from vestibule.store.snapshot import put_back, take
from vestibule.store.statements import Query
from vestibule.store.unit import Duplicate


async def test_a_snapshot_put_back_is_what_was_there(store: Store) -> None:
    await rows.put(store, "anna", enabled=True, upn_key="a")
    await rows.put(store, "bea", enabled=False, stage="deleted", due_at=5)
    await store.run_steps([filling(audit_event, store.dialect, [EVENT])])
    before = await take(store)

    await rows.raise_version(store, "anna")
    await rows.put(store, "carl")
    await store.run_steps([filling(audit_event, store.dialect, [(TENANT, "later", *EVENT[2:])])])
    assert await take(store) != before

    await put_back(store, before, generation="second")
    assert await rows.seen(store, "anna") == (1, "present", True)
    assert await rows.seen(store, "bea") == (1, "deleted", False)
    assert await rows.seen(store, "carl") is None
    decoded, again = msgspec.msgpack.decode(before), msgspec.msgpack.decode(await take(store))
    place = decoded["columns"]["deployment"].index("generation")
    assert [row.pop(place) for row in again["rows"]["deployment"]] == ["second"]
    assert [row.pop(place) for row in decoded["rows"]["deployment"]] != ["second"]
    assert again["columns"] == decoded["columns"]
    assert _in_order(again) == _in_order(decoded)


def _in_order(snapshot: Any) -> dict[str, list[str]]:
    """Rows by table; in which order PostgreSQL lists them says nothing."""
    return {table: sorted(map(repr, found)) for table, found in snapshot["rows"].items()}


async def test_captured_mail_goes_and_the_seed_itself_stays(store: Store) -> None:
    before = await take(store)
    await store.run_steps(
        [
            filling(captured_mail, store.dialect, [("mail", "mac", b"sealed", 1)]),
            filling(seed_snapshot, store.dialect, [(1, b"seed")]),
        ]
    )
    after = msgspec.msgpack.decode(await take(store))
    assert "captured_mail" not in after["rows"]
    assert "seed_snapshot" not in after["rows"]
    await put_back(store, before, generation="second")
    assert await _count(store, "captured_mail") == 0
    assert await _count(store, "seed_snapshot") == 1


async def _count(store: Store, table: str) -> int:
    row = await (await store.read()).one(Query(select(func.count()).select_from(metadata.tables[table])))
    assert row is not None
    return int(row[0])


async def test_audit_events_are_protected_again_afterwards(store: Store) -> None:
    await put_back(store, await take(store), generation="second")
    await store.run_steps([filling(audit_event, store.dialect, [EVENT])])
    for change in ("DELETE FROM audit_event", "UPDATE audit_event SET reason = 'x'"):
        with pytest.raises(Exception, match="audit events are never changed"):
            await store.run_steps([Step(change)])


async def test_a_snapshot_that_does_not_fit_changes_nothing(store: Store) -> None:
    await rows.put(store, "anna", upn_key="a")
    broken = msgspec.msgpack.decode(await take(store))
    broken["rows"]["membership"] *= 2
    with pytest.raises(Duplicate, match="membership_"):
        await put_back(store, msgspec.msgpack.encode(broken), generation="second")
    assert await rows.seen(store, "anna") is not None
    assert (await store.moment()).generation != "second"
    with pytest.raises(Exception, match="audit events are never changed"):
        await store.run_steps([filling(audit_event, store.dialect, [EVENT]), Step("DELETE FROM audit_event")])
    with pytest.raises(msgspec.DecodeError):
        await put_back(store, b"\xc1nonsense", generation="second")


async def test_a_column_that_came_later_is_filled_with_nothing(store: Store) -> None:
    await rows.put(store, "anna", cause="left")
    older = msgspec.msgpack.decode(await take(store))
    place = older["columns"]["membership"].index("cause")
    del older["columns"]["membership"][place]
    for row in older["rows"]["membership"]:
        del row[place]
    await put_back(store, msgspec.msgpack.encode(older), generation="second")
    assert await rows.seen(store, "anna") == (1, "present", True)
