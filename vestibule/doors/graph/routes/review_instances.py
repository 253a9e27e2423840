"""Instances of access reviews: each time one comes round, with the decisions in it (Graph, *accessReviewInstance*)."""

from collections.abc import Awaitable, Callable
from typing import Final

from vestibule.actions import applying, deciding, reviewing
from vestibule.actions.deciding import Where
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.review import BATCH_DECISION, REVIEW_DECISION, REVIEW_INSTANCE, REVIEWER
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.review_views import decision_views, instance_view, people_of, reviewer_view
from vestibule.doors.graph.routes.reviews import (
    ONE,
    find_readable,
    insist_on_reviewer,
    my_instances,
    named,
    target_of,
)
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import REVIEW_DECISIONS, REVIEW_INSTANCES, REVIEWERS, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import Decision
from vestibule.rules.verbs import Verb
from vestibule.store import review_decisions, reviews
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review

_OF: Final = "identityGovernance/accessReviews/definitions('{}')/instances"
_READ: Final = Verb.READ_REVIEWS


async def list_instances(call: Call) -> Reply:
    """Every time a review came round, oldest first."""
    review = await find_readable(call)
    found = await reviews.instances_of(call.reading, call.tenant_id, review.review_id)
    return _answer_instances(call, review, found)


async def list_my_instances(call: Call) -> Reply:
    """Those that ask whoever calls."""
    insist_on_reviewer(call)
    review = await find_readable(call)
    return _answer_instances(call, review, [one for one in await my_instances(call) if one.review_id == named(call)])


async def get_instance(call: Call) -> Reply:
    """One of them."""
    review, instance = await _find(call)
    values = REVIEW_INSTANCES.values(instance_view(review, instance, call.reading), call.asked.select)
    return call.single(_OF.format(review.review_id), REVIEW_INSTANCE, values)


async def list_decisions(call: Call) -> Reply:
    """Every decision; who may not read reviews sees those that they are asked to make."""
    review, instance = await _find(call)
    found = await review_decisions.in_instance(call.reading, call.tenant_id, instance.instance_id)
    if not await _reads_all(call, review):
        found = deciding.decisions_of(found, await _about(call, instance))
    return await _answer_decisions(call, review, instance, found)


async def list_my_decisions(call: Call) -> Reply:
    """The decisions that whoever calls is asked to make."""
    insist_on_reviewer(call)
    review, instance = await _find(call)
    found = await review_decisions.in_instance(call.reading, call.tenant_id, instance.instance_id)
    return await _answer_decisions(call, review, instance, deciding.decisions_of(found, await _about(call, instance)))


async def get_decision(call: Call) -> Reply:
    """One decision."""
    review, instance = await _find(call)
    [view] = await decision_views(
        call.reading, call.wire.root, review, instance, [await _decision(call, review, instance, _READ)]
    )
    values = REVIEW_DECISIONS.values(view, call.asked.select)
    return call.single(f"{_OF.format(review.review_id)}('{instance.instance_id}')/decisions", REVIEW_DECISION, values)


async def update_decision(call: Call) -> Reply:
    """Decide about somebody."""
    instance = await _to_decide(call)
    review = await reviews.find(call.reading, call.tenant_id, instance.review_id)
    if review is None:
        raise Refused(Reason.NOT_FOUND)
    found = await _decision(call, review, instance, Verb.DECIDE_REVIEW)
    [view] = await decision_views(call.reading, call.wire.root, review, instance, [found])
    current = as_sent(REVIEW_DECISIONS.everything(view))
    values = (await call.body(REVIEW_DECISION, Mode.UPDATE, current)).values
    await deciding.decide(
        call.house,
        _where(call),
        found.decision_id,
        decision=Decision(values.get("decision", found.decision)),
        justification=values.get("justification", found.justification),
        by=call.by,
    )
    return NO_CONTENT


async def record_decisions(call: Call) -> Reply:
    """Decide about everybody one is asked about, or about one of them."""
    await _to_decide(call)
    values = (await call.action_body(BATCH_DECISION)).values
    await deciding.decide_all(
        call.house,
        _where(call),
        decision=Decision(values["decision"]),
        justification=values.get("justification"),
        user_id=values.get("principalId"),
        by=call.by,
    )
    return NO_CONTENT


