"""What a unit of work promises, on both databases alike."""

import asyncio
import contextvars

import pytest

from tests.store import rows
from tests.store.rows import TENANT, Store
from vestibule.ground.clock import StoppedClock
from vestibule.store.unit import Duplicate, Reading, Stale, Unit


async def test_what_is_written_is_there_afterwards(store: Store) -> None:
    await rows.put(store, "anna")
    assert await rows.seen(store, "anna") == (1, "present", True)
    assert await rows.seen(store, "nobody") is None


async def test_a_unit_returns_what_its_work_returns(store: Store) -> None:
    async def work(unit: Unit) -> str:
        unit.write(rows.PUT, **rows.new("anna"))
        return "done"

    assert await store.change(work) == "done"


async def test_flags_and_nulls_come_back(store: Store) -> None:
    await rows.put(store, "anna", enabled=True)
    await rows.put(store, "bea", enabled=False)
    reading = await store.read()
    assert [row[0] for row in await reading.all(rows.ENABLED, in_tenant=TENANT, enabled=True)] == ["anna"]
    assert [row[0] for row in await reading.all(rows.ENABLED, in_tenant=TENANT, enabled=False)] == ["bea"]


@pytest.mark.parametrize("octets", [b"", b"\x00", bytes(range(256)), b"\xff" * 70_000])
async def test_octets_come_back(store: Store, octets: bytes) -> None:
    async def work(unit: Unit) -> None:
        unit.write(rows.PUT_OCTETS, tenant_id=TENANT, event_id="e", part="p", key_id="k", ciphertext=octets)

    await store.change(work)
    row = await (await store.read()).one(rows.OCTETS, event_id="e")
    assert row is not None
    assert bytes(row[0]) == octets


@pytest.mark.parametrize("text", ["", "'; drop table membership; --", "Zoë \U0001f98a", "a\nb\t\\", "%s $1 ? :x", '"'])
async def test_texts_come_back(store: Store, text: str) -> None:
    await rows.put(store, "anna", stage=text)
    assert await rows.seen(store, "anna") == (1, text, True)


async def test_numbers_up_to_64_bits_come_back(store: Store) -> None:
    await rows.put(store, "anna", version=2**63 - 1)
    assert await rows.seen(store, "anna") == (2**63 - 1, "present", True)


async def test_a_list_is_one_parameter(store: Store) -> None:
    await rows.put(store, "anna", "bea", 'c"; --', "d'e")
    reading = await store.read()

    async def among(*user_ids: str) -> list[str]:
        return [row[0] for row in await reading.all(rows.AMONG, in_tenant=TENANT, user_ids=list(user_ids))]

    assert await among("anna", 'c"; --', "d'e", "nobody") == ["anna", 'c"; --', "d'e"]
    assert await among() == []
    assert await among(*(str(n) for n in range(5000)), "bea") == ["bea"]


async def test_a_limit_limits(store: Store) -> None:
    await rows.put(store, "anna", "bea", "carl")
    reading = await store.read()
    assert [row[0] for row in await reading.all(rows.FIRST, in_tenant=TENANT, limit=2)] == ["anna", "bea"]
    first = await reading.one(rows.FIRST, in_tenant=TENANT, limit=5)
    assert first is not None
    assert first[0] == "anna"


async def test_a_missing_parameter_is_a_mistake_not_a_null(store: Store) -> None:
    with pytest.raises(KeyError):
        await (await store.read()).one(rows.FIND, in_tenant=TENANT)


async def test_a_value_of_the_wrong_kind_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match=r"cannot store TEXT value in INTEGER column|invalid input for query argument"):
        await rows.put(store, "anna", version="one")
    assert await rows.seen(store, "anna") is None


async def test_a_unit_does_not_see_its_own_pending_writes(store: Store) -> None:
    async def work(unit: Unit) -> object:
        unit.write(rows.PUT, **rows.new("anna"))
        return await rows.find(unit, "anna")

    assert await store.change(work) is None
    assert await rows.seen(store, "anna") is not None


