"""Requests to the SCIM door: users, groups, filters, PATCH operations, bulk."""

import random
from collections.abc import Iterator
from typing import Any

from soak.fuzzing import words
from soak.fuzzing.asking import Asked
from soak.fuzzing.known import Known
from vestibule.doors.scim.schemas import CORE_GROUP, CORE_USER, DIRECTORY, ENTERPRISE

MEDIA = "application/scim+json"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
CALLERS = ("nobody", "program", "program", "program", "program", "idle program", "admin", "sam", "adele", "stranger")
ATTRIBUTES = (
    "userName", "displayName", "name.givenName", "name.familyName", "name", "emails", "emails.value", "emails.type",
    "active",
    "externalId", "id", "meta.created", "meta.lastModified", "meta.resourceType", "title", "userType", "phoneNumbers",
    "addresses", "addresses.country", "groups", "groups.value", "schemas", "preferredLanguage", "members",
    "members.value", "roles",
    "password", f"{ENTERPRISE}:department", f"{ENTERPRISE}:manager.value", f"{CORE_USER}:userName", ENTERPRISE,
    DIRECTORY,
    "urn:x:y", "nickName", "timezone", "photos", "x509Certificates",
)  # fmt: skip
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "pr", "in", "re")
_RESOURCES = ("/Users", "/Groups", "/Users", "/Groups", "/users", "", "/Me", "/Schemas", "/ResourceTypes",
              "/ServiceProviderConfig", f"/Schemas/{CORE_USER}", "/Bulk", "/.search", "/Users/.search",
              "/Nothing")  # fmt: skip


def requests(chance: random.Random, known: Known) -> Iterator[Asked]:
    """One after the other, without end."""
    kinds = (listing, listing, single, single, patch, patch, create, bulk, searching)
    while True:
        yield chance.choice(kinds)(chance, known)


def _asked(chance: random.Random, known: Known, method: str, path: str, body: bytes = b"", *, query: str = "") -> Asked:
    tenant = chance.choice(known.tenants) if chance.random() < 0.95 else words.in_path(chance, words.text(chance))
    version = "v2" if chance.random() < 0.97 else chance.choice(("V2", "v1", "", "v2/"))
    scim = "scim" if chance.random() < 0.97 else "SCIM"
    method = method if chance.random() < 0.97 else chance.choice(words.METHODS)
    target = f"/{scim}/{tenant}/{version}{path}{query}"
    return Asked("scim", method, target, chance.choice(CALLERS), words.headers(chance), body, MEDIA if body else "")


def _resource(chance: random.Random, known: Known, kind: str) -> str:
    found = known.id_of(chance, "user" if kind == "/Users" else "group")
    return f"{kind}/{words.in_path(chance, found)}"


def listing(chance: random.Random, known: Known) -> Asked:
    """A list with a filter, an order, a page."""
    return _asked(chance, known, "GET", chance.choice(_RESOURCES), query=_query(chance, known))


def _query(chance: random.Random, known: Known) -> str:
    names = (
        "filter",
        "filter",
        "sortBy",
        "sortOrder",
        "startIndex",
        "count",
        "attributes",
        "excludedAttributes",
        "cursor",
        "x",
    )
    parts = []
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        name = chance.choice(names)
        parts.append(f"{name}={words.in_query(chance, str(_value(chance, known, name)))}")
    return f"?{'&'.join(parts)}" if parts else ""


def _value(chance: random.Random, known: Known, name: str) -> Any:
    if chance.random() < 0.1:
        return words.text(chance)
    match name:
        case "filter":
            return condition(chance, known)
        case "sortBy" | "attributes" | "excludedAttributes":
            return ",".join(chance.choice(ATTRIBUTES) for _ in range(chance.randrange(1, 5)))
        case "sortOrder":
            return chance.choice(("ascending", "descending", "up"))
        case "cursor":
            return known.one(chance, "cursor") if chance.random() < 0.7 else ""
        case _:
            return chance.choice(("1", "0", "-1", "2", "1000", "9" * 40, "9" * 5_000, "1.5", "²", "٣", "true"))


