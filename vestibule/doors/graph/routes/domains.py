"""The organization's domains, and those that it says are its own."""

from collections.abc import Set as AbstractSet
from typing import Final

from vestibule.actions import domains, force_deleting
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small, open_place, page_link
from vestibule.doors.graph.model.actions import FORCE_DELETE
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.domain import DNS_RECORD, DOMAIN
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.odata.paging import bad_token
from vestibule.doors.graph.routes.app_views import application_view
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import APPLICATIONS, DNS_RECORDS, DOMAINS, Plain
from vestibule.doors.graph.shapes.user import USERS
from vestibule.doors.graph.shapes.wire import Values, as_sent
from vestibule.doors.graph.views import NOTHING_BUT_ID, readable_of, user_view
from vestibule.rules import rights
from vestibule.rules.domains import read_domain
from vestibule.rules.graph_objects import dns_record_id
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, domain_claims, domain_references, organizations, users
from vestibule.store.domain_claims import DomainClaim
from vestibule.store.domain_references import USER, Reference
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


async def get_root(call: Call) -> Reply:
    """The domain it lies below as a subdomain: here every domain is proven by itself, and is its own."""
    return await get_domain(call)


async def promote_domain(call: Call) -> Reply:
    """Every proven domain is a root domain already: nothing changes. Raises GraphError (400) for one that is not."""
    found = await _changeable(call, Verb.UPDATE_DOMAIN)
    if isinstance(found, DomainClaim):
        raise errors.invalid("The domain is not verified.", target="isVerified")
    return Reply(values=call.wire.scalar("Edm.Boolean", True))


async def force_delete_domain(call: Call) -> Reply:
    """Give it up, whoever is named in it: they get names in the initial domain, and apps lose theirs."""
    found = await _changeable(call, Verb.DELETE_DOMAIN)
    values = (await call.action_body(FORCE_DELETE)).values
    await force_deleting.force_delete_domain(
        call.house,
        tenant_id=call.tenant_id,
        name=found.name,
        disable_accounts=bool(values.get("disableUserAccounts")),
        by=call.by,
    )
    return NO_CONTENT


async def list_references(call: Call) -> Reply:
    """Who and what is named in it, as far as the caller may read them; at least their ids."""
    acting = await call.may_read(Verb.READ_DOMAINS)
    found = await _find(call)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    if not rights.sees_everybody(acting.by, acting.here) and Verb.READ_DOMAINS not in rights.role_verbs(acting.by):
        raise Refused(Reason.NOT_ALLOWED)
    named = await domain_references.page(call.reading, call.tenant_id, found.name, call.asked.top + 1, _behind(call))
    shown = named[: call.asked.top]
    items = await _shown(call, shown, readable_of(rights.sight(acting.by, acting.here)))
    link = page_link(call, shown[-1].position) if len(named) > len(shown) else None
    return Reply(values=call.wire.listed("directoryObjects", items, call.asked.select, next_link=link))


async def _shown(call: Call, named: list[Reference], readable: AbstractSet[str] | None) -> list[Values]:
    """What is named, in its order. Who may read no apps sees their ids, as with users."""
    select = call.asked.select
    shown: dict[str, Values] = {}
    for user in await users.find_many(call.reading, call.tenant_id, [one.id for one in named if one.kind == USER]):
        values = USERS.values(user_view(user), select, readable=readable)
        shown[user.membership.user_id] = call.wire.item(USERS.entity, values, typed=True)
    of_apps = None if await call.is_allowed(Verb.READ_APPS) else NOTHING_BUT_ID
    for reference in named:
        app = None if reference.kind == USER else await apps.find_any(call.reading, call.tenant_id, reference.id)
        if app is not None:
            values = APPLICATIONS.values(application_view(app), select, readable=of_apps)
            shown[app.app_id] = call.wire.item(APPLICATIONS.entity, values, typed=True)
    return [shown[one.id] for one in named if one.id in shown]


def _behind(call: Call) -> tuple[int, str] | None:
    place = open_place(call)
    if place is None:
        return None
    section, at = place
    if not (isinstance(section, int) and isinstance(at, str) and 0 <= section < len(domain_references.SECTIONS)):
        raise bad_token()
    return section, at


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
_REFERENCES: Final = Collection(DIRECTORY_OBJECT, options=frozenset({"select", "top", "skiptoken", "format"}))
_AT: Final = "/domains/{domain}"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/domains", list_domains, verb=Verb.READ_DOMAINS, query=_LISTED, summary="List domains"),
    Route("POST", "/domains", create_domain, verb=Verb.ADD_DOMAIN, body=DOMAIN, status=201, summary="Claim a domain"),
    Route("GET", _AT, get_domain, verb=Verb.READ_DOMAINS, query=_ONE, summary="Get a domain"),
    Route("PATCH", _AT, update_domain, verb=Verb.UPDATE_DOMAIN, body=DOMAIN, status=204, summary="Make it the default"),
    Route("DELETE", _AT, delete_domain, verb=Verb.DELETE_DOMAIN, status=204, summary="Give a domain up"),
    Route("POST", f"{_AT}/verify", verify_domain, verb=Verb.VERIFY_DOMAIN, summary="Prove a domain"),
    Route(
        "POST",
        f"{_AT}/promote",
        promote_domain,
        verb=Verb.UPDATE_DOMAIN,
        summary="Every verified domain is a root domain already",
    ),
    Route(
        "POST",
        f"{_AT}/forceDelete",
        force_delete_domain,
        verb=Verb.DELETE_DOMAIN,
        body=FORCE_DELETE,
        status=204,
        summary="Give a domain up, and rename whoever is named in it",
    ),
    Route("GET", f"{_AT}/rootDomain", get_root, verb=Verb.READ_DOMAINS, query=_ONE, summary="The domain itself"),
    Route(
        "GET",
        f"{_AT}/domainNameReferences",
        list_references,
        verb=Verb.READ_DOMAINS,
        query=_REFERENCES,
        summary="Users, deleted ones too, and apps that are named in a domain",
    ),
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
