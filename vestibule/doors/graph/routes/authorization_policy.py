"""Who may invite guests, and how much these may read (Graph, *authorizationPolicy*).

In v1.0 it is one object; in beta it is the only one of a collection, under its own id.
"""

from typing import Final

from vestibule.actions import guest_settings
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model import AUTHORIZATION_POLICY as POLICY
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import BETA, V1, Route
from vestibule.doors.graph.shapes.policies import AUTHORIZATION, AuthorizationView
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.policy import GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations

_OF: Final = "policies/authorizationPolicy"
_INVITES: Final = "allowInvitesFrom"
_ACCESS: Final = "guestUserRoleId"


async def get_policy(call: Call) -> Reply:
    """The guest settings."""
    await call.may_read(Verb.READ_POLICIES)
    return call.single(_OF, POLICY, AUTHORIZATION.values(await _view(call), call.asked.select))


async def list_policies(call: Call) -> Reply:
    """The guest settings, as a list of one."""
    await call.may_read(Verb.READ_POLICIES)
    return answer_small(call, _OF, [(AUTHORIZATION, await _view(call))])


async def update_policy(call: Call) -> Reply:
    """Change the guest settings."""
    await call.insist(Verb.CHANGE_GUEST_SETTINGS)
    current = as_sent(AUTHORIZATION.everything(await _view(call)))
    values = (await call.body(POLICY, Mode.UPDATE, current)).values
    await guest_settings.change_guest_settings(
        call.house,
        tenant_id=call.tenant_id,
        by=call.by,
        invites=InvitesFrom(values[_INVITES]) if _INVITES in values else None,
        access=GuestAccess(values[_ACCESS]) if _ACCESS in values else None,
    )
    return NO_CONTENT


async def _view(call: Call) -> AuthorizationView:
    found = await organizations.find(call.reading, call.tenant_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return AuthorizationView(found.allow_invites_from, found.guest_access)


_QUERY: Final = frozenset({"select", "format"})
_LISTED: Final = Collection(POLICY, options=_QUERY | {"top", "count"}, directory=False)
_ONE: Final = Collection(POLICY, options=_QUERY, single=True)
_AT: Final = "/policies/authorizationPolicy"
_ABOUT: Final = "Who may invite guests, and how much these may read"


def _one(at: str, version: str) -> list[Route[Handler]]:
    return [
        Route("GET", at, get_policy, versions=(version,), verb=Verb.READ_POLICIES, query=_ONE, summary=_ABOUT),
        Route(
            "PATCH",
            at,
            update_policy,
            versions=(version,),
            verb=Verb.CHANGE_GUEST_SETTINGS,
            body=POLICY,
            status=204,
            summary="Say who may invite guests, and how much these may read",
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    *_one(_AT, V1),
    Route("GET", _AT, list_policies, versions=(BETA,), verb=Verb.READ_POLICIES, query=_LISTED, summary=_ABOUT),
    *_one(f"{_AT}/authorizationPolicy", BETA),
]
