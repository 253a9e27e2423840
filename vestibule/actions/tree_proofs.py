"""Proofs from the tiles of a sealed log: that an event is in it, and that it begins with what it was."""

from collections.abc import Callable

from vestibule.ground import merkle
from vestibule.ground.merkle import BadProof, NodeOf, Tile
from vestibule.store import audit_log
from vestibule.store.unit import Reading


async def inclusion(reading: Reading, tenant_id: str, place: int, size: int) -> list[bytes]:
    """The proof that an event is in the log as it was at ``size``. Raises BadProof where the tiles have none."""
    return await _from_tiles(reading, tenant_id, lambda node: merkle.inclusion_proof(place, size, node))


async def consistency(reading: Reading, tenant_id: str, old: int, size: int) -> list[bytes]:
    """The proof that the log at ``size`` begins with what it was at ``old``; nothing to prove when that was nothing.

    Raises:
        BadProof: the tiles have none.
    """
    if old == 0:
        return []
    return await _from_tiles(reading, tenant_id, lambda node: merkle.consistency_proof(old, size, node))


async def _from_tiles(reading: Reading, tenant_id: str, prove: Callable[[NodeOf], list[bytes]]) -> list[bytes]:
    """Once to learn which tiles it takes, and once with them."""
    wanted: set[Tile] = set()

    def note(height: int, number: int) -> bytes:
        wanted.add(_tile_of(height, number)[0])
        return merkle.EMPTY

    prove(note)
    tiles = await audit_log.tiles(reading, tenant_id, sorted(wanted))

    def node(height: int, number: int) -> bytes:
        tile, first, last = _tile_of(height, number)
        hashes = merkle.hashes_in(tiles.get(tile, b""))[first:last]
        if len(hashes) != last - first:
            msg = f"tile {tile} is not there, or too short"
            raise BadProof(msg)
        return merkle.root_of(hashes)

    return prove(node)


def _tile_of(height: int, number: int) -> tuple[Tile, int, int]:
    """The tile in which the hashes below a node lie, and between which places of it."""
    level, above = divmod(height, 8)
    first, width = number << above, 1 << above
    at = first % merkle.TILE_WIDTH
    return (level, first // merkle.TILE_WIDTH), at, at + width
