"""What files ask for: guests, members, groups, and who is in which group.

An export tells more than can be taken over. What is not is named in ``left_out`` of the wish, so that whoever imports
is told; nothing of it is dropped in silence. Names of properties match without regard to case, since some shells write
them with capitals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from vestibule.importing.pieces import Piece
from vestibule.rules import names
from vestibule.rules.groups import WRITABLE as GROUP_PROPERTIES
from vestibule.rules.user_properties import PROPERTIES


class Kind(StrEnum):
    """What a line asks for."""

    INVITATION = "invitation"
    USER = "user"
    DELETED_USER = "deletedUser"
    GROUP = "group"
    DELETED_GROUP = "deletedGroup"
    MEMBERS = "members"
    OWNERS = "owners"


class NotAsked(Exception):
    """A piece asks for nothing that can be imported; the text says why."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to be invited.

    Attributes:
        redirect_url: where they land; None for My Account. sends: whether a letter goes out.
        user_type: Guest, or Member for an external member.
        enabled, deleted: as they were where they come from.
        properties: further ones, by Graph's names.
    """

    address: str
    old_id: str | None = None
    display_name: str | None = None
    redirect_url: str | None = None
    sends: bool = False
    message: str | None = None
    user_type: str = "Guest"
    enabled: bool = True
    deleted: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member's user object. They have no password here until one is set."""

    user_principal_name: str
    display_name: str
    old_id: str | None
    enabled: bool = True
    deleted: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group, as an export tells of it."""

    old_id: str | None
    display_name: str
    values: Mapping[str, Any]
    deleted: bool = False
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """Somebody who is in a group, or owns it: both by the ids they had."""

    group_id: str
    user_id: str
    kind: Kind


Wish = Guest | Member | NewGroup | Tie

_GUEST_MARK: Final = names.key(names.GUEST_MARK)
_USER_PROPERTIES: Final = {name.lower(): name for name in PROPERTIES}
_OF_MEMBERS: Final = frozenset({"userPrincipalName", "displayName"})
_OF_GUESTS: Final = _OF_MEMBERS | {"mail", "mailNickname", "otherMails"}
_GROUP_VALUES: Final = {
    name.lower(): name
    for name in (
        *sorted(GROUP_PROPERTIES),
        "mailEnabled",
        "securityEnabled",
        "groupTypes",
        "visibility",
        "isAssignableToRole",
    )
}
_READ: Final = frozenset({"id", "usertype", "userprincipalname", "accountenabled", "mail", "displayname"})
_TIES: Final = frozenset({"members", "owners"})
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {}, False)


def invitation(piece: Piece) -> Guest:
    """The guest in a line of a bulk-invite list."""
    value = piece.value
    return Guest(
        address=value["email"],
        redirect_url=value["redirectUrl"],
        sends=value["send"],
        message=value["message"],
        left_out=tuple(value["leftOut"]),
    )


def user(value: Mapping[str, Any]) -> Guest | Member:
    """The user object in an export, deleted or not.

    Somebody whose home is elsewhere is invited anew, by their mail address: who they are is proved by themselves, and
    never by a file.

    Raises:
        NotAsked: it does not say who it is, or says something in a way nobody understands.
    """
    given = _folded(value)
    principal = _principal(given)
    marked = _GUEST_MARK in names.key(principal)
    is_guest = _is_guest(given, unsaid=marked or not principal)
    deleted = given.get("deleteddatetime") is not None
    enabled = _is_enabled(given)
    old_id = _id(given.get("id"))
    if marked or is_guest:
        return Guest(
            address=_address(given, principal),
            old_id=old_id,
            display_name=_text(given, "displayname"),
            user_type="Guest" if is_guest else "Member",
            enabled=enabled,
            deleted=deleted,
            properties=_properties(given, _OF_GUESTS),
            left_out=_left_out(value, _USER_PROPERTIES, _OF_GUESTS),
        )
    return Member(
        user_principal_name=principal,
        display_name=_text(given, "displayname") or "",
        old_id=old_id,
        enabled=enabled,
        deleted=deleted,
        properties=_properties(given, _OF_MEMBERS),
        left_out=_left_out(value, _USER_PROPERTIES, _OF_MEMBERS),
    )


def group(value: Mapping[str, Any]) -> NewGroup:
    """The group in an export, deleted or not."""
    given = _folded(value)
    return NewGroup(
        old_id=_id(given.get("id")),
        display_name=_text(given, "displayname") or "",
        values={name: given[key] for key, name in _GROUP_VALUES.items() if given.get(key) not in (None, "")},
        deleted=given.get("deleteddatetime") is not None,
        left_out=_left_out(value, _GROUP_VALUES, frozenset()),
    )


def ties_of(value: Mapping[str, Any], group_id: str) -> Iterator[tuple[Kind, Tie | NotAsked]]:
    """Who is in a group and who owns it, where its object tells (``members``, ``owners``), and what cannot be."""
    given = _folded(value)
    for kind in (Kind.MEMBERS, Kind.OWNERS):
        listed = given.get(kind.value)
        for one in listed if isinstance(listed, list) else []:
            try:
                yield kind, tie(one, group_id, kind)
            except NotAsked as wrong:
                yield kind, wrong


def tie(value: object, group_id: str, kind: Kind) -> Tie:
    """One member or owner: an object with its id, or the id.

    Raises:
        NotAsked: it names no user.
    """
    given = _folded(value) if isinstance(value, Mapping) else {"id": value}
    what = type_of(given)
    if what not in {"", "user"}:
        raise NotAsked(f"only users are kept as {kind.value} of a group, and this is a {what}")
    named = next((given[name] for name in ("memberid", "userid", "ownerid", "id") if name in given), None)
    user_id = _id(named)
    if user_id is None:
        raise NotAsked("it does not say who (id)")
    return Tie(group_id, user_id, kind)


def type_of(given: Mapping[str, Any]) -> str:
    """What an object says it is: ``user``, ``group``, ``device`` …; empty when it does not say."""
    said = given.get("@odata.type") or given.get("odata.type")
    return said.rpartition(".")[2].lower() if isinstance(said, str) else ""


def identity(text: object) -> str | None:
    """An id as it is compared; None when it is none."""
    return _id(text)


def _folded(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): kept for name, kept in value.items()}


def _id(text: object) -> str | None:
    return names.key(text.strip()) if isinstance(text, str) and 0 < len(text.strip()) <= 128 else None


def _text(given: Mapping[str, Any], name: str) -> str | None:
    found = given.get(name)
    return found if isinstance(found, str) and found else None


def _is_guest(given: Mapping[str, Any], *, unsaid: bool) -> bool:
    said = given.get("usertype")
    kinds = {"guest": True, "member": False, "": unsaid}
    found = kinds.get(names.key("" if said is None else str(said)))
    if found is None:
        raise NotAsked("userType is neither Guest nor Member")
    return found


def _is_enabled(given: Mapping[str, Any]) -> bool:
    said = given.get("accountenabled")
    if said is not None and not isinstance(said, bool):
        raise NotAsked("accountEnabled is neither true nor false")
    return said is not False


def _principal(given: Mapping[str, Any]) -> str:
    """The user principal name; a deleted user's begins with the id, so that the name itself was free."""
    principal = _text(given, "userprincipalname") or ""
    prefix = (_id(given.get("id")) or "").replace("-", "")
    if given.get("deleteddatetime") is not None and prefix and names.key(principal).startswith(prefix):
        return principal[len(prefix) :]
    return principal


