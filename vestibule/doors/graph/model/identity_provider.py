"""Identity providers (Graph beta, *openIdConnectIdentityProvider* and *samlOrWsFedProvider*).

``domains`` and ``isEnabled`` are ours, and of a SAML provider ``nameIdFormat`` and ``emailAttribute`` are. How people
are sent there and back (``responseMode``, ``responseType``, ``scope``) is always the same here; another choice is
refused.
"""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.rules import providers as rules
from vestibule.rules import saml

_DOMAINS: Final = Property("domains", many=True, default=True, create=True, update=True, nullable=False, absent=[])
_ENABLED: Final = Property("isEnabled", Is.BOOLEAN, default=True, create=True, update=True, nullable=False, absent=True)
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
        _DOMAINS,
        _ENABLED,
    ),
)


def _certificate(name: str) -> Property:
    longest = saml.LONGEST_CERTIFICATE
    return Property(name, default=True, create=True, update=True, longest=longest, lines=True)


SAML_PROVIDER: Final = Entity(
    "samlOrWsFedProvider",
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
        Property("issuerUri", default=True, create=True, longest=rules.LONGEST_ISSUER),
        Property("passiveSignInUri", default=True, create=True, update=True, longest=saml.LONGEST_URL),
        Property("metadataExchangeUri", default=True, create=True, update=True, longest=saml.LONGEST_URL),
        _certificate("signingCertificate"),
        _certificate("nextSigningCertificate"),
        Property(
            "preferredAuthenticationProtocol",
            default=True,
            create=True,
            update=True,
            choices=("saml",),
            nullable=False,
        ),
        Property("nameIdFormat", default=True, create=True, choices=saml.NAME_ID_FORMATS, nullable=False),
        Property("emailAttribute", default=True, create=True, update=True, longest=saml.LONGEST_ATTRIBUTE, blank=True),
        _DOMAINS,
        _ENABLED,
    ),
)

IDENTITY_PROVIDER: Final = Entity(
    "identityProviderBase",
    tuple({each.name: each for kind in (OPENID_CONNECT, SAML_PROVIDER) for each in kind.properties}.values()),
)
"""Either kind: what ``$select`` may name where both are listed."""
