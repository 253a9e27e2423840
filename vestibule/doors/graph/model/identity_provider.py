"""Identity providers (Graph beta, *openIdConnectIdentityProvider*).

``domains`` and ``isEnabled`` are ours. How people are sent there and back (``responseMode``, ``responseType``,
``scope``) is always the same here; another choice is refused.
"""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.rules import providers as rules

OPENID_CONNECT: Final = Entity(
    "openIdConnectIdentityProvider",
    (
        Property("id", default=True, nullable=False),
        Property(
            "displayName",
            default=True,
            create=True,
            update=True,
            required=True,
            nullable=False,
            longest=rules.LONGEST_NAME,
        ),
        Property(
            "clientId",
            default=True,
            create=True,
            update=True,
            required=True,
            nullable=False,
            longest=rules.LONGEST_CLIENT_ID,
        ),
        Property(
            "clientSecret",
            default=True,
            create=True,
            update=True,
            required=True,
            secret=True,
            longest=rules.LONGEST_SECRET,
        ),
        Property("metadataUrl", default=True, create=True, required=True, nullable=False, longest=rules.LONGEST_ISSUER),
        Property("domainHint", default=True),
        Property("responseMode", default=True, create=True, update=True, choices=("query",), nullable=False),
        Property("responseType", default=True, create=True, update=True, choices=("code",), nullable=False),
        Property("scope", default=True, create=True, update=True, choices=("openid email",), nullable=False),
        Property("domains", many=True, default=True, create=True, update=True, nullable=False, absent=[]),
        Property("isEnabled", Is.BOOLEAN, default=True, create=True, update=True, nullable=False, absent=True),
    ),
)
