"""The strict JSON decoder, by example and against the standard library's reader."""

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vestibule.ground import strict_json
from vestibule.ground.strict_json import BadJson, decode

REFUSED = {
    "empty": (b"", "line 1, column 1: Expecting value"),
    "blank": (b" \n", "line 2, column 1: Expecting value"),
    "cut off": (b'{"a":[1,', "line 1, column 9: Expecting value"),
    "trailing comma": (b"[1,]", "line 1, column 4: "),
    "two values": (b"1 2", "line 1, column 3: Extra data"),
    "single quotes": (b"{'a':1}", "line 1, column 2: "),
    "comment": (b"[1] // one", "line 1, column 5: Extra data"),
    "leading zero": (b"01", "line 1, column 2: Extra data"),
    "control character": (b'"a\x01"', "Invalid control character"),
    "NUL between": (b"[1,\x002]", "line 1, column 4: "),
    "form feed as blank": (b"\x0c1", "line 1, column 1: "),
    "bad escape": (b'"\\x41"', "Invalid \\escape"),
    "bad unicode escape": (b'"\\u00g0"', "Invalid \\uXXXX escape"),
    "twice": (b'{"a":1,"a":1}', '$: the name "a" occurs twice'),
    "twice, far inside": (b'{"value":[{},{"x":{"a":1,"b":2,"a":3}}]}', '$.value[1].x: the name "a" occurs twice'),
    "twice, one escaped": (b'{"a":1,"\\u0061":2}', '$: the name "a" occurs twice'),
    "twice, both escaped": (b'{"\\u0061":1,"\\u0061":2}', '$: the name "a" occurs twice'),
    "twice, solidus escaped": (b'{"a/b":1,"a\\/b":2}', '$: the name "a/b" occurs twice'),
    "twice, beside an escaped colon": (b'{"a":1,"a":"\\u003a"}', '$: the name "a" occurs twice'),
    "empty name twice": (b'{"":1,"":2}', '$: the name "" occurs twice'),
    "by case alone": (b'{"userType":1,"b":2,"UserType":3}', '$: the names "userType" and "UserType" differ by case'),
    "by case, one escaped": (b'{"a":1,"\\u0041":2}', '$: the names "a" and "A" differ by case alone'),
    "by case, accented": ('{"é":1,"É":2}'.encode(), "differ by case alone"),
    "by case, Kelvin sign": ('{"k":1,"\u212a":2}'.encode(), "differ by case alone"),
    "by case, long s": ('{"s":1,"\u017f":2}'.encode(), "differ by case alone"),
    "by case, sharp s": ('{"ss":1,"ß":2}'.encode(), "differ by case alone"),
    "twice, under an odd name": (b'{"a b":{"x":1,"x":2}}', '$["a b"]: the name "x" occurs twice'),
    "NaN": (b'{"a":NaN}', "$.a: NaN is not JSON"),
    "Infinity": (b"[Infinity]", "$[0]: Infinity is not JSON"),
    "-Infinity": (b"-Infinity", "$: -Infinity is not JSON"),
    "two faults, the first is named": (b'{"a":[1,NaN],"b":Infinity}', "$.a[1]: NaN"),
    "double overflow": (b"[0,1e400]", "$[1]: the number 1e400 does not fit in a double"),
    "2**63": (b"9223372036854775808", "$: the integer 9223372036854775808 does not fit in 64 bits"),
    "-2**63-1": (b"[-9223372036854775809]", "$[0]: the integer -9223372036854775809 does not fit in 64 bits"),
    "2**64": (b'{"a":18446744073709551616}', "$.a: the integer 18446744073709551616 does not"),
    "a million digits": (b"9" * 1_000_000, "does not fit in 64 bits"),
    "byte order mark": (b"\xef\xbb\xbf{}", "octet 0: a byte order mark"),
    "UTF-16": ("{}".encode("utf-16"), "octet 0: not UTF-8"),
    "UTF-16 without mark": ("{}".encode("utf-16-le"), "line 1, column 2: "),
    "Latin-1": ('{"a":"é"}'.encode("latin-1"), "octet 6: not UTF-8"),
    "overlong": (b'"\xc0\xaf"', "octet 1: not UTF-8"),
    "cut inside a character": (b'"\xe2\x82"', "octet 1: not UTF-8"),
    "surrogate as octets": (b'"\xed\xa0\x80"', "octet 1: not UTF-8"),
    "high surrogate alone": (b'{"a":["\\ud83d"]}', "$.a[0]: half of a surrogate pair"),
    "low surrogate alone": (b'"\\ude00"', "$: half of a surrogate pair"),
    "surrogates the wrong way round": (b'"\\ude00\\ud83d"', "$: half of a surrogate pair"),
    "surrogate in a name": (b'{"b":{"\\ud83d":1}}', "$.b: half of a surrogate pair"),
    "33 deep": (b"[" * 33 + b"]" * 33, "$" + "[0]" * 32 + ": nested more than 32 deep"),
    "33 deep, mixed": (b'{"a":[' * 16 + b"{}" + b"]}" * 16, "nested more than 32 deep"),
    "a million deep": (b"[" * 1_000_000, "nested more than 32 deep"),
    "a million objects deep": (b'{"a":' * 200_000, "nested more than 32 deep"),
}


