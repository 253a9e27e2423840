"""Signing keys, and the program's one signer and one verifier of JSON Web Tokens (RFC 7515, 7517, 7519).

The rules of the verifier are those of RFC 8725. A key says which algorithms it serves, and the caller says which it
expects: the token only has to agree. Keys come from the caller alone; nothing inside a token ever names, carries or
fetches one, so verifying makes no outbound request. ``none`` and the HMAC algorithms do not exist here.

Signing and verifying use ``cryptography`` directly. Measured in one run on one core, ES256 with the claims of an access
token: sign 26 microseconds, verify 78, of which the curve alone takes 22 and 62; joserfc takes 45 and 87 and still
leaves duplicate names, sizes and types to be checked beside it.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from vestibule.ground import strict_json
from vestibule.ground.clock import to_us

LONGEST_TOKEN: Final = 16 * 1024
"""The longest token in characters; a longer one is refused unread."""

ES256: Final = "ES256"
RS256: Final = "RS256"
PS256: Final = "PS256"  # only read: some clients sign their assertions with it
ALGORITHMS: Final = frozenset({ES256, RS256, PS256})

_RSA_BITS: Final = 2048
_EXPONENT: Final = 65537
_COORDINATE: Final = 32  # octets of a P-256 coordinate, and of each half of a signature (RFC 7518, section 3.4)
_SHA256: Final = hashes.SHA256()
_ECDSA: Final = ec.ECDSA(_SHA256)
_RSA_PADDING: Final[Mapping[str, padding.AsymmetricPadding]] = {
    RS256: padding.PKCS1v15(),
    PS256: padding.PSS(padding.MGF1(_SHA256), padding.PSS.DIGEST_LENGTH),
}

# Header members that would have the verifier take a key or an address from the token, or read it in another way.
# ``x5c`` is absent on purpose: msal sends it, and it is not looked at.
_REFUSED_MEMBERS: Final = frozenset({"jwk", "jku", "x5u", "crit", "b64", "zip", "enc"})
_HEADER_DEPTH: Final = 4


class Fault(StrEnum):
    """Why a token was refused."""

    SIZE = "size"
    FORM = "form"
    HEADER = "header"
    ALGORITHM = "algorithm"
    TYPE = "type"
    KEY = "key"
    SIGNATURE = "signature"
    EXPIRED = "expired"
    NOT_YET = "notYet"
    CLAIM = "claim"


class BadToken(Exception):
    """The token is refused. ``fault`` says why in a word, the message in a sentence; neither repeats the token."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class PublicKey:
    """A key to verify with, and the algorithms it serves.

    Raises:
        ValueError: the key is too weak or not made for one of the algorithms (RFC 7518, sections 3.3 and 3.4).
    """

    kid: str
    algorithms: frozenset[str]
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey

    def __post_init__(self) -> None:
        if not self.algorithms or not self.algorithms <= _algorithms_for(self.key):
            msg = f"this key does not serve {', '.join(sorted(self.algorithms)) or 'any algorithm'}"
            raise ValueError(msg)

    def jwk(self) -> dict[str, str]:
        """Return a JSON Web Key: ``kty``, ``kid``, ``use``, ``alg``, and ``crv``, ``x``, ``y`` or ``n``, ``e``.

        ``alg`` is left out when the key serves several.
        """
        named = {"kid": self.kid, "use": "sig"}
        if len(self.algorithms) == 1:
            named["alg"] = next(iter(self.algorithms))
        if isinstance(self.key, rsa.RSAPublicKey):
            rsa_numbers = self.key.public_numbers()
            return {"kty": "RSA", **named, "n": _of_number(rsa_numbers.n), "e": _of_number(rsa_numbers.e)}
        point = self.key.public_numbers()
        return {
            "kty": "EC",
            **named,
            "crv": "P-256",
            "x": _of_number(point.x, _COORDINATE),
            "y": _of_number(point.y, _COORDINATE),
        }


