"""Signing keys, tokens, and what the caller says is expected."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.ground.forging import BOTH, CLAIMS, EC_KEY, GOOD, KEYS, NOW, RSA_KEY, accept, fault_of, rsa_signer, token
from vestibule.ground.signing import (
    ES256,
    PS256,
    RS256,
    BadToken,
    Fault,
    PublicKey,
    SigningKey,
    check_times,
    sign,
    verify,
)

# --- what is signed is verified, by us and by others ---


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ES256", "RS256"])
def test_round_trip(key: SigningKey) -> None:
    text = sign(key, CLAIMS, "at+jwt")
    assert accept(text) == CLAIMS
    header = json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))
    assert header == {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid}


@pytest.mark.parametrize(("key", "reader"), [(EC_KEY, ECKey), (RSA_KEY, RSAKey)], ids=["ES256", "RS256"])
def test_an_independent_implementation_agrees(key: SigningKey, reader: Any) -> None:
    public = reader.import_key(key.public.jwk())
    assert jwt.decode(sign(key, CLAIMS, "JWT"), public, algorithms=[key.algorithm]).claims == CLAIMS
    private = reader.import_key(key.private_der())
    foreign = jwt.encode({"alg": key.algorithm, "typ": "JWT", "kid": key.kid}, CLAIMS, private)
    assert accept(foreign, "JWT") == CLAIMS


claims = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "scp", "exp", "x"]),
    st.text(max_size=20) | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.lists(st.text(max_size=5), max_size=3),
)


@given(claims)
def test_any_claims_come_back(some: dict[str, Any]) -> None:
    assert accept(sign(EC_KEY, some, "at+jwt")) == some


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    text = sign(EC_KEY, CLAIMS, "at+jwt")
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(max_codepoint=0x17F).filter(lambda one: one != text[place]))
    with pytest.raises(BadToken):
        accept(text[:place] + letter + text[place + 1 :])


@given(st.text(max_size=80) | st.lists(st.text(alphabet="eyJhbGciOiJ9_-", max_size=12), max_size=5).map(".".join))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        accept(text)


# --- what the caller says is expected ---


def test_only_expected_algorithms() -> None:
    assert fault_of(sign(RSA_KEY, CLAIMS, "at+jwt"), algorithms=frozenset({ES256})) is Fault.ALGORITHM
    assert fault_of(sign(EC_KEY, CLAIMS, "at+jwt"), algorithms=frozenset()) is Fault.ALGORITHM


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "ES384", ""])
def test_a_caller_cannot_ask_for_other_algorithms(algorithm: str) -> None:
    with pytest.raises(ValueError, match="no such algorithm"):
        verify(sign(EC_KEY, CLAIMS, "JWT"), KEYS, algorithms=frozenset({ES256, algorithm}), typ="JWT")


def test_types_compare_as_media_types() -> None:
    for typ in ("AT+JWT", "application/at+jwt", "Application/AT+jwt"):
        assert accept(token({**GOOD, "typ": typ})) == CLAIMS
    either: frozenset[str | None] = frozenset({"JWT", None})
    assert accept(token({"alg": "ES256", "kid": "ec-1"}), either) == CLAIMS
    assert accept(token({**GOOD, "typ": "jwt"}), either) == CLAIMS
    assert fault_of(token(GOOD), typ=either) is Fault.TYPE


def test_a_token_without_kid_needs_a_single_key() -> None:
    bare = token({"alg": "ES256", "typ": "at+jwt"})
    assert verify(bare, {"ec-1": EC_KEY.public}, algorithms=BOTH, typ="at+jwt") == CLAIMS
    assert fault_of(bare, keys={"rsa-1": RSA_KEY.public}) is Fault.ALGORITHM
    assert fault_of(bare, keys={}) is Fault.KEY


@pytest.mark.parametrize("member", ["x5t", "x5t#S256"])
def test_a_certificate_is_named_by_its_thumbprint(member: str) -> None:
    certified = PublicKey("cert", frozenset({RS256, PS256}), RSA_KEY.public.key)
    keys = {"dGh1bWI": certified, "other": EC_KEY.public}
    pss, pkcs1 = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH), padding.PKCS1v15()
    for algorithm, pad in ((PS256, pss), (RS256, pkcs1)):
        text = token({"alg": algorithm, "typ": "JWT", member: "dGh1bWI="}, signer=rsa_signer(pad))
        assert verify(text, keys, algorithms=frozenset({RS256, PS256}), typ="JWT") == CLAIMS
        crossed = token(
            {"alg": algorithm, "typ": "JWT", member: "dGh1bWI"}, signer=rsa_signer(pss if pad is pkcs1 else pkcs1)
        )
        assert fault_of(crossed, keys=keys, algorithms=frozenset({RS256, PS256}), typ="JWT") is Fault.SIGNATURE
    unknown = token({"alg": RS256, "typ": "JWT", member: "b3RoZXI"}, signer=rsa_signer(pkcs1))
    assert fault_of(unknown, keys=keys, typ="JWT") is Fault.KEY
    listed = token({"alg": RS256, "typ": "JWT", member: ["dGh1bWI"]}, signer=rsa_signer(pkcs1))
    assert fault_of(listed, keys=keys, typ="JWT") is Fault.KEY


def test_a_kid_goes_before_a_thumbprint() -> None:
    text = token({**GOOD, "kid": "nobody", "x5t": "ec-1"})
    assert fault_of(text) is Fault.KEY


# --- times ---


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, None),
        ({"exp": NOW.timestamp() + 0.5}, None),
        ({"exp": int(NOW.timestamp()) - 4}, None),
        ({"exp": int(NOW.timestamp()) - 5}, Fault.EXPIRED),
        ({"exp": 0}, Fault.EXPIRED),
        ({"nbf": int(NOW.timestamp()) + 5}, None),
        ({"nbf": int(NOW.timestamp()) + 6}, Fault.NOT_YET),
        ({"iat": int(NOW.timestamp()) + 6}, Fault.NOT_YET),
        ({"iat": NOW.timestamp() - 0.25}, None),
        ({"exp": None}, Fault.CLAIM),
        ({"exp": "1800000000"}, Fault.CLAIM),
        ({"exp": True}, Fault.CLAIM),
        ({"nbf": "0"}, Fault.CLAIM),
        ({"nbf": None}, Fault.CLAIM),
        ({"iat": [1]}, Fault.CLAIM),
    ],
)
def test_times(changed: dict[str, Any], fault: Fault | None) -> None:
    given_claims = {"exp": NOW.timestamp() + 600, "iat": NOW.timestamp(), "nbf": NOW.timestamp(), **changed}
    if fault is None:
        check_times(given_claims, NOW, timedelta(seconds=5))
        return
    with pytest.raises(BadToken) as caught:
        check_times(given_claims, NOW, timedelta(seconds=5))
    assert caught.value.fault is fault


def test_times_without_leeway_are_exact() -> None:
    check_times({"exp": NOW.timestamp()}, NOW - timedelta(milliseconds=1), timedelta())
    with pytest.raises(BadToken):
        check_times({"exp": NOW.timestamp()}, NOW, timedelta())
    with pytest.raises(BadToken):
        check_times({}, NOW, timedelta())
    with pytest.raises(ValueError, match="time zone"):
        check_times({"exp": 1}, NOW.replace(tzinfo=None), timedelta())


# --- keys ---


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ES256", "RS256"])
def test_a_stored_key_signs_as_before(key: SigningKey) -> None:
    stored = SigningKey.from_der(key.kid, key.algorithm, key.private_der())
    assert accept(sign(stored, CLAIMS, "at+jwt")) == CLAIMS
    assert stored.public.jwk() == key.public.jwk()


def test_public_jwks_hold_the_public_part_only() -> None:
    ec_jwk, rsa_jwk = EC_KEY.public.jwk(), RSA_KEY.public.jwk()
    assert ec_jwk.keys() == {"kty", "kid", "use", "alg", "crv", "x", "y"}
    assert {k: ec_jwk[k] for k in ("kty", "kid", "use", "alg", "crv")} == {
        "kty": "EC", "kid": "ec-1", "use": "sig", "alg": "ES256", "crv": "P-256",
    }  # fmt: skip
    assert rsa_jwk.keys() == {"kty", "kid", "use", "alg", "n", "e"}
    assert (rsa_jwk["kty"], rsa_jwk["alg"], rsa_jwk["e"]) == ("RSA", "RS256", "AQAB")
    assert "alg" not in PublicKey("cert", frozenset({RS256, PS256}), RSA_KEY.public.key).jwk()


def test_coordinates_keep_their_leading_zeros() -> None:
    # Of private keys 1, 2, 3 … the first with a coordinate below 2**248 shows it.
    numbered = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(1, 2000))
    short = next(key for key in numbered if key.public_key().public_numbers().x < 1 << 248)
    jwk = SigningKey("k", ES256, short).public.jwk()
    assert len(jwk["x"]) == len(jwk["y"]) == 43
    assert jwk["x"].startswith("A")


def test_signatures_keep_their_leading_zeros() -> None:
    for _ in range(600):
        assert len(sign(EC_KEY, {}, "JWT").rpartition(".")[2]) == 86


def test_weak_or_unfit_keys_are_refused() -> None:
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505
    odd = rsa.generate_private_key(3, 2048)
    p384 = ec.generate_private_key(ec.SECP384R1())
    for algorithm, private in ((RS256, small), (RS256, odd), (ES256, p384), (ES256, small), (RS256, p384)):
        with pytest.raises(ValueError, match="does not serve"):
            SigningKey("k", algorithm, private)
        with pytest.raises(ValueError, match="does not serve"):
            PublicKey("k", frozenset({algorithm}), private.public_key())
    for algorithm in (PS256, "HS256", "none", ""):
        with pytest.raises(ValueError, match="keys sign with"):
            SigningKey("k", algorithm, RSA_KEY.private)
    with pytest.raises(ValueError, match="any algorithm"):
        PublicKey("k", frozenset(), RSA_KEY.public.key)


def test_other_stored_octets_are_refused() -> None:
    for other in (ed448.Ed448PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()):
        der = other.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with pytest.raises(ValueError, match="neither"):
            SigningKey.from_der("k", ES256, der)
    for octets in (b"", b"x" * 100, EC_KEY.private_der()[:-1]):
        with pytest.raises(ValueError, match=r".+"):
            SigningKey.from_der("k", ES256, octets)
    with pytest.raises(ValueError, match="does not serve"):
        SigningKey.from_der("k", RS256, EC_KEY.private_der())


def test_a_key_does_not_show_itself() -> None:
    assert "private" not in repr(EC_KEY)


def test_what_json_cannot_hold_is_not_signed() -> None:
    with pytest.raises(TypeError):
        sign(EC_KEY, {"x": object()}, "JWT")
