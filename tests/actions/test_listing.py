"""Users, groups and deleted users in pages: filters, orders, counts, and pages that hold while people come and go."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import directory_users
from vestibule.actions.group_members import add_member
from vestibule.actions.grouping import create_group
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.actions.user_objects import NewMember
from vestibule.rules.actors import operator
from vestibule.rules.filters import And, Compare, Filter, Not, Op, Or, Ordering, Some, Test, Text, matches
from vestibule.rules.groups import NewGroup
from vestibule.store import users
from vestibule.store.listing import Asked
from vestibule.store.users import User

NAMES = [
    "adele Vance",
    "Adèle Blanc",
    "Ömer Çelik",
    "Zoë Straße",
    "alex wilber",
    "Megan Bowen",
    "İpek Ay",
    "Łukasz Nowak",
]


@pytest.fixture
async def crowd(contoso: Place) -> Place:
    """Eight members, three guests and somebody invited; different in everything one can ask about."""
    for number, name in enumerate(NAMES):
        more: dict[str, Any] = (
            {"jobTitle": "Manager"} if number % 2 else {"city": "Utrecht", "otherMails": ["o@x.example"]}
        )
        new = NewMember(
            name, f"member{number}@{contoso.domain}", f"m{number}", None, enabled=number != 3, properties=more
        )
        await directory_users.create_user(contoso.house, new, tenant_id=contoso.id, by=operator())
    for number in range(3):
        await world.guest(contoso, f"guest{number}@elsewhere.example", f"Guest {number}")
    await world.invited(contoso, "waiting@elsewhere.example", "Waiting One")
    return contoso


def as_item(user: User) -> dict[str, Any]:
    """A user as the rules' reference for filters sees it."""
    profile, membership = user.profile, user.membership
    return {
        "id": membership.user_id,
        "displayName": profile.display_name,
        "userPrincipalName": profile.user_principal_name,
        "mail": profile.mail,
        "jobTitle": profile.job_title,
        "userType": profile.user_type,
        "creationType": profile.creation_type,
        "externalUserState": profile.external_user_state,
        "accountEnabled": membership.standing.enabled_here,
        "createdDateTime": membership.created_at,
        "city": profile.attributes.get("city"),
        "otherMails": profile.attributes.get("otherMails", []),
    }


async def everybody(place: Place, wanted: Filter | None = None, *orders: Ordering, size: int = 100) -> list[User]:
    """All pages of a list, one after the other."""
    found: list[User] = []
    after = None
    while True:
        reading = await place.house.store.read()
        page = await users.page(reading, place.id, Asked(size, wanted, orders, after))
        assert len(page.items) <= size
        found += page.items
        if page.position is None:
            return found
        after = page.position


def _is(name: str, value: Any, op: Op = Op.EQ) -> Compare:
    return Compare((name,), op, value)


@pytest.mark.parametrize(
    "wanted",
    [
        _is("displayName", "ADELE VANCE"),
        _is("displayName", "zoë STRASSE"),
        _is("displayName", "zoë straße"),
        Text(("displayName",), Test.STARTS_WITH, "ad"),
        Text(("displayName",), Test.HAS_WORD, "v"),
        Text(("displayName",), Test.CONTAINS, "ÇEL"),
        _is("userPrincipalName", "MEMBER3@contoso.example"),
        Text(("userPrincipalName",), Test.STARTS_WITH, "guest"),
        Text(("mail",), Test.ENDS_WITH, "@ELSEWHERE.example"),
        _is("mail", "guest1@elsewhere.example"),
        _is("mail", None),
        _is("userType", "guest"),
        _is("creationType", "Invitation"),
        _is("externalUserState", "PendingAcceptance"),
        _is("accountEnabled", False),
        _is("jobTitle", "manager", Op.NE),
        Not(_is("jobTitle", "manager")),
        _is("city", "utrecht"),
        Some(("otherMails",), Compare((), Op.EQ, "O@x.example")),
        Not(Some(("otherMails",))),
        And((_is("userType", "Member"), Or((_is("city", "Utrecht"), _is("accountEnabled", False))))),
        _is("displayName", "m", Op.GE),
        _is("displayName", "', ''); drop table profile; --"),
    ],
)
async def test_a_filter_finds_what_the_rules_say(crowd: Place, wanted: Filter):
    everyone = await everybody(crowd)
    assert len(everyone) == len(NAMES) + 5
    expected = {user.membership.user_id for user in everyone if matches(wanted, as_item(user))}
    found = await everybody(crowd, wanted, size=2)
    assert {user.membership.user_id for user in found} == expected
    assert len(found) == len(expected)
    assert await users.count(await crowd.house.store.read(), crowd.id, wanted) == len(expected)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", ["displayName", "mail", "userPrincipalName", "createdDateTime", "accountEnabled", "id"])
async def test_pages_of_any_size_are_the_same_list(crowd: Place, by: str, descending: bool):
    order = Ordering((by,), descending)
    whole = [user.membership.user_id for user in await everybody(crowd, None, order)]
    assert len(set(whole)) == len(NAMES) + 5
    for size in (1, 3, 13):
        assert [user.membership.user_id for user in await everybody(crowd, None, order, size=size)] == whole


async def test_names_are_sorted_without_regard_to_case(crowd: Place):
    found = await everybody(crowd, _is("userType", "Member"), Ordering(("displayName",)))
    assert [user.profile.display_name for user in found][:4] == [
        "adele Vance",
        "Administrator",
        "Adèle Blanc",
        "alex wilber",
    ]


