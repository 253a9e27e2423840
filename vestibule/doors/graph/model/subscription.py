"""Subscriptions to change notifications (Graph, *subscription resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property

SUBSCRIPTION: Final = Entity(
    "subscription",
    (
        Property("id", default=True, nullable=False),
        Property("applicationId", default=True, nullable=False),
        Property("changeType", default=True, create=True, required=True, nullable=False, longest=64),
        Property("clientState", default=True, create=True, longest=128, absent=None),
        Property("creatorId", default=True),
        Property("expirationDateTime", Is.TIME, default=True, create=True, update=True, required=True, nullable=False),
        Property("includeResourceData", Is.BOOLEAN, default=True, create=True),
        Property(
            "latestSupportedTlsVersion",
            default=True,
            create=True,
            choices=("v1_0", "v1_1", "v1_2", "v1_3", "v10", "v11", "v12", "v13"),
        ),
        Property("lifecycleNotificationUrl", default=True, create=True, longest=2048),
        Property(
            "notificationUrl", default=True, create=True, update=True, required=True, nullable=False, longest=2048
        ),
        Property("resource", default=True, create=True, required=True, nullable=False, longest=1024),
        Property("encryptionCertificate", default=True),
        Property("encryptionCertificateId", default=True),
        Property("notificationQueryOptions", default=True),
    ),
)
