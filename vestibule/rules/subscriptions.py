"""What can be subscribed to, and for how long (Graph, *subscription resource type*)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from vestibule.rules.names import guid

LONGEST: Final = timedelta(minutes=41_760)
"""How far ahead a subscription may end."""
SHORTEST: Final = timedelta(minutes=45)
"""A subscription that would end earlier ends then."""
MOST_OF_APP: Final = 100
"""Subscriptions of one program in one organization."""
MOST_HERE: Final = 1_000
"""Subscriptions in one organization."""

USERS: Final = "users"
GROUPS: Final = "groups"
UPDATED: Final = "updated"
DELETED: Final = "deleted"
CHANGES: Final = (UPDATED, DELETED)

_RESOURCE: Final = re.compile(r"/?(users|groups)(?:/([^/?]+)(/members)?)?/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscription is about: users or groups, one or all (``object_id`` empty), or only who is in it."""

    kind: str
    object_id: str = ""
    members: bool = False


def read_resource(text: str) -> Wanted | None:
    """What a resource names; None for anything that cannot be subscribed to."""
    found = _RESOURCE.fullmatch(text.strip())
    if found is None:
        return None
    kind, named, members = found[1].lower(), found[2], found[3] is not None
    if named is None:
        return Wanted(kind)
    object_id = guid(named)
    return None if object_id is None or (members and kind != GROUPS) else Wanted(kind, object_id, members)


def read_changes(text: str) -> tuple[str, ...] | None:
    """The kinds of changes, in our order; None when one of them cannot be subscribed to."""
    given = {part.strip().lower() for part in text.split(",")}
    return None if not given or given - set(CHANGES) else tuple(one for one in CHANGES if one in given)


def end(asked: datetime, now: datetime) -> datetime | None:
    """When it really ends; None for a time that is too far ahead, or over."""
    if asked > now + LONGEST or asked <= now:
        return None
    return max(asked, now + SHORTEST)


def same_host(one: str, other: str) -> bool:
    """Whether two addresses are on the same host."""
    return (urlsplit(one).hostname or "").lower() == (urlsplit(other).hostname or "").lower()
