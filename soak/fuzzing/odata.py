"""Query options of OData: some that mean something, most of them nearly."""

import random
from collections.abc import Sequence

from soak.fuzzing import words
from soak.fuzzing.known import Known
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.odata.options import Collection

FUNCTIONS = (
    "startswith",
    "endswith",
    "contains",
    "substringof",
    "tolower",
    "length",
    "isof",
    "cast",
    "now",
    "STARTSWITH",
)
OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "EQ", "in", "has", "add", "mod", "is")
OPTIONS = ("select", "filter", "filter", "filter", "orderby", "top", "count", "search", "expand")
OTHERS = ("skiptoken", "skip", "deltatoken", "format", "apply", "compute", "levels", "", "$filter", "Filter")


def query(chance: random.Random, known: Known, offered: Collection) -> str:
    """A query string for what is offered, with the question mark; empty for none."""
    entity = offered.entity
    known_here = [option for option in OPTIONS if option in offered.options]
    options = known_here if known_here and chance.random() < 0.85 else OPTIONS
    chosen = sorted({chance.choice(options) for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4)))})
    if "filter" in known_here and "filter" not in chosen and chance.random() < 0.5:
        chosen.append("filter")
    chosen += [chance.choice(OTHERS)] if chance.random() < 0.15 else []
    parts = []
    for option in chosen:
        sigil = chance.choice(("$", "$", "$", "%24", ""))
        parts.append(f"{sigil}{option}={words.in_query(chance, _value(chance, known, entity, option))}")
    return f"?{'&'.join(parts)}" if parts else ""


def _value(  # noqa: PLR0911 - one case for each option
    chance: random.Random, known: Known, entity: Entity, option: str
) -> str:
    if chance.random() < 0.12:
        return words.text(chance)
    names = _names(entity)
    match option.lower().removeprefix("$"):
        case "filter":
            return condition(chance, known, names)
        case "select":
            return chance.choice((",", ", ", ",,")).join(_name(chance, names) for _ in range(chance.randrange(5)))
        case "orderby":
            ways = ("", " asc", " desc", " DESC", " up", "  desc ")
            return ",".join(_name(chance, names) + chance.choice(ways) for _ in range(chance.randrange(1, 4)))
        case "top" | "skip":
            return chance.choice(
                ("1", "5", "999", "1000", "0", "-1", "1.5", "1e2", "٣", "²", "9" * 50, "9" * 5_000, " 5", "+5")
            )
        case "count":
            return chance.choice(("true", "false", "TRUE", "1", "yes"))
        case "search":
            return search(chance, names)
        case "expand":
            return expand(chance, known, entity, names)
        case "skiptoken" | "deltatoken":
            return chance.choice((_of_link(known.one(chance, "link")), "latest", words.text(chance)))
        case _:
            return chance.choice(("json", "application/json", "xml", "atom", words.text(chance)))


def _of_link(link: str) -> str:
    return link.partition("token=")[2].partition("&")[0] or link


def _names(entity: Entity) -> list[str]:
    found = [one.name for one in entity.properties]
    found += [f"{one.name}/{member.name}" for one in entity.properties for member in one.members]
    return [*found, *entity.navigations, "id"]


def _name(chance: random.Random, names: Sequence[str]) -> str:
    found = chance.choice(names)
    match chance.randrange(14):
        case 0:
            return found.upper()
        case 1:
            return f"{found}/{chance.choice(names)}"
        case 2:
            return f"{found}/$count"
        case 3:
            return words.text(chance)
        case 4:
            return f"microsoft.graph.user/{found}"
        case _:
            return found


