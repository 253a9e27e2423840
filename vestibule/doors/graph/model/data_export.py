"""The export of personal data (Graph, *dataPolicyOperation resource type*): asked for on a user, looked at here."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property

DATA_EXPORT: Final = Entity(
    "dataPolicyOperation",
    (
        Property("id", default=True, nullable=False),
        Property("completedDateTime", Is.TIME, default=True),
        Property("progress", Is.DOUBLE, default=True),
        Property("status", default=True),
        Property("storageLocation", default=True),
        Property("submittedDateTime", Is.TIME, default=True),
        Property("userId", default=True),
    ),
)
