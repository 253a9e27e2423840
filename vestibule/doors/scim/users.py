"""Users: list, read, create, replace, change, delete."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vestibule.actions import inviting, provisioning
from vestibule.actions.authorising import on_user
from vestibule.actions.inviting import Asked
from vestibule.actions.user_objects import NewMember
from vestibule.doors.scim.binding import USERS as NAMES
from vestibule.doors.scim.binding import Lookup
from vestibule.doors.scim.bodies import read_resource
from vestibule.doors.scim.call import NO_CONTENT, NOT_MODIFIED, Call, Reply
from vestibule.doors.scim.errors import ScimError, invalid_value, version_mismatch
from vestibule.doors.scim.lists import Collection, answer, search_of_body, search_of_query
from vestibule.doors.scim.patching import patched, read_operations
from vestibule.doors.scim.projecting import Wanted, project
from vestibule.doors.scim.schemas import USER
from vestibule.doors.scim.user_shape import changes_between, properties_of, user_name, user_resource, version
from vestibule.rules import names
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import last_acts, organizations, provisioned, provisioned_lists, users
from vestibule.store.organizations import Organization
from vestibule.store.provisioned_lists import KnownUser
from vestibule.store.users import User

_CHANGING: Final = (Verb.UPDATE_USER, Verb.ENABLE, Verb.DISABLE)
_OF_A_NEW_MEMBER: Final = frozenset({"displayName", "accountEnabled"})


# --- Reading ----------------------------------------------------------------------------------------------------------


async def list_users(call: Call) -> Reply:
    """A page of the users."""
    await call.may_read(Verb.READ_USERS)
    return await answer(call, [COLLECTION], search_of_query(call))


async def search_users(call: Call) -> Reply:
    """The same, asked in a body."""
    await call.may_read(Verb.READ_USERS)
    return await answer(call, [COLLECTION], await search_of_body(call))


async def get_user(call: Call) -> Reply:
    """One user."""
    known = await _find(call)
    on = None if known is None else await on_user(call.reading, known.user.membership, verb=Verb.READ_USERS)
    await call.may_read(Verb.READ_USERS, on)
    if known is None:
        raise Refused(Reason.NOT_FOUND, objectId=call.resource_id)
    tag = version(known.user.membership)
    if call.is_known(tag):
        return Reply(NOT_MODIFIED, headers={"ETag": tag})
    return await _answered(call, known)


async def _find(call: Call) -> KnownUser | None:
    """The user in the path, while invited or present."""
    user_id = names.guid(call.resource_id)
    if user_id is None:
        return None
    known = await provisioned_lists.find_user(call.reading, call.tenant_id, call.by.client_id, user_id)
    there = known is not None and isinstance(known.user.membership.stage, Invited | Present)
    return known if there else None


async def _answered(call: Call, known: KnownUser, status: int = 200) -> Reply:
    wanted = call.wanted
    (resource,) = await _shown(call, [known], wanted)
    headers = {"ETag": resource["meta"]["version"], "Location": resource["meta"]["location"]}
    return Reply(status, project(resource, wanted, USER), headers)


async def _shown(call: Call, found: Sequence[KnownUser], wanted: Wanted) -> list[dict[str, Any]]:
    groups: dict[str, list[Any]] = {}
    ids = [known.user.membership.user_id for known in found]
    acts = await last_acts.of_users(call.reading, call.tenant_id, ids) if wanted.wants("meta", USER) else {}
    if wanted.wants("groups", USER):
        for one in await provisioned_lists.groups_of(call.reading, call.tenant_id, ids):
            groups.setdefault(one.of, []).append(one)
    root = call.root
    return [
        user_resource(known, root, groups.get(user_id, ()), last_act=acts.get(user_id))
        for user_id, known in zip(ids, found, strict=True)
    ]


# --- Names that say who it is -----------------------------------------------------------------------------------------


def _lookups(call: Call) -> Mapping[str, Lookup]:
    async def by_name(text: str) -> list[str]:
        found = await _by_user_name(call, text)
        return [] if found is None else [found.membership.user_id]

    async def by_external_id(text: str) -> list[str]:
        known = await provisioned.by_external_id(
            call.reading, call.tenant_id, call.by.client_id, provisioned.USER, text
        )
        return [one.object_id for one in known]

    return {"userName": by_name, "externalId": by_external_id}


async def _by_user_name(call: Call, text: str) -> User | None:
    """Who is called that: a member by their name or by the part before the domain, a guest by their address."""
    organization = await _organization(call)
    address = names.read_address(text)
    keys = [names.key(text if "@" in text else f"{text}@{organization.initial_domain}")]
    if address is not None:
        keys.append(names.key(f"{names.guest_nickname(address)}@{organization.initial_domain}"))
    for key in keys:
        user = await users.find_by_upn(call.reading, call.tenant_id, key)
        if user is not None and names.key(user_name(user.membership, user.profile)) == names.key(text):
            return user
    return None


async def _organization(call: Call) -> Organization:
    organization = await organizations.find(call.reading, call.tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    return organization


# --- Writing ----------------------------------------------------------------------------------------------------------


async def create_user(call: Call) -> Reply:
    """Bring a member or a guest: whose the domain of the ``userName`` is decides which."""
    await call.insist(Verb.CREATE_USER, Verb.INVITE)
    resource = read_resource(await call.body(), USER)
    name = resource.get("userName")
    if not name:
        raise invalid_value("'userName' needs a value.")
    if await _is_ours(call, name):
        user_id = await _create_member(call, name, resource)
    else:
        user_id = await _create_guest(call, name, resource)
    return await _anew(call, user_id, 201)


async def _is_ours(call: Call, name: str) -> bool:
    if "@" not in name:
        return True
    domain = await organizations.find_domain(call.reading, names.key(name.rpartition("@")[2]))
    return domain is not None and domain.tenant_id == call.tenant_id


async def _create_member(call: Call, name: str, resource: Mapping[str, Any]) -> str:
    properties = _present(properties_of(resource))
    spelled = await _member_names(call, name)
    given = {name: value for name, value in properties.items() if name not in _OF_A_NEW_MEMBER}
    new = NewMember(
        display_name=properties.get("displayName") or _made_name(properties, name),
        user_principal_name=spelled.pop("userPrincipalName"),
        mail_nickname=name.partition("@")[0],
        password=None,
        enabled=properties.get("accountEnabled", True),
        properties={**given, **spelled},
    )
    made = await provisioning.create_member(
        call.house, new, external_id=resource.get("externalId"), tenant_id=call.tenant_id, by=call.by
    )
    return made.user_id


async def _create_guest(call: Call, address: str, resource: Mapping[str, Any]) -> str:
    """A guest is invited by the ``userName``; other addresses are kept beside it."""
    properties = _present(properties_of(resource))
    spelled = properties.pop("provisionedMails", None)
    mail = properties.pop("mail", None)
    others = [one for one in (mail, *properties.pop("otherMails", ())) if one not in (None, address)]
    given = {name: value for name, value in properties.items() if name not in _OF_A_NEW_MEMBER}
    if others:
        given["otherMails"] = others
    if spelled and mail == address:
        given["provisionedMails"] = spelled
    asked: Asked = inviting.check(
        address,
        f"{call.house.public_url}/myaccount/organizations",
        display_name=properties.get("displayName") or _made_name(properties, address),
        properties=given,
    )
    return await provisioning.create_guest(
        call.house,
        asked,
        external_id=resource.get("externalId"),
        enabled=properties.get("accountEnabled", True),
        tenant_id=call.tenant_id,
        by=call.by,
    )


async def replace_user(call: Call) -> Reply:
    """Replace everything that clients write; a name that everybody has, and whether they are active, stay unsaid."""
    known = await _changeable(call)
    after = read_resource(await call.body(), USER)
    return await _change(call, known, {"userName": None, **after})


async def update_user(call: Call) -> Reply:
    """Change what the operations say."""
    known = await _changeable(call)
    operations = read_operations(await call.body(), USER)
    return await _change(call, known, patched(user_resource(known, call.root), operations))


async def delete_user(call: Call) -> Reply:
    """Remove a user, restorably."""
    known = await _changeable(call, Verb.REMOVE)
    membership = known.user.membership
    insisted = membership.version if "if-match" in call.headers else None
    await provisioning.remove(
        call.house, tenant_id=call.tenant_id, user_id=membership.user_id, by=call.by, if_version=insisted
    )
    return NO_CONTENT


async def _changeable(call: Call, *verbs: Verb) -> KnownUser:
    """The user in the path. Raises Refused, and ScimError (412) for ``If-Match``."""
    wanted = verbs or _CHANGING
    known = await _find(call)
    if known is None:
        raise await _gone(call, wanted)
    membership = known.user.membership
    on = await on_user(call.reading, membership)
    await call.insist(*wanted, on=on, user_id=membership.user_id)
    if not call.fits(version(membership)):
        raise version_mismatch()
    return known


async def _gone(call: Call, verbs: tuple[Verb, ...]) -> Refused | ScimError:
    await call.insist(*verbs)
    user_id = names.guid(call.resource_id)
    if user_id is None or verbs == (Verb.REMOVE,):
        return await call.missing(verbs[0])
    return await provisioning.refuse_gone(call.house, verbs[0], tenant_id=call.tenant_id, user_id=user_id, by=call.by)


async def _change(call: Call, known: KnownUser, after: dict[str, Any]) -> Reply:
    membership, profile = known.user.membership, known.user.profile
    before = user_resource(known, call.root)
    guest = membership.standing.tie is not Tie.HOME
    changes = changes_between(before, after, guest_of=names.invited_address(profile.user_principal_name))
    name = after.get("userName")
    if name and names.key(name) != names.key(before["userName"]):
        if guest:
            raise ScimError(400, "A guest's userName is the address of the invitation; write 'emails'.", "mutability")
        changes |= await _member_names(call, name)
    called = after.get("externalId")
    await provisioning.update_user(
        call.house,
        tenant_id=call.tenant_id,
        user_id=membership.user_id,
        changes=changes,
        by=call.by,
        external_id=None if called == known.external_id else (called,),
        if_version=membership.version if "if-match" in call.headers else None,
    )
    return await _anew(call, membership.user_id)


async def _member_names(call: Call, name: str) -> dict[str, Any]:
    """What a member is called: a name without a domain belongs to the organization's initial one."""
    if "@" in name:
        return {"userPrincipalName": name, "provisionedName": None}
    organization = await _organization(call)
    return {"userPrincipalName": f"{name}@{organization.initial_domain}", "provisionedName": name}


async def _anew(call: Call, user_id: str, status: int = 200) -> Reply:
    """The user as they are after a change."""
    reading = await call.fresh()
    known = await provisioned_lists.find_user(reading, call.tenant_id, call.by.client_id, user_id)
    if known is None:
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    return await _answered(call, known, status)


def _present(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}


def _made_name(properties: Mapping[str, Any], user_name: str) -> str:
    parts = [properties[part] for part in ("givenName", "surname") if properties.get(part)]
    return " ".join(parts) or user_name.partition("@")[0]


COLLECTION: Final = Collection(
    kind=USER,
    names=NAMES,
    page=provisioned_lists.page_users,
    count=provisioned_lists.count_users,
    shown=_shown,
    lookups=_lookups,
)
