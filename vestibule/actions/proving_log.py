"""Looking at a sealed log from its first event to its last, in the database, and carrying it out of the house.

An exported log is a folder that can be checked without the house (``vestibule audit verify --from``): the signed
checkpoint, the public keys, the tiles, and every event with what is left of its personal parts, encrypted.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from vestibule.actions import sealing
from vestibule.actions.house import House
from vestibule.ground import merkle
from vestibule.ground.signed_notes import BadNote, Checkpoint, Verifier, signed_by_one_of
from vestibule.rules.proven_log import Entry, Finding, Proving
from vestibule.store import audit, audit_log
from vestibule.store.audit_log import KeptCheckpoint, Sealed
from vestibule.store.unit import Reading

AT_ONCE: Final = 1_024


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of a log.

    Attributes:
        tenant_id: whose. size: how many events are sealed. waiting: how many are not yet, 1,000 at most.
        findings: what is wrong, the first place first; none when the log is what was signed.
    """

    tenant_id: str
    size: int
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)


async def verify(house: House, tenant_id: str) -> Proof:
    """Check the log of an organization against its newest checkpoint and every earlier one that is kept."""
    verifiers = await sealing.verifiers(house)

    async def work(reading: Reading) -> Proof:
        return await _verify(reading, tenant_id, verifiers)

    return await house.store.scan(work, deadline_s=None)


async def _verify(reading: Reading, tenant_id: str, verifiers: list[Verifier]) -> Proof:
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
    proving = Proving(tenant_id, signed, findings)
    async for entry in entries(reading, tenant_id, kept[-1].size):
        proving.take(entry)
    if unsealed:
        findings.append(Finding(kept[-1].size, f"{unsealed} events neither wait to be sealed nor are"))
    head = kept[-1]
    return Proof(tenant_id, head.size, waiting, proving.end(head.size, signed.get(head.size, head.root)))


def _signed(kept: KeptCheckpoint, verifiers: list[Verifier]) -> Checkpoint:
    """What the note of a checkpoint says, if it says the same as the row. Raises BadNote."""
    found = signed_by_one_of(kept.note, verifiers, lambda key: sealing.origin_of(key.name, kept.tenant_id))
    if (found.size, found.root) != (kept.size, kept.root):
        msg = "its note says another size or root"
        raise BadNote(msg)
    return found


async def entries(reading: Reading, tenant_id: str, size: int) -> AsyncIterator[Entry]:
    """Every sealed event, in the order of places, with the leaf that the tiles have of it."""
    tile: tuple[int, list[bytes]] = (-1, [])
    first = 0
    while first < size:
        some = await audit_log.walk(reading, tenant_id, first, AT_ONCE)
        if not some:
            return
        parts = await audit.parts_of(reading, tenant_id, [one.event_id for one in some])
        for one in some:
            number = one.place // merkle.TILE_WIDTH
            if tile[0] != number:
                there = await audit_log.tiles(reading, tenant_id, [(0, number)])
                tile = (number, merkle.hashes_in(there.get((0, number), b"")))
            yield _entry(one, tile[1], parts.get(one.event_id, []))
        first = some[-1].place + 1


def _entry(one: Sealed, leaves: list[bytes], parts: list[audit.Payload]) -> Entry:
    at = one.place % merkle.TILE_WIDTH
    by_key: dict[str, list[bytes]] = {}
    for part in parts:
        by_key.setdefault(part.key_id, []).append(part.ciphertext)
    return Entry(one.place, one.event_id, one.record, leaves[at] if at < len(leaves) else b"", by_key)


async def logs(house: House) -> list[str]:
    """The organizations that have a sealed log, by id."""
    found: list[str] = []
    reading = await house.store.read()
    while (following := await audit_log.next_log(reading, found[-1] if found else "")) is not None:
        found.append(following)
    return found
