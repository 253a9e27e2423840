"""Keys, good tokens, and any token an attacker could make."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from vestibule.ground.signing import ES256, RS256, BadToken, Fault, SigningKey, generate_es256, generate_rs256, verify

EC_KEY = generate_es256("ec-1")
RSA_KEY = generate_rs256("rsa-1")
FOREIGN = generate_es256("ec-1")
KEYS = {key.kid: key.public for key in (EC_KEY, RSA_KEY)}
BOTH = frozenset({ES256, RS256})
CLAIMS = {"iss": "https://vestibule.example/t/v2.0", "sub": "someone", "exp": 1_800_000_000, "roles": ["a", "é"]}
NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)


def b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def token(
    header: dict[str, Any] | str | bytes,
    claims: Any = CLAIMS,
    *,
    signer: Callable[[bytes], bytes] | None = None,
) -> str:
    """A token with any header at all, signed by EC_KEY unless told otherwise: what an attacker would make."""
    head = header if isinstance(header, bytes) else (header if isinstance(header, str) else json.dumps(header)).encode()
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signed = f"{b64(head)}.{b64(body)}"
    return f"{signed}.{b64((signer or ec_signer(EC_KEY))(signed.encode()))}"


def ec_signer(key: SigningKey) -> Callable[[bytes], bytes]:
    private = key.private
    assert isinstance(private, ec.EllipticCurvePrivateKey)

    def signature(signed: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return signature


def rsa_signer(pad: padding.AsymmetricPadding) -> Callable[[bytes], bytes]:
    assert isinstance(RSA_KEY.private, rsa.RSAPrivateKey)
    private = RSA_KEY.private
    return lambda signed: private.sign(signed, pad, hashes.SHA256())


def hmac_signer(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda signed: hmac.new(secret, signed, hashlib.sha256).digest()


def accept(text: str, typ: str | frozenset[str | None] = "at+jwt") -> dict[str, Any]:
    return verify(text, KEYS, algorithms=BOTH, typ=typ)


def fault_of(text: str, **changed: Any) -> Fault:
    options = {"algorithms": BOTH, "typ": "at+jwt", **changed}
    keys = options.pop("keys", KEYS)
    with pytest.raises(BadToken) as caught:
        verify(text, keys, **options)
    assert len(str(caught.value)) < 100
    return caught.value.fault


GOOD = {"alg": "ES256", "typ": "at+jwt", "kid": "ec-1"}
