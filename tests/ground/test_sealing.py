"""The key file, sealing, key wrap and keyed hashes."""

import base64
import hashlib
import hmac
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.chance import SeededChance, SystemChance
from vestibule.ground.sealing import BadKeyFile, CannotOpen, KeyFile, Sealer, same

KEK = bytes(range(32))
KEY = bytes(range(32, 64))
sealer = Sealer(KEK, SystemChance())


# --- the key file ---


def test_a_new_key_file_is_private_complete_and_alone(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "kek")
    former = os.umask(0)
    try:
        key = file.create(SystemChance())
    finally:
        os.umask(former)
    assert len(key) == 32
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert base64.b64decode(file.path.read_bytes()) == key == file.read()
    assert list(tmp_path.iterdir()) == [file.path]


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "kek")
    key = file.create(SystemChance())
    with pytest.raises(FileExistsError):
        file.create(SystemChance())
    assert file.read() == file.read_or_create(SystemChance()) == key
    assert list(tmp_path.iterdir()) == [file.path]


def test_starting_at_once_gives_one_key(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: KeyFile(path).read_or_create(SystemChance()), range(32)))
    assert set(keys) == {KeyFile(path).read()}


def test_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KeyFile(tmp_path / "kek").read()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_key_file_open_to_others_is_refused_with_advice(tmp_path: Path, mode: int) -> None:
    file = KeyFile(tmp_path / "kek")
    file.create(SystemChance())
    file.path.chmod(mode)
    with pytest.raises(BadKeyFile, match=rf"mode {mode:04o}.*chmod 600 "):
        file.read()
    with pytest.raises(BadKeyFile):
        file.read_or_create(SystemChance())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n",
        base64.b64encode(bytes(31)),
        base64.b64encode(bytes(33)),
        b"x" * 44,
        bytes(32),
        b"=" * 44,
        b"A" * 2000,
    ],
)
def test_a_damaged_key_file_is_refused_and_kept(tmp_path: Path, text: bytes) -> None:
    file = KeyFile(tmp_path / "kek")
    file.path.write_bytes(text)
    file.path.chmod(0o600)
    with pytest.raises(BadKeyFile, match="does not hold a key"):
        file.read_or_create(SystemChance())
    assert file.path.read_bytes() == text


def test_a_pipe_or_folder_is_not_a_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    with pytest.raises(BadKeyFile, match="is not a file"):
        KeyFile(tmp_path / "pipe").read()
    with pytest.raises(BadKeyFile, match="is not a file"):
        KeyFile(tmp_path / "folder").read()


# --- key wrap ---


def test_wrapping_round_trip() -> None:
    key = sealer.new_key()
    wrapped = sealer.wrap(key)
    assert len(wrapped) == 40
    assert key not in wrapped
    assert sealer.unwrap(wrapped) == key
    assert sealer.wrap(key) == wrapped


@given(st.integers(0, 40 * 8 - 1))
def test_a_changed_wrapped_key_is_refused(bit: int) -> None:
    wrapped = bytearray(sealer.wrap(KEY))
    wrapped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        sealer.unwrap(bytes(wrapped))


def test_another_kek_or_length_cannot_unwrap() -> None:
    wrapped = sealer.wrap(KEY)
    with pytest.raises(CannotOpen):
        Sealer(KEY, SystemChance()).unwrap(wrapped)
    short_key = aes_key_wrap(sealer.derive("key wrap"), bytes(16))
    for other in (b"", wrapped[:-1], wrapped[:-8], wrapped + bytes(8), short_key):
        with pytest.raises(CannotOpen):
            sealer.unwrap(other)


# --- sealing ---


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_sealing_round_trip(plaintext: bytes, aad: bytes) -> None:
    sealed = sealer.seal(KEY, plaintext, aad)
    assert len(sealed) == len(plaintext) + 28
    assert sealer.open(KEY, sealed, aad) == plaintext
    assert len(plaintext) < 8 or plaintext not in sealed


@given(st.binary(max_size=40), st.binary(max_size=8), st.data())
def test_changed_octets_are_refused(plaintext: bytes, aad: bytes, data: st.DataObject) -> None:
    sealed = bytearray(sealer.seal(KEY, plaintext, aad))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        sealer.open(KEY, bytes(sealed), aad)


@given(st.binary(max_size=8), st.binary(max_size=8))
def test_another_context_is_refused(aad: bytes, other: bytes) -> None:
    sealed = sealer.seal(KEY, b"secret", aad)
    if aad != other:
        with pytest.raises(CannotOpen):
            sealer.open(KEY, sealed, other)


def test_another_key_or_a_shorter_value_is_refused() -> None:
    sealed = sealer.seal(KEY, b"secret", b"")
    with pytest.raises(CannotOpen):
        sealer.open(KEK, sealed, b"")
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            sealer.open(KEY, sealed[:length], b"")


def test_every_sealing_has_its_own_nonce() -> None:
    sealed = {sealer.seal(KEY, b"same", b"")[:12] for _ in range(1000)}
    assert len(sealed) == 1000
    again = [Sealer(KEK, SeededChance(3)).seal(KEY, b"same", b"") for _ in range(2)]
    assert again[0] == again[1]
    assert again[0][:12] == SeededChance(3).octets(12)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_only_256_bit_keys(length: int) -> None:
    key = bytes(length)
    with pytest.raises(ValueError, match=f"not {length}"):
        Sealer(key, SystemChance())
    with pytest.raises(ValueError, match=f"not {length}"):
        sealer.seal(key, b"", b"")
    with pytest.raises(ValueError, match=f"not {length}"):
        sealer.open(key, bytes(40), b"")
    with pytest.raises(ValueError, match=f"not {length}"):
        sealer.wrap(key)


# --- subkeys and keyed hashes ---


def test_subkeys_differ_by_label_and_kek() -> None:
    subkeys = [sealer.derive("mailbox"), sealer.derive("captured mail"), Sealer(KEY, SystemChance()).derive("mailbox")]
    assert len({*subkeys, KEK, KEY}) == 5
    assert {len(subkey) for subkey in subkeys} == {32}
    assert sealer.derive("mailbox") == Sealer(KEK, SystemChance()).derive("mailbox") == subkeys[0]


def test_a_subkey_stays_the_same_over_releases() -> None:
    # Computed by hand: HKDF-SHA256 over KEK, no salt, info "vestibule/mailbox". Stored hashes depend on it.
    assert sealer.derive("mailbox").hex() == _hkdf_by_hand(b"vestibule/mailbox")


def _hkdf_by_hand(info: bytes) -> str:
    pseudo_random_key = hmac.new(bytes(32), KEK, hashlib.sha256).digest()
    return hmac.new(pseudo_random_key, info + b"\x01", hashlib.sha256).hexdigest()


def test_macs_depend_on_label_message_and_kek() -> None:
    macs = {
        sealer.mac("mailbox", b"a@example.com"),
        sealer.mac("mailbox", b"b@example.com"),
        sealer.mac("codes", b"a@example.com"),
        Sealer(KEY, SystemChance()).mac("mailbox", b"a@example.com"),
    }
    assert len(macs) == 4
    assert {len(mac) for mac in macs} == {32}
    assert same(sealer.mac("codes", b"1"), sealer.mac("codes", b"1"))
    assert not same(sealer.mac("codes", b"1"), sealer.mac("codes", b"2"))
