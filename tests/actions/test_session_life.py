"""How long a browser session lasts: a day, and half a day for whoever holds a directory role."""

from datetime import timedelta

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import access, leaving, signing_in
from vestibule.actions.assigning import assign_role
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength
from vestibule.rules.roles import GUEST_INVITER
from vestibule.store.memberships import Membership


async def _lasts(house: House, who: Membership, life: timedelta) -> None:
    """Insist that a new session is good until the last moment of ``life``, and no longer."""
    opened = await signing_in.open_session(house, who.person_id or "", Strength.PASSWORD)
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    clock.advance(life - timedelta(seconds=1))
    assert await access.authenticate_session(await house.store.read(), opened.token) is not None
    clock.advance(timedelta(seconds=1))
    assert await access.authenticate_session(await house.store.read(), opened.token) is None


async def test_a_member_for_a_day_an_administrator_for_half_of_one(contoso: Place) -> None:
    await _lasts(contoso.house, await world.member(contoso), timedelta(hours=24))
    await _lasts(contoso.house, contoso.administrator, timedelta(hours=12))


@pytest.mark.parametrize("stage", ["there", "left"])
async def test_a_role_elsewhere_counts_while_the_guest_is_there(contoso: Place, stage: str) -> None:
    house = contoso.house
    fabrikam = await world.organization(house, "Fabrikam")
    member = await world.member(contoso, mail="adele@contoso.example")
    guest = await world.visitor(fabrikam, member)
    await assign_role(house, tenant_id=fabrikam.id, role_id=GUEST_INVITER, user_id=guest.user_id, by=fabrikam.admin)
    if stage == "left":
        by = world.person_at_pages(member.person_id or "")
        await leaving.leave(house, tenant_id=fabrikam.id, by=by, key="k")
    await _lasts(house, member, timedelta(hours=12 if stage == "there" else 24))