def condition(  # noqa: PLR0911 - one case for each kind of test
    chance: random.Random, known: Known, names: Sequence[str], depth: int = 0
) -> str:
    """A ``$filter``: any depth, any types."""
    if depth == 0 and chance.random() < 0.04:
        return _too_much(chance, names)
    name, kind = _name(chance, names), chance.randrange(18 if depth < 5 else 9)
    if kind < 3:
        return f"{name} {chance.choice(OPERATORS[:7])} {literal(chance, known)}"
    if kind == 3:
        values = ",".join(literal(chance, known) for _ in range(chance.randrange(20)))
        return f"{name} {chance.choice(OPERATORS)} ({values})"
    if kind < 8:
        return f"{chance.choice(FUNCTIONS)}({name},{literal(chance, known)})"
    if kind == 8:
        return chance.choice(
            ("", "()", "true", "not", f"{name}", f"{name} eq", f"eq {name}", "((", "')", f"{name} eq '")
        )
    inner = [condition(chance, known, names, depth + 1) for _ in range(2)]
    if kind < 13:
        return f"{inner[0]} {chance.choice(('and', 'or', 'AND', 'xor'))} {inner[1]}"
    if kind == 13:
        return f"not({inner[0]})"
    if kind == 14:
        return f"({inner[0]}) eq {chance.choice(('true', 'false', 'null'))}"
    letter, lambda_ = chance.choice(("a", "x", "A", "any", "é")), chance.choice(("any", "all", "some"))
    within = (
        f"{letter}{chance.choice(('', '/' + chance.choice(names)))} {chance.choice(OPERATORS)} {literal(chance, known)}"
    )
    return chance.choice(
        (f"{name}/{lambda_}({letter}:{within})", f"{name}/{lambda_}()", f"{name}/{lambda_}({letter}:{inner[0]})")
    )


def _too_much(chance: random.Random, names: Sequence[str]) -> str:
    name = chance.choice(names)
    return chance.choice((
        "(" * 5_000, "not " * 3_000 + f"{name} eq 1", " and ".join([f"{name} eq 'a'"] * 900),
        f"{name} eq '" + "a" * 15_000 + "'",
        f"{name} in (" + ",".join(["'a'"] * 3_000) + ")", "(" * 29 + f"{name} eq null" + ")" * 29,
        f"{name} eq " + "9" * 9_000,
        f"{name}/" * 2_000, " or ".join([f"startswith({name},'a')"] * 190), "not(" * 29 + f"{name} eq 'a'" + ")" * 29,
        f"{name}/any(a:" * 500,
    ))  # fmt: skip


def literal(chance: random.Random, known: Known) -> str:
    """A literal of some type, or nearly one."""
    match chance.randrange(9):
        case 0:
            return chance.choice(("null", "true", "false", "NULL", "INF", "-INF", "NaN"))
        case 1:
            return str(chance.choice(words.NUMBERS))[:500]
        case 2:
            return known.id_of(chance, "user")
        case 3:
            return chance.choice(("2026-03-02T09:30:00Z", "2026-03-02", "9999-12-31T23:59:59.9999999Z",
                                  "0001-01-01T00:00:00+14:00",
                                  "duration'P30D'", "2026-13-45T99:99:99Z", "0000-01-01T00:00:00Z",
                                  "2026-03-02T09:30:00+99:99"))  # fmt: skip
        case 4:
            return chance.choice(
                ("'Guest'", "'Member'", "'a'", "'PendingAcceptance'", "'Unified'", "'contoso.example'")
            )
        case 5:
            return words.text(chance)
        case 6:
            return "'" + chance.choice(known.names) + "'"
        case _:
            return "'" + words.text(chance).replace("'", chance.choice(("''", "''", "'"))) + "'"


def search(chance: random.Random, names: Sequence[str]) -> str:
    """A ``$search``."""
    one = f'"{_name(chance, names)}:{words.text(chance)}"'
    return chance.choice((
        one, one[:-1], one[1:], f"{one} AND {one}", f"{one} OR NOT ({one})", "(" * 3_000 + one, '""', '":"', '"a:"',
        " OR ".join([one] * 300), '"displayName:' + "a " * 200 + '"', one.replace(":", "::"), '"\\"', f"NOT {one}",
    ))  # fmt: skip


def expand(chance: random.Random, known: Known, entity: Entity, names: Sequence[str]) -> str:
    """An ``$expand`` with or without options of its own."""
    name = chance.choice([*entity.navigations, *names[:3], "manager", "members", "*"])
    inner = chance.choice((
        "$select=id", "$select=id;$top=2", f"$filter={condition(chance, known, names, 4)}", "$levels=max",
        "$expand=manager", "$count=true",
        "$levels=9999999999", ";", "$select=", "(", "$expand=" + "manager($expand=" * 300, words.text(chance),
    ))  # fmt: skip
    return chance.choice(
        (name, f"{name}({inner})", f"{name},{name}", f"{name}/{name}", f"{name}/$ref", f"{name}(", f"{name})")
    )
