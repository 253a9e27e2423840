"""The sealed log in the database: fine as it is, also when it forgot somebody; whatever is changed in it is found."""

from datetime import timedelta

import pytest

from tests.support import tampering, world
from tests.support.logs import behind_its_back
from tests.support.world import Place
from vestibule.actions import due, proving_log, removing, sealing
from vestibule.actions.house import House
from vestibule.ground import merkle
from vestibule.ground.merkle import TILE_WIDTH, Tile
from vestibule.rules.lifecycle import Erased
from vestibule.rules.proven_log import Entry, Finding, Proving
from vestibule.store import audit_log
from vestibule.store.memberships import Membership


async def findings(house: House, place: Place) -> list[tuple[int, str]]:
    proof = await proving_log.verify(house, place.id)
    return [(one.place, one.why) for one in proof.findings]


@pytest.fixture
async def sealed(house: House, contoso: Place, sam: Membership, robin: Membership) -> int:
    """Contoso's log, sealed, with two guests in it. Returns how many events there are."""
    await sealing.seal_waiting(house)
    assert sam.tenant_id == robin.tenant_id == contoso.id
    assert await proving_log.logs(house) == [contoso.id]
    return (await proving_log.verify(house, contoso.id)).size


async def test_a_log_is_what_was_signed(house: House, contoso: Place, sealed: int):
    proof = await proving_log.verify(house, contoso.id)
    assert (proof.tenant_id, proof.size, proof.waiting, proof.findings) == (contoso.id, sealed, 0, [])
    await world.guest(contoso, "ann@elsewhere.example", "Ann")
    proof = await proving_log.verify(house, contoso.id)
    assert (proof.size, proof.findings) == (sealed, [])
    assert proof.waiting > 0


class InMemory:
    """A log of made-up events, of any size."""

    def __init__(self, size: int) -> None:
        self.records = [
            b'{"event_id":"%d","tenant":"t","type":"x","outcome":"success","object":{"kind":"k","tag":"%d",'
            b'"ver_before":0,"ver_after":0},"parts":[]}' % (number, number)
            for number in range(size)
        ]
        self.tiles = tampering.tree([merkle.leaf_hash(one) for one in self.records])

    @property
    def root(self) -> bytes:
        return merkle.root_of([merkle.leaf_hash(one) for one in self.records])

    async def tile(self, tile: Tile) -> bytes:
        return self.tiles.get(tile, b"")

    async def events(self, number: int, leaves: list[bytes]) -> list[Entry]:
        first = number * TILE_WIDTH
        some = self.records[first : first + TILE_WIDTH]
        return [proving_log.entry_of(first + at, str(first + at), one, leaves, ()) for at, one in enumerate(some)]


async def look(kept: InMemory) -> list[Finding]:
    size = len(kept.records)
    proving = Proving("t")
    await proving_log.prove(proving, kept, size)
    return proving.end(size, kept.root)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513, 3_000, 65_535, 65_536, 65_793, 66_100])
async def test_a_log_of_any_size_is_what_was_signed(size: int):
    assert await look(InMemory(size)) == []


@pytest.mark.parametrize(
    ("tile", "places"), [((1, 0), (0, 65_535)), ((1, 1), (65_536, 131_071)), ((2, 0), (0, 16_777_215))]
)
async def test_a_tile_above_the_leaves_is_looked_at_too(tile: Tile, places: tuple[int, int]):
    kept = InMemory(66_100)
    changed = bytearray(kept.tiles[tile])
    changed[-1] ^= 1
    kept.tiles[tile] = bytes(changed)
    [found] = await look(kept)
    where = f"it begins between places {places[0]} and {places[1]}"
    assert (found.place, found.why) == (places[0], f"tile {tile[1]} of level {tile[0]} is not that of the log; {where}")


