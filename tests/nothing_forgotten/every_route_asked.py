"""For every route of the Graph door, a request that would succeed if its caller may make it.

Reading is asked about what is on the stage; a route that changes something has a recipe, which makes what is to be
changed first, so that everybody can try.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from tests.support import world
from tests.support.graph import EVENTUAL, EVERYTHING
from tests.support.stage import APPROVER, Stage
from tests.support.world import Place
from vestibule.actions import (
    app_credentials,
    app_owners,
    app_roles,
    apps,
    assigning,
    assigning_groups,
    credentials,
    data_exports,
    delegating,
    directory_users,
    domains,
    grouping,
    inviting,
    organizing,
    providers,
    provisioning,
    redeeming,
    relating,
    removing,
    role_definitions,
    sign_in_log,
)
from vestibule.actions.providers import NewProvider
from vestibule.actions.role_definitions import RoleChanges
from vestibule.actions.terms import change_terms_of_use
from vestibule.actions.user_objects import NewMember
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.moments import EARLIEST, LATEST
from vestibule.doors.graph.routing import Route
from vestibule.ground.clock import iso
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import SCIM, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.policy import GuestAccess
from vestibule.rules.refusals import Reason
from vestibule.rules.terms import Document
from vestibule.store import audit, holdings, organizations, sign_ins, terms
from vestibule.store.apps import App
from vestibule.store.audit import AuditEvent
from vestibule.store.listing import Asked
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit

INVITER = "95e79109-95c0-4d8e-aee3-d01accf2d47b"
PASSWORD = "a long way to Tipperary"
_numbers = count(1)


@dataclass(frozen=True)
class Attempt:
    """One request that would succeed if its caller may make it."""

    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Recipe = Callable[[Stage], Awaitable[Attempt]]
RECIPES: dict[tuple[str, str], Recipe] = {}


def recipe(method: str, *patterns: str) -> Callable[[Recipe], Recipe]:
    def keep(made: Recipe) -> Recipe:
        RECIPES.update({(method, pattern): made for pattern in patterns})
        return made

    return keep


def _filled(pattern: str, on: Stage, **more: str) -> str:
    values = {
        "user": on.adele.user_id,
        "group": on.readers.group_id,
        "organization": on.contoso.id,
        "domain": on.contoso.domain,
        "role": INVITER,
        "app": on.travel.app_id,
        "client": on.travel.client_id,
        "principal": on.travel.service_principal_id,
        "object": on.adele.user_id,
        **more,
    }
    path = pattern
    for name, value in values.items():
        path = path.replace(f"={{{name}}}", f"='{value}'").replace(f"{{{name}}}", value)
    return path


async def new_member(on: Stage, place: Place | None = None) -> Membership:
    return await world.member(place or on.contoso, f"Member{next(_numbers)}")


async def new_holder(on: Stage, role_id: str) -> Membership:
    who = await new_member(on)
    await assigning.assign_role(on.house, tenant_id=on.contoso.id, role_id=role_id, user_id=who.user_id, by=operator())
    return await world.again(on.house, on.contoso.id, who.user_id)


async def new_guest(on: Stage) -> Membership:
    return await world.guest(on.contoso, f"guest{next(_numbers)}@elsewhere.example")


async def managed_by_alex(on: Stage, who: Membership | None = None) -> Membership:
    who = who or await new_member(on)
    await relating.set_manager(
        on.house, tenant_id=on.contoso.id, user_id=who.user_id, manager_id=on.alex.user_id, by=operator()
    )
    return await world.again(on.house, on.contoso.id, who.user_id)


async def guest_of_adele(on: Stage) -> Membership:
    """A guest whom Adele invited, so that she stands for them too; they came by emailed code."""
    address = f"guest{next(_numbers)}@elsewhere.example"
    asked = inviting.check(address, "https://apps.example/")
    sent = await inviting.invite(on.house, asked, tenant_id=on.contoso.id, by=world.at_portal(on.adele))
    person_id = await world.mailbox_person(on.house, address)
    ticket = sent.redeem_url.rpartition("/")[2]
    await redeeming.redeem(on.house, person_id=person_id, ticket=ticket, by=world.person_at_pages(person_id))
    return await world.again(on.house, on.contoso.id, sent.user_id)


async def with_password(on: Stage) -> Membership:
    who = await new_member(on)
    passwords = Passwords(on.house.chance, workers=1)
    try:
        made = await credentials.hashed(passwords, PASSWORD, names=[])
    finally:
        passwords.close()
    await directory_users.set_password(
        on.house, tenant_id=on.contoso.id, user_id=who.user_id, password=made, by=operator()
    )
    return await world.again(on.house, on.contoso.id, who.user_id)


async def _group(on: Stage, *, members: list[Membership], owners: list[Membership]) -> str:
    new = NewGroup("A group", f"group{next(_numbers)}")
    made = await grouping.create_group(
        on.house,
        new,
        tenant_id=on.contoso.id,
        by=operator(),
        owner_ids=[one.user_id for one in owners],
        member_ids=[one.user_id for one in members],
    )
    return made.group_id


def _reference(to: Membership) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{to.user_id}"}


def _new_provider(on: Stage) -> NewProvider:
    assert on.foreign is not None
    return NewProvider("A provider", on.foreign.realm_url(f"realm{next(_numbers)}"), "us", "a secret")


async def _provider(on: Stage) -> str:
    made = await providers.create_provider(on.house, _new_provider(on), tenant_id=on.contoso.id, by=operator())
    return f"/identity/identityProviders/{made.provider_id}"


@recipe("POST", "/identity/identityProviders")
async def _create_provider(on: Stage) -> Attempt:
    new = _new_provider(on)
    body = {"displayName": new.display_name, "clientId": new.client_id, "clientSecret": new.client_secret}
    return Attempt("/identity/identityProviders", {**body, "metadataUrl": new.metadata_url})


@recipe("GET", "/identity/identityProviders/{provider}")
@recipe("DELETE", "/identity/identityProviders/{provider}")
async def _one_provider(on: Stage) -> Attempt:
    return Attempt(await _provider(on))


@recipe("PATCH", "/identity/identityProviders/{provider}")
async def _update_provider(on: Stage) -> Attempt:
    return Attempt(await _provider(on), {"displayName": "Another name"})


def _new_subscription(on: Stage) -> dict[str, str]:
    assert on.foreign is not None
    ends = iso(on.house.clock.now() + timedelta(days=1))
    wanted = {"changeType": "updated", "notificationUrl": on.foreign.told_at, "resource": "users"}
    return {**wanted, "expirationDateTime": ends}


async def _subscription(on: Stage) -> str:
    """One of who asks, or somebody's."""
    caller = on.asking or await on.graph.app(on.contoso, *EVERYTHING)
    made = await caller.post("/v1.0/subscriptions", _new_subscription(on))
    return f"/subscriptions/{made.json()['id']}"