def condition(chance: random.Random, known: Known, depth: int = 0) -> str:
    """A filter."""
    if depth == 0 and chance.random() < 0.05:
        name = chance.choice(ATTRIBUTES)
        return chance.choice((
            "(" * 3_000, "not (" * 11 + f"{name} pr" + ")" * 11, " and ".join([f'{name} eq "a"'] * 60),
            f'{name} eq "' + "\\u0000" * 9 + '"',
            f"{name}[" * 12 + "value pr" + "]" * 12, f'{name} eq "{"a" * 4_000}"', " or ".join([f"{name} pr"] * 49),
            f"{name}." * 900,
        ))  # fmt: skip
    name, kind = chance.choice(ATTRIBUTES), chance.randrange(9 if depth < 4 else 4)
    if kind < 3:
        return f"{name} {chance.choice(OPERATORS)} {_literal(chance, known)}"
    if kind == 3:
        return chance.choice(
            (f"{name} pr", f"{name}", f"{name} eq", "", "()", f'{name} eq "', f"pr {name}", f"{name} PR")
        )
    inner = condition(chance, known, depth + 1)
    if kind == 4:
        return f"{name}[{inner}]" + chance.choice(
            ("", ".value", f".value {chance.choice(OPERATORS)} {_literal(chance, known)}", "[")
        )
    if kind == 5:
        return f"not ({inner})"
    return f"{inner} {chance.choice(('and', 'or', 'AND', 'xor'))} {condition(chance, known, depth + 1)}"


def _literal(chance: random.Random, known: Known) -> str:
    match chance.randrange(6):
        case 0:
            return chance.choice(
                (
                    "true",
                    "false",
                    "null",
                    "True",
                    "2026-03-02T09:30:00Z",
                    '"2026-03-02T09:30:00Z"',
                    '"0001-01-01T00:00:00+14:00"',
                )
            )
        case 1:
            return str(chance.choice(words.NUMBERS))[:500]
        case 2:
            return f'"{known.id_of(chance, "user")}"'
        case 3:
            return f'"{chance.choice(known.names)}"'
        case 4:
            return words.written(words.text(chance)).decode()
        case _:
            return words.text(chance)


def single(chance: random.Random, known: Known) -> Asked:
    """One resource: read, replaced, deleted."""
    kind = chance.choice(("/Users", "/Groups"))
    method = chance.choice(("GET", "GET", "PUT", "PUT", "DELETE"))
    path, body = _resource(chance, known, kind), b""
    if method == "PUT":
        body = _body(chance, _user(chance, known) if kind == "/Users" else _group(chance, known))
    return _asked(chance, known, method, path, body, query=_query(chance, known) if chance.random() < 0.3 else "")


def create(chance: random.Random, known: Known) -> Asked:
    """A new user or group."""
    kind = chance.choice(("/Users", "/Groups"))
    whole = _user(chance, known) if kind == "/Users" else _group(chance, known)
    return _asked(chance, known, "POST", kind, _body(chance, whole))


def _body(chance: random.Random, whole: Any) -> bytes:
    turn = chance.random()
    body = words.written(words.bent(chance, whole) if turn < 0.55 else whole)
    return words.spoiled(chance, body) if turn > 0.92 else body


def _user(chance: random.Random, known: Known) -> dict[str, Any]:
    number = chance.randrange(5_000)
    found: dict[str, Any] = {
        "schemas": [CORE_USER, ENTERPRISE],
        "userName": f"scim{number}@{chance.choice(known.domains)}",
        "externalId": str(number),
        "displayName": f"Person {number}",
        "name": {"givenName": "Person", "familyName": str(number), "formatted": f"Person {number}"},
        "active": chance.choice((True, True, False, "True", "false")),
        "emails": [{"value": f"scim{number}@elsewhere.example", "type": "work", "primary": True}],
        "phoneNumbers": [{"value": "+31 20 123 45 67", "type": "work"}, {"value": "+31 6 1", "type": "mobile"}],
        "addresses": [{"type": "work", "country": "NL", "locality": "Utrecht"}],
        "title": "Tester",
        "preferredLanguage": chance.choice(("nl", "en-US", "x")),
        "password": "A bench is for sitting 47",
        ENTERPRISE: {
            "department": "Tests",
            "employeeNumber": str(number),
            "manager": {"value": known.id_of(chance, "user")},
        },
    }
    return {name: value for name, value in found.items() if name in {"schemas", "userName"} or chance.random() < 0.6}


