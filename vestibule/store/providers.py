"""Identity providers of an organization, the domains they are responsible for, and browsers that are away at one."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, literal_column, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import federation_request, identity_provider, provider_domain
from vestibule.store.statements import Change, Guard, Query, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Another place where guests of an organization may be at home.

    Attributes:
        kind: ``oidc``, ``saml``. issuer: who it is (``rules.saml.issuer_of`` for SAML); unique in the organization.
        client_id, sealed_secret: how we prove to it who we are; empty for SAML.
        authorization_endpoint: where it signs people in, as it was met last.
        enabled: people may come from there.
        certificates: SAML: what it may sign with, DER in base64. metadata_url: where it describes itself.
        name_id_format, email_attribute: SAML: which kind of name it calls people by, and which attribute holds an
            address (None: whichever is usual).
    """

    tenant_id: str
    provider_id: str
    kind: str
    display_name: str
    issuer: str
    client_id: str
    sealed_secret: bytes
    authorization_endpoint: str
    enabled: bool
    version: int
    created_at: datetime
    certificates: list[str] = field(default_factory=list)
    metadata_url: str | None = None
    name_id_format: str | None = None
    email_attribute: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderDomain:
    """In this organization, a provider is responsible for the addresses of a domain."""

    tenant_id: str
    name: str
    provider_id: str


@dataclass(frozen=True, slots=True)
class FederationRequest:
    """A browser is away at a provider.

    Attributes:
        state_hash: SHA-256 of what it comes back with. browser_hash: of the browser's own cookie.
        sealed: what it is away for, the handle of the sign-in under way, and what a SAML provider said meanwhile.
        expires_at: machine time. offset_at_birth: the clock's offset then, in microseconds.
    """

    tenant_id: str
    state_hash: str
    browser_hash: str
    provider_id: str
    sealed: bytes
    expires_at: datetime
    offset_at_birth: int
    generation: str


_PROVIDERS: Final = Records(identity_provider, IdentityProvider)
_DOMAINS: Final = Records(provider_domain, ProviderDomain)
_REQUESTS: Final = Records(federation_request, FederationRequest)
_KEPT: Final = {"tenant_id", "provider_id", "kind", "created_at", "name_id_format"}
_here = identity_provider.c.tenant_id == given("tenant_id")

_FIND = _PROVIDERS.where(_here, identity_provider.c.provider_id == given("provider_id"))
_ANYWHERE = _PROVIDERS.where(identity_provider.c.provider_id == given("provider_id"))
_BY_ISSUER = _PROVIDERS.where(_here, identity_provider.c.issuer == given("issuer"))
_ALL = _PROVIDERS.where(_here, order=(identity_provider.c.display_name, identity_provider.c.provider_id))
_SAVE = Change(
    update(identity_provider)
    .where(
        identity_provider.c.tenant_id == given("in_tenant"),
        identity_provider.c.provider_id == given("of_provider"),
        identity_provider.c.version == given("if_version"),
    )
    .values({name: given(name) for name in _PROVIDERS.names if name not in _KEPT})
)
_DROP = Change(
    delete(identity_provider).where(
        _here, identity_provider.c.provider_id == given("provider_id"), identity_provider.c.version == given("version")
    )
)
_UNCHANGED = Guard(
    select(literal_column("1"))
    .where(
        _here, identity_provider.c.provider_id == given("provider_id"), identity_provider.c.version == given("version")
    )
    .with_for_update(read=True)
)
_MOVED = Change(
    update(identity_provider)
    .where(identity_provider.c.tenant_id == given("in_tenant"), identity_provider.c.provider_id == given("of_provider"))
    .values(authorization_endpoint=given("endpoint"))
)
_DOMAINS_OF = _DOMAINS.where(
    provider_domain.c.tenant_id == given("tenant_id"),
    provider_domain.c.provider_id == given("provider_id"),
    order=provider_domain.c.name,
)
_DOMAINS_HERE = _DOMAINS.where(provider_domain.c.tenant_id == given("tenant_id"), order=provider_domain.c.name)
_RESPONSIBLE = Query(
    select(provider_domain.c.provider_id).where(
        provider_domain.c.tenant_id == given("tenant_id"), provider_domain.c.name == given("name")
    )
)
_DROP_DOMAINS = Change(
    delete(provider_domain).where(
        provider_domain.c.tenant_id == given("tenant_id"), provider_domain.c.provider_id == given("provider_id")
    )
)
_DROP_DOMAIN = Change(
    delete(provider_domain).where(
        provider_domain.c.tenant_id == given("tenant_id"),
        provider_domain.c.provider_id == given("provider_id"),
        provider_domain.c.name == given("name"),
    )
)
_REQUEST = _REQUESTS.where(federation_request.c.state_hash == given("state_hash"))
_USE = Change(
    delete(federation_request).where(
        federation_request.c.tenant_id == given("tenant_id"), federation_request.c.state_hash == given("state_hash")
    )
)
_FORGET = Change(delete(federation_request).where(federation_request.c.expires_at < given("before")))