@recipe("POST", "/subscriptions")
async def _subscribe(on: Stage) -> Attempt:
    return Attempt("/subscriptions", _new_subscription(on))


@recipe("GET", "/subscriptions/{subscription}")
@recipe("DELETE", "/subscriptions/{subscription}")
async def _one_subscription(on: Stage) -> Attempt:
    return Attempt(await _subscription(on))


@recipe("PATCH", "/subscriptions/{subscription}")
async def _renew_subscription(on: Stage) -> Attempt:
    ends = iso(on.house.clock.now() + timedelta(days=2))
    return Attempt(await _subscription(on), {"expirationDateTime": ends})


@recipe("POST", "/subscriptions/{subscription}/reauthorize")
async def _reauthorize_subscription(on: Stage) -> Attempt:
    return Attempt(f"{await _subscription(on)}/reauthorize")


@recipe("POST", "/users")
async def _create_user(_on: Stage) -> Attempt:
    nickname = f"new{next(_numbers)}"
    body = {
        "accountEnabled": True,
        "displayName": "New Hire",
        "mailNickname": nickname,
        "userPrincipalName": f"{nickname}@contoso.example",
        "passwordProfile": {"password": "a long way to Tipperary"},
    }
    return Attempt("/users", body)


@recipe("PATCH", "/users/{user}")
async def _update_user(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_member(on)).user_id}", {"jobTitle": "Buyer"})


@recipe("PATCH", "/me")
async def _update_me(_on: Stage) -> Attempt:
    return Attempt("/me", {"preferredLanguage": "nl-NL"})


@recipe("DELETE", "/users/{user}")
async def _delete_user(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_guest(on)).user_id}")


STORAGE = {"storageLocation": "https://storage.example/exports?sig=secret"}


