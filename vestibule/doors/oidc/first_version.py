"""The endpoints of the first version: ``/oauth2/authorize`` and ``/oauth2/token``, with ``resource`` instead of scopes.

Older clients name what a token is for by the resource alone and get everything that was consented for it. That is what
``{resource}/.default`` says, so a request is put into those words and goes the same way as any other from there on.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.rules.grants import OPENID_SCOPES

SEGMENT: Final = "oauth2"
_EVERYTHING: Final = "/.default"
_ALWAYS: Final = ("openid", "offline_access")
"""What an authorization request of the first version gets without asking."""


def authorization(given: Mapping[str, str]) -> dict[str, str]:
    """An authorization request in today's words; one without a resource is left as it is."""
    return _translated(given, _ALWAYS)


def token(given: Mapping[str, str]) -> dict[str, str]:
    """A token request in today's words. A code already says what it is for, so its request keeps no resource."""
    return _translated(given, ())


def _translated(given: Mapping[str, str], always: tuple[str, ...]) -> dict[str, str]:
    resource = given.get("resource", "")
    kept = {name: value for name, value in given.items() if name != "resource"}
    if not resource or any(letter.isspace() for letter in resource):
        return kept if not resource else kept | {"scope": resource}
    beside = [word for word in given.get("scope", "").split() if word.lower() in OPENID_SCOPES]
    words = [resource + _EVERYTHING, *always, *(word for word in beside if word not in always)]
    return kept | {"scope": " ".join(words)}


def answer(body: Mapping[str, Any], *, resource: str, now: int) -> dict[str, Any]:
    """A token answer in the shape of the first version: numbers as texts, and when the token begins and ends.

    ``now``: seconds of the machine's clock.
    """
    lasts = int(body["expires_in"])
    told = {
        "expires_in": str(lasts),
        "ext_expires_in": str(lasts),
        "not_before": str(now),
        "expires_on": str(now + lasts),
    }
    return {**body, **told, **({"resource": resource} if resource else {})}
