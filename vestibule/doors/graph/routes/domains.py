"""The organization's domains."""

from typing import Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.app import DOMAIN
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import DOMAINS, Plain
from vestibule.rules.domains import read_domain
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Domain


async def list_domains(call: Call) -> Reply:
    """Every domain."""
    await call.may_read(Verb.READ_DOMAINS)
    found = await organizations.domains(call.reading, call.tenant_id)
    return answer_small(call, "domains", [(DOMAINS, _view(one)) for one in found])


async def get_domain(call: Call) -> Reply:
    """One domain, by its name."""
    await call.may_read(Verb.READ_DOMAINS)
    named = read_domain(call.parameters["domain"])
    found = None if named is None else await organizations.find_domain(call.reading, named.name)
    if found is None or found.tenant_id != call.tenant_id:
        raise Refused(Reason.NOT_FOUND)
    return call.single("domains", DOMAIN, DOMAINS.values(_view(found), call.asked.select))


def _view(one: Domain) -> Plain:
    return {
        "id": one.name,
        "authenticationType": "Managed",
        "isAdminManaged": True,
        "isDefault": one.is_default,
        "isInitial": one.is_initial,
        "isRoot": True,
        "isVerified": one.verified_at is not None,
        "supportedServices": ["Email"],
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2_147_483_647,
    }


_LISTED: Final = Collection(
    DOMAIN, options=frozenset({"select", "filter", "top", "skiptoken", "format"}), page=999, directory=False
)
_ONE: Final = Collection(DOMAIN, options=frozenset({"select", "format"}), single=True)
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/domains", list_domains, verb=Verb.READ_DOMAINS, query=_LISTED, summary="List domains"),
    Route("GET", "/domains/{domain}", get_domain, verb=Verb.READ_DOMAINS, query=_ONE, summary="Get a domain"),
]
