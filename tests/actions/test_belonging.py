"""Where a person belongs and what became of the places they left, on both databases."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support import world
from tests.support.world import Place
from vestibule.actions import asking, belonging, due, erasing, leaving, policies, removing, restoring, signing_in
from vestibule.actions.belonging import Departed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.user_objects import NewMember
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength, operator
from vestibule.rules.lifecycle import Deleted, Erased, Present, Purged
from vestibule.rules.refusals import Reason
from vestibule.store import across, sign_ins
from vestibule.store.memberships import Membership
from vestibule.store.statements import Query, Row
from vestibule.store.unit import Moment, Reading

ADDRESS = "guest@elsewhere.example"
DAY = timedelta(days=1)


@dataclass
class Counting:
    """A reading that notes how often it is asked."""

    reading: Reading
    asked: list[Query] = field(default_factory=list)

    @property
    def moment(self) -> Moment:
        return self.reading.moment

    @property
    def now(self) -> datetime:
        return self.reading.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        self.asked.append(query)
        return await self.reading.one(query, **parameters)

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        self.asked.append(query)
        return await self.reading.all(query, **parameters)


def push(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def leave(place: Place, guest: Membership, key: str = "key") -> str:
    done = await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=key)
    return done.receipt.receipt_id


async def departed(house: House, receipt_id: str) -> Departed:
    found = await belonging.departure(await house.store.read(), receipt_id)
    assert found is not None
    return found


async def test_everywhere_with_the_reasons_of_the_rule(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    litware = await world.organization(house, "Litware", guests_may_leave=False)
    await world.guest(litware, ADDRESS)
    assert guest.person_id is not None
    found = await belonging.everywhere(await house.store.read(), guest.person_id)
    reasons = {one.organization.display_name: one.why_not for one in found}
    assert reasons == {"Contoso": None, "Litware": Reason.ORGANIZATION_FORBIDS}
    assert all(isinstance(one.stage, Present) for one in found)


async def test_thirty_organizations_take_as_many_look_ups_as_three(house: House) -> None:
    counts = []
    for many in (3, 30):
        person_id = await world.mailbox_person(house, f"g{many}@elsewhere.example")
        for number in range(many):
            place = await world.organization(house, f"Place{many}x{number}")
            guest = await world.guest(place, f"g{many}@elsewhere.example")
            if number % 2:
                await leave(place, guest, f"key-{number}")
        reading = Counting(await house.store.read())
        assert len(await belonging.everywhere(reading, person_id)) == many
        assert len(await belonging.departures(reading, person_id)) == many // 2
        assert await belonging.asked(house, reading, person_id) == []
        counts.append(len(reading.asked))
    assert counts[0] == counts[1]


async def test_the_organizations_of_somebody_else_are_not_found(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    other = await world.guest(contoso, "other@elsewhere.example")
    await leave(contoso, guest)
    assert other.person_id is not None
    reading = await house.store.read()
    assert [one.guest.user_id for one in await belonging.everywhere(reading, other.person_id)] == [other.user_id]
    assert await belonging.departures(reading, other.person_id) == []
    litware = await world.organization(house, "Litware")
    assert await belonging.at(reading, litware.id, other.person_id) is None


async def test_of_two_user_objects_the_living_one_counts(house: House, contoso: Place) -> None:
    first = await world.guest(contoso, ADDRESS)
    await leave(contoso, first)
    push(house, 31 * DAY)
    await due.run_due(house)
    second = await world.guest(contoso, ADDRESS)
    assert first.person_id == second.person_id
    assert second.person_id is not None
    reading = await house.store.read()
    assert [one.guest.user_id for one in await belonging.everywhere(reading, second.person_id)] == [second.user_id]
    one = await belonging.at(reading, contoso.id, second.person_id)
    assert one is not None
    assert one.guest.user_id == second.user_id
    gone = await belonging.departures(reading, second.person_id)
    assert [(one.guest.user_id if one.guest else "", one.current) for one in gone] == [(first.user_id, True)]


async def test_an_invitation_waits_until_it_is_over(house: House, contoso: Place) -> None:
    litware = await world.organization(house, "Litware")
    person_id = await world.mailbox_person(house, ADDRESS)
    await world.invited(contoso, ADDRESS)
    push(house, DAY)
    await world.invited(litware, ADDRESS)
    found = await belonging.asked(house, await house.store.read(), person_id)
    assert [one.organization.display_name for one in found] == ["Litware", "Contoso"]
    assert found[0].as_belonging().why_not is Reason.WRONG_STAGE
    push(house, found[1].invitation.expires_at - (await house.store.read()).now)
    left = await belonging.asked(house, await house.store.read(), person_id)
    assert [one.organization.display_name for one in left] == ["Litware"]


async def test_an_invitation_to_a_home_address_waits_for_the_member(house: House, contoso: Place) -> None:
    litware = await world.organization(house, "Litware")
    adele = await world.member(contoso, "Adele Vance")
    assert adele.person_id is not None
    await world.invited(litware, adele.user_principal_name)
    found = await belonging.asked(house, await house.store.read(), adele.person_id)
    assert [one.organization.display_name for one in found] == ["Litware"]


# --- Departures -------------------------------------------------------------------------------------------------------


async def test_a_departure_from_the_leave_to_the_end(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    receipt_id = await leave(contoso, guest)
    one = await departed(house, receipt_id)
    assert isinstance(one.stage, Deleted)
    assert (one.current, one.purged_at, one.erased_at, one.restored_at) == (True, None, None, None)
    push(house, 30 * DAY)
    late = await departed(house, receipt_id)
    assert isinstance(late.stage, Purged)
    assert late.purged_at == one.receipt.restorable_until == (await house.store.read()).now
    assert late.data_removed_by == one.receipt.data_removed_by
    await due.run_due(house)
    end = await departed(house, receipt_id)
    assert isinstance(end.stage, Erased)
    assert end.erased_at == one.receipt.restorable_until


async def test_an_administrator_who_does_not_wait_brings_the_end_forward(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    receipt_id = await leave(contoso, guest)
    push(house, DAY)
    await erasing.purge(house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    one = await departed(house, receipt_id)
    now = (await house.store.read()).now
    assert one.purged_at == now
    assert one.data_removed_by == now + 30 * DAY < one.receipt.data_removed_by


async def test_a_restore_undoes_a_departure_and_a_second_leave_is_another(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    first = await leave(contoso, guest)
    push(house, DAY)
    await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    back = (await house.store.read()).now
    one = await departed(house, first)
    assert (one.current, one.restored_at, one.purged_at) == (False, back, None)
    push(house, DAY)
    second = await leave(contoso, await world.again(house, contoso.id, guest.user_id), "key-2")
    assert (await departed(house, first)).restored_at == back
    two = await departed(house, second)
    assert (two.current, two.restored_at) == (True, None)
    assert guest.person_id is not None
    found = await belonging.departures(await house.store.read(), guest.person_id)
    assert [one.receipt.receipt_id for one in found] == [second, first]
    push(house, 30 * DAY)
    await due.run_due(house)
    assert (await departed(house, first)).restored_at == back
    assert (await departed(house, second)).erased_at is not None


async def test_what_an_administrator_ends_later_is_not_the_departure(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    receipt_id = await leave(contoso, guest)
    await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    push(house, DAY)
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    for _ in range(2):
        one = await departed(house, receipt_id)
        assert (one.current, one.purged_at, one.erased_at) == (False, None, None)
        assert one.restored_at is not None
        push(house, 30 * DAY)
        await due.run_due(house)


# --- Across organizations ---------------------------------------------------------------------------------------------


async def test_sign_ins_and_restores_of_the_person_alone(house: House, contoso: Place) -> None:
    new = NewMember("Adele Vance", "adele@contoso.example", "adele", world.PASSWORD)
    adele = await create_user(house, new, tenant_id=contoso.id, by=operator())
    megan = await world.member(contoso, "Megan Bowen")
    assert adele.person_id is not None
    assert megan.person_id is not None
    began = (await house.store.read()).now
    await signing_in.open_session(house, megan.person_id, Strength.PASSWORD)
    for _ in range(2):
        push(house, DAY)
        await signing_in.open_session(house, adele.person_id, Strength.PASSWORD)
    reading = await house.store.read()
    rows = await sign_ins.of_person(reading, adele.person_id, 10, since=began)
    assert [(one.tenant_id, one.at, one.client_id, one.error_code) for one in rows] == [
        (contoso.id, began + 2 * DAY, "vestibule-pages", 0),
        (contoso.id, began + DAY, "vestibule-pages", 0),
    ]
    assert len(await sign_ins.of_person(reading, adele.person_id, 1, since=began)) == 1
    assert len(await sign_ins.of_person(reading, adele.person_id, 10, since=began + DAY)) == 1
    latest = await across.latest(reading, adele.person_id, across.SIGNED_IN)
    assert latest == {(contoso.id, adele.user_id): began + 2 * DAY}
    assert await across.latest(reading, adele.person_id, across.RESTORED) == {}


async def test_requests_of_the_person_wherever_they_asked(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    other = await world.guest(contoso, "other@elsewhere.example")
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=contoso.admin)
    for one in (guest, other):
        await asking.ask_removal(house, tenant_id=contoso.id, user_id=one.user_id, by=world.at_portal(one))
    assert guest.person_id is not None
    found = await across.requests(await house.store.read(), guest.person_id)
    assert [(one.user_id, one.kind) for one in found] == [(guest.user_id, "removal")]