@dataclass(frozen=True)
class SigningKey:
    """A key to sign with, for one algorithm: ES256 or RS256.

    Raises:
        ValueError: another algorithm, or a key that does not serve it.
    """

    kid: str
    algorithm: str
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if self.algorithm not in {ES256, RS256}:
            msg = f"keys sign with ES256 or RS256, not {self.algorithm}"
            raise ValueError(msg)
        _ = self.public

    @cached_property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        return PublicKey(self.kid, frozenset({self.algorithm}), self.private.public_key())

    def private_der(self) -> bytes:
        """Return the private key as PKCS #8 in DER (RFC 5958), in the clear: to be sealed before it is stored."""
        return self.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @classmethod
    def from_der(cls, kid: str, algorithm: str, der: bytes) -> Self:
        """Return the key that ``private_der`` wrote.

        Raises:
            ValueError: not such a key, or not for this algorithm.
        """
        private = serialization.load_der_private_key(der, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            msg = "neither an elliptic curve key nor an RSA key"
            raise ValueError(msg)  # noqa: TRY004  (the octets are wrong, not the caller's types)
        return cls(kid, algorithm, private)


def generate_es256(kid: str) -> SigningKey:
    """Return a new P-256 key for ES256."""
    return SigningKey(kid, ES256, ec.generate_private_key(ec.SECP256R1()))


def generate_rs256(kid: str) -> SigningKey:
    """Return a new RSA key of 2048 bits for RS256; takes up to half a second, so not on the event loop."""
    return SigningKey(kid, RS256, rsa.generate_private_key(_EXPONENT, _RSA_BITS))


def sign(key: SigningKey, claims: Mapping[str, Any], typ: str) -> str:
    """Return the claims as a signed token in compact form, with ``alg``, ``typ`` and ``kid`` in its header.

    Args:
        key: the key, which fixes the algorithm.
        claims: what JSON can hold; times as numbers of seconds (RFC 7519, section 2).
        typ: what kind of token it is, such as ``JWT``, ``at+jwt`` or ``logout+jwt`` (RFC 8725, section 3.11).

    Raises:
        TypeError: a claim is nothing that JSON can hold.
    """
    signed = _header(key.algorithm, typ, key.kid) + b"." + _to_base64(msgspec.json.encode(claims))
    if isinstance(key.private, rsa.RSAPrivateKey):
        signature = key.private.sign(signed, padding.PKCS1v15(), _SHA256)
    else:
        r, s = decode_dss_signature(key.private.sign(signed, _ECDSA))
        signature = r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
    return (signed + b"." + _to_base64(signature)).decode("ascii")


def verify(
    token: str,
    keys: Mapping[str, PublicKey],
    *,
    algorithms: frozenset[str],
    typ: str | frozenset[str | None],
    longest: int = LONGEST_TOKEN,
) -> dict[str, Any]:
    """Return the claims of a token that one of the keys signed. Times, issuer and audience are still to be judged.

    Args:
        token: the compact form.
        keys: by ``kid``; a certificate's key by its SHA-256 or SHA-1 thumbprint in base64url, for clients that send
            ``x5t#S256`` or ``x5t`` and no ``kid``. A token that names no key needs a mapping of just one, under
            whatever names.
        algorithms: those that are expected here; never taken from the token.
        typ: the expected ``typ``, or several, ``None`` among them where it may be missing.
        longest: a longer one is refused unread, in characters.

    Raises:
        BadToken: refused, with the fault.
        ValueError: an algorithm is asked for that does not exist here.
    """
    if not algorithms <= ALGORITHMS:
        msg = f"no such algorithm here: {', '.join(sorted(algorithms - ALGORITHMS))}"
        raise ValueError(msg)
    if len(token) > longest:
        raise BadToken(Fault.SIZE, f"longer than {longest} characters")
    if token.count(".") != 2 or not token.isascii():
        raise BadToken(Fault.FORM, "not a signed token in compact form")
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    algorithm, key = _choose_key(_read_header(header), keys, algorithms, typ)
    _check_signature(key, algorithm, signed.encode("ascii"), _from_base64(signature))
    return _object(payload, strict_json.MAX_DEPTH)


def header_of(token: str) -> Mapping[str, Any]:
    """The header of a signed token, for whoever has verified it. Raises BadToken (FORM)."""
    return _read_header(token.partition(".")[0])


def check_times(claims: Mapping[str, Any], now: datetime, leeway: timedelta) -> None:
    """Judge ``exp``, ``nbf`` and ``iat`` (RFC 7519, section 4.1) by the machine's clock.

    Args:
        claims: ``exp`` is required, the others are judged when present.
        now: an aware moment.
        leeway: how far two clocks may be apart.

    Raises:
        BadToken: EXPIRED from ``exp`` plus leeway on, NOT_YET before ``nbf`` or ``iat`` less leeway, CLAIM when one is
            missing or no number.
        ValueError: ``now`` has no time zone.
    """
    seconds, slack = to_us(now) / 1_000_000, leeway.total_seconds()
    if seconds >= _seconds(claims, "exp") + slack:
        raise BadToken(Fault.EXPIRED, "the token has expired")
    for name in ("nbf", "iat"):
        if name in claims and seconds < _seconds(claims, name) - slack:
            raise BadToken(Fault.NOT_YET, f"the token is not valid yet ({name})")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # True is a number to Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(Fault.CLAIM, f"{name} is missing or no number")
    return value


def _choose_key(
    header: Mapping[str, Any],
    keys: Mapping[str, PublicKey],
    algorithms: frozenset[str],
    typ: str | frozenset[str | None],
) -> tuple[str, PublicKey]:
    if not _REFUSED_MEMBERS.isdisjoint(header):
        raise BadToken(Fault.HEADER, "the header has a member that is not accepted here")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise BadToken(Fault.ALGORITHM, "signed with an algorithm that is not accepted here")
    if not _is_expected(header.get("typ"), typ):
        raise BadToken(Fault.TYPE, "another kind of token is expected here")
    key = _named_key(header, keys)
    if algorithm not in key.algorithms:
        raise BadToken(Fault.ALGORITHM, "the key does not serve this algorithm")
    return algorithm, key


def _is_expected(found: object, typ: str | frozenset[str | None]) -> bool:
    expected = {typ} if isinstance(typ, str) else typ
    if found is None:
        return None in expected
    if not isinstance(found, str):
        return False
    # A media type: no matter the case, and without "application/" when it has no other slash (RFC 7515, section 4.1.9).
    kind = found.lower().removeprefix("application/")
    return any(kind == one.lower() for one in expected if one is not None)


def _named_key(header: Mapping[str, Any], keys: Mapping[str, PublicKey]) -> PublicKey:
    for member in ("kid", "x5t#S256", "x5t"):
        if member in header:
            name = header[member]
            # msal pads its thumbprints.
            key = keys.get(name if member == "kid" else name.rstrip("=")) if isinstance(name, str) else None
            break
    else:
        only = {id(one): one for one in keys.values()}  # one key may be known under several names
        key = next(iter(only.values())) if len(only) == 1 else None
    if key is None:
        raise BadToken(Fault.KEY, "signed with a key that is not known here")
    return key


def _check_signature(key: PublicKey, algorithm: str, signed: bytes, signature: bytes) -> None:
    try:
        if isinstance(key.key, rsa.RSAPublicKey):
            key.key.verify(signature, signed, _RSA_PADDING[algorithm], _SHA256)
        else:
            key.key.verify(_as_der(signature), signed, _ECDSA)
    except InvalidSignature:
        raise BadToken(Fault.SIGNATURE, "the signature does not fit") from None


def _as_der(signature: bytes) -> bytes:
    """Write the two halves of an ES256 signature as ``cryptography`` wants them."""
    if len(signature) != 2 * _COORDINATE:
        raise InvalidSignature
    r, s = signature[:_COORDINATE], signature[_COORDINATE:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


@lru_cache(maxsize=64)
def _read_header(part: str) -> Mapping[str, Any]:
    """The header's members; all tokens of one key have the same."""
    return _object(part, _HEADER_DEPTH)


def _object(part: str, max_depth: int) -> dict[str, Any]:
    try:
        value = strict_json.decode(_from_base64(part), max_depth=max_depth)
    except strict_json.BadJson:
        raise BadToken(Fault.FORM, "a part of the token is not strict JSON") from None
    if not isinstance(value, dict):
        raise BadToken(Fault.FORM, "a part of the token is not a JSON object")
    return value


def _from_base64(part: str) -> bytes:
    """Decode base64url without padding, in the one spelling that an encoder gives."""
    try:
        text = part.encode("ascii")
        octets = base64.urlsafe_b64decode(text + b"==")
    except binascii.Error:
        raise BadToken(Fault.FORM, "a part of the token is not base64url") from None
    # The library skips what it does not know and takes the other alphabet too; this sees all of it, and spare bits.
    if _to_base64(octets) != text:
        raise BadToken(Fault.FORM, "a part of the token is not base64url")
    return octets


def octets_of(text: str) -> bytes:
    """The octets that base64url without padding stands for. Raises BadToken (FORM)."""
    return _from_base64(text)


def _to_base64(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _of_number(number: int, length: int | None = None) -> str:
    return _to_base64(number.to_bytes(length or (number.bit_length() + 7) // 8, "big")).decode("ascii")


@lru_cache(maxsize=256)
def _header(algorithm: str, typ: str, kid: str) -> bytes:
    return _to_base64(msgspec.json.encode({"alg": algorithm, "typ": typ, "kid": kid}))


def _algorithms_for(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> frozenset[str]:
    if isinstance(key, rsa.RSAPublicKey):
        strong = key.key_size >= _RSA_BITS and key.public_numbers().e >= _EXPONENT
        return frozenset({RS256, PS256}) if strong else frozenset()
    return frozenset({ES256}) if isinstance(key.curve, ec.SECP256R1) else frozenset()
