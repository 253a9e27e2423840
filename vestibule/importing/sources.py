"""The files of an import, each read as often as it takes: every line with what it asks for, or why it asks for nothing.

A file says what it is by its first line, and an object what it is by its type, by the address of the answer it stood
in, or by what it has. Lists of a group's members do not say whose they are; that has to stand beside the list
(``groupId``), in each object, or in the file's name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from vestibule.importing import bulk_invite, exports, wishes
from vestibule.importing.exports import Export
from vestibule.importing.files import open_text
from vestibule.importing.ledger import Note, Place
from vestibule.importing.pieces import LONGEST, Piece, Unreadable
from vestibule.importing.wishes import Guest, Kind, Member, NewGroup, NotAsked, Wish

_CONTEXT: Final = re.compile(r"groups\('?([0-9a-f-]{36})'?\)/(members|owners)")
_FILE: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_GROUP: Final = (
    "a list of members that does not say of which group: put its id beside the list as groupId, or into the file's "
    "name together with the word members or owners"
)
_NO_KIND: Final = "neither a user nor a group: it has no userPrincipalName and no securityEnabled"
_GROUP_SIGNS: Final = ("grouptypes", "securityenabled", "mailenabled")
_MORE: Final = "the answer has further pages (@odata.nextLink), which are not in this file"


class Said(NamedTuple):
    """What a line says: a wish, or a problem."""

    place: Place
    kind: Kind | None
    wish: Wish | None
    problem: str | None = None


@dataclass(slots=True)
class Source:
    """One file. ``number``: its place among the files. ``notes``: what is to be told of it, once it was read."""

    number: int
    path: Path
    notes: list[Note] = field(default_factory=list)

    def read(self) -> Iterator[Said]:
        """Everything that the file says, in its order. What cannot be read is a problem like any other."""
        try:
            with open_text(self.path) as file:
                first = file.readline(LONGEST)
            with open_text(self.path) as file:
                if bulk_invite.is_one(first):
                    yield from self._list(bulk_invite.pieces(file))
                else:
                    yield from self._export(Export(file, exports.is_lines(first)))
        except Unreadable as wrong:
            yield Said(Place(self.number, wrong.line), None, None, str(wrong))

    def _list(self, pieces: Iterator[Piece]) -> Iterator[Said]:
        for piece in pieces:
            wish = wishes.invitation(piece) if piece.problem is None else None
            yield Said(Place(self.number, piece.line), Kind.INVITATION, wish, piece.problem)

    def _export(self, export: Export) -> Iterator[Said]:
        line, part = 0, 0
        self.notes.clear()
        for piece in export.pieces():
            for said in self._object(piece, export.head):
                part = part + 1 if piece.line == line else 0
                line = piece.line
                yield said._replace(place=Place(self.number, line, part))
        if export.head.get("@odata.nextLink"):
            self.notes.append(Note(Place(self.number, line), _MORE))

    def _object(self, piece: Piece, head: Mapping[str, Any]) -> Iterator[Said]:
        place = Place(self.number, piece.line)
        if piece.problem is not None:
            yield Said(place, None, None, piece.problem)
            return
        try:
            yield from _wishes(place, piece.value, head, self.path.name)
        except NotAsked as wrong:
            yield Said(place, None, None, str(wrong))


def _wishes(place: Place, value: Mapping[str, Any], head: Mapping[str, Any], name: str) -> Iterator[Said]:
    """What an object asks for. Raises NotAsked."""
    given = {key.lower(): kept for key, kept in value.items()}
    what = wishes.type_of(given)
    own_group = wishes.identity(given.get("groupid"))
    if own_group is not None and any(isinstance(given.get(kind.value), list) for kind in _TIES):
        yield from _ties(place, value, own_group)
        return
    listed = (own_group, _kind_of(given)) if own_group is not None else _group_of_list(head, name)
    if listed is not None:
        yield Said(place, listed[1], wishes.tie(value, *listed))
        return
    context = str(head.get("@odata.context", "")).rpartition("#")[2].lower()
    if context.startswith("directoryobjects") and given.get("deleteddatetime") is None:
        raise NotAsked(_NO_GROUP)
    if what == "user" or (not what and ("userprincipalname" in given or context.startswith("users"))):
        asked = wishes.user(value)
        yield Said(place, Kind.DELETED_USER if asked.deleted else Kind.USER, asked)
    elif what == "group" or (not what and (_looks_like_group(given) or context.startswith("groups"))):
        made = wishes.group(value)
        yield Said(place, Kind.DELETED_GROUP if made.deleted else Kind.GROUP, made)
        yield from _ties(place, value, made.old_id or "")
    else:
        raise NotAsked(f"a {what} is not imported" if what else _NO_KIND)


_TIES: Final = (Kind.MEMBERS, Kind.OWNERS)


def _ties(place: Place, value: Mapping[str, Any], group_id: str) -> Iterator[Said]:
    for kind, one in wishes.ties_of(value, group_id):
        if isinstance(one, NotAsked):
            yield Said(place, kind, None, str(one))
        else:
            yield Said(place, kind, one)


def _kind_of(given: Mapping[str, Any]) -> Kind:
    return Kind.OWNERS if "ownerid" in given else Kind.MEMBERS


def _looks_like_group(given: Mapping[str, Any]) -> bool:
    return any(sign in given for sign in _GROUP_SIGNS)


def _group_of_list(head: Mapping[str, Any], name: str) -> tuple[str, Kind] | None:
    """The group whose members (or owners) a list holds, when the list or the file says so."""
    word = Kind.OWNERS if "owners" in name.lower() else Kind.MEMBERS
    beside = wishes.identity(head.get("groupId"))
    if beside is not None:
        return beside, word
    found = _CONTEXT.search(str(head.get("@odata.context", "")).lower())
    if found is not None:
        return found[1], Kind(found[2])
    in_name = _FILE.search(name.lower())
    if in_name is not None and any(kind.value in name.lower() for kind in _TIES):
        return in_name[0], word
    return None


def who(wish: Wish) -> str:
    """The name by which people know what a line is about."""
    match wish:
        case Guest(address=address):
            return address
        case Member(user_principal_name=name):
            return name
        case NewGroup(display_name=name):
            return name
        case _:
            return wish.user_id
