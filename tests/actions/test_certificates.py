"""Signed receipts and certificates: made once, true, and checked with tools that are not ours."""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import KeySet

from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    certifying,
    due,
    erasing,
    leaving,
    proving_receipts,
    receipt_keys,
    removing,
    sealing,
    signed_receipts,
    tree_proofs,
)
from vestibule.actions.house import House
from vestibule.actions.proving_receipts import NotProven, Proven
from vestibule.ground import merkle, signing
from vestibule.ground.clock import iso
from vestibule.rules.certificates import CERTIFICATE_TYPE, RECEIPT_TYPE
from vestibule.store import audit_log, certificates, erasures, receipts
from vestibule.store import receipt_keys as stored_keys
from vestibule.store.bulk import Step
from vestibule.store.memberships import Membership
from vestibule.store.receipts import Receipt

MONTH = timedelta(days=30)


async def leave(place: Place, guest: Membership) -> Receipt:
    by = world.at_portal(guest)
    return (await leaving.leave(place.house, tenant_id=place.id, by=by, key=place.id)).receipt


async def kept(house: House, receipt_id: str) -> Receipt:
    found = await receipts.find(await house.store.read(), receipt_id)
    assert found is not None
    return found


async def keys_of(house: House) -> bytes:
    return msgspec.json.encode(await receipt_keys.published(house))


async def proven(house: House, signed: str | None) -> Proven:
    assert signed is not None
    return proving_receipts.prove(signed, proving_receipts.read_keys(await keys_of(house)))


async def erased(house: House, place: Place, guest: Membership) -> str:
    """Let somebody's time run out, and return their certificate."""
    house.clock.advance(MONTH)  # type: ignore[attr-defined]
    await due.run_due(house)
    await sealing.seal_waiting(house)
    assert await certifying.certify_waiting(house) == 1
    return await certificate(house, place, guest)


async def certificate(house: House, place: Place, guest: Membership) -> str:
    found = await certificates.find(await house.store.read(), place.id, guest.user_id)
    assert found is not None
    assert found.signed is not None
    return found.signed


async def test_a_leave_leaves_a_signed_receipt(house: House, contoso: Place, sam: Membership):
    given_ = await leave(contoso, sam)
    receipt = await kept(house, given_.receipt_id)
    assert receipt == given_
    found = await proven(house, receipt.signed)
    assert found.typ == RECEIPT_TYPE
    assert found.claims == {
        "iss": house.public_url,
        "iat": int(house.clock.now().timestamp()),
        "jti": receipt.reference,
        "reference": receipt.reference,
        "organization": {"id": contoso.id, "displayName": "Contoso", "domain": receipt.domain},
        "kind": "guest",
        "leftAt": iso(receipt.left_at),
        "restorableUntil": iso(receipt.left_at + MONTH),
        "dataRemovedBy": iso(receipt.left_at + 2 * MONTH),
    }


async def test_a_receipt_of_an_older_version_is_signed_when_it_is_asked_for(
    house: House, contoso: Place, sam: Membership
):
    given_ = await leave(contoso, sam)
    await house.store.run_steps([Step("UPDATE receipt SET signed = NULL")])  # type: ignore[attr-defined]
    receipt = await kept(house, given_.receipt_id)
    assert receipt.signed is None
    both = await asyncio.gather(signed_receipts.signed(house, receipt), signed_receipts.signed(house, receipt))
    assert both[0] == both[1] == (await kept(house, given_.receipt_id)).signed
    assert (await proven(house, both[0])).claims["reference"] == receipt.reference


async def test_a_certificate_says_what_was_removed_and_proves_it(house: House, contoso: Place, sam: Membership):
    receipt = await leave(contoso, sam)
    signed = await erased(house, contoso, sam)
    found = await proven(house, signed)
    claims = found.claims
    erasure = await erasures.find(await house.store.read(), contoso.id, sam.user_id)
    assert erasure is not None
    assert erasure.finished_at is not None
    assert found.typ == CERTIFICATE_TYPE
    assert claims["reference"] == receipt.reference
    assert claims["leftAt"] == iso(receipt.left_at)
    assert claims["permanentlyDeletedAt"] == claims["dataRemovedAt"] == iso(erasure.finished_at)
    counted = {one["what"]: one["count"] for one in claims["removed"]}
    assert counted["the guest's profile"] == 1
    assert counted["the way from a user's id to their label in the audit log"] == 1
    assert counted["invitations of the guest"] == 1
    assert next(n for what, n in counted.items() if what.startswith("personal parts of audit events")) >= 3
    assert counted["directory roles"] == 0
    assert all(set(one) == {"what", "ground", "until"} and all(one.values()) for one in claims["kept"])
    assert json.loads(claims["log"]["record"])["type"] == "membership.erase"


