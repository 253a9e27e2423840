"""Sealing: every event gets one place, whoever writes and seals meanwhile; nothing is built on what was changed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import structlog

from tests.support import world
from tests.support.houses import postgres_house
from tests.support.postgres import PostgresServer
from tests.support.world import Place
from vestibule.actions import exporting, leaving, sealing
from vestibule.actions.house import House
from vestibule.actions.sealing import Damaged
from vestibule.ground import merkle, signed_notes
from vestibule.ground.merkle import Frontier
from vestibule.ground.signed_notes import Checkpoint
from vestibule.rules.verbs import Verb
from vestibule.store import audit_log
from vestibule.store.audit_log import Sealed
from vestibule.store.bulk import Step
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading

ALL = 1_000_000


async def the_log(house: House, tenant_id: str) -> list[Sealed]:
    return await audit_log.walk(await house.store.read(), tenant_id, 0, ALL)


async def whole(house: House, tenant_id: str) -> list[Sealed]:
    """The log, after checking that it is what the newest checkpoint says, and that nothing waits."""
    reading = await house.store.read()
    found = await the_log(house, tenant_id)
    assert [one.place for one in found] == list(range(len(found)))
    head = await audit_log.head(reading, tenant_id)
    assert head is not None
    frontier = Frontier()
    for one in found:
        assert merkle.leaf_hash(one.record) == one.leaf
        frontier.append(one.leaf)
    [verifier] = await sealing.verifiers(house)
    said = Checkpoint.parse(signed_notes.open_note(head.note, verifier))
    assert said == Checkpoint(f"vestibule.example/audit/{tenant_id}", len(found), frontier.root())
    assert (head.size, head.root) == (said.size, said.root)
    assert await audit_log.waiting(reading, tenant_id, 1) == []
    return found


async def noted(house: House, place: Place, what: str) -> None:
    """Something happens that is written to the log and to nothing else."""
    by = world.at_portal(place.administrator)
    await exporting.export_list(house, tenant_id=place.id, what=what, rows=1, reads=Verb.READ_AUDIT, by=by)


async def run(house: House, *statements: str) -> None:
    """Change the database behind everybody's back."""
    await house.store.run_steps([Step(one) for one in statements])  # type: ignore[attr-defined]


async def test_what_was_written_is_sealed_once_and_signed(house: House, contoso: Place, sam: Membership):
    assert await sealing.seal_waiting(house) > 0
    first = await whole(house, contoso.id)
    assert await sealing.seal_waiting(house) == 0
    await leaving.leave(house, tenant_id=contoso.id, user_id=sam.user_id, by=world.at_portal(sam), key="k")
    assert await sealing.seal_waiting(house) == 1
    second = await whole(house, contoso.id)
    assert second[: len(first)] == first
    assert b'"type":"membership.leave"' in second[-1].record
    assert await audit_log.place_of(await house.store.read(), contoso.id, second[-1].event_id) == len(first)


