"""Identity providers: where guests of an organization may be at home besides here.

A provider is this organization's alone: it vouches for nobody anywhere else. Its metadata has to answer, and to name
exactly the issuer that is asked, before anything is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from vestibule.actions import abroad, journal
from vestibule.actions.abroad import Metadata
from vestibule.actions.authorising import authorise, authorise_reading
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import providers as rules
from vestibule.rules import saml
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything
from vestibule.rules.verbs import Verb
from vestibule.store import organizations, providers
from vestibule.store.providers import IdentityProvider
from vestibule.store.unit import Reading, Unit

_SEALED_FOR: Final = "provider-secret"
_FIELDS: Final = (
    "display_name",
    "client_id",
    "enabled",
    "authorization_endpoint",
    "certificates",
    "metadata_url",
    "email_attribute",
)


@dataclass(frozen=True, slots=True)
class NewProvider:
    """What a new provider is made from.

    Attributes:
        metadata_url: the address of its metadata, from which everything else about it follows.
        client_id, client_secret: how we are registered there.
        domains: the mail domains it is responsible for, in this organization.
    """

    display_name: str
    metadata_url: str
    client_id: str
    client_secret: str
    domains: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change of a provider; None leaves a field as it is.

    Attributes:
        client_id, client_secret: of one that speaks OpenID Connect.
        saml: fields of ``IdentityProvider`` that only one that speaks SAML has, read already.
    """

    display_name: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    domains: tuple[str, ...] | None = None
    enabled: bool | None = None
    saml: Mapping[str, Any] = field(default_factory=dict)


async def create_provider(house: House, new: NewProvider, *, tenant_id: str, by: Actor) -> IdentityProvider:
    """Let guests be at home at another provider.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE with the property; DUPLICATE_VALUE for an issuer that is a provider already, or
            a domain that has one; PROVIDER_AWAY, PROVIDER_REFUSED as ``abroad.discover``.
    """
    read = NewProvider(
        rules.read_name(new.display_name),
        rules.read_metadata_url(new.metadata_url, allow_loopback=house.outgoing.allows_loopback),
        rules.read_client_id(new.client_id),
        rules.read_secret(new.client_secret),
        tuple(rules.read_domains(new.domains)),
        new.enabled,
    )
    # Nobody makes us ask a foreign server who may not.
    await may(house, by, Verb.CREATE_PROVIDER, tenant_id)
    return await keep_provider(house, read, await abroad.discover(house, read.metadata_url), tenant_id=tenant_id, by=by)


async def keep_provider(
    house: House, read: NewProvider, found: Metadata, *, tenant_id: str, by: Actor
) -> IdentityProvider:
    """Keep a provider that was asked what it is (``found``). ``read`` was checked. Raises as ``create_provider``."""
    provider_id = house.chance.guid()
    new = IdentityProvider(
        tenant_id=tenant_id,
        provider_id=provider_id,
        kind=rules.OIDC,
        display_name=read.display_name,
        issuer=found.issuer,
        client_id=read.client_id,
        sealed_secret=_seal(house, provider_id, read.client_secret),
        authorization_endpoint=found.authorization_endpoint,
        enabled=read.enabled,
        version=1,
        created_at=house.clock.now(),
    )
    return await keep(house, new, read.domains, by=by)


async def keep(house: House, new: IdentityProvider, domains: Iterable[str], *, by: Actor) -> IdentityProvider:
    """Keep a provider of whatever kind; everything about it was read, its moment is set here.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE, DUPLICATE_VALUE as ``create_provider``.
    """

    async def work(unit: Unit) -> IdentityProvider:
        await authorise(unit, by, Verb.CREATE_PROVIDER, new.tenant_id)
        await _check_new(unit, new)
        made = replace(new, created_at=unit.now)
        providers.insert(unit, made)
        await _set_domains(unit, made, [], list(domains))
        await _tell(house, unit, Verb.CREATE_PROVIDER, None, made, by=by)
        return made

    return await attempt(house, Verb.CREATE_PROVIDER, work, by=by, tenant_id=new.tenant_id)


async def update_provider(
    house: House, changes: Changes, *, tenant_id: str, provider_id: str, by: Actor
) -> IdentityProvider:
    """Change a provider. Who came from it stays who they are; switched off, it lets nobody in and nobody stay in.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; BAD_VALUE with the property; DUPLICATE_VALUE for a domain that has a provider.
    """
    fields = _read(changes)
    domains = None if changes.domains is None else rules.read_domains(changes.domains)

    async def work(unit: Unit) -> IdentityProvider:
        await authorise(unit, by, Verb.UPDATE_PROVIDER, tenant_id)
        before = await _find(unit, tenant_id, provider_id)
        _check_kind(before, changes)
        after = replace(before, **fields)
        changed = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
        if changes.client_secret is not None:
            after = replace(after, sealed_secret=_seal(house, provider_id, rules.read_secret(changes.client_secret)))
            changed.append("client_secret")
        held = await providers.domains_of(unit, tenant_id, provider_id)
        if domains is not None and domains != held:
            await _set_domains(unit, before, held, domains)
            changed.append("domains")
        if not changed:
            return before
        saved = providers.save(unit, before, after)
        await _tell(house, unit, Verb.UPDATE_PROVIDER, before, saved, by=by, changes=tuple(sorted(changed)))
        return saved

    return await attempt(house, Verb.UPDATE_PROVIDER, work, by=by, tenant_id=tenant_id)


