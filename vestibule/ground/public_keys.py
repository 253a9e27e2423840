"""Public keys that other programs sign with: read from a certificate (PEM or DER) or a JSON Web Key (RFC 7517)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from vestibule.ground.signing import ES256, PS256, RS256, PublicKey

LARGEST: Final = 16 * 1024
LARGEST_RSA_BITS: Final = 8192
"""Checking a signature takes as long as the key is large, and the caller chooses the key."""

_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class BadKey(ValueError):
    """Neither a certificate nor a key that can be used here; the message says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate's key.

    Attributes:
        der: the certificate. thumbprint, thumbprint_sha256: its SHA-1 and SHA-256 in base64url, as ``x5t`` and
            ``x5t#S256`` name it. starts_at, expires_at: between which moments it holds.
    """

    der: bytes
    key: PublicKey
    thumbprint: str
    thumbprint_sha256: str
    starts_at: datetime
    expires_at: datetime


def read_certificate(octets: bytes) -> Certificate:
    """Read one certificate; its key is known by its SHA-256 thumbprint.

    Raises:
        BadKey: no certificate, or a key of another kind or too weak.
    """
    if len(octets) > LARGEST:
        raise BadKey("larger than any certificate")
    try:
        pem = b"-----BEGIN" in octets[:4096]
        found = x509.load_pem_x509_certificate(octets) if pem else x509.load_der_x509_certificate(octets)
        public = found.public_key()
    except (ValueError, TypeError) as bad:
        raise BadKey("no X.509 certificate in PEM or DER") from bad
    der = found.public_bytes(Encoding.DER)
    sha256 = _base64(hashlib.sha256(der).digest())
    # SHA-1 only names the certificate, as clients do (RFC 7515, section 4.1.7); nothing rests on it.
    sha1 = _base64(hashlib.sha1(der, usedforsecurity=False).digest())
    key = _served(sha256, public)
    return Certificate(der, key, sha1, sha256, found.not_valid_before_utc, found.not_valid_after_utc)


def read_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """Read a public key; without a ``kid`` it is known by its thumbprint (RFC 7638).

    Raises:
        BadKey: a private or symmetric key, one that is not for signatures, of another kind, or too weak.
    """
    if not _PRIVATE.isdisjoint(jwk):
        raise BadKey("a private key: give only the public half")
    if jwk.get("use", "sig") != "sig":
        raise BadKey("a key that is not for signatures")
    public = _public(jwk)
    kid = jwk.get("kid") or thumbprint(public)
    if not isinstance(kid, str) or not 0 < len(kid) <= 256:
        raise BadKey("a key id that is no text of up to 256 characters")
    return _served(kid, public)


def _public(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    try:
        match jwk.get("kty"):
            case "RSA":
                return rsa.RSAPublicNumbers(_number(jwk, "e"), _number(jwk, "n")).public_key()
            case "EC" if jwk.get("crv") == "P-256":
                point = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), ec.SECP256R1())
                return point.public_key()
    except (ValueError, binascii.Error) as bad:
        raise BadKey("numbers that are no key") from bad
    raise BadKey("neither RSA nor P-256")


def _number(jwk: Mapping[str, Any], name: str) -> int:
    value = jwk.get(name)
    if not isinstance(value, str) or len(value) > LARGEST or not value.isascii():
        raise ValueError(name)
    return int.from_bytes(base64.urlsafe_b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)), "big")


def _served(kid: str, public: object) -> PublicKey:
    if isinstance(public, rsa.RSAPublicKey) and public.key_size <= LARGEST_RSA_BITS:
        algorithms = frozenset({RS256, PS256})
    elif isinstance(public, ec.EllipticCurvePublicKey):
        algorithms = frozenset({ES256})
    else:
        raise BadKey("neither RSA up to 8192 bits nor P-256")
    try:
        return PublicKey(kid, algorithms, public)
    except ValueError as weak:
        raise BadKey("a key that is too weak, or on another curve") from weak


def thumbprint(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> str:
    """RFC 7638, section 3: SHA-256 over the members that make the key, in the order of their names."""
    kinds = frozenset({ES256}) if isinstance(public, ec.EllipticCurvePublicKey) else frozenset({RS256, PS256})
    try:
        jwk = PublicKey("", kinds, public).jwk()
    except ValueError as weak:
        raise BadKey("a key that is too weak, or on another curve") from weak
    members = ("crv", "kty", "x", "y") if jwk["kty"] == "EC" else ("e", "kty", "n")
    text = "{" + ",".join(f'"{name}":"{jwk[name]}"' for name in members) + "}"
    return _base64(hashlib.sha256(text.encode()).digest())


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def log_jwk(name: str, public: bytes) -> dict[str, str]:
    """A key that signs checkpoints of an audit log, as a JWK (RFC 8037, section 2), called by its thumbprint.

    Args:
        name: the name of its verifier key (C2SP signed-note); a member of its own, which others let be.
        public: the 32 octets of an Ed25519 key.
    """
    x = _base64(public)
    text = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
    kid = _base64(hashlib.sha256(text.encode()).digest())
    return {"kty": "OKP", "kid": kid, "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "x": x, "name": name}


def read_log_jwk(jwk: Mapping[str, Any]) -> tuple[str, bytes]:
    """The name and the 32 octets of a key that ``log_jwk`` wrote.

    Raises:
        BadKey: it is another kind of key.
    """
    name, x = jwk.get("name"), jwk.get("x")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(name, str) or not isinstance(x, str):
        raise BadKey("no Ed25519 key of an audit log")
    if not _PRIVATE.isdisjoint(jwk):
        raise BadKey("a private key: give only the public half")
    try:
        public = base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    except (ValueError, binascii.Error) as bad:
        raise BadKey("numbers that are no key") from bad
    if len(public) != 32:
        raise BadKey("numbers that are no key")
    return name, public
