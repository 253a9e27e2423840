"""Groups: list, read, create, replace, change, delete."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vestibule.actions import grouping, provisioning
from vestibule.actions.grouping import owns
from vestibule.doors.scim.binding import GROUPS as NAMES
from vestibule.doors.scim.binding import Lookup
from vestibule.doors.scim.bodies import read_resource
from vestibule.doors.scim.call import NO_CONTENT, NOT_MODIFIED, Call, Reply
from vestibule.doors.scim.errors import invalid_value, too_many, version_mismatch
from vestibule.doors.scim.group_members import Members, carried_out, is_about_members, member_ids
from vestibule.doors.scim.group_shape import group_resource, group_version, nickname
from vestibule.doors.scim.lists import Collection, answer, search_of_body, search_of_query
from vestibule.doors.scim.patching import patched, read_operations
from vestibule.doors.scim.projecting import Wanted, project
from vestibule.doors.scim.schemas import GROUP
from vestibule.rules import groups as rules
from vestibule.rules import names
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, OnGroup, Target
from vestibule.rules.verbs import Verb
from vestibule.store import last_acts, provisioned, provisioned_lists
from vestibule.store.holdings import IN_GROUPS
from vestibule.store.provisioned_lists import KnownGroup

MOST_OPERATIONS: Final = 1_000
"""Operations of one PATCH: some clients send one for each member."""

MOST_MEMBERS: Final = 20_000
"""Members in one answer; whoever wants more asks for users by ``groups.value``, page by page."""


# --- Reading ----------------------------------------------------------------------------------------------------------


async def list_groups(call: Call) -> Reply:
    """A page of the groups."""
    await call.may_read(Verb.READ_GROUPS)
    return await answer(call, [COLLECTION], search_of_query(call))


async def search_groups(call: Call) -> Reply:
    """The same, asked in a body."""
    await call.may_read(Verb.READ_GROUPS)
    return await answer(call, [COLLECTION], await search_of_body(call))


async def get_group(call: Call) -> Reply:
    """One group."""
    known = await _find(call)
    await call.may_read(Verb.READ_GROUPS, await _target(call, known))
    if known is None:
        raise Refused(Reason.NOT_FOUND, objectId=call.resource_id)
    tag = await _version(call, known)
    if call.is_known(tag):
        return Reply(NOT_MODIFIED, headers={"ETag": tag})
    return await _answered(call, known)


async def _find(call: Call) -> KnownGroup | None:
    group_id = names.guid(call.resource_id)
    if group_id is None:
        return None
    return await provisioned_lists.find_group(call.reading, call.tenant_id, call.by.client_id, group_id)


async def _target(call: Call, known: KnownGroup | None) -> Target:
    if known is None:
        return Anything(call.tenant_id)
    group = known.group
    owned = await owns(call.reading, call.by, call.tenant_id, "group", group.group_id)
    return OnGroup(call.tenant_id, group.group_id, owned=owned, role_assignable=group.assignable_to_role)


async def _version(call: Call, known: KnownGroup) -> str:
    group_id = known.group.group_id
    crowds = await provisioned_lists.crowds(call.reading, call.tenant_id, [group_id])
    return group_version(known.group, crowds.get(group_id))


async def _answered(call: Call, known: KnownGroup, status: int = 200) -> Reply:
    wanted = call.wanted
    (resource,) = await _shown(call, [known], wanted)
    headers = {"ETag": resource["meta"]["version"], "Location": resource["meta"]["location"]}
    return Reply(status, project(resource, wanted, GROUP), headers)


async def _shown(call: Call, found: Sequence[KnownGroup], wanted: Wanted) -> list[dict[str, Any]]:
    ids = [known.group.group_id for known in found]
    crowds = await provisioned_lists.crowds(call.reading, call.tenant_id, ids)
    acts = await last_acts.of_groups(call.reading, call.tenant_id, ids) if wanted.wants("meta", GROUP) else {}
    members: dict[str, list[str]] = {}
    if wanted.wants("members", GROUP):
        if sum(crowd.many for crowd in crowds.values()) > MOST_MEMBERS:
            raise too_many(
                f"More than {MOST_MEMBERS} members: send excludedAttributes=members, and ask for users with the filter"
                ' groups.value eq "{id}".'
            )
        for group_id, user_id in await provisioned_lists.members_of(call.reading, call.tenant_id, ids):
            members.setdefault(group_id, []).append(user_id)
    root = call.root
    return [
        group_resource(
            known, root, crowd=crowds.get(group_id), members=members.get(group_id), last_act=acts.get(group_id)
        )
        for group_id, known in zip(ids, found, strict=True)
    ]


def _lookups(call: Call) -> Mapping[str, Lookup]:
    async def by_external_id(text: str) -> list[str]:
        known = await provisioned.by_external_id(
            call.reading, call.tenant_id, call.by.client_id, provisioned.GROUP, text
        )
        return [one.object_id for one in known]

    return {"externalId": by_external_id}


# --- Writing ----------------------------------------------------------------------------------------------------------


async def create_group(call: Call) -> Reply:
    """Bring a group, with its first members."""
    await call.insist(Verb.CREATE_GROUP)
    resource = read_resource(await call.body(), GROUP)
    name = resource.get("displayName")
    if not name:
        raise invalid_value("'displayName' needs a value.")
    ids = list(dict.fromkeys(member_ids(resource.get("members"))))
    first, later = ids[: provisioning.PORTION], ids[provisioning.PORTION :]
    made = await provisioning.create_group(
        call.house,
        NewGroup(display_name=name, mail_nickname=nickname(name)),
        external_id=resource.get("externalId"),
        member_ids=first,
        tenant_id=call.tenant_id,
        by=call.by,
    )
    if later:
        await _change_members(call, made.group_id, add=later, remove=[])
    return await _anew(call, made.group_id, 201)


async def replace_group(call: Call) -> Reply:
    """Replace the name, the client's own id, and who is in the group."""
    known = await _changeable(call)
    after = read_resource(await call.body(), GROUP)
    members = Members(dict.fromkeys(member_ids(after.get("members")), True), emptied=True)
    await _change(call, known, after, members)
    return await _anew(call, known.group.group_id)