async def test_somebody_who_was_erased_leaves_a_log_that_still_stands(
    house: House, contoso: Place, sealed: int, sam: Membership
):
    by = world.at_portal(contoso.administrator)
    await removing.remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=by)
    house.clock.advance(timedelta(days=61))  # type: ignore[attr-defined]
    await due.run_due(house)
    assert isinstance((await world.again(house, contoso.id, sam.user_id)).stage, Erased)
    await sealing.seal_waiting(house)
    proof = await proving_log.verify(house, contoso.id)
    assert proof.findings == []
    assert proof.size > sealed


async def test_a_part_that_went_without_an_erasure_is_found(house: House, contoso: Place, sealed: int, sam: Membership):
    await behind_its_back(house, f"DELETE FROM audit_payload WHERE key_id = '{sam.subject_key_id}'")
    found = await findings(house, contoso)
    assert 0 < len(found) < sealed
    assert all("a personal part is missing" in why for _, why in found)


# What somebody may do to the log, and at which place (from 0) the first finding says so. {event} is the third event.
EVENT = "event_id = (SELECT event_id FROM audit_seal WHERE place = 2)"
CHANGES = {
    "a record is changed": (f"UPDATE audit_event SET record = leaf WHERE {EVENT}", 2, "not the one that was sealed"),
    "a record and its leaf": (
        f"UPDATE audit_event SET leaf = (SELECT root FROM audit_checkpoint), record = leaf WHERE {EVENT}",
        2,
        "not the one that was sealed",
    ),
    "an event is deleted": (f"DELETE FROM audit_event WHERE {EVENT}", 2, "not the one that was sealed"),
    "an event and its place": ("DELETE FROM audit_seal WHERE place = 2", 2, "stands where 2 should be"),
    "two events change places": (
        (
            "UPDATE audit_seal SET place = -1 WHERE place = 2; UPDATE audit_seal SET place = 2 WHERE place = 3; "
            "UPDATE audit_seal SET place = 3 WHERE place = -1"
        ),
        2,
        "not the one that was sealed",
    ),
    "the end is cut off": ("DELETE FROM audit_seal WHERE place > 2", 3, "the log has 3 events"),
    "a part is changed": (f"UPDATE audit_payload SET ciphertext = key_id WHERE {EVENT}", 2, "a personal part"),
    "a tile is changed": ("UPDATE audit_tile SET hashes = (SELECT root FROM audit_checkpoint)", 0, "not the one that"),
    "the root is changed": ("UPDATE audit_checkpoint SET root = (SELECT leaf FROM audit_event LIMIT 1)", 0, "root"),
    "the note is changed": ("UPDATE audit_checkpoint SET note = 'a note'", 0, "no signed note"),
    "the key is another": (
        "UPDATE audit_key SET public = (SELECT root FROM audit_checkpoint)",
        0,
        "not signed by vestibule.example/audit",
    ),
    "an event is slipped in": (
        "DELETE FROM audit_seal WHERE place = (SELECT max(place) FROM audit_seal)",
        -1,
        "neither",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_what_was_changed_is_found(house: House, contoso: Place, sealed: int, name: str):
    statement, place, why = CHANGES[name]
    octets = "BLOB" if house.store.dialect == "sqlite" else "bytea"  # type: ignore[attr-defined]
    statement = statement.replace("ciphertext = key_id", f"ciphertext = CAST(key_id AS {octets})")
    await behind_its_back(house, statement)
    found = await findings(house, contoso)
    assert found, "nothing was found"
    if place >= 0:
        assert found[0][0] == place, found
    assert any(why in said for _, said in found), found


async def test_a_row_that_nobody_sealed_is_found(house: House, contoso: Place, sealed: int):
    columns = "tenant_id, event_id, record, leaf, type, outcome, reason, at, object_tag, actor_tag, correlation_id"
    copy = columns.replace("event_id", "'slipped in'")
    await behind_its_back(house, f"INSERT INTO audit_event ({columns}) SELECT {copy} FROM audit_event WHERE {EVENT}")
    assert await findings(house, contoso) == [(sealed, "1 events neither wait to be sealed nor are")]
    assert (await audit_log.head(await house.store.read(), contoso.id)) is not None
