"""What hangs on a group beside its members: groups that it is in, and whether a name would do."""

from typing import Final

from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.actions import VALIDATE, VALIDATE_GROUP
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.groups import readable_group
from vestibule.doors.graph.routing import Route
from vestibule.rules import groups as rules
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

_MIXED: Final = Collection(DIRECTORY_OBJECT, options=LISTED - {"expand"}, reference=True)
_CHECKED: Final = ("displayName", "mailNickname")


async def list_nothing(call: Call) -> Reply:
    """Groups do not nest here, so that no group is in another."""
    await readable_group(call)
    return answer_small(call, "directoryObjects", [], typed=True)


async def validate(call: Call) -> Reply:
    """Whether a group could be called this: 204, or 422 with what is wrong (Graph, *validateProperties*)."""
    await call.may_read(Verb.READ_GROUPS)
    values = await _read(call, VALIDATE)
    if str(values["entityType"]).lower() != "group":
        raise errors.invalid_value("entityType", "Group")
    return _judge(values)


async def validate_of_group(call: Call) -> Reply:
    """The same for a group that is there."""
    await readable_group(call)
    return _judge(await _read(call, VALIDATE_GROUP))


async def _read(call: Call, model: Entity) -> dict[str, object]:
    return dict((await call.body(model, Mode.CREATE)).values)


def _judge(values: dict[str, object]) -> Reply:
    for name in _CHECKED:
        try:
            rules.read({name: values[name]} if values.get(name) is not None else {})
        except Refused as refused:
            if refused.reason is not Reason.BAD_VALUE:
                raise
            said = errors.invalid_value(name, "Group")
            detail = errors.Detail("InvalidPropertyValue", said.message, name)
            raise errors.GraphError(422, errors.REQUEST_BAD_REQUEST, said.message, details=(detail,)) from refused
    return NO_CONTENT


ROUTES: Final[list[Route[Handler]]] = [
    *(
        Route[Handler](
            "GET",
            f"/groups/{{group}}/{name}",
            list_nothing,
            verb=Verb.READ_GROUPS,
            query=_MIXED,
            summary="Groups that a group is in: none, since groups do not nest here",
        )
        for name in ("memberOf", "transitiveMemberOf")
    ),
    Route(
        "POST",
        "/groups/{group}/validateProperties",
        validate_of_group,
        verb=Verb.READ_GROUPS,
        body=VALIDATE_GROUP,
        status=204,
        summary="Whether a group could be called this",
    ),
    Route(
        "POST",
        "/directoryObjects/validateProperties",
        validate,
        verb=Verb.READ_GROUPS,
        body=VALIDATE,
        status=204,
        summary="Whether a new group could be called this",
    ),
]
