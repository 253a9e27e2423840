from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions.apps import create_app
from vestibule.actions.assigning import assign_app, assign_role, unassign_app, unassign_role
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.actions.restoring import restore
from vestibule.rules.actors import operator
from vestibule.rules.apps import DEFAULT_ROLE, NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import (
    APPLICATION_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GUEST_INVITER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    REPORTS_READER,
    USER_ADMINISTRATOR,
)
from vestibule.store import hanging, users
from vestibule.store.apps import App
from vestibule.store.holdings import ASSIGNED, ROLES
from vestibule.store.listing import Asked

WRITER: dict[str, Any] = {"id": "99999999-2222-3333-4444-555555555555", "value": "Task.Write", "displayName": "Writers"}
ROBOT: dict[str, Any] = {
    **WRITER,
    "id": "99999999-2222-3333-4444-666666666666",
    "value": "R",
    "allowedMemberTypes": ["Application"],
}
ASLEEP = {**WRITER, "id": "99999999-2222-3333-4444-777777777777", "value": "A", "isEnabled": False}


async def _app(place: Place) -> App:
    new = NewApp("Expenses", app_roles=(WRITER, ROBOT, ASLEEP))
    return (await create_app(place.house, new, tenant_id=place.id, by=operator())).app


async def _assigned(place: Place, app: App) -> set[str]:
    reading = await place.house.store.read()
    page = await users.page(reading, place.id, Asked(100), scope=users.ASSIGNED_TO, of=app.app_id)
    return {user.membership.user_id for user in page.items}


async def test_people_are_assigned_to_apps_with_and_without_a_role(house: House, contoso: Place):
    app, ann = await _app(contoso), await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    plain = await assign_app(house, app_id=app.app_id, user_id=ann.user_id, **here)
    assert plain.app_role_id == DEFAULT_ROLE
    writer = await assign_app(
        house, app_id=app.service_principal_id, user_id=ann.user_id, app_role_id=WRITER["id"], **here
    )
    assert await ASSIGNED.of_user(await house.store.read(), contoso.id, ann.user_id) == [plain, writer]
    told = await world.last_event(contoso)
    assert told.record["facts"] == {"servicePrincipalId": app.service_principal_id, "appRoleId": WRITER["id"]}
    assert told.subject["details"]["app"] == "Expenses"
    for role, reason in (
        (DEFAULT_ROLE, Reason.ALREADY_THERE),
        (ROBOT["id"], Reason.BAD_VALUE),
        (ASLEEP["id"], Reason.BAD_VALUE),
        (house.chance.guid(), Reason.BAD_VALUE),
    ):
        with pytest.raises(Refused) as refused:
            await assign_app(house, app_id=app.app_id, user_id=ann.user_id, app_role_id=role, **here)
        assert refused.value.reason is reason
    await unassign_app(house, assignment_id=plain.assignment_id, **here)
    assert await _assigned(contoso, app) == {ann.user_id}
    await unassign_app(house, assignment_id=writer.assignment_id, **here)
    assert await _assigned(contoso, app) == set()
    with pytest.raises(Refused) as gone:
        await unassign_app(house, assignment_id=writer.assignment_id, **here)
    assert gone.value.reason is Reason.NOT_FOUND


async def test_a_deleted_guests_assignment_can_be_taken_for_good(house: House, contoso: Place):
    app, ann = await _app(contoso), await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    kept = await assign_app(house, app_id=app.app_id, user_id=ann.user_id, **here)
    taken = await assign_app(house, app_id=app.app_id, user_id=ann.user_id, app_role_id=WRITER["id"], **here)
    await remove(house, user_id=ann.user_id, **here)
    assert await _assigned(contoso, app) == set()
    await unassign_app(house, assignment_id=taken.assignment_id, **here)
    with pytest.raises(Refused) as twice:
        await unassign_app(house, assignment_id=taken.assignment_id, **here)
    assert twice.value.reason is Reason.NOT_FOUND
    report = await restore(house, user_id=ann.user_id, **here)
    assert {(item.thing.detail, item.why_not) for item in report.items} == {
        (DEFAULT_ROLE, None),
        (WRITER["id"], "revoked"),
    }
    left = await ASSIGNED.of_user(await house.store.read(), contoso.id, ann.user_id)
    assert [one.assignment_id for one in left] == [kept.assignment_id]


async def test_assigning_asks_for_the_right(house: House, contoso: Place):
    app, ann = await _app(contoso), await world.guest(contoso)
    adele = await world.member(contoso)
    for by in (world.at_portal(adele), world.at_portal(ann), world.program(contoso, "Application.ReadWrite.All")):
        with pytest.raises(Refused) as refused:
            await assign_app(house, tenant_id=contoso.id, app_id=app.app_id, user_id=ann.user_id, by=by)
        assert refused.value.reason in {Reason.NOT_ALLOWED, Reason.NOT_FOUND}
    await assign_role(
        house, tenant_id=contoso.id, role_id=APPLICATION_ADMINISTRATOR, user_id=adele.user_id, by=operator()
    )
    await assign_app(house, tenant_id=contoso.id, app_id=app.app_id, user_id=ann.user_id, by=world.at_portal(adele))


