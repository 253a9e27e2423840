"""Signed notes: one that another implementation signed, and every way in which one can be wrong."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground import merkle, signed_notes
from vestibule.ground.signed_notes import BadNote, Checkpoint, Verifier

# From the documentation of golang.org/x/mod/sumdb/note, which defined the format.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\N{EM DASH} PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NAME = "id.contoso.example/audit"


@pytest.fixture(scope="module")
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def verifier(private: Ed25519PrivateKey) -> Verifier:
    return Verifier(NAME, private.public_key().public_bytes_raw())


@pytest.fixture(scope="module")
def note(private: Ed25519PrivateKey) -> str:
    return signed_notes.sign(Checkpoint(f"{NAME}/1", 3, merkle.EMPTY).text, NAME, private)


def test_a_note_that_somebody_else_signed():
    verifier = Verifier.parse(PETER)
    assert str(verifier) == PETER
    assert signed_notes.open_note(KNOWN, verifier).startswith("If you think cryptography")


def test_a_checkpoint_is_signed_and_read_again(note: str, verifier: Verifier):
    assert Verifier.parse(str(verifier)) == verifier
    assert Checkpoint.parse(signed_notes.open_note(note, verifier)) == Checkpoint(f"{NAME}/1", 3, merkle.EMPTY)


def test_what_witnesses_sign_below_is_let_be(note: str, verifier: Verifier):
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    text = signed_notes.open_note(note, verifier)
    witness = signed_notes.sign(text, "witness.example", other).rpartition("\n\n")[2]
    assert signed_notes.open_note(note + witness, verifier) == text
    assert signed_notes.open_note(note + witness, Verifier("witness.example", other.public_key().public_bytes_raw()))


def test_lines_that_others_add_to_a_checkpoint_are_let_be():
    text = Checkpoint("log", 1, merkle.EMPTY).text + "more\n"
    assert Checkpoint.parse(text) == Checkpoint("log", 1, merkle.EMPTY)


@given(st.data())
def test_no_octet_of_a_note_can_be_changed(note: str, verifier: Verifier, data: st.DataObject):
    at = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != note[at]))
    with pytest.raises(BadNote):
        signed_notes.open_note(note[:at] + other + note[at + 1 :], verifier)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "no signed note"),
        ("text\n", "no signed note"),
        ("text\n\n\N{EM DASH} a AAAAAAA=", "no signed note"),
        ("te\txt\n\n\N{EM DASH} a AAAAAAA=\n", "no signed note"),
        ("text\n\n\N{EM DASH} a b c\n", "cannot be read"),
        ("text\n\n- a AAAAAAA=\n", "cannot be read"),
        ("text\n\n\N{EM DASH} a AAAAAAA=\n", "not signed by"),
        ("x" * 20_000, "too long"),
    ],
)
def test_what_is_no_note_of_ours(verifier: Verifier, note: str, why: str):
    with pytest.raises(BadNote, match=why):
        signed_notes.open_note(note, verifier)


@pytest.mark.parametrize(
    "text", ["", "name", "na me+c74f20a3+AQ==", PETER.replace("c7", "c8"), PETER[:-2], f"{PETER}="]
)
def test_what_is_no_verifier_key(text: str):
    with pytest.raises(BadNote):
        Verifier.parse(text)


@pytest.mark.parametrize("size", ["01", "-1", "1.0", "", "\N{ARABIC-INDIC DIGIT ONE}", "1 "])
def test_a_size_has_one_form(size: str):
    root = Checkpoint("log", 1, merkle.EMPTY).text.split("\n")[2]
    with pytest.raises(BadNote):
        Checkpoint.parse(f"log\n{size}\n{root}\n")


@pytest.mark.parametrize("text", ["", "log\n1\n", "\n1\nAAAA\n", "log\n1\nAAAA\n", "log\n1\nAAAA"])
def test_what_is_no_checkpoint(text: str):
    with pytest.raises(BadNote):
        Checkpoint.parse(text)
