"""From rows of the sign-in log to what ``auditLogs/signIns`` shows.

Network addresses and what browsers call themselves are opened with the key of the person. Where that is destroyed the
row still stands, and whoever it was is called by their label.
"""

from collections.abc import Mapping

from vestibule.actions import sign_in_rows
from vestibule.actions.house import House
from vestibule.doors.graph.audit_log import pseudonym
from vestibule.doors.graph.shapes.sign_in import SignInView
from vestibule.rules.filters import And, Compare, Filter, Not, OneOf, Op, Or, Some, Test, Text
from vestibule.rules.sign_ins import Kind
from vestibule.store.sign_ins import KIND, MARKS, Shown

EVENT_TYPES = "signInEventTypes"


async def views(house: House, found: list[Shown]) -> list[SignInView]:
    """The rows as they are shown, in the same order."""
    opened = await sign_in_rows.open_rows(house, [one.row for one in found])
    return [_view(one, whence) for one, whence in zip(found, opened, strict=True)]


def _view(shown: Shown, whence: Mapping[str, str]) -> SignInView:
    row = shown.row
    removed = bool(row.label) and row.user_id == row.label
    return SignInView(
        row=row,
        display_name=pseudonym(row.label) if removed else shown.display_name,
        upn=shown.user_principal_name,
        user_type=shown.user_type,
        app=shown.app,
        service_principal=shown.service_principal,
        network=whence.get("ipAddress") or None,
        agent=whence.get("userAgent") or None,
    )


def asks_for_kinds(wanted: Filter | None) -> bool:
    """Whether a filter says which kinds of sign-ins it wants; otherwise only those that somebody sat at are meant."""
    match wanted:
        case And(parts) | Or(parts):
            return any(asks_for_kinds(part) for part in parts)
        case Not(part):
            return asks_for_kinds(part)
        case Some(path, _):
            return path == (EVENT_TYPES,)
        case Compare(path, _, _):
            return path == ("isInteractive",)
        case _:
            return False


def as_kept(house: House, wanted: Filter) -> Filter:
    """A filter in terms of what is kept: kinds as the one that each row has, addresses by their keyed hashes."""
    match wanted:
        case And(parts):
            return And(tuple(as_kept(house, part) for part in parts))
        case Or(parts):
            return Or(tuple(as_kept(house, part) for part in parts))
        case Not(part):
            return Not(as_kept(house, part))
        case Some((name,), inner) if name == EVENT_TYPES:
            return And(()) if inner is None else _of_kind(inner)
        case Compare(("isInteractive",), op, value):
            same = (value is True) is (op is Op.EQ)
            return Compare(KIND, Op.EQ if same else Op.NE, Kind.INTERACTIVE.value)
        case Compare(("ipAddress",), Op.EQ | Op.NE, _) | OneOf(("ipAddress",), _) | Text(("ipAddress",), _, _):
            return _of_address(house, wanted)
        case _:
            return wanted


def _of_kind(inner: Filter) -> Filter:
    match inner:
        case And(parts):
            return And(tuple(_of_kind(part) for part in parts))
        case Or(parts):
            return Or(tuple(_of_kind(part) for part in parts))
        case Not(part):
            return Not(_of_kind(part))
        case Compare((), op, value):
            return Compare(KIND, op, value)
        case OneOf((), values):
            return OneOf(KIND, values)
        case _:
            return inner


def _of_address(house: House, wanted: Filter) -> Filter:
    match wanted:
        case Compare(_, op, str(address)):
            found = _marked(house, address, whole=True)
            return found if op is Op.EQ else Not(found)
        case Compare(_, op, _):
            return Not(Some(MARKS)) if op is Op.EQ else Some(MARKS)
        case OneOf(_, values):
            return Or(tuple(_marked(house, str(one), whole=True) for one in values))
        case Text(_, Test.STARTS_WITH, beginning):
            return _marked(house, beginning) if beginning else Some(MARKS)
        case _:
            return wanted


def _marked(house: House, part: str, *, whole: bool = False) -> Filter:
    return Some(MARKS, Compare((), Op.EQ, sign_in_rows.mark_of(house, part, whole=whole)))
