"""The organization's domains, and those that it says are its own."""

from typing import Final

from vestibule.actions import domains
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.domain import DNS_RECORD, DOMAIN
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import DNS_RECORDS, DOMAINS, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.domains import read_domain
from vestibule.rules.graph_objects import dns_record_id
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import domain_claims, organizations
from vestibule.store.domain_claims import DomainClaim
from vestibule.store.organizations import Domain

Either = Domain | DomainClaim


async def list_domains(call: Call) -> Reply:
    """Every domain, those that wait for their proof too."""
    await call.may_read(Verb.READ_DOMAINS)
    found: list[Either] = list(await organizations.domains(call.reading, call.tenant_id))
    found += await domain_claims.everyone(call.reading, call.tenant_id)
    return answer_small(call, "domains", [(DOMAINS, _view(one)) for one in found])


async def get_domain(call: Call) -> Reply:
    """One domain, by its name."""
    found = await _readable(call)
    return call.single("domains", DOMAIN, DOMAINS.values(_view(found), call.asked.select))


async def create_domain(call: Call) -> Reply:
    """Say that a domain is the organization's own."""
    await call.insist(Verb.ADD_DOMAIN)
    name = (await call.body(DOMAIN, Mode.CREATE)).values["id"]
    made = await domains.claim_domain(call.house, tenant_id=call.tenant_id, name=name, by=call.by)
    where = call.location(f"/domains/{made.name}")
    return call.single("domains", DOMAIN, DOMAINS.values(_view(made)), status=201, headers=where)


async def verify_domain(call: Call) -> Reply:
    """Prove it."""
    found = await _changeable(call, Verb.VERIFY_DOMAIN)
    made = await domains.verify_domain(call.house, tenant_id=call.tenant_id, name=found.name, by=call.by)
    return call.single("domains", DOMAIN, DOMAINS.values(_view(made)))


async def update_domain(call: Call) -> Reply:
    """Make it the default."""
    found = await _changeable(call, Verb.UPDATE_DOMAIN)
    current = as_sent(DOMAINS.everything(_view(found)))
    values = (await call.body(DOMAIN, Mode.UPDATE, current)).values
    if values.get("isDefault"):
        await domains.make_default(call.house, tenant_id=call.tenant_id, name=found.name, by=call.by)
    elif "isDefault" in values and current["isDefault"]:
        raise errors.invalid_value("isDefault", DOMAIN.title)  # another one is made the default instead
    return NO_CONTENT


async def delete_domain(call: Call) -> Reply:
    """Give it up."""
    found = await _changeable(call, Verb.DELETE_DOMAIN)
    await domains.delete_domain(call.house, tenant_id=call.tenant_id, name=found.name, by=call.by)
    return NO_CONTENT


async def list_proofs(call: Call) -> Reply:
    """The record in the DNS that proves it; none when it is proven."""
    found = await _readable(call)
    records = [(DNS_RECORDS, _record(found))] if isinstance(found, DomainClaim) else []
    return answer_small(call, f"domains('{found.name}')/verificationDnsRecords", records, typed=True)


async def list_services(call: Call) -> Reply:
    """Records that services would need: there are none here."""
    found = await _readable(call)
    return answer_small(call, f"domains('{found.name}')/serviceConfigurationRecords", [])


async def _find(call: Call) -> Either | None:
    named = read_domain(call.parameters["domain"])
    if named is None:
        return None
    found = await organizations.find_domain(call.reading, named.name)
    if found is not None and found.tenant_id == call.tenant_id:
        return found
    return await domain_claims.find(call.reading, call.tenant_id, named.name)


async def _readable(call: Call) -> Either:
    await call.may_read(Verb.READ_DOMAINS)
    found = await _find(call)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _changeable(call: Call, verb: Verb) -> Either:
    await call.insist(verb)
    found = await _find(call)
    if found is None:
        raise await call.missing(verb)
    return found


def _view(one: Either) -> Plain:
    proven = isinstance(one, Domain)
    return {
        "id": one.name,
        "authenticationType": "Managed",
        "isAdminManaged": True,
        "isDefault": isinstance(one, Domain) and one.is_default,
        "isInitial": isinstance(one, Domain) and one.is_initial,
        "isRoot": True,
        "isVerified": isinstance(one, Domain) and one.verified_at is not None,
        "supportedServices": ["Email"] if proven else [],
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2_147_483_647,
    }


def _record(claim: DomainClaim) -> Plain:
    return {
        "id": dns_record_id(claim.tenant_id, claim.name),
        "isOptional": False,
        "label": claim.name,
        "recordType": "Txt",
        "supportedService": "Email",
        "text": claim.proof,
        "ttl": 3600,
    }


_LISTED: Final = Collection(
    DOMAIN, options=frozenset({"select", "filter", "top", "skiptoken", "format"}), page=999, directory=False
)
_ONE: Final = Collection(DOMAIN, options=frozenset({"select", "format"}), single=True)
_RECORDS: Final = Collection(DNS_RECORD, options=frozenset({"select", "top", "skiptoken", "format"}), directory=False)
_AT: Final = "/domains/{domain}"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/domains", list_domains, verb=Verb.READ_DOMAINS, query=_LISTED, summary="List domains"),
    Route("POST", "/domains", create_domain, verb=Verb.ADD_DOMAIN, body=DOMAIN, status=201, summary="Claim a domain"),
    Route("GET", _AT, get_domain, verb=Verb.READ_DOMAINS, query=_ONE, summary="Get a domain"),
    Route("PATCH", _AT, update_domain, verb=Verb.UPDATE_DOMAIN, body=DOMAIN, status=204, summary="Make it the default"),
    Route("DELETE", _AT, delete_domain, verb=Verb.DELETE_DOMAIN, status=204, summary="Give a domain up"),
    Route("POST", f"{_AT}/verify", verify_domain, verb=Verb.VERIFY_DOMAIN, summary="Prove a domain"),
    Route(
        "GET",
        f"{_AT}/verificationDnsRecords",
        list_proofs,
        verb=Verb.READ_DOMAINS,
        query=_RECORDS,
        summary="The record that proves a domain",
    ),
    Route(
        "GET",
        f"{_AT}/serviceConfigurationRecords",
        list_services,
        verb=Verb.READ_DOMAINS,
        query=_RECORDS,
        summary="Records for services: none",
    ),
]
