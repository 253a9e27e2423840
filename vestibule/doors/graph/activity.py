"""``signInActivity`` of users: who may ask, and what is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vestibule.doors.graph.call import Call
from vestibule.doors.graph.shapes.user import UserView
from vestibule.doors.graph.views import user_view
from vestibule.rules.filters import And, Compare, Count, Filter, Not, Or, Some
from vestibule.rules.verbs import Verb
from vestibule.store import activity
from vestibule.store.active_users import ACTIVITY
from vestibule.store.activity import Activity
from vestibule.store.users import User


def is_shown(call: Call) -> bool:
    """Whether the answer is to say when users signed in."""
    return ACTIVITY in (call.asked.select or ())


def is_asked(wanted: Filter | None) -> bool:
    """Whether a filter asks when users signed in."""
    match wanted:
        case None:
            return False
        case And(parts) | Or(parts):
            return any(is_asked(part) for part in parts)
        case Not(part):
            return is_asked(part)
        case Some(path, _) | Count(path, _, _) | Compare(path, _, _):
            return path[:1] == (ACTIVITY,)
        case _:
            return wanted.path[:1] == (ACTIVITY,)


async def insist(call: Call) -> None:
    """Insist on the right to read the sign-in log for whoever wants to know. Raises Refused."""
    if is_shown(call) or is_asked(call.asked.filter):
        await call.may_read(Verb.READ_AUDIT)


async def of_users(call: Call, found: Sequence[User]) -> dict[str, Activity]:
    """When these users signed in last, when that is to be shown."""
    ids = [one.membership.user_id for one in found]
    return await activity.find_many(call.reading, call.tenant_id, ids) if is_shown(call) and ids else {}


def view(user: User, found: Mapping[str, Activity]) -> UserView:
    """A user with when they signed in last."""
    shown = user_view(user)
    last = found.get(user.membership.user_id)
    return shown if last is None else replace(shown, activity=_values(last))


def _values(last: Activity) -> dict[str, Any]:
    return {
        "lastSignInDateTime": last.last_at,
        "lastSignInRequestId": last.last_id,
        "lastNonInteractiveSignInDateTime": last.last_quiet_at,
        "lastNonInteractiveSignInRequestId": last.last_quiet_id,
        "lastSuccessfulSignInDateTime": last.last_success_at,
        "lastSuccessfulSignInRequestId": last.last_success_id,
    }
