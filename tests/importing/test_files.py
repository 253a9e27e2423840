"""However a file was saved, it is read as UTF-8; what is no text stays recognisable as such."""

import codecs
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.importing.conftest import TEMPLATE
from vestibule.importing import bulk_invite
from vestibule.importing.files import open_text
from vestibule.importing.pieces import Piece, Unreadable

ROW = 'zoë@fabrikam.example,https://a.example/,true,"Välkommen,\n欢迎 𝄞"\n'


def read(path: Path) -> bytes:
    with open_text(path) as file:
        return file.read()


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_every_encoding_of_spreadsheets_and_shells_says_the_same(tmp_path: Path, encoding: str, mark: bytes):
    path = tmp_path / "list.csv"
    path.write_bytes(mark + (TEMPLATE + ROW).encode(encoding))

    assert read(path) == (TEMPLATE + ROW).encode()


@given(text=st.text(st.characters(exclude_categories=["Cs"])), big=st.booleans())
def test_any_text_comes_out_of_utf_16_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, text: str, big: bool):
    path = tmp_path_factory.mktemp("texts") / "list.csv"
    path.write_bytes(
        (codecs.BOM_UTF16_BE if big else codecs.BOM_UTF16_LE) + text.encode("utf-16-be" if big else "utf-16-le")
    )

    if text and text[0] != "\0":  # a NUL after the mark of UTF-16 is the mark of UTF-32
        assert read(path) == text.encode()


def test_lines_are_read_in_pieces_of_any_size(tmp_path: Path):
    path = tmp_path / "list.csv"
    path.write_bytes(codecs.BOM_UTF16_LE + ("é" * 100_000 + "\nend").encode("utf-16-le"))

    with open_text(path) as file:
        assert file.readline(11) == ("é" * 5).encode() + "é".encode()[:1]
        assert file.readline().endswith("é\n".encode())
        assert file.readline() == b"end"
        assert file.readline() == b""


def test_half_a_surrogate_pair_and_half_a_sign_are_no_text(tmp_path: Path):
    path = tmp_path / "list.csv"
    for broken in ("\ud800".encode("utf-16-le", "surrogatepass") + "a".encode("utf-16-le"), b"\x41"):
        path.write_bytes(codecs.BOM_UTF16_LE + "a".encode("utf-16-le") + broken)
        with pytest.raises(UnicodeDecodeError):
            read(path).decode()


def test_a_lone_surrogate_spoils_its_own_line_only(tmp_path: Path):
    path = tmp_path / "list.csv"
    rows = "ann@a.example,https://a.example/,true,\ud800\nbob@a.example,https://a.example/\n"
    path.write_bytes(codecs.BOM_UTF16_LE + (TEMPLATE + rows).encode("utf-16-le", "surrogatepass"))

    with open_text(path) as file:
        first, second = bulk_invite.pieces(file)
    assert first == Piece(3, {}, "not UTF-8; save the file as CSV UTF-8")
    assert second.value["email"] == "bob@a.example"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_utf_32_is_refused_by_name(tmp_path: Path, mark: bytes):
    path = tmp_path / "list.csv"
    path.write_bytes(mark + "version".encode("utf-32-le"))

    with pytest.raises(Unreadable, match="UTF-32"):
        open_text(path)


def test_an_empty_file_and_what_is_no_file_are_refused(tmp_path: Path):
    path = tmp_path / "empty.json"
    path.touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(Unreadable, match="empty"):
        open_text(path)
    with pytest.raises(Unreadable, match="regular file"):
        open_text(pipe)
    with pytest.raises(Unreadable, match="regular file"):
        open_text(tmp_path)


def test_closing_closes_the_file_below(tmp_path: Path):
    path = tmp_path / "list.csv"
    path.write_bytes("version".encode("utf-16"))

    with open_text(path) as file:
        raw = file.raw if isinstance(file, io.BufferedReader) else None
        assert raw is not None
    assert raw.closed
