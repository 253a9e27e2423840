"""What each permission opens over HTTP: the verbs that the rules say, and nothing else.

``tests/nothing_forgotten/every_route.txt`` asks the same about people and their roles.
"""

from collections.abc import AsyncIterator

import pytest

from tests.nothing_forgotten import every_route
from tests.nothing_forgotten.every_route_asked import attempt_on
from tests.support import world
from tests.support.graph import Caller, code_of, graph_door
from tests.support.houses import sqlite_house
from tests.support.provider import served_provider
from tests.support.stage import Stage, stage
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.routing import Route
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.rights import AS_READING
from vestibule.rules.verbs import Verb

ONE_OF_EACH: dict[Verb, Route[Handler]] = {}
FOR_PEOPLE = {Verb.DECIDE_REVIEW}
"""What no program does by itself, whatever it is granted."""

PROVIDERS = {Verb.CREATE_PROVIDER, Verb.UPDATE_PROVIDER, Verb.DELETE_PROVIDER}
"""Tried in test_identity_providers.py: an organization has a few of them at most, not one for each permission."""

OWN_ROLES = {Verb.CREATE_ROLE, Verb.UPDATE_ROLE, Verb.DELETE_ROLE}
"""Tried in test_role_definitions.py: an organization has a hundred at most."""

for _route in TABLE:
    _verb = _route.verb
    if _verb and _verb not in PROVIDERS | OWN_ROLES | AS_READING.keys() and not _route.pattern.startswith("/me"):
        ONE_OF_EACH.setdefault(_verb, _route)


