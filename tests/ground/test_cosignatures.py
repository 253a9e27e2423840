"""Cosignatures: one that another implementation would make, and every bit of one that was changed."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.support.witness import Witness
from vestibule.ground import merkle, signed_notes
from vestibule.ground.cosignatures import WitnessKey, cosignature_in, with_lines
from vestibule.ground.outgoing import Answer, Outgoing
from vestibule.ground.signed_notes import BadNote, Checkpoint, Verifier
from vestibule.ground.witnesses import BadWitness, Told, asking, read_witnesses, understood

WITNESS = Witness()
TEXT = Checkpoint("id.contoso.example/audit/1", 3, merkle.EMPTY).text
NOTE = signed_notes.sign(TEXT, "id.contoso.example/audit", Ed25519PrivateKey.from_private_bytes(bytes(32)))
COSIGNED = NOTE + WITNESS.line(TEXT)
KEY = WitnessKey.parse(WITNESS.vkey)
AFTER = len(NOTE.encode())


def test_what_a_witness_signed_is_read_with_its_time():
    found = cosignature_in(COSIGNED, KEY)
    assert found is not None
    assert (found.key, found.line) == (KEY, COSIGNED.removeprefix(NOTE))
    assert found.at > 1_700_000_000
    assert str(KEY) == WITNESS.vkey


def test_others_below_it_are_let_be():
    other = Witness("other.example", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    assert cosignature_in(NOTE, KEY) is None
    assert cosignature_in(NOTE + other.line(TEXT), KEY) is None
    assert cosignature_in(NOTE + other.line("another") + WITNESS.line(TEXT), KEY) is not None


def test_of_several_the_newest_counts():
    older = COSIGNED.removeprefix(NOTE)
    later = Witness(now=lambda: WITNESS.now().replace(year=2300)).line(TEXT)
    for lines in (older + later, later + older):
        found = cosignature_in(NOTE + lines, KEY)
        assert found is not None
        assert found.line == later


def test_a_plain_signature_by_the_same_key_is_no_cosignature():
    """The type is in the id of a key: whoever signs notes and cosigns with one key is two."""
    signed = signed_notes.sign(TEXT, WITNESS.name, WITNESS.private)
    assert cosignature_in(signed, KEY) is None
    with pytest.raises(BadNote, match="no verifier key of a witness"):
        WitnessKey.parse(str(Verifier(WITNESS.name, KEY.public)))


@given(st.integers(0, len(COSIGNED.encode()) * 8 - 1))
def test_no_bit_can_be_changed(bit: int):
    """Either it is said, or it is nobody's whom we believe: never a cosignature of anything else."""
    octets = bytearray(COSIGNED.encode())
    octets[bit // 8] ^= 1 << bit % 8
    try:
        found = cosignature_in(octets.decode(), KEY)
    except (BadNote, UnicodeDecodeError):
        return
    if found is not None:
        body = octets.decode().rpartition("\n\n")[0]
        assert f"{body}\n" == TEXT, "only what others signed may be another"
        assert bit // 8 < AFTER


def test_every_bit_of_the_signature_itself_is_said():
    """From the time to the last octet, by what stands in base64."""
    line = COSIGNED.removeprefix(NOTE)
    head, _, text = line.removesuffix("\n").rpartition(" ")
    octets = base64.b64decode(text)
    for bit in range(4 * 8, len(octets) * 8):
        wrong = bytearray(octets)
        wrong[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadNote, match="does not fit"):
            cosignature_in(f"{NOTE}{head} {base64.b64encode(wrong).decode()}\n", KEY)


def test_an_answer_that_makes_another_text_of_the_checkpoint_is_none():
    """Whoever answers with an empty line would make the signatures so far a part of what is signed."""
    answer = Answer(200, {}, f"\n{WITNESS.line(NOTE)}".encode())
    assert cosignature_in(NOTE + answer.body.decode(), KEY) is not None, "of another text it is one"
    said = understood(answer, NOTE, KEY)
    assert (said.told, said.why, said.cosignature) == (Told.WRONG, "its answer is more than signatures", None)


def test_lines_stand_below_a_note_once():
    line = COSIGNED.removeprefix(NOTE)
    assert with_lines(NOTE, [line, line]) == with_lines(COSIGNED, [line]) == COSIGNED


def test_what_is_asked():
    assert asking(0, [], NOTE) == f"old 0\n\n{NOTE}".encode()
    proof = [bytes(32), b"x" * 32]
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in proof)
    assert asking(12, proof, NOTE) == f"old 12\n{lines}\n{NOTE}".encode()


@pytest.mark.parametrize(
    "text",
    [
        f"{WITNESS.vkey} https://witness.example/prefix",
        f"{WITNESS.vkey}@https://witness.example/prefix/",
        f"\n  {WITNESS.vkey}\thttps://witness.example/prefix/add-checkpoint\n,\n",
    ],
)
def test_a_witness_is_written_down_in_either_way(text: str):
    [found] = read_witnesses(text, Outgoing().check)
    assert (str(found.key), found.name, found.url) == (WITNESS.vkey, WITNESS.name, "https://witness.example/prefix")


def test_several_are_told_apart():
    other = Witness("other.example", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    both = [f"{one.vkey} https://{one.name}" for one in (WITNESS, other)]
    for between in ("\n", ",", ", "):
        assert [one.name for one in read_witnesses(between.join(both), Outgoing().check)] == [WITNESS.name, other.name]
    assert read_witnesses(" \n", Outgoing().check) == ()


NAME, ID, PUBLIC = WITNESS.vkey.split("+", 2)
WRONG = {
    "https://witness.example": "say its verifier key, a space, and its address",
    WITNESS.vkey: "say its verifier key, a space, and its address",
    f"{NAME}+00000000+{PUBLIC} https://w.example": "the id of this verifier key is not that of its name and key",
    f"{Verifier(NAME, KEY.public)} https://w.example": "cosignature/v1",
    f"{NAME}+{ID}+AAAA https://w.example": "cosignature/v1",
    f"{WITNESS.vkey} http://w.example": "say an https address",
    f"{WITNESS.vkey} https://me:secret@w.example": "say an https address",
    f"{WITNESS.vkey} https://w.example/?a=1": "has a question",
    f"{WITNESS.vkey} https://w.example\n{WITNESS.vkey} https://x.example": "is there twice",
}


@pytest.mark.parametrize("text", WRONG)
def test_one_that_cannot_be_used_is_refused_with_what_would_do(text: str):
    with pytest.raises(BadWitness) as bad:
        read_witnesses(text, Outgoing().check)
    assert WRONG[text] in str(bad.value)


def test_there_are_no_more_than_a_note_can_bear():
    several = [Witness(f"w{number}.example") for number in range(17)]
    with pytest.raises(BadWitness, match="at most 16"):
        read_witnesses("\n".join(f"{one.vkey} https://{one.name}" for one in several), Outgoing().check)
