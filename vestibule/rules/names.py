"""Names of people and organizations on the wire: mail addresses, user principal names, ids, ``{tenant}``.

There is one reader for each, used by every door, and each reads strictly: what is not plainly right is refused, so
that no two parts of the program can see two different people or domains in one text.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vestibule.rules.domains import Domain, read_domain
from vestibule.rules.refusals import Reason, Refused

LONGEST_LOCAL: Final = 64
LONGEST_ADDRESS: Final = 254
"""Octets (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3, less the angle brackets). Longer is refused, never cut."""

CONSUMERS_ID: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The organization id that stands for everybody without a home organization."""

GUEST_MARK: Final = "#EXT#"

_LOCAL: Final = re.compile(r"[A-Za-z0-9_+](?:[A-Za-z0-9_+.-]*[A-Za-z0-9_+])?")
_UPN_LOCAL: Final = re.compile(r"[A-Za-z0-9'._!#^~-]+")
_GUEST_LOCAL: Final = re.compile(rf"[A-Za-z0-9'._!#^~+-]+{GUEST_MARK}", re.IGNORECASE)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOWER_ASCII: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def key(text: str) -> str:
    """Return what is compared when case does not matter: A to Z become a to z, and nothing else changes.

    ``str.lower`` would also turn a Kelvin sign into k, and ``casefold`` ß into ss: two people in one.
    """
    return text.translate(_LOWER_ASCII)


def guid(text: str) -> str | None:
    """Return the id in lower case, or None when ``text`` is no GUID of the form ``8-4-4-4-12``."""
    return text.lower() if _GUID.fullmatch(text) else None


# --- Mail addresses -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. It says where mail goes; it never says who somebody is.

    Attributes:
        text: exactly as it was given.
        local: the part before the at-sign, exactly as it was given.
        domain: the part after it.
    """

    text: str
    local: str
    domain: Domain

    @property
    def mailbox(self) -> str:
        """The recipient handed to the mail server: the domain in A-labels, the one that was checked."""
        return f"{self.local}@{self.domain.name}"

    @property
    def key(self) -> str:
        """What is compared: the mailbox, with A to Z as a to z."""
        return key(self.mailbox)

    @property
    def shown(self) -> str:
        """For people: the domain in its own script."""
        return f"{self.local}@{self.domain.shown}"


def read_address(text: str) -> Address | None:
    r"""Return the mailbox that ``text`` names, or None when it is not plainly one.

    The local part holds A to Z, a to z, 0 to 9, ``.``, ``-``, ``_`` and ``+``; dots and hyphens stand neither first
    nor last, and two dots never side by side. So none of these pass: quoted local parts, comments, routes, percent
    hacks, lists, several at-signs, address literals, letters beyond ASCII, and the characters that Graph refuses in
    ``invitedUserEmailAddress``: ``~ ! # $ % ^ & * ( ) = [ ] { } \ / | ; : ' " < > ? ,``.

    ``+`` stands on Graph's list too and is accepted here all the same: addresses like ``ann+fabrikam@…`` are in
    everyday use, they are how careful people tell their correspondents apart, and no mail server treats the sign as
    anything but a letter.
    """
    if len(text) > LONGEST_ADDRESS:
        return None
    local, at, rest = text.partition("@")
    found = read_domain(rest) if at else None
    if found is None or len(local) > LONGEST_LOCAL or ".." in local or not _LOCAL.fullmatch(local):
        return None
    address = Address(text, local, found)
    return address if len(address.mailbox) <= LONGEST_ADDRESS else None


def address(text: str, *, what: str = "mail") -> Address:
    """Return the mailbox that ``text`` names.

    Raises:
        Refused: BAD_VALUE with the property ``what``.
    """
    found = read_address(text)
    if found is None:
        raise Refused(Reason.BAD_VALUE, property=what, why="address")
    return found


# --- User principal names -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrincipalName:
    """A user principal name: how a user object is called, unique in its organization without regard to case."""

    local: str
    domain: Domain

    @property
    def text(self) -> str:
        """As it is shown and stored."""
        return f"{self.local}@{self.domain.name}"

    @property
    def key(self) -> str:
        """What has to be unique."""
        return key(self.text)

    @property
    def is_guest(self) -> bool:
        """Whether it is the kind that is made for guests."""
        return key(self.local).endswith(key(GUEST_MARK))


def read_principal_name(text: str) -> PrincipalName | None:
    """Return the user principal name that ``text`` is, or None.

    Letters, digits and ``' . - _ ! # ^ ~`` before the at-sign, no dot last (Graph, *user resource type*). The names of
    guests may hold a ``+`` too, since their addresses may.
    """
    local, at, rest = text.rpartition("@")
    found = read_domain(rest) if at else None
    if found is None or not _is_principal_local(local):
        return None
    return PrincipalName(local, found)


def member_principal_name(text: str, *, what: str = "userPrincipalName") -> PrincipalName:
    """Return the name for a new or renamed member. Names of the guests' kind are refused: they would be mistaken.

    Raises:
        Refused: BAD_VALUE with the property ``what``.
    """
    found = read_principal_name(text)
    if found is None or found.is_guest or key(GUEST_MARK) in key(found.local):
        raise Refused(Reason.BAD_VALUE, property=what, why="userPrincipalName")
    return found


def guest_principal_name(invited: Address, initial: Domain) -> PrincipalName:
    """Return the name of a guest's user object: ``ann_contoso.com#EXT#@fabrikam.example``.

    No two mailboxes share one: a domain has no underscore, so the last one in front of the mark parts the two halves.
    """
    return PrincipalName(guest_nickname(invited), initial)


def guest_nickname(invited: Address) -> str:
    """Return the mailNickname of a guest: ``ann_contoso.com#EXT#``."""
    return f"{invited.local}_{invited.domain.name}{GUEST_MARK}"


