"""Whether a log is the one that witnesses signed: what of it is kept here, and what they said when they were asked."""

from datetime import UTC, datetime

from vestibule.ground.cosignatures import WitnessKey, cosignature_in
from vestibule.ground.signed_notes import BadNote, Checkpoint, taken_apart
from vestibule.ground.witnesses import Witness
from vestibule.rules.proven_log import Finding
from vestibule.rules.witnesses import CONFLICTS, Cosigned
from vestibule.store import witnesses as store
from vestibule.store.audit_log import KeptCheckpoint
from vestibule.store.unit import Reading
from vestibule.store.witnesses import KeptCosignature, Standing


async def look(
    reading: Reading,
    head: KeptCheckpoint,
    asked: tuple[Witness, ...],
    signed: dict[int, bytes],
    findings: list[Finding],
) -> list[Cosigned]:
    """Look at what witnesses signed of a log.

    Args:
        reading: where from. head: the newest checkpoint of the log. asked: the witnesses that are set.
        signed: the roots that were signed, by size; those that only a witness knows are added.
        findings: what is wrong is added.
    """
    for kept in await store.cosigned(reading, head.tenant_id):
        _check(kept, head, signed, findings)
    standings = {one.witness: one for one in await store.of_tenant(reading, head.tenant_id)}
    found = []
    for witness in asked:
        stands = standings.get(str(witness.key), Standing(head.tenant_id, str(witness.key)))
        if stands.state in CONFLICTS:
            place = min(stands.size, head.size)
            findings.append(Finding(place, f"the witness {witness.name} knows another log: {stands.why}"))
        found.append(Cosigned(witness.name, stands.size, stands.cosigned_at))
    return found


def _check(kept: KeptCosignature, head: KeptCheckpoint, signed: dict[int, bytes], findings: list[Finding]) -> None:
    place = max(0, min(kept.size, head.size) - 1)
    try:
        key = WitnessKey.parse(kept.witness)
        found = cosignature_in(kept.note + kept.line, key)
        said = Checkpoint.parse(taken_apart(kept.note)[0])
    except BadNote as bad:
        findings.append(Finding(place, f"the cosigned checkpoint of {kept.size} events: {bad}"))
        return
    if found is None or (said.size, datetime.fromtimestamp(found.at, UTC)) != (kept.size, kept.at):
        why = f"the cosigned checkpoint of {kept.size} events is another one than its row says"
        findings.append(Finding(place, why))
    elif said.size > head.size:
        why = f"the witness {key.name} signed {said.size} events, and the log has {head.size}"
        findings.append(Finding(head.size, why))
    elif signed.setdefault(said.size, said.root) != said.root:
        why = f"the witness {key.name} signed another root of the first {said.size} events"
        findings.append(Finding(place, why))
