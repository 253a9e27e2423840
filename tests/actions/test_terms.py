"""Terms of use: editions, who accepted which, and who is let in."""

import asyncio
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import access, erasing, removing, restoring, signing_in, terms
from vestibule.actions.assigning import assign_role
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, Strength, operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import PRIVILEGED_ROLE_ADMINISTRATOR, USER_ADMINISTRATOR
from vestibule.rules.terms import Document
from vestibule.store import terms as kept
from vestibule.store.memberships import Membership
from vestibule.store.terms import Terms

TEXT = Document(text="Be kind.")
LINK = Document(link="https://contoso.example/terms")


async def _change(
    place: Place, by: Actor | None = None, *, keep_others: bool = False, **documents: Document | None
) -> Terms | None:
    return await terms.change_terms_of_use(
        place.house, tenant_id=place.id, documents=documents, by=by or place.admin, keep_others=keep_others
    )


async def _accept(place: Place, who: Membership, edition: int = 1, by: Actor | None = None) -> None:
    await terms.accept_terms(
        place.house, tenant_id=place.id, user_id=who.user_id, edition=edition, by=by or world.at_portal(who)
    )


async def _waits(place: Place, who: Membership) -> bool:
    return await terms.to_accept(await place.house.store.read(), who) is not None


async def _accepted(place: Place, who: Membership) -> list[int]:
    found = await kept.acceptances(await place.house.store.read(), place.id, who.user_id)
    return [one.edition for one in found]


async def _types(place: Place) -> list[tuple[str, str | None]]:
    told = [(one.type, one.reason) for one in await world.events(place)]
    return [(type_, reason) for type_, reason in told if type_.startswith("terms.")]


async def test_each_change_is_an_edition_and_nothing_else_is(contoso: Place) -> None:
    assert await _change(contoso) is None
    first = await _change(contoso, en=TEXT)
    assert first is not None
    assert (first.edition, first.documents) == (1, {"en": {"text": "Be kind."}})
    assert await _change(contoso, en=TEXT) == first
    second = await _change(contoso, nl=LINK, keep_others=True)
    assert second is not None
    assert (second.edition, sorted(second.documents)) == (2, ["en", "nl"])
    third = await _change(contoso, en=None, keep_others=True)
    assert third is not None
    assert (third.edition, sorted(third.documents)) == (3, ["nl"])
    fourth = await _change(contoso)
    assert fourth is not None
    assert (fourth.edition, fourth.documents) == (4, {})
    assert (await kept.in_force(await contoso.house.store.read(), contoso.id)) == fourth
    await _change(contoso, en=TEXT)
    assert await _types(contoso) == [
        ("terms.create", None),
        ("terms.change", None),
        ("terms.change", None),
        ("terms.withdraw", None),
        ("terms.create", None),
    ]
    assert (await world.last_event(contoso)).record["facts"]["edition"] == 5


async def test_who_may_change_them(contoso: Place) -> None:
    for role, may in ((PRIVILEGED_ROLE_ADMINISTRATOR, True), (USER_ADMINISTRATOR, False)):
        who = await world.member(contoso, f"{'Ann' if may else 'Bob'} Role")
        await assign_role(contoso.house, tenant_id=contoso.id, role_id=role, user_id=who.user_id, by=operator())
        by = world.at_portal(who)
        if may:
            await _change(contoso, by, en=TEXT)
            continue
        with pytest.raises(Refused) as caught:
            await _change(contoso, by, nl=TEXT)
        assert caught.value.reason is Reason.NOT_ALLOWED
    assert await _types(contoso) == [("terms.create", None), ("terms.change", "notAllowed")]


async def test_two_who_change_them_at_once_make_two_editions(contoso: Place) -> None:
    await asyncio.gather(*(_change(contoso, en=Document(text=f"Text {one}")) for one in range(4)))
    found = await kept.in_force(await contoso.house.store.read(), contoso.id)
    assert found is not None
    assert found.edition == 4
    assert len(await _types(contoso)) == 4


