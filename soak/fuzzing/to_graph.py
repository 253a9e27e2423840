"""Requests to the Graph door and for leaving: from its own description, and beside it."""

import random
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from soak.fuzzing import odata, words
from soak.fuzzing.asking import Asked
from soak.fuzzing.known import Known
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.openapi import document
from vestibule.doors.graph.routing import Route

ORIGIN = "https://vestibule.example"
JSON = "application/json"
CALLERS = ("nobody", "sam", "adele", "admin", "admin", "program", "program", "program", "idle program",
           "fabrikam-admin",
           "visitor", "stranger")  # fmt: skip
DESCRIBED_OF_EACH = 2
_PARAMETER = re.compile(r"(=?)\{([a-z_]+)\}")
_TAILS = ("", "", "/", "//", "/$count", "/$ref", "/$value", "/displayName", "/displayName/$value",
          "/microsoft.graph.user",
          "/graph.group", "/$count/$count", "/delta", "/delta()", "/delta(x=1)", "/getMemberGroups", "()", "('a')",
          "(id='a')",
          "(a=1,a=2)", "/graph.user/$count", "/$batch", "/..", "/.", ";a=b", "/%00", "/%2F", "/%ff",
          "/manager/manager/manager",
          "/" + "a/" * 300, "/" + "x" * 5_000, "(" * 500, "/$links", "/$metadata", "/$entity",
              "/microsoft.graph.delta()")  # fmt: skip


@cache
def routes() -> tuple[Route[Handler], ...]:
    """Every route."""
    return tuple(TABLE)


@cache
def lists() -> tuple[Route[Handler], ...]:
    """The routes that take query options."""
    return tuple(route for route in routes() if route.query is not None and route.method == "GET")


@cache
def _operations() -> tuple[APIOperation[Any, Any, Any, Any], ...]:
    schema = schemathesis.openapi.from_dict(document(TABLE, ORIGIN))
    return tuple(one.ok() for one in schema.get_all_operations() if isinstance(one, Ok))


