"""Commands about users: the life of a guest by the operator, with the same audit rows as through other doors."""

from typing import Any

import msgspec
import pytest

from tests.commands.conftest import PASSWORD, Desk
from tests.commands.test_organizations import signs_in
from tests.support import world
from tests.support.houses import START
from tests.support.world import Place, Told
from vestibule.actions import erasing, group_members, grouping, leaving, removing, restoring, switching
from vestibule.program import Program
from vestibule.rules.actors import Strength, operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.proven_log import DESTROYED
from vestibule.rules.refusals import Refused
from vestibule.store import audit, memberships, organizations, second_factors
from vestibule.store.holdings import OWNING
from vestibule.store.unit import Unit

HERE = ("--organization", "contoso.example")
ADDRESS = "guest@elsewhere.example"


def place(desk: Desk, work: Any) -> Any:
    """Do something in Contoso by the actions themselves."""

    async def run(program: Program) -> Any:
        reading = await program.house.store.read()
        organization = await organizations.find_by_domain(reading, "contoso.example")
        assert organization is not None
        administrator = await memberships.find_by_upn(reading, organization.tenant_id, "admin@contoso.example")
        assert administrator is not None
        return await work(Place(program.house, organization, administrator))

    return desk.within(run)


def guest(desk: Desk, address: str = ADDRESS) -> str:
    """The id of a guest who accepted."""

    async def work(contoso: Place) -> str:
        return (await world.guest(contoso, address)).user_id

    return str(place(desk, work))


def of_user(desk: Desk, user_id: str) -> list[dict[str, Any]]:
    """The audit rows about a user, without what two lives never share: ids, times, labels and actors."""

    async def work(contoso: Place) -> list[dict[str, Any]]:
        reading = await contoso.house.store.read()
        tags = {(await memberships.find(reading, contoso.id, user_id)).audit_tag}  # type: ignore[union-attr]
        return [_row(one) for one in await events(contoso) if one.record["object"]["tag"] in tags]

    return list(place(desk, work))


async def events(contoso: Place) -> list[Told]:
    """Every event, in the order of its time."""
    reading = await contoso.house.store.read()
    now = contoso.house.clock.now()
    found = await audit.page(reading, contoso.id, START, now.replace(year=now.year + 50), 10_000)
    return [
        Told(one.type, one.reason, msgspec.json.decode(one.record), {}, {})
        for one in sorted(found, key=lambda one: (one.at, one.event_id))
    ]


def _row(told: Told) -> dict[str, Any]:
    kept = ("v", "type", "outcome", "reason_code", "changes", "facts")
    versions = {name: told.record["object"][name] for name in ("kind", "ver_before", "ver_after")}
    facts = {name: value for name, value in told.record["facts"].items() if name != DESTROYED}
    return {name: told.record[name] for name in kept} | versions | {"facts": facts}


def test_a_member_is_made_shown_and_signs_in(desk: Desk):
    made = desk.json(
        *("user", "create", *HERE, "--upn", "ann@contoso.example", "--name", "Ann Example"),
        *("--mail", "ann@contoso.example", "--password-file", "-"),
        stdin=PASSWORD + "\n",
    )
    assert made == {
        "id": made["id"],
        "tenantId": made["tenantId"],
        "kind": "home",
        "state": "present",
        "displayName": "Ann Example",
        "userPrincipalName": "ann@contoso.example",
        "mail": "ann@contoso.example",
        "userType": "Member",
        "accountEnabled": True,
        "onHold": False,
        "restorableUntil": None,
        "dataRemovedBy": None,
    }
    for named in (made["id"], made["id"].upper(), "ANN@contoso.example"):
        assert desk.json("user", "show", named, *HERE) == made
    assert signs_in(desk, "ann@contoso.example", PASSWORD)
    assert PASSWORD not in desk.run("user", "show", "ann@contoso.example", *HERE).out


def test_a_guest_is_invited_and_the_link_is_shown(desk: Desk):
    made = desk.json(
        *("user", "create", *HERE, "--invite", ADDRESS, "--name", "Guest", "--redirect-url", "https://apps.example/"),
        *("--send", "--message", "Welcome"),
        public_url="https://id.example",
    )
    assert made["inviteRedeemUrl"].startswith("https://id.example/invitations/")
    assert made["completed"] is False
    assert (made["state"], made["kind"], made["displayName"]) == ("invited", "guest", "Guest")
    again = desk.json("user", "create", *HERE, "--invite", ADDRESS)
    assert again["id"] == made["id"]
    assert again["inviteRedeemUrl"] != made["inviteRedeemUrl"]


