"""Policies of an organization."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property

EXTERNAL_IDENTITIES_POLICY: Final = Entity(
    "externalIdentitiesPolicy",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("displayName", default=True),
        Property("description", default=True),
        Property("allowDeletedIdentitiesDataRemoval", Is.BOOLEAN, default=True, update=True, nullable=False),
        Property("allowExternalIdentitiesToLeave", Is.BOOLEAN, default=True, update=True, nullable=False),
    ),
)