async def update_group(call: Call) -> Reply:
    """Change what the operations say. The answer has a body only when attributes are asked for."""
    known = await _changeable(call)
    operations = read_operations(await call.body(), GROUP, most=MOST_OPERATIONS)
    members = carried_out([one for one in operations if is_about_members(one)])
    before = group_resource(known, call.root, crowd=None)
    after = patched(before, [one for one in operations if not is_about_members(one)])
    await _change(call, known, after, members)
    if "attributes" not in call.query and "excludedattributes" not in call.query:
        return NO_CONTENT
    return await _anew(call, known.group.group_id)


async def delete_group(call: Call) -> Reply:
    """Delete a group, restorably."""
    known = await _changeable(call, Verb.DELETE_GROUP)
    await grouping.delete_group(call.house, tenant_id=call.tenant_id, group_id=known.group.group_id, by=call.by)
    return NO_CONTENT


async def _changeable(call: Call, *verbs: Verb) -> KnownGroup:
    """The group in the path. Raises Refused, and ScimError (412) for ``If-Match``."""
    wanted = verbs or (Verb.UPDATE_GROUP, Verb.ADD_MEMBER, Verb.REMOVE_MEMBER)
    known = await _find(call)
    await call.insist(*wanted, on=await _target(call, known))
    if known is None:
        raise await call.missing(wanted[0])
    if "if-match" in call.headers and not call.fits(await _version(call, known)):
        raise version_mismatch()
    return known


async def _change(call: Call, known: KnownGroup, after: Mapping[str, Any], members: Members) -> None:
    """Change everything, or nothing when a value is not possible or a member is not there: that is asked first."""
    group = known.group
    name, called = after.get("displayName") or group.display_name, after.get("externalId")
    rules.read({"displayName": name})
    provisioning.check_external_id(called)
    add, remove = await _steps(call, group.group_id, members)
    if add or remove:
        await _change_members(call, group.group_id, add=add, remove=remove)
    renamed = name != group.display_name
    recalled = called != known.external_id
    if renamed or recalled or not members.says_something:
        await provisioning.update_group(
            call.house,
            tenant_id=call.tenant_id,
            group_id=group.group_id,
            changes={"displayName": name} if renamed else {},
            by=call.by,
            external_id=(called,) if recalled else None,
            if_version=group.version if "if-match" in call.headers else None,
        )


async def _steps(call: Call, group_id: str, members: Members) -> tuple[list[str], list[str]]:
    """Who has to come and who has to go: whoever is where they shall be is left alone."""
    if members.emptied:
        inside = {one.user_id for one in await IN_GROUPS.of_thing(call.reading, call.tenant_id, group_id)}
        wanted = {user_id for user_id, comes in members.comes.items() if comes}
        return [one for one in members.comes if one in wanted - inside], sorted(inside - wanted)
    inside = await provisioned_lists.who_of(call.reading, call.tenant_id, group_id, list(members.comes))
    add = [user_id for user_id, comes in members.comes.items() if comes and user_id not in inside]
    return add, [user_id for user_id, comes in members.comes.items() if not comes and user_id in inside]


async def _change_members(call: Call, group_id: str, *, add: list[str], remove: list[str]) -> None:
    await provisioning.change_members(
        call.house, tenant_id=call.tenant_id, group_id=group_id, add=add, remove=remove, by=call.by
    )


async def _anew(call: Call, group_id: str, status: int = 200) -> Reply:
    reading = await call.fresh()
    known = await provisioned_lists.find_group(reading, call.tenant_id, call.by.client_id, group_id)
    if known is None:
        raise Refused(Reason.NOT_FOUND, objectId=group_id)
    return await _answered(call, known, status)


COLLECTION: Final = Collection(
    kind=GROUP,
    names=NAMES,
    page=provisioned_lists.page_groups,
    count=provisioned_lists.count_groups,
    shown=_shown,
    lookups=_lookups,
)