def test_an_address_that_left_is_only_invited_afresh_when_somebody_says_so(filed: Desk):
    user_id = guest(filed)
    filed.json("user", "leave", user_id, *HERE)
    refused = filed.run("user", "create", *HERE, "--invite", ADDRESS)
    fresh = filed.json("user", "create", *HERE, "--invite", ADDRESS, "--start-fresh")

    assert refused.status == 1
    assert refused.reason.endswith(f"`vestibule user restore` (objectId {user_id})")
    assert fresh["id"] != user_id
    assert fresh["state"] == "invited"


def test_everybody_is_listed_however_many_pages(filed: Desk, monkeypatch: pytest.MonkeyPatch):
    for number in range(5):
        filed.json("user", "create", *HERE, "--upn", f"user{number}@contoso.example", "--name", f"User {number}")
    monkeypatch.setattr("vestibule.commands.using.PAGE", 2)
    filed.json("user", "delete", "user4@contoso.example", *HERE)

    listed = {one["userPrincipalName"] for one in filed.json("user", "list", *HERE)}
    assert listed == {"admin@contoso.example", *(f"user{number}@contoso.example" for number in range(4))}
    assert [one["displayName"] for one in filed.json("user", "list", *HERE, "--deleted")] == ["User 4"]


def test_an_address_of_several_has_to_be_said_by_id(filed: Desk):
    first = guest(filed)
    filed.json("user", "delete", first, *HERE)
    second = filed.json("user", "create", *HERE, "--invite", ADDRESS, "--start-fresh")["id"]

    assert filed.json("user", "show", ADDRESS, *HERE)["id"] == second
    filed.json("user", "delete", second, *HERE)
    assert filed.json("user", "show", ADDRESS, *HERE)["id"] == second
    assert filed.json("user", "show", first, *HERE)["state"] == "deleted"


def test_leaving_prints_the_receipt_and_writes_what_a_guest_s_own_leave_writes(desk: Desk):
    mine, other = guest(desk), guest(desk, "other@elsewhere.example")
    receipt = desk.json("user", "leave", mine, *HERE)

    async def by_themselves(contoso: Place) -> None:
        who = await world.again(contoso.house, contoso.id, other)
        actor = world.at_portal(who, Strength.EMAILED_CODE)
        await leaving.leave(contoso.house, tenant_id=contoso.id, user_id=other, by=actor, key="key")

    place(desk, by_themselves)
    assert receipt["displayName"] == "Contoso"
    assert receipt["state"] == "deleted"
    assert {"reference", "tenantId", "domain", "kind", "leftAt", "restorableUntil", "dataRemovedBy"} <= set(receipt)
    assert of_user(desk, mine) == of_user(desk, other)
    assert of_user(desk, mine)[-1]["type"] == "membership.leave"
    assert desk.json("user", "show", mine, *HERE)["restorableUntil"] == receipt["restorableUntil"]


def test_a_refused_leave_is_written_down_like_any_other(desk: Desk):
    mine, other = guest(desk), guest(desk, "other@elsewhere.example")
    for user_id in (mine, other):
        desk.json("user", "disable", user_id, *HERE)
    done = desk.run("user", "leave", mine, *HERE)

    async def by_themselves(contoso: Place) -> None:
        who = await world.again(contoso.house, contoso.id, other)
        with pytest.raises(Refused, match="accountDisabled"):
            await leaving.leave(contoso.house, tenant_id=contoso.id, user_id=other, by=world.at_portal(who), key="key")

    place(desk, by_themselves)
    assert (done.status, done.out) == (1, "")
    assert done.reason == "the account is disabled; `vestibule user enable` changes that"
    assert of_user(desk, mine) == of_user(desk, other)
    last = of_user(desk, mine)[-1]
    assert (last["type"], last["outcome"], last["reason_code"]) == ("membership.leave", "failure", "accountDisabled")


