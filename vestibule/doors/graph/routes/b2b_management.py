"""Which domains guests may come from, and for how long an invitation is good (Graph beta, *b2bManagementPolicies*).

Entra keeps the list of domains as a text inside a policy. ``invitationDays`` and ``erasureOnLeave`` beside it are ours.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from vestibule.actions import guest_settings
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.cross_tenant import B2B_MANAGEMENT_POLICY as POLICY
from vestibule.doors.graph.odata.options import SELECTED, Collection
from vestibule.doors.graph.routing import BETA, Route
from vestibule.doors.graph.shapes.plain import B2B_MANAGEMENT, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.ground.strict_json import BadJson, decode
from vestibule.rules.domains import domain
from vestibule.rules.policy import DomainMode, DomainRestriction, ErasureOnLeave
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations

ID: Final = "b2bManagementPolicy"
_OF: Final = "policies/b2bManagementPolicies"
_ROOT: Final = "B2BManagementPolicy"
_LISTS: Final = "InvitationsAllowedAndBlockedDomainsPolicy"
_DAYS: Final = "invitationDays"
_ERASURE: Final = "erasureOnLeave"
_MODES: Final = {"AllowedDomains": DomainMode.ALLOWED, "BlockedDomains": DomainMode.BLOCKED}


async def list_policies(call: Call) -> Reply:
    """The policy, as a list of one."""
    await call.may_read(Verb.READ_POLICIES)
    return answer_small(call, _OF, [(B2B_MANAGEMENT, await _view(call))])


async def get_policy(call: Call) -> Reply:
    """The policy by its id."""
    await call.may_read(Verb.READ_POLICIES)
    return call.single(_OF, POLICY, B2B_MANAGEMENT.values(await _view(call), call.asked.select))


async def update_policy(call: Call) -> Reply:
    """Say which domains guests may come from, and for how long invitations are good."""
    await call.insist(Verb.CHANGE_GUEST_SETTINGS)
    current = as_sent(B2B_MANAGEMENT.everything(await _view(call)))
    values = (await call.body(POLICY, Mode.UPDATE, current)).values
    await guest_settings.change_guest_settings(
        call.house,
        tenant_id=call.tenant_id,
        by=call.by,
        restriction=_read(values["definition"]) if "definition" in values else None,
        invitation_days=values.get(_DAYS),
        erasure_on_leave=ErasureOnLeave(values[_ERASURE]) if _ERASURE in values else None,
    )
    return NO_CONTENT


def _read(definition: list[str]) -> DomainRestriction:
    """The list in the policy's text; no text allows every domain. Raises GraphError (400), Refused."""
    if not definition:
        return DomainRestriction()
    try:
        found = decode(definition[0].encode())
    except BadJson:
        raise errors.invalid_value("definition", POLICY.title) from None
    policy = found.get(_ROOT) if isinstance(found, Mapping) else None
    lists = policy.get(_LISTS, {}) if isinstance(policy, Mapping) else None
    if not isinstance(lists, Mapping) or set(lists) - set(_MODES) or len(lists) > 1:
        raise errors.invalid_value("definition", POLICY.title)
    return next((_list(mode, lists[name]) for name, mode in _MODES.items() if name in lists), DomainRestriction())


def _list(mode: DomainMode, names: Any) -> DomainRestriction:
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise Refused(Reason.BAD_VALUE, property="definition")
    found = frozenset(domain(one, what="definition") for one in names)
    return DomainRestriction(mode, found) if found else DomainRestriction()


def _written(restriction: DomainRestriction) -> str:
    names = sorted(one.name for one in restriction.domains)
    lists = {name: names for name, mode in _MODES.items() if mode is restriction.mode}
    return msgspec.json.encode({_ROOT: {_LISTS: lists}}).decode()


async def _view(call: Call) -> Plain:
    found = await organizations.find(call.reading, call.tenant_id)
    if found is None or call.parameters.get("policy", ID).lower() != ID.lower():
        raise Refused(Reason.NOT_FOUND, objectId=call.parameters.get("policy", ""))
    restriction = guest_settings.restriction_of(found)
    return {
        "id": ID,
        "displayName": "B2B management policy",
        "description": "Which domains guests may come from, and for how long invitations are good.",
        "definition": [] if restriction.mode is DomainMode.ANY else [_written(restriction)],
        "isOrganizationDefault": True,
        _DAYS: guest_settings.invitation_days_of(found),
        _ERASURE: guest_settings.erasure_on_leave_of(found).value,
    }


_AT: Final = f"/{_OF}"
_ONE: Final = f"{_AT}/{{policy}}"
_ABOUT: Final = "Which domains guests may come from, and for how long invitations are good"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        list_policies,
        versions=(BETA,),
        verb=Verb.READ_POLICIES,
        query=Collection(POLICY, options=SELECTED | {"top"}, directory=False),
        summary=_ABOUT,
    ),
    Route(
        "GET",
        _ONE,
        get_policy,
        versions=(BETA,),
        verb=Verb.READ_POLICIES,
        query=Collection(POLICY, options=SELECTED, single=True),
        summary=_ABOUT,
    ),
    Route(
        "PATCH",
        _ONE,
        update_policy,
        versions=(BETA,),
        verb=Verb.CHANGE_GUEST_SETTINGS,
        body=POLICY,
        status=204,
        summary="Say which domains guests may come from, and for how long invitations are good",
    ),
]
