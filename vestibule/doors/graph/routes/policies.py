"""The leave setting (Graph beta, *externalIdentitiesPolicy*)."""

from typing import Final

from vestibule.actions import policies
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model import EXTERNAL_IDENTITIES_POLICY as POLICY
from vestibule.doors.graph.odata.options import NONE, Collection
from vestibule.doors.graph.routing import BETA, Route
from vestibule.doors.graph.shapes.policies import EXTERNAL_IDENTITIES, ExternalIdentitiesView
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations

_MAY_LEAVE: Final = "allowExternalIdentitiesToLeave"
_REMOVES_DATA: Final = "allowDeletedIdentitiesDataRemoval"


async def get_policy(call: Call) -> Reply:
    """Whether external users may leave on their own."""
    await call.may_read(Verb.READ_POLICIES)
    values = EXTERNAL_IDENTITIES.values(await _view(call))
    answer = call.wire.single("policies/externalIdentitiesPolicy", call.wire.item(POLICY, values))
    return Reply(values=answer)


async def update_policy(call: Call) -> Reply:
    """Say whether external users may leave on their own."""
    await call.insist(Verb.CHANGE_LEAVE_SETTING)
    current = as_sent(EXTERNAL_IDENTITIES.everything(await _view(call)))
    values = (await call.body(POLICY, Mode.UPDATE, current)).values
    if values.get(_REMOVES_DATA):
        raise errors.invalid(f"'{_REMOVES_DATA}' is reserved for future use and can only be false.")
    if _MAY_LEAVE not in values:
        if _REMOVES_DATA in values:
            return NO_CONTENT
        raise errors.missing_value(_MAY_LEAVE, POLICY.title)
    await policies.change_leave_setting(
        call.house, tenant_id=call.tenant_id, guests_may_leave=values[_MAY_LEAVE], by=call.by
    )
    return NO_CONTENT


async def _view(call: Call) -> ExternalIdentitiesView:
    found = await organizations.find(call.reading, call.tenant_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return ExternalIdentitiesView(found.guests_may_leave)


_AT: Final = "/policies/externalIdentitiesPolicy"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        get_policy,
        versions=(BETA,),
        verb=Verb.READ_POLICIES,
        query=Collection(POLICY, options=NONE, single=True),
        summary="Whether external users may leave on their own",
    ),
    Route(
        "PATCH",
        _AT,
        update_policy,
        versions=(BETA,),
        verb=Verb.CHANGE_LEAVE_SETTING,
        body=POLICY,
        status=204,
        summary="Say whether external users may leave on their own",
    ),
]
