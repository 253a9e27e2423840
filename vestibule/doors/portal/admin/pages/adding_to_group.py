"""*Add to group*: into which one."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import group_members
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.acting_on_users import Deed, carry_out
from vestibule.doors.portal.admin.pages.all_users import chosen_of, why_not
from vestibule.doors.portal.admin.selection import Picked, picked
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_, NN_
from vestibule.rules import names
from vestibule.rules.filters import Ordering
from vestibule.rules.verbs import Verb
from vestibule.store import group_lists, groups
from vestibule.store.listing import Asked
from vestibule.store.users import User

MOST_GROUPS: Final = 500
_CHOOSE: Final = Problem(N_("Choose a group."), at="group")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToGroupPage(View):
    """The page, and the dialog over the list.

    Attributes:
        who: the names of those selected. fields: the selection. groups: ids and names. chosen: the group's id.
    """

    template: ClassVar[str] = "portal/admin/add_to_group.html"
    fragment: ClassVar[str] = "portal/admin/add_to_group_dialog.html"
    who: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, str], ...]
    chosen: str = ""


async def ask_group(admin: Admin) -> Response:
    """Into which group?"""
    chosen = picked(admin.visit.request.query_params.multi_items())
    found = await chosen_of(admin, chosen)
    return why_not(admin, chosen, found) or await _group_question(admin, chosen, found)


async def _group_question(admin: Admin, chosen: Picked, found: list[User], problem: Problem | None = None) -> Response:
    asked = Asked(MOST_GROUPS, orders=(Ordering(("displayName",)),))
    known = await group_lists.page(admin.reading, admin.tenant_id, asked)
    return admin.visit.page(
        AddToGroupPage(
            who=tuple(user.profile.display_name for user in found),
            fields=tuple(chosen.fields),
            groups=tuple((one.group_id, one.display_name) for one in known.items),
            problems=() if problem is None else (problem,),
        ),
        200 if problem is None else 400,
    )


async def add_to_group(admin: Admin) -> Response:
    """Put whoever is selected into the group."""
    fields = await admin.visit.form_fields(verb=Verb.ADD_MEMBER, tenant_id=admin.tenant_id)
    chosen = picked(fields)
    found = await chosen_of(admin, chosen)
    refused = why_not(admin, chosen, found)
    if refused is not None:
        return refused
    group_id = names.guid(dict(fields).get("group", ""))
    group = None if group_id is None else await groups.find(admin.reading, admin.tenant_id, group_id)
    if group is None or group.deleted_at is not None:
        return await _group_question(admin, chosen, found, _CHOOSE)

    async def add(here: Admin, user: User) -> object:
        act = group_members.add_member
        who = {"tenant_id": here.tenant_id, "user_id": user.membership.user_id}
        await act(here.visit.house, group_id=group.group_id, by=here.by, **who)
        return user

    deed = Deed(
        Verb.ADD_MEMBER,
        add,
        N_("{name} was added to the group."),
        NN_("{n} user was added to the group.", "{n} users were added to the group."),
        N_("Added to the group"),
        N_("Added"),
    )
    return await carry_out(admin, deed, found, back=paths.USERS)
