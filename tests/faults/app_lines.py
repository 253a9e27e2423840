"""Lines about apps and domains, kept apart from the others for their number: see ``lines``."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.faults.lines import Act, line, push
from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    app_connections,
    app_credentials,
    app_owners,
    app_roles,
    apps,
    assigning,
    assigning_groups,
    delegating,
    deleting_apps,
    directory_users,
    domains,
    ending_sign_ins,
    erasing,
    force_deleting,
    foreign_principals,
    grouping,
    holding,
    organizing,
    removing,
    role_definitions,
    service_principals,
    streams,
    subscribing,
    waiving,
)
from vestibule.actions.role_definitions import RoleChanges
from vestibule.actions.streams import Wish
from vestibule.actions.subscribing import NewSubscription
from vestibule.actions.user_objects import NewMember
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, Whom
from vestibule.rules.groups import NewGroup
from vestibule.rules.signals import Method, Status
from vestibule.rules.subscriptions import Wanted
from vestibule.store.apps import App
from vestibule.store.groups import Group

READ_ALL: Final = "df021288-bdef-4463-88db-98f22de89214"
TWO: Final = "contoso-two.example"
ROLE: Final = {
    "id": "99999999-2222-4333-8444-555555555555",
    "value": "Tasks.Run",
    "displayName": "Run",
    "allowedMemberTypes": ["Application"],
}


async def _app(place: Place, *, with_principal: bool = True, **more: Any) -> App:
    new = NewApp(more.pop("name", "Costs"), spa_redirect_uris=("https://costs.example/",), **more)
    made = await apps.create_app(place.house, new, tenant_id=place.id, by=operator(), with_principal=with_principal)
    return made.app


async def _group(place: Place) -> Group:
    new = NewGroup("Partners", "partners")
    return await grouping.create_group(place.house, new, tenant_id=place.id, by=operator())


def _of(app: App, place: Place) -> dict[str, Any]:
    return {"tenant_id": app.tenant_id, "app_id": app.app_id, "by": place.admin}


def _principal(app: App, place: Place) -> dict[str, Any]:
    return {"tenant_id": app.tenant_id, "principal_id": app.service_principal_id, "by": place.admin}


@line("organization.endSignIns")
async def _end_organization(place: Place) -> Act:
    return lambda house: ending_sign_ins.end_organization_sign_ins(house, tenant_id=place.id, by=place.admin)


@line("app.endSignIns")
async def _end_app(place: Place) -> Act:
    of = _of(await _app(place), place)
    return lambda house: ending_sign_ins.end_app_sign_ins(house, **of)


# --- Applications and their service principals ------------------------------------------------------------------------


@line("app.createApplication")
async def _create_application(place: Place) -> Act:
    new = NewApp("Costs")
    return lambda house: apps.create_app(house, new, tenant_id=place.id, by=place.admin, with_principal=False)


@line("app.createPrincipal")
async def _create_principal(place: Place) -> Act:
    app = await _app(place, with_principal=False)
    of: dict[str, Any] = {"tenant_id": place.id, "client_id": app.client_id, "by": place.admin}
    return lambda house: service_principals.create_principal(house, **of)


@line("app.createPrincipal after another")
async def _create_principal_again(place: Place) -> Act:
    app = await _app(place)
    guest = await world.guest(place)
    await assigning.assign_app(place.house, user_id=guest.user_id, **_of(app, place))
    await service_principals.delete_principal(place.house, **_principal(app, place))
    of: dict[str, Any] = {"tenant_id": place.id, "client_id": app.client_id, "by": place.admin}
    return lambda house: service_principals.create_principal(house, **of)


@line("app.updatePrincipal")
async def _update_principal(place: Place) -> Act:
    of = _principal(await _app(place), place)
    return lambda house: service_principals.update_principal(house, changes={"enabled": False}, **of)


@line("app.changeCredentials")
async def _add_secret(place: Place) -> Act:
    of = _of(await _app(place), place)
    return lambda house: app_credentials.add_secret(house, display_name="CI", **of)


@line("app.changeCredentials back")
async def _remove_secret(place: Place) -> Act:
    of = _of(await _app(place), place)
    made = await app_credentials.add_secret(place.house, **of)
    return lambda house: app_credentials.remove_secret(house, secret_id=made.secret_id, **of)


async def _connected(place: Place) -> App:
    app = await _app(place)
    await app_connections.set_connection(
        place.house, Kind.WEBHOOK, address="https://costs.example/hook", told_of=Whom.EVERYONE, **_of(app, place)
    )
    return app


@line("app.setConnection")
async def _set_connection(place: Place) -> Act:
    of = _of(await _app(place), place)
    return lambda house: app_connections.set_connection(house, Kind.WEBHOOK, address="https://costs.example/", **of)


@line("app.setConnection change")
async def _change_connection(place: Place) -> Act:
    of = _of(await _connected(place), place)
    return lambda house: app_connections.set_connection(house, Kind.WEBHOOK, required=True, **of)


@line("app.newConnectionSecret")
async def _new_connection_secret(place: Place) -> Act:
    of = _of(await _connected(place), place)
    return lambda house: app_connections.new_secret(house, **of)


@line("app.removeConnection")
async def _remove_connection(place: Place) -> Act:
    of = _of(await _connected(place), place)
    return lambda house: app_connections.remove_connection(house, Kind.WEBHOOK, **of)


@line("app.sendAgain")
async def _send_again(place: Place) -> Act:
    of = _of(await _connected(place), place)
    return lambda house: app_connections.send_again(house, Kind.WEBHOOK, **of)


async def _streamed(place: Place) -> App:
    app = await _app(place)
    await streams.create_stream(place.house, Wish(told_of=Whom.EVERYONE), **_of(app, place))
    return app


@line("app.setConnection stream")
async def _create_stream(place: Place) -> Act:
    of = _of(await _app(place), place)
    return lambda house: streams.create_stream(house, Wish(Method.PUSH, "https://costs.example/"), **of)


@line("app.setConnection stream, change")
async def _change_stream(place: Place) -> Act:
    of = _of(await _streamed(place), place)
    return lambda house: streams.change_stream(house, Wish(description="Costs"), whole=False, **of)


@line("app.setConnection stream, status")
async def _set_status(place: Place) -> Act:
    of = _of(await _streamed(place), place)
    await removing.remove(place.house, tenant_id=place.id, user_id=(await world.guest(place)).user_id, by=place.admin)
    return lambda house: streams.set_status(house, Status.DISABLED, "It is over", **of)


@line("membership.waiveRecipient")
async def _waive(place: Place) -> Act:
    app = await _connected(place)
    await app_connections.set_connection(place.house, Kind.WEBHOOK, required=True, **_of(app, place))
    guest = await world.guest(place)
    of: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    await removing.remove(place.house, **of)
    await erasing.purge(place.house, **of)
    await erasing.erase(place.house, tenant_id=place.id, user_id=guest.user_id)
    return lambda house: waiving.waive_recipient(house, Kind.WEBHOOK, app_id=app.app_id, why="It is closed", **of)


@line("membership.setHold")
async def _set_hold(place: Place) -> Act:
    guest = await world.guest(place)
    of: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    await removing.remove(place.house, **of)
    await erasing.purge(place.house, **of)
    return lambda house: holding.set_hold(house, reason="Claim 17", reference="2027-17", **of)


@line("membership.liftHold")
async def _lift_hold(place: Place) -> Act:
    guest = await world.guest(place)
    of: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    await removing.remove(place.house, **of)
    await erasing.purge(place.house, **of)
    one = await holding.set_hold(place.house, reason="Claim 17", **of)
    return lambda house: holding.lift_hold(house, hold_id=one.hold_id, reason="Settled", **of)


@line("app.deleteApplication")
async def _delete_application(place: Place) -> Act:
    of = _of(await _app(place, with_principal=False), place)
    return lambda house: deleting_apps.delete_app(house, **of)


@line("app.deletePrincipal")
async def _delete_principal(place: Place) -> Act:
    of = _principal(await _app(place), place)
    return lambda house: service_principals.delete_principal(house, **of)


@line("app.restore")
async def _restore_app(place: Place) -> Act:
    of = _of(await _app(place), place)
    await deleting_apps.delete_app(place.house, **of)
    return lambda house: deleting_apps.restore_app(house, **of)


@line("app.restorePrincipal")
async def _restore_principal(place: Place) -> Act:
    of = _principal(await _app(place), place)
    await service_principals.delete_principal(place.house, **of)
    return lambda house: service_principals.restore_principal(house, **of)


@line("app.purge")
async def _purge_app(place: Place) -> Act:
    app = await _app(place)
    of = _of(app, place)
    guest = await world.guest(place)
    await assigning.assign_app(place.house, user_id=guest.user_id, **of)
    await assigning_groups.assign_group(place.house, group_id=(await _group(place)).group_id, **of)
    await app_owners.add_app_owner(place.house, owner_id=guest.user_id, **of)
    await deleting_apps.delete_app(place.house, **of)
    return lambda house: deleting_apps.purge_app(house, **of)


@line("app.purge by time")
async def _purge_app_due(place: Place) -> Act:
    app = await _app(place)
    await deleting_apps.delete_app(place.house, **_of(app, place))
    push(place.house, timedelta(days=30))
    return lambda house: deleting_apps.purge_app_due(house, tenant_id=app.tenant_id, app_id=app.app_id)


@line("app.purgePrincipal")
async def _purge_principal(place: Place) -> Act:
    of = _principal(await _app(place), place)
    await service_principals.delete_principal(place.house, **of)
    return lambda house: service_principals.purge_principal(house, **of)


@line("app.addOwner")
async def _add_owner(place: Place) -> Act:
    of = _of(await _app(place), place)
    guest = await world.guest(place)
    return lambda house: app_owners.add_app_owner(house, owner_id=guest.user_id, **of)


@line("app.removeOwner")
async def _remove_owner(place: Place) -> Act:
    of = _of(await _app(place), place)
    guest = await world.guest(place)
    await app_owners.add_app_owner(place.house, owner_id=guest.user_id, **of)
    return lambda house: app_owners.remove_app_owner(house, owner_id=guest.user_id, **of)


# --- What apps may do -------------------------------------------------------------------------------------------------


@line("app.assignGroup")
async def _assign_group(place: Place) -> Act:
    of = {**_of(await _app(place), place), "group_id": (await _group(place)).group_id}
    return lambda house: assigning_groups.assign_group(house, **of)


@line("app.unassignGroup")
async def _unassign_group(place: Place) -> Act:
    of = {**_of(await _app(place), place), "group_id": (await _group(place)).group_id}
    held = await assigning_groups.assign_group(place.house, **of)
    taken: dict[str, Any] = {"tenant_id": place.id, "assignment_id": held.assignment_id, "by": place.admin}
    return lambda house: assigning_groups.unassign_group(house, **taken)


@line("app.assignApp")
async def _grant_permission(place: Place) -> Act:
    of = _of(await _app(place), place)
    return lambda house: app_roles.grant_role(house, resource_id="", app_role_id=READ_ALL, **of)


async def _at_api(place: Place) -> dict[str, Any]:
    api = await _app(place, name="Tasks", app_roles=(ROLE,))
    app = await _app(place)
    return {**_of(app, place), "resource_id": api.app_id, "app_role_id": ROLE["id"]}


@line("app.assignApp at an API")
async def _grant_role(place: Place) -> Act:
    of = await _at_api(place)
    return lambda house: app_roles.grant_role(house, **of)


@line("app.unassignApp")
async def _revoke_role(place: Place) -> Act:
    of = await _at_api(place)
    made = await app_roles.grant_role(place.house, **of)
    taken = {"tenant_id": place.id, "app_id": of["app_id"], "assignment_id": made.assignment_id, "by": place.admin}
    return lambda house: app_roles.revoke_role(house, **taken)


async def _grant(place: Place) -> dict[str, Any]:
    app, guest = await _app(place), await world.guest(place)
    return {**_of(app, place), "resource_id": "", "user_id": guest.user_id, "scope": "User.Read openid"}


@line("app.grantScopes")
async def _grant_scopes(place: Place) -> Act:
    of = await _grant(place)
    return lambda house: delegating.grant_scopes(house, **of)


@line("app.changeScopes")
async def _change_scopes(place: Place) -> Act:
    made = await delegating.grant_scopes(place.house, **await _grant(place))
    of: dict[str, Any] = {"tenant_id": place.id, "grant_id": made.grant_id, "by": place.admin}
    return lambda house: delegating.change_scopes(house, scope="User.Read", **of)


@line("app.revokeScopes")
async def _revoke_scopes(place: Place) -> Act:
    made = await delegating.grant_scopes(place.house, **await _grant(place))
    of: dict[str, Any] = {"tenant_id": place.id, "grant_id": made.grant_id, "by": place.admin}
    return lambda house: delegating.revoke_scopes(house, **of)


# --- Apps of another organization -------------------------------------------------------------------------------------


async def _foreign(place: Place) -> App:
    other = await world.organization(place.house, "Fabrikam")
    return await _app(other, name="Everywhere", properties={"signInAudience": "AzureADMultipleOrgs"})


async def _known(place: Place) -> dict[str, Any]:
    app = await _foreign(place)
    of: dict[str, Any] = {"tenant_id": place.id, "by": place.admin}
    known, _ = await foreign_principals.let_in(place.house, client_id=app.client_id, **of)
    return of | {"principal_id": known.service_principal_id}


@line("app.createPrincipal of another organization")
async def _let_in(place: Place) -> Act:
    app = await _foreign(place)
    return lambda house: foreign_principals.let_in(house, tenant_id=place.id, client_id=app.client_id, by=place.admin)


@line("app.updatePrincipal of another organization")
async def _switch(place: Place) -> Act:
    of = await _known(place)
    return lambda house: foreign_principals.switch(house, enabled=False, **of)


@line("app.deletePrincipal of another organization")
async def _send_away(place: Place) -> Act:
    of = await _known(place)
    return lambda house: foreign_principals.send_away(house, **of)


# --- Roles of an organization's own -----------------------------------------------------------------------------------

READS: Final = RoleChanges("Readers", actions=("microsoft.directory/users/standard/read",))


@line("role.create")
async def _create_role(place: Place) -> Act:
    return lambda house: role_definitions.create_role(house, tenant_id=place.id, new=READS, by=place.admin)


@line("role.update")
async def _update_role(place: Place) -> Act:
    of = await _held_role(place)
    changes = RoleChanges(actions=("microsoft.directory/groups/standard/read",))
    return lambda house: role_definitions.update_role(house, changes=changes, **of)


@line("role.delete")
async def _delete_role(place: Place) -> Act:
    of = await _held_role(place)
    return lambda house: role_definitions.delete_role(house, **of)


async def _held_role(place: Place) -> dict[str, Any]:
    """A role that somebody holds."""
    made = await role_definitions.create_role(place.house, tenant_id=place.id, new=READS, by=operator())
    of: dict[str, Any] = {"tenant_id": place.id, "role_id": made.role_id}
    who = await world.member(place, "Holder Hal")
    await assigning.assign_role(place.house, user_id=who.user_id, by=operator(), **of)
    return of | {"by": place.admin}


# --- Being told of changes --------------------------------------------------------------------------------------------


async def _asked(place: Place) -> dict[str, Any]:
    """What a program of the organization asks for."""
    app = await _app(place, name="Listener", application_permissions=("User.Read.All",))
    by = replace(world.program(place, "user.read.all"), client_id=app.client_id)
    url = "https://listener.example/changes"
    ends = place.house.clock.now() + timedelta(days=1)
    new = NewSubscription(Wanted("users", "", False), "users", ("updated",), url, None, "state", "v1_2", ends)
    return {"new": new, "tenant_id": place.id, "by": by}


@line("subscription.create")
async def _subscribe(place: Place) -> Act:
    of = await _asked(place)
    return lambda house: subscribing.keep(house, **of)


@line("subscription.renew")
async def _renew(place: Place) -> Act:
    of = await _asked(place)
    made, ends = await subscribing.keep(place.house, **of), place.house.clock.now() + timedelta(days=2)
    return lambda house: subscribing.renew(house, made, by=of["by"], ends=ends)


@line("subscription.delete")
async def _unsubscribe(place: Place) -> Act:
    of = await _asked(place)
    made = await subscribing.keep(place.house, **of)
    return lambda house: subscribing.unsubscribe(house, made, by=of["by"])


@line("subscription.end")
async def _end_subscription(place: Place) -> Act:
    made = await subscribing.keep(place.house, **await _asked(place))
    return lambda house: subscribing.end(house, made)


# --- Domains ----------------------------------------------------------------------------------------------------------


def _two(place: Place) -> dict[str, Any]:
    return {"tenant_id": place.id, "name": TWO, "by": place.admin}


@line("organization.claimDomain")
async def _claim_domain(place: Place) -> Act:
    return lambda house: domains.claim_domain(house, **_two(place))


@line("organization.verifyDomain")
async def _verify_domain(place: Place) -> Act:
    await domains.claim_domain(place.house, **_two(place))
    return lambda house: domains.verify_domain(replace(house, emulator=True), **_two(place))


@line("organization.updateDomain")
async def _update_domain(place: Place) -> Act:
    await organizing.add_domain(place.house, tenant_id=place.id, name=TWO, by=operator())
    return lambda house: domains.make_default(house, **_two(place))


@line("organization.deleteDomain")
async def _delete_domain(place: Place) -> Act:
    await organizing.add_domain(place.house, tenant_id=place.id, name=TWO, by=operator())
    return lambda house: domains.delete_domain(house, **_two(place))


@line("organization.deleteDomain by force", in_steps=True)
async def _force_delete_domain(place: Place) -> Act:
    await organizing.add_domain(place.house, tenant_id=place.id, name=TWO, by=operator())
    of: dict[str, Any] = {"tenant_id": place.id, "by": operator()}
    for new in (NewMember("Ann", f"ann@{TWO}", "ann", None), NewMember("Ben", f"ben@{TWO}", "ben", None)):
        made = await directory_users.create_user(place.house, new, **of)
        if new.display_name == "Ben":
            await removing.remove(place.house, user_id=made.user_id, **of)
    await apps.create_app(place.house, NewApp("Tasks", identifier_uris=(f"https://{TWO}/tasks",)), **of)
    return lambda house: force_deleting.force_delete_domain(house, disable_accounts=True, **_two(place))


@line("organization.unclaimDomain")
async def _unclaim_domain(place: Place) -> Act:
    await domains.claim_domain(place.house, **_two(place))
    return lambda house: domains.delete_domain(house, **_two(place))