async def accept_recommendations(call: Call) -> Reply:
    """Decide as recommended wherever nobody has decided."""
    await _to_decide(call)
    await deciding.accept_recommendations(call.house, _where(call), by=call.by)
    return NO_CONTENT


async def reset_decisions(call: Call) -> Reply:
    """Take back what was decided."""
    await _to_decide(call)
    await deciding.reset_decisions(call.house, _where(call), by=call.by)
    return NO_CONTENT


async def send_reminder(call: Call) -> Reply:
    """Write to who has not decided."""
    await deciding.send_reminder(call.house, _where(call), by=call.by)
    return NO_CONTENT


async def stop_instance(call: Call) -> Reply:
    """End it before its time."""
    where = _where(call)
    await reviewing.stop_instance(
        call.house, tenant_id=where.tenant_id, review_id=where.review_id, instance_id=where.instance_id, by=call.by
    )
    return NO_CONTENT


async def apply_decisions(call: Call) -> Reply:
    """Do what was decided."""
    where = _where(call)
    await applying.apply_decisions(
        call.house, tenant_id=where.tenant_id, review_id=where.review_id, instance_id=where.instance_id, by=call.by
    )
    return NO_CONTENT


async def list_contacted(call: Call) -> Reply:
    """Who was written to."""
    review, instance = await _find(call)
    asked = await reviews.asked_in(call.reading, call.tenant_id, instance.instance_id)
    contacted = {one.user_id: one for one in asked if one.contacted_at is not None}
    people = await people_of(call.reading, call.tenant_id, contacted)
    views = [(REVIEWERS, reviewer_view(one, people.get(user_id))) for user_id, one in contacted.items()]
    of = f"{_OF.format(review.review_id)}('{instance.instance_id}')/contactedReviewers"
    return answer_small(call, of, views)


# --- Inside -----------------------------------------------------------------------------------------------------------


def _where(call: Call) -> Where:
    return Where(call.tenant_id, named(call), named(call, "instance"))


async def _find(call: Call) -> tuple[Review, Instance]:
    """The instance in the path, for whoever may read reviews and for whom it asks. Raises Refused."""
    review = await find_readable(call)
    found = await reviews.find_instance(call.reading, call.tenant_id, named(call, "instance"))
    if found is None or found.review_id != review.review_id:
        raise await call.missing(_READ, call.parameters["instance"])
    if not await _reads_all(call, review) and not await _about(call, found):
        raise Refused(Reason.NOT_ALLOWED)
    return review, found


async def _to_decide(call: Call) -> Instance:
    """The instance in the path, for whom it asks and whoever manages reviews, before the body is read."""
    found = await reviews.find_instance(call.reading, call.tenant_id, named(call, "instance"))
    about = frozenset[str]() if found is None else await _about(call, found)
    review = None if found is None else await reviews.find(call.reading, call.tenant_id, found.review_id)
    on = None if review is None else await target_of(call, review, reviewer=bool(about))
    await call.insist(Verb.DECIDE_REVIEW, on)
    if found is None or found.review_id != named(call):
        raise await call.missing(Verb.DECIDE_REVIEW, call.parameters["instance"])
    return found


async def _decision(call: Call, review: Review, instance: Instance, verb: Verb) -> Decided:
    """The decision in the path, if whoever calls may see it. Raises Refused."""
    wanted = guid(call.parameters["decision"]) or ""
    found = await review_decisions.find(call.reading, call.tenant_id, instance.instance_id, wanted)
    seen = found is not None and (
        await _reads_all(call, review) or deciding.decisions_of([found], await _about(call, instance))
    )
    if found is None or not seen:
        raise await call.missing(verb, call.parameters["decision"])
    return found


async def _about(call: Call, instance: Instance) -> frozenset[str]:
    return await deciding.asked_about(call.reading, call.tenant_id, instance.instance_id, call.by.user_id)