@recipe("POST", "/users/{user}/revokeSignInSessions")
async def _revoke(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_member(on)).user_id}/revokeSignInSessions")


@recipe("POST", "/users/{user}/exportPersonalData")
async def _export(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_guest(on)).user_id}/exportPersonalData", STORAGE)


@recipe("GET", "/dataPolicyOperations/{operation}")
async def _data_export(on: Stage) -> Attempt:
    made = await data_exports.export_personal_data(
        on.house, tenant_id=on.contoso.id, user_id=on.adele.user_id, location=STORAGE["storageLocation"], by=operator()
    )
    return Attempt(f"/dataPolicyOperations/{made.export_id}")


@recipe("POST", "/users/{user}/convertExternalToInternalMemberUser")
async def _convert(on: Stage) -> Attempt:
    name = f"converted{next(_numbers)}@contoso.example"
    path = f"/users/{(await new_guest(on)).user_id}/convertExternalToInternalMemberUser"
    return Attempt(path, {"userPrincipalName": name})


@recipe("POST", "/users/{user}/invalidateAllRefreshTokens")
async def _invalidate(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_member(on)).user_id}/invalidateAllRefreshTokens")


@recipe("POST", "/me/changePassword")
async def _change_password(_on: Stage) -> Attempt:
    return Attempt("/me/changePassword", {"currentPassword": PASSWORD, "newPassword": f"{PASSWORD} and back"})


@recipe("GET", "/users/{user}/manager")
async def _manager(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await managed_by_alex(on)).user_id}/manager")


@recipe("PUT", "/users/{user}/manager/$ref")
async def _put_manager(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_member(on)).user_id}/manager/$ref", _reference(on.alex))


@recipe("DELETE", "/users/{user}/manager/$ref")
async def _delete_manager(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await managed_by_alex(on)).user_id}/manager/$ref")


@recipe("GET", "/users/{user}/invitedBy")
async def _invited_by(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await guest_of_adele(on)).user_id}/invitedBy")


@recipe("POST", "/users/{user}/sponsors/$ref")
async def _add_sponsor(on: Stage) -> Attempt:
    return Attempt(f"/users/{(await new_guest(on)).user_id}/sponsors/$ref", _reference(on.alex))


@recipe("DELETE", "/users/{user}/sponsors/{sponsor}/$ref")
async def _remove_sponsor(on: Stage) -> Attempt:
    guest = await guest_of_adele(on)
    return Attempt(f"/users/{guest.user_id}/sponsors/{on.adele.user_id}/$ref")


def _asks_about(pattern: str, fill: Callable[[Stage], str]) -> None:
    """Recipes for the four questions about groups and roles of an object."""

    def keep(name: str, body: Callable[[Stage], dict[str, Any]]) -> None:
        async def recipe(on: Stage) -> Attempt:
            return Attempt(f"{fill(on)}/{name}", body(on))

        RECIPES["POST", f"{pattern}/{name}"] = recipe

    keep("getMemberGroups", lambda _on: {"securityEnabledOnly": False})
    keep("getMemberObjects", lambda _on: {"securityEnabledOnly": True})
    keep("checkMemberGroups", lambda on: {"groupIds": [on.readers.group_id]})
    keep("checkMemberObjects", lambda on: {"ids": [on.readers.group_id]})


_asks_about("/users/{user}", lambda on: f"/users/{on.adele.user_id}")
_asks_about("/me", lambda _on: "/me")
_asks_about("/groups/{group}", lambda on: f"/groups/{on.readers.group_id}")
_asks_about("/directoryObjects/{object}", lambda on: f"/directoryObjects/{on.adele.user_id}")


@recipe("POST", "/groups/{group}/validateProperties")
async def _validate_group(on: Stage) -> Attempt:
    return Attempt(f"/groups/{on.readers.group_id}/validateProperties", {"displayName": "Writers"})


@recipe("POST", "/directoryObjects/validateProperties")
async def _validate(_on: Stage) -> Attempt:
    body = {"entityType": "Group", "displayName": "Writers", "mailNickname": "writers"}
    return Attempt("/directoryObjects/validateProperties", body)


@recipe("POST", "/directory/deletedItems/getUserOwnedObjects")
async def _owned_objects(on: Stage) -> Attempt:
    body = {"userId": (await new_member(on)).user_id, "type": "Group"}
    return Attempt("/directory/deletedItems/getUserOwnedObjects", body)


