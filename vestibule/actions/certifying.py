"""Certificates of data removal: made by the worker once the removal is done and its event is sealed in the audit log.

A certificate is wanted in the transaction that ends the removal (``want``), with what nobody can know afterwards. It
is made later, because it holds the place of that event in the log: the record, the proof that it is in the tree, and
the signed checkpoint. Whenever the worker is killed, a certificate is made once or still wanted.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import structlog

from vestibule.actions import receipt_keys, recipients, sealing, signed_receipts, tree_proofs
from vestibule.actions.house import House
from vestibule.ground import merkle, signing
from vestibule.ground.clock import iso
from vestibule.ground.merkle import BadProof
from vestibule.ground.signed_notes import BadNote, signed_by_one_of
from vestibule.rules import certificates as rules
from vestibule.store import audit, audit_log, certificates, erasures, memberships, organizations, receipts
from vestibule.store.certificates import Certificate
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading, Stale, Unit

BATCH: Final = 100
log = structlog.get_logger(__name__)


async def facts_of(unit: Unit, guest: Membership, counts: Mapping[str, int], *, own: bool) -> dict[str, Any]:
    """What only the end of a removal knows: how much goes, whether the person's ``own`` does, and who knew of them."""
    return {"counts": dict(counts), "own": own, "recipients": await recipients.of_guest(unit, guest)}


def begin(unit: Unit, guest: Membership, facts: dict[str, Any]) -> None:
    """Keep what is known now for the certificate of a removal that has to wait for recipients."""
    certificates.want(unit, Certificate(guest.tenant_id, guest.user_id, "", facts))


async def want(unit: Unit, guest: Membership, event_id: str, facts: dict[str, Any] | None) -> None:
    """A certificate is to be made of this removal, which ends with this event.

    ``facts``: what was known before the data went; None when it went earlier, and ``begin`` has kept them. A removal
    that an older version began has none, and gets no certificate.
    """
    waited = None if facts is not None else await certificates.find(unit, guest.tenant_id, guest.user_id)
    known = facts if waited is None else waited.facts
    if known is None:
        return
    told = known | {"recipients": await recipients.with_answers(unit, guest, known["recipients"])}
    if waited is None:
        certificates.want(unit, Certificate(guest.tenant_id, guest.user_id, event_id, told))
    else:
        certificates.end(unit, waited, event_id, told)


async def certify_waiting(house: House) -> int:
    """Make every certificate that is wanted and can be made. Returns how many were made.

    Where the log is damaged none is made, and that is said once in the program's log; the others are.
    """
    made, behind = 0, ("", "")
    while found := await certificates.wanted(await house.store.read(), behind, BATCH):
        for one in found:
            made += await _try(house, one)
        behind = (found[-1].tenant_id, found[-1].user_id)
    return made


async def _try(house: House, wanted: Certificate) -> bool:
    try:
        claims = await _claims(house, await house.store.read(), wanted)
    except (BadProof, BadNote) as bad:
        _say(house, wanted, str(bad))
        return False
    if claims is None:
        return False
    key = await receipt_keys.signer(house)
    signed = signing.sign(key, signed_receipts.issued(house) | claims, rules.CERTIFICATE_TYPE)

    async def work(unit: Unit) -> bool:
        there = await certificates.find(unit, wanted.tenant_id, wanted.user_id)
        if there is None or there.signed is not None:
            return False
        certificates.sign(unit, wanted, signed, unit.moment.machine)
        return True

    try:
        return await house.store.change(work)
    except Stale:  # another process made it
        return False


def _say(house: House, wanted: Certificate, why: str) -> None:
    what = ("certificate_not_made", wanted.tenant_id, wanted.event_id)
    if not house.has_said(what):
        house.say(what)
        log.error("certificate_not_made", tenant_id=wanted.tenant_id, event_id=wanted.event_id, why=why)


async def _claims(house: House, reading: Reading, wanted: Certificate) -> dict[str, Any] | None:
    """What the certificate says; None while its event is not sealed. Raises BadProof, BadNote."""
    place = await _place_in_log(house, reading, wanted)
    erasure = await erasures.find(reading, wanted.tenant_id, wanted.user_id)
    guest = await memberships.find(reading, wanted.tenant_id, wanted.user_id)
    if place is None or erasure is None or guest is None:
        return None
    receipt = await receipts.latest(reading, wanted.tenant_id, wanted.user_id) if guest.self_service else None
    return {
        "jti": wanted.event_id,
        "reference": None if receipt is None else receipt.reference,
        "organization": await _organization(reading, wanted.tenant_id),
        "kind": guest.standing.tie.value,
        "leftAt": None if receipt is None else iso(receipt.left_at),
        "permanentlyDeletedAt": iso(erasure.started_at),
        "dataRemovedBy": iso(erasure.due_by),
        "dataRemovedAt": _iso(erasure.finished_at),
        "removed": rules.removed_claim(wanted.facts["counts"], own=wanted.facts["own"]),
        **rules.recipients_claim(wanted.facts["recipients"]),
        "kept": rules.kept_claim(),
        "log": place,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)


async def _organization(reading: Reading, tenant_id: str) -> dict[str, str]:
    found = await organizations.find(reading, tenant_id)
    return rules.organization_claim(
        tenant_id, *(("", "") if found is None else (found.display_name, found.initial_domain))
    )


async def _place_in_log(house: House, reading: Reading, wanted: Certificate) -> dict[str, Any] | None:
    """Where the event stands in the sealed log, with what proves it. Nothing is written down unproven.

    Raises:
        BadProof, BadNote: the log is not what was signed.
    """
    place = await audit_log.place_of(reading, wanted.tenant_id, wanted.event_id)
    head = await audit_log.head(reading, wanted.tenant_id)
    event = await audit.find(reading, wanted.tenant_id, wanted.event_id)
    if place is None or head is None or event is None or place >= head.size:
        return None
    said = signed_by_one_of(
        head.note, await sealing.verifiers(house), lambda key: sealing.origin_of(key.name, wanted.tenant_id)
    )
    leaf = merkle.leaf_hash(event.record)
    proof = await tree_proofs.inclusion(reading, wanted.tenant_id, place, said.size)
    merkle.check_inclusion(leaf, place, said.size, said.root, proof)
    return {
        "origin": said.origin,
        "index": place,
        "treeSize": said.size,
        "record": event.record.decode(),
        "leafHash": _base64(leaf),
        "inclusionProof": [_base64(one) for one in proof],
        "checkpoint": head.note,
    }


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
