"""Profiles shared by direct connect: of other organizations' people here, and of our people elsewhere (Graph beta)."""

from typing import Any, Final

from vestibule.actions import data_exports, sharing
from vestibule.actions.authorising import on_user
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.actions import EXPORT
from vestibule.doors.graph.model.cross_tenant import INBOUND_PROFILE, OUTBOUND_PROFILE, TENANT_REFERENCE
from vestibule.doors.graph.odata.options import SELECTED, Collection
from vestibule.doors.graph.routes.data_exports import accepted
from vestibule.doors.graph.routing import BETA, Route
from vestibule.doors.graph.shapes.plain import INBOUND_PROFILES, OUTBOUND_PROFILES, TENANT_REFERENCES, Plain
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import guid
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, shared_profiles
from vestibule.store.shared_profiles import SharedProfile

_READ: Final = Verb.READ_SHARED
_REMOVE: Final = Verb.REMOVE_SHARED
_EXPORT: Final = Verb.EXPORT_SHARED
_INBOUND: Final = "directory/inboundSharedUserProfiles"
_OUTBOUND: Final = "directory/outboundSharedUserProfiles"


async def list_inbound(call: Call) -> Reply:
    """People of other organizations who use apps that are shared with them."""
    await call.may_read(_READ)
    found = await shared_profiles.inbound(call.reading, call.tenant_id)
    return answer_small(call, _INBOUND, [(INBOUND_PROFILES, _inbound(one)) for one in found])


async def get_inbound(call: Call) -> Reply:
    """One of them."""
    await call.may_read(_READ)
    named = guid(call.parameters["user"])
    found = None if named is None else await shared_profiles.one_inbound(call.reading, call.tenant_id, named)
    if found is None:
        raise await call.missing(_READ)
    return call.single(_INBOUND, INBOUND_PROFILE, INBOUND_PROFILES.values(_inbound(found), call.asked.select))


async def export_inbound(call: Call) -> Reply:
    """Ask for what is kept about one of them; it is brought to the address in the body later."""
    named = guid(call.parameters["user"])
    found = None if named is None else await shared_profiles.one_inbound(call.reading, call.tenant_id, named)
    await call.insist(_EXPORT, user_id=None if found is None else found.user_id)
    if found is None:
        raise await call.missing(_EXPORT)
    values = (await call.body(EXPORT, Mode.CREATE)).values
    made = await data_exports.export_shared_profile(
        call.house, tenant_id=call.tenant_id, user_id=found.user_id, location=values["storageLocation"], by=call.by
    )
    return accepted(call, made)


async def remove_inbound(call: Call) -> Reply:
    """End the sharing; data removal begins at once."""
    user_id = guid(call.parameters["user"]) or call.parameters["user"]
    await sharing.remove_inbound(call.house, tenant_id=call.tenant_id, user_id=user_id, by=call.by)
    return NO_CONTENT


async def list_outbound(call: Call) -> Reply:
    """Our people who use apps that other organizations share."""
    await call.may_read(_READ)
    found = await shared_profiles.outbound(call.reading, call.tenant_id)
    views = [_outbound(user_id) for user_id in dict.fromkeys(one.home_user for one in found)]
    return answer_small(call, _OUTBOUND, [(OUTBOUND_PROFILES, view) for view in views])


async def get_outbound(call: Call) -> Reply:
    """One of them."""
    user_id, found = await _shared_by(call)
    if not found:
        raise await call.missing(_READ)
    return call.single(_OUTBOUND, OUTBOUND_PROFILE, OUTBOUND_PROFILES.values(_outbound(user_id), call.asked.select))


async def list_tenants(call: Call) -> Reply:
    """The organizations whose shared apps one of our people uses."""
    user_id, found = await _shared_by(call)
    views: list[Plain] = [{"id": one.tenant_id, "tenantId": one.tenant_id} for one in found]
    return answer_small(call, f"{_OUTBOUND}('{user_id}')/tenants", [(TENANT_REFERENCES, view) for view in views])


async def remove_outbound(call: Call) -> Reply:
    """End the sharing with one organization, where data removal begins at once."""
    user_id = guid(call.parameters["user"]) or call.parameters["user"]
    there = guid(call.parameters["tenant"]) or call.parameters["tenant"]
    await sharing.remove_outbound(call.house, tenant_id=call.tenant_id, user_id=user_id, shared_with=there, by=call.by)
    return NO_CONTENT


async def _shared_by(call: Call) -> tuple[str, list[SharedProfile]]:
    """One of our people, whom they may be themselves, and where they use shared apps. Raises Refused."""
    named = guid(call.parameters["user"])
    own = None if named is None else await memberships.find(call.reading, call.tenant_id, named)
    on = None if own is None else await on_user(call.reading, own, verb=_READ)
    await call.may_read(_READ, on)
    if own is None or own.person_id is None or own.standing.tie is not Tie.HOME:
        raise await call.missing(_READ)
    found = await shared_profiles.of_home_user(call.reading, call.tenant_id, own.user_id, own.person_id)
    return own.user_id, found


def _inbound(one: SharedProfile) -> dict[str, Any]:
    return {
        "id": one.user_id,
        "userId": one.user_id,
        "displayName": one.display_name,
        "homeTenantId": one.home_tenant,
        "userPrincipalName": one.user_principal_name,
    }


def _outbound(user_id: str) -> Plain:
    return {"id": user_id, "userId": user_id}


_MANY: Final = SELECTED | {"top", "skiptoken"}
_IN: Final = f"/{_INBOUND}"
_OUT: Final = f"/{_OUTBOUND}"
_TENANTS: Final = f"{_OUT}/{{user}}/tenants"


def _get(at: str, handler: Handler, query: Collection, summary: str) -> Route[Handler]:
    return Route("GET", at, handler, versions=(BETA,), verb=_READ, query=query, summary=summary)


def _remove(at: str, handler: Handler, summary: str) -> Route[Handler]:
    at = f"{at}/removePersonalData"
    return Route("POST", at, handler, versions=(BETA,), verb=_REMOVE, status=204, summary=summary)


ROUTES: Final[list[Route[Handler]]] = [
    _get(
        _IN,
        list_inbound,
        Collection(INBOUND_PROFILE, options=_MANY, directory=False),
        "People of other organizations who use shared apps",
    ),
    _get(
        f"{_IN}/{{user}}",
        get_inbound,
        Collection(INBOUND_PROFILE, options=SELECTED, single=True),
        "Somebody of another organization who uses a shared app",
    ),
    Route(
        "POST",
        f"{_IN}/{{user}}/exportPersonalData",
        export_inbound,
        versions=(BETA,),
        verb=_EXPORT,
        body=EXPORT,
        status=202,
        summary="Have what is kept about somebody who uses a shared app brought to an address",
    ),
    _remove(f"{_IN}/{{user}}", remove_inbound, "End somebody's use of shared apps, and remove their data"),
    _get(
        _OUT,
        list_outbound,
        Collection(OUTBOUND_PROFILE, options=_MANY, directory=False),
        "People who use apps that other organizations share",
    ),
    _get(
        f"{_OUT}/{{user}}",
        get_outbound,
        Collection(OUTBOUND_PROFILE, options=SELECTED, single=True),
        "Somebody who uses apps that other organizations share",
    ),
    _get(
        _TENANTS,
        list_tenants,
        Collection(TENANT_REFERENCE, options=_MANY, directory=False),
        "The organizations whose shared apps somebody uses",
    ),
    _remove(
        f"{_TENANTS}/{{tenant}}", remove_outbound, "End the use of another organization's apps, and remove the data"
    ),
]
