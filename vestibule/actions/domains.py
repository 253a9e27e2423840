"""Domains beside the one that an organization was made with: claimed, proven, made the default, given up.

A claim is only noted down: it keeps the name from nobody. What proves it is the operator's word
(``organizing.add_domain``). In an emulator database, where every name is made up, asking is enough.
"""

from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import names
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import app_index, domain_claims, organizations
from vestibule.store.domain_claims import DomainClaim
from vestibule.store.organizations import Domain, Organization
from vestibule.store.unit import Unit

MOST_CLAIMS: Final = 100
_CLAIM: Final = "claim"


async def claim_domain(house: House, *, tenant_id: str, name: str, by: Actor) -> DomainClaim:
    """Say that a domain is the organization's own; nothing follows from it until it is proven.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE for no domain, and beyond 100 claims; DUPLICATE_VALUE when somebody has it;
            ALREADY_THERE when it is claimed here.
    """
    found = names.organization_domain(name, what="id").name

    async def work(unit: Unit) -> DomainClaim:
        await authorise(unit, by, Verb.ADD_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        if await organizations.find_domain(unit, found) is not None:
            raise Refused(Reason.DUPLICATE_VALUE, property="id")
        claims = await domain_claims.everyone(unit, tenant_id)
        if any(one.name == found for one in claims):
            raise Refused(Reason.ALREADY_THERE, property="domains")
        if len(claims) >= MOST_CLAIMS:
            raise Refused(Reason.BAD_VALUE, property="id", why="tooMany")
        made = DomainClaim(tenant_id, found, f"MS=ms{int(house.chance.guid()[:6], 16):08d}", unit.now)
        domain_claims.insert(unit, made)
        organizations.guard(unit, organization)
        await _tell(house, unit, Verb.ADD_DOMAIN, organization, found, by=by, way=_CLAIM)
        return made

    return await attempt(house, Verb.ADD_DOMAIN, work, by=by, tenant_id=tenant_id, way=_CLAIM)


async def verify_domain(house: House, *, tenant_id: str, name: str, by: Actor) -> Domain:
    """Prove a claim, where asking is enough: in an emulator database. What is proven already stays so.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``isVerified`` outside of an emulator database;
            DUPLICATE_VALUE when somebody else proved it meanwhile.
    """

    async def work(unit: Unit) -> Domain:
        await authorise(unit, by, Verb.VERIFY_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        owner = await organizations.find_domain(unit, name)
        if owner is not None and owner.tenant_id == tenant_id:
            return owner
        claim = await domain_claims.find(unit, tenant_id, name)
        if claim is None:
            raise Refused(Reason.NOT_FOUND, objectId=name)
        if owner is not None:
            raise Refused(Reason.DUPLICATE_VALUE, property="id")
        if not house.emulator:
            raise Refused(Reason.BAD_VALUE, property="isVerified", why="proof")
        made = Domain(tenant_id, name, False, False, unit.now)
        domain_claims.drop(unit, claim)
        organizations.insert_domain(unit, made)
        organizations.guard(unit, organization)
        await _tell(house, unit, Verb.VERIFY_DOMAIN, organization, name, by=by)
        return made

    return await attempt(house, Verb.VERIFY_DOMAIN, work, by=by, tenant_id=tenant_id)


async def make_default(house: House, *, tenant_id: str, name: str, by: Actor) -> None:
    """Make a domain the default of its organization.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``isDefault`` for one that is not proven.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.UPDATE_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        chosen = await _find(unit, tenant_id, name)
        if isinstance(chosen, DomainClaim):
            raise Refused(Reason.BAD_VALUE, property="isDefault")
        if chosen.is_default:
            return
        for one in await organizations.domains(unit, tenant_id):
            if one.is_default:
                domain_claims.make_default(unit, one, is_default=False)
        domain_claims.make_default(unit, chosen, is_default=True)
        organizations.guard(unit, organization)
        await _tell(house, unit, Verb.UPDATE_DOMAIN, organization, name, by=by, changes=("isDefault",))

    await attempt(house, Verb.UPDATE_DOMAIN, work, by=by, tenant_id=tenant_id)


async def delete_domain(house: House, *, tenant_id: str, name: str, by: Actor) -> None:
    """Give a domain up, or a claim to one.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``isInitial`` or ``isDefault`` for those two, and
            ``id`` for one in which users, deleted ones too, have their names, or apps theirs as APIs.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.DELETE_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        gone = await _find(unit, tenant_id, name)
        if isinstance(gone, DomainClaim):
            domain_claims.drop(unit, gone)
            organizations.guard(unit, organization)
            await _tell(house, unit, Verb.DELETE_DOMAIN, organization, name, by=by, way=_CLAIM)
            return
        await _insist_unused(unit, gone)
        domain_claims.drop_domain(unit, gone)
        organizations.guard(unit, organization)
        await _tell(house, unit, Verb.DELETE_DOMAIN, organization, name, by=by)

    await attempt(house, Verb.DELETE_DOMAIN, work, by=by, tenant_id=tenant_id)


async def _find(unit: Unit, tenant_id: str, name: str) -> Domain | DomainClaim:
    owner = await organizations.find_domain(unit, name)
    if owner is not None and owner.tenant_id == tenant_id:
        return owner
    claim = await domain_claims.find(unit, tenant_id, name)
    if claim is None:
        raise Refused(Reason.NOT_FOUND, objectId=name)
    return claim


async def _insist_unused(unit: Unit, gone: Domain) -> None:
    if gone.is_initial or gone.is_default:
        raise Refused(Reason.BAD_VALUE, property="isInitial" if gone.is_initial else "isDefault")
    used = await domain_claims.names_somebody(unit, gone.tenant_id, gone.name)
    if used or await app_index.names_api_below(unit, gone.tenant_id, gone.name):
        raise Refused(Reason.BAD_VALUE, property="id", why="inUse")


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    organization: Organization,
    name: str,
    *,
    by: Actor,
    way: str = "",
    changes: tuple[str, ...] = (),
) -> None:
    facts: dict[str, Any] = {"verified": way != _CLAIM}
    subject = journal.about_thing(organization, "domain", name, name, before=0, after=1)
    event = journal.Event(verb, organization.tenant_id, subject, unit.now, changes=changes, facts=facts, way=way)
    await journal.write(house, unit, event, by=by)
