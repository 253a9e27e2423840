"""Stages of instances of access reviews, where a review has some (Graph, *accessReviewStage*).

What is decided in a stage is decided in its instance; a path that names the stage only says in which it has to be.
"""

from typing import Final

from vestibule.actions import review_stages
from vestibule.actions.review_stages import WhichStage
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.review import BATCH_DECISION, REVIEW_DECISION, REVIEW_STAGE
from vestibule.doors.graph.odata.options import SELECTED, SMALL, Collection
from vestibule.doors.graph.review_bodies import read_stage
from vestibule.doors.graph.review_views import stage_view
from vestibule.doors.graph.routes.review_instances import (
    accept_recommendations,
    asked_about,
    find_instance,
    find_stage,
    get_decision,
    list_decisions,
    list_my_decisions,
    of_instance,
    record_decisions,
    update_decision,
    where_of,
)
from vestibule.doors.graph.routes.reviews import MINE, ONE, find, insist_on_reviewer, named, read_route
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import REVIEW_STAGES
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.verbs import Verb
from vestibule.store import reviews
from vestibule.store.reviews import Instance, Stage


async def list_stages(call: Call) -> Reply:
    """The stages, in their order; none of a review without any."""
    _, instance = await find_instance(call)
    found = await reviews.stages_of(call.reading, call.tenant_id, instance.instance_id)
    return _answer(call, instance, found)


async def list_my_stages(call: Call) -> Reply:
    """Those that ask whoever calls, now or earlier."""
    insist_on_reviewer(call)
    _, instance = await find_instance(call)
    steps = {step for step, _ in await asked_about(call, instance)}
    found = await reviews.stages_of(call.reading, call.tenant_id, instance.instance_id)
    return _answer(call, instance, [one for one in found if one.step in steps])


async def get_stage(call: Call) -> Reply:
    """One of them."""
    _, instance = await find_instance(call)
    stage = await find_stage(call, instance)
    values = REVIEW_STAGES.values(stage_view(instance, stage, call.reading), call.asked.select)
    return call.single(of_instance(call).rpartition("(")[0], REVIEW_STAGE, values)


async def update_stage(call: Call) -> Reply:
    """Ask others in a stage that is not over."""
    await call.insist(Verb.UPDATE_REVIEW)
    review = await find(call, Verb.UPDATE_REVIEW)
    instance = await reviews.find_instance(call.reading, call.tenant_id, named(call, "instance"))
    if instance is None or instance.review_id != review.review_id:
        raise await call.missing(Verb.UPDATE_REVIEW, call.parameters["instance"])
    stage = await find_stage(call, instance, Verb.UPDATE_REVIEW)
    current = as_sent(REVIEW_STAGES.everything(stage_view(instance, stage, call.reading)))
    values = read_stage(await call.json_object(), current)
    await review_stages.update_stage(call.house, _which(call), values, by=call.by)
    return NO_CONTENT


async def stop_stage(call: Call) -> Reply:
    """End a stage before its time; the next one begins."""
    await review_stages.stop_stage(call.house, _which(call), by=call.by)
    return NO_CONTENT


def _which(call: Call) -> WhichStage:
    where = where_of(call)
    return WhichStage(where.tenant_id, where.review_id, where.instance_id, where.stage_id)


def _answer(call: Call, instance: Instance, found: list[Stage]) -> Reply:
    views = [(REVIEW_STAGES, stage_view(instance, one, call.reading)) for one in found]
    return answer_small(call, f"{of_instance(call)}/stages", views)


_STAGES: Final = f"{ONE}/instances/{{instance}}/stages"
_STAGE: Final = f"{_STAGES}/{{stage}}"
_DECISIONS: Final = f"{_STAGE}/decisions"
_OF_STAGES: Final = Collection(REVIEW_STAGE, options=SMALL, most=100, directory=False)
_OF_DECISIONS: Final = Collection(REVIEW_DECISION, options=SMALL, most=100, directory=False)


ROUTES: Final[list[Route[Handler]]] = [
    read_route(_STAGES, list_stages, _OF_STAGES, "Stages of an access review"),
    read_route(f"{_STAGES}/{MINE}", list_my_stages, _OF_STAGES, "Stages of an access review that ask you"),
    read_route(
        _STAGE,
        get_stage,
        Collection(REVIEW_STAGE, options=SELECTED, single=True),
        "A stage of an access review",
    ),
    Route(
        "PATCH",
        _STAGE,
        update_stage,
        verb=Verb.UPDATE_REVIEW,
        body=REVIEW_STAGE,
        status=204,
        summary="Ask others in a stage of an access review",
    ),
    Route(
        "POST",
        f"{_STAGE}/stop",
        stop_stage,
        verb=Verb.STOP_REVIEW,
        status=204,
        summary="End a stage of an access review",
    ),
    read_route(_DECISIONS, list_decisions, _OF_DECISIONS, "Decisions in a stage of an access review"),
    read_route(
        f"{_DECISIONS}/{MINE}", list_my_decisions, _OF_DECISIONS, "Decisions in a stage that you are asked to make"
    ),
    read_route(
        f"{_DECISIONS}/{{decision}}",
        get_decision,
        Collection(REVIEW_DECISION, options=SELECTED, single=True),
        "A decision in a stage of an access review",
    ),
    Route(
        "PATCH",
        f"{_DECISIONS}/{{decision}}",
        update_decision,
        verb=Verb.DECIDE_REVIEW,
        body=REVIEW_DECISION,
        status=204,
        summary="Decide about somebody in a stage of an access review",
    ),
    Route(
        "POST",
        f"{_STAGE}/batchRecordDecisions",
        record_decisions,
        verb=Verb.DECIDE_REVIEW,
        body=BATCH_DECISION,
        status=204,
        summary="Decide about everybody in a stage of an access review, or about one of them",
    ),
    Route(
        "POST",
        f"{_STAGE}/acceptRecommendations",
        accept_recommendations,
        verb=Verb.DECIDE_REVIEW,
        status=204,
        summary="Decide as recommended in a stage",
    ),
]
