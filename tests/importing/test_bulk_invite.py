"""Entra's bulk-invite list: its template, what spreadsheets make of it, and lines that are wrong."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.importing.conftest import HEADINGS, TEMPLATE
from vestibule.importing import bulk_invite
from vestibule.importing.pieces import Piece, Unreadable

LINK = "https://apps.contoso.example/"
BROKEN = "a quotation mark is never closed, or stands in the wrong place"


def read(text: str | bytes) -> list[Piece]:
    raw = text if isinstance(text, bytes) else text.encode()
    return list(bulk_invite.pieces(io.BytesIO(raw)))


def row(email: str, *, send: bool = False, message: str | None = None, **more: Any) -> dict[str, Any]:
    return {"email": email, "redirectUrl": LINK, "send": send, "message": message, "leftOut": [], **more}


@pytest.mark.parametrize(
    "first",
    [b"version:v1.0\n", b"version:v1.0,,,\r\n", b'"version:v1.0";;;\n', b"Version:V1.0", b" version:v1.0\t\t\t\n"],
)
def test_a_list_is_known_by_its_first_line(first: bytes):
    assert bulk_invite.is_one(first)


@pytest.mark.parametrize("first", [b"version:v1.1\n", b"userPrincipalName,displayName\n", b"{\n", b"", b"version\n"])
def test_and_nothing_else_is_one(first: bytes):
    assert not bulk_invite.is_one(first)


def test_each_line_is_a_guest():
    found = read(
        f"{TEMPLATE}ann@fabrikam.example,{LINK},true,Hello Ann\n"
        f"bob@fabrikam.example,{LINK},FALSE,\n"
        f"cid@fabrikam.example,{LINK}\n"
    )
    assert found == [
        Piece(3, row("ann@fabrikam.example", send=True, message="Hello Ann")),
        Piece(4, row("bob@fabrikam.example")),
        Piece(5, row("cid@fabrikam.example")),
    ]


def test_a_message_keeps_its_commas_quotation_marks_and_lines_and_the_lines_are_counted_on():
    found = read(f'{TEMPLATE}ann@a.example,{LINK},true,"Hi, ""Ann""\r\nwelcome"\r\nbob@a.example,{LINK},true,\r\n')

    assert found[0] == Piece(3, row("ann@a.example", send=True, message='Hi, "Ann"\r\nwelcome'))
    assert (found[1].line, found[1].value["email"]) == (5, "bob@a.example")


def test_empty_lines_and_lines_of_commas_say_nothing():
    found = read(f"{TEMPLATE}\n,,,\n  \nann@a.example,{LINK}\n\n")

    assert [(piece.line, piece.problem) for piece in found] == [(6, None)]


@pytest.mark.parametrize(("sign", "end"), [(";", "\r\n"), ("\t", "\n")])
def test_spreadsheets_of_other_languages_put_other_signs_between(sign: str, end: str):
    text = f"version:v1.0{sign * 3}\n{HEADINGS.replace(',', sign)}ann@a.example,{LINK},true,a;b".replace("\n", end)
    found = read(text.replace("example,", f"example{sign}").replace(",true,a;b", f'{sign}true{sign}"a,b"'))

    assert found == [Piece(3, row("ann@a.example", send=True, message="a,b"))]


def test_headings_in_another_order_language_and_case():
    headings = "Bericht [CustomizedMessageBody],Adres [INVITEEEMAIL] Vereist,Omleiding [inviteRedirectUrl] Vereist"
    found = read(f"version:v1.0\n{headings}\nHallo,ann@a.example,{LINK}\n")

    assert found == [Piece(3, row("ann@a.example", message="Hallo"))]


def test_another_column_is_told_of_where_it_says_something():
    found = read(f"version:v1.0\n{HEADINGS.strip()},Department\nann@a.example,{LINK},,,Sales\nbob@a.example,{LINK}\n")

    assert [piece.value["leftOut"] for piece in found] == [["Department"], []]


@pytest.mark.parametrize(
    ("headings", "missing"),
    [
        ("Name [displayName] Required,User name [userPrincipalName] Required\n", "inviteeEmail"),
        ("Email address to invite [inviteeEmail] Required\n", "inviteRedirectURL"),
        ("", "inviteeEmail"),
    ],
)
def test_other_headings_are_refused(headings: str, missing: str):
    with pytest.raises(Unreadable, match=rf"\[{missing}\] is missing") as wrong:
        read(f"version:v1.0\n{headings}")
    assert wrong.value.line == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f",{LINK},true,", "[inviteeEmail] is empty"),
        ("ann@a.example", "[inviteRedirectURL] is empty"),
        ("ann@a.example,,true", "[inviteRedirectURL] is empty"),
        (f"ann@a.example,{LINK},perhaps", "[sendEmail] is 'perhaps'; it has to be true or false"),
        (f"ann@a.example,{LINK},true,Hi, Ann", "5 values where 4 are expected; put a message in quotation marks"),
        (f'ann@a.example,{LINK},true,"Hi', BROKEN),
        (f'ann@a.example,{LINK},true,"Hi" Ann', BROKEN),
        (f"Example: ann@a.example,{LINK},true", "this is the example of the template; take the line out"),
        (f"ann@a.example,{LINK},true,{'x' * 40_000}", "longer than 32,768 octets"),
        (f'ann@a.example,{LINK},true,"{"x" * 40_000}"', "longer than 32,768 octets"),
    ],
)
def test_a_wrong_line_says_what_is_wrong_and_spoils_no_other(line: str, problem: str):
    found = read(f"{TEMPLATE}one@a.example,{LINK}\n{line}\nlast@a.example,{LINK}\n")

    assert [(piece.line, piece.problem) for piece in found] == [(3, None), (4, problem), (5, None)]
    assert found[2].value["email"] == "last@a.example"


def test_octets_that_are_no_utf_8_spoil_their_own_line():
    raw = f"{TEMPLATE}ann@a.example,{LINK},true,Ol\N{LATIN SMALL LETTER E WITH ACUTE}\nbob@a.example,{LINK}\n".encode(
        "cp1252"
    )

    assert [piece.problem for piece in read(raw)] == ["not UTF-8; save the file as CSV UTF-8", None]


def test_a_quotation_mark_that_is_never_closed_swallows_nothing_however_long_the_file():
    rows = "".join(f"guest{number}@a.example,{LINK},true,\n" for number in range(5_000))
    found = read(f'{TEMPLATE}ann@a.example,{LINK},true,"Hello\n{rows}')

    assert len(found) == 5_001
    assert found[0] == Piece(3, {}, BROKEN)
    assert (found[-1].line, found[-1].value["email"]) == (5_003, "guest4999@a.example")


_cell = st.text(st.sampled_from('ab@. ",;\r\n\t\x00é'), max_size=12)


@given(st.lists(st.lists(_cell, max_size=6).map(",".join), max_size=12).map("\n".join))
def test_whatever_the_lines_hold_each_is_a_guest_or_has_a_problem(text: str):
    found = read(TEMPLATE + text)

    lines = [piece.line for piece in found]
    assert lines == sorted(set(lines))
    assert all(3 <= line <= 3 + text.count("\n") for line in lines)
    assert all((piece.problem is None) == bool(piece.value) for piece in found)