async def delete_provider(house: House, *, tenant_id: str, provider_id: str, by: Actor) -> None:
    """Let nobody be at home there any more. Guests who come from it stay, and cannot sign in.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.DELETE_PROVIDER, tenant_id)
        gone = await _find(unit, tenant_id, provider_id)
        providers.drop(unit, gone)
        after = replace(gone, version=gone.version + 1)
        await _tell(house, unit, Verb.DELETE_PROVIDER, gone, after, by=by)

    await attempt(house, Verb.DELETE_PROVIDER, work, by=by, tenant_id=tenant_id)


def secret_of(house: House, provider: IdentityProvider) -> str:
    """What proves to the provider who we are."""
    key = house.sealer.derive(_SEALED_FOR)
    return house.sealer.open(key, provider.sealed_secret, provider.provider_id.encode()).decode()


async def offered(reading: Reading, tenant_id: str) -> list[IdentityProvider]:
    """The providers that an organization's sign-in page offers, by name."""
    return [one for one in await providers.everyone(reading, tenant_id) if one.enabled]


# --- Inside -----------------------------------------------------------------------------------------------------------


async def may(house: House, by: Actor, verb: Verb, tenant_id: str) -> None:
    """Insist on a right before a foreign server is asked for something. Raises Refused (NOT_ALLOWED)."""

    async def work(unit: Unit) -> None:
        await authorise_reading(unit, by, verb, Anything(tenant_id))

    await attempt(house, verb, work, by=by, tenant_id=tenant_id)


def _read(changes: Changes) -> dict[str, Any]:
    found: dict[str, Any] = {**changes.saml}
    if changes.display_name is not None:
        found["display_name"] = rules.read_name(changes.display_name)
    if changes.client_id is not None:
        found["client_id"] = rules.read_client_id(changes.client_id)
    if changes.enabled is not None:
        found["enabled"] = changes.enabled
    return found


async def _check_new(unit: Unit, new: IdentityProvider) -> None:
    known = await providers.everyone(unit, new.tenant_id)
    named = "issuerUri" if new.kind == rules.SAML else "metadataUrl"
    if any(one.issuer == new.issuer for one in known):
        raise Refused(Reason.DUPLICATE_VALUE, property=named)
    if len(known) >= rules.MOST:
        raise Refused(Reason.BAD_VALUE, property=named, why="tooMany")


def _check_kind(provider: IdentityProvider, changes: Changes) -> None:
    """A provider has no more fields than its kind has."""
    if provider.kind == rules.SAML and (changes.client_id is not None or changes.client_secret is not None):
        raise Refused(Reason.READ_ONLY, property="clientId")
    if provider.kind != rules.SAML and changes.saml:
        raise Refused(Reason.READ_ONLY, property="issuerUri")


async def _set_domains(unit: Unit, provider: IdentityProvider, held: list[str], wanted: list[str]) -> None:
    """Make a provider responsible for these domains and no others. Who has a home here signs in at home."""
    here = provider.tenant_id
    for name in sorted(set(wanted) - set(held)):
        if await organizations.find_domain(unit, name) is not None:
            raise Refused(Reason.BAD_VALUE, property="domains", value=name)
        if await providers.responsible(unit, here, name) is not None:
            raise Refused(Reason.DUPLICATE_VALUE, property="domains")
        providers.add_domain(unit, here, provider.provider_id, name)
    for name in sorted(set(held) - set(wanted)):
        providers.drop_domain(unit, here, provider.provider_id, name)


async def _find(unit: Unit, tenant_id: str, provider_id: str) -> IdentityProvider:
    found = await providers.find(unit, tenant_id, provider_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, objectId=provider_id)
    return found


def _seal(house: House, provider_id: str, secret: str) -> bytes:
    return house.sealer.seal(house.sealer.derive(_SEALED_FOR), secret.encode(), provider_id.encode())


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    before: IdentityProvider | None,
    after: IdentityProvider,
    *,
    by: Actor,
    changes: tuple[str, ...] = (),
) -> None:
    organization = await find_organization(unit, after.tenant_id)
    versions = (0 if before is None else before.version, after.version)
    subject = journal.about_thing(organization, "policy", after.provider_id, after.display_name, *versions)
    facts: Mapping[str, Any] = {"issuer": saml.shown_issuer(after.issuer), "enabled": after.enabled}
    event = journal.Event(verb, after.tenant_id, subject, unit.now, changes=changes, facts=facts)
    await journal.write(house, unit, event, by=by)