@pytest.mark.parametrize(("raw", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_place_and_reason(raw: bytes, message: str) -> None:
    with pytest.raises(BadJson) as caught:
        decode(raw)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a":1,"b":[true,false,null]}', {"a": 1, "b": [True, False, None]}),
        (b' \r\n\t"x" ', "x"),
        (b'{"a":{"a":{"a":[{"a":1},{"a":2}]}}}', {"a": {"a": {"a": [{"a": 1}, {"a": 2}]}}}),
        (b'{"id":":","x":"a:b\\":{}"}', {"id": ":", "x": 'a:b":{}'}),
        (b'{"a":"A","b":"a"}', {"a": "A", "b": "a"}),
        (b'"\\ud83d\\ude00"', "😀"),
        ('"😀é"'.encode(), "😀é"),
        (b'"\\u0000"', "\0"),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b'"18446744073709551616"', "18446744073709551616"),
        (b"0.12345678901234567890123", 0.12345678901234568),
        (b"1.7976931348623157e308", sys.float_info.max),
        (b"1e-400", 0.0),
        (b"-0.0", -0.0),
        (b"[" * 32 + b"]" * 32, None),
        (b'{"a":[' * 16 + b"1" + b"]}" * 16, None),
        (b"[" + b"[]," * 500 + b"{}]", [[]] * 500 + [{}]),
        (b'"' + b"[{" * 500 + b'"', "[{" * 500),
    ],
)
def test_accepted(raw: bytes, value: Any) -> None:
    read = decode(raw)
    if value is None:
        value = json.loads(raw)
    assert read == value
    assert type(read) is type(value)


def test_the_depth_limit_can_be_set() -> None:
    assert decode(b"1", max_depth=0) == 1
    assert decode(b'[{"a":1}]', max_depth=2) == [{"a": 1}]
    assert decode(b'"[[[["', max_depth=0) == "[[[["
    for raw in (b'[{"a":[]}]', b'[[],{"\\u0061":[]}]'):
        with pytest.raises(BadJson, match="nested more than 2 deep"):
            decode(raw, max_depth=2)


names = st.text(max_size=4) | st.sampled_from(["a", "A", "id", "ID", "Id", "k", "\u212a", ":", "\\", '"', "é", "É"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4))
spellings = st.sampled_from([{"ensure_ascii": True}, {"ensure_ascii": False}, {"indent": 1, "ensure_ascii": False}])


def has_equal_names(value: Any) -> bool:
    if isinstance(value, dict):
        return len({name.casefold() for name in value}) < len(value) or any(map(has_equal_names, value.values()))
    return isinstance(value, list) and any(map(has_equal_names, value))


@given(values, spellings)
def test_whatever_is_written_strictly_is_read_back(value: Any, spelling: dict[str, Any]) -> None:
    raw = json.dumps(value, **spelling).encode()
    if has_equal_names(value):
        with pytest.raises(BadJson, match="differ by case alone"):
            decode(raw)
    else:
        assert repr(decode(raw)) == repr(value)


pairs = st.lists(
    st.tuples(names, st.sampled_from(["1", '":"', '"\\u003a"', "{}", '[{"a":1}]'])), min_size=1, max_size=5
)


@given(pairs, st.booleans(), st.booleans())
@example([("a", "1"), ("a", '":"')], False, False)
def test_equal_names_are_found_however_they_are_written(
    members: list[tuple[str, str]],
    escaped: bool,
    nested: bool,
) -> None:
    text = "{" + ",".join(f"{json.dumps(name, ensure_ascii=escaped)}:{value}" for name, value in members) + "}"
    raw = (f'[{{"x":{text}}}]' if nested else text).encode()
    if len({name.casefold() for name, _ in members}) < len(members):
        with pytest.raises(BadJson, match=r"occurs twice|differ by case alone"):
            decode(raw)
    else:
        assert decode(raw) == json.loads(raw)


json_like = st.text(alphabet='{}[]":,\\u0123456789.eE+-atrufslnNIfiy \né\ud83d'.replace("\ud83d", "😀"), max_size=24)


@given(json_like.map(str.encode) | st.binary(max_size=12))
@example(b'{"a":1,"A":NaN}')
def test_both_roads_agree_on_any_text(raw: bytes) -> None:
    try:
        quick: Any = ("read", repr(strict_json._quick(raw, 3)))
    except Exception:  # noqa: BLE001  (every refusal of the quick road leaves the answer to the thorough one)
        return
    assert quick == ("read", repr(strict_json._thorough(raw, 3)))


@given(json_like.map(str.encode) | st.binary(max_size=40))
def test_any_octets_are_read_or_refused_with_a_reason(raw: bytes) -> None:
    try:
        value = decode(raw)
    except BadJson as refused:
        assert str(refused)  # noqa: PT017
    else:
        assert repr(value) == repr(json.loads(raw))


def test_folding_case_never_makes_or_unmakes_punctuation() -> None:
    punctuation = set('":{}[],\\')
    for code in [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]:
        letter = chr(code)
        if letter not in punctuation:
            assert not punctuation & set(letter.casefold())
        else:
            assert letter.casefold() == letter


def test_doubles_are_read_alike_on_both_roads() -> None:
    for text in (b"0.1", b"2.2250738585072011e-308", b"123456789012345678e-20", b"5e-324", b"9007199254740993.0"):
        quick = strict_json._quick(text, 0)
        assert math.isclose(quick, float(text), rel_tol=0, abs_tol=0)