def _address(given: Mapping[str, Any], principal: str) -> str:
    """Where a guest is reached: mail, else another address, else what their name was made from."""
    others = given.get("othermails")
    listed = [one for one in others if isinstance(one, str) and one] if isinstance(others, list) else []
    local = principal[: names.key(principal).rfind(_GUEST_MARK)] if _GUEST_MARK in names.key(principal) else ""
    before, at, after = local.rpartition("_")
    made_from = [f"{before}@{after}"] if at else []
    found = next((one for one in (_text(given, "mail"), *listed, *made_from) if one), None)
    if found is None:
        raise NotAsked("a guest without a mail address cannot be invited")
    return found


def _properties(given: Mapping[str, Any], but: frozenset[str]) -> dict[str, Any]:
    return {
        name: given[key]
        for key, name in _USER_PROPERTIES.items()
        if name not in but and given.get(key) not in (None, "", [])
    }


def _left_out(value: Mapping[str, Any], taken: Mapping[str, str], but: frozenset[str]) -> tuple[str, ...]:
    """The names of what says something and is not taken over."""
    kept = {key for key, name in taken.items() if name not in but} | _READ | _TIES
    return tuple(
        name
        for name, said in value.items()
        if name.lower() not in kept and "odata." not in name.lower() and said not in _NOTHING
    )
