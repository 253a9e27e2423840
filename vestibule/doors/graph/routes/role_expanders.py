"""What is answered along with a directory role or its assignment: who holds it, and which role it is."""

from typing import Final

from vestibule.doors.graph.call import Call
from vestibule.doors.graph.lists import MOST_EXPANDED, Expander, expanded
from vestibule.doors.graph.routes.finding import find_living, sight_of_users
from vestibule.doors.graph.routes.role_views import find_definition, find_role
from vestibule.doors.graph.shapes.plain import ROLE_DEFINITIONS
from vestibule.doors.graph.shapes.user import USERS
from vestibule.doors.graph.views import user_view
from vestibule.store import holdings, listing, users
from vestibule.store.users import HOLDERS_OF


async def _holders(call: Call, role_id: str) -> object:
    role = find_role(call.tenant_id, role_id)
    if role is None:
        return []
    asked = listing.Asked(MOST_EXPANDED)
    page = await users.page(call.reading, call.tenant_id, asked, scope=HOLDERS_OF, of=role.template_id)
    return expanded(call, [(USERS, user_view(user)) for user in page.items], await sight_of_users(call))


async def _principal(call: Call, assignment_id: str) -> object:
    held = await holdings.find_role_assignment(call.reading, call.tenant_id, assignment_id)
    user = None if held is None else await find_living(call, held.user_id)
    shown = [] if user is None else [(USERS, user_view(user))]
    return next(iter(expanded(call, shown, await sight_of_users(call))), None)


async def _definition(call: Call, assignment_id: str) -> object:
    held = await holdings.find_role_assignment(call.reading, call.tenant_id, assignment_id)
    role = None if held is None else await find_definition(call.reading, call.tenant_id, held.role_id)
    shown = [] if role is None else [(ROLE_DEFINITIONS, role)]
    return next(iter(expanded(call, shown)), None)


OF_ROLE: Final[dict[str, Expander]] = {"members": _holders}
OF_ASSIGNMENT: Final[dict[str, Expander]] = {"principal": _principal, "roleDefinition": _definition}
