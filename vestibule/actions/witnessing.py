"""Asking witnesses to cosign the audit log, so that nobody here can show one log to some and another to others.

A witness is somebody else's program that keeps, of each log, how large it was and its root, and signs a later
checkpoint only when that is the same log, grown (C2SP tlog-witness). It is told the name of the log, its size, its root
and hashes of the tree, and nothing of what is in it. Nobody waits for it: neither who seals nor who leaves.

What it signed is checked before it is kept. Where it knows the log otherwise than we do, that is said and nothing here
or there is written over.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from vestibule.actions import tree_proofs
from vestibule.actions.house import House
from vestibule.ground import merkle, witnesses
from vestibule.ground.merkle import BadProof
from vestibule.ground.outgoing import AnswerTooLarge, OutgoingFailure, TargetRefused
from vestibule.ground.signed_notes import BadNote, Checkpoint, taken_apart
from vestibule.ground.witnesses import Said, Told, Witness
from vestibule.rules import witnesses as rules
from vestibule.rules.witnesses import State
from vestibule.store import audit_log
from vestibule.store import witnesses as store
from vestibule.store.audit_log import KeptCheckpoint
from vestibule.store.unit import Duplicate, Reading, Stale, Unavailable, Unit
from vestibule.store.witnesses import KeptCosignature, Standing

IN_A_TURN: Final = 100
"""So many logs are shown to one witness before its turn ends; the next one goes on from there."""

DEADLINE_S: Final = 10.0
"""So long one question may take, from resolving the name to the last octet of the answer."""

QUESTIONS: Final = 3
"""So often a witness is asked in one go, while it says that it knows the log at another size."""

log = structlog.get_logger(__name__)

_STATE: Final = {
    Told.COSIGNED: State.COSIGNED,
    Told.UNKNOWN: State.UNKNOWN,
    Told.REFUSED: State.REFUSED,
    Told.NOT_GROWN: State.FORKED,
    Told.AWAY: State.AWAY,
    Told.WRONG: State.WRONG,
    Told.SIZE: State.WRONG,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking: how the log stands, why, and the cosignature if there is one. ``known``: see Standing."""

    state: State
    why: str = ""
    known: int = 0
    cosigned: KeptCosignature | None = None


