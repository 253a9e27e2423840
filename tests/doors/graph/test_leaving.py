"""Leaving through the API (our own calls): why not, keys, what stays listed and for how long, which tokens die."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support import world
from tests.support.graph import CALLBACK, Caller, Graph, code_of
from tests.support.houses import START
from tests.support.world import Place
from vestibule.actions import (
    apps,
    assigning,
    connecting,
    directory_users,
    erasing,
    group_members,
    grouping,
    guest_settings,
    policies,
    removing,
    restoring,
)
from vestibule.actions.cross_tenant import set_partner
from vestibule.actions.house import House
from vestibule.doors.graph import leaving
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.policy import ErasureOnLeave
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GUEST_INVITER
from vestibule.store.apps import App
from vestibule.store.cross_tenant import INBOUND, OUTBOUND
from vestibule.store.holdings import OWNING
from vestibule.store.memberships import Membership

AT = "/beta/me/organizations"
LEAVE = "Organizations.Leave"


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    """A member of Contoso."""
    return await world.member(contoso)


@pytest.fixture
async def visitor(fabrikam: Place, adele: Membership) -> Membership:
    """Adele as a guest of Fabrikam."""
    return await world.visitor(fabrikam, adele)


@pytest.fixture
async def home(graph: Graph, adele: Membership, visitor: Membership) -> Caller:
    """Adele with a token of her home organization."""
    return await graph.person(adele, LEAVE)


def _advance(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def _leave(caller: Caller, place: Place, key: str = "a key") -> httpx.Response:
    return await caller.post(f"{AT}/{place.id}/leave", headers={"Idempotency-Key": key})


async def _listed(caller: Caller, place: Place) -> dict[str, Any] | None:
    answer = await caller.get(AT)
    assert answer.status_code == 200, answer.text
    return next((one for one in answer.json()["value"] if one["tenantId"] == place.id), None)


async def _change(house: House, place: Place, who: Membership, **changes: object) -> None:
    await directory_users.update_user(house, tenant_id=place.id, user_id=who.user_id, changes=changes, by=operator())


async def _give(house: House, place: Place, who: Membership, role: str) -> None:
    await assigning.assign_role(house, tenant_id=place.id, role_id=role, user_id=who.user_id, by=operator())


async def _forbid(house: House, place: Place) -> None:
    await policies.change_leave_setting(house, tenant_id=place.id, guests_may_leave=False, by=operator())


async def test_what_only_they_own_is_listed_and_handed_over(
    house: House, fabrikam: Place, home: Caller, visitor: Membership
) -> None:
    heir = await world.guest(fabrikam, "heir@elsewhere.example")
    made = await grouping.create_group(
        house,
        NewGroup("Harbour", "harbour"),
        tenant_id=fabrikam.id,
        by=operator(),
        owner_ids=[visitor.user_id],
        member_ids=[heir.user_id],
    )
    preview = (await home.get(f"{AT}/{fabrikam.id}/leavePreview")).json()
    candidates = [{"id": heir.user_id, "displayName": heir.display_name or heir.contact}]
    expected = {"id": made.group_id, "displayName": "Harbour", "kind": "group", "candidates": candidates}
    assert preview["ownedAlone"] == [expected]
    where, key = f"{AT}/{fabrikam.id}/leave", {"Idempotency-Key": "with an heir"}
    for wrong in ({"handOver": "Harbour"}, {"handOver": [{"objectId": made.group_id}]}, {"handOver": [1]}):
        assert code_of(await home.post(where, headers=key, json=wrong))[0] == 400
    stranger = {"objectId": made.group_id, "newOwnerId": fabrikam.administrator.user_id}
    assert code_of(await home.post(where, headers=key, json={"handOver": [stranger]}))[0] == 404
    right = {"objectId": made.group_id, "newOwnerId": heir.user_id}
    answer = await home.post(where, headers=key, json={"handOver": [right]})
    assert answer.status_code == 200, answer.text
    owners = await OWNING.of_thing(await house.store.read(), fabrikam.id, made.group_id)
    assert [one.user_id for one in owners] == [heir.user_id]


async def test_who_leaves_may_ask_to_be_erased(
    house: House, fabrikam: Place, home: Caller, visitor: Membership
) -> None:
    where, key = f"{AT}/{fabrikam.id}/leave", {"Idempotency-Key": "to be erased"}
    assert code_of(await home.post(where, headers=key, json={"erase": "yes"}))[0] == 400
    await guest_settings.change_guest_settings(
        house, tenant_id=fabrikam.id, by=operator(), erasure_on_leave=ErasureOnLeave.AT_ONCE
    )
    answer = await home.post(where, headers=key, json={"erase": True})
    assert (answer.status_code, answer.json()["state"], answer.json()["restorableUntil"]) == (200, "purged", None)
    assert (await home.post(where, headers=key, json={"erase": True})).json() == answer.json()
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert (listed["state"], listed["restorableUntil"]) == ("purged", None)


# --- Why not --------------------------------------------------------------------------------------------------------


async def _insist_refused(caller: Caller, place: Place, word: str) -> None:
    """The list says it, the preview says it, the request is refused with it and with whom to ask, and it is logged."""
    listed = await _listed(caller, place)
    assert listed is not None
    assert (listed["canLeave"], listed["whyNot"]) == (False, word)
    for answer in (await caller.get(f"{AT}/{place.id}/leavePreview"), await _leave(caller, place)):
        assert code_of(answer) == (403, word)
        inner = answer.json()["error"]["innerError"]
        assert inner["contacts"] == listed["contacts"]
        assert inner["privacyContact"] == listed["contacts"]["privacyContact"]
    last = await world.last_event(place)
    assert (last.type, last.reason) == ("membership.leave", word)


async def test_home_is_not_left(home: Caller, contoso: Place):
    await _insist_refused(home, contoso, "homeOrganization")


async def test_who_was_deleted_has_nothing_to_leave(home: Caller, house: House, fabrikam: Place, visitor: Membership):
    await removing.remove(house, tenant_id=fabrikam.id, user_id=visitor.user_id, by=operator())
    await _insist_refused(home, fabrikam, "wrongStage")


async def test_who_is_only_invited_has_nothing_to_leave(
    graph: Graph, adele: Membership, fabrikam: Place, contoso: Place
):
    await world.invited(fabrikam, adele.user_principal_name)
    caller = await graph.person(adele, LEAVE)
    listed = await _listed(caller, fabrikam)
    assert listed is not None
    assert listed["state"] == "invited"
    await _insist_refused(caller, fabrikam, "wrongStage")


async def test_a_disabled_guest_asks_the_organization(
    graph: Graph, home: Caller, house: House, fabrikam: Place, visitor: Membership
):
    there = await graph.person(visitor, LEAVE)
    await _change(house, fabrikam, visitor, accountEnabled=False)
    await _insist_refused(home, fabrikam, "accountDisabled")
    assert code_of(await _leave(there, fabrikam)) == (401, "InvalidAuthenticationToken")


async def test_who_is_disabled_at_home_has_no_token_left(
    graph: Graph, home: Caller, house: House, contoso: Place, adele: Membership, visitor: Membership, fabrikam: Place
):
    there = await graph.person(visitor, LEAVE)
    await _change(house, contoso, adele, accountEnabled=False)
    for caller in (home, there):
        assert code_of(await caller.get(AT)) == (401, "InvalidAuthenticationToken")
        assert code_of(await _leave(caller, fabrikam)) == (401, "InvalidAuthenticationToken")


async def test_the_organization_may_forbid_it(home: Caller, house: House, fabrikam: Place):
    await _forbid(house, fabrikam)
    await _insist_refused(home, fabrikam, "organizationForbids")


async def test_the_only_administrator_stays(home: Caller, house: House, fabrikam: Place, visitor: Membership):
    await _give(house, fabrikam, visitor, GLOBAL_ADMINISTRATOR)
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert listed["canLeave"], "there is another administrator"
    await _change(house, fabrikam, fabrikam.administrator, accountEnabled=False)
    await _insist_refused(home, fabrikam, "onlyAdministrator")
    await _change(house, fabrikam, fabrikam.administrator, accountEnabled=True)
    assert (await _leave(home, fabrikam)).status_code == 200


async def test_the_first_reason_is_named(home: Caller, house: House, fabrikam: Place, visitor: Membership):
    await _give(house, fabrikam, visitor, GLOBAL_ADMINISTRATOR)
    await _change(house, fabrikam, fabrikam.administrator, accountEnabled=False)
    await _insist_refused(home, fabrikam, "onlyAdministrator")
    await _forbid(house, fabrikam)
    await _insist_refused(home, fabrikam, "organizationForbids")
    await _change(house, fabrikam, fabrikam.administrator, accountEnabled=True)
    await _change(house, fabrikam, visitor, accountEnabled=False)
    await _insist_refused(home, fabrikam, "accountDisabled")
    await removing.remove(house, tenant_id=fabrikam.id, user_id=visitor.user_id, by=operator())
    await _insist_refused(home, fabrikam, "wrongStage")


async def test_contacts_may_be_missing(graph: Graph, house: House, adele: Membership):
    litware = await world.organization(house, "Litware", privacy_contact=None, privacy_statement=None)
    litware_guest = await world.visitor(litware, adele)
    await _change(house, litware, litware_guest, accountEnabled=False)
    caller = await graph.person(adele, LEAVE)
    nobody: dict[str, Any] = {"privacyContact": None, "privacyStatement": None, "technicalContacts": []}
    listed = await _listed(caller, litware)
    assert listed is not None
    assert listed["contacts"] == nobody
    assert (await _leave(caller, litware)).json()["error"]["innerError"]["contacts"] == nobody


# --- Who may ask ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["list", "preview", "leave"])
async def test_a_program_without_a_person_is_refused(program: Caller, contoso: Place, call: str):
    match call:
        case "list":
            answer = await program.get(AT)
        case "preview":
            answer = await program.get(f"{AT}/{contoso.id}/leavePreview")
        case _:
            answer = await _leave(program, contoso)
    assert code_of(answer) == (403, "Authorization_RequestDenied")
    if call == "leave":
        assert (await world.last_event(contoso)).reason == "needsPerson"


async def test_a_token_without_the_permission_is_refused(graph: Graph, adele: Membership, contoso: Place):
    caller = await graph.person(adele, "User.Read", "User.ReadWrite.All", "Directory.AccessAsUser.All")
    assert code_of(await caller.get(AT)) == (403, "Authorization_RequestDenied")
    assert code_of(await _leave(caller, contoso)) == (403, "Authorization_RequestDenied")
    assert (await world.last_event(contoso)).reason == "notAllowed"


async def test_nobody_leaves_for_somebody_else(graph: Graph, contoso: Place, fabrikam: Place, visitor: Membership):
    alex = await world.member(contoso, "Alex Wilber")
    caller = await graph.person(alex, LEAVE)
    for named in (fabrikam.id, fabrikam.domain, "nowhere.example", "00000000-0000-4000-8000-000000000000", "x y"):
        assert code_of(await caller.get(f"{AT}/{named}/leavePreview"))[0] == 404
        answer = await caller.post(f"{AT}/{named}/leave", headers={"Idempotency-Key": "k"})
        assert code_of(answer) == (404, "Request_ResourceNotFound")
    assert await _listed(caller, fabrikam) is None


async def test_a_token_of_one_organization_says_nothing_about_the_others(
    graph: Graph, house: House, fabrikam: Place, contoso: Place, adele: Membership, visitor: Membership
):
    tailspin = await world.organization(house, "Tailspin")
    await world.visitor(tailspin, adele)
    there = await graph.person(visitor, LEAVE)
    assert [one["tenantId"] for one in (await there.get(AT)).json()["value"]] == [fabrikam.id]
    for other in (tailspin, contoso):
        assert code_of(await there.get(f"{AT}/{other.id}/leavePreview"))[0] == 404
        assert code_of(await _leave(there, other))[0] == 404
    assert (await _leave(there, fabrikam)).status_code == 200


# --- Keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", "  "])
async def test_without_a_key_nothing_is_done(home: Caller, fabrikam: Place, key: str | None):
    headers = {} if key is None else {"Idempotency-Key": key}
    assert code_of(await home.post(f"{AT}/{fabrikam.id}/leave", headers=headers)) == (400, "BadRequest")
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert listed["state"] == "present"


@pytest.mark.parametrize("key", ["k" * 256, "a\tb"])
async def test_a_key_that_is_none(home: Caller, fabrikam: Place, key: str):
    assert code_of(await _leave(home, fabrikam, key))[0] == 400
    assert (await _leave(home, fabrikam, "k" * 255)).status_code == 200


async def test_the_same_key_is_answered_the_same_whatever_happened_meanwhile(
    graph: Graph, home: Caller, house: House, adele: Membership, fabrikam: Place, visitor: Membership
):
    first = await _leave(home, fabrikam, "first")
    assert first.status_code == 200
    _advance(house, timedelta(minutes=5))
    assert (await _leave(home, fabrikam, "first")).content == first.content
    await restoring.restore(house, tenant_id=fabrikam.id, user_id=visitor.user_id, by=operator())
    assert (await _leave(home, fabrikam, "first")).content == first.content, "and nobody leaves again by it"
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert listed["state"] == "present"
    second = await _leave(home, fabrikam, "second")
    assert second.json()["reference"] != first.json()["reference"]
    await erasing.purge(house, tenant_id=fabrikam.id, user_id=visitor.user_id, by=operator())
    await erasing.erase(house, tenant_id=fabrikam.id, user_id=visitor.user_id)
    for key, earlier in (("first", first), ("second", second)):
        assert (await _leave(home, fabrikam, key)).content == earlier.content
    third = (await _leave(home, fabrikam, "third")).json()
    assert third == {**second.json(), "state": "erased"}
    assert code_of(await home.get(f"{AT}/{fabrikam.id}/leavePreview")) == (403, "wrongStage")


async def test_a_key_belongs_to_one_organization(
    graph: Graph, house: House, home: Caller, adele: Membership, fabrikam: Place
):
    tailspin = await world.organization(house, "Tailspin")
    await world.visitor(tailspin, adele)
    assert (await _leave(home, fabrikam, "mine")).status_code == 200
    assert code_of(await _leave(home, tailspin, "mine")) == (422, "IdempotencyKeyReused")
    listed = await _listed(home, tailspin)
    assert listed is not None
    assert listed["state"] == "present"


async def test_a_key_belongs_to_one_person(graph: Graph, home: Caller, contoso: Place, fabrikam: Place):
    alex = await world.member(contoso, "Alex Wilber")
    await world.visitor(fabrikam, alex)
    other = await graph.person(alex, LEAVE)
    mine, theirs = await _leave(home, fabrikam, "k"), await _leave(other, fabrikam, "k")
    assert (mine.status_code, theirs.status_code) == (200, 200)
    assert mine.json()["reference"] != theirs.json()["reference"]


async def test_another_key_after_an_administrators_deletion(
    home: Caller, house: House, fabrikam: Place, visitor: Membership
):
    first = await _leave(home, fabrikam, "first")
    await restoring.restore(house, tenant_id=fabrikam.id, user_id=visitor.user_id, by=operator())
    await removing.remove(house, tenant_id=fabrikam.id, user_id=visitor.user_id, by=operator())
    assert code_of(await _leave(home, fabrikam, "second")) == (403, "wrongStage")
    assert (await _leave(home, fabrikam, "first")).content == first.content


async def test_many_at_once_leave_once(home: Caller, fabrikam: Place):
    keys = ["same"] * 4 + ["one", "two"]
    answers = await asyncio.gather(*(_leave(home, fabrikam, key) for key in keys))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["reference"] for answer in answers}) == 1
    left = [event for event in await world.events(fabrikam) if event.type == "membership.leave"]
    assert len(left) == 1


# --- Tokens, and what stays listed ----------------------------------------------------------------------------------


async def test_tokens_of_the_organization_die_and_no_others(
    graph: Graph, house: House, home: Caller, adele: Membership, visitor: Membership, fabrikam: Place
):
    tailspin = await world.organization(house, "Tailspin")
    elsewhere = await graph.person(await world.visitor(tailspin, adele), LEAVE, "User.Read")
    there = await graph.person(visitor, LEAVE, "User.Read")
    assert (await _leave(there, fabrikam, "k")).status_code == 200
    for path in ("/v1.0/me", AT):
        assert code_of(await there.get(path)) == (401, "InvalidAuthenticationToken")
        assert (await elsewhere.get(path)).status_code == 200
    assert code_of(await _leave(there, fabrikam, "k"))[0] == 401
    assert (await _leave(home, fabrikam, "k")).status_code == 200


async def test_what_was_left_is_listed_for_sixty_days(
    graph: Graph, house: House, home: Caller, adele: Membership, visitor: Membership, fabrikam: Place
):
    assert (await _leave(home, fabrikam)).status_code == 200

    async def listed() -> tuple[str, str | None, str | None] | None:
        found = await _listed(await graph.person(adele, LEAVE), fabrikam)
        return None if found is None else (found["state"], found["restorableUntil"], found["dataRemovedBy"])

    until, removed = "2026-04-01T09:30:00Z", "2026-05-01T09:30:00Z"
    assert await listed() == ("deleted", until, removed)
    _advance(house, timedelta(days=30) - timedelta(milliseconds=1))
    assert await listed() == ("deleted", until, removed)
    _advance(house, timedelta(milliseconds=1))
    assert await listed() == ("purged", None, removed), "whether or not a worker has come by"
    assert await erasing.purge_due(house, tenant_id=fabrikam.id, user_id=visitor.user_id) == START + timedelta(days=30)
    assert await listed() == ("purged", None, removed)
    assert await erasing.erase(house, tenant_id=fabrikam.id, user_id=visitor.user_id) is not None
    assert await listed() == ("erased", None, removed)
    _advance(house, timedelta(days=30) - timedelta(milliseconds=1))
    assert await listed() == ("erased", None, removed)
    _advance(house, timedelta(milliseconds=1))
    assert await listed() is None
    assert (START + timedelta(days=60)) == house.clock.now()


async def test_what_nobody_erased_is_listed_for_sixty_days_as_well(
    graph: Graph, house: House, home: Caller, adele: Membership, visitor: Membership, fabrikam: Place
):
    assert (await _leave(home, fabrikam)).status_code == 200
    _advance(house, timedelta(days=40))
    await erasing.purge_due(house, tenant_id=fabrikam.id, user_id=visitor.user_id)
    _advance(house, timedelta(days=20) - timedelta(milliseconds=1))
    found = await _listed(await graph.person(adele, LEAVE), fabrikam)
    assert found is not None
    assert found["state"] == "purged"
    _advance(house, timedelta(milliseconds=1))
    assert await _listed(await graph.person(adele, LEAVE), fabrikam) is None


async def test_a_fresh_start_is_the_one_that_counts(
    graph: Graph, house: House, home: Caller, adele: Membership, fabrikam: Place
):
    first = await _leave(home, fabrikam, "first")
    admin = await graph.app(fabrikam, "User.Invite.All")
    body = {"invitedUserEmailAddress": "adele@contoso.example", "inviteRedirectUrl": "https://apps.example/"}
    assert code_of(await admin.post("/v1.0/invitations", body)) == (409, "Conflict")
    again = await admin.post("/v1.0/invitations", {**body, "startFresh": True})
    assert again.status_code == 201
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert (listed["state"], listed["whyNot"]) == ("invited", "wrongStage")
    assert (await _leave(home, fabrikam, "first")).content == first.content


# --- What would go --------------------------------------------------------------------------------------------------


async def test_a_preview_names_what_it_may(house: House, home: Caller, fabrikam: Place, visitor: Membership):
    ids = {}
    for name, more in (
        ("Open", {}),
        ("Council", {"visibility": "HiddenMembership", "types": ("Unified",), "mail_enabled": True}),
        ("Struck", {}),
    ):
        new = NewGroup(name, name.lower(), **more)  # type: ignore[arg-type]
        made = await grouping.create_group(
            house, new, tenant_id=fabrikam.id, by=operator(), member_ids=[visitor.user_id]
        )
        ids[name] = made.group_id
    await group_members.remove_member(
        house, tenant_id=fabrikam.id, group_id=ids["Struck"], user_id=visitor.user_id, by=operator()
    )
    await _give(house, fabrikam, visitor, GUEST_INVITER)
    answer = await home.get(f"{AT}/{fabrikam.domain.upper()}/leavePreview")
    assert answer.json() == {
        "groups": [{"id": ids["Open"], "displayName": "Open"}],
        "apps": [],
        "roles": [{"id": GUEST_INVITER, "displayName": "Guest Inviter"}],
        "hiddenCount": 1,
        "restorableUntil": "2026-04-01T09:30:00Z",
        "dataRemovedBy": "2026-05-01T09:30:00Z",
    }
    assert (await world.events(fabrikam))[-1].type == "role.assign", "a preview is no event"


# --- Direct connect -------------------------------------------------------------------------------------------------


async def test_direct_connect_has_no_user_object_and_no_way_back(
    graph: Graph, house: House, contoso: Place, fabrikam: Place, adele: Membership
):
    shared = await _open(house, contoso, fabrikam)
    connected = await _connect(fabrikam, adele, shared)
    home = await graph.person(adele, LEAVE)
    there = await graph.person(connected, LEAVE, "User.Read", through=shared)
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert (listed["kind"], listed["state"], listed["canLeave"]) == ("directConnect", "present", True)
    assert listed == await _listed(there, fabrikam)
    assert code_of(await there.get("/v1.0/me"))[0] in {403, 404}, "there is no user object"
    preview = (await there.get(f"{AT}/{fabrikam.id}/leavePreview")).json()
    assert (preview["restorableUntil"], preview["dataRemovedBy"]) == (None, "2026-04-01T09:30:00Z")
    assert [app["displayName"] for app in preview["apps"]] == ["Shared"]
    receipt = (await _leave(there, fabrikam, "k")).json()
    assert {name: receipt[name] for name in ("kind", "restorableUntil", "dataRemovedBy", "state")} == {
        "kind": "directConnect",
        "restorableUntil": None,
        "dataRemovedBy": "2026-04-01T09:30:00Z",
        "state": "purged",
    }
    assert code_of(await there.get(AT))[0] == 401
    admin = await graph.app(fabrikam, "User.ReadWrite.All")
    assert (await admin.get("/v1.0/directory/deletedItems/graph.user")).json()["value"] == []
    assert code_of(await admin.post(f"/v1.0/directory/deletedItems/{connected.user_id}/restore"))[0] == 404
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert (listed["state"], listed["whyNot"]) == ("purged", "wrongStage")
    assert await erasing.erase(house, tenant_id=fabrikam.id, user_id=connected.user_id) is not None
    listed = await _listed(home, fabrikam)
    assert listed is not None
    assert (listed["kind"], listed["state"]) == ("directConnect", "erased")
    assert (await _leave(home, fabrikam, "k")).json() == receipt


async def _open(house: House, home: Place, there: Place) -> App:
    """Both organizations let everybody connect directly; an app that the second one shares."""
    everybody = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
    every_app = {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]}
    open_to_all = {"usersAndGroups": everybody, "applications": every_app}
    for place, other, way in ((home, there, OUTBOUND), (there, home, INBOUND)):
        changes = {way: open_to_all}
        await set_partner(house, tenant_id=place.id, partner_id=other.id, changes=changes, by=operator())
    new = NewApp("Shared", public=True, redirect_uris=(CALLBACK,))
    return (await apps.create_app(house, new, tenant_id=there.id, by=operator())).app


async def _connect(there: Place, who: Membership, shared: App) -> Membership:
    """Somebody uses a shared app for the first time."""
    made = await connecting.connect(
        there.house,
        tenant_id=there.id,
        person_id=who.person_id or "",
        client_id=shared.client_id,
        by=world.at_portal(who),
    )
    return await world.again(there.house, there.id, made.user_id)


def test_the_routes_are_in_beta_only():
    assert {route.versions for route in leaving.ROUTES} == {("beta",)}