@recipe("POST", "/users/{user}/appRoleAssignments")
async def _assign_user(on: Stage) -> Attempt:
    user_id = (await new_member(on)).user_id
    return Attempt(f"/users/{user_id}/appRoleAssignments", _assignment(on, user_id))


@recipe("POST", "/servicePrincipals/{principal}/appRoleAssignedTo")
async def _assign_to_app(on: Stage) -> Attempt:
    body = _assignment(on, (await new_member(on)).user_id)
    return Attempt(_filled("/servicePrincipals/{principal}/appRoleAssignedTo", on), body)


@recipe("DELETE", "/users/{user}/appRoleAssignments/{assignment}")
async def _unassign_user(on: Stage) -> Attempt:
    user_id, assignment_id = await _assigned(on)
    return Attempt(f"/users/{user_id}/appRoleAssignments/{assignment_id}")


@recipe("POST", "/groups/{group}/appRoleAssignments")
async def _assign_group(on: Stage) -> Attempt:
    group_id = await _group(on, members=[], owners=[])
    return Attempt(f"/groups/{group_id}/appRoleAssignments", _assignment(on, group_id))


@recipe("DELETE", "/groups/{group}/appRoleAssignments/{assignment}")
async def _unassign_group(on: Stage) -> Attempt:
    group_id = await _group(on, members=[], owners=[])
    made = await assigning_groups.assign_group(
        on.house, tenant_id=on.contoso.id, app_id=on.travel.app_id, group_id=group_id, by=operator()
    )
    return Attempt(f"/groups/{group_id}/appRoleAssignments/{made.assignment_id}")


@recipe("POST", "/servicePrincipals(appId={client})/appRoleAssignedTo")
async def _assign_to_client(on: Stage) -> Attempt:
    body = _assignment(on, (await new_member(on)).user_id)
    return Attempt(_filled("/servicePrincipals(appId={client})/appRoleAssignedTo", on), body)


@recipe("DELETE", "/servicePrincipals/{principal}/appRoleAssignedTo/{assignment}")
async def _unassign_from_app(on: Stage) -> Attempt:
    _, assignment_id = await _assigned(on)
    return Attempt(_filled("/servicePrincipals/{principal}/appRoleAssignedTo", on) + f"/{assignment_id}")


@recipe("DELETE", "/servicePrincipals(appId={client})/appRoleAssignedTo/{assignment}")
async def _unassign_from_client(on: Stage) -> Attempt:
    _, assignment_id = await _assigned(on)
    return Attempt(_filled("/servicePrincipals(appId={client})/appRoleAssignedTo", on) + f"/{assignment_id}")


def _assignment(on: Stage, user_id: str) -> dict[str, str]:
    default = "00000000-0000-0000-0000-000000000000"
    return {"principalId": user_id, "resourceId": on.travel.service_principal_id, "appRoleId": default}


async def _assigned(on: Stage) -> tuple[str, str]:
    user_id = (await new_member(on)).user_id
    made = await assigning.assign_app(
        on.house, tenant_id=on.contoso.id, app_id=on.travel.app_id, user_id=user_id, by=operator()
    )
    return user_id, made.assignment_id


@recipe("POST", "/invitations")
async def _invite(_on: Stage) -> Attempt:
    address = f"new{next(_numbers)}@elsewhere.example"
    return Attempt("/invitations", {"invitedUserEmailAddress": address, "inviteRedirectUrl": "https://apps.example/"})


@recipe("GET", "/directory/deletedItems/{object}")
@recipe("DELETE", "/directory/deletedItems/{object}")
async def _deleted(on: Stage) -> Attempt:
    user_id = (await new_guest(on)).user_id
    await removing.remove(on.house, tenant_id=on.contoso.id, user_id=user_id, by=operator())
    return Attempt(f"/directory/deletedItems/{user_id}")


@recipe("POST", "/directory/deletedItems/{object}/restore")
async def _restore(on: Stage) -> Attempt:
    return Attempt(f"{(await _deleted(on)).path}/restore")


@recipe("POST", "/groups")
async def _create_group(_on: Stage) -> Attempt:
    nickname = f"group{next(_numbers)}"
    body = {"displayName": "New", "mailNickname": nickname, "mailEnabled": False, "securityEnabled": True}
    return Attempt("/groups", body)


