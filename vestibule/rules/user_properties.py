"""The properties of a user object that callers may write: their kinds, their limits, and which nobody writes.

Names and limits are those of Microsoft Graph (*user resource type*). A value is kept as it was given or refused;
nothing is cut or cleaned.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vestibule.rules import names, texts
from vestibule.rules.refusals import Reason, Refused

Reader = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Property:
    """A property that can be written.

    Attributes:
        read: takes the name and what was sent; returns what is kept, or raises Refused (BAD_VALUE).
        column: the profile's column; None where it lies among the other attributes.
        required: it cannot be cleared.
    """

    read: Reader
    column: str | None = None
    required: bool = False


_MOST_LISTED: Final = 250
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NICKNAME: Final = re.compile(r"[!#$%&'*+,./0-9=?A-Z^_`a-z{|}~-]+")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,7})?Z)?")


def _bad(name: str, why: str) -> Refused:
    return Refused(Reason.BAD_VALUE, property=name, why=why)


def _text(limit: int) -> Reader:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise _bad(name, "type")
        return texts.text_line(value, limit=limit, what=name)

    return read


def _lines(limit: int) -> Reader:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise _bad(name, "type")
        return texts.text_lines(value, limit=limit, what=name)

    return read


def _matching(pattern: re.Pattern[str], limit: int) -> Reader:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or not pattern.fullmatch(value):
            raise _bad(name, "form")
        return value

    return read


def _one_of(*choices: str) -> Reader:
    def read(name: str, value: Any) -> str:
        if value not in choices:
            raise _bad(name, "choice")
        return str(value)

    return read


def _list(each: Reader, most: int) -> Reader:
    def read(name: str, value: Any) -> list[Any] | None:
        if not isinstance(value, list):
            raise _bad(name, "type")
        if len(value) > most:
            raise _bad(name, "tooMany")
        return [each(name, item) for item in value] or None  # an empty list is shown where nothing is kept

    return read


def _mail(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(name, "type")
    return names.address(value, what=name).mailbox


def _principal(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(name, "type")
    return names.member_principal_name(value, what=name).text


def _policies(name: str, value: Any) -> str:
    known = {"DisableStrongPassword", "DisablePasswordExpiration"}
    if not isinstance(value, str) or not {part.strip() for part in value.split(",")} <= known | {"None"}:
        raise _bad(name, "choice")
    return value


def _mail_spelling(name: str, value: Any) -> dict[str, Any]:
    """An address as a provisioning client says it: ``value``, and maybe ``type``, ``display`` and ``primary``."""
    if not isinstance(value, dict) or not value.keys() <= {"value", "type", "display", "primary"}:
        raise _bad(name, "type")
    found: dict[str, Any] = {"value": _mail(name, value.get("value"))}
    for text in ("type", "display"):
        if value.get(text) is not None:
            found[text] = _text(256)(name, value[text])
    if value.get("primary") is not None:
        found["primary"] = bool(value["primary"])
    return found


PROPERTIES: Final[Mapping[str, Property]] = {
    "displayName": Property(_text(256), "display_name", required=True),
    "givenName": Property(_text(64), "given_name"),
    "surname": Property(_text(64), "surname"),
    "jobTitle": Property(_text(128), "job_title"),
    "department": Property(_text(64), "department"),
    "companyName": Property(_text(64), "company_name"),
    "preferredLanguage": Property(_matching(_LANGUAGE, 12), "preferred_language"),
    "mail": Property(_mail, "mail"),
    "userPrincipalName": Property(_principal, "user_principal_name", required=True),
    "mailNickname": Property(_matching(_NICKNAME, 64), required=True),
    "aboutMe": Property(_lines(4000)),
    "ageGroup": Property(_one_of("Minor", "NotAdult", "Adult")),
    "birthday": Property(_matching(_MOMENT, 32)),
    "businessPhones": Property(_list(_text(64), 1)),
    "city": Property(_text(128)),
    "consentProvidedForMinor": Property(_one_of("Granted", "Denied", "NotRequired")),
    "country": Property(_text(128)),
    "employeeHireDate": Property(_matching(_MOMENT, 32)),
    "employeeId": Property(_text(64)),  # Graph's own door keeps to 16
    "employeeType": Property(_text(128)),
    "faxNumber": Property(_text(64)),
    "interests": Property(_list(_text(256), _MOST_LISTED)),
    "mobilePhone": Property(_text(64)),
    "officeLocation": Property(_text(128)),
    "onPremisesImmutableId": Property(_text(256)),
    "otherMails": Property(_list(_mail, _MOST_LISTED)),
    "passwordPolicies": Property(_policies),
    "postalCode": Property(_text(40)),
    "preferredDataLocation": Property(_text(16)),
    "state": Property(_text(128)),
    "streetAddress": Property(_lines(1024)),
    "usageLocation": Property(_matching(_COUNTRY, 2)),
    # How a provisioning client spelled the name and the addresses; no property of Graph's.
    "provisionedName": Property(_text(64)),
    "provisionedMails": Property(_list(_mail_spelling, _MOST_LISTED)),
}
"""Every property that callers may write, by Graph's name."""

ACCOUNT_ENABLED: Final = "accountEnabled"
PASSWORD: Final = "passwordProfile"  # noqa: S105 - the name of a property
"""Two more that callers write through verbs of their own: disable and enable, and set a password."""

READ_ONLY: Final = frozenset(
    {
        "createdDateTime",
        "creationType",
        "deletedDateTime",
        "externalUserState",
        "externalUserStateChangeDateTime",
        "id",
        "identities",
        "lastPasswordChangeDateTime",
        "onPremisesSyncEnabled",
        "proxyAddresses",
        "refreshTokensValidFromDateTime",
        "securityIdentifier",
        "signInActivity",
        "signInSessionsValidFromDateTime",
        "userType",
    }
)
"""What only the life of the user changes: who somebody is, how they came and how they sign in is no free text."""


def read(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Check what was sent and return what is kept; None clears a property.

    Raises:
        Refused: READ_ONLY or BAD_VALUE, each with the property.
    """
    return {name: _read_one(name, value) for name, value in changes.items()}


def nickname(text: Any) -> str:
    """Return ``text`` when it can be a mail nickname. Raises Refused (BAD_VALUE)."""
    return str(PROPERTIES["mailNickname"].read("mailNickname", text))


def _read_one(name: str, value: Any) -> Any:
    if name in READ_ONLY:
        raise Refused(Reason.READ_ONLY, property=name)
    known = PROPERTIES.get(name)
    if known is None:
        raise _bad(name, "unknown")
    if value is None:
        if known.required:
            raise _bad(name, "required")
        return None
    return known.read(name, value)
