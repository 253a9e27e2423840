"""Many at once: nothing is lost, nobody pays for another's failure, and whoever gives up leaves no half."""

import asyncio
from typing import Any

import pytest

from tests.store import rows
from tests.store.rows import TENANT, Store
from vestibule.store.opening import Opened
from vestibule.store.unit import Duplicate, Unavailable, Unit


async def test_fifty_at_once_on_one_row_all_come_through_in_turn(store: Store) -> None:
    await rows.put(store, "anna")
    versions = await asyncio.gather(*(rows.raise_version(store, "anna") for _ in range(50)))
    assert sorted(versions) == list(range(2, 52))
    assert await rows.seen(store, "anna") == (51, "present", True)


async def test_only_one_of_many_gets_a_name(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(rows.put(store, f"u{n}", upn_key="anna@contoso.example") for n in range(20)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Duplicate"] * 19 + ["NoneType"]
    count = await (await store.read()).one(rows.COUNT, in_tenant=TENANT)
    assert count is not None
    assert count[0] == 1


async def test_a_failing_unit_harms_nobody_who_commits_with_it(store: Store) -> None:
    await rows.put(store, "taken", upn_key="taken")

    async def refuses(unit: Unit) -> None:
        unit.write(rows.PUT, **rows.new("refused"))
        raise ValueError("refused")

    async def outcome(number: int) -> Any:
        if number % 4 == 0:
            return await store.change(refuses)
        name = "taken" if number % 4 == 1 else None
        return await rows.put(store, f"u{number:02}", upn_key=name)

    outcomes = await asyncio.gather(*(outcome(number) for number in range(40)), return_exceptions=True)
    assert [type(one) for one in outcomes] == [ValueError, Duplicate, type(None), type(None)] * 10
    reading = await store.read()
    there = [row[0] for row in await reading.all(rows.ALL, in_tenant=TENANT)]
    assert there == ["taken", *(f"u{number:02}" for number in range(40) if number % 4 > 1)]


async def test_a_decision_does_not_outlive_what_it_rested_on(store: Store) -> None:
    """The policy closes while a guest decides by it: either the guest was first, or the guest sees it closed."""
    await rows.put(store, "policy", stage="open")
    await rows.put(store, *(f"guest{n}" for n in range(10)))

    async def close(unit: Unit) -> None:
        found = await rows.find(unit, "policy")
        assert found is not None
        rows.save(unit, "policy", found[0], "closed")

    async def leave(guest: str) -> bool:
        async def work(unit: Unit) -> bool:
            policy, found = await rows.find(unit, "policy"), await rows.find(unit, guest)
            assert policy is not None
            assert found is not None
            if policy[1] == "closed":
                return False
            unit.guard(rows.UNCHANGED, in_tenant=TENANT, of_user="policy", if_version=policy[0])
            unit.write(
                rows.SAVE,
                in_tenant=TENANT,
                of_user=guest,
                if_version=found[0],
                version=found[0] + 1,
                stage=f"left under {policy[0]}",
            )
            return True

        return await store.change(work)

    left = await asyncio.gather(
        *(leave(f"guest{n}") for n in range(5)), store.change(close), *(leave(f"guest{n}") for n in range(5, 10))
    )
    for number, went in enumerate([*left[:5], *left[6:]]):
        found = await rows.seen(store, f"guest{number}")
        assert found is not None
        assert found[1] == ("left under 1" if went else "present")


async def test_giving_up_leaves_no_half_and_hurts_nobody(store: Store) -> None:
    async def both(number: int) -> None:
        async def work(unit: Unit) -> None:
            unit.write(rows.PUT, **rows.new(f"a{number:02}"))
            unit.write(rows.PUT, **rows.new(f"b{number:02}"))

        await store.change(work)

    tasks = [asyncio.create_task(both(number)) for number in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(outcome is None for outcome in outcomes[1::2])
    await rows.put(store, "afterwards")
    there = {row[0] for row in await (await store.read()).all(rows.ALL, in_tenant=TENANT)}
    for number in range(30):
        assert (f"a{number:02}" in there) == (f"b{number:02}" in there)
    assert {f"a{number:02}" for number in range(1, 30, 2)} <= there


async def test_units_that_lock_each_others_rows_all_come_through(store: Store) -> None:
    """Deadlocks are resolved by going again."""
    await rows.put(store, "anna", "bea")

    async def swap(first: str, second: str) -> None:
        async def work(unit: Unit) -> None:
            for user_id in (first, second):
                found = await rows.find(unit, user_id)
                assert found is not None
                rows.save(unit, user_id, found[0])

        await store.change(work)

    await asyncio.gather(*(swap(*(("anna", "bea") if n % 2 else ("bea", "anna"))) for n in range(6)))
    assert await rows.seen(store, "anna") == (7, "present", True)
    assert await rows.seen(store, "bea") == (7, "present", True)


async def test_what_comes_after_the_end_is_turned_away(beside: Opened) -> None:
    await asyncio.gather(*(rows.put(beside.store, f"u{n}") for n in range(5)))
    await beside.close()
    with pytest.raises(Unavailable):
        await rows.put(beside.store, "late")


async def test_two_processes_worth_of_stores_race_on_one_row(store: Store, beside: Opened) -> None:
    await rows.put(store, "anna")
    versions = await asyncio.gather(*(rows.raise_version((store, beside.store)[n % 2], "anna") for n in range(40)))
    assert sorted(versions) == list(range(2, 42))