@pytest.fixture(scope="module")
async def on(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One stage for all: rights do not depend on the database, and what is changed is made for each request."""
    folder = tmp_path_factory.mktemp("permissions")
    async with sqlite_house(folder) as house, graph_door(house) as graph, served_provider(house.clock) as foreign:
        yield await every_route.beside(await stage(graph), foreign)


async def _opened(caller: Caller, on: Stage) -> set[Verb]:
    """The verbs of whose routes one was served."""
    served = set()
    for verb, route in ONE_OF_EACH.items():
        attempt = await attempt_on(route, on)
        body = {} if attempt.body is None else {"json": attempt.body}
        path = f"/{route.versions[0]}{attempt.path}"
        answer = await caller.ask(route.method, path, headers=attempt.headers, **body)
        if answer.status_code == route.status:
            served.add(verb)
        else:
            assert code_of(answer) == (403, "Authorization_RequestDenied"), (verb, answer.text)
    return served


def test_a_route_for_each_verb_of_a_permission():
    opened = {verb for permission in PERMISSIONS.values() for verb in permission.verbs}
    elsewhere = {
        Verb.REINVITE,  # POST /invitations for somebody who waits
        Verb.RESET_REDEMPTION,  # POST /invitations with resetRedemption
        Verb.DISABLE,  # PATCH /users/{id} with accountEnabled
        Verb.ENABLE,
        Verb.SET_PASSWORD,  # PATCH /users/{id} with passwordProfile
        Verb.CHANGE_PRIVACY,  # PATCH /organization/{id} with privacyProfile
        Verb.INVITE_INTERNAL,  # POST /invitations with invitedUser
        Verb.READ_SELF,  # /me
        Verb.LEAVE,  # /me/organizations
        Verb.READ_OWN_ORGANIZATIONS,
        Verb.RESTORE_GROUP,  # /directory/deletedItems/{id} of a group
        Verb.PURGE_GROUP,
        Verb.RESTORE_APP,  # /directory/deletedItems/{id} of an application
        Verb.PURGE_APP,
        *PROVIDERS,
        *OWN_ROLES,
    }
    assert opened - set(ONE_OF_EACH) == elsewhere


@pytest.mark.parametrize("name", [one.name for one in PERMISSIONS.values() if one.application_id])
async def test_what_an_application_permission_opens(on: Stage, name: str):
    caller = await on.graph.app(on.contoso, name)
    granted = set(PERMISSIONS[name.lower()].verbs)
    if PERMISSIONS[name.lower()].fields is not None:
        granted -= {Verb.UPDATE_USER}  # of other properties than the one that is tried here
    assert await _opened(caller, on) == (granted - FOR_PEOPLE) & set(ONE_OF_EACH)


@pytest.mark.parametrize("name", [one.name for one in PERMISSIONS.values() if one.delegated_id])
async def test_what_a_delegated_permission_opens_for_somebody_who_may_everything(on: Stage, name: str):
    admin = await world.again(on.house, on.contoso.id, on.contoso.administrator.user_id)
    caller = await on.graph.person(admin, name)
    granted = set(PERMISSIONS[name.lower()].verbs)
    if PERMISSIONS[name.lower()].fields is not None:
        granted -= {Verb.UPDATE_USER}
    assert await _opened(caller, on) == granted & set(ONE_OF_EACH)


@pytest.mark.parametrize(
    ("permission", "body"),
    [
        ("User-Mail.ReadWrite.All", {"mail": "a.new@contoso.example"}),
        ("User-Phone.ReadWrite.All", {"mobilePhone": "+1 555 0100"}),
        ("User.EnableDisableAccount.All", {"accountEnabled": False}),
        ("User-PasswordProfile.ReadWrite.All", {"passwordProfile": {"password": "a long way to Tipperary"}}),
    ],
)
async def test_a_narrow_permission_writes_its_own_properties_only(on: Stage, permission: str, body: dict[str, object]):
    who = await world.member(on.contoso, f"Narrow{len(permission)}")
    caller = await on.graph.app(on.contoso, permission)
    other = {"jobTitle": "Buyer"}
    assert code_of(await caller.patch(f"/v1.0/users/{who.user_id}", body | other))[0] == 403
    assert code_of(await caller.patch(f"/v1.0/users/{who.user_id}", other))[0] == 403
    assert (await caller.patch(f"/v1.0/users/{who.user_id}", body)).status_code == 204


async def test_a_person_reads_and_writes_a_little_of_themselves(on: Stage):
    reads = await on.graph.person(on.alex, "User.Read")
    assert (await reads.get("/v1.0/me")).json()["userPrincipalName"] == "alex@contoso.example"
    assert (await reads.get(f"/v1.0/users/{on.alex.user_id}?$select=userType")).json()["userType"] == "Member"
    assert code_of(await reads.patch("/v1.0/me", {"preferredLanguage": "sv"}))[0] == 403
    assert code_of(await reads.get(f"/v1.0/users/{on.adele.user_id}"))[0] == 403
    writes = await on.graph.person(on.alex, "User.ReadWrite")
    assert (await writes.patch("/v1.0/me", {"preferredLanguage": "sv"})).status_code == 204
    assert code_of(await writes.patch("/v1.0/me", {"mail": "a@contoso.example"}))[0] == 403


async def test_basic_profiles_are_read_basically(on: Stage):
    caller = await on.graph.app(on.contoso, "User.ReadBasic.All")
    one = (await caller.get(f"/v1.0/users/{on.adele.user_id}")).json()
    assert set(one) == {"@odata.context", "id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}
    asked = "$select=id,jobTitle,userType,accountEnabled"
    chosen = (await caller.get(f"/v1.0/users/{on.adele.user_id}?{asked}")).json()
    assert set(chosen) == {"@odata.context", "id", "userType"}
    # What cannot be read cannot be found out by asking which users have it either.
    hidden = "$filter=jobTitle%20eq%20'Retail%20Manager'"
    assert code_of(await caller.get(f"/v1.0/users?{hidden}")) == (400, "Request_UnsupportedQuery")
    sorted_by = "$orderby=createdDateTime"
    assert code_of(await caller.get(f"/v1.0/users?{sorted_by}")) == (400, "Request_UnsupportedQuery")


async def test_group_permissions_do_not_name_members(on: Stage):
    caller = await on.graph.app(on.contoso, "GroupMember.Read.All")
    found = (await caller.get(f"/v1.0/groups/{on.readers.group_id}/members")).json()["value"]
    assert [set(one) for one in found] == [{"@odata.type", "id"}] * 2
    asked = "$count=true&$filter=userType%20eq%20'Guest'"
    headers = {"ConsistencyLevel": "eventual"}
    refused = await caller.get(f"/v1.0/groups/{on.readers.group_id}/members?{asked}", headers=headers)
    assert code_of(refused) == (400, "Request_UnsupportedQuery")


async def test_a_group_that_may_hold_roles_takes_more_than_group_permissions(on: Stage):
    body = {
        "displayName": "Admins",
        "mailNickname": "admins",
        "mailEnabled": False,
        "securityEnabled": True,
        "isAssignableToRole": True,
    }
    groups_only = await on.graph.app(on.contoso, "Group.ReadWrite.All")
    assert code_of(await groups_only.post("/v1.0/groups", body))[0] == 403
    both = await on.graph.app(on.contoso, "Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    made = await both.post("/v1.0/groups", body)
    assert made.status_code == 201, made.text
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{on.alex.user_id}"}
    members = f"/v1.0/groups/{made.json()['id']}/members/$ref"
    assert code_of(await groups_only.post(members, reference))[0] == 403
    assert (await both.post(members, reference)).status_code == 204
    # Who is in it is as good as an administrator: programs without such a role leave them alone.
    users = await on.graph.app(on.contoso, "User.ReadWrite.All")
    assert code_of(await users.delete(f"/v1.0/users/{on.alex.user_id}"))[0] == 403