def _group(chance: random.Random, known: Known) -> dict[str, Any]:
    members = [{"value": known.id_of(chance, "user"), "type": "User"} for _ in range(chance.randrange(4))]
    return {"schemas": [CORE_GROUP], "displayName": f"Group {chance.randrange(500)}", "members": members}


def patch(chance: random.Random, known: Known) -> Asked:
    """PATCH operations (RFC 7644, section 3.5.2), Entra's spellings of them included."""
    kind = chance.choice(("/Users", "/Groups"))
    whole = {
        "schemas": [PATCH_OP],
        "Operations": [_operation(chance, known) for _ in range(chance.choice((0, 1, 1, 2, 5, 100)))],
    }
    return _asked(chance, known, "PATCH", _resource(chance, known, kind), _body(chance, whole))


def _operation(chance: random.Random, known: Known) -> dict[str, Any]:
    found: dict[str, Any] = {"op": chance.choice(("add", "Add", "replace", "Replace", "remove", "Remove", "move", ""))}
    name = chance.choice(ATTRIBUTES)
    if chance.random() < 0.8:
        sub = chance.choice(("", ".value", ".type", "."))
        found["path"] = chance.choice((name, name, f"{name}[{condition(chance, known, 3)}]{sub}",
                                       f'{name}[type eq "work"]{sub}',
                                       f"{name}[value eq \"{known.id_of(chance, 'user')}\"]",
                                       words.text(chance)))  # fmt: skip
    if chance.random() < 0.85:
        members = [{"value": known.id_of(chance, "user")} for _ in range(chance.randrange(3))]
        whole = _user(chance, known)
        found["value"] = chance.choice(
            (words.value(chance), words.text(chance), members, whole, whole.get(name), {name: "a"}, True)
        )
    return found


def searching(chance: random.Random, known: Known) -> Asked:
    """POST ``.search``."""
    whole: dict[str, Any] = {"schemas": [SEARCH]}
    for name in ("filter", "sortBy", "attributes", "count", "startIndex", "cursor"):
        if chance.random() < 0.4:
            given = _value(chance, known, name)
            whole[name] = given.split(",") if name == "attributes" else given
    return _asked(
        chance, known, "POST", chance.choice(("/.search", "/Users/.search", "/Groups/.search")), _body(chance, whole)
    )


def bulk(chance: random.Random, known: Known) -> Asked:
    """Several in one, some of which wait for others."""
    many = chance.choice((0, 1, 2, 5, 12))
    parts = [_part(chance, known, number) for number in range(many)]
    whole: dict[str, Any] = {"schemas": [BULK], "Operations": parts}
    if chance.random() < 0.3:
        whole["failOnErrors"] = chance.choice((0, 1, -1, "1", 2**70, None))
    return _asked(chance, known, "POST", "/Bulk", _body(chance, whole))


def _part(chance: random.Random, known: Known, number: int) -> dict[str, Any]:
    other = f"bulkId:b{chance.randrange(12)}"
    kind, method = (
        chance.choice(("/Users", "/Groups")),
        chance.choice(("POST", "POST", "PUT", "PATCH", "DELETE", "GET", "post")),
    )
    path = (
        kind
        if method == "POST"
        else f"{kind}/{chance.choice((other, known.id_of(chance, 'user'), known.id_of(chance, 'group')))}"
    )
    found: dict[str, Any] = {"method": method, "path": path}
    if method == "POST":
        found["bulkId"] = f"b{number}" if chance.random() < 0.9 else words.text(chance)
    data = (
        {"schemas": [PATCH_OP], "Operations": [_operation(chance, known)]}
        if method == "PATCH"
        else _group(chance, known)
    )
    if kind == "/Groups" and method in {"POST", "PUT"} and chance.random() < 0.5:
        data["members"] = [{"value": other}]
    elif kind == "/Users" and method in {"POST", "PUT"}:
        data = _user(chance, known)
    if method != "DELETE":
        found["data"] = data
    return found if chance.random() < 0.85 else words.bent(chance, found)
