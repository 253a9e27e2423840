"""Exports of Graph are cut into their objects, whatever they were saved as; a bad one spoils nothing else."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.importing import exports
from vestibule.importing.exports import Export, is_lines
from vestibule.importing.pieces import LONGEST, Piece, Unreadable


def export(raw: bytes) -> Export:
    return Export(io.BytesIO(raw), is_lines(raw.partition(b"\n")[0][:LONGEST]))


def read(raw: bytes | str) -> list[Piece]:
    return list(export(raw if isinstance(raw, bytes) else raw.encode()).pieces())


def problems(raw: bytes | str) -> list[tuple[int, str | None]]:
    return [(piece.line, piece.problem) for piece in read(raw)]


@pytest.mark.parametrize(
    "text",
    [
        '[{"a":1},{"a":2}]',
        '[\n{"a":1},\n{"a":2}\n]\n',
        '{"@odata.context":"x","value":[{"a":1},{"a":2}]}',
        '{\n  "value": [\n    {\n      "a": 1\n    },\n    {\n      "a": 2\n    }\n  ],\n  "@odata.count": 2\n}',
        '{"a":1}\n{"a":2}\n',
        '{"a":1}\r\n\r\n{"a":2}',
        '{"value":[{"a":1}]}{"value":[{"a":2}]}',
        '{"value":[{"a":1}]}\n{"value":[{"a":2}]}\n',
        '[{"a":1}] [] [{"a":2}]',
        '{"a":1}\n{"value":[{"a":2}]}\n',
    ],
)
def test_objects_are_found_in_every_kind_of_export(text: str):
    found = read(text)

    assert [piece.value for piece in found] == [{"a": 1}, {"a": 2}]
    assert not any(piece.problem for piece in found)


@pytest.mark.parametrize("text", ["[]", "  [ ]\n", '{"value":[]}', '{"value":[],"@odata.count":0}'])
def test_an_empty_list_is_no_mistake(text: str):
    assert read(text) == []


def test_an_object_in_many_lines_is_itself_the_object():
    assert read('{\n "id": "1",\n "businessPhones": [\n "2"\n ],\n "value": null\n}\n') == [
        Piece(1, {"id": "1", "businessPhones": ["2"], "value": None})
    ]


def test_objects_know_the_line_they_begin_in():
    found = read('{"value": [\n\n  {"a":\n 1}, {"a": 2},\n  {"a": "x\\n"}\n]}\n[\n{"a": 3}]')

    assert [piece.line for piece in found] == [3, 4, 5, 8]


def test_what_stands_beside_a_list_is_known_while_it_is_read_and_is_each_list_s_own():
    one = export(b'{"groupId":"1","value":[{"a":1}],"@odata.nextLink":"y"}{"value":[{"a":2}]}[{"a":3}]')

    assert [dict(one.head) for _ in one.pieces()] == [{"groupId": "1"}, {}, {}]


def test_what_stands_after_a_list_is_known_in_the_end():
    one = export(b'{"value":[{"a":1}],"@odata.nextLink":"y"}')

    list(one.pieces())
    assert one.head == {"@odata.nextLink": "y"}


def test_a_bad_object_spoils_nothing_else():
    found = problems(b'[{"a":1},\n{"a":1,"A":2},\n{"a":NaN},\n{"a":"\xff"},\n,{"a" 1},\n7,\n{"a":"\\ud800"},\n{"a":2}]')

    assert [line for line, problem in found if problem is None] == [1, 8]
    assert found[1] == (2, 'no JSON that can be relied on: $: the names "a" and "A" differ by case alone')
    assert found[4] == (5, "nothing stands between two commas")
    assert found[6] == (6, "an object was expected")
    for place, what in ((2, "NaN is not JSON"), (3, "not UTF-8"), (5, "Expecting"), (7, "half of a surrogate pair")):
        assert what in str(found[place][1])


def test_a_bad_line_spoils_nothing_else():
    found = problems('{"a":1}\n{"a":\nnot json\n[1]\n{"a":2}\n')

    assert [line for line, problem in found if problem is None] == [1, 5]
    assert [line for line, problem in found if problem] == [2, 3, 4]


@pytest.mark.parametrize("wrap", ['{"a":1}\n{"a":"%s"}\n{"a":2}', '[{"a":1},\n{"a":"%s"},\n{"a":2}]'])
def test_an_object_longer_than_a_mebibyte_is_refused_alone(wrap: str):
    found = problems(wrap % ("x" * (2 * LONGEST)))

    assert found == [(1, None), (2, "longer than a mebibyte"), (3, None)]


def test_a_list_larger_than_any_buffer():
    objects = [{"id": str(number), "text": 'Ä"\\\n' * 10} for number in range(30_000)]
    raw = json.dumps({"value": objects}, ensure_ascii=False).encode()
    assert len(raw) > exports.CHUNK * 8

    assert [piece.value for piece in read(raw)] == objects


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("hello", "neither a bulk-invite list", 1),
        ("PK\x03\x04", "neither a bulk-invite list", 1),
        ('<?xml version="1.0"?>', "neither a bulk-invite list", 1),
        ('\n\n"text"', "neither a bulk-invite list", 3),
        ("[1] 2", "neither a bulk-invite list", 1),
        ('[\n{"a":1},\n{"b', "a text is never closed", 3),
        ('[\n{"a":1},\n{"b":', "ends in the middle", 3),
        ('{"value":[\n{"a":1}]\n', "ends in the middle", 3),
        ('{\n"value" 1}', "this is no JSON object", 2),
        ('{\n"a":[1]]', "this is no JSON object", 1),
        ("{\n1:2}", "this is no JSON object", 2),
        ("{\n", "ends in the middle", 2),
        ('"' + "x" * (LONGEST * 5), "a text is never closed", 1),
    ],
)
def test_a_file_that_cannot_be_read_says_where(text: str, what: str, line: int):
    with pytest.raises(Unreadable, match=what) as wrong:
        read(text)
    assert wrong.value.line == line


def test_what_came_before_a_broken_end_counts():
    pieces = export(b'[{"a":1},{"a":2},{"a').pieces()

    assert [next(pieces).value, next(pieces).value] == [{"a": 1}, {"a": 2}]
    with pytest.raises(Unreadable):
        next(pieces)


def test_deep_nesting_is_refused_and_takes_no_stack():
    deep = "[" * 100_000 + "]" * 100_000
    assert problems(f'[{{"a":1}},{{"a":{deep}}},{{"a":2}}]') == [
        (1, None),
        (1, "no JSON that can be relied on: nested more than 32 deep"),
        (1, None),
    ]


_value: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=6,
)
_objects = st.lists(st.dictionaries(st.sampled_from("abcd"), _value, max_size=4), max_size=6)


@given(objects=_objects, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans(), wrapped=st.booleans())
def test_lists_come_out_as_they_went_in(objects: list[Any], indent: int | None, ascii_only: bool, wrapped: bool):
    whole = {"@odata.context": "x", "value": objects} if wrapped else objects

    assert [piece.value for piece in read(json.dumps(whole, indent=indent, ensure_ascii=ascii_only))] == objects


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]:,"\\ab1 \n'), max_size=60).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused(raw: bytes):
    most = raw.count(b"\n") + 1
    try:
        found = read(raw)
    except Unreadable as wrong:
        found = [Piece(wrong.line, {})]
    assert all(isinstance(piece.value, dict) for piece in found)
    assert all(1 <= piece.line <= most for piece in found)