async def test_whoever_stays_is_listed_once_while_others_leave(crowd: Place):
    house = crowd.house
    order = (Ordering(("displayName",)),)
    first = await users.page(await house.store.read(), crowd.id, Asked(4, None, order))
    gone = [first.items[0], first.items[3], (await everybody(crowd, None, *order))[5]]
    for user in gone:
        await remove(house, tenant_id=crowd.id, user_id=user.membership.user_id, by=operator())
    seen = [user.membership.user_id for user in first.items]
    after = first.position
    while after is not None:
        page = await users.page(await house.store.read(), crowd.id, Asked(4, None, order, after))
        seen += [user.membership.user_id for user in page.items]
        after = page.position
    assert len(set(seen)) == len(seen) == len(NAMES) + 5 - 1
    assert {user.membership.user_id for user in await everybody(crowd)} < set(seen)


async def test_a_position_of_another_order_is_refused(crowd: Place):
    reading = await crowd.house.store.read()
    page = await users.page(reading, crowd.id, Asked(2, None, (Ordering(("displayName",)),)))
    with pytest.raises(ValueError, match="another order"):
        await users.page(reading, crowd.id, Asked(2, None, (), page.position))


async def test_deleted_users_are_listed_until_their_last_microsecond(crowd: Place):
    house = crowd.house
    gone = []
    for number in range(3):
        found = await everybody(crowd, _is("mail", f"guest{number}@elsewhere.example"))
        await remove(house, tenant_id=crowd.id, user_id=found[0].membership.user_id, by=operator())
        gone.append(found[0].membership.user_id)
        house.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    adele = (await everybody(crowd, _is("displayName", "adele vance")))[0].membership.user_id
    await remove(house, tenant_id=crowd.id, user_id=adele, by=operator())

    async def deleted(**more: Any) -> list[str]:
        page = await users.page_deleted(await house.store.read(), crowd.id, Asked(10, **more))
        return [user.membership.user_id for user in page.items]

    assert await deleted() == [*gone, adele]
    external = await users.page_deleted(await house.store.read(), crowd.id, Asked(10), external_only=True)
    assert [user.membership.user_id for user in external.items] == gone
    assert await deleted(wanted=_is("userType", "Member")) == [adele]
    assert await deleted(orders=(Ordering(("deletedDateTime",), descending=True),)) == [adele, *reversed(gone)]
    called = gone[0].replace("-", "") + "guest0_elsewhere.example#EXT#@contoso.example"
    assert await deleted(wanted=_is("userPrincipalName", called)) == [gone[0]]
    moment = house.clock.now() - timedelta(hours=2)
    assert await deleted(wanted=_is("deletedDateTime", moment, Op.GE)) == [*gone[1:], adele]
    house.clock.advance(timedelta(days=30, hours=-3) - timedelta(microseconds=1))  # type: ignore[attr-defined]
    assert await deleted() == [*gone, adele]
    house.clock.advance(timedelta(microseconds=1))  # type: ignore[attr-defined]
    assert await deleted() == [*gone[1:], adele]
    reading = await house.store.read()
    assert await users.count_deleted(reading, crowd.id) == 3
    assert await users.count_deleted(reading, crowd.id, external_only=True) == 2


async def test_members_of_a_group_can_be_filtered_and_counted(crowd: Place):
    house = crowd.house
    group = await create_group(house, NewGroup("Partners", "partners"), tenant_id=crowd.id, by=operator())
    chosen = (await everybody(crowd, None, Ordering(("displayName",))))[:6]
    for user in chosen:
        await add_member(
            house, tenant_id=crowd.id, group_id=group.group_id, user_id=user.membership.user_id, by=operator()
        )
    await remove(house, tenant_id=crowd.id, user_id=chosen[0].membership.user_id, by=operator())
    reading = await house.store.read()
    of: dict[str, Any] = {"scope": users.MEMBERS_OF, "of": group.group_id}
    page = await users.page(reading, crowd.id, Asked(100, None, (Ordering(("displayName",)),)), **of)
    assert [user.membership.user_id for user in page.items] == [user.membership.user_id for user in chosen[1:]]
    assert await users.count(reading, crowd.id, **of) == 5
    manager = _is("jobTitle", "Manager")
    expected = sum(matches(manager, as_item(user)) for user in chosen[1:])
    assert await users.count(reading, crowd.id, manager, **of) == expected


async def test_users_are_found_by_id_and_name_in_their_organization_only(house: House, crowd: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    someone = (await everybody(crowd))[0]
    reading = await house.store.read()
    user_id, name = someone.membership.user_id, someone.membership.upn_key or ""
    assert await users.find(reading, crowd.id, user_id) == someone
    assert await users.find_by_upn(reading, crowd.id, name) == someone
    assert await users.find_many(reading, crowd.id, [user_id, house.chance.guid()]) == [someone]
    assert await users.find(reading, fabrikam.id, user_id) is None
    assert await users.find_by_upn(reading, fabrikam.id, name) is None
    assert len((await users.page(reading, fabrikam.id, Asked(10))).items) == 1


async def test_long_lists_can_be_counted_off_the_loop(house: House, crowd: Place):
    async def count(reading: Any) -> int:
        return await users.count(reading, crowd.id)

    scan: Callable[..., Awaitable[int]] = house.store.scan
    assert await scan(count) == len(NAMES) + 5
