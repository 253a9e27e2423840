"""Imports, end to end on both databases: who comes in, as what, and what is told of every line."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.importing.conftest import CONTEXT, HEADINGS, TEMPLATE, Port, gone, group, guest, guid, told, user
from tests.support import world
from vestibule.actions import grouping, leaving, redeeming, removing, restoring
from vestibule.importing.ledger import Outcome, Place
from vestibule.importing.run import Watch, run
from vestibule.importing.wishes import Kind
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Invited, Present, Tie
from vestibule.store import groups, invitations, outbox, snapshot, users
from vestibule.store.holdings import IN_GROUPS, OWNING
from vestibule.store.postgres import PostgresStore
from vestibule.store.sqlite import SqliteStore
from vestibule.store.unit import Reading

LINK = "https://apps.contoso.example/"


def lines(outcomes: list[Outcome]) -> list[tuple[int, str]]:
    return [(outcome.place.line, told(outcome)) for outcome in outcomes]


async def reading(port: Port) -> Reading:
    return await port.house.store.read()


# --- Invitations ------------------------------------------------------------------------------------------------------


async def test_a_list_invites_and_sends_letters_where_it_says_so(port: Port):
    port.file("list.csv", f"{TEMPLATE}Ann@Fabrikam.example,{LINK},true,Hi Ann\nbob@fabrikam.example,{LINK},false,\n")
    done = await port.bring()

    assert [(one.place, one.kind, one.who) for one in done.accepted] == [
        (Place(0, 3), Kind.INVITATION, "Ann@Fabrikam.example"),
        (Place(0, 4), Kind.INVITATION, "bob@fabrikam.example"),
    ]
    assert (done.refused, done.already_there) == ([], [])
    for outcome, mailed in zip(done.accepted, (True, False), strict=True):
        found = await port.membership(outcome.new_id)
        assert isinstance(found.stage, Invited)
        assert (found.mail, found.user_type) == (outcome.who, "Guest")
        (invitation,) = await invitations.of_user(await reading(port), port.place.id, found.user_id)
        assert (invitation.redirect_url, invitation.message) == (LINK, "Hi Ann" if mailed else None)
        assert (outcome.link is None) is mailed
        if outcome.link is not None:
            assert outcome.link.startswith("https://vestibule.example/invitations/")
    letters = await outbox.waiting(await reading(port), 10)
    assert len(letters) == 1


async def test_each_is_written_to_the_log_by_the_operator(port: Port):
    port.file("list.csv", f"{TEMPLATE}ann@fabrikam.example,{LINK}\n")
    await port.bring()

    told_of = await world.last_event(port.place)
    assert told_of.type == "membership.invite"
    assert told_of.record["actor"]["kind"] == "operator"
    assert told_of.subject["mail"] == "ann@fabrikam.example"


async def test_lines_that_cannot_be_are_refused_each_with_its_reason(port: Port):
    blocked = "ann@contoso.example"
    port.file(
        "list.csv",
        TEMPLATE
        + f"no address,{LINK}\n{blocked},{LINK}\nok@fabrikam.example,http://a.example/\n"
        + f"one@fabrikam.example,{LINK}\nONE@fabrikam.example,{LINK}\ntwo@fabrikam.example,{LINK},true,\u202ehi\n"
        + f"three@fabrikam.example,{LINK}\n",
    )
    done = await port.bring()

    assert [outcome.place.line for outcome in done.accepted] == [6, 9]
    assert lines(done.refused) == [
        (3, "the address: this is no mail address that invitations can go to"),
        (4, "the address belongs to the organization itself; create a member instead"),
        (5, "the redirect URL: it has to be an https link (http on loopback only), without user information"),
        (7, "the address stands in line 6 already"),
        (8, "the message: it holds a control character or another one that shows nothing"),
    ]
    assert [one.mail for one in await port.by_mail("one@fabrikam.example")] == ["one@fabrikam.example"]


async def test_running_it_again_brings_nobody_in_twice_and_sends_nothing(port: Port):
    rows = "".join(f"guest{number}@fabrikam.example,{LINK},true,\n" for number in range(40))
    port.file("list.csv", TEMPLATE + rows)
    first = await port.bring()
    mails = len(await outbox.waiting(await reading(port), 100))
    events = len(await world.events(port.place))
    again = await port.bring()

    assert len(first.accepted) == 40
    assert (again.accepted, again.refused) == ([], [])
    assert {told(outcome) for outcome in again.already_there} == {"is invited already"}
    assert [one.new_id for one in again.already_there] == [one.new_id for one in first.accepted]
    assert len(await outbox.waiting(await reading(port), 100)) == mails == 40
    assert len(await world.events(port.place)) == events


async def test_after_an_interruption_the_rest_comes_in(port: Port):
    half = port.file("half.csv", TEMPLATE + f"one@fabrikam.example,{LINK}\n")
    whole = port.file("whole.csv", TEMPLATE + f"one@fabrikam.example,{LINK}\ntwo@fabrikam.example,{LINK}\n")
    await port.bring(half)
    done = await port.bring(whole)

    assert [outcome.who for outcome in done.already_there] == ["one@fabrikam.example"]
    assert [outcome.who for outcome in done.accepted] == ["two@fabrikam.example"]


async def test_a_guest_who_accepted_is_there_and_one_who_is_disabled_is_told_of(port: Port):
    here = await world.guest(port.place, "here@fabrikam.example")
    port.file("users.json", [guest(1, mail="off@fabrikam.example", accountEnabled=False)])
    await port.bring()
    listed = port.file("list.csv", TEMPLATE + f"here@fabrikam.example,{LINK}\noff@fabrikam.example,{LINK}\n")
    done = await port.bring(listed)

    assert [(one.new_id, told(one)) for one in done.already_there] == [(here.user_id, "is a guest already")]
    ((line, why),) = lines(done.refused)
    assert line == 4
    assert why.startswith("there is a guest with this address, who is disabled")


async def test_who_left_by_choice_is_not_brought_back(port: Port):
    left = await world.guest(port.place, "ann@fabrikam.example")
    removed = await world.guest(port.place, "bob@fabrikam.example")
    await leaving.leave(
        port.house, tenant_id=port.place.id, user_id=left.user_id, by=world.at_portal(left), key="k" * 20
    )
    await removing.remove(port.house, tenant_id=port.place.id, user_id=removed.user_id, by=port.place.admin)
    port.file("list.csv", TEMPLATE + f"ann@fabrikam.example,{LINK}\n")
    port.file("users.json", [guest(1, mail="bob@fabrikam.example")])
    done = await port.bring()

    assert done.accepted == []
    by_choice = "this person left by choice; only an invitation that they accept brings them back"
    can_be_restored = "a guest with this address left or was deleted and can be restored: `vestibule user restore`"
    assert [told(one) for one in done.refused] == [
        f"{by_choice} (objectId {left.user_id})",
        f"{can_be_restored} (objectId {removed.user_id})",
    ]
    assert isinstance((await port.membership(left.user_id)).stage, Deleted)


# --- Users ------------------------------------------------------------------------------------------------------------


async def test_members_come_with_new_ids_and_what_is_known_of_them(port: Port):
    port.file("users.json", {"@odata.context": f"{CONTEXT}users", "value": [
        user(1, givenName="Ann", jobTitle="Clerk", businessPhones=["+1"], createdDateTime="2020-01-01T00:00:00Z"),
        user(2, accountEnabled=False, mailNickname="two", preferredLanguage="nl-NL"),
    ]})  # fmt: skip
    done = await port.bring()

    assert done.map == {guid(number): one.new_id for number, one in enumerate(done.accepted, 1)}
    assert not set(done.map) & set(done.map.values())
    assert done.left_out == {"createdDateTime": 1}
    ann, two = [await users.find(await reading(port), port.place.id, done.map[guid(number)]) for number in (1, 2)]
    assert ann is not None
    assert two is not None
    assert (ann.profile.given_name, ann.profile.job_title, ann.profile.mail) == (
        "Ann",
        "Clerk",
        "user1@contoso.example",
    )
    assert ann.profile.attributes["mailNickname"] == "user1"
    assert ann.membership.standing.tie is Tie.HOME
    assert (two.membership.standing.enabled_here, two.profile.attributes["mailNickname"]) == (False, "two")


async def test_guests_come_as_invited_with_what_is_known_of_them_and_get_no_letter(port: Port):
    port.file("users.json", [
        guest(1, externalUserState="Accepted", jobTitle="Buyer", companyName="Fabrikam"),
        guest(2, accountEnabled=False),
        guest(3, userType="Member"),
    ])  # fmt: skip
    done = await port.bring()

    found = [await users.find(await reading(port), port.place.id, str(one.new_id)) for one in done.accepted]
    assert [type(one.membership.stage) for one in found if one] == [Invited, Invited, Invited]
    assert [one.membership.standing.tie for one in found if one] == [Tie.GUEST, Tie.GUEST, Tie.EXTERNAL_MEMBER]
    assert [one.membership.standing.enabled_here for one in found if one] == [True, False, True]
    first = found[0]
    assert first is not None
    assert (first.profile.display_name, first.profile.job_title) == ("Guest 1", "Buyer")
    assert first.profile.external_user_state == "PendingAcceptance"
    assert first.profile.user_principal_name == "guest1_fabrikam.example#EXT#@contoso.example"
    (invitation,) = await invitations.of_user(await reading(port), port.place.id, first.membership.user_id)
    assert invitation.redirect_url == "https://vestibule.example/myaccount/organizations"
    assert await outbox.waiting(await reading(port), 10) == []
    assert done.left_out == {"externalUserState": 1}


async def test_an_imported_guest_accepts_like_any_other(port: Port):
    port.file("users.json", [guest(1)])
    done = await port.bring()
    link = done.accepted[0].link
    assert link is not None
    person_id = await world.mailbox_person(port.house, "guest1@fabrikam.example")
    await redeeming.redeem(
        port.house, person_id=person_id, ticket=link.rpartition("/")[2], by=world.person_at_pages(person_id)
    )

    assert isinstance((await port.membership(done.accepted[0].new_id)).stage, Present)


async def test_users_that_cannot_be_are_refused_each_with_its_reason(port: Port):
    await world.member(port.place, "Adele Vance")
    port.file(
        "users.jsonl",
        "\n".join(
            json.dumps(one)
            for one in [
                user(1, userPrincipalName="user1@other.example", mail=None),
                user(2, displayName=""),
                user(3, mobilePhone="1" * 65),
                user(4),
                user(4, userPrincipalName="again@contoso.example", mail=None),
                user(5, userPrincipalName="USER4@contoso.example", mail=None),
                user(6, mail="user4@contoso.example"),
                {"displayName": "Nobody"},
            ]
        )
        + "\nbroken\n",
    )
    done = await port.bring()

    assert [outcome.place.line for outcome in done.accepted] == [4]
    assert lines(done.refused) == [
        (1, "the user principal name: its domain is none of this organization's, or cannot be used"),
        (2, "the name: it is blank"),
        (3, "mobilePhone: it is too long"),
        (5, "the id stands in line 4 already"),
        (6, "the user principal name stands in line 4 already"),
        (7, "the address stands in line 4 already"),
        (8, "neither a user nor a group: it has no userPrincipalName and no securityEnabled"),
        (9, "no JSON that can be relied on: line 1, column 1: Expecting value"),
    ]


async def test_a_member_who_was_deleted_here_is_not_made_again(port: Port):
    adele = await world.member(port.place, "Adele Vance")
    await removing.remove(port.house, tenant_id=port.place.id, user_id=adele.user_id, by=port.place.admin)
    port.file("users.json", [user(1, userPrincipalName="adele@contoso.example", mail=None)])
    done = await port.bring()

    ((_, why),) = lines(done.refused)
    assert why.endswith(f"can be restored: `vestibule user restore` (objectId {adele.user_id})")


# --- Deleted items ----------------------------------------------------------------------------------------------------


async def test_deleted_users_come_in_deleted_and_can_be_restored(port: Port):
    typed = {**gone(user(1)), "@odata.type": "#microsoft.graph.user"}
    others = [gone(guest(2, accountEnabled=False)), gone(user(3, accountEnabled=False))]
    port.file("deleted.json", {"@odata.context": f"{CONTEXT}directoryObjects", "value": [typed, *others]})
    done = await port.bring()

    now = port.house.clock.now()
    assert [outcome.kind for outcome in done.accepted] == [Kind.DELETED_USER] * 3
    assert done.left_out == {"deletedDateTime": 3}
    for number in (1, 2, 3):
        stage = (await port.membership(done.map[guid(number)])).stage
        assert isinstance(stage, Deleted)
        assert (stage.at, stage.purge_due) == (now, now + timedelta(days=30))
    for number, stage_after, enabled in ((1, Present, True), (2, Invited, False), (3, Present, False)):
        user_id = done.map[guid(number)]
        await restoring.restore(port.house, tenant_id=port.place.id, user_id=user_id, by=port.place.admin)
        back = await port.membership(user_id)
        assert isinstance(back.stage, stage_after)
        assert back.standing.enabled_here is enabled
    assert Counter(event.type for event in await world.events(port.place)) >= Counter(
        {"user.create": 2, "membership.invite": 1, "membership.disable": 1, "membership.remove": 3}
    )


async def test_who_came_back_in_the_meantime_has_name_and_address_of_the_deleted_one(port: Port):
    everything = [user(1), guest(2), gone(user(3)), gone(guest(4))]
    everything[2]["userPrincipalName"] = guid(3).replace("-", "") + "user1@contoso.example"
    everything[2]["mail"] = everything[0]["mail"]
    everything[3]["mail"] = everything[1]["mail"]
    port.file("all.json", everything)
    done = await port.bring()
    again = await port.bring()

    assert lines(done.refused) == []
    assert len(done.map) == 4
    assert isinstance((await port.membership(done.map[guid(1)])).stage, Present)
    assert isinstance((await port.membership(done.map[guid(2)])).stage, Invited)
    for number in (3, 4):
        assert isinstance((await port.membership(done.map[guid(number)])).stage, Deleted)
    assert again.map == done.map
    assert (again.accepted, again.refused) == ([], [])


async def test_a_deleted_one_does_not_touch_who_is_here(port: Port):
    await world.member(port.place, "Adele Vance")
    await world.guest(port.place, "ann@fabrikam.example")
    port.file(
        "deleted.json",
        [gone(user(1, userPrincipalName="adele@contoso.example")), gone(guest(2, mail="ann@fabrikam.example"))],
    )
    done = await port.bring()

    assert done.accepted == []
    assert {told(one) for one in done.refused} == {"somebody with this address or name is here, and not deleted"}
    assert isinstance((await port.by_mail("ann@fabrikam.example"))[0].stage, Present)


async def test_deleted_groups_come_in_deleted_and_can_be_restored(port: Port):
    port.file("deleted.json", [gone(group(1))])
    done = await port.bring()
    again = await port.bring()

    found = await groups.find(await reading(port), port.place.id, done.map[guid(1)])
    assert found is not None
    assert found.is_restorable(port.house.clock.now())
    assert (again.accepted, again.map) == ([], done.map)
    restored = await grouping.restore_group(
        port.house, tenant_id=port.place.id, group_id=done.map[guid(1)], by=operator()
    )
    assert restored.is_live


# --- Groups -----------------------------------------------------------------------------------------------------------


async def test_references_between_the_files_are_kept_whatever_their_order(port: Port):
    port.file(f"members-{guid(10)}.json", {"value": [{"id": guid(1)}, {"id": guid(2).upper()}]})
    port.file("groups.json", [group(10), group(11, members=[{"id": guid(1)}], owners=[{"id": guid(1)}])])
    port.file("users.json", [user(1), guest(2)])
    done = await port.bring()

    assert lines(done.refused) == []
    ids = done.map
    now = await reading(port)
    for group_id, user_id in ((10, 1), (10, 2), (11, 1)):
        assert await IN_GROUPS.find(now, port.place.id, ids[guid(user_id)], ids[guid(group_id)]) is not None
    assert await OWNING.find(now, port.place.id, ids[guid(1)], "group", ids[guid(11)]) is not None
    assert [(one.place, one.kind, one.who) for one in done.accepted] == [
        (Place(0, 1), Kind.MEMBERS, guid(1)),
        (Place(0, 1, 1), Kind.MEMBERS, guid(2)),
        (Place(1, 1), Kind.GROUP, "Group 10"),
        (Place(1, 1, 1), Kind.GROUP, "Group 11"),
        (Place(1, 1, 2), Kind.MEMBERS, guid(1)),
        (Place(1, 1, 3), Kind.OWNERS, guid(1)),
        (Place(2, 1), Kind.USER, "user1@contoso.example"),
        (Place(2, 1, 1), Kind.USER, "guest2@fabrikam.example"),
    ]


async def test_members_that_cannot_be_are_refused_each_with_its_reason(port: Port):
    port.file("users.json", [user(1), gone(user(2)), user(3, displayName="")])
    port.file("groups.json", [group(10), gone(group(11))])
    pairs = [(10, 1), (10, 1), (10, 2), (10, 3), (10, 4), (11, 1), (12, 1)]
    port.file("members.jsonl", "\n".join(f'{{"groupId":"{guid(g)}","userId":"{guid(u)}"}}' for g, u in pairs))
    done = await port.bring()

    assert [(one.place.line, told(one)) for one in done.refused if one.place.file == 2] == [
        (2, "the member of the group stands in line 1 already"),
        (3, "the user is deleted"),
        (4, f"the user {guid(3)} stands in none of the files, or was refused there"),
        (5, f"the user {guid(4)} stands in none of the files, or was refused there"),
        (6, "the group is deleted"),
        (7, f"the group {guid(12)} stands in none of the files, or was refused there"),
    ]


async def test_groups_keep_their_kind_or_are_refused(port: Port):
    port.file("groups.jsonl", "\n".join(
        json.dumps(one)
        for one in [
            group(1, description="People", classification="low", isAssignableToRole=True, visibility="Private"),
            group(2, groupTypes=["Unified"], mailEnabled=True, securityEnabled=False, visibility="Public"),
            {"id": guid(3), "displayName": "Équipe du Nord", "groupTypes": []},
            group(4, groupTypes=["DynamicMembership"]),
            group(5, mailEnabled=True),
            group(6, securityEnabled="yes"),
            group(7, mailNickname="has space"),
        ]
    ))  # fmt: skip
    done = await port.bring()

    found = [await groups.find(await reading(port), port.place.id, done.map[guid(number)]) for number in (1, 2, 3)]
    assert [(one.description, one.assignable_to_role, one.group_types, one.visibility) for one in found if one] == [
        ("People", True, [], "Private"),
        (None, False, ["Unified"], "Public"),
        (None, False, [], None),
    ]
    assert found[0] is not None
    assert found[0].attributes == {"classification": "low"}
    assert found[2] is not None
    assert found[2].mail_nickname == "quipe-du-Nord"
    assert [(line, why.partition(":")[0]) for line, why in lines(done.refused)] == [
        (4, "groupTypes"),
        (5, "mailEnabled"),
        (6, "securityEnabled"),
        (7, "mailNickname"),
    ]


async def test_groups_of_one_name_stay_several_and_running_it_again_makes_no_more(port: Port):
    port.file("users.json", [user(1), user(2)])
    port.file("groups.json", [
        group(10, displayName="Twins", mailNickname="t", members=[guid(1)], owners=[guid(1)]),
        group(11, displayName="Twins", mailNickname="t", members=[guid(2)]),
    ])  # fmt: skip
    done = await port.bring()
    again = await port.bring()

    assert len(set(done.map.values())) == 4
    assert (again.accepted, again.refused) == ([], [])
    assert {told(one) for one in again.already_there} == {
        "is there already",
        "is member of the group already",
        "is owner of the group already",
    }
    assert len(await groups.by_name(await reading(port), port.place.id, "twins")) == 2


async def test_a_group_that_was_deleted_here_is_not_made_again(port: Port):
    port.file("groups.json", [group(1)])
    first = await port.bring()
    await grouping.delete_group(port.house, tenant_id=port.place.id, group_id=first.map[guid(1)], by=operator())
    again = await port.bring()

    assert again.accepted == []
    assert len(again.refused) == 1
    assert "can be restored" in told(again.refused[0])


# --- The whole --------------------------------------------------------------------------------------------------------


def everything(port: Port) -> None:
    """Files with something of every kind, and something wrong of every kind."""
    port.file(
        "list.csv", f"{TEMPLATE}csv@fabrikam.example,{LINK},true,Hi\nwrong,{LINK}\nhere@fabrikam.example,{LINK}\n"
    )
    port.file(
        "users.json", [user(1), guest(2), gone(user(3)), gone(guest(4)), user(5, userPrincipalName="x@y.example")]
    )
    port.file(
        "groups.json",
        [
            group(10, members=[guid(1), guid(2), guid(5)], owners=[guid(1)]),
            gone(group(11)),
            group(12, mailEnabled=True),
        ],
    )
    port.file("broken.json", '[{"id":')


async def test_a_rehearsal_writes_nothing_and_refuses_the_same(port: Port):
    await world.guest(port.place, "here@fabrikam.example")
    everything(port)
    before = await every_row(port)
    tried = await port.bring(rehearsal=True)
    after = await every_row(port)
    done = await port.bring()

    assert after == before
    assert [(one.place, told(one)) for one in tried.refused] == [(one.place, told(one)) for one in done.refused]
    assert [one.place for one in tried.accepted] == [one.place for one in done.accepted]
    assert tried.already_there == done.already_there
    assert [one.place.file for one in done.refused] == [0, 1, 2, 2, 3]
    assert all(one.new_id is None and one.link is None for one in tried.accepted)
    assert tried.map == {}
    assert tried.left_out == done.left_out


async def test_a_rehearsal_of_what_is_there_finds_it(port: Port):
    everything(port)
    done = await port.bring()
    tried = await port.bring(rehearsal=True)

    assert tried.accepted == []
    assert tried.map == done.map
    assert len(tried.already_there) == len(done.accepted)


async def every_row(port: Port) -> dict[str, Any]:
    """Every row of every table, and every subject key."""
    store = port.house.store
    assert isinstance(store, SqliteStore | PostgresStore)
    return {"rows": await snapshot.take(store), "keys": await port.house.keys.export()}


async def test_every_line_is_told_of_once_and_in_order(port: Port):
    everything(port)
    steps: list[int] = []
    totals: list[int] = []
    watch = Watch(totals.append, lambda: steps.append(1))
    done = await run(port.house, port.place.id, port.files, watch=watch)

    for outcomes in (done.accepted, done.already_there, done.refused):
        assert [one.place for one in outcomes] == sorted(one.place for one in outcomes)
    places = [one.place for one in (*done.accepted, *done.already_there, *done.refused)]
    assert len(places) == len(set(places)) == done.lines == 3 + 5 + 7 + 1
    assert totals == [len(steps)] == [done.lines - 1]


async def test_other_organizations_are_left_alone(port: Port):
    fabrikam = await world.organization(port.house, "Fabrikam")
    member = await world.member(fabrikam, "Adele Vance")
    port.file("users.json", [guest(1, id=member.user_id, mail="adele@fabrikam.example")])
    events = len(await world.events(fabrikam))
    done = await port.bring()

    assert done.map[member.user_id] != member.user_id
    assert len(await world.events(fabrikam)) == events
    assert await world.again(port.house, fabrikam.id, member.user_id) == member


async def test_a_list_with_other_headings_or_a_file_of_another_kind_does_not_stop_the_others(port: Port):
    port.file("create.csv", "version:v1.0\nName [displayName] Required\nAnn\n")
    port.file("picture.json", b"\x89PNG\r\n\x1a\n")
    port.file("list.csv", ("version:v1.0\n" + HEADINGS + f"ann@fabrikam.example,{LINK}\n").encode("utf-16"))
    done = await port.bring()

    assert [(one.place.file, one.place.line) for one in done.refused] == [(0, 2), (1, 1)]
    assert [one.who for one in done.accepted] == ["ann@fabrikam.example"]


@pytest.mark.parametrize("times", [2])
async def test_the_same_file_twice_is_told_of(port: Port, times: int):
    path = port.file("list.csv", TEMPLATE + f"ann@fabrikam.example,{LINK}\n")
    done = await port.bring(*([path] * times))

    assert lines(done.refused) == [(3, f"the address stands in line 3 of {path} already")]
