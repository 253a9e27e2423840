"""Who is in a group after a PATCH: worked out without looking at everybody who is in it, for groups may be large."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from vestibule.doors.scim.bodies import read_value
from vestibule.doors.scim.errors import invalid_filter, invalid_path, invalid_value
from vestibule.doors.scim.patching import Operation
from vestibule.doors.scim.schemas import GROUP
from vestibule.rules.filters import Compare, Filter, Op, Or
from vestibule.rules.names import guid

_MEMBERS: Final = GROUP.whole.by_name["members"]
_NAME: Final = "members"


@dataclass
class Members:
    """What becomes of the members.

    Attributes:
        comes: for each user that an operation named, whether they are in at the end.
        emptied: everybody else goes.
    """

    comes: dict[str, bool] = field(default_factory=dict)
    emptied: bool = False

    @property
    def says_something(self) -> bool:
        """Whether any operation was about members."""
        return self.emptied or bool(self.comes)


def is_about_members(one: Operation) -> bool:
    """Whether an operation is about members."""
    return one.place is not None and one.place.found.path[0] == _NAME


def member_ids(values: Iterable[Any] | None) -> list[str]:
    """The users that values of ``members`` name. Raises ScimError (400 invalidValue)."""
    found: list[str] = []
    for value in values or ():
        user_id = guid(str(value.get("value", "")))
        if user_id is None:
            raise invalid_value("Each of the 'members' has the id of a user as its value.")
        found.append(user_id)
    return found


def carried_out(operations: Iterable[Operation]) -> Members:
    """What the operations make of the members. Raises ScimError (400)."""
    members = Members()
    for one in operations:
        if one.place is None or one.place.sub is not None or len(one.place.found.path) > 1:
            raise invalid_path("Members are added and removed as a whole.")
        if one.place.chosen is not None:
            members.comes.update(dict.fromkeys(_chosen(one, one.place.chosen), False))
        elif one.op == "remove" and one.value in (None, []):
            members.comes, members.emptied = {}, True
        else:
            ids = member_ids(read_value(_MEMBERS, one.value))
            if one.op == "replace":
                members.comes, members.emptied = {}, True
            members.comes.update(dict.fromkeys(ids, one.op != "remove"))
    return members


def _chosen(one: Operation, chosen: Filter) -> list[str]:
    """The users that a path names; whoever they are is said one by one, so that nobody else has to be looked at."""
    if one.op != "remove":
        raise invalid_path("Members that a filter chooses can only be removed.")
    parts = chosen.parts if isinstance(chosen, Or) else (chosen,)
    found: list[dict[str, Any]] = []
    for part in parts:
        if not isinstance(part, Compare) or part.path != ("value",) or part.op is not Op.EQ:
            raise invalid_filter("Members are chosen by 'value eq', one or several joined by 'or'.")
        found.append({"value": part.value})
    return member_ids(found)