async def _reads_all(call: Call, review: Review) -> bool:
    return bool(await reviewing.readable(call.reading, call.by, [review]))


def _answer_instances(call: Call, review: Review, found: list[Instance]) -> Reply:
    views = [(REVIEW_INSTANCES, instance_view(review, one, call.reading)) for one in found]
    return answer_small(call, _OF.format(review.review_id), views)


async def _answer_decisions(call: Call, review: Review, instance: Instance, found: list[Decided]) -> Reply:
    views: list[Plain] = await decision_views(call.reading, call.wire.root, review, instance, found)
    of = f"{_OF.format(review.review_id)}('{instance.instance_id}')/decisions"
    return answer_small(call, of, [(REVIEW_DECISIONS, view) for view in views])


_SELECT: Final = frozenset({"select", "format"})
_MANY: Final = _SELECT | {"filter", "orderby", "top", "count", "skiptoken"}
_INSTANCES: Final = f"{ONE}/instances"
_INSTANCE: Final = f"{_INSTANCES}/{{instance}}"
_DECISIONS: Final = f"{_INSTANCE}/decisions"
_MINE: Final = "filterByCurrentUser(on={on})"
_OF_INSTANCES: Final = Collection(REVIEW_INSTANCE, options=_MANY, most=100, directory=False)
_OF_DECISIONS: Final = Collection(REVIEW_DECISION, options=_MANY, most=100, directory=False)
Act = Callable[[Call], Awaitable[Reply]]


def _get(at: str, handler: Act, query: Collection, summary: str) -> Route[Handler]:
    return Route("GET", at, handler, verb=_READ, query=query, summary=summary)


def _post(name: str, handler: Act, verb: Verb, summary: str) -> Route[Handler]:
    return Route("POST", f"{_INSTANCE}/{name}", handler, verb=verb, status=204, summary=summary)


ROUTES: Final[list[Route[Handler]]] = [
    _get(_INSTANCES, list_instances, _OF_INSTANCES, "Instances of an access review"),
    _get(f"{_INSTANCES}/{_MINE}", list_my_instances, _OF_INSTANCES, "Instances of an access review that ask you"),
    _get(
        _INSTANCE,
        get_instance,
        Collection(REVIEW_INSTANCE, options=_SELECT, single=True),
        "An instance of an access review",
    ),
    _get(_DECISIONS, list_decisions, _OF_DECISIONS, "Decisions of an access review"),
    _get(f"{_DECISIONS}/{_MINE}", list_my_decisions, _OF_DECISIONS, "Decisions that you are asked to make"),
    _get(
        f"{_DECISIONS}/{{decision}}",
        get_decision,
        Collection(REVIEW_DECISION, options=_SELECT, single=True),
        "A decision of an access review",
    ),
    Route(
        "PATCH",
        f"{_DECISIONS}/{{decision}}",
        update_decision,
        verb=Verb.DECIDE_REVIEW,
        body=REVIEW_DECISION,
        status=204,
        summary="Decide about somebody in an access review",
    ),
    Route(
        "POST",
        f"{_INSTANCE}/batchRecordDecisions",
        record_decisions,
        verb=Verb.DECIDE_REVIEW,
        body=BATCH_DECISION,
        status=204,
        summary="Decide about everybody in an access review, or about one of them",
    ),
    _post("acceptRecommendations", accept_recommendations, Verb.DECIDE_REVIEW, "Decide as recommended"),
    _post("resetDecisions", reset_decisions, Verb.DECIDE_REVIEW, "Take back what was decided"),
    _post("sendReminder", send_reminder, Verb.REMIND_REVIEWERS, "Write to who has not decided"),
    _post("stop", stop_instance, Verb.STOP_REVIEW, "End an instance of an access review"),
    _post("applyDecisions", apply_decisions, Verb.APPLY_REVIEW, "Do what was decided in an access review"),
    _get(
        f"{_INSTANCE}/contactedReviewers",
        list_contacted,
        Collection(REVIEWER, options=_SELECT | {"top", "skiptoken"}, directory=False),
        "Who was written to about an access review",
    ),
]
