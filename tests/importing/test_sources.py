"""What lines ask for: who is a guest, what is a group, whose members a list holds, and what nobody can take over."""

from pathlib import Path
from typing import Any

import pytest

from tests.importing.conftest import CONTEXT, TEMPLATE, Port, gone, group, guest, guid, user
from vestibule.importing import wishes
from vestibule.importing.sources import Said, Source
from vestibule.importing.wishes import Guest, Kind, Member, NewGroup, Tie


@pytest.fixture
def files(tmp_path: Path) -> Port:
    """A folder for files; nobody imports them."""
    return Port(None, tmp_path)  # type: ignore[arg-type] # no place is needed to read a file


def read(path: Path) -> list[Said]:
    return list(Source(0, path).read())


def told(path: Path) -> list[tuple[int, Kind | None, Any]]:
    return [(said.place.line, said.kind, said.problem or said.wish) for said in read(path)]


# --- Users ------------------------------------------------------------------------------------------------------------


def test_a_member_with_everything_that_is_taken_over_and_what_is_not():
    exported = user(
        1,
        accountEnabled=False,
        userType="Member",
        givenName="Ann",
        jobTitle="",
        businessPhones=[],
        mobilePhone=None,
        createdDateTime="2020-01-01T00:00:00Z",
        proxyAddresses=["SMTP:user1@contoso.example"],
        onPremisesSyncEnabled=None,
        assignedLicenses=[],
        isManagementRestricted=False,
        customThing={"a": 1},
    )
    exported["@odata.id"] = "https://graph.microsoft.com/v2/x"

    assert wishes.user(exported) == Member(
        "user1@contoso.example",
        "User 1",
        guid(1),
        enabled=False,
        properties={"givenName": "Ann", "mail": "user1@contoso.example"},
        left_out=("createdDateTime", "proxyAddresses", "customThing"),
    )


def test_a_guest_is_invited_anew_by_the_address():
    exported = guest(
        2, externalUserState="Accepted", jobTitle="Buyer", otherMails=["g@other.example"], accountEnabled=True
    )

    assert wishes.user(exported) == Guest(
        "guest2@fabrikam.example",
        guid(2),
        "Guest 2",
        properties={"jobTitle": "Buyer"},
        left_out=("externalUserState", "otherMails"),
    )


@pytest.mark.parametrize(
    ("more", "kind", "user_type"),
    [
        ({"userType": "Guest"}, Guest, "Guest"),
        ({"userType": "guest", "userPrincipalName": "in@contoso.example"}, Guest, "Guest"),
        ({"userType": "Member"}, Guest, "Member"),
        ({"userType": None}, Guest, "Guest"),
        ({"userType": "Member", "userPrincipalName": "in@contoso.example"}, Member, ""),
        ({"userType": None, "userPrincipalName": "in@contoso.example"}, Member, ""),
        ({"userType": None, "userPrincipalName": None}, Guest, "Guest"),
    ],
)
def test_who_is_a_guest(more: dict[str, Any], kind: type, user_type: str):
    found = wishes.user(guest(3, **more))

    assert isinstance(found, kind)
    assert getattr(found, "user_type", "") == user_type


@pytest.mark.parametrize(
    ("more", "address"),
    [
        ({}, "guest4@fabrikam.example"),
        ({"mail": None, "otherMails": ["", "other@fabrikam.example"]}, "other@fabrikam.example"),
        ({"mail": None, "userPrincipalName": "a_b_fabrikam.example#EXT#@contoso.example"}, "a_b@fabrikam.example"),
        ({"mail": "", "userPrincipalName": "a_b.example#ext#@contoso.example"}, "a@b.example"),
    ],
)
def test_where_a_guest_is_reached(more: dict[str, Any], address: str):
    found = wishes.user(guest(4, **more))

    assert isinstance(found, Guest)
    assert found.address == address


def test_a_guest_without_any_address_cannot_be_invited():
    with pytest.raises(wishes.NotAsked, match="without a mail address"):
        wishes.user(guest(5, mail=None, userPrincipalName="nobody"))


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"accountEnabled": "false"}, "accountEnabled is neither true nor false"),
        ({"accountEnabled": 0}, "accountEnabled is neither true nor false"),
        ({"userType": "Visitor"}, "userType is neither Guest nor Member"),
        ({"userType": 7}, "userType is neither Guest nor Member"),
    ],
)
def test_what_nobody_understands_is_not_guessed(more: dict[str, Any], problem: str):
    with pytest.raises(wishes.NotAsked, match=problem):
        wishes.user(user(5, **more))