async def test_each_organization_has_a_log_of_its_own(house: House, contoso: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    await sealing.seal_waiting(house)
    there = [await whole(house, place.id) for place in (contoso, fabrikam)]
    assert all(there)
    assert not {one.event_id for one in there[0]} & {one.event_id for one in there[1]}
    assert await audit_log.next_log(await house.store.read(), "") == min(contoso.id, fabrikam.id)


async def test_of_each_hour_the_last_checkpoint_is_kept(house: House, contoso: Place):
    sizes: list[int] = []
    for minutes in (0, 10, 61, 5):
        house.clock.advance(timedelta(minutes=minutes))  # type: ignore[attr-defined]
        await world.guest(contoso, f"{len(sizes)}@elsewhere.example", "Ann")
        await sealing.seal_waiting(house)
        sizes.append(len(await the_log(house, contoso.id)))
    kept = await audit_log.checkpoints(await house.store.read(), contoso.id)
    assert [one.size for one in kept] == [sizes[1], sizes[3]]


async def test_many_events_are_sealed_batch_by_batch(house: House, contoso: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    for number in range(5):
        await world.guest(contoso, f"{number}@elsewhere.example", "Ann")
    waiting = len(await audit_log.waiting(await house.store.read(), contoso.id, ALL))
    assert waiting > 8
    assert await sealing.seal_waiting(house) == waiting
    assert len(await whole(house, contoso.id)) == waiting


async def test_more_than_a_tile_of_events(house: House, contoso: Place):
    """Full tiles stay as they are, and the tree goes on above them."""
    await _events(house, contoso, 700)
    await sealing.seal_waiting(house)
    size = len(await whole(house, contoso.id))
    assert size > 700
    await _events(house, contoso, 100)
    await sealing.seal_waiting(house)
    assert len(await whole(house, contoso.id)) == size + 100
    reading = await house.store.read()
    tiles = await audit_log.tiles(reading, contoso.id, [(0, 0), (0, 1), (0, 2), (1, 0)])
    assert [len(octets) // 32 for octets in tiles.values()][:2] == [256, 256]
    assert merkle.root_of(merkle.hashes_in(tiles[0, 0])) == merkle.hashes_in(tiles[1, 0])[0]


async def _events(house: House, place: Place, count: int) -> None:
    for number in range(count):
        await noted(house, place, f"event {number}")


async def test_writers_and_sealers_at_once_lose_and_repeat_nothing(house: House, contoso: Place):
    """Four seal all the time while eight write; whoever seals nothing that another has sealed looks again."""
    done = asyncio.Event()

    async def seal() -> int:
        sealed = 0
        while not done.is_set():
            sealed += await sealing.seal_waiting(house)
            await asyncio.sleep(0)
        return sealed

    async def write(writer: int) -> None:
        for number in range(12):
            await noted(house, contoso, f"{writer}/{number}")

    sealers = [asyncio.create_task(seal()) for _ in range(4)]
    await asyncio.gather(*(write(writer) for writer in range(8)))
    done.set()
    sealed = sum(await asyncio.gather(*sealers)) + await sealing.seal_waiting(house)
    found = await whole(house, contoso.id)
    assert sealed == len(found) >= 96
    assert len({one.event_id for one in found}) == len(found)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE audit_tile SET hashes = (SELECT root FROM audit_checkpoint LIMIT 1)", "holds 1 hashes and not|root"),
        ("DELETE FROM audit_tile", "holds 0 hashes and not"),
        ("UPDATE audit_checkpoint SET root = (SELECT leaf FROM audit_event LIMIT 1)", "another root"),
    ],
)
async def test_nothing_is_built_on_a_tree_that_was_changed(house: House, contoso: Place, change: str, why: str):
    await sealing.seal_waiting(house)
    before = await audit_log.checkpoints(await house.store.read(), contoso.id)
    await run(house, change)
    await noted(house, contoso, "afterwards")
    with pytest.raises(Damaged, match=why):
        await sealing.seal_log(house, contoso.id)
    with structlog.testing.capture_logs() as said:
        assert await sealing.seal_waiting(house) == 0
        await sealing.seal_waiting(house)
    assert [(one["event"], one["tenant_id"]) for one in said] == [("audit_log_damaged", contoso.id)]
    after = await audit_log.checkpoints(await house.store.read(), contoso.id)
    assert [one.size for one in after] == [one.size for one in before]


async def test_a_log_that_another_process_seals_meanwhile_is_not_taken_for_damaged(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
):
    """On SQLite nothing comes between what a unit reads."""
    async with postgres_house(postgres_server) as house:
        contoso = await world.organization(house, "Contoso")
        await sealing.seal_waiting(house)
        await noted(house, contoso, "users")
        real, others = audit_log.tiles, [house]

        async def tiles(reading: Reading, *given: Any) -> dict[merkle.Tile, bytes]:
            while others:
                await sealing.seal_log(others.pop(), contoso.id)  # after the head was read, and before the tiles are
            return await real(reading, *given)

        monkeypatch.setattr(audit_log, "tiles", tiles)
        with structlog.testing.capture_logs() as said:
            await sealing.seal_waiting(house)
        assert said == []
        assert not others
        await whole(house, contoso.id)


async def test_an_event_that_was_changed_before_it_was_sealed_is_not_signed(house: House, contoso: Place):
    trigger = _trigger(house)
    await run(house, trigger[0], "UPDATE audit_event SET record = leaf", trigger[1])
    with pytest.raises(Damaged, match="was changed after it was written"):
        await sealing.seal_log(house, contoso.id)
    assert await audit_log.head(await house.store.read(), contoso.id) is None


async def test_one_damaged_log_does_not_hold_up_the_others(house: House, contoso: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    await sealing.seal_waiting(house)
    await run(house, f"DELETE FROM audit_tile WHERE tenant_id = '{min(contoso.id, fabrikam.id)}'")
    for place in (contoso, fabrikam):
        await noted(house, place, "afterwards")
    assert await sealing.seal_waiting(house) == 1
    assert await whole(house, max(contoso.id, fabrikam.id))


def _trigger(house: House) -> tuple[str, str]:
    """Lift the rule that events are never changed, and put it back."""
    if house.store.dialect == "sqlite":  # type: ignore[attr-defined]
        keep = "BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END"
        return (
            "DROP TRIGGER IF EXISTS audit_event_no_update",
            f"CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event {keep}",
        )
    return "ALTER TABLE audit_event DISABLE TRIGGER USER", "ALTER TABLE audit_event ENABLE TRIGGER USER"