def invited_address(upn: str) -> str | None:
    """Return the mailbox a guest was invited by, from their user principal name; None for a name of another kind."""
    local, mark, _ = upn.partition(GUEST_MARK)
    name, part, domain = local.rpartition("_")
    return f"{name}@{domain}" if mark and part and name and domain else None


def deleted_principal_name(user_id: str, upn: str) -> str:
    """Return how a deleted user is called, so that the name itself is free at once."""
    return user_id.replace("-", "") + upn


def _is_principal_local(local: str) -> bool:
    if _GUEST_LOCAL.fullmatch(local):
        return len(local) <= LONGEST_LOCAL + 1 + LONGEST_ADDRESS
    return len(local) <= LONGEST_LOCAL and not local.endswith(".") and _UPN_LOCAL.fullmatch(local) is not None


# --- {tenant} -------------------------------------------------------------------------------------------------------


class TenantKind(StrEnum):
    """In which way an address names an organization."""

    ID = "id"
    DOMAIN = "domain"
    COMMON = "common"
    ORGANIZATIONS = "organizations"
    CONSUMERS = "consumers"


@dataclass(frozen=True, slots=True)
class TenantName:
    """What stands for ``{tenant}`` in a path or in ``?tenantId=``; ``value`` is an id or a domain in stored form."""

    kind: TenantKind
    value: str


RESERVED_NAMES: Final = frozenset(
    {
        "access-review-history",
        "admin",
        "beta",
        "common",
        "consumers",
        "emulator",
        "favicon.ico",
        "healthz",
        "invitations",
        "metrics",
        "myaccount",
        "oidc",
        "openapi.json",
        "organizations",
        "readyz",
        "robots.txt",
        "scim",
        "signin",
        "signout",
        "static",
        "switch",
        "unsubscribe",
        "v1.0",
        "v2.0",
    }
)
"""First segments of our own paths, and the three words: no organization has one of these for its domain."""

_WORDS: Final = {
    "common": TenantKind.COMMON,
    "organizations": TenantKind.ORGANIZATIONS,
    "consumers": TenantKind.CONSUMERS,
    CONSUMERS_ID: TenantKind.CONSUMERS,
}


def read_tenant(text: str) -> TenantName | None:
    """Return what ``text`` names when it stands for ``{tenant}``: a GUID, a domain, or one of the three words."""
    word = _WORDS.get(key(text))
    if word is not None:
        return TenantName(word, CONSUMERS_ID if word is TenantKind.CONSUMERS else word.value)
    found = guid(text)
    if found is not None:
        return TenantName(TenantKind.ID, found)
    named = read_domain(text)
    if named is None or named.name in RESERVED_NAMES:
        return None
    return TenantName(TenantKind.DOMAIN, named.name)


def organization_domain(text: str, *, what: str = "domain") -> Domain:
    """Return the domain under which an organization may be reached.

    Raises:
        Refused: BAD_VALUE when it is no domain or a reserved one.
    """
    found = read_domain(text)
    if found is None or found.name in RESERVED_NAMES:
        raise Refused(Reason.BAD_VALUE, property=what, why="domain")
    return found
