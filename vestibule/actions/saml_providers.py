"""Identity providers that speak SAML 2.0: added and changed from what an administrator gives, or from their metadata.

Metadata are fetched once, when an administrator names their address; a provider that changes its key is given the next
certificate beforehand, or its address once more.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from vestibule.actions import abroad, providers
from vestibule.actions.house import House
from vestibule.actions.providers import Changes
from vestibule.ground import public_keys, saml
from vestibule.ground.public_keys import BadKey, Certificate
from vestibule.ground.saml import BadSaml, Described
from vestibule.rules import providers as rules
from vestibule.rules import saml as saml_rules
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store.providers import IdentityProvider

_METADATA: Final = "metadataExchangeUri"
_CERTIFICATE: Final = "signingCertificate"
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class NewSamlProvider:
    """What a new provider is made from. What is not given here is taken from its metadata.

    Attributes:
        entity_id: who it is. sign_in_url: where it takes requests (HTTP-Redirect).
        certificates: what it signs with: PEM, or DER in base64. metadata_url: where it describes itself.
        name_id_format: the kind of name that it calls people by.
        email_attribute: the attribute that holds an address; None: whichever is usual.
        domains: the mail domains it is responsible for, in this organization.
    """

    display_name: str
    entity_id: str | None = None
    sign_in_url: str | None = None
    certificates: tuple[str, ...] = ()
    metadata_url: str | None = None
    name_id_format: str = saml_rules.PERSISTENT
    email_attribute: str | None = None
    domains: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class SamlChanges:
    """What is to change; None leaves a field as it is. Who the provider is, and its kind of name, never change.

    Attributes:
        certificates: all that it may sign with from now on. metadata_url: read anew, for address and certificates.
        email_attribute: empty for whichever is usual.
    """

    display_name: str | None = None
    sign_in_url: str | None = None
    certificates: tuple[str, ...] | None = None
    metadata_url: str | None = None
    email_attribute: str | None = None
    domains: tuple[str, ...] | None = None
    enabled: bool | None = None


async def create_saml_provider(house: House, new: NewSamlProvider, *, tenant_id: str, by: Actor) -> IdentityProvider:
    """Let guests be at home at a provider that speaks SAML.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE with the property; DUPLICATE_VALUE for an entity id that is a provider already,
            or a domain that has one; PROVIDER_AWAY, PROVIDER_REFUSED for its metadata.
    """
    name, domains = rules.read_name(new.display_name), rules.read_domains(new.domains)
    names = saml_rules.read_format(new.name_id_format)
    attribute = None if new.email_attribute is None else saml_rules.read_attribute(new.email_attribute)
    await providers.may(house, by, Verb.CREATE_PROVIDER, tenant_id)
    described = None if new.metadata_url is None else await _described(house, new.metadata_url)
    entity_id = _entity_id(new.entity_id, described)
    made = IdentityProvider(
        tenant_id=tenant_id,
        provider_id=house.chance.guid(),
        kind=rules.SAML,
        display_name=name,
        issuer=saml_rules.issuer_of(tenant_id, entity_id),
        client_id="",
        sealed_secret=b"",
        authorization_endpoint=_sign_in_url(house, new.sign_in_url, described),
        enabled=new.enabled,
        version=1,
        created_at=house.clock.now(),
        certificates=_certificates(house, new.certificates, described),
        metadata_url=new.metadata_url,
        name_id_format=names,
        email_attribute=attribute,
    )
    return await providers.keep(house, made, domains, by=by)


async def update_saml_provider(
    house: House, changes: SamlChanges, *, provider: IdentityProvider, by: Actor
) -> IdentityProvider:
    """Change a provider that speaks SAML.

    Raises:
        Refused: as ``update_provider`` and ``create_saml_provider``.
    """
    described = None
    if changes.metadata_url is not None:
        await providers.may(house, by, Verb.UPDATE_PROVIDER, provider.tenant_id)
        described = await _described(house, changes.metadata_url)
        _entity_id(saml_rules.shown_issuer(provider.issuer), described)
    fields: dict[str, Any] = {}
    if described is not None:
        fields["metadata_url"] = changes.metadata_url
    if described is not None or changes.sign_in_url is not None:
        fields["authorization_endpoint"] = _sign_in_url(house, changes.sign_in_url, described)
    if described is not None or changes.certificates is not None:
        fields["certificates"] = _certificates(house, changes.certificates or (), described)
    if changes.email_attribute is not None:
        attribute = changes.email_attribute
        fields["email_attribute"] = saml_rules.read_attribute(attribute) if attribute else None
    read = Changes(changes.display_name, domains=changes.domains, enabled=changes.enabled, saml=fields)
    where = {"tenant_id": provider.tenant_id, "provider_id": provider.provider_id}
    return await providers.update_provider(house, read, **where, by=by)


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _described(house: House, url: str) -> Described:
    """What the document at an address says. Raises Refused (PROVIDER_AWAY, PROVIDER_REFUSED, BAD_VALUE)."""
    address = saml_rules.read_address(url, what=_METADATA, allow_loopback=house.outgoing.allows_loopback)
    try:
        answer = await abroad.ask(house, "GET", address, headers={"Accept": "application/samlmetadata+xml"})
    except Refused as refused:
        raise Refused(refused.reason, **{**refused.facts, "property": _METADATA}) from refused
    if answer.status != _OK:
        raise Refused(Reason.PROVIDER_AWAY, property=_METADATA)
    try:
        found = saml.read_metadata(answer.body)
    except BadSaml as bad:
        raise _unfit("document") from bad
    if found.wants_signed_requests:
        raise _unfit("signedRequests")
    return found


def _entity_id(given: str | None, described: Described | None) -> str:
    if described is not None and given is not None and given != described.entity_id:
        raise _unfit("issuer")
    entity_id = given if described is None else described.entity_id
    if entity_id is None:
        raise Refused(Reason.MISSING_VALUE, property="issuerUri")
    return saml_rules.read_entity_id(entity_id)


def _sign_in_url(house: House, given: str | None, described: Described | None) -> str:
    loopback = house.outgoing.allows_loopback
    if given is not None:
        return saml_rules.read_address(given, what="passiveSignInUri", allow_loopback=loopback)
    if described is None:
        raise Refused(Reason.MISSING_VALUE, property="passiveSignInUri")
    try:
        return saml_rules.read_address(described.sign_in_url or "", what=_METADATA, allow_loopback=loopback)
    except Refused as refused:
        raise _unfit("endpoints") from refused


def _certificates(house: House, given: Sequence[str], described: Described | None) -> list[str]:
    """What the provider may sign with, DER in base64: at least one of it has not ended."""
    if given:
        read = [_certificate(one) for one in given]
    elif described is not None:
        read = [_published(one) for one in described.certificates]
    else:
        raise Refused(Reason.MISSING_VALUE, property=_CERTIFICATE)
    now = house.clock.now()
    if not any(now < one.expires_at for one in read) or len(read) > saml_rules.MOST_CERTIFICATES:
        raise Refused(Reason.BAD_VALUE, property=_CERTIFICATE) if given else _unfit("keys")
    return list(dict.fromkeys(base64.b64encode(one.der).decode() for one in read))


def _certificate(text: str) -> Certificate:
    try:
        octets = text.encode("ascii") if "-----BEGIN" in text else saml.decoded(text)
        return public_keys.read_certificate(octets)
    except (BadKey, BadSaml, UnicodeEncodeError) as bad:
        raise Refused(Reason.BAD_VALUE, property=_CERTIFICATE) from bad


def _published(der: bytes) -> Certificate:
    try:
        return public_keys.read_certificate(der)
    except BadKey as bad:
        raise _unfit("keys") from bad


def _unfit(why: str) -> Refused:
    return Refused(Reason.PROVIDER_REFUSED, property=_METADATA, why=why)
