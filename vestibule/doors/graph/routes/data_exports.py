"""Exports of personal data: asked for on a user, and how far each is (Graph, *dataPolicyOperation resource type*)."""

from typing import Any, Final

from vestibule.actions import data_exports
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.model.actions import EXPORT
from vestibule.doors.graph.model.data_export import DATA_EXPORT
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routes.finding import find_user, user_target
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import DATA_EXPORTS
from vestibule.ground.clock import to_us
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import data_exports as kept
from vestibule.store.data_exports import DataExport

AGAIN_IN: Final = 60
"""Seconds after which a program looks how far an export is, as Graph says it."""

_ONE: Final = Collection(DATA_EXPORT, options=frozenset({"select", "format"}), single=True, directory=False)


async def export(call: Call) -> Reply:
    """Ask for everything that is kept about a user; it is brought to the address in the body later."""
    user = await find_user(call)
    verb = Verb.EXPORT_PERSONAL_DATA
    user_id = None if user is None else user.membership.user_id
    await call.insist(verb, await user_target(call, user), user_id=user_id)
    if user is None:
        raise await call.missing(verb)
    values = (await call.body(EXPORT, Mode.CREATE)).values
    made = await data_exports.export_personal_data(
        call.house,
        tenant_id=call.tenant_id,
        user_id=user.membership.user_id,
        location=values["storageLocation"],
        by=call.by,
    )
    return accepted(call, made)


def accepted(call: Call, made: DataExport) -> Reply:
    """The answer to whoever asked for an export: where to look how far it is."""
    headers = call.location(f"/dataPolicyOperations/{made.export_id}") | {"Retry-After": str(AGAIN_IN)}
    return Reply(202, headers=headers)


async def get_export(call: Call) -> Reply:
    """How far an export is."""
    await call.may_read(Verb.READ_EXPORTS)
    found = await kept.find(call.reading, call.tenant_id, guid(call.parameters["operation"]) or "")
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    values = DATA_EXPORTS.values(_view(found), call.asked.select)
    return call.single("dataPolicyOperations", DATA_EXPORT, values)


def _view(one: DataExport) -> dict[str, Any]:
    return {
        "id": one.export_id,
        "userId": one.user_id,
        "status": one.status,
        "progress": 100.0 if one.status == kept.COMPLETE else 0.0,
        "storageLocation": one.location,
        "submittedDateTime": to_us(one.submitted_at),
        "completedDateTime": None if one.completed_at is None else to_us(one.completed_at),
    }


ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "POST",
        "/users/{user}/exportPersonalData",
        export,
        verb=Verb.EXPORT_PERSONAL_DATA,
        body=EXPORT,
        status=202,
        summary="Have everything that is kept about a user brought to an address",
    ),
    Route(
        "GET",
        "/dataPolicyOperations/{operation}",
        get_export,
        verb=Verb.READ_EXPORTS,
        query=_ONE,
        summary="How far an export of personal data is",
    ),
]
