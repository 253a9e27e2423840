"""The seeded state of an emulator database: kept once, and what ``/emulator/reset`` goes back to.

It is everything: rows, signing keys, subject keys. It lies in the database itself, sealed under a key of its own,
and is put back in one transaction. The generation it is put back with is a new one, so that every token and session
from before the reset is dead.
"""

from typing import Final

import msgspec

from vestibule.actions import receipt_keys
from vestibule.actions.key_ring import ES256, RS256
from vestibule.program import Program
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import seeds, snapshot
from vestibule.store.unit import Unit

SEALED_FOR: Final = "seed-snapshot"
_AAD: Final = b"seed-snapshot/1"


class Seed(msgspec.Struct, frozen=True):
    """What is kept.

    Attributes:
        rows: the database. keys: the subject keys, wrapped as they are stored.
        about: what whoever seeded wants to find again beside it; None for a state that nobody seeded.
    """

    rows: bytes
    keys: list[tuple[str, bytes, int]]
    about: bytes | None = None


async def find(program: Program) -> Seed | None:
    """The seeded state, or None while there is none."""
    sealer = program.house.sealer
    sealed = await seeds.find(await program.house.store.read())
    if sealed is None:
        return None
    return msgspec.msgpack.decode(sealer.open(sealer.derive(SEALED_FOR), sealed, _AAD), type=Seed)


async def keep(program: Program, about: bytes | None = None) -> None:
    """Keep the state as it is now. The signing keys are made before, so that a reset brings the same ones back."""
    for algorithm in (ES256, RS256):
        await program.ring.signer(algorithm)
    await receipt_keys.signer(program.house)
    seed = Seed(await snapshot.take(program.opened.store), await program.opened.keys.export(), about)
    sealer = program.house.sealer
    sealed = sealer.seal(sealer.derive(SEALED_FOR), msgspec.msgpack.encode(seed), _AAD)

    async def work(unit: Unit) -> None:
        await seeds.keep(unit, sealed)

    await program.house.store.change(work)


async def keep_first(program: Program) -> None:
    """Keep the state as it is now, unless one was kept before."""
    if await seeds.find(await program.house.store.read()) is None:
        await keep(program)


async def reset(program: Program) -> None:
    """Go back to the seeded state: ids, keys and secrets as they were, clock offset 0, mail and sessions gone.

    Raises:
        Refused: NOT_THERE when no state was ever kept.
    """
    seed = await find(program)
    if seed is None:
        raise Refused(Reason.NOT_THERE, property="seed")
    async with program.worker.alone:
        await program.opened.keys.import_(seed.keys)
        await snapshot.put_back(program.opened.store, seed.rows, generation=program.house.chance.guid())
        program.house.journal.forget()
        program.house.faults.armed.clear()
        await program.ring.reload()
