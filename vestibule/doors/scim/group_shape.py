"""A group as a SCIM group."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from vestibule.doors.scim.schemas import CORE_GROUP
from vestibule.doors.scim.user_shape import last_modified
from vestibule.ground.clock import from_us, iso
from vestibule.store.groups import Group
from vestibule.store.provisioned_lists import Crowd, KnownGroup

_NOT_IN_NICKNAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


def group_version(group: Group, crowd: Crowd | None) -> str:
    """The entity tag: it changes with the group and with who is in it."""
    many, newest = (0, 0) if crowd is None else (crowd.many, crowd.newest)
    return f'W/"{group.version}.{many}.{newest}"'


def group_resource(
    known: KnownGroup,
    root: str,
    *,
    crowd: Crowd | None,
    members: Sequence[str] | None = None,
    last_act: datetime | None = None,
) -> dict[str, Any]:
    """A group as clients see it; without members when nobody looked them up."""
    group = known.group
    found: dict[str, Any] = {"schemas": [CORE_GROUP], "id": group.group_id}
    if known.external_id is not None:
        found["externalId"] = known.external_id
    found["meta"] = {
        "resourceType": "Group",
        "created": iso(group.created_at),
        **last_modified(_later(last_act, crowd), group.created_at),
        "location": f"{root}/Groups/{group.group_id}",
        "version": group_version(group, crowd),
    }
    found["displayName"] = group.display_name
    if members:
        found["members"] = [_member(one, root) for one in members]
    return found


def _later(last_act: datetime | None, crowd: Crowd | None) -> datetime | None:
    """When the group was changed last, or somebody came in."""
    moments = [last_act, None if crowd is None else from_us(crowd.newest)]
    return max((one for one in moments if one is not None), default=None)


def _member(one: str, root: str) -> dict[str, Any]:
    return {"value": one, "$ref": f"{root}/Users/{one}", "type": "User"}


def nickname(display_name: str) -> str:
    """A mail nickname for a group whose client knows none."""
    return _NOT_IN_NICKNAMES.sub("", display_name)[:64] or "group"
