"""Policies."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from vestibule.doors.graph.model.policies import EXTERNAL_IDENTITIES_POLICY
from vestibule.doors.graph.shapes.picking import Shape


@dataclass(frozen=True, slots=True)
class ExternalIdentitiesView:
    """The leave setting."""

    guests_may_leave: bool
    removes_data_of_deleted_identities: bool = False


EXTERNAL_IDENTITIES: Final[Shape[ExternalIdentitiesView]] = Shape(
    EXTERNAL_IDENTITIES_POLICY,
    {
        "id": lambda _view: "externalIdentityPolicy",
        "displayName": lambda _view: "External Identities Policy",
        "description": lambda _view: "Whether external identities may leave the organization on their own.",
        "allowDeletedIdentitiesDataRemoval": attrgetter("removes_data_of_deleted_identities"),
        "allowExternalIdentitiesToLeave": attrgetter("guests_may_leave"),
    },
)