def test_disabling_enabling_deleting_restoring_and_purging_as_an_administrator_would(desk: Desk):
    mine, other = guest(desk), guest(desk, "other@elsewhere.example")
    states = [
        (shown["state"], shown["accountEnabled"])
        for shown in (
            desk.json("user", "disable", mine, *HERE),
            desk.json("user", "enable", mine, *HERE),
            desk.json("user", "delete", ADDRESS, *HERE),
            desk.json("user", "restore", ADDRESS, *HERE),
            desk.json("user", "delete", mine, *HERE),
        )
    ]
    gone = desk.json("user", "purge", mine, *HERE)

    async def by_the_administrator(contoso: Place) -> None:
        named: Any = {"tenant_id": contoso.id, "user_id": other}
        await switching.disable(contoso.house, **named, by=contoso.admin)
        await switching.enable(contoso.house, **named, by=contoso.admin)
        await removing.remove(contoso.house, **named, by=contoso.admin)
        await restoring.restore(contoso.house, **named, by=contoso.admin)
        await removing.remove(contoso.house, **named, by=contoso.admin)
        await erasing.purge(contoso.house, **named, by=contoso.admin)
        await erasing.erase(contoso.house, **named)

    place(desk, by_the_administrator)
    assert states == [
        ("present", False),
        ("present", True),
        ("deleted", True),
        ("present", True),
        ("deleted", True),
    ]
    assert (gone["state"], gone["displayName"], gone["mail"]) == ("erased", "", None)
    assert [row["type"] for row in of_user(desk, mine)[2:]] == [
        "membership.disable",
        "membership.enable",
        "membership.remove",
        "membership.restore",
        "membership.remove",
        "membership.purge",
        "membership.erase",
    ]
    assert of_user(desk, mine) == of_user(desk, other)


def test_a_restore_says_what_came_back_and_what_did_not(filed: Desk):
    user_id = guest(filed)

    async def in_two_groups(contoso: Place) -> list[str]:
        made = []
        for name in ("Stays", "Goes"):
            group = await grouping.create_group(
                contoso.house, NewGroup(name, name.lower()), tenant_id=contoso.id, by=operator(), member_ids=[user_id]
            )
            made.append(group.group_id)
        return made

    stays, goes = place(filed, in_two_groups)
    filed.json("user", "delete", user_id, *HERE)

    async def one_goes(contoso: Place) -> None:
        named: Any = {"tenant_id": contoso.id, "group_id": goes, "by": operator()}
        await group_members.remove_member(contoso.house, **named, user_id=user_id)

    place(filed, one_goes)
    back = filed.json("user", "restore", user_id, *HERE)

    assert back["returned"] == [{"what": "group", "id": stays, "name": "Stays"}]
    assert [(one["id"], one["what"]) for one in back["notReturned"]] == [(goes, "group")]
    assert back["notReturned"][0]["why"]


def test_a_restore_leaves_out_what_is_not_wanted(filed: Desk):
    user_id = guest(filed)

    async def in_two_groups(contoso: Place) -> list[str]:
        made = []
        for name in ("Wanted", "Unwanted"):
            group = await grouping.create_group(
                contoso.house, NewGroup(name, name.lower()), tenant_id=contoso.id, by=operator(), member_ids=[user_id]
            )
            made.append(group.group_id)
        return made

    wanted, unwanted = place(filed, in_two_groups)
    filed.json("user", "delete", user_id, *HERE)
    back = filed.json("user", "restore", user_id, *HERE, "--without", unwanted.upper())
    assert [one["id"] for one in back["returned"]] == [wanted]
    assert [(one["id"], one["why"]) for one in back["notReturned"]] == [(unwanted, "leftOut")]
    filed.json("user", "delete", user_id, *HERE)
    back = filed.json("user", "restore", user_id, *HERE, "--alone")
    assert back["returned"] == []
    assert [one["id"] for one in back["notReturned"]] == [wanted]


def test_a_name_that_was_taken_meanwhile(filed: Desk):
    first = filed.json("user", "create", *HERE, "--upn", "ann@contoso.example", "--name", "Ann")["id"]
    filed.json("user", "delete", first, *HERE)
    filed.json("user", "create", *HERE, "--upn", "ann@contoso.example", "--name", "Another Ann")
    refused = filed.run("user", "restore", first, *HERE)
    back = filed.json("user", "restore", first, *HERE, "--new-upn", "ann2@contoso.example")

    assert refused.status == 1
    assert refused.reason.startswith("somebody else has the user principal name now; give another with --new-upn")
    assert (back["state"], back["userPrincipalName"]) == ("present", "ann2@contoso.example")


