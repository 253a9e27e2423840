"""Identity providers that speak SAML, in Graph's words (*samlOrWsFedProvider*)."""

from collections.abc import Mapping
from typing import Any

from vestibule.actions import saml_providers
from vestibule.actions.saml_providers import NewSamlProvider, SamlChanges
from vestibule.doors.graph import refusals
from vestibule.doors.graph.call import Call
from vestibule.doors.graph.model import SAML_PROVIDER
from vestibule.doors.graph.shapes.plain import Plain
from vestibule.rules import providers as rules
from vestibule.rules import saml
from vestibule.rules.refusals import Refused
from vestibule.store.providers import IdentityProvider


async def create(call: Call, values: Mapping[str, Any]) -> IdentityProvider:
    """Add a provider from a checked body."""
    given = (values.get("signingCertificate"), values.get("nextSigningCertificate"))
    new = NewSamlProvider(
        display_name=values["displayName"],
        entity_id=values.get("issuerUri"),
        sign_in_url=values.get("passiveSignInUri"),
        certificates=tuple(one for one in given if one is not None),
        metadata_url=values.get("metadataExchangeUri"),
        name_id_format=values.get("nameIdFormat", saml.PERSISTENT),
        email_attribute=values.get("emailAttribute"),
        domains=tuple(values.get("domains", ())),
        enabled=values.get("isEnabled", True),
    )
    try:
        return await saml_providers.create_saml_provider(call.house, new, tenant_id=call.tenant_id, by=call.by)
    except Refused as refused:
        raise refusals.of(refused, title=SAML_PROVIDER.title) from refused


async def update(call: Call, found: IdentityProvider, values: Mapping[str, Any]) -> None:
    """Change a provider as a checked body says.

    Metadata are read anew when their address is given, unless it is the known one beside a certificate: that is what
    a program sends which writes back what it read.
    """
    domains, url = values.get("domains"), values.get("metadataExchangeUri")
    certificates = _certificates(found, values)
    changes = SamlChanges(
        display_name=values.get("displayName"),
        sign_in_url=values.get("passiveSignInUri"),
        certificates=certificates,
        metadata_url=None if url == found.metadata_url and certificates is not None else url,
        email_attribute=(values["emailAttribute"] or "") if "emailAttribute" in values else None,
        domains=None if domains is None else tuple(domains),
        enabled=values.get("isEnabled"),
    )
    try:
        await saml_providers.update_saml_provider(call.house, changes, provider=found, by=call.by)
    except Refused as refused:
        raise refusals.of(refused, title=SAML_PROVIDER.title, given=found.provider_id) from refused


def view(one: IdentityProvider, domains: list[str]) -> Plain:
    """A provider by Graph's names."""
    first, *others = one.certificates
    return {
        "id": one.provider_id,
        "displayName": one.display_name,
        "issuerUri": saml.shown_issuer(one.issuer),
        "passiveSignInUri": one.authorization_endpoint,
        "metadataExchangeUri": one.metadata_url,
        "signingCertificate": first,
        "nextSigningCertificate": others[0] if others else None,
        "preferredAuthenticationProtocol": rules.SAML,
        "nameIdFormat": one.name_id_format,
        "emailAttribute": one.email_attribute,
        "domains": domains,
        "isEnabled": one.enabled,
    }


def _certificates(found: IdentityProvider, values: Mapping[str, Any]) -> tuple[str, ...] | None:
    """All that it may sign with from now on; None when nothing is said about that."""
    if "signingCertificate" not in values and "nextSigningCertificate" not in values:
        return None
    first, *others = found.certificates
    following = values.get("nextSigningCertificate")
    if "nextSigningCertificate" in values:
        others = [] if following is None else [following, *others[1:]]
    return (values.get("signingCertificate") or first, *others)
