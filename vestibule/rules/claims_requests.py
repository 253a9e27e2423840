"""The ``claims`` parameter (OpenID Connect Core section 5.5): what an app asks for one by one.

Clients of the platform send it with every request to say what they can do (``xms_cc``); whatever is not known here is
left alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LONGEST: Final = 8192
DEEPEST: Final = 8

_PROFILE: Final = frozenset({"name", "preferred_username", "given_name", "family_name"})
KNOWN: Final = _PROFILE | {"email", "acct"}
"""Claims of an id_token that it does not have anyway."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a ``claims`` parameter asks of an id_token.

    Attributes:
        names: known claims. subject: the one person it has to be about; None for whoever signs in.
        classes: authentication context classes of which one is essential; empty when any will do.
    """

    names: tuple[str, ...] = ()
    subject: str | None = None
    classes: frozenset[str] = frozenset()


def read(decoded: Any) -> Wanted | None:
    """Read a decoded parameter. Returns None when it has another shape."""
    if not isinstance(decoded, Mapping):
        return None
    given = decoded.get("id_token")
    members = {} if given is None else given
    if not isinstance(members, Mapping) or not all(_is_request(one) for one in members.values()):
        return None
    subject = _values(members.get("sub"))
    acr = members.get("acr") or {}
    classes = frozenset(_values(acr)) if acr.get("essential") is True else frozenset()
    return Wanted(tuple(sorted(KNOWN & set(members))), subject[0] if subject else None, classes)


def words_for(scope: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """The words of a scope, with those that stand for the claims that were asked for one by one."""
    asked = set(names)
    more = {"profile"} if asked & _PROFILE else set()
    return frozenset({*scope, *more, *({"email"} & asked)})


def scopes_behind(names: Iterable[str]) -> frozenset[str]:
    """The scopes that have to be consented to before these claims are given."""
    return words_for((), names)


def _is_request(one: Any) -> bool:
    return one is None or isinstance(one, Mapping)


def _values(request: Any) -> list[str]:
    if not isinstance(request, Mapping):
        return []
    value, values = request.get("value"), request.get("values")
    listed = values if isinstance(values, list) else []
    return [one for one in [value, *listed] if isinstance(one, str)]
