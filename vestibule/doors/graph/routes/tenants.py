"""Other organizations of this deployment, by their id or one of their domains."""

from typing import Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.model.cross_tenant import TENANT_INFORMATION
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import TENANTS
from vestibule.rules.domains import read_domain
from vestibule.rules.names import guid
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Organization

_READ: Final = Verb.READ_OTHER_ORGANIZATIONS


async def by_id(call: Call) -> Reply:
    """The organization with this id."""
    await call.may_read(_READ)
    named = guid(call.parameters["tenant"])
    return await _answer(call, None if named is None else await organizations.find(call.reading, named))


async def by_domain(call: Call) -> Reply:
    """The organization that has verified this domain."""
    await call.may_read(_READ)
    named = read_domain(call.parameters["domain"])
    domain = None if named is None else await organizations.find_domain(call.reading, named.name)
    if domain is None or domain.verified_at is None:
        return await _answer(call, None)
    return await _answer(call, await organizations.find(call.reading, domain.tenant_id))


async def _answer(call: Call, found: Organization | None) -> Reply:
    if found is None:
        raise await call.missing(_READ)
    domains = await organizations.domains(call.reading, found.tenant_id)
    default = next((one.name for one in domains if one.is_default), found.initial_domain)
    values = {
        "tenantId": found.tenant_id,
        "displayName": found.display_name,
        "defaultDomainName": default,
        "federationBrandName": None,
    }
    shown = call.wire.item(TENANT_INFORMATION, TENANTS.values(values, call.asked.select))
    context = {"@odata.context": call.wire.context("microsoft.graph.tenantInformation", call.asked.select)}
    return Reply(values=context | shown)


_ONE: Final = Collection(TENANT_INFORMATION, options=frozenset({"select", "format"}), single=True)
_AT: Final = "/tenantRelationships/findTenantInformationBy"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        f"{_AT}TenantId(tenantId={{tenant}})",
        by_id,
        verb=_READ,
        query=_ONE,
        summary="The name of another organization, by its id",
    ),
    Route(
        "GET",
        f"{_AT}DomainName(domainName={{domain}})",
        by_domain,
        verb=_READ,
        query=_ONE,
        summary="The name of another organization, by one of its domains",
    ),
]