async def find(reading: Reading, tenant_id: str, provider_id: str) -> IdentityProvider | None:
    """The provider with this id in this organization, enabled or not."""
    return await _PROVIDERS.one(reading, _FIND, tenant_id=tenant_id, provider_id=provider_id)


async def find_anywhere(reading: Reading, provider_id: str) -> IdentityProvider | None:
    """The provider with this id: what a provider calls us by, before any organization is known."""
    return await _PROVIDERS.one(reading, _ANYWHERE, provider_id=provider_id)


async def by_issuer(reading: Reading, tenant_id: str, issuer: str) -> IdentityProvider | None:
    """The provider of an organization that is this issuer, enabled or not."""
    return await _PROVIDERS.one(reading, _BY_ISSUER, tenant_id=tenant_id, issuer=issuer)


async def everyone(reading: Reading, tenant_id: str) -> list[IdentityProvider]:
    """Every provider of an organization, by name."""
    return await _PROVIDERS.all(reading, _ALL, tenant_id=tenant_id)


async def responsible(reading: Reading, tenant_id: str, domain: str) -> IdentityProvider | None:
    """The provider that an organization made responsible for addresses of this domain, enabled or not."""
    row = await reading.one(_RESPONSIBLE, tenant_id=tenant_id, name=domain)
    return None if row is None else await find(reading, tenant_id, row[0])


async def domains_of(reading: Reading, tenant_id: str, provider_id: str) -> list[str]:
    """The domains that a provider is responsible for."""
    found = await _DOMAINS.all(reading, _DOMAINS_OF, tenant_id=tenant_id, provider_id=provider_id)
    return [one.name for one in found]


async def domains_here(reading: Reading, tenant_id: str) -> dict[str, list[str]]:
    """The domains of every provider of an organization, by provider."""
    found: dict[str, list[str]] = {}
    for one in await _DOMAINS.all(reading, _DOMAINS_HERE, tenant_id=tenant_id):
        found.setdefault(one.provider_id, []).append(one.name)
    return found


def insert(unit: Unit, new: IdentityProvider) -> None:
    """Write a provider; a second one with the same issuer raises Duplicate at commit."""
    _PROVIDERS.insert(unit, new)


def save(unit: Unit, before: IdentityProvider, after: IdentityProvider) -> IdentityProvider:
    """Write a changed provider, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in _PROVIDERS.values(saved).items() if name not in _KEPT}
    unit.write(_SAVE, in_tenant=before.tenant_id, of_provider=before.provider_id, if_version=before.version, **values)
    return saved


def drop(unit: Unit, gone: IdentityProvider) -> None:
    """A provider goes, with its domains."""
    unit.write(_DROP, tenant_id=gone.tenant_id, provider_id=gone.provider_id, version=gone.version)
    unit.write(_DROP_DOMAINS, rows=None, tenant_id=gone.tenant_id, provider_id=gone.provider_id)


def guard(unit: Unit, seen: IdentityProvider) -> None:
    """Insist that nothing about this provider changes before the unit commits."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, provider_id=seen.provider_id, version=seen.version)


def moved(unit: Unit, provider: IdentityProvider, endpoint: str) -> None:
    """The provider signs people in at another address now; that changes nothing that anybody decided."""
    unit.write(_MOVED, rows=None, in_tenant=provider.tenant_id, of_provider=provider.provider_id, endpoint=endpoint)


def add_domain(unit: Unit, tenant_id: str, provider_id: str, name: str) -> None:
    """A provider is responsible for one more domain; one that has a provider raises Duplicate at commit."""
    _DOMAINS.insert(unit, ProviderDomain(tenant_id, name, provider_id))


def drop_domain(unit: Unit, tenant_id: str, provider_id: str, name: str) -> None:
    """A provider is responsible for a domain no more."""
    unit.write(_DROP_DOMAIN, tenant_id=tenant_id, provider_id=provider_id, name=name)


async def find_request(reading: Reading, state_hash: str) -> FederationRequest | None:
    """What a browser went away with: the one look-up before any organization is known."""
    return await _REQUESTS.one(reading, _REQUEST, state_hash=state_hash)


def insert_request(unit: Unit, new: FederationRequest) -> None:
    """A browser goes away."""
    _REQUESTS.insert(unit, new)


def use_request(unit: Unit, used: FederationRequest) -> None:
    """It came back; the unit is stale when it did already."""
    unit.write(_USE, tenant_id=used.tenant_id, state_hash=used.state_hash)


def forget(unit: Unit, before: datetime) -> None:
    """Browsers that did not come back before this moment of the machine's clock."""
    unit.write(_FORGET, rows=None, before=to_us(before))
