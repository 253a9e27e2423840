"""*Enterprise apps*: the list, who is assigned, what an app may do, and turning it off."""

import re

import pytest

from tests.doors.portal.admin.conftest import Office, rows
from tests.support import world
from tests.support.pages import Page
from vestibule.actions import app_roles, apps, assigning, assigning_groups, delegating, grouping
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.pages import app as app_page
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.roles import APPLICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import app_lists, grant_lists
from vestibule.store import apps as kept
from vestibule.store.apps import App
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership


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
    assert len((await grant_lists.of_app(reading, office.contoso.id, other.app_id, 10))[0]) == 1


async def test_of_many_people_who_granted_something_the_first_are_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app_page, "MOST_PEOPLE", 2)
    app = await registered(office)
    for name in ("Kim", "Lee", "Mo", ""):
        user_id = (await world.member(office.contoso, name)).user_id if name else None
        await delegating.grant_scopes(
            office.town.house,
            tenant_id=office.contoso.id,
            app_id=app.app_id,
            resource_id="",
            user_id=user_id,
            scope="User.Read",
            by=operator(),
        )
    page = await office.open(log_paths.app(app.app_id))
    assert page.text.count("In the name of") == 3
    assert "In the name of everybody" in page.text
    assert "only 2 are shown" in page.text
    monkeypatch.setattr(app_page, "MOST_PEOPLE", 3)
    page = await office.open(log_paths.app(app.app_id))
    assert page.text.count("In the name of") == 4
    assert "are shown" not in page.text


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


# --- Groups -----------------------------------------------------------------------------------------------------------


async def group_of(office: Office, name: str, *people: Membership) -> Group:
    """A group of Contoso."""
    new = NewGroup(name, f"n{office.town.house.chance.guid()[:8]}")
    ids = [one.user_id for one in people]
    return await grouping.create_group(
        office.town.house, new, tenant_id=office.contoso.id, by=operator(), member_ids=ids
    )


def groups_at(page: Page) -> list[str]:
    """The rows of the table of groups, with the number of their members."""
    table = re.search(r'id="assigned-groups".*?</table>', page.response.text, re.DOTALL)
    cells = [] if table is None else re.findall(r'<td role="cell"[^>]*>(.*?)</td>', table[0], re.DOTALL)
    texts = [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]
    return [text for text in texts if text != "Remove"]


async def test_a_group_is_assigned_and_removed_and_its_people_are_counted(office: Office):
    app = await registered(office)
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    await group_of(office, "Partners", ada, office.boss)
    page = await office.open(log_paths.app(app.app_id))
    assert "No group is assigned." in page.text
    await office.browser.follow("Add group")
    page = await office.open(f"{log_paths.app(app.app_id, 'add-group')}?search=nothing")
    assert "No group matches." in page.text
    page = await office.open(f"{log_paths.app(app.app_id, 'add-group')}?search=part")
    assert "Partners2 members" in page.text
    form = page.button("Add Partners")[0]
    done = await office.browser.press("Add Partners")
    assert "Partners is assigned to the app now." in done.text
    assert groups_at(done) == ["Partners", "2"]
    assert "Nobody is assigned." in done.text, "the people themselves are listed apart"
    listed = await office.open(f"{paths.APPS}?search=Exp")
    assert re.findall(r">(\d+)</td>", listed.response.text) == ["2", "1"]
    page = await office.open(f"/admin/users/{ada.user_id}/apps")
    assert "Through groups" in page.text
    assert re.search(r"Expenses</span>.*?Partners</span>", page.response.text, re.DOTALL)
    assert "No apps are assigned." not in page.text

    page = await office.browser.post(form.action, form.fields)
    assert (page.status, "The group is assigned to this app already." in page.text) == (409, True)
    page = await office.browser.post(form.action, {**form.fields, "group": "none"})
    assert (page.status, "That isn't here any more." in page.text) == (409, True)
    await office.open(log_paths.app(app.app_id))
    done = await office.browser.press("Remove Partners")
    assert "Partners isn't assigned to the app any more." in done.text
    gone = log_paths.app(app.app_id, "remove-group")
    for value in ("none", form.fields["group"]):
        page = await office.browser.post(gone, {**form.fields, "group": value})
        assert (page.status, "That isn't here any more." in page.text) == (409, True)
    told = [(one.type, one.record["outcome"]) for one in await world.events(office.contoso)]
    assert [one for one, outcome in told if one.startswith("app.") and "Group" in one and outcome == "success"] == [
        "app.assignGroup",
        "app.unassignGroup",
    ]


async def test_many_groups_have_a_page_of_their_own(office: Office):
    app = await registered(office)
    for number in range(27):
        made = await group_of(office, f"Group {number:02}")
        await assigning_groups.assign_group(
            office.town.house,
            tenant_id=office.contoso.id,
            app_id=app.app_id,
            group_id=made.group_id,
            by=operator(),
        )
    page = await office.open(log_paths.app(app.app_id))
    assert groups_at(page)[-2:] == ["Group 24", "0"]
    page = await office.browser.follow("All assigned groups")
    assert page.h1 == "Groups assigned to Expenses"
    assert len(groups_at(page)) == 50
    page = await office.browser.follow("Next page")
    assert groups_at(page) == ["Group 25", "0", "Group 26", "0"]
    page = await office.open(f"{log_paths.app(app.app_id, 'groups')}?search=26")
    assert groups_at(page) == ["Group 26", "0"]
    page = await office.open(f"{log_paths.app(app.app_id, 'groups')}?search=none")
    assert "No groups match these filters." in page.text


async def test_who_may_only_read_sees_groups_and_no_buttons(office: Office):
    app = await registered(office)
    made = await group_of(office, "Partners")
    where = {"tenant_id": office.contoso.id, "app_id": app.app_id, "group_id": made.group_id}
    await assigning_groups.assign_group(office.town.house, by=operator(), **where)
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    for act in ("", "groups"):
        page = await office.open(log_paths.app(app.app_id, act))
        assert groups_at(page) == ["Partners", "0"]
        assert "Add group" not in page.text
    form = {"group": made.group_id}
    assert (await office.browser.post(log_paths.app(app.app_id, "remove-group"), form)).status in {400, 403}