async def test_a_guest_is_held_back_until_they_accept_the_edition_in_force(contoso: Place) -> None:
    house, guest = contoso.house, await world.guest(contoso)
    await _change(contoso, en=TEXT)
    opened = await signing_in.open_session(house, guest.person_id or "", Strength.EMAILED_CODE)
    opened = await signing_in.open_organization(house, opened.signed_in, contoso.id)
    assert (list(opened.signed_in.open_in), list(opened.signed_in.held_back)) == ([], [contoso.id])
    assert opened.signed_in.at(contoso.id) is not None
    with pytest.raises(Refused) as caught:
        await terms.insist_accepted(await house.store.read(), guest)
    assert caught.value.reason is Reason.TERMS_NOT_ACCEPTED

    await _accept(contoso, guest)
    await _accept(contoso, guest)
    await terms.insist_accepted(await house.store.read(), guest)
    signed_in = await access.authenticate_session(await house.store.read(), opened.token)
    assert signed_in is not None
    assert (list(signed_in.open_in), signed_in.held_back) == ([contoso.id], {})

    await _change(contoso, en=LINK)
    signed_in = await access.authenticate_session(await house.store.read(), opened.token)
    assert signed_in is not None
    assert (signed_in.open_in, list(signed_in.held_back)) == ({}, [contoso.id])
    with pytest.raises(Refused) as caught:
        await _accept(contoso, guest, edition=1)
    assert caught.value.reason is Reason.TOO_LATE
    await _accept(contoso, guest, edition=2)
    assert await _accepted(contoso, guest) == [1, 2]
    assert ("terms.accept", "tooLate") in await _types(contoso)


async def test_a_member_is_held_back_at_home_as_well(contoso: Place) -> None:
    member = await world.member(contoso)
    await _change(contoso, en=TEXT)
    opened = await signing_in.open_session(contoso.house, member.person_id or "", Strength.PASSWORD)
    assert (opened.signed_in.open_in, list(opened.signed_in.held_back)) == ({}, [contoso.id])
    await _change(contoso)
    signed_in = await access.authenticate_session(await contoso.house.store.read(), opened.token)
    assert signed_in is not None
    assert list(signed_in.open_in) == [contoso.id]


async def test_a_decline_is_written_down_and_changes_nothing(contoso: Place) -> None:
    guest = await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    with pytest.raises(Refused) as caught:
        await terms.decline_terms(contoso.house, **here)
    assert caught.value.reason is Reason.NOT_FOUND
    await _change(contoso, en=TEXT)
    await terms.decline_terms(contoso.house, **here)
    assert await _waits(contoso, guest)
    assert await world.again(contoso.house, contoso.id, guest.user_id) == guest
    told = [(one.type, one.reason) for one in await world.events(contoso)]
    assert ("terms.decline", None) in told


@pytest.mark.parametrize("whose", ["another guest", "an administrator", "a program"])
async def test_nobody_accepts_for_somebody_else(contoso: Place, whose: str) -> None:
    guest = await world.guest(contoso)
    await _change(contoso, en=TEXT)
    others = {
        "another guest": world.at_portal(await world.guest(contoso, "other@elsewhere.example")),
        "an administrator": contoso.admin,
        "a program": world.program(contoso, "Policy.ReadWrite.Authorization", "User.ReadWrite.All"),
    }
    with pytest.raises(Refused):
        await _accept(contoso, guest, by=others[whose])
    assert await _accepted(contoso, guest) == []


async def test_fifty_clicks_are_one_acceptance(contoso: Place) -> None:
    guest = await world.guest(contoso)
    await _change(contoso, en=TEXT)
    await asyncio.gather(*(_accept(contoso, guest) for _ in range(50)))
    assert await _accepted(contoso, guest) == [1]
    assert [one for one, reason in await _types(contoso) if reason is None].count("terms.accept") == 1


async def test_it_comes_back_with_the_guest_and_goes_with_their_data(house: House, contoso: Place) -> None:
    guest, other = await world.guest(contoso), await world.guest(contoso, "other@elsewhere.example")
    await _change(contoso, en=TEXT)
    for who in (guest, other):
        await _accept(contoso, who)
    here: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id}
    await removing.remove(house, **here, by=operator())
    await restoring.restore(house, **here, by=operator())
    assert not await _waits(contoso, await world.again(house, contoso.id, guest.user_id))
    await removing.remove(house, **here, by=operator())
    await erasing.purge(house, **here, by=operator())
    await erasing.erase(house, **here)
    assert (await _accepted(contoso, guest), await _accepted(contoso, other)) == ([], [1])


async def test_who_cannot_sign_in_accepts_nothing(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso)
    await _change(contoso, en=TEXT)
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    with pytest.raises(Refused) as caught:
        await _accept(contoso, guest)
    assert caught.value.reason is Reason.ACCOUNT_DISABLED
