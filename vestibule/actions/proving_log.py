"""Looking at a sealed log from its first event to its last, in the database, and carrying it out of the house.

An exported log is a folder that can be checked without the house (``vestibule audit verify --from``): the signed
checkpoint, the public keys, the tiles, and every event with what is left of its personal parts, encrypted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from vestibule.actions import sealing, witnessed_log
from vestibule.actions.house import House
from vestibule.ground import merkle
from vestibule.ground.merkle import TILE_WIDTH, Tile
from vestibule.ground.signed_notes import BadNote, Checkpoint, Verifier, signed_by_one_of
from vestibule.ground.witnesses import Witness
from vestibule.rules.proven_log import Entry, Finding, Proving
from vestibule.rules.witnesses import Cosigned
from vestibule.store import audit, audit_log
from vestibule.store.audit import Payload
from vestibule.store.audit_log import KeptCheckpoint, Sealed
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of a log.

    Attributes:
        tenant_id: whose. size: how many events are sealed. waiting: how many are not yet, 1,000 at most.
        findings: what is wrong, the first place first; none when the log is what was signed.
        cosigned: what each witness signed last.
    """

    tenant_id: str
    size: int
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)
    cosigned: list[Cosigned] = field(default_factory=list)


async def verify(house: House, tenant_id: str) -> Proof:
    """Check the log of an organization against its newest checkpoint and every earlier one that is kept."""
    verifiers = await sealing.verifiers(house)

    async def work(reading: Reading) -> Proof:
        return await _verify(reading, tenant_id, verifiers, house.witnesses)

    return await house.store.scan(work, deadline_s=None)


async def _verify(reading: Reading, tenant_id: str, verifiers: list[Verifier], witnesses: tuple[Witness, ...]) -> Proof:
    kept = await audit_log.checkpoints(reading, tenant_id)
    waiting = len(await audit_log.waiting(reading, tenant_id, 1_000))
    unsealed = await audit_log.count_unsealed(reading, tenant_id)
    if not kept:
        lost = [Finding(0, f"{unsealed} events neither wait to be sealed nor are")] if unsealed else []
        return Proof(tenant_id, 0, waiting, lost)
    signed: dict[int, bytes] = {}
    findings: list[Finding] = []
    for one in kept:
        try:
            signed[one.size] = _signed(one, verifiers).root
        except BadNote as bad:
            findings.append(Finding(0, f"the checkpoint of {one.size} events: {bad}"))
    head = kept[-1]
    cosigned = await witnessed_log.look(reading, head, witnesses, signed, findings)
    proving = Proving(tenant_id, signed, findings)
    await prove(proving, InDatabase(reading, tenant_id), head.size)
    if unsealed:
        findings.append(Finding(head.size, f"{unsealed} events neither wait to be sealed nor are"))
    return Proof(tenant_id, head.size, waiting, proving.end(head.size, signed.get(head.size, head.root)), cosigned)


def _signed(kept: KeptCheckpoint, verifiers: list[Verifier]) -> Checkpoint:
    """What the note of a checkpoint says, if it says the same as the row. Raises BadNote."""
    found = signed_by_one_of(kept.note, verifiers, lambda key: sealing.origin_of(key.name, kept.tenant_id))
    if (found.size, found.root) != (kept.size, kept.root):
        msg = "its note says another size or root"
        raise BadNote(msg)
    return found


class Kept(Protocol):
    """A log as it is kept somewhere."""

    async def events(self, number: int, leaves: list[bytes]) -> list[Entry]:
        """The events of a tile of level 0, by its number; ``leaves`` are its hashes."""

    async def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile; nothing where there is none."""


async def prove(proving: Proving, kept: Kept, size: int) -> None:
    """Look at every event and every tile of a log, tile by tile.

    ``size``: how many events were signed. One tile more is looked at, for what may stand behind them.
    """
    last = size // TILE_WIDTH
    for number in range(last + 1):
        leaves = merkle.hashes_in(await kept.tile((0, number)))
        proving.leaves(leaves, min(TILE_WIDTH, size - number * TILE_WIDTH))
        some = await kept.events(number, leaves)
        for entry in some:
            proving.take(entry)
        for tile, hashes in proving.tiles(last=number == last).items():
            proving.check_tile(tile, hashes, await kept.tile(tile))


class InDatabase:
    """The log of an organization, as the database has it."""

    def __init__(self, reading: Reading, tenant_id: str) -> None:
        """Bind a reading that stays the same throughout."""
        self._reading, self._tenant_id = reading, tenant_id

    async def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile; nothing where there is none."""
        return (await audit_log.tiles(self._reading, self._tenant_id, [tile])).get(tile, b"")

    async def sealed(self, number: int) -> list[tuple[Sealed, list[Payload]]]:
        """The events whose places are in that tile, with what is left of their personal parts."""
        first = number * TILE_WIDTH
        some = await audit_log.walk(self._reading, self._tenant_id, first, TILE_WIDTH)
        some = [one for one in some if one.place < first + TILE_WIDTH]
        parts = await audit.parts_of(self._reading, self._tenant_id, [one.event_id for one in some])
        return [(one, parts.get(one.event_id, [])) for one in some]

    async def events(self, number: int, leaves: list[bytes]) -> list[Entry]:
        """The events whose places are in that tile."""
        return [
            entry_of(one.place, one.event_id, one.record, leaves, ((part.key_id, part.ciphertext) for part in parts))
            for one, parts in await self.sealed(number)
        ]


def entry_of(
    place: int, event_id: str, record: bytes, leaves: list[bytes], parts: Iterable[tuple[str, bytes]]
) -> Entry:
    """An event as it is looked at; ``leaves`` are the hashes of its tile, ``parts`` ciphertexts with their keys."""
    at = place % TILE_WIDTH
    by_key: dict[str, list[bytes]] = {}
    for key_id, ciphertext in parts:
        by_key.setdefault(key_id, []).append(ciphertext)
    return Entry(place, event_id, record, leaves[at] if at < len(leaves) else b"", by_key)


async def logs(house: House) -> list[str]:
    """The organizations that have a sealed log, by id."""
    found: list[str] = []
    reading = await house.store.read()
    while (following := await audit_log.next_log(reading, found[-1] if found else "")) is not None:
        found.append(following)
    return found