async def test_directory_roles_are_given_and_taken(house: House, contoso: Place):
    ann = await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    held = await assign_role(house, role_id=GUEST_INVITER, user_id=ann.user_id, **here)
    after = await world.again(house, contoso.id, ann.user_id)
    assert after.version == ann.version + 1
    assert after.epoch == ann.epoch
    assert await hanging.roles(await house.store.read(), contoso.id, ann.user_id) == {GUEST_INVITER}
    told = await world.last_event(contoso)
    assert told.record["facts"] == {"roleId": GUEST_INVITER, "role": "Guest Inviter"}
    assert (told.record["object"]["ver_before"], told.record["object"]["ver_after"]) == (ann.version, after.version)
    with pytest.raises(Refused) as twice:
        await assign_role(house, role_id=GUEST_INVITER, user_id=ann.user_id, **here)
    assert twice.value.reason is Reason.ALREADY_THERE
    for role, user in ((house.chance.guid(), ann.user_id), (REPORTS_READER, house.chance.guid())):
        with pytest.raises(Refused) as unknown:
            await assign_role(house, role_id=role, user_id=user, **here)
        assert unknown.value.reason is Reason.NOT_FOUND
    await unassign_role(house, assignment_id=held.assignment_id, **here)
    assert await hanging.roles(await house.store.read(), contoso.id, ann.user_id) == frozenset()
    with pytest.raises(Refused) as gone:
        await unassign_role(house, role_id=GUEST_INVITER, user_id=ann.user_id, **here)
    assert gone.value.reason is Reason.NOT_FOUND


async def test_a_deleted_guests_role_can_be_taken_for_good(house: House, contoso: Place):
    ann = await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    for role in (GUEST_INVITER, REPORTS_READER):
        await assign_role(house, role_id=role, user_id=ann.user_id, **here)
    await remove(house, user_id=ann.user_id, **here)
    await unassign_role(house, role_id=GUEST_INVITER, user_id=ann.user_id, **here)
    report = await restore(house, user_id=ann.user_id, **here)
    assert {(item.thing.target_id, item.why_not) for item in report.items} == {
        (GUEST_INVITER, "revoked"),
        (REPORTS_READER, None),
    }
    await assign_role(house, role_id=GUEST_INVITER, user_id=ann.user_id, **here)
    assert len(await ROLES.of_user(await house.store.read(), contoso.id, ann.user_id)) == 2


async def test_the_only_global_administrator_keeps_the_role(house: House, contoso: Place):
    own: dict[str, Any] = {
        "tenant_id": contoso.id,
        "role_id": GLOBAL_ADMINISTRATOR,
        "user_id": contoso.administrator.user_id,
    }
    with pytest.raises(Refused) as refused:
        await unassign_role(house, by=contoso.admin, **own)
    assert refused.value.reason is Reason.ONLY_ADMINISTRATOR
    ann = await world.guest(contoso)
    await assign_role(house, tenant_id=contoso.id, role_id=GLOBAL_ADMINISTRATOR, user_id=ann.user_id, by=contoso.admin)
    await unassign_role(house, by=contoso.admin, **own)
    page = await users.page(
        await house.store.read(), contoso.id, Asked(10), scope=users.HOLDERS_OF, of=GLOBAL_ADMINISTRATOR
    )
    assert [user.membership.user_id for user in page.items] == [ann.user_id]


async def test_giving_roles_takes_a_role(house: House, contoso: Place):
    keeper, helper, ann = [await world.member(contoso, name) for name in ("Keeper One", "Helper Two", "Ann Three")]
    for user, role in ((keeper, PRIVILEGED_ROLE_ADMINISTRATOR), (helper, USER_ADMINISTRATOR)):
        await assign_role(house, tenant_id=contoso.id, role_id=role, user_id=user.user_id, by=operator())
    give: dict[str, Any] = {"tenant_id": contoso.id, "role_id": REPORTS_READER, "user_id": ann.user_id}
    for by in (world.at_portal(helper), world.at_portal(ann), world.program(contoso, "Directory.ReadWrite.All")):
        with pytest.raises(Refused) as refused:
            await assign_role(house, by=by, **give)
        assert refused.value.reason is Reason.NOT_ALLOWED
    await assign_role(house, by=world.at_portal(keeper), **give)
    with_permission = world.program(contoso, "RoleManagement.ReadWrite.Directory")
    await unassign_role(house, by=with_permission, **give)
