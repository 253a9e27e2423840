"""Histories of access reviews: what was decided in a period, as a file (Graph, *accessReviewHistoryDefinition*)."""

from typing import Any, Final
from urllib.parse import urlencode

from vestibule.actions import review_histories
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.review_history import REVIEW_HISTORY, REVIEW_HISTORY_INSTANCE
from vestibule.doors.graph.odata.options import SELECTED, SMALL, Collection
from vestibule.doors.graph.review_bodies import read_history
from vestibule.doors.graph.review_views import People, people_of, who_view
from vestibule.doors.graph.routes.reviews import named, read_route
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import REVIEW_HISTORIES, REVIEW_HISTORY_INSTANCES, Plain
from vestibule.ground.clock import to_us
from vestibule.rules import review_histories as rules
from vestibule.rules.verbs import Verb
from vestibule.store import review_histories as kept
from vestibule.store.review_histories import History, Run

_OF: Final = "identityGovernance/accessReviews/historyDefinitions"
_AT: Final = f"/{_OF}"
_ONE: Final = f"{_AT}/{{history}}"
_INSTANCES: Final = f"{_ONE}/instances"
_INSTANCE: Final = f"{_INSTANCES}/{{instance}}"


async def list_histories(call: Call) -> Reply:
    """Every history, newest first."""
    await _may_read(call)
    found = await kept.everything(call.reading, call.tenant_id)
    return answer_small(call, _OF, [(REVIEW_HISTORIES, view) for view in await _views(call, found)])


async def create_history(call: Call) -> Reply:
    """Ask for a history."""
    await call.insist(Verb.CREATE_HISTORY)
    values = read_history(await call.json_object())
    made = await review_histories.create_history(call.house, values, tenant_id=call.tenant_id, by=call.by)
    await call.fresh()
    return await _answer(call, made, status=201, headers=call.location(f"{_AT}/{made.history_id}"))


async def get_history(call: Call) -> Reply:
    """One history."""
    await _may_read(call)
    return await _answer(call, await _find(call))


async def delete_history(call: Call) -> Reply:
    """Take a history away."""
    await review_histories.delete_history(
        call.house, tenant_id=call.tenant_id, history_id=named(call, "history"), by=call.by
    )
    return NO_CONTENT


async def list_instances(call: Call) -> Reply:
    """Every time a history was made and can be fetched still, oldest first."""
    await _may_read(call)
    history = await _find(call)
    runs = await review_histories.runs_of(call.reading, history)
    of = f"{_OF}('{history.history_id}')/instances"
    return answer_small(call, of, [(REVIEW_HISTORY_INSTANCES, _run_view(one)) for one in runs])


async def get_instance(call: Call) -> Reply:
    """One of them."""
    await _may_read(call)
    history = await _find(call)
    found = await review_histories.find_run(call.reading, history, named(call, "instance"))
    if found is None:
        raise await call.missing(Verb.READ_REVIEWS, call.parameters["instance"])
    return _answer_run(call, history.history_id, found)


async def generate_address(call: Call) -> Reply:
    """An address at which the file lies for 24 hours, for whoever has it."""
    history_id = named(call, "history")
    run, secret = await review_histories.give_address(
        call.house, tenant_id=call.tenant_id, history_id=history_id, run_id=named(call, "instance"), by=call.by
    )
    query = urlencode({"key": secret, "headers": "keys"})
    return _answer_run(call, history_id, run, f"{call.house.public_url}/access-review-history?{query}")


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _may_read(call: Call) -> None:
    await call.may_read(Verb.READ_REVIEWS, review_histories.to_read(call.tenant_id))


async def _find(call: Call) -> History:
    found = await kept.find(call.reading, call.tenant_id, named(call, "history"))
    if found is None:
        raise await call.missing(Verb.READ_REVIEWS)
    return found


async def _views(call: Call, found: list[History]) -> list[Plain]:
    people = await people_of(call.reading, call.tenant_id, [one.made_by for one in found])
    return [_view(one, people) for one in found]


def _view(history: History, people: People) -> Plain:
    definition, meant = history.definition, review_histories.meaning_of_history(history)
    return {
        "id": history.history_id,
        "displayName": history.display_name,
        rules.STARTS: None if meant.starts is None else to_us(meant.starts),
        rules.ENDS: None if meant.ends is None else to_us(meant.ends),
        "decisions": definition["decisions"],
        "status": rules.status(history.runs, more=history.next_at is not None),
        "createdDateTime": to_us(history.made_at),
        "createdBy": who_view(people.get(history.made_by or "")),
        "scopes": definition["scopes"],
        "scheduleSettings": definition.get("scheduleSettings"),
    }


def _run_view(run: Run, address: str | None = None) -> Plain:
    return {
        "id": run.run_id,
        rules.STARTS: to_us(run.starts_at),
        rules.ENDS: to_us(run.ends_at),
        "status": "done",
        "runDateTime": to_us(run.made_at),
        "fulfilledDateTime": to_us(run.made_at),
        "expirationDateTime": to_us(review_histories.expires_at(run)),
        "downloadUri": address,
    }


async def _answer(call: Call, found: History, **more: Any) -> Reply:
    [view] = await _views(call, [found])
    return call.single(_OF, REVIEW_HISTORY, REVIEW_HISTORIES.values(view, call.asked.select), **more)


def _answer_run(call: Call, history_id: str, run: Run, address: str | None = None) -> Reply:
    values = REVIEW_HISTORY_INSTANCES.values(_run_view(run, address), call.asked.select)
    return call.single(f"{_OF}('{history_id}')/instances", REVIEW_HISTORY_INSTANCE, values)


ROUTES: Final[list[Route[Handler]]] = [
    read_route(
        _AT,
        list_histories,
        Collection(REVIEW_HISTORY, options=SMALL, most=100, directory=False),
        "Histories of access reviews",
    ),
    Route(
        "POST",
        _AT,
        create_history,
        verb=Verb.CREATE_HISTORY,
        body=REVIEW_HISTORY,
        status=201,
        summary="Ask for a history of access reviews",
    ),
    read_route(
        _ONE,
        get_history,
        Collection(REVIEW_HISTORY, options=SELECTED, single=True),
        "A history of access reviews",
    ),
    Route(
        "DELETE",
        _ONE,
        delete_history,
        verb=Verb.DELETE_HISTORY,
        status=204,
        summary="Delete a history of access reviews",
    ),
    read_route(
        _INSTANCES,
        list_instances,
        Collection(REVIEW_HISTORY_INSTANCE, options=SMALL - {"orderby"}, most=100, directory=False),
        "Each time a history of access reviews was made",
    ),
    read_route(
        _INSTANCE,
        get_instance,
        Collection(REVIEW_HISTORY_INSTANCE, options=SELECTED, single=True),
        "One time that a history of access reviews was made",
    ),
    Route(
        "POST",
        f"{_INSTANCE}/generateDownloadUri",
        generate_address,
        verb=Verb.DOWNLOAD_HISTORY,
        status=200,
        summary="An address at which a history of access reviews lies for 24 hours",
    ),
]
