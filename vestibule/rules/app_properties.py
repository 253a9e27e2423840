"""The properties of an app that are kept by their Graph names: what may be written into each.

Most are only kept and given back; a few mean something here, and those are read by their own rules:
``signInAudience`` (``audiences``), ``pkceRequired`` (``apps``) and what an app asks for (``required_access``).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from vestibule.rules import redirects, texts
from vestibule.rules.audiences import Audience
from vestibule.rules.refusals import Reason, Refused

Reader = Callable[[str, Any], Any]
LONGEST_TAG: Final = 256
MOST_TAGS: Final = 100
MOST_CLAIMS: Final = 100

_INFO: Final = ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
_MEMBERSHIP: Final = frozenset({"None", "SecurityGroup", "DirectoryRole", "ApplicationGroup", "All"})
_TOKENS: Final = ("accessToken", "idToken", "saml2Token")
_VERSIONS: Final = (1, 2)


def read(name: str, value: Any) -> Any:
    """Check what was sent for one property, by its Graph name; None clears it.

    What this table does not know is kept as it is: doors decide which properties they offer.

    Raises:
        Refused: BAD_VALUE with the property.
    """
    reader = _READERS.get(name)
    return value if value is None or reader is None else reader(name, value)


def merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The properties after these changes, each checked; None takes one away. Raises Refused (BAD_VALUE)."""
    read_anew = {name: read(name, value) for name, value in changes.items()}
    kept = {name: value for name, value in before.items() if name not in read_anew}
    return kept | {name: value for name, value in read_anew.items() if value is not None}


def _bad(name: str) -> Refused:
    return Refused(Reason.BAD_VALUE, property=name)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(name)
    return value


def _lines(limit: int) -> Reader:
    return lambda name, value: texts.text_lines(_text(name, value), limit=limit, what=name) if value else None


def _link(name: str, value: Any) -> str:
    return redirects.web_address(_text(name, value), what=name)


def _audience(name: str, value: Any) -> str:
    if value not in list(Audience):
        raise _bad(name)
    return str(value)


def _tags(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_TAGS:
        raise _bad(name)
    found = [texts.text_line(_text(name, tag), limit=LONGEST_TAG, what=name) for tag in value]
    return list(dict.fromkeys(found))


def _membership(name: str, value: Any) -> str:
    if not set(_text(name, value).replace(" ", "").split(",")) <= _MEMBERSHIP:
        raise _bad(name)
    return str(value)


def _version(name: str, value: Any) -> int:
    if isinstance(value, bool) or value not in _VERSIONS:
        raise _bad(name)
    return int(value)


def _info(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _bad(name)
    return {key: _link(name, value[key]) for key in _INFO if value.get(key) is not None}


def _claims(name: str, value: Any) -> dict[str, list[dict[str, Any]]]:
    if not isinstance(value, Mapping):
        raise _bad(name)
    return {token: _of_token(name, value.get(token)) for token in _TOKENS}


def _of_token(name: str, value: Any) -> list[dict[str, Any]]:
    claims = [] if value is None else value
    if not isinstance(claims, list) or len(claims) > MOST_CLAIMS or not all(isinstance(one, Mapping) for one in claims):
        raise _bad(name)
    return [
        {
            "name": texts.text_line(_text(name, one.get("name")), limit=120, what=name),
            "source": one.get("source"),
            "essential": one.get("essential") is True,
            "additionalProperties": list(one.get("additionalProperties") or []),
        }
        for one in claims
    ]


_READERS: Final[Mapping[str, Reader]] = {
    "description": _lines(1024),
    "groupMembershipClaims": _membership,
    "homePageUrl": _link,
    "info": _info,
    "loginUrl": _link,
    "notes": _lines(1024),
    "optionalClaims": _claims,
    "preferredSingleSignOnMode": _lines(64),
    "principalNotes": _lines(1024),
    "principalTags": _tags,
    "requestedAccessTokenVersion": _version,
    "serviceManagementReference": _lines(256),
    "signInAudience": _audience,
    "tags": _tags,
}
