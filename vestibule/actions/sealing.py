"""Sealing the audit log: what was written becomes part of a log that cannot be changed without its being seen.

Events are written without looking at each other, so that nobody waits for anybody. Afterwards the sealer gives each
its place in the log of its organization, a Merkle tree (RFC 6962), and signs how large that is and what its root is.
Nothing that is signed builds on something that was not looked at again: each record is hashed anew, and the tree as it
was read has to have the root that was signed last. Where that is not so, nothing is sealed, and it is said.
"""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vestibule.actions.house import House
from vestibule.ground import merkle, signed_notes
from vestibule.ground.merkle import BadProof, Edge
from vestibule.ground.signed_notes import Checkpoint, Verifier
from vestibule.store import audit_log
from vestibule.store.audit_log import AuditKey, KeptCheckpoint
from vestibule.store.unit import Duplicate, Stale, Unit

BATCH: Final = 256
"""So many events are sealed in one transaction; on SQLite nobody else writes meanwhile."""

_SEALED_FOR: Final = "audit-key"
log = structlog.get_logger(__name__)


class Damaged(Exception):
    """The log is not what was signed; the message says where."""


async def seal_waiting(house: House) -> int:
    """Seal whatever waits, of every organization. Returns how many events were sealed.

    A log that was tampered with is left as it is, and said in the program's log; the others go on.
    """
    sealed, tenant_id = 0, ""
    while True:
        found = await audit_log.next_waiting(await house.store.read(), tenant_id)
        if found is None:
            return sealed
        tenant_id = found
        try:
            sealed += await seal_log(house, tenant_id)
        except Damaged as damaged:
            _say(house, tenant_id, str(damaged))


def _say(house: House, tenant_id: str, why: str) -> None:
    """Once; the sealer comes by several times a second."""
    if not house.has_said(("audit_log_damaged", tenant_id, why)):
        house.say(("audit_log_damaged", tenant_id, why))
        log.error("audit_log_damaged", tenant_id=tenant_id, why=why)


async def seal_log(house: House, tenant_id: str) -> int:
    """Seal what waits of one organization. Returns how many events. Raises Damaged."""
    key = await signer(house)
    sealed = 0
    while True:
        try:
            some = await _some(house, tenant_id, key)
        except (Stale, Duplicate):  # another process seals it
            return sealed
        sealed += some
        if some < BATCH:
            return sealed


async def _some(house: House, tenant_id: str, key: AuditKey) -> int:
    async def work(unit: Unit) -> int:
        found = await audit_log.waiting(unit, tenant_id, BATCH)
        if not found:
            return 0
        for event in found:
            if merkle.leaf_hash(event.record) != event.leaf:
                msg = f"event {event.event_id} was changed after it was written"
                raise Damaged(msg)
        before = await audit_log.head(unit, tenant_id)
        size = 0 if before is None else before.size
        wanted = [tile for tile, _ in merkle.edge_of(size)]
        tiles = await audit_log.tiles(unit, tenant_id, wanted)
        try:
            edge = _edge(size, tiles, before)
        except Damaged:
            # PostgreSQL shows each statement what was committed before it: the tiles may be those of a later head.
            if await audit_log.head(unit, tenant_id) != before:
                raise Stale from None
            raise
        edge.extend(event.leaf for event in found)
        at, said = unit.moment.machine, Checkpoint(origin_of(key.name, tenant_id), edge.size, edge.root())
        after = KeptCheckpoint(tenant_id, said.size, said.root, _sign(house, key, said), at)
        audit_log.seal(
            unit,
            [event.event_id for event in found],
            edge.touched,
            before,
            after,
            had=frozenset(wanted),
            replaces=before is not None and _hour(before.at) == _hour(at) and _is_of(before, said.origin),
        )
        return len(found)

    return await house.store.change(work)


def _edge(size: int, tiles: dict[merkle.Tile, bytes], before: KeptCheckpoint | None) -> Edge:
    """The right edge, which has to have the root that was signed."""
    try:
        edge = Edge(size, tiles)
    except BadProof as bad:
        raise Damaged(str(bad)) from bad
    if before is not None and edge.root() != before.root:
        msg = f"the tree of the first {size} events has another root than the one that was signed"
        raise Damaged(msg)
    return edge


def _hour(at: datetime) -> int:
    """Of the checkpoints of an hour, the last one is kept."""
    return int(at.timestamp()) // 3600


def _is_of(kept: KeptCheckpoint, origin: str) -> bool:
    """Whether it is a checkpoint of the log of that name; the last one before another name began is kept for good."""
    return kept.note.startswith(f"{origin}\n")


def origin_of(key_name: str, tenant_id: str) -> str:
    """What the log of an organization is called in its checkpoints."""
    return f"{key_name}/{tenant_id}"


def _sign(house: House, key: AuditKey, said: Checkpoint) -> str:
    return signed_notes.sign(said.text, key.name, private_half(house, key))


def private_half(house: House, key: AuditKey) -> Ed25519PrivateKey:
    """What signs with this key."""
    octets = house.sealer.open(house.sealer.derive(_SEALED_FOR), key.sealed_private, key.public)
    return Ed25519PrivateKey.from_private_bytes(octets)


# --- The key ----------------------------------------------------------------------------------------------------------


async def signer(house: House) -> AuditKey:
    """The key that signs checkpoints; made when there is none."""
    found = await audit_log.keys(await house.store.read())
    return found[-1] if found else await _make(house, _name(house))


async def verifiers(house: House) -> list[Verifier]:
    """The public halves of every key that signs or signed checkpoints, oldest first."""
    return [Verifier(key.name, key.public) for key in await audit_log.keys(await house.store.read())]


async def rotate(house: House) -> Verifier:
    """A new key signs from now on; the private half of the one before is destroyed. Returns the new public half.

    The logs go on under the same name: what earlier keys signed is checked with their public halves, which stay.
    """
    before = await signer(house)
    new = await _make(house, before.name, another=True)
    found = Verifier(new.name, new.public)
    log.info("audit_key_rotated", key=str(found))
    return found


async def _make(house: House, name: str, *, another: bool = False) -> AuditKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    sealed = house.sealer.seal(house.sealer.derive(_SEALED_FOR), private.private_bytes_raw(), public)

    async def work(unit: Unit) -> AuditKey:
        there = await audit_log.keys(unit)
        if there and not another:
            return there[-1]
        new = AuditKey(len(there) + 1, name, public, sealed, unit.moment.machine)
        audit_log.insert_key(unit, new)
        if there:
            audit_log.destroy_private(unit, there[-1])
        return new

    return await house.store.change(work)


async def begin_again(house: House) -> AuditKey:
    """From now on logs go on under another name and key, as after the restore of a backup.

    What was sealed after the backup is lost, and its checkpoints may be kept somewhere. Another event at the same place
    of a log of the same name would look like a forged one.
    """
    return await _make(house, f"{_name(house)}/restored-{house.chance.octets(4).hex()}", another=True)


def _name(house: House) -> str:
    return f"{urlsplit(house.public_url).netloc}/audit"