async def test_what_is_the_persons_own_goes_with_the_last_organization_and_is_told_then_only(
    house: House, contoso: Place, sam: Membership
):
    fabrikam = await world.organization(house, "Fabrikam")
    elsewhere = await world.guest(fabrikam, "sam@elsewhere.example", "Sam Rivers")
    assert elsewhere.person_id == sam.person_id
    told = []
    for place, guest in ((contoso, sam), (fabrikam, elsewhere)):
        await leave(place, guest)
        claims = (await proven(house, await erased(house, place, guest))).claims
        told.append({one["what"] for one in claims["removed"]})
    assert told[1] - told[0] >= {"the proven mail address", "the hash of a password", "sessions of a browser"}
    assert told[0] - told[1] == set()


async def test_neither_says_anything_of_the_person(house: House, contoso: Place):
    guest = await world.guest(contoso, "zebulon@quagga.example", "Zebulon Quagga")
    receipt = await leave(contoso, guest)
    signed = await erased(house, contoso, guest)
    for one in (receipt.signed, signed):
        said = base64.urlsafe_b64decode((one or "").split(".")[1] + "===").decode().lower()
        for word in ("zebulon", "quagga", guest.user_id, guest.person_id or "-", guest.subject_key_id or "-"):
            hides = word == guest.subject_key_id and one is signed  # the record says which key was destroyed
            assert hides or word not in said, word


async def test_the_ledger_says_how_many_records_each_step_removed(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam)
    claims = (await proven(house, await erased(house, contoso, sam))).claims
    by_step: dict[str, int] = {}
    for one in claims["removed"]:
        by_step[one["step"]] = by_step.get(one["step"], 0) + (one["count"] or 0)
    ledger = await erasures.removed_by_step(await house.store.read(), contoso.id, sam.user_id)
    assert ledger == {step: count for step, count in by_step.items() if step in ledger}
    assert sum(ledger.values()) > 3


async def test_whom_an_administrator_removed_has_a_certificate_without_a_reference(
    house: House, contoso: Place, sam: Membership
):
    by = world.at_portal(contoso.administrator)
    await removing.remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=by)
    await erasing.purge(house, tenant_id=contoso.id, user_id=sam.user_id, by=by)
    assert await erasing.erase(house, tenant_id=contoso.id, user_id=sam.user_id) is not None
    await sealing.seal_waiting(house)
    assert await certifying.certify_waiting(house) == 1
    claims = (await proven(house, await certificate(house, contoso, sam))).claims
    assert (claims["reference"], claims["leftAt"]) == (None, None)


async def test_a_certificate_waits_until_its_event_is_sealed_and_is_made_once(
    house: House, contoso: Place, sam: Membership
):
    await leave(contoso, sam)
    await sealing.seal_waiting(house)  # there is a checkpoint, of what came before
    house.clock.advance(MONTH)  # type: ignore[attr-defined]
    await due.run_due(house)
    assert await certifying.certify_waiting(house) == 0
    await sealing.seal_waiting(house)
    both = await asyncio.gather(certifying.certify_waiting(house), certifying.certify_waiting(house))
    assert sum(both) == 1
    first = await certificate(house, contoso, sam)
    assert await certifying.certify_waiting(house) == 0
    assert await certificate(house, contoso, sam) == first


