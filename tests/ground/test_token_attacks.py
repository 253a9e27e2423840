"""The matrix of attacks on the one verifier of tokens (RFC 8725)."""

import base64
import json
import socket
import zlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from soak.sign_in_breakages_protocol import (
    any_kind_of_token,
    header_has_a_say,
    signature_not_looked_at,
    unsigned_tokens_believed,
)
from tests.ground.forging import (
    CLAIMS,
    EC_KEY,
    FOREIGN,
    GOOD,
    RSA_KEY,
    accept,
    b64,
    ec_signer,
    fault_of,
    hmac_signer,
    rsa_signer,
    token,
)
from tests.support.broken import broken
from vestibule.ground.signing import (
    Fault,
    sign,
)

# --- the attack matrix ---

EC_PEM = EC_KEY.private.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
RSA_PEM = RSA_KEY.private.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
FOREIGN_JWK = FOREIGN.public.jwk()

ATTACKS: dict[str, tuple[str, Fault]] = {
    "none": (token({**GOOD, "alg": "none"}), Fault.ALGORITHM),
    "none without signature": (token({**GOOD, "alg": "none"}, signer=lambda _: b""), Fault.ALGORITHM),
    "None in other letters": (token({**GOOD, "alg": "nOnE"}, signer=lambda _: b""), Fault.ALGORITHM),
    "no signature": (token(GOOD, signer=lambda _: b""), Fault.SIGNATURE),
    "HS256 with the EC public key": (token({**GOOD, "alg": "HS256"}, signer=hmac_signer(EC_PEM)), Fault.ALGORITHM),
    "HS256 with the RSA public key": (
        token({**GOOD, "alg": "HS256", "kid": "rsa-1"}, signer=hmac_signer(RSA_PEM)),
        Fault.ALGORITHM,
    ),
    "HS256 with an empty key": (token({**GOOD, "alg": "HS256"}, signer=hmac_signer(b"")), Fault.ALGORITHM),
    "HMAC, called ES256": (token(GOOD, signer=hmac_signer(EC_PEM)), Fault.SIGNATURE),
    "RS256 for the EC key": (
        token({**GOOD, "alg": "RS256"}, signer=rsa_signer(padding.PKCS1v15())),
        Fault.ALGORITHM,
    ),
    "ES256 for the RSA key": (token({**GOOD, "kid": "rsa-1"}), Fault.ALGORITHM),
    "PS256, not asked for": (token({**GOOD, "alg": "PS256", "kid": "rsa-1"}), Fault.ALGORITHM),
    "PS256 signature, called RS256": (
        token(
            {**GOOD, "alg": "RS256", "kid": "rsa-1"},
            signer=rsa_signer(padding.PSS(padding.MGF1(hashes.SHA256()), 32)),
        ),
        Fault.SIGNATURE,
    ),
    "no alg": (token({"typ": "at+jwt", "kid": "ec-1"}), Fault.ALGORITHM),
    "alg as a list": (token({**GOOD, "alg": ["ES256"]}), Fault.ALGORITHM),
    "alg null": (token({**GOOD, "alg": None}), Fault.ALGORITHM),
    "embedded jwk": (token({**GOOD, "jwk": FOREIGN_JWK}, signer=ec_signer(FOREIGN)), Fault.HEADER),
    "embedded jwk, own key": (token({**GOOD, "jwk": EC_KEY.public.jwk()}), Fault.HEADER),
    "jku": (token({**GOOD, "jku": "http://127.0.0.1:9/keys"}, signer=ec_signer(FOREIGN)), Fault.HEADER),
    "x5u": (token({**GOOD, "x5u": "http://127.0.0.1:9/cert"}, signer=ec_signer(FOREIGN)), Fault.HEADER),
    "embedded x5c": (token({**GOOD, "x5c": [b64(EC_PEM)]}, signer=ec_signer(FOREIGN)), Fault.SIGNATURE),
    "foreign key of the same kid": (token(GOOD, signer=ec_signer(FOREIGN)), Fault.SIGNATURE),
    "kid traversal": (token({**GOOD, "kid": "../../../../dev/null"}), Fault.KEY),
    "kid with SQL": (token({**GOOD, "kid": "x' UNION SELECT 'key'--"}), Fault.KEY),
    "kid as a number": (token({**GOOD, "kid": 1}), Fault.KEY),
    "kid null": (token({**GOOD, "kid": None}), Fault.KEY),
    "kid as an object": (token({**GOOD, "kid": {"a": 1}}), Fault.KEY),
    "no kid, several keys": (token({"alg": "ES256", "typ": "at+jwt"}), Fault.KEY),
    "unknown crit": (token({**GOOD, "crit": ["exp"], "exp": 1}), Fault.HEADER),
    "empty crit": (token({**GOOD, "crit": []}), Fault.HEADER),
    "unencoded payload": (token({**GOOD, "b64": False}), Fault.HEADER),
    "alg twice": (token('{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"ec-1"}'), Fault.FORM),
    "alg twice by case": (token('{"alg":"ES256","ALG":"none","typ":"at+jwt","kid":"ec-1"}'), Fault.FORM),
    "claim twice": (token(GOOD, b'{"sub":"a","sub":"b"}'), Fault.FORM),
    "claim twice, escaped": (token(GOOD, b'{"sub":"a","s\\u0075b":"b"}'), Fault.FORM),
    "NaN as a time": (token(GOOD, b'{"exp":NaN}'), Fault.FORM),
    "header of a megabyte": (token({**GOOD, "x": "y" * 1_000_000}), Fault.SIZE),
    "payload of a megabyte": (token(GOOD, {"x": "y" * 1_000_000}), Fault.SIZE),
    "a million dots": ("." * 1_000_000, Fault.SIZE),
    "just too long": (token({**GOOD, "x": "y" * 12_300}), Fault.SIZE),
    "deep header": (token({**GOOD, "x": [[[[1]]]]}), Fault.FORM),
    "deep payload": (token(GOOD, b'{"a":' * 40 + b"1" + b"}" * 40), Fault.FORM),
    "zipped": (token({**GOOD, "zip": "DEF"}, zlib.compress(b"{}")[2:-4]), Fault.HEADER),
    "encrypted, five parts": (
        b64(b'{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF"}') + 4 * ".AAAA",
        Fault.FORM,
    ),
    "encrypted header, three parts": (token({**GOOD, "enc": "A256GCM"}), Fault.HEADER),
    "id token as access token": (sign(EC_KEY, CLAIMS, "JWT"), Fault.TYPE),
    "logout token as access token": (sign(EC_KEY, CLAIMS, "logout+jwt"), Fault.TYPE),
    "no typ": (token({"alg": "ES256", "kid": "ec-1"}), Fault.TYPE),
    "typ null": (token({**GOOD, "typ": None}), Fault.TYPE),
    "typ as a list": (token({**GOOD, "typ": ["at+jwt"]}), Fault.TYPE),
    "typ application/application/": (token({**GOOD, "typ": "application/application/at+jwt"}), Fault.TYPE),
    "a token in a token": (token(GOOD, sign(EC_KEY, CLAIMS, "at+jwt").encode()), Fault.FORM),
    "payload a list": (token(GOOD, [CLAIMS]), Fault.FORM),
    "payload empty": (token(GOOD, b""), Fault.FORM),
    "header a list": (token("[]"), Fault.FORM),
    "header empty": (token(b""), Fault.FORM),
    "header in UTF-16": (token(json.dumps(GOOD).encode("utf-16")), Fault.FORM),
    "JSON serialization": (json.dumps({"payload": "", "signatures": []}), Fault.FORM),
    "empty": ("", Fault.FORM),
    "two parts": (sign(EC_KEY, CLAIMS, "at+jwt").rpartition(".")[0], Fault.FORM),
    "signature of zeros": (token(GOOD, signer=lambda _: bytes(64)), Fault.SIGNATURE),
    "signature r = s = group order": (
        token(
            GOOD, signer=lambda _: bytes.fromhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") * 2
        ),
        Fault.SIGNATURE,
    ),
    "signature in DER": (
        token(GOOD, signer=lambda signed: EC_KEY.private.sign(signed, ec.ECDSA(hashes.SHA256()))),  # type: ignore[call-arg,arg-type]
        Fault.SIGNATURE,
    ),
    "signature with a zero between the halves": (
        token(GOOD, signer=lambda s: (raw := ec_signer(EC_KEY)(s))[:32] + b"\0" + raw[32:]),
        Fault.SIGNATURE,
    ),
    "signature with more behind": (token(GOOD, signer=lambda s: ec_signer(EC_KEY)(s) + b"\0"), Fault.SIGNATURE),
}