async def test_everything_of_a_unit_or_nothing(store: Store) -> None:
    await rows.put(store, "anna")

    async def work(unit: Unit) -> None:
        unit.write(rows.PUT, **rows.new("bea"))
        unit.write(rows.DROP, in_tenant=TENANT, of_user="anna")
        unit.write(rows.PUT, **rows.new("carl"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.change(work)
    assert await rows.seen(store, "anna") is not None
    assert await rows.seen(store, "bea") is None


async def test_a_taken_name_is_a_duplicate_that_says_which(store: Store) -> None:
    await rows.put(store, "anna", upn_key="anna@contoso.example")
    with pytest.raises(Duplicate) as taken:
        await rows.put(store, "bea", upn_key="anna@contoso.example")
    assert taken.value.index == "membership_upn"
    with pytest.raises(Duplicate) as taken:
        await rows.put(store, "anna")
    assert taken.value.index == "membership_pkey"
    assert await rows.seen(store, "bea") is None


async def test_a_duplicate_undoes_what_the_unit_wrote_before(store: Store) -> None:
    await rows.put(store, "anna")

    async def work(unit: Unit) -> None:
        rows.save(unit, "anna", 1, "deleted")
        unit.write(rows.PUT, **rows.new("anna"))

    with pytest.raises(Duplicate):
        await store.change(work)
    assert await rows.seen(store, "anna") == (1, "present", True)


async def test_no_name_at_all_is_never_taken(store: Store) -> None:
    await rows.put(store, "anna", "bea", upn_key=None)
    assert await rows.seen(store, "bea") is not None


async def test_a_save_with_an_old_version_comes_out_as_stale(store: Store) -> None:
    await rows.put(store, "anna")

    async def work(unit: Unit) -> None:
        unit.write(rows.PUT, **rows.new("bea"))
        rows.save(unit, "anna", 7)

    with pytest.raises(Stale):
        await store.change(work)
    assert await rows.seen(store, "anna") == (1, "present", True)
    assert await rows.seen(store, "bea") is None


async def test_rows_says_how_many_must_be_touched(store: Store) -> None:
    await rows.put(store, "anna", "bea")

    async def save_all(count: int | None) -> None:
        async def work(unit: Unit) -> None:
            unit.write(rows.SAVE_ALL, rows=count, in_tenant=TENANT, stage="deleted")

        await store.change(work)

    await save_all(2)
    await save_all(None)
    for wrong in (0, 1, 3):
        with pytest.raises(Stale):
            await save_all(wrong)


async def test_a_delete_of_nothing_is_stale_unless_any_number_will_do(store: Store) -> None:
    async def insisting(unit: Unit) -> None:
        unit.write(rows.DROP, in_tenant=TENANT, of_user="nobody")

    async def content(unit: Unit) -> None:
        unit.write(rows.DROP, rows=None, in_tenant=TENANT, of_user="nobody")

    with pytest.raises(Stale):
        await store.change(insisting)
    await store.change(content)


async def test_a_guard_holds_a_row_as_it_was_read(store: Store) -> None:
    await rows.put(store, "anna", "bea")

    async def work(unit: Unit) -> None:
        anna, bea = await rows.find(unit, "anna"), await rows.find(unit, "bea")
        assert anna is not None
        assert bea is not None
        unit.guard(rows.UNCHANGED, in_tenant=TENANT, of_user="anna", if_version=anna[0])
        rows.save(unit, "bea", bea[0], "deleted")

    await store.change(work)
    assert await rows.seen(store, "bea") == (2, "deleted", True)


async def test_a_row_may_be_guarded_and_saved_by_one_unit(store: Store) -> None:
    await rows.put(store, "anna")

    async def work(unit: Unit) -> None:
        rows.save(unit, "anna", 1, "deleted")
        unit.guard(rows.UNCHANGED, in_tenant=TENANT, of_user="anna", if_version=1)

    await store.change(work)
    assert await rows.seen(store, "anna") == (2, "deleted", True)


async def test_later_writes_see_earlier_ones(store: Store) -> None:
    """One table changed several times in a unit: in their order, whatever the database makes of it."""

    async def work(unit: Unit) -> None:
        unit.write(rows.PUT, **rows.new("anna"))
        rows.save(unit, "anna", 1)
        rows.save(unit, "anna", 2, "deleted")
        unit.write(rows.PUT, **rows.new("bea"))
        unit.write(rows.SAVE_ALL, rows=2, in_tenant=TENANT, stage="purged")
        unit.write(rows.DROP, in_tenant=TENANT, of_user="bea")
        unit.write(rows.PUT, **rows.new("bea", stage="present", version=9))

    await store.change(work)
    assert await rows.seen(store, "anna") == (3, "purged", True)
    assert await rows.seen(store, "bea") == (9, "present", True)


@pytest.mark.parametrize("counted", [1, None])
async def test_a_row_may_be_replaced(store: Store, counted: int | None) -> None:
    await rows.put(store, "anna", upn_key="anna")

    async def work(unit: Unit) -> None:
        unit.write(rows.DROP, rows=counted, in_tenant=TENANT, of_user="anna")
        unit.write(rows.PUT, **rows.new("anna", upn_key="anna", version=5))

    await store.change(work)
    assert await rows.seen(store, "anna") == (5, "present", True)


@pytest.mark.parametrize("many", [1, 23, 24, 25, 300])
async def test_a_unit_may_write_any_number_of_rows(store: Store, many: int) -> None:
    await rows.put(store, "zoe")

    async def work(unit: Unit) -> None:
        for number in range(many):
            unit.write(rows.PUT, **rows.new(f"u{number:03}"))
        unit.guard(rows.UNCHANGED, in_tenant=TENANT, of_user="zoe", if_version=1)

    async def stale(unit: Unit) -> None:
        for number in range(min(many, 25)):
            unit.write(rows.PUT, **rows.new(f"v{number:03}"))
        rows.save(unit, "zoe", 3)

    await store.change(work)
    with pytest.raises(Stale):
        await store.change(stale)
    count = await (await store.read()).one(rows.COUNT, in_tenant=TENANT)
    assert count is not None
    assert count[0] == many + 1


async def test_a_unit_that_writes_nothing_is_no_trouble(store: Store) -> None:
    async def work(unit: Unit) -> object:
        return await rows.find(unit, "nobody")

    assert await store.change(work) is None


async def test_work_runs_in_the_context_of_its_caller(store: Store) -> None:
    """So that a log line written inside carries the request's number."""
    number: contextvars.ContextVar[str] = contextvars.ContextVar("number")
    number.set("request 7")

    async def work(_unit: Unit) -> str:
        return number.get()

    assert await store.change(work) == "request 7"


async def test_all_reads_of_a_scan_see_one_moment(store: Store) -> None:
    await rows.put(store, "anna")
    loop = asyncio.get_running_loop()

    async def work(reading: Reading) -> list[object]:
        first = await rows.find(reading, "anna")
        if store.dialect == "sqlite":  # the work runs in a thread and may not wait for anything else
            asyncio.run_coroutine_threadsafe(rows.raise_version(store, "anna"), loop).result(10)
        else:
            await rows.raise_version(store, "anna")
        return [first, await rows.find(reading, "anna")]

    assert await store.scan(work) == [(1, "present", True)] * 2
    assert await rows.seen(store, "anna") == (2, "present", True)


async def test_the_moment_is_the_clocks(store: Store, clock: StoppedClock) -> None:
    moment = await store.moment()
    assert moment.now == moment.machine == clock.now()
    assert moment.generation
