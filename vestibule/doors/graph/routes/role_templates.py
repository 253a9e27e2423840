"""The templates of directory roles: the same in every organization (Graph, *directoryRoleTemplate*)."""

from typing import Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.role import ROLE_TEMPLATE
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import ROLE_TEMPLATES, Plain
from vestibule.rules.filters import Ordering
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import ROLES, Role
from vestibule.rules.verbs import Verb

_OF: Final = "directoryRoleTemplates"
_ONE_OPTIONS: Final = frozenset({"select", "format"})


def _view(role: Role) -> Plain:
    return {"id": role.template_id, "displayName": role.name, "description": role.about}


async def list_templates(call: Call) -> Reply:
    """Every template."""
    await call.may_read(Verb.READ_ROLES)
    found = [(ROLE_TEMPLATES, _view(role)) for role in ROLES.values()]
    return answer_small(call, _OF, found, orders=(Ordering(("displayName",)),))


async def get_template(call: Call) -> Reply:
    """One template."""
    await call.may_read(Verb.READ_ROLES)
    role = ROLES.get(call.parameters["role"].lower())
    if role is None:
        raise Refused(Reason.NOT_FOUND)
    return call.single(_OF, ROLE_TEMPLATE, ROLE_TEMPLATES.values(_view(role), call.asked.select))


ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        f"/{_OF}",
        list_templates,
        verb=Verb.READ_ROLES,
        query=Collection(ROLE_TEMPLATE, options=_ONE_OPTIONS, page=999),
        summary="Templates of directory roles",
    ),
    Route(
        "GET",
        f"/{_OF}/{{role}}",
        get_template,
        verb=Verb.READ_ROLES,
        query=Collection(ROLE_TEMPLATE, options=_ONE_OPTIONS, single=True),
        summary="Get a template",
    ),
]
