"""Checking a signed receipt or certificate with nothing but public keys: no house, no database, no network.

What is checked: that one of the keys signed it; its kind; that it says what such a file says; and of a certificate
also that the record of the end is the leaf, that the leaf is in the tree, that the audit log's key signed the tree's
root, and that the record tells of the end of that data removal.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vestibule.actions import sealing
from vestibule.ground import merkle, public_keys, signing, strict_json
from vestibule.ground.merkle import BadProof
from vestibule.ground.public_keys import BadKey
from vestibule.ground.signed_notes import BadNote, Verifier, signed_by_one_of
from vestibule.ground.signing import BadToken, Fault, PublicKey
from vestibule.rules.activities import event_type
from vestibule.rules.certificates import CERTIFICATE_TYPE, RECEIPT_TYPE
from vestibule.rules.verbs import Verb

LARGEST: Final = 512 * 1024
"""The largest file that is read, in characters."""
_TEXTS: Final = {
    RECEIPT_TYPE: ("iss", "jti", "reference", "kind", "leftAt", "dataRemovedBy"),
    CERTIFICATE_TYPE: ("iss", "jti", "kind", "permanentlyDeletedAt", "dataRemovedBy", "dataRemovedAt"),
}
_TIMES: Final = {"leftAt", "restorableUntil", "permanentlyDeletedAt", "dataRemovedBy", "dataRemovedAt"}
_WORDS: Final = {
    Fault.SIZE: "the file is too large to be a receipt or certificate",
    Fault.FORM: "the file is no signed receipt or certificate: it takes three parts of base64url with points between",
    Fault.HEADER: "its header has a member that is not accepted here",
    Fault.ALGORITHM: "it is not signed with ES256",
    Fault.TYPE: "it is neither a receipt nor a certificate of Vestibule: its typ is another one",
    Fault.KEY: "it is signed with none of these keys",
    Fault.SIGNATURE: "the signature does not fit: the file was changed, or another key signed it",
}


class NotProven(Exception):
    """The file cannot be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys: of receipts by their ids, and of audit logs."""

    signers: Mapping[str, PublicKey]
    logs: tuple[Verifier, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """A file that was checked: its kind (``typ``), the id of the key that signed it, and what it says."""

    typ: str
    kid: str
    claims: dict[str, Any]


def read_keys(octets: bytes) -> Keys:
    """Read a JWK set, or one JWK (RFC 7517). Keys of other kinds are let be.

    Raises:
        NotProven: there is no key in it that signs receipts.
    """
    try:
        found = strict_json.decode(octets)
    except strict_json.BadJson:
        raise NotProven("the keys are no JSON: give a JWK set, as it is published") from None
    members = found.get("keys", [found]) if isinstance(found, dict) else []
    signers: dict[str, PublicKey] = {}
    logs: list[Verifier] = []
    for one in members if isinstance(members, list) else []:
        if not isinstance(one, dict):
            continue
        try:
            if one.get("kty") == "OKP":
                logs.append(Verifier(*public_keys.read_log_jwk(one)))
            else:
                key = public_keys.read_jwk(one)
                signers[key.kid] = key
        except BadKey:
            continue
    if not any(signing.ES256 in key.algorithms for key in signers.values()):
        raise NotProven("there is no public key of receipts among the keys: give a JWK set, as it is published")
    return Keys(signers, tuple(logs))


def prove(text: str, keys: Keys) -> Proven:
    """Check a file. White space around it is let be. Raises NotProven."""
    token, kinds = text.strip(), frozenset[str | None](_TEXTS)
    try:
        algorithms = frozenset({signing.ES256})
        claims = signing.verify(token, keys.signers, algorithms=algorithms, typ=kinds, longest=LARGEST)
        header = signing.header_of(token)
    except BadToken as bad:
        raise NotProven(_WORDS.get(bad.fault, str(bad))) from None
    kind = str(header["typ"])
    if kind not in _TEXTS:
        raise NotProven(_WORDS[Fault.TYPE])
    _check_shape(kind, claims)
    if kind == CERTIFICATE_TYPE:
        _check_log(claims, keys.logs)
    return Proven(kind, str(header.get("kid")), claims)


def _check_shape(kind: str, claims: Mapping[str, Any]) -> None:
    organization = claims.get("organization")
    good = isinstance(organization, dict) and all(
        isinstance(organization.get(name), str) for name in ("id", "displayName", "domain")
    )
    good = good and all(isinstance(claims.get(name), str) for name in _TEXTS[kind])
    if not good or not all(_is_time(claims.get(name)) for name in _TIMES):
        raise NotProven("it is signed, but does not say what such a file says")


def _is_time(value: object) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _check_log(claims: Mapping[str, Any], logs: tuple[Verifier, ...]) -> None:
    """That the end of the removal is in the audit log, as the log's own key signed it."""
    log = claims.get("log")
    if not isinstance(log, dict):
        raise NotProven("the certificate has no place in the audit log")
    if not logs:
        raise NotProven("there is no public key of an audit log among the keys, with which the checkpoint is checked")
    try:
        record, index, size = str(log["record"]), log["index"], log["treeSize"]
        proof = [_octets(one) for one in log["inclusionProof"]]
        leaf = _octets(log["leafHash"])
        tenant_id = claims["organization"]["id"]
        said = signed_by_one_of(str(log["checkpoint"]), logs, lambda key: sealing.origin_of(key.name, tenant_id))
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise NotProven("the certificate's place in the audit log cannot be read") from None
    except BadNote as bad:
        raise NotProven(f"the checkpoint of the audit log: {bad}") from None
    if not isinstance(index, int) or (said.origin, said.size) != (log.get("origin"), size):
        raise NotProven("the checkpoint is of another log, or of another size, than the certificate says")
    if merkle.leaf_hash(record.encode()) != leaf:
        raise NotProven("the record is not the leaf that the certificate names")
    try:
        merkle.check_inclusion(leaf, index, said.size, said.root, proof)
    except BadProof as bad:
        raise NotProven(f"the proof of inclusion does not fit: {bad}") from None
    _check_record(record, claims, tenant_id)


def _check_record(record: str, claims: Mapping[str, Any], tenant_id: str) -> None:
    try:
        told = strict_json.decode(record.encode())
        at = datetime.fromisoformat(str(told["time"]))
        same = (told["type"], told["outcome"], told["tenant"], told["event_id"])
    except (strict_json.BadJson, KeyError, TypeError, ValueError):
        raise NotProven("the record in the audit log cannot be read") from None
    if same != (event_type(Verb.ERASE), "success", tenant_id, claims["jti"]):
        raise NotProven("the record in the audit log tells of something else")
    if at != datetime.fromisoformat(claims["dataRemovedAt"]):
        raise NotProven("the record in the audit log has another time than the certificate")


def _octets(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    return base64.b64decode(text, validate=True)