async def test_of_a_log_that_was_tampered_with_no_certificate_is_made(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    await leave(contoso, sam)
    house.clock.advance(MONTH)  # type: ignore[attr-defined]
    await due.run_due(house)
    await sealing.seal_waiting(house)
    tampered = "UPDATE audit_tile SET hashes = (SELECT root FROM audit_checkpoint)"
    await house.store.run_steps([Step(tampered)])  # type: ignore[attr-defined]
    assert await certifying.certify_waiting(house) == 0
    found = await certificates.find(await house.store.read(), contoso.id, sam.user_id)
    assert found is not None
    assert found.signed is None
    assert robin.tenant_id == contoso.id


async def test_what_a_rotated_key_signed_is_still_proven(house: House, contoso: Place, sam: Membership):
    receipt = await leave(contoso, sam)
    await receipt_keys.rotate(house)
    signed = await erased(house, contoso, sam)
    first, second = await proven(house, receipt.signed), await proven(house, signed)
    assert first.kid != second.kid
    ours = [one for one in (await receipt_keys.published(house))["keys"] if one["kty"] == "EC"]
    assert [one["kid"] for one in ours] == [second.kid, first.kid]
    assert all(KeySet.import_key_set({"keys": [one]}).keys[0].thumbprint() == one["kid"] for one in ours)
    kept_keys = await stored_keys.everything(await house.store.read())
    assert [one.sealed_private is None for one in kept_keys] == [True, False]


async def test_tools_that_are_not_ours_verify_both(house: House, contoso: Place, sam: Membership):
    receipt = await leave(contoso, sam)
    published: Any = await receipt_keys.published(house)
    files = [(receipt.signed or "", RECEIPT_TYPE), (await erased(house, contoso, sam), CERTIFICATE_TYPE)]
    for text, typ in files:
        for_joserfc = jws.deserialize_compact(text, KeySet.import_key_set(published), algorithms=["ES256"])
        assert for_joserfc.headers()["typ"] == typ
        kid = jwt.get_unverified_header(text)["kid"]
        key = next(one for one in jwt.PyJWKSet.from_dict(published).keys if one.key_id == kid)
        claims = jwt.decode(text, key, algorithms=["ES256"])
        assert claims == json.loads(for_joserfc.payload) == (await proven(house, text)).claims


@pytest.fixture
async def files(house: House, contoso: Place, sam: Membership) -> tuple[str, str, bytes]:
    """A receipt, a certificate, and the keys for both."""
    receipt = await leave(contoso, sam)
    return receipt.signed or "", await erased(house, contoso, sam), await keys_of(house)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_octet_is_refused(files: tuple[str, str, bytes], data: st.DataObject):
    keys = proving_receipts.read_keys(files[2])
    text = data.draw(st.sampled_from(files[:2]))
    at = data.draw(st.integers(0, len(text) - 1))
    octet = data.draw(st.integers(0, 127).filter(lambda one: chr(one) != text[at]))
    changed = text[:at] + chr(octet) + text[at + 1 :]
    if changed.strip() == text:
        return
    with pytest.raises(NotProven):
        proving_receipts.prove(changed, keys)


async def test_what_is_refused_is_told(house: House, files: tuple[str, str, bytes], contoso: Place):
    receipt, certificate_, octets = files
    keys = proving_receipts.read_keys(octets)
    key = await receipt_keys.signer(house)
    claims = proving_receipts.prove(certificate_, keys).claims

    def signed(changed: dict[str, Any], typ: str = CERTIFICATE_TYPE) -> str:
        return signing.sign(key, claims | changed, typ)

    def with_log(**changed: Any) -> str:
        return signed({"log": claims["log"] | changed})

    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"vestibule-leave-receipt+jwt"}').rstrip(b"=").decode()
    stranger = signing.sign(signing.generate_es256(key.kid), claims, CERTIFICATE_TYPE)
    unknown = signing.sign(signing.generate_es256("unknown"), claims, CERTIFICATE_TYPE)
    other = json.dumps(json.loads(claims["log"]["record"]) | {"type": "membership.leave"})
    proof = claims["log"]["inclusionProof"]
    assert proof
    record = json.loads(claims["log"]["record"])
    refused = {
        "hello": "no signed receipt",
        none + "." + receipt.split(".")[1] + ".": "not signed with ES256",
        stranger: "the signature does not fit",
        unknown: "signed with none of these keys",
        signed({}, "JWT"): "its typ is another one",
        signed({"kind": 3}): "does not say what such a file says",
        signed({"dataRemovedAt": "yesterday"}): "does not say what such a file says",
        signed({"log": None}): "no place in the audit log",
        with_log(index="1"): "of another log, or of another size",
        with_log(treeSize=claims["log"]["treeSize"] + 1): "of another log, or of another size",
        with_log(index=claims["log"]["index"] + 1): "the proof of inclusion does not fit",
        with_log(inclusionProof=proof[::-1] + proof[:1]): "the proof of inclusion does not fit",
        with_log(record=other): "the record is not the leaf",
        with_log(checkpoint=claims["log"]["checkpoint"].replace("audit", "audio")): "the checkpoint of the audit log",
        with_log(inclusionProof=["*"]): "cannot be read",
        signed({"jti": record["tenant"]}): "tells of something else",
        signed({"dataRemovedAt": claims["dataRemovedBy"]}): "another time",
    }
    for text, why in refused.items():
        with pytest.raises(NotProven, match=why):
            proving_receipts.prove(text, keys)
    only_receipts = {"keys": [one for one in json.loads(octets)["keys"] if one["kty"] == "EC"]}
    with pytest.raises(NotProven, match="no public key of an audit log"):
        proving_receipts.prove(certificate_, proving_receipts.read_keys(json.dumps(only_receipts).encode()))
    one_key = proving_receipts.read_keys(json.dumps(only_receipts["keys"][0]).encode())
    assert proving_receipts.prove(receipt, one_key).typ == RECEIPT_TYPE
    for bad in (
        b"{",
        b"[]",
        b'{"keys": []}',
        b'{"keys": 1}',
        b'{"keys": [1, {"kty": "OKP"}, {"kty": "oct", "k": ""}]}',
    ):
        with pytest.raises(NotProven, match="JWK set"):
            proving_receipts.read_keys(bad)
    assert contoso.id == claims["organization"]["id"]


async def test_every_place_of_a_long_log_is_proven(house: House, contoso: Place):
    """The proofs that are read from tiles are those of the tree over all leaves."""
    for number in range(3):
        await world.guest(contoso, f"guest{number}@elsewhere.example", f"Guest {number}")
    await sealing.seal_waiting(house)
    reading = await house.store.read()
    head = await audit_log.head(reading, contoso.id)
    assert head is not None
    for one in await audit_log.walk(reading, contoso.id, 0, head.size):
        proof = await tree_proofs.inclusion(reading, contoso.id, one.place, head.size)
        merkle.check_inclusion(one.leaf, one.place, head.size, head.root, proof)
