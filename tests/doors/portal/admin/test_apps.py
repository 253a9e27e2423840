"""*Enterprise apps*: the list, who is assigned, what an app may do, and turning it off."""

import re

import pytest

from tests.doors.portal.admin.conftest import Office, rows
from tests.support import world
from vestibule.actions import app_roles, apps, assigning, delegating
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.roles import APPLICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import app_lists
from vestibule.store import apps as kept
from vestibule.store.apps import App


async def registered(office: Office, name: str = "Expenses", **more: object) -> App:
    """An app of Contoso."""
    new = NewApp(name, redirect_uris=("https://expenses.example/cb",), **more)  # type: ignore[arg-type]
    return (await apps.create_app(office.town.house, new, tenant_id=office.contoso.id, by=operator())).app


async def assigned(office: Office, app: App, *names: str) -> None:
    for name in names:
        guest = await world.guest(office.contoso, f"{name.lower()}@elsewhere.example", name)
        await assigning.assign_app(
            office.town.house, tenant_id=office.contoso.id, app_id=app.app_id, user_id=guest.user_id, by=operator()
        )


async def test_the_list_counts_users_and_guests(office: Office):
    app = await registered(office)
    await registered(office, "Atlas")
    await assigned(office, app, "Ada", "Ben")
    await assigning.assign_app(
        office.town.house, tenant_id=office.contoso.id, app_id=app.app_id, user_id=office.boss.user_id, by=operator()
    )
    page = await office.open(f"{paths.APPS}?search=e")
    line = re.search(r"Expenses</span></a></td>.*?</tr>", page.response.text, re.DOTALL)
    assert line is not None
    assert re.findall(r">(\d+)</td>", line[0]) == ["3", "2"]
    assert "OpenID Connect" in line[0]
    assert rows(await office.open(f"{paths.APPS}?search=Atl")) == ["Atlas"]
    assert "No apps match these filters." in (await office.open(f"{paths.APPS}?state=off")).text


async def test_deleted_people_are_not_counted(office: Office):
    app = await registered(office)
    [ada] = await office.deleted("Ada")
    reading = await office.town.house.store.read()
    assert await app_lists.assigned_counts(reading, office.contoso.id, [app.app_id]) == {}
    assert ada.user_id


async def test_somebody_is_assigned_and_removed(office: Office):
    app = await registered(office)
    await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    page = await office.open(log_paths.app(app.app_id))
    assert page.h1 == "Expenses"
    assert app.client_id in page.text
    assert "https://expenses.example/cb" in page.text
    assert "Nobody is assigned." in page.text
    await office.browser.follow("Add user")
    await office.open(f"{log_paths.app(app.app_id, 'assign')}?search=ada")
    done = await office.browser.press("Add Ada")
    assert "Ada is assigned to the app now." in done.text
    assert rows(done) == ["Ada"]
    done = await office.browser.press("Remove Ada")
    assert "Ada isn't assigned to the app any more." in done.text
    assert [one.type for one in (await world.events(office.contoso))[-2:]] == ["app.assignUser", "app.unassignUser"]


async def test_twice_is_said_and_who_is_gone(office: Office):
    app = await registered(office)
    await assigned(office, app, "Ada")
    form = (await office.open(f"{log_paths.app(app.app_id, 'assign')}?search=ada")).button("Add Ada")[0]
    page = await office.browser.post(form.action, form.fields)
    assert (page.status, "They are assigned to this app already." in page.text) == (409, True)
    page = await office.browser.post(form.action, {**form.fields, "user": "nobody"})
    assert (page.status, "That isn't here any more." in page.text) == (409, True)
    gone = log_paths.app(app.app_id, "unassign")
    for value in ("nobody", office.boss.user_id):
        page = await office.browser.post(gone, {**form.fields, "user": value})
        assert (page.status, "That isn't here any more." in page.text) == (409, True)