@lru_cache(1)
def described(name: str) -> list[Case[Any]]:
    """Requests that the description allows, some of each operation; the same for the same name."""
    found: list[Case[Any]] = []
    for number, operation in enumerate(_operations()):

        @seed(random.Random(f"{name}/{number}").getrandbits(32))
        @settings(
            max_examples=DESCRIBED_OF_EACH,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def gather(case: Case[Any]) -> None:
            found.append(case)

        gather()
    return found


def requests(chance: random.Random, known: Known, cases: list[Case[Any]]) -> Iterator[Asked]:
    """One after the other, without end."""
    while True:
        turn = chance.random()
        if turn < 0.35:
            yield from_case(chance, known, chance.choice(cases))
        elif turn < 0.65:
            yield listing(chance, known)
        elif turn < 0.8:
            yield beside(chance, known)
        elif turn < 0.9:
            yield leaving(chance, known)
        else:
            yield batch(chance, known, cases)


def from_case(chance: random.Random, known: Known, case: Case[Any]) -> Asked:
    """What the description allows, mostly with ids that exist, and half of the time with something wrong in it."""
    path: str = case.path
    for name, made_up in (case.path_parameters or {}).items():
        value = known.id_of(chance, name) if chance.random() < 0.9 else str(made_up)
        path = path.replace(f"{{{name}}}", words.in_path(chance, value) or "x")
    made: dict[str, Any] = case.as_transport_kwargs(base_url=ORIGIN)
    query = urlencode([(name, one) for name, one in (made.get("params") or {}).items() if _is_plain(one)])
    target = quote(path, safe="/%'()=,$.@:+&!*~;") + (f"?{query}" if query else "")
    body, wrong = b"", chance.random()
    if case.method.upper() in {"POST", "PATCH", "PUT"}:
        whole = _with_ids(chance, known, made["json"]) if "json" in made else {}
        body = words.written(words.bent(chance, whole) if wrong < 0.4 else whole)
        body = words.spoiled(chance, body) if wrong > 0.92 else body
    method = case.method.upper() if chance.random() < 0.97 else chance.choice(words.METHODS)
    return Asked("graph", method, target, chance.choice(CALLERS), words.headers(chance), body, JSON if body else "")


def _is_plain(given: object) -> bool:
    return isinstance(given, str | int | float)


def _with_ids(chance: random.Random, known: Known, whole: Any) -> Any:
    """The same body with ids and references that lead somewhere."""
    if isinstance(whole, dict):
        return {name: _with_id(chance, known, name, one) for name, one in whole.items()}
    return whole


def _with_id(chance: random.Random, known: Known, name: str, one: Any) -> Any:
    lower = name.lower()
    if chance.random() < 0.2:
        return one
    if lower == "@odata.id":
        return f"{ORIGIN}/v1.0/directoryObjects/{known.id_of(chance, 'object')}"
    if lower in {"invitedUserEmailAddress".lower(), "mail"}:
        return f"fuzz{chance.randrange(60)}@elsewhere.example"
    if lower == "inviteredirecturl":
        return "https://apps.example/"
    if lower == "userprincipalname":
        return f"fuzz{chance.randrange(10_000)}@contoso.example"
    if lower.endswith("id") and isinstance(one, str):
        return known.id_of(chance, "user")
    if isinstance(one, list) and lower.endswith("ids"):
        return [known.id_of(chance, "object") for _ in range(chance.randrange(5))]
    return one


def listing(chance: random.Random, known: Known) -> Asked:
    """A list with query options, or the next page of one."""
    if chance.random() < 0.1:
        link = known.one(chance, "link")
        parts = urlsplit(link) if link.startswith(f"{ORIGIN}/") else None
        if parts is not None:
            target = f"{quote(parts.path, safe='/%()$=,.')}?{quote(parts.query, safe='%&=$+/()._-,')}"
            return Asked("graph", "GET", target, chance.choice(CALLERS), words.headers(chance))
    route = chance.choice(lists())
    assert route.query is not None
    target = _filled(chance, known, route) + odata.query(chance, known, route.query)
    eventual = (("ConsistencyLevel", b"eventual"),) if chance.random() < 0.6 else ()
    method = "GET" if chance.random() < 0.95 else "HEAD"
    return Asked("graph", method, target, chance.choice(CALLERS), (*eventual, *words.headers(chance)))


def _filled(chance: random.Random, known: Known, route: Route[Handler]) -> str:
    """The path of a route, its parameters filled in."""

    def filled(found: re.Match[str]) -> str:
        value = words.in_path(chance, known.id_of(chance, found[2])) or "x"
        return f"='{value}'" if found[1] and chance.random() < 0.8 else found[1] + value

    path = _PARAMETER.sub(filled, route.pattern)
    version = (
        chance.choice(route.versions) if chance.random() < 0.95 else chance.choice(("beta", "BETA", "v1.0", "v2.0", ""))
    )
    return f"/{version}{path}"


def beside(chance: random.Random, known: Known) -> Asked:
    """A path that is nearly one, with any method and any body."""
    route = chance.choice(routes())
    path = _filled(chance, known, route)
    match chance.randrange(6):
        case 0:
            path = path.replace("/", "//", chance.randrange(4))
        case 1:
            path = path.swapcase()
        case 2 if "/" in path[6:]:
            head, _, key = path.rpartition("/")
            path = f"{head}('{key}')"
        case 3:
            path = path.replace(
                "/", chance.choice(("%2F", "/%20", "/./", "/\\".replace("\\", "%5C"))), chance.randrange(3)
            )
        case _:
            pass
    path += chance.choice(_TAILS)
    method = route.method if chance.random() < 0.6 else chance.choice(words.METHODS)
    has_body = method in {"POST", "PUT", "PATCH"} or chance.random() < 0.05
    body = words.spoiled(chance, words.written(words.value(chance))) if has_body else b""
    return Asked("graph", method, path, chance.choice(CALLERS), words.headers(chance), body, JSON if body else "")


def leaving(chance: random.Random, known: Known) -> Asked:
    """Somebody's organizations, and leaving one of them; the key is there, mostly."""
    place = chance.choice(known.tenants) if chance.random() < 0.8 else words.text(chance)
    path = chance.choice(
        ("", f"/{words.in_path(chance, place)}/leave", f"/{words.in_path(chance, place)}/leavePreview")
    )
    method = "POST" if path.endswith("/leave") else "GET"
    key = (
        (
            "Idempotency-Key",
            chance.choice((b"k1", b"k2", f"{chance.random()}".encode(), b"", b"\xff", b"k" * 300, b" k ")),
        ),
    )
    body = words.spoiled(chance, chance.choice((b"", b"{}", b'{"eraseNow":true}'))) if chance.random() < 0.3 else b""
    who = chance.choice(("sam", "visitor", "adele", "adele", "admin", "program", "nobody"))
    headers = (*(key if chance.random() < 0.8 else ()), *words.headers(chance))
    version = chance.choice(("beta", "beta", "beta", "Beta", "v1.0"))
    return Asked("graph", method, f"/{version}/me/organizations{path}", who, headers, body, JSON if body else "")


def batch(chance: random.Random, known: Known, cases: list[Case[Any]]) -> Asked:
    """Several requests in one."""
    parts = [_part(chance, known, cases, number) for number in range(chance.choice((0, 1, 2, 4, 20, 21)))]
    whole: Any = {"requests": parts}
    turn = chance.random()
    body = words.written(words.bent(chance, whole) if turn < 0.5 else whole)
    body = words.spoiled(chance, body) if turn > 0.95 else body
    version = chance.choice(("v1.0", "beta"))
    return Asked("graph", "POST", f"/{version}/$batch", chance.choice(CALLERS), words.headers(chance), body, JSON)


def _part(chance: random.Random, known: Known, cases: list[Case[Any]], number: int) -> Any:
    one = from_case(chance, known, chance.choice(cases)) if chance.random() < 0.5 else listing(chance, known)
    url = "/" + one.target.removeprefix("/").partition("/")[2]
    found: dict[str, Any] = {
        "id": str(number),
        "method": one.method,
        "url": url if chance.random() < 0.9 else words.text(chance),
    }
    if one.body:
        found |= {"headers": {"Content-Type": JSON}, "body": _body_of(one)}
    if number and chance.random() < 0.3:
        found["dependsOn"] = [chance.choice((str(number - 1), str(number + 1), str(number), "x", ""))]
    return found if chance.random() < 0.9 else words.bent(chance, found)


def _body_of(one: Asked) -> Any:
    """The body as JSON within JSON, or as the text that a batch carries."""
    return words.Raw(one.body) if one.body[:1] in b"{[" else one.body[:2_000].decode("latin-1")
