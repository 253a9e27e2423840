"""The group."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from vestibule.doors.graph.model.group import GROUP
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.rules.sids import sid_of


@dataclass(frozen=True, slots=True)
class GroupView:
    """What is shown of a group; ``attributes`` has every other property by its name."""

    id: str
    display_name: str
    mail_nickname: str
    mail_enabled: bool
    security_enabled: bool
    created_at: datetime
    description: str | None = None
    assignable_to_role: bool = False
    group_types: tuple[str, ...] = ()
    visibility: str | None = None
    deleted_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


GROUPS: Final[Shape[GroupView]] = Shape(
    GROUP,
    {
        "id": attrgetter("id"),
        "displayName": attrgetter("display_name"),
        "description": attrgetter("description"),
        "mailNickname": attrgetter("mail_nickname"),
        "mailEnabled": attrgetter("mail_enabled"),
        "securityEnabled": attrgetter("security_enabled"),
        "isAssignableToRole": attrgetter("assignable_to_role"),
        "groupTypes": lambda view: list(view.group_types),
        "visibility": attrgetter("visibility"),
        "createdDateTime": attrgetter("created_at"),
        "renewedDateTime": attrgetter("created_at"),
        "deletedDateTime": attrgetter("deleted_at"),
        "securityIdentifier": lambda view: sid_of(view.id),
    },
    attrgetter("attributes"),
)