async def test_sign_in_off_and_on(office: Office):
    app = await registered(office)
    await office.open(log_paths.app(app.app_id))
    page = await office.browser.press("Turn sign-in off")
    assert "Nobody can sign in to the app now." in page.text
    now = await kept.find(await office.town.house.store.read(), office.contoso.id, app.app_id)
    assert now is not None
    assert not now.enabled
    page = await office.browser.press("Turn sign-in on")
    assert "People can sign in to the app now." in page.text


async def test_all_sign_ins_to_an_app_end_after_it_was_asked_once_more(office: Office):
    app = await registered(office)
    await office.open(log_paths.app(app.app_id))
    page = await office.browser.follow("End all sign-ins")
    assert page.h1 == "End all sign-ins to Expenses?"
    page = await office.browser.press("End sign-ins")
    assert (page.h1, "Everything that was given to Expenses ended." in page.text) == ("Expenses", True)
    now = await kept.find(await office.town.house.store.read(), office.contoso.id, app.app_id)
    assert now is not None
    assert (now.epoch, now.enabled) == (1, True)
    assert (await world.last_event(office.contoso)).type == "app.endSignIns"


async def test_permissions_are_shown_and_revoked(office: Office):
    app = await registered(office)
    house, here = office.town.house, office.contoso.id
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    for user_id in (None, ada.user_id):
        await delegating.grant_scopes(
            house, tenant_id=here, app_id=app.app_id, resource_id="", user_id=user_id, scope="User.Read", by=operator()
        )
    await app_roles.set_permissions(
        house, tenant_id=here, app_id=app.app_id, application_permissions=["User.Read.All"], by=operator()
    )
    page = await office.open(log_paths.app(app.app_id))
    for said in ("In the name of everybody", "In the name of Ada", "As itself"):
        assert said in page.text
    page = await office.browser.press("Revoke User.Read.All")
    assert "The permission was revoked." in page.text
    assert "As itself" not in page.text
    page = await office.browser.press("Revoke User.Read")
    page = await office.browser.press("Revoke User.Read")
    assert "It was granted nothing." in page.text


async def test_a_permission_of_the_graph_api_is_not_for_those_who_manage_apps(office: Office):
    app = await registered(office)
    await delegating.grant_scopes(
        office.town.house,
        tenant_id=office.contoso.id,
        app_id=app.app_id,
        resource_id="",
        user_id=None,
        scope="User.Read",
        by=operator(),
    )
    await office.role(office.boss, APPLICATION_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(log_paths.app(app.app_id))
    assert "Add user" in page.links
    assert "In the name of everybody" in page.text
    assert "Revoke User.Read" not in page.response.text


@pytest.mark.parametrize("kind", ["delegated", "application"])
async def test_a_permission_of_another_app_is_not_revoked_here(office: Office, kind: str):
    app, other = await registered(office), await registered(office, "Atlas")
    made = await delegating.grant_scopes(
        office.town.house,
        tenant_id=office.contoso.id,
        app_id=other.app_id,
        resource_id="",
        user_id=None,
        scope="User.Read",
        by=operator(),
    )
    form = (await office.open(log_paths.app(app.app_id))).button("Turn sign-in off")[0]
    sent = {**form.fields, "kind": kind, "permission": made.grant_id}
    page = await office.browser.post(log_paths.app(app.app_id, "revoke"), sent)
    assert page.status == 409
    reading = await office.town.house.store.read()
    assert len(await delegating.grants(reading, office.contoso.id, app_id=other.app_id)) == 1


async def test_who_may_only_read(office: Office):
    app = await registered(office)
    keeper = await world.member(office.contoso, "Keeper Kay")
    await office.role(keeper, GLOBAL_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(log_paths.app(app.app_id))
    assert page.status == 200
    assert "Turn sign-in off" not in page.text
    assert "Add user" not in page.links
    assert (await office.open(log_paths.app("00000000-0000-4000-8000-000000000000"))).status == 404