def test_a_deleted_user_is_called_by_the_name_it_had():
    member, stranger = gone(user(6)), gone(guest(7))

    assert member["userPrincipalName"].startswith("0000abcd000040008000")
    assert wishes.user(member) == Member(
        "user6@contoso.example",
        "User 6",
        guid(6),
        deleted=True,
        properties={"mail": "user6@contoso.example"},
        left_out=("deletedDateTime",),
    )
    found = wishes.user({**stranger, "mail": None})
    assert isinstance(found, Guest)
    assert (found.address, found.deleted) == ("guest7@fabrikam.example", True)


def test_shells_write_names_with_capitals_and_ids_in_any_case():
    exported = {
        "Id": guid(8).upper(),
        "DisplayName": "User 8",
        "UserPrincipalName": "user8@contoso.example",
        "AccountEnabled": False,
        "DeletedDateTime": None,
        "JobTitle": "Clerk",
    }
    assert wishes.user(exported) == Member(
        "user8@contoso.example", "User 8", guid(8), enabled=False, properties={"jobTitle": "Clerk"}
    )


# --- Groups and members -----------------------------------------------------------------------------------------------


def test_a_group_with_its_members_and_owners(files: Port):
    members = [{"id": guid(1), "@odata.type": "#microsoft.graph.user"}, {"id": guid(2)}, guid(3)]
    others = [{"@odata.type": "#microsoft.graph.device", "id": guid(4)}, {"displayName": "Nobody"}]
    exported = group(9, description=None, members=members + others, owners=[{"id": guid(1)}], createdDateTime="2020")
    found = read(files.file("groups.json", [exported]))

    assert [said.place for said in found] == [(0, 1, part) for part in range(7)]
    assert found[0].wish == NewGroup(
        guid(9),
        "Group 9",
        {
            "mailNickname": "group9",
            "mailEnabled": False,
            "securityEnabled": True,
            "groupTypes": [],
            "displayName": "Group 9",
        },
        left_out=("createdDateTime",),
    )
    assert [said.wish for said in found[1:4]] == [Tie(guid(9), guid(number), Kind.MEMBERS) for number in (1, 2, 3)]
    assert [said.problem for said in found[4:6]] == [
        "only users are kept as members of a group, and this is a device",
        "it does not say who (id)",
    ]
    assert found[6].wish == Tie(guid(9), guid(1), Kind.OWNERS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.json", {"groupId": guid(9), "value": [{"id": guid(1)}]}),
        ("m.json", {"@odata.context": f"{CONTEXT}groups('{guid(9).upper()}')/members", "value": [{"id": guid(1)}]}),
        ("m.json", {"@odata.context": f"{CONTEXT}groups({guid(9)})/members/microsoft.graph.user", "value": [user(1)]}),
        (f"members-{guid(9)}.json", {"@odata.context": f"{CONTEXT}directoryObjects", "value": [user(1)]}),
        (f"{guid(9).upper()}_Members.json", [user(1)]),
        ("m.json", [{"groupId": guid(9), "userId": guid(1)}]),
        ("m.json", [{"GroupId": guid(9), "MemberId": guid(1)}]),
        ("m.json", [{"groupId": guid(9), "id": guid(1), "userPrincipalName": "user1@contoso.example"}]),
        ("m.json", {"groupId": guid(9), "members": [{"id": guid(1)}]}),
        ("m.jsonl", f'{{"groupId": "{guid(9)}", "userId": "{guid(1)}"}}\n'),
    ],
)
def test_every_way_to_say_who_is_in_a_group(files: Port, name: str, content: Any):
    assert told(files.file(name, content)) == [(1, Kind.MEMBERS, Tie(guid(9), guid(1), Kind.MEMBERS))]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("o.json", {"@odata.context": f"{CONTEXT}groups('{guid(9)}')/owners", "value": [{"id": guid(1)}]}),
        (f"owners-{guid(9)}.json", [user(1)]),
        ("o.json", [{"groupId": guid(9), "ownerId": guid(1)}]),
        ("o.json", {"groupId": guid(9), "owners": [guid(1)]}),
    ],
)
def test_and_who_owns_it(files: Port, name: str, content: Any):
    assert told(files.file(name, content)) == [(1, Kind.OWNERS, Tie(guid(9), guid(1), Kind.OWNERS))]


