"""Instances of access reviews: each time one comes round, with the decisions in it (Graph, *accessReviewInstance*)."""

from typing import Final

from vestibule.actions import applying, deciding, review_stages, reviewing
from vestibule.actions.deciding import About, Where
from vestibule.actions.reviewing import meaning_of
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.review import BATCH_DECISION, REVIEW_DECISION, REVIEW_INSTANCE, REVIEWER
from vestibule.doors.graph.odata.options import SELECTED, SMALL, Collection
from vestibule.doors.graph.review_views import decision_views, instance_view, people_of, reviewer_view
from vestibule.doors.graph.routes.reviews import (
    MINE,
    ONE,
    find_readable,
    insist_on_reviewer,
    my_instances,
    named,
    read_route,
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
from vestibule.store.reviews import Instance, Review, Stage

_OF: Final = "identityGovernance/accessReviews/definitions('{}')/instances"
_READ: Final = Verb.READ_REVIEWS


async def list_instances(call: Call) -> Reply:
    """Every time a review came round, oldest first."""
    review = await find_readable(call)
    found = await reviews.instances_of(call.reading, call.tenant_id, review.review_id)
    return await _answer_instances(call, review, found)


async def list_my_instances(call: Call) -> Reply:
    """Those that ask whoever calls."""
    insist_on_reviewer(call)
    review = await find_readable(call)
    mine = [one for one in await my_instances(call) if one.review_id == named(call)]
    return await _answer_instances(call, review, mine)


async def get_instance(call: Call) -> Reply:
    """One of them."""
    review, instance = await find_instance(call)
    stages = await reviews.stages_of(call.reading, call.tenant_id, instance.instance_id)
    values = REVIEW_INSTANCES.values(instance_view(review, instance, call.reading, stages), call.asked.select)
    return call.single(_OF.format(review.review_id), REVIEW_INSTANCE, values)


async def list_decisions(call: Call) -> Reply:
    """Every decision; who may not read reviews sees those that they are asked to make."""
    review, instance = await find_instance(call)
    return await answer_decisions(call, review, instance, await decisions_shown(call, review, instance))


async def list_my_decisions(call: Call) -> Reply:
    """The decisions that whoever calls is asked to make."""
    insist_on_reviewer(call)
    review, instance = await find_instance(call)
    found = [one for one, _ in await _decisions(call, instance)]
    return await answer_decisions(
        call, review, instance, deciding.decisions_of(found, await asked_about(call, instance))
    )


async def get_decision(call: Call) -> Reply:
    """One decision."""
    review, instance = await find_instance(call)
    found = await _decision(call, review, instance, _READ)
    [view] = await decision_views(call.reading, call.wire.root, review, instance, [found])
    values = REVIEW_DECISIONS.values(view, call.asked.select)
    return call.single(f"{of_instance(call)}/decisions", REVIEW_DECISION, values)


async def update_decision(call: Call) -> Reply:
    """Decide about somebody."""
    instance = await to_decide(call)
    review = await reviews.find(call.reading, call.tenant_id, instance.review_id)
    if review is None:
        raise Refused(Reason.NOT_FOUND)
    found = await _decision(call, review, instance, Verb.DECIDE_REVIEW)
    [view] = await decision_views(call.reading, call.wire.root, review, instance, [found])
    current = as_sent(REVIEW_DECISIONS.everything(view))
    values = (await call.body(REVIEW_DECISION, Mode.UPDATE, current)).values
    await deciding.decide(
        call.house,
        where_of(call),
        found.decision_id,
        decision=Decision(values.get("decision", found.decision)),
        justification=values.get("justification", found.justification),
        by=call.by,
    )
    return NO_CONTENT


async def record_decisions(call: Call) -> Reply:
    """Decide about everybody one is asked about, or about one of them."""
    await to_decide(call)
    values = (await call.action_body(BATCH_DECISION)).values
    await deciding.decide_all(
        call.house,
        where_of(call),
        decision=Decision(values["decision"]),
        justification=values.get("justification"),
        user_id=values.get("principalId"),
        by=call.by,
    )
    return NO_CONTENT


async def accept_recommendations(call: Call) -> Reply:
    """Decide as recommended wherever nobody has decided."""
    await to_decide(call)
    await deciding.accept_recommendations(call.house, where_of(call), by=call.by)
    return NO_CONTENT


async def reset_decisions(call: Call) -> Reply:
    """Take back what was decided."""
    await to_decide(call)
    await deciding.reset_decisions(call.house, where_of(call), by=call.by)
    return NO_CONTENT


async def send_reminder(call: Call) -> Reply:
    """Write to who has not decided."""
    await deciding.send_reminder(call.house, where_of(call), by=call.by)
    return NO_CONTENT


async def stop_instance(call: Call) -> Reply:
    """End it before its time."""
    where = where_of(call)
    await reviewing.stop_instance(
        call.house, tenant_id=where.tenant_id, review_id=where.review_id, instance_id=where.instance_id, by=call.by
    )
    return NO_CONTENT


async def apply_decisions(call: Call) -> Reply:
    """Do what was decided."""
    where = where_of(call)
    await applying.apply_decisions(
        call.house, tenant_id=where.tenant_id, review_id=where.review_id, instance_id=where.instance_id, by=call.by
    )
    return NO_CONTENT


async def list_contacted(call: Call) -> Reply:
    """Who was written to."""
    review, instance = await find_instance(call)
    asked = await reviews.asked_in(call.reading, call.tenant_id, instance.instance_id)
    contacted = {one.user_id: one for one in asked if one.contacted_at is not None}
    people = await people_of(call.reading, call.tenant_id, contacted)
    views = [(REVIEWERS, reviewer_view(one, people.get(user_id))) for user_id, one in contacted.items()]
    of = f"{_OF.format(review.review_id)}('{instance.instance_id}')/contactedReviewers"
    return answer_small(call, of, views)


# --- Shared with the stages -------------------------------------------------------------------------------------------


def where_of(call: Call) -> Where:
    """The instance in the path, and the stage where the path names one."""
    stage_id = named(call, "stage") if "stage" in call.parameters else ""
    return Where(call.tenant_id, named(call), named(call, "instance"), stage_id)


async def find_instance(call: Call) -> tuple[Review, Instance]:
    """The instance in the path, for whoever may read reviews and for whom it asks. Raises Refused."""
    review = await find_readable(call)
    found = await reviews.find_instance(call.reading, call.tenant_id, named(call, "instance"))
    if found is None or found.review_id != review.review_id:
        raise await call.missing(_READ, call.parameters["instance"])
    if not await reads_all(call, review) and not await asked_about(call, found):
        raise Refused(Reason.NOT_ALLOWED)
    return review, found


async def to_decide(call: Call) -> Instance:
    """The instance in the path, for whom it asks and whoever manages reviews, before the body is read."""
    found = await reviews.find_instance(call.reading, call.tenant_id, named(call, "instance"))
    about = About() if found is None else await asked_about(call, found)
    review = None if found is None else await reviews.find(call.reading, call.tenant_id, found.review_id)
    on = None if review is None else await reviewing.target_of(call.reading, call.by, review, reviewer=bool(about))
    await call.insist(Verb.DECIDE_REVIEW, on)
    if found is None or found.review_id != named(call):
        raise await call.missing(Verb.DECIDE_REVIEW, call.parameters["instance"])
    return found


async def find_stage(call: Call, instance: Instance, verb: Verb = _READ) -> Stage:
    """The stage in the path. Raises Refused (NOT_FOUND)."""
    found = await reviews.find_stage(call.reading, call.tenant_id, instance.instance_id, named(call, "stage"))
    if found is None:
        raise await call.missing(verb, call.parameters["stage"])
    return found


async def decisions_shown(call: Call, review: Review, instance: Instance) -> list[Decided]:
    """The decisions of the instance or stage in the path that whoever calls may see."""
    return await _shown(call, review, instance, await _decisions(call, instance))


async def _shown(call: Call, review: Review, instance: Instance, found: list[tuple[Decided, int]]) -> list[Decided]:
    if await reads_all(call, review):
        return [one for one, _ in found]
    histories = meaning_of(review).settings.histories
    return deciding.shown_of_earlier(found, await asked_about(call, instance), histories=histories)


async def _decisions(call: Call, instance: Instance) -> list[tuple[Decided, int]]:
    """The decisions of the instance or stage in the path, each with the stage in which the person is now."""
    found = await review_decisions.in_instance(call.reading, call.tenant_id, instance.instance_id)
    if "stage" not in call.parameters:
        return [(one, one.step) for one in found]
    stage = await find_stage(call, instance)
    return await review_stages.decisions_in(call.reading, instance, stage.step, found)


async def _decision(call: Call, review: Review, instance: Instance, verb: Verb) -> Decided:
    """The decision in the path, if whoever calls may see it. Raises Refused."""
    wanted = guid(call.parameters["decision"]) or ""
    if "stage" in call.parameters:
        several = [(one, now_at) for one, now_at in await _decisions(call, instance) if one.decision_id == wanted]
    else:
        found = await review_decisions.find(call.reading, call.tenant_id, instance.instance_id, wanted)
        several = [] if found is None else [(found, found.step)]
    shown = await _shown(call, review, instance, several)
    if not shown:
        raise await call.missing(verb, call.parameters["decision"])
    return shown[0]


async def asked_about(call: Call, instance: Instance) -> About:
    """What whoever calls is or was asked in an instance."""
    return await deciding.asked_about(call.reading, call.tenant_id, instance.instance_id, call.by.user_id)


async def reads_all(call: Call, review: Review) -> bool:
    """Whether whoever calls may read this review, whoever is asked in it."""
    return bool(await reviewing.readable(call.reading, call.by, [review]))


async def _answer_instances(call: Call, review: Review, found: list[Instance]) -> Reply:
    stages = await reviews.stages_of_review(call.reading, call.tenant_id, review.review_id)
    views = [
        (REVIEW_INSTANCES, instance_view(review, one, call.reading, stages.get(one.instance_id, []))) for one in found
    ]
    return answer_small(call, _OF.format(review.review_id), views)


async def answer_decisions(call: Call, review: Review, instance: Instance, found: list[Decided]) -> Reply:
    """Answer with these decisions."""
    views: list[Plain] = await decision_views(call.reading, call.wire.root, review, instance, found)
    return answer_small(call, f"{of_instance(call)}/decisions", [(REVIEW_DECISIONS, view) for view in views])


def of_instance(call: Call) -> str:
    """How an answer's context names the instance in the path, and the stage where the path names one."""
    here = f"{_OF.format(named(call))}('{named(call, 'instance')}')"
    return f"{here}/stages('{named(call, 'stage')}')" if "stage" in call.parameters else here


_INSTANCES: Final = f"{ONE}/instances"
_INSTANCE: Final = f"{_INSTANCES}/{{instance}}"
_DECISIONS: Final = f"{_INSTANCE}/decisions"
_OF_INSTANCES: Final = Collection(REVIEW_INSTANCE, options=SMALL, most=100, directory=False)
_OF_DECISIONS: Final = Collection(REVIEW_DECISION, options=SMALL, most=100, directory=False)


def _post(name: str, handler: Handler, verb: Verb, summary: str) -> Route[Handler]:
    return Route("POST", f"{_INSTANCE}/{name}", handler, verb=verb, status=204, summary=summary)


ROUTES: Final[list[Route[Handler]]] = [
    read_route(_INSTANCES, list_instances, _OF_INSTANCES, "Instances of an access review"),
    read_route(f"{_INSTANCES}/{MINE}", list_my_instances, _OF_INSTANCES, "Instances of an access review that ask you"),
    read_route(
        _INSTANCE,
        get_instance,
        Collection(REVIEW_INSTANCE, options=SELECTED, single=True),
        "An instance of an access review",
    ),
    read_route(_DECISIONS, list_decisions, _OF_DECISIONS, "Decisions of an access review"),
    read_route(f"{_DECISIONS}/{MINE}", list_my_decisions, _OF_DECISIONS, "Decisions that you are asked to make"),
    read_route(
        f"{_DECISIONS}/{{decision}}",
        get_decision,
        Collection(REVIEW_DECISION, options=SELECTED, single=True),
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
    read_route(
        f"{_INSTANCE}/contactedReviewers",
        list_contacted,
        Collection(REVIEWER, options=SELECTED | {"top", "skiptoken"}, directory=False),
        "Who was written to about an access review",
    ),
]
