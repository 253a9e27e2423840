"""*Roles*: who holds which, what each opens, giving and taking."""

import re

from tests.doors.portal.admin.conftest import Office, rows
from tests.support import world
from vestibule.actions import assigning, role_definitions
from vestibule.actions.role_definitions import RoleChanges
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.page_rights import PAGES
from vestibule.doors.portal.admin.role_words import ABOUT
from vestibule.rules.actors import operator
from vestibule.rules.roles import DIRECTORY_READERS, GLOBAL_ADMINISTRATOR, GUEST_INVITER, ROLES, USER_ADMINISTRATOR

INVITER = log_paths.role(GUEST_INVITER)


def test_what_a_role_is_for_is_in_every_language():
    assert {role.about for role in ROLES.values()} == ABOUT


async def test_the_list_says_who_how_many_and_what_it_opens(office: Office):
    page = await office.open(paths.ROLES)
    assert page.h1 == "Roles"
    assert all(role.name in page.links for role in ROLES.values())
    body = page.response.text
    line = re.search(r"Global Administrator</a></td>.*?</tr>", body, re.DOTALL)
    assert line is not None
    assert ">2</td>" in line[0]  # the one in the office, and the one that the organization began with
    assert "Every page" in line[0]
    assert re.search(r"Deleted users</th><td[^>]*><span lang=\"en\">User Administrator<", body)


async def test_pages_open_for_whom_it_says(office: Office):
    """Every page, with every role alone."""
    keeper = await world.member(office.contoso, "Keeper Kay")
    await office.role(keeper, GLOBAL_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    for role_id in ROLES:
        await office.role(office.boss, role_id)
        opened = {one.path for one in PAGES if (await office.open(one.path)).status == 200}
        assert opened == {one.path for one in PAGES if one.opens_for(role_id)}, ROLES[role_id].name
        await office.role(office.boss, role_id, gives=False)
    for one in PAGES:
        refused = await office.open(one.path)
        assert (refused.status, refused.h1) == (403, f"You need the {one.least.name} role")


async def test_somebody_is_found_given_the_role_and_loses_it(office: Office):
    await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    assert "Nobody holds this role." in (await office.open(INVITER)).text
    await office.browser.follow("Add member")
    page = await office.open(f"{INVITER}/add?search=elsewhere")
    assert page.h1 == "Add member to Guest Inviter"
    assert "Ada" in page.text
    done = await office.browser.press("Add Ada")
    assert done.path == INVITER
    assert "Ada holds the role now." in done.text
    assert rows(done) == ["Ada"]
    done = await office.browser.press("Remove Ada")
    assert "Ada doesn't hold the role any more." in done.text
    assert rows(done) == []
    told = await world.events(office.contoso)
    assert [one.type for one in told[-2:]] == ["role.assign", "role.unassign"]


async def test_a_search_that_finds_nobody(office: Office):
    page = await office.open(f"{INVITER}/add?search=nobody-here")
    assert "Nobody matches." in page.text


async def test_twice_is_said(office: Office):
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    await office.open(f"{INVITER}/add?search=ada")
    await office.role(ada, GUEST_INVITER)
    page = await office.browser.press("Add Ada")
    assert page.status == 409
    assert "They hold this role already." in page.text


async def test_the_only_administrator_keeps_the_role(office: Office):
    first = office.contoso.admin.user_id or ""
    here = office.contoso.id
    await assigning.unassign_role(
        office.town.house, tenant_id=here, role_id=GLOBAL_ADMINISTRATOR, user_id=first, by=operator()
    )
    await office.open(log_paths.role(GLOBAL_ADMINISTRATOR))
    page = await office.browser.press("Remove Boss")
    assert page.status == 409
    assert "the only Global Administrator" in page.text
    assert rows(page) == ["Boss"]


async def test_who_may_only_read_sees_no_buttons_and_is_refused(office: Office):
    keeper = await world.member(office.contoso, "Keeper Kay")
    await office.role(keeper, GLOBAL_ADMINISTRATOR)
    await office.role(office.boss, USER_ADMINISTRATOR)
    form = (await office.open(f"{INVITER}/add?search=boss")).button("Add Boss")[0]
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    page = await office.open(INVITER)
    assert "Privileged Role Administrator" in page.text
    assert "Add member" not in page.links
    refused = await office.browser.post(form.action, form.fields)
    assert refused.status == 403
    assert (await world.last_event(office.contoso)).reason == "notAllowed"


async def test_unknown_roles_and_people(office: Office):
    assert (await office.open(log_paths.role("00000000-0000-4000-8000-000000000000"))).status == 404
    form = (await office.open(f"{INVITER}/add?search=boss")).button("Add Boss")[0]
    page = await office.browser.post(form.action, {**form.fields, "user": "nobody"})
    assert page.status == 409
    assert DIRECTORY_READERS in ROLES


async def test_a_custom_role_is_shown_given_and_opens_what_it_reads(office: Office):
    new = RoleChanges("Front <desk>", "Lets guests in", actions=("microsoft.directory/auditLogs/allProperties/read",))
    made = await role_definitions.create_role(office.town.house, tenant_id=office.contoso.id, new=new, by=operator())
    page = await office.open(paths.ROLES)
    assert "Front <desk>" in page.links
    assert "Custom role" in page.text
    assert "Lets guests in" in page.text
    page = await office.browser.follow("Front <desk>")
    assert (page.path, page.h1) == (log_paths.role(made.role_id), "Front <desk>")
    assert "microsoft.directory/auditLogs/allProperties/read" in page.text
    assert "Audit logs" in page.text
    keeper = await world.member(office.contoso, "Keeper Kay")
    await office.open(f"{log_paths.role(made.role_id)}/add?search=Keeper")
    done = await office.browser.press("Add Keeper Kay")
    assert "Keeper Kay holds the role now." in done.text
    assert "Front <desk>" in (await office.open(f"/admin/users/{keeper.user_id}/roles")).text
    await office.role(keeper, GLOBAL_ADMINISTRATOR)
    await office.role(office.boss, made.role_id)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert (await office.open(paths.AUDIT_LOGS)).status == 200
    assert (await office.open(paths.DELETED_USERS)).status == 403
    off = RoleChanges(enabled=False)
    of = {"tenant_id": office.contoso.id, "role_id": made.role_id}
    await role_definitions.update_role(office.town.house, changes=off, by=operator(), **of)
    assert (await office.open(paths.AUDIT_LOGS)).status == 403
