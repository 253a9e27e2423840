"""Access reviews: what is reviewed, by whom and when (Graph, *accessReviewScheduleDefinition*)."""

from typing import Any, Final

from vestibule.actions import reviewing
from vestibule.actions.review_rights import on_new
from vestibule.doors.graph import errors
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.review import REVIEW
from vestibule.doors.graph.odata.options import SELECTED, SMALL, Collection
from vestibule.doors.graph.review_bodies import read_review
from vestibule.doors.graph.review_views import people_of, review_view
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import REVIEWS, Plain
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnReview
from vestibule.rules.verbs import Verb
from vestibule.store import reviews
from vestibule.store.reviews import Instance, Review

OF: Final = "identityGovernance/accessReviews/definitions"
AT: Final = f"/{OF}"
ONE: Final = f"{AT}/{{review}}"
MINE: Final = "filterByCurrentUser(on={on})"


async def list_reviews(call: Call) -> Reply:
    """Every review, newest first: of those who may not read all of them the ones that they manage."""
    found = await reviewing.readable(call.reading, call.by, await reviews.everything(call.reading, call.tenant_id))
    if not found:
        await call.may_read(Verb.READ_REVIEWS, await on_new(call.reading, call.by, call.tenant_id))
    return answer_small(call, OF, [(REVIEWS, view) for view in await _views(call, found)])


async def list_mine(call: Call) -> Reply:
    """The reviews that ask whoever calls to decide, now or earlier."""
    insist_on_reviewer(call)
    asking = await my_instances(call)
    ids = {one.review_id for one in asking}
    found = [one for one in await reviews.everything(call.reading, call.tenant_id) if one.review_id in ids]
    return answer_small(call, OF, [(REVIEWS, view) for view in await _views(call, found)])


async def create_review(call: Call) -> Reply:
    """Begin to review."""
    await call.insist(Verb.CREATE_REVIEW, await on_new(call.reading, call.by, call.tenant_id))
    values = read_review(await call.json_object())
    made = await reviewing.create_review(call.house, values, tenant_id=call.tenant_id, by=call.by)
    await call.fresh()
    return await _answer(call, made, status=201, headers=call.location(f"{AT}/{made.review_id}"))


async def get_review(call: Call) -> Reply:
    """One review, also for whom it asks."""
    found = await find_readable(call)
    return await _answer(call, found)


async def update_review(call: Call) -> Reply:
    """Change a review."""
    known = await reviews.find(call.reading, call.tenant_id, named(call))
    on = None if known is None else await reviewing.target_of(call.reading, call.by, known)
    await call.insist(Verb.UPDATE_REVIEW, on)
    found = await find(call, Verb.UPDATE_REVIEW)
    [view] = await _views(call, [found])
    values = read_review(await call.json_object(), REVIEWS.everything(view))
    await reviewing.update_review(call.house, values, tenant_id=call.tenant_id, review_id=found.review_id, by=call.by)
    return NO_CONTENT


async def delete_review(call: Call) -> Reply:
    """Take a review away."""
    await reviewing.delete_review(call.house, tenant_id=call.tenant_id, review_id=named(call), by=call.by)
    return NO_CONTENT


async def stop_review(call: Call) -> Reply:
    """Let a review come round no more."""
    await reviewing.stop_review(call.house, tenant_id=call.tenant_id, review_id=named(call), by=call.by)
    return NO_CONTENT


# --- Shared with what is below a review ------------------------------------------------------------------------------


def named(call: Call, parameter: str = "review") -> str:
    """The id in the path, in lower case."""
    given = call.parameters[parameter]
    return guid(given) or given


def insist_on_reviewer(call: Call) -> None:
    """Only a person is asked anything. Raises GraphError (400), Refused."""
    if call.parameters.get("on", "reviewer").lower() != "reviewer":
        raise errors.bad_request("The parameter 'on' can only be 'reviewer'.", target="on")
    if call.by.user_id is None:
        raise Refused(Reason.NEEDS_PERSON)


async def my_instances(call: Call) -> list[Instance]:
    """The instances that ask whoever calls to decide. Raises Refused when their token may not read reviews."""
    found = await reviews.asking(call.reading, call.tenant_id, call.by.user_id or "")
    await call.may_read(Verb.READ_REVIEWS, OnReview(call.tenant_id, reviewer=True, of_role=False, owned=False))
    return found


async def find(call: Call, verb: Verb) -> Review:
    """The review in the path. Raises Refused (NOT_FOUND)."""
    found = await reviews.find(call.reading, call.tenant_id, named(call))
    if found is None:
        raise await call.missing(verb)
    return found


async def find_readable(call: Call) -> Review:
    """The review in the path, for whoever may read reviews and for whom it asks. Raises Refused."""
    asking = await reviews.asking(call.reading, call.tenant_id, call.by.user_id) if call.by.user_id else []
    reviewer = any(one.review_id == named(call) for one in asking)
    found = await reviews.find(call.reading, call.tenant_id, named(call))
    on = None if found is None else await reviewing.target_of(call.reading, call.by, found, reviewer=reviewer)
    await call.may_read(Verb.READ_REVIEWS, on)
    return await find(call, Verb.READ_REVIEWS)


async def _views(call: Call, found: list[Review]) -> list[Plain]:
    instances: dict[str, list[Instance]] = {}
    if len(found) == 1:
        instances[found[0].review_id] = await reviews.instances_of(call.reading, call.tenant_id, found[0].review_id)
    else:
        for one in await reviews.instances_here(call.reading, call.tenant_id):
            instances.setdefault(one.review_id, []).append(one)
    people = await people_of(call.reading, call.tenant_id, [one.made_by for one in found])
    return [review_view(one, instances.get(one.review_id, []), call.reading, people) for one in found]


async def _answer(call: Call, found: Review, **more: Any) -> Reply:
    [view] = await _views(call, [found])
    return call.single(OF, REVIEW, REVIEWS.values(view, call.asked.select), **more)


def read_route(at: str, handler: Handler, query: Collection, summary: str) -> Route[Handler]:
    """A route at which something of reviews is read."""
    return Route("GET", at, handler, verb=Verb.READ_REVIEWS, query=query, summary=summary)


_MANY: Final = Collection(REVIEW, options=SMALL, most=100, directory=False)
ROUTES: Final[list[Route[Handler]]] = [
    read_route(AT, list_reviews, _MANY, "List access reviews"),
    read_route(f"{AT}/{MINE}", list_mine, _MANY, "Access reviews that ask you"),
    Route("POST", AT, create_review, verb=Verb.CREATE_REVIEW, body=REVIEW, status=201, summary="Make an access review"),
    read_route(ONE, get_review, Collection(REVIEW, options=SELECTED, single=True), "An access review"),
    Route(
        "PUT",
        ONE,
        update_review,
        verb=Verb.UPDATE_REVIEW,
        body=REVIEW,
        status=204,
        summary="Change an access review",
    ),
    Route(
        "PATCH",
        ONE,
        update_review,
        verb=Verb.UPDATE_REVIEW,
        body=REVIEW,
        status=204,
        summary="Change an access review",
    ),
    Route("DELETE", ONE, delete_review, verb=Verb.DELETE_REVIEW, status=204, summary="Delete an access review"),
    Route("POST", f"{ONE}/stop", stop_review, verb=Verb.STOP_REVIEW, status=204, summary="Stop an access review"),
]
