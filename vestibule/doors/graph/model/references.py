"""What only names another object: the body of ``$ref``."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Property

REFERENCE: Final = Entity(
    "reference", (Property("@odata.id", create=True, required=True, nullable=False, longest=1_024),)
)