def test_a_list_of_members_of_nobody_knows_which_group_makes_nobody(files: Port):
    path = files.file("m.json", {"@odata.context": f"{CONTEXT}directoryObjects", "value": [user(1)]})
    ((line, kind, problem),) = told(path)

    assert (line, kind) == (1, None)
    assert problem.startswith("a list of members that does not say of which group")


# --- Files ------------------------------------------------------------------------------------------------------------


def test_deleted_items_of_both_kinds_in_one_list(files: Port):
    one = {**gone(user(1)), "@odata.type": "#microsoft.graph.user"}
    other = {**gone(group(2)), "@odata.type": "#microsoft.graph.group"}
    path = files.file("deleted.json", {"@odata.context": f"{CONTEXT}directoryObjects", "value": [one, other]})

    assert [said.kind for said in read(path)] == [Kind.DELETED_USER, Kind.DELETED_GROUP]


def test_a_type_an_address_or_what_it_has_tells_what_an_object_is(files: Port):
    path = files.file(
        "all.json",
        [
            {"@odata.type": "#microsoft.graph.user", "userPrincipalName": "a@contoso.example"},
            {"@odata.type": "#microsoft.graph.device", "id": guid(1), "displayName": "Laptop"},
            {"displayName": "Nothing", "id": guid(2)},
            {"id": guid(3), "groupTypes": ["Unified"], "displayName": "G"},
        ],
    )
    found = told(path)

    assert [kind for _, kind, _ in found] == [Kind.USER, None, None, Kind.GROUP]
    assert found[1][2] == "a device is not imported"
    assert found[2][2] == "neither a user nor a group: it has no userPrincipalName and no securityEnabled"


def test_a_selection_is_known_by_the_address_of_the_answer(files: Port):
    users = {"@odata.context": f"{CONTEXT}users(displayName,mail)", "value": [{"mail": "a@fabrikam.example"}]}
    groups = {"@odata.context": f"{CONTEXT}groups(displayName)", "value": [{"displayName": "G"}]}

    assert [said.kind for said in read(files.file("u.json", users))] == [Kind.USER]
    assert [said.kind for said in read(files.file("g.json", groups))] == [Kind.GROUP]


def test_an_answer_with_further_pages_says_so_once_the_last_was_read(files: Port):
    page = {"value": [user(1)], "@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=x"}
    source = Source(0, files.file("users.json", page))
    both = Source(1, files.file("both.jsonl", '{"value":[],"@odata.nextLink":"x"}\n{"value":[]}\n'))

    for _ in range(2):
        assert len(list(source.read())) == 1
        assert list(both.read()) == []
    assert [(note.place.line, note.told) for note in source.notes] == [
        (1, "the answer has further pages (@odata.nextLink), which are not in this file")
    ]
    assert both.notes == []


def test_a_bulk_invite_list_among_them(files: Port):
    path = files.file("list.csv", TEMPLATE + "ann@fabrikam.example,https://a.example/,true,Hi\n")

    assert told(path) == [
        (3, Kind.INVITATION, Guest("ann@fabrikam.example", redirect_url="https://a.example/", sends=True, message="Hi"))
    ]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", 1, "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "neither a bulk-invite list (its first line is version:v1.0) nor JSON"),
        (b"version:v1.0\nName\n", 2, "the second line has to hold the headings of the template"),
        (b'[\n{"userPrincipalName":"a@contoso.example"},\n', 3, "the file ends in the middle"),
    ],
)
def test_what_is_no_such_file_is_a_problem_of_its_line(files: Port, content: bytes, line: int, problem: str):
    last = read(files.file("some.file", content))[-1]

    assert (last.place.line, last.wish) == (line, None)
    assert last.problem is not None
    assert last.problem.startswith(problem)