@recipe("PATCH", "/groups/{group}")
async def _update_group(on: Stage) -> Attempt:
    return Attempt(f"/groups/{await _group(on, members=[], owners=[])}", {"displayName": "Renamed"})


@recipe("DELETE", "/groups/{group}")
async def _delete_group(on: Stage) -> Attempt:
    return Attempt(f"/groups/{await _group(on, members=[], owners=[])}")


@recipe("POST", "/groups/{group}/members/$ref")
async def _add_member(on: Stage) -> Attempt:
    return Attempt(f"/groups/{await _group(on, members=[], owners=[])}/members/$ref", _reference(await new_member(on)))


@recipe("POST", "/groups/{group}/owners/$ref")
async def _add_owner(on: Stage) -> Attempt:
    return Attempt(f"/groups/{await _group(on, members=[], owners=[])}/owners/$ref", _reference(await new_member(on)))


@recipe("DELETE", "/groups/{group}/members/{member}/$ref")
async def _remove_member(on: Stage) -> Attempt:
    who = await new_member(on)
    return Attempt(f"/groups/{await _group(on, members=[who], owners=[])}/members/{who.user_id}/$ref")


@recipe("DELETE", "/groups/{group}/owners/{member}/$ref")
async def _remove_owner(on: Stage) -> Attempt:
    who = await new_member(on)
    return Attempt(f"/groups/{await _group(on, members=[], owners=[who, on.adele])}/owners/{who.user_id}/$ref")


@recipe("PATCH", "/organization/{organization}")
async def _update_organization(on: Stage) -> Attempt:
    body = {"technicalNotificationMails": [f"it{next(_numbers)}@contoso.example"]}
    return Attempt(f"/organization/{on.contoso.id}", body)


@recipe("PATCH", "/policies/externalIdentitiesPolicy")
async def _leave_setting(on: Stage) -> Attempt:
    found = await organizations.find(await on.house.store.read(), on.contoso.id)
    assert found is not None
    return Attempt("/policies/externalIdentitiesPolicy", {"allowExternalIdentitiesToLeave": not found.guests_may_leave})


@recipe("PATCH", "/policies/termsOfUse")
async def _terms_of_use(on: Stage) -> Attempt:
    there = {"en": Document(text="Edition one")}
    for place in (on.contoso, on.fabrikam):
        if await terms.in_force(await on.house.store.read(), place.id) is None:
            await change_terms_of_use(on.house, tenant_id=place.id, documents=there, by=operator())
    documents = [{"language": "en", "text": f"Edition {next(_numbers)}"}]
    return Attempt("/policies/termsOfUse", {"documents": documents})


@recipe("PATCH", "/policies/authorizationPolicy")
async def _who_invites(on: Stage) -> Attempt:
    found = await organizations.find(await on.house.store.read(), on.contoso.id)
    assert found is not None
    members = "adminsGuestInvitersAndAllMembers"
    other = "everyone" if found.allow_invites_from == members else members
    return Attempt("/policies/authorizationPolicy", {"allowInvitesFrom": other})


@recipe("PATCH", "/policies/authorizationPolicy/authorizationPolicy")
async def _what_guests_read(on: Stage) -> Attempt:
    found = await organizations.find(await on.house.store.read(), on.contoso.id)
    assert found is not None
    other = GuestAccess.AS_MEMBER if found.guest_access == GuestAccess.LIMITED else GuestAccess.LIMITED
    return Attempt("/policies/authorizationPolicy/authorizationPolicy", {"guestUserRoleId": other.value})


@recipe("POST", "/directoryRoles")
async def _activate(_on: Stage) -> Attempt:
    return Attempt("/directoryRoles", {"roleTemplateId": INVITER})


@recipe("POST", "/directoryRoles/{role}/members/$ref")
async def _give_role(on: Stage) -> Attempt:
    return Attempt(f"/directoryRoles/{INVITER}/members/$ref", _reference(await new_member(on)))


@recipe("POST", "/directoryRoles(roleTemplateId={role})/members/$ref")
async def _give_role_by_template(on: Stage) -> Attempt:
    return Attempt(f"/directoryRoles(roleTemplateId='{INVITER}')/members/$ref", _reference(await new_member(on)))


@recipe("DELETE", "/directoryRoles/{role}/members/{member}/$ref")
async def _take_role(on: Stage) -> Attempt:
    return Attempt(f"/directoryRoles/{INVITER}/members/{(await new_holder(on, INVITER)).user_id}/$ref")