def test_a_weak_password_makes_nobody(filed: Desk):
    words = ("user", "create", *HERE, "--upn", "ann@contoso.example", "--name", "Ann", "--password-file", "-")
    done = filed.run(*words, stdin="short\n")

    assert done.status == 1
    assert "too weak" in done.reason
    assert len(filed.json("user", "list", *HERE)) == 1


def test_the_operator_is_named_in_the_log(filed: Desk):
    user_id = guest(filed)
    filed.json("user", "delete", user_id, *HERE)

    async def actors(contoso: Place) -> list[str]:
        return [told.record["actor"]["kind"] for told in await events(contoso) if told.type == "membership.remove"]

    assert place(filed, actors) == ["operator"]


def test_second_factors_are_taken_off_a_member_who_lost_them(desk: Desk):
    desk.json(
        "user", "create", *HERE, "--upn", "ann@contoso.example", "--name", "Ann", "--password-file", "-", stdin=PASSWORD
    )
    before = desk.run("user", "reset-sign-in", "ann@contoso.example", *HERE)
    assert (before.status, before.out) == (1, "")

    async def lose(contoso: Place) -> str:
        reading = await contoso.house.store.read()
        ann = await memberships.find_by_upn(reading, contoso.id, "ann@contoso.example")
        assert ann is not None
        assert ann.person_id is not None
        kept = second_factors.AuthenticatorApp(ann.person_id, b"sealed", 0, reading.moment.machine)

        async def work(unit: Unit) -> None:
            second_factors.put_app(unit, kept)
            second_factors.put_codes(unit, kept.person_id, ["mac"], unit.moment.machine)

        await contoso.house.store.change(work)
        return kept.person_id

    person_id = place(desk, lose)
    desk.json("user", "reset-sign-in", "ann@contoso.example", *HERE)

    async def look(contoso: Place) -> tuple[object, int, list[str]]:
        reading = await contoso.house.store.read()
        left = await second_factors.app_of(reading, person_id), await second_factors.codes_left(reading, person_id)
        return (*left, [one.type for one in await events(contoso) if one.type.startswith("signInMethod")])

    assert place(desk, look) == (None, 0, ["signInMethod.remove", "signInMethod.remove"])


def test_a_preview_says_why_somebody_may_not_leave(desk: Desk):
    ann = guest(desk, "ann@elsewhere.example")
    assert desk.json("user", "leave", ann, *HERE, "--preview")["refused"] is None
    desk.json("user", "disable", ann, *HERE)
    assert desk.json("user", "leave", ann, *HERE, "--preview")["refused"] == "accountDisabled"
    assert desk.json("user", "show", ann, *HERE)["state"] == "present"


@pytest.mark.parametrize("command", ["leave", "delete"])
def test_what_only_they_own_is_handed_over(desk: Desk, command: str):
    ann, bob = guest(desk, "ann@elsewhere.example"), guest(desk, "bob@elsewhere.example")

    async def harbour(contoso: Place) -> str:
        made = await grouping.create_group(
            contoso.house,
            NewGroup("Harbour", "harbour"),
            tenant_id=contoso.id,
            by=operator(),
            owner_ids=[ann],
            member_ids=[bob],
        )
        return made.group_id

    async def owners(contoso: Place) -> list[str]:
        found = await OWNING.of_thing(await contoso.house.store.read(), contoso.id, group_id)
        return [one.user_id for one in found]

    group_id = place(desk, harbour)
    for wrong, why in (("nonsense", "say OBJECT=USER"), (f"{group_id}=nobody@elsewhere.example", "nobody@elsewhere")):
        refused = desk.run("user", command, ann, *HERE, "--hand-over", wrong)
        assert refused.status == 1
        assert why in refused.reason
    assert place(desk, owners) == [ann]
    said = desk.json("user", command, ann, *HERE, "--preview")
    assert said["ownedAlone"] == [
        {
            "id": group_id,
            "displayName": "Harbour",
            "kind": "group",
            "candidates": [{"id": bob, "displayName": "bob"}],
        }
    ]
    assert (said["groups"], said["hiddenCount"], said["id"]) == ([], 0, ann)
    assert said["restorableUntil"] < said["dataRemovedBy"]
    assert f"Harbour ({group_id})" in desk.run("user", command, bob, *HERE, "--preview").out
    desk.json("user", command, ann, *HERE, "--hand-over", f"{group_id}=bob@elsewhere.example")
    assert desk.run("user", command, ann, *HERE, "--preview").status == 1
    assert place(desk, owners) == [bob]