@dataclass(slots=True)
class Witnessing:
    """How the worker asks: each witness in a task of its own, so that one that hangs holds up nobody but itself.

    Attributes:
        house: the house. going: what is being asked in this process, by the names of witnesses.
        after: the organization whose log was shown last, so that the next turn goes on behind it.
    """

    house: House
    going: dict[str, asyncio.Task[int]] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Begin a turn of every witness that has none going."""
        for one in self.house.witnesses:
            if one.name not in self.going or self.going[one.name].done():
                self.going[one.name] = asyncio.create_task(self._serve(one))

    async def turn(self) -> int:
        """A turn of every witness, waited for. Returns how many checkpoints were cosigned."""
        self.begin()
        return sum(await asyncio.gather(*self.going.values()))

    async def let_be(self, seconds: float) -> None:
        """Whoever is being asked has so long to answer."""
        tasks = [task for task in self.going.values() if not task.done()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()

    async def _serve(self, witness: Witness) -> int:
        """One turn of one witness; never raises."""
        try:
            return await self._turn(witness)
        except Unavailable as away:
            log.warning("worker_waits_for_database", reason=str(away))
        except Exception as failure:
            log.exception("witness_failed", witness=witness.name, failure=type(failure).__name__)
        return 0

    async def _turn(self, witness: Witness) -> int:
        """Show it every log that it is to see; a witness that is away is not asked about another one."""
        now, cosigned, after = self.house.clock.now(), 0, self.after.pop(witness.name, "")
        due = await self._due(witness, after, now) or (await self._due(witness, "", now) if after else [])
        for tenant_id in due:
            self.after[witness.name] = tenant_id
            state = await offer(self.house, witness, tenant_id)
            cosigned += state is State.COSIGNED
            if state is State.AWAY:
                return cosigned
        if len(due) < IN_A_TURN:
            self.after.pop(witness.name, None)
        return cosigned

    async def _due(self, witness: Witness, after: str, now: datetime) -> list[str]:
        """It looks at every organization, and so beside the requests that this process answers."""

        async def work(reading: Reading) -> list[str]:
            return await store.due(reading, str(witness.key), after, now, now - rules.ANEW, IN_A_TURN)

        return await self.house.store.scan(work)


async def offer_log(house: House, tenant_id: str) -> None:
    """Show a log to every witness now, whenever each is due, but for those that did not sign lately.

    For whoever carries the log out: what the witnesses have not signed in a few seconds is carried out without.
    """
    reading = await house.store.read()
    now = house.clock.now()
    ready = []
    for witness in house.witnesses:
        row = await store.find(reading, tenant_id, str(witness.key))
        if row is None or not row.failures or row.due_at is None or row.due_at <= now:
            ready.append(witness)
    await asyncio.gather(*(offer(house, witness, tenant_id) for witness in ready))


async def offer(house: House, witness: Witness, tenant_id: str) -> State | None:
    """Show the newest checkpoint of a log to a witness, and write down what came of it.

    Returns how the log stands; None when there is no log, or somebody else asks about it at this moment.
    """
    reading = await house.store.read()
    head = await audit_log.head(reading, tenant_id)
    if head is None:
        return None
    before = await store.find(reading, tenant_id, str(witness.key))
    mine = before or Standing(tenant_id, str(witness.key))
    origin = _origin(head.note)
    if mine.origin != origin:  # a log of another name is another log to a witness, that begins with nothing
        mine = replace(mine, origin=origin, size=0, cosigned_at=None, known=0)
    try:
        mine = await _claim(house, mine, there=before is not None)
        outcome = await _ask(house, witness, reading, head, mine)
        await _settle(house, mine, outcome)
    except (Stale, Duplicate):  # another process asks
        return None
    _say(house, witness, tenant_id, outcome)
    return outcome.state


async def _claim(house: House, mine: Standing, *, there: bool) -> Standing:
    """Take a turn. Raises Stale, Duplicate when somebody else did."""
    claimed = replace(mine, turn=mine.turn + 1, due_at=house.clock.now() + rules.PAUSE)

    async def work(unit: Unit) -> None:
        if there:
            store.update_standing(unit, claimed, mine.turn)
        else:
            store.insert(unit, claimed)

    await house.store.change(work)
    return claimed


async def _settle(house: House, mine: Standing, outcome: Outcome) -> None:
    """Write down what came of it. Raises Stale when somebody else asked meanwhile: then that counts."""
    now, cosigned = house.clock.now(), outcome.cosigned
    failures = 0 if cosigned is not None else mine.failures + 1
    after = replace(
        mine,
        state=outcome.state.value,
        why=outcome.why,
        known=outcome.known,
        failures=failures,
        failing_since=None if cosigned is not None else mine.failing_since or now,
        due_at=now + rules.again_in(failures),
    )
    if cosigned is not None:
        after = replace(after, size=cosigned.size, cosigned_at=cosigned.at)

    async def work(unit: Unit) -> None:
        store.update_standing(unit, after, mine.turn)
        if cosigned is not None:
            last = await store.newest(unit, mine.tenant_id, mine.witness)
            store.keep(unit, cosigned, last if last is not None and _comes_instead(cosigned, last) else None)

    await house.store.change(work)


def _comes_instead(new: KeptCosignature, last: KeptCosignature) -> bool:
    """Of the checkpoints of an hour, the last one is kept, as of our own; of one size there is only one."""
    same_log = _origin(new.note) == _origin(last.note)
    return new.size == last.size or (same_log and int(new.at.timestamp()) // 3600 == int(last.at.timestamp()) // 3600)


def _origin(note: str) -> str:
    return note.partition("\n")[0]


# --- Asking -----------------------------------------------------------------------------------------------------------


async def _ask(house: House, witness: Witness, reading: Reading, head: KeptCheckpoint, mine: Standing) -> Outcome:
    """Ask, and once more from the size that the witness says it knows."""
    wrong = await _changed_since(reading, head, mine)
    if wrong is not None:
        return wrong
    old, said = mine.size, Said(Told.WRONG)
    for _ in range(QUESTIONS):
        try:
            proof = await tree_proofs.consistency(reading, head.tenant_id, old, head.size)
        except BadProof as bad:
            return Outcome(State.DAMAGED, f"the tree here does not show that the log grew from {old} events: {bad}")
        said = await _say_to(house, witness, head.note, old, proof)
        if said.told is not Told.SIZE:
            break
        if said.size > head.size:
            return Outcome(State.AHEAD, f"it signed {said.size} events, and the log has {head.size}", known=said.size)
        if said.size < mine.size:
            log.warning("witness_forgot", witness=witness.name, tenant_id=head.tenant_id, size=said.size)
        old = said.size
    return _outcome(house, said, head, mine)


async def _changed_since(reading: Reading, head: KeptCheckpoint, mine: Standing) -> Outcome | None:
    """Whether the log is not what this witness cosigned, grown, as far as we can tell ourselves."""
    last = await store.newest(reading, mine.tenant_id, mine.witness)
    if last is None or _origin(last.note) != mine.origin:
        return None
    if last.size > head.size:
        why = f"it signed {last.size} events, and the log has {head.size}"
        return Outcome(State.AHEAD, why, known=last.size)
    try:
        signed = Checkpoint.parse(taken_apart(last.note)[0])
        proof = await tree_proofs.consistency(reading, mine.tenant_id, last.size, head.size)
        merkle.check_consistency(last.size, signed.root, head.size, head.root, proof)
    except (BadNote, BadProof) as bad:
        return Outcome(
            State.DAMAGED, f"it signed the first {last.size} events, and they are not the same any more: {bad}"
        )
    return None


async def _say_to(house: House, witness: Witness, note: str, old: int, proof: Sequence[bytes]) -> Said:
    try:
        answer = await house.outgoing.request(
            "POST",
            witness.url + witnesses.ADD,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            body=witnesses.asking(old, proof, note),
            largest=witnesses.LARGEST_ANSWER,
            deadline=DEADLINE_S,
        )
    except TargetRefused as refused:
        return Said(Told.REFUSED, str(refused))
    except AnswerTooLarge as large:
        return Said(Told.WRONG, str(large))
    except OutgoingFailure as away:
        return Said(Told.AWAY, str(away))
    return witnesses.understood(answer, note, witness.key)


def _outcome(house: House, said: Said, head: KeptCheckpoint, mine: Standing) -> Outcome:
    if said.told is Told.SIZE:
        return Outcome(State.WRONG, f"it says again and again that it knows the log at another size: {said.size}")
    if said.cosignature is None:
        return Outcome(_STATE[said.told], said.why)
    at = datetime.fromtimestamp(said.cosignature.at, UTC)
    if at > house.clock.now() + rules.AHEAD_BY:
        return Outcome(State.WRONG, f"its clock is ahead of ours: it signed at {at:%Y-%m-%d %H:%M} UTC")
    kept = KeptCosignature(head.tenant_id, mine.witness, head.size, head.note, said.cosignature.line, at)
    return Outcome(State.COSIGNED, cosigned=kept)


def _say(house: House, witness: Witness, tenant_id: str, outcome: Outcome) -> None:
    """In the program's log, once for each thing that is wrong; that the log is another one is an error."""
    what = ("witness", witness.name, tenant_id, outcome.state)
    if outcome.state is State.COSIGNED or house.has_said(what):
        return
    house.say(what)
    about = {"tenant_id": tenant_id, "witness": witness.name, "why": outcome.why}
    if outcome.state in rules.CONFLICTS:
        log.error("audit_log_not_what_was_witnessed", **about)
    else:
        log.warning("audit_log_not_cosigned", state=outcome.state.value, **about)
