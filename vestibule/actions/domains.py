"""Domains beside the one that an organization was made with: claimed, proven, made the default, given up.

A claim is only noted down: it keeps the name from nobody, and nobody has anything from it. What proves it is a record
in the DNS, with a text that nobody can guess or draw again, or the operator's word (``organizing.add_domain``). In an
emulator database, where every name is made up, asking is enough.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise, authorise_reading
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.ground.outgoing import TargetAway
from vestibule.rules import names
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything
from vestibule.rules.verbs import Verb
from vestibule.store import domain_claims, domain_references, organizations
from vestibule.store.domain_claims import DomainClaim
from vestibule.store.organizations import Domain, Organization
from vestibule.store.unit import Unit

MOST_CLAIMS: Final = 100
_CLAIM: Final = "claim"
_PROOF: Final = "MS=ms"  # as tools expect it; what follows is longer than in Entra, whose records can be looked up
_LONG_ENOUGH: Final = len(_PROOF) + 32


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
        made = DomainClaim(tenant_id, found, _PROOF + house.chance.guid().replace("-", ""), unit.now)
        domain_claims.insert(unit, made)
        organizations.guard(unit, organization)
        await _tell(house, unit, Verb.ADD_DOMAIN, organization, found, by=by, way=_CLAIM)
        return made

    return await attempt(house, Verb.ADD_DOMAIN, work, by=by, tenant_id=tenant_id, way=_CLAIM)


async def verify_domain(house: House, *, tenant_id: str, name: str, by: Actor) -> Domain:
    """Prove a claim by its record in the DNS; in an emulator database asking is enough. What is proven stays so.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``isVerified``: ``why`` is ``proof`` when the
            record is not there, ``proofAway`` when the DNS does not answer; DUPLICATE_VALUE when somebody else proved
            it meanwhile.
    """
    shown = None if house.emulator else await _look_up(house, tenant_id, name, by=by)

    async def work(unit: Unit) -> Domain:
        await authorise(unit, by, Verb.VERIFY_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        found = await _to_prove(unit, tenant_id, name)
        if isinstance(found, Domain):
            return found
        if not house.emulator:
            _insist_shown(found, shown)
        made = Domain(tenant_id, name, False, False, unit.now)
        domain_claims.drop(unit, found)
        organizations.insert_domain(unit, made)
        organizations.guard(unit, organization)
        await _tell(house, unit, Verb.VERIFY_DOMAIN, organization, name, by=by)
        return made

    return await attempt(house, Verb.VERIFY_DOMAIN, work, by=by, tenant_id=tenant_id)


async def _look_up(house: House, tenant_id: str, name: str, *, by: Actor) -> list[str] | None:
    """The texts of the name in the DNS; None when it does not answer. Nobody makes us ask who may not.

    Raises Refused as ``verify_domain``.
    """

    async def work(unit: Unit) -> bool:
        await authorise_reading(unit, by, Verb.VERIFY_DOMAIN, Anything(tenant_id))
        return isinstance(await _to_prove(unit, tenant_id, name), DomainClaim)

    if not await attempt(house, Verb.VERIFY_DOMAIN, work, by=by, tenant_id=tenant_id):
        return []
    try:
        return await house.outgoing.texts(name)
    except TargetAway:
        return None


async def _to_prove(unit: Unit, tenant_id: str, name: str) -> Domain | DomainClaim:
    """The claim, or the domain that it has become here. Raises Refused (NOT_FOUND, DUPLICATE_VALUE)."""
    found = await find(unit, tenant_id, name)
    if isinstance(found, DomainClaim) and await organizations.find_domain(unit, name) is not None:
        raise Refused(Reason.DUPLICATE_VALUE, property="id")
    return found


def _insist_shown(claim: DomainClaim, shown: list[str] | None) -> None:
    """Insist that the record is there, of a claim whose text is long enough to be nobody else's."""
    if shown is None:
        raise Refused(Reason.BAD_VALUE, property="isVerified", why="proofAway")
    if claim.proof not in shown or len(claim.proof) < _LONG_ENOUGH:
        raise Refused(Reason.BAD_VALUE, property="isVerified", why="proof")


async def make_default(house: House, *, tenant_id: str, name: str, by: Actor) -> None:
    """Make a domain the default of its organization.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``isDefault`` for one that is not proven.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.UPDATE_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        chosen = await find(unit, tenant_id, name)
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


async def delete_domain(house: House, *, tenant_id: str, name: str, by: Actor, forced: bool = False) -> None:
    """Give a domain up, or a claim to one. ``forced``: what was named in it was renamed for it (``force_delete``).

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``isInitial`` or ``isDefault`` for those two, and
            ``id`` for one in which users, deleted ones too, have their names or addresses, or apps theirs as APIs.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.DELETE_DOMAIN, tenant_id)
        organization = await find_organization(unit, tenant_id)
        gone = await find(unit, tenant_id, name)
        if isinstance(gone, DomainClaim):
            domain_claims.drop(unit, gone)
            organizations.guard(unit, organization)
            await _tell(house, unit, Verb.DELETE_DOMAIN, organization, name, by=by, way=_CLAIM)
            return
        await _insist_unused(unit, gone)
        domain_claims.drop_domain(unit, gone)
        organizations.guard(unit, organization)
        facts = {"forced": True} if forced else {}
        await _tell(house, unit, Verb.DELETE_DOMAIN, organization, name, by=by, facts=facts)

    await attempt(house, Verb.DELETE_DOMAIN, work, by=by, tenant_id=tenant_id)


async def find(unit: Unit, tenant_id: str, name: str) -> Domain | DomainClaim:
    """The domain or the claim of this name. Raises Refused (NOT_FOUND)."""
    owner = await organizations.find_domain(unit, name)
    if owner is not None and owner.tenant_id == tenant_id:
        return owner
    claim = await domain_claims.find(unit, tenant_id, name)
    if claim is None:
        raise Refused(Reason.NOT_FOUND, objectId=name)
    return claim


def insist_spare(gone: Domain) -> None:
    """The initial domain stays, and the default one for as long as it is. Raises Refused (BAD_VALUE)."""
    if gone.is_initial or gone.is_default:
        raise Refused(Reason.BAD_VALUE, property="isInitial" if gone.is_initial else "isDefault", why="stays")


async def _insist_unused(unit: Unit, gone: Domain) -> None:
    insist_spare(gone)
    if await domain_references.page(unit, gone.tenant_id, gone.name, 1):
        raise Refused(Reason.BAD_VALUE, property="id", why="namesSomething")


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
    facts: Mapping[str, Any] | None = None,
) -> None:
    told = {"verified": way != _CLAIM, **(facts or {})}
    subject = journal.about_thing(organization, "domain", name, name, before=0, after=1)
    event = journal.Event(verb, organization.tenant_id, subject, unit.now, changes=changes, facts=told, way=way)
    await journal.write(house, unit, event, by=by)