@recipe("DELETE", "/directoryRoles(roleTemplateId={role})/members/{member}/$ref")
async def _take_role_by_template(on: Stage) -> Attempt:
    who = await new_holder(on, INVITER)
    return Attempt(f"/directoryRoles(roleTemplateId='{INVITER}')/members/{who.user_id}/$ref")


@recipe("POST", "/roleManagement/directory/roleAssignments")
async def _assign_role(on: Stage) -> Attempt:
    body = {"principalId": (await new_member(on)).user_id, "roleDefinitionId": INVITER, "directoryScopeId": "/"}
    return Attempt("/roleManagement/directory/roleAssignments", body)


@recipe("GET", "/roleManagement/directory/roleAssignments/{assignment}")
@recipe("DELETE", "/roleManagement/directory/roleAssignments/{assignment}")
async def _role_assignment(on: Stage) -> Attempt:
    who = await new_holder(on, INVITER)
    held = await holdings.ROLES.find(await on.house.store.read(), on.contoso.id, who.user_id, INVITER)
    assert held is not None
    return Attempt(f"/roleManagement/directory/roleAssignments/{held.assignment_id}")


_OWN_ROLE = {
    "isEnabled": True,
    "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}],
}


@recipe("POST", "/roleManagement/directory/roleDefinitions")
async def _create_role(_on: Stage) -> Attempt:
    return Attempt("/roleManagement/directory/roleDefinitions", _OWN_ROLE | {"displayName": f"Role {next(_numbers)}"})


@recipe("PATCH", "/roleManagement/directory/roleDefinitions/{role}")
async def _update_role(on: Stage) -> Attempt:
    return Attempt(await _own_role(on), {"description": "Another"})


@recipe("DELETE", "/roleManagement/directory/roleDefinitions/{role}")
async def _delete_role(on: Stage) -> Attempt:
    return Attempt(await _own_role(on))


async def _own_role(on: Stage) -> str:
    new = RoleChanges(f"Role {next(_numbers)}", actions=("microsoft.directory/users/standard/read",))
    made = await role_definitions.create_role(on.house, tenant_id=on.contoso.id, new=new, by=operator())
    return f"/roleManagement/directory/roleDefinitions/{made.role_id}"


@recipe("POST", "/directoryObjects/getByIds")
async def _by_ids(on: Stage) -> Attempt:
    return Attempt("/directoryObjects/getByIds", {"ids": [on.adele.user_id]})


async def events(on: Stage, back: timedelta) -> list[AuditEvent]:
    """The events of both organizations in the last while, newest first."""
    reading = await on.house.store.read()
    found = []
    for place in (on.contoso, on.fabrikam):
        found += await audit.page(reading, place.id, reading.now - back, reading.now, 10)
    return found


@recipe("GET", "/auditLogs/directoryAudits/{row}")
async def _row(on: Stage) -> Attempt:
    newest = (await events(on, timedelta(days=100)))[0]
    return Attempt(f"/auditLogs/directoryAudits/Directory_{newest.event_id}_0")


@recipe("GET", "/auditLogs/provisioning/{row}")
async def _pushed(on: Stage) -> Attempt:
    number = next(_numbers)
    name = f"pushed{number}@{on.contoso.domain}"
    by = replace(world.program(on.contoso, *EVERYTHING), door=SCIM)
    new = NewMember("Pushed", name, f"pushed{number}", None)
    await provisioning.create_member(on.house, new, external_id=None, tenant_id=on.contoso.id, by=by)
    reading = await on.house.store.read()
    [newest] = await audit.walk_pushed(reading, on.contoso.id, EARLIEST, LATEST, 1)
    return Attempt(f"/auditLogs/provisioning/{newest.event_id}")


@recipe("GET", "/auditLogs/signIns/{sign_in}")
async def _sign_in(on: Stage) -> Attempt:
    async def fails(unit: Unit) -> None:
        network = "192.0.2.7"
        await sign_in_log.write_failure(on.house, unit, on.adele, Reason.PASSWORD_WRONG, network=network)

    await on.house.change(fails)
    reading = await on.house.store.read()
    found = await sign_ins.page(reading, on.contoso.id, Asked(1), since=reading.now - timedelta(days=1))
    return Attempt(f"/auditLogs/signIns/{found.items[0].row.sign_in_id}")


