"""Whether owners review their own groups (Graph, *accessReviewPolicy*); beta knows it among the policies as well."""

from typing import Final

from vestibule.actions import review_rights
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model.review_history import REVIEW_POLICY as POLICY
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import BETA, BOTH, Route
from vestibule.doors.graph.shapes.plain import REVIEW_POLICIES, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations

_OWNERS: Final = "isGroupOwnerManagementEnabled"


async def get_policy(call: Call) -> Reply:
    """The policy."""
    await call.may_read(Verb.READ_REVIEWS)
    return call.single(call.path.strip("/"), POLICY, REVIEW_POLICIES.values(await _view(call), call.asked.select))


async def update_policy(call: Call) -> Reply:
    """Say whether owners review their own groups."""
    await call.insist(Verb.CHANGE_REVIEW_POLICY)
    current = as_sent(REVIEW_POLICIES.everything(await _view(call)))
    values = (await call.body(POLICY, Mode.UPDATE, current)).values
    if _OWNERS in values:
        await review_rights.change_review_policy(
            call.house, tenant_id=call.tenant_id, owners=values[_OWNERS], by=call.by
        )
    return NO_CONTENT


async def _view(call: Call) -> Plain:
    found = await organizations.find(call.reading, call.tenant_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return {
        "id": "accessReviewPolicy",
        "displayName": "Access Review Policy",
        "description": "Whether owners of groups make and manage access reviews of their own groups.",
        _OWNERS: review_rights.owners_manage(found),
    }


_QUERY: Final = Collection(POLICY, options=frozenset({"select", "format"}), single=True)


def _at(path: str, versions: tuple[str, ...]) -> list[Route[Handler]]:
    return [
        Route(
            "GET",
            path,
            get_policy,
            versions=versions,
            verb=Verb.READ_REVIEWS,
            query=_QUERY,
            summary="Whether owners review their own groups",
        ),
        Route(
            "PATCH",
            path,
            update_policy,
            versions=versions,
            verb=Verb.CHANGE_REVIEW_POLICY,
            body=POLICY,
            status=204,
            summary="Say whether owners review their own groups",
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    *_at("/identityGovernance/accessReviews/policy", BOTH),
    *_at("/policies/accessReviewPolicy", (BETA,)),
]