@pytest.mark.parametrize(("text", "fault"), ATTACKS.values(), ids=ATTACKS.keys())
@broken(unsigned_tokens_believed, case="none]")
@broken(signature_not_looked_at, case="foreign key")
@broken(header_has_a_say, case="jku")
@broken(any_kind_of_token, case="id token as")
def test_attacks_are_refused_without_asking_anyone(text: str, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    def outbound(*_: object) -> None:
        pytest.fail("the verifier opened a connection")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, outbound)
    assert fault_of(text) is fault


def test_the_attacker_of_this_file_can_make_a_good_token() -> None:
    assert accept(token(GOOD)) == CLAIMS
    assert accept(token({**GOOD, "x5c": ["whatever\n"]})) == CLAIMS
    longest = next(text for n in range(12_300, 0, -1) if len(text := token({**GOOD, "x": "y" * n})) <= 16 * 1024)
    assert len(longest) > 16 * 1024 - 3
    assert accept(longest) == CLAIMS
    rsa_header = {"alg": "RS256", "typ": "at+jwt", "kid": "rsa-1"}
    assert accept(token(rsa_header, signer=rsa_signer(padding.PKCS1v15()))) == CLAIMS


def test_one_token_has_one_spelling() -> None:
    text = sign(EC_KEY, CLAIMS, "at+jwt")
    head, body, signature = text.split(".")
    spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 64 octets leave four spare bits in the last letter: the neighbour decodes to the same octets.
    neighbour = signature[:-1] + spare[spare.index(signature[-1]) ^ 1]
    assert base64.urlsafe_b64decode(neighbour + "==") == base64.urlsafe_b64decode(signature + "==")
    for other in (
        f"{head}.{body}.{neighbour}",
        f"{head}.{body}.{signature}==",
        f"{head}.{body}.{signature}\n",
        f"{head}.{body}.{signature[:40]} {signature[40:]}",
        f" {text}",
        f"{head}=.{body}.{signature}",
    ):
        assert fault_of(other) in {Fault.FORM, Fault.SIGNATURE}


def test_a_signature_keeps_its_leading_zeros() -> None:
    texts = (token(GOOD) for _ in range(8000))
    text, raw = next(
        (text, raw) for text in texts if (raw := base64.urlsafe_b64decode(text.rpartition(".")[2] + "=="))[32] == 0
    )
    assert accept(text) == CLAIMS
    assert fault_of(f"{text.rpartition('.')[0]}.{b64(raw[:32] + raw[33:])}") is Fault.SIGNATURE


def test_the_other_base64_alphabet_is_refused() -> None:
    header = token({**GOOD, "x": "~~~???ooo>>>"})
    assert "_" in header.split(".")[0] or "-" in header.split(".")[0]
    head, rest = header.split(".", 1)
    assert fault_of(f"{head.replace('_', '/').replace('-', '+')}.{rest}") is Fault.FORM