@recipe("POST", "/me/organizations/{organization}/leave")
async def _leave(on: Stage) -> Attempt:
    key = {"Idempotency-Key": f"key {next(_numbers)}"}
    return Attempt(f"/me/organizations/{on.contoso.id}/leave", headers=key)


async def _app(on: Stage, *, with_principal: bool = True) -> App:
    made = await apps.create_app(
        on.house, NewApp("Robot"), tenant_id=on.contoso.id, by=operator(), with_principal=with_principal
    )
    return made.app


def _both(method: str, kind: str, below: str = "") -> Callable[[Callable[[Stage, str, App], Awaitable[Attempt]]], None]:
    """A recipe for both addresses of an application or a service principal: the app is new each time."""

    def keep(made: Callable[[Stage, str, App], Awaitable[Attempt]]) -> None:
        def by(address: Callable[[App], str]) -> Recipe:
            async def recipe(on: Stage) -> Attempt:
                app = await _app(on)
                return await made(on, address(app), app)

            return recipe

        name = "app" if kind == "applications" else "principal"
        by_id = by(lambda app: f"/{kind}/{app.app_id if name == 'app' else app.service_principal_id}")
        RECIPES[method, f"/{kind}/{{{name}}}{below}"] = by_id
        RECIPES[method, f"/{kind}(appId={{client}}){below}"] = by(lambda app: f"/{kind}(appId='{app.client_id}')")

    return keep


@recipe("POST", "/applications")
async def _create_application(_on: Stage) -> Attempt:
    return Attempt("/applications", {"displayName": f"Robot {next(_numbers)}"})


@recipe("POST", "/servicePrincipals")
async def _create_principal(on: Stage) -> Attempt:
    return Attempt("/servicePrincipals", {"appId": (await _app(on, with_principal=False)).client_id})


@_both("PATCH", "applications")
async def _update_application(_on: Stage, at: str, _app: App) -> Attempt:
    return Attempt(at, {"displayName": "Renamed"})


@_both("PATCH", "servicePrincipals")
async def _update_principal(_on: Stage, at: str, _app: App) -> Attempt:
    return Attempt(at, {"appRoleAssignmentRequired": True})


@_both("DELETE", "applications")
async def _delete_application(_on: Stage, at: str, _app: App) -> Attempt:
    return Attempt(at)


@_both("DELETE", "servicePrincipals")
async def _delete_principal(_on: Stage, at: str, _app: App) -> Attempt:
    return Attempt(at)


@_both("POST", "applications", "/addPassword")
async def _add_password(_on: Stage, at: str, _app: App) -> Attempt:
    return Attempt(f"{at}/addPassword", {})


@_both("POST", "applications", "/removePassword")
async def _remove_password(on: Stage, at: str, app: App) -> Attempt:
    made = await app_credentials.add_secret(on.house, tenant_id=app.tenant_id, app_id=app.app_id, by=operator())
    return Attempt(f"{at}/removePassword", {"keyId": made.secret_id})


async def _add_app_owner(on: Stage, at: str, _app: App) -> Attempt:
    return Attempt(f"{at}/owners/$ref", _reference(await new_member(on)))


async def _remove_app_owner(on: Stage, at: str, app: App) -> Attempt:
    who = await new_member(on)
    of = {"tenant_id": app.tenant_id, "app_id": app.app_id, "owner_id": who.user_id}
    await app_owners.add_app_owner(on.house, by=operator(), **of)
    return Attempt(f"{at}/owners/{who.user_id}/$ref")


for _kind in ("applications", "servicePrincipals"):
    _both("POST", _kind, "/owners/$ref")(_add_app_owner)
    _both("DELETE", _kind, "/owners/{owner}/$ref")(_remove_app_owner)


async def _api(on: Stage) -> App:
    role = {"id": APPROVER, "displayName": "Run", "value": "run", "allowedMemberTypes": ["Application"]}
    new = NewApp("Tasks", app_roles=(role,))
    return (await apps.create_app(on.house, new, tenant_id=on.contoso.id, by=operator())).app


@_both("POST", "servicePrincipals", "/appRoleAssignments")
async def _assign_own(on: Stage, at: str, app: App) -> Attempt:
    api = await _api(on)
    body = {"principalId": app.service_principal_id, "resourceId": api.service_principal_id, "appRoleId": APPROVER}
    return Attempt(f"{at}/appRoleAssignments", body)


@_both("DELETE", "servicePrincipals", "/appRoleAssignments/{assignment}")
async def _unassign_own(on: Stage, at: str, app: App) -> Attempt:
    api = await _api(on)
    of = {"tenant_id": app.tenant_id, "app_id": app.app_id, "resource_id": api.app_id, "app_role_id": APPROVER}
    made = await app_roles.grant_role(on.house, by=operator(), **of)
    return Attempt(f"{at}/appRoleAssignments/{made.assignment_id}")


@recipe("POST", "/oauth2PermissionGrants")
async def _grant_scopes(on: Stage) -> Attempt:
    app, api = await _app(on), await _published(on)
    body = {"clientId": app.service_principal_id, "consentType": "AllPrincipals", "scope": "read"}
    return Attempt("/oauth2PermissionGrants", {**body, "resourceId": api.service_principal_id})


async def _published(on: Stage) -> App:
    scope = {"id": APPROVER, "value": "read", "type": "User", "isEnabled": True}
    more = {"id": INVITER, "value": "write", "type": "User", "isEnabled": True}
    new = NewApp("Tasks", api_scopes=(scope, more))
    return (await apps.create_app(on.house, new, tenant_id=on.contoso.id, by=operator())).app


@recipe("GET", "/oauth2PermissionGrants/{grant}")
@recipe("DELETE", "/oauth2PermissionGrants/{grant}")
async def _one_grant(on: Stage) -> Attempt:
    app, api = await _app(on), await _published(on)
    of = {"tenant_id": app.tenant_id, "app_id": app.app_id, "resource_id": api.app_id, "scope": "read"}
    made = await delegating.grant_scopes(on.house, user_id=None, by=operator(), **of)
    return Attempt(f"/oauth2PermissionGrants/{made.grant_id}")


@recipe("PATCH", "/oauth2PermissionGrants/{grant}")
async def _change_grant(on: Stage) -> Attempt:
    return Attempt((await _one_grant(on)).path, {"scope": "write"})


@recipe("POST", "/domains")
async def _claim_domain(_on: Stage) -> Attempt:
    return Attempt("/domains", {"id": f"claimed{next(_numbers)}.example"})


@recipe("DELETE", "/domains/{domain}")
async def _delete_domain(on: Stage) -> Attempt:
    name = f"claimed{next(_numbers)}.example"
    await domains.claim_domain(on.house, tenant_id=on.contoso.id, name=name, by=operator())
    return Attempt(f"/domains/{name}")


async def _own_domain(on: Stage) -> str:
    name = f"own{next(_numbers)}.example"
    await organizing.add_domain(on.house, tenant_id=on.contoso.id, name=name, by=operator())
    return f"/domains/{name}"


@recipe("PATCH", "/domains/{domain}")
async def _update_domain(on: Stage) -> Attempt:
    return Attempt(await _own_domain(on), {"isDefault": True})


@recipe("POST", "/domains/{domain}/promote")
async def _promote_domain(on: Stage) -> Attempt:
    return Attempt(f"{await _own_domain(on)}/promote")


@recipe("POST", "/domains/{domain}/forceDelete")
async def _force_delete_domain(on: Stage) -> Attempt:
    return Attempt(f"{await _own_domain(on)}/forceDelete", {"disableUserAccounts": False})


@recipe("POST", "/domains/{domain}/verify")
async def _verify_domain(on: Stage) -> Attempt:
    return Attempt(f"{await _own_domain(on)}/verify")


async def attempt_on(route: Route[Handler], on: Stage) -> Attempt:
    made = RECIPES.get((route.method, route.pattern))
    if made is not None:
        return await made(on)
    headers = EVENTUAL if route.pattern.endswith("$count") else {}
    return Attempt(_filled(route.pattern, on), headers=headers)


def unfilled() -> list[str]:
    """Routes that nobody wrote a recipe for, and that need one."""
    known = {"user", "group", "organization", "domain", "role", "app", "client", "principal", "object"}
    return [
        f"{route.method} {route.pattern}"
        for route in TABLE
        if (route.method, route.pattern) not in RECIPES
        and (route.body is not None or set(re.findall(r"{(\w+)}", route.pattern)) - known)
    ]


from tests.nothing_forgotten import asked_of_others as asked_of_others  # noqa: E402 - it adds its recipes to those above
