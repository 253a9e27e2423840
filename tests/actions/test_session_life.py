"""How long a browser session lasts: a day, and half a day for whoever holds a directory role, while it is used."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import access, directory_users, leaving, signing_in
from vestibule.actions.assigning import assign_role
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength, operator
from vestibule.rules.roles import GUEST_INVITER
from vestibule.store import sessions
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unavailable

QUARTER = timedelta(minutes=15)
MOMENT = timedelta(milliseconds=1)


async def _lasts(house: House, who: Membership, life: timedelta) -> None:
    """Insist that a new session is good until the last moment of ``life``, and no longer."""
    opened = await signing_in.open_session(house, who.person_id or "", Strength.PASSWORD)
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    end = clock.now() + life
    while clock.now() < end - QUARTER:
        clock.advance(QUARTER)
        signed_in = await access.authenticate_session(await house.store.read(), opened.token)
        assert signed_in is not None
        await signing_in.note_use(house, signed_in)
    clock.advance(end - clock.now() - MOMENT)
    assert await access.authenticate_session(await house.store.read(), opened.token) is not None
    clock.advance(MOMENT)
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


# --- Nobody there -----------------------------------------------------------------------------------------------------


async def _idles(house: House, token: str, limit: timedelta) -> None:
    """Insist that a session nobody uses is good until the last millisecond of ``limit``, and no longer."""
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    clock.advance(limit - MOMENT)
    reading = await house.store.read()
    assert await access.authenticate_session(reading, token) is not None
    assert not await access.has_gone_idle(reading, token)
    clock.advance(MOMENT)
    reading = await house.store.read()
    assert await access.authenticate_session(reading, token) is None
    assert await access.has_gone_idle(reading, token)


async def test_a_member_may_rest_for_an_hour_an_administrator_for_half_of_one(contoso: Place) -> None:
    member = await world.member(contoso)
    for who, limit in ((member, access.IDLE), (contoso.administrator, access.IDLE_WITH_ROLE)):
        opened = await signing_in.open_session(contoso.house, who.person_id or "", Strength.PASSWORD)
        await _idles(contoso.house, opened.token, limit)


@pytest.mark.parametrize("where", ["open there", "not open there"])
async def test_a_role_counts_where_the_session_is_open(contoso: Place, where: str) -> None:
    house = contoso.house
    fabrikam = await world.organization(house, "Fabrikam")
    member = await world.member(contoso, mail="adele@contoso.example")
    guest = await world.visitor(fabrikam, member)
    await assign_role(house, tenant_id=fabrikam.id, role_id=GUEST_INVITER, user_id=guest.user_id, by=fabrikam.admin)
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    if where == "open there":
        opened = await signing_in.open_organization(house, opened.signed_in, fabrikam.id)
    await _idles(house, opened.token, access.IDLE_WITH_ROLE if where == "open there" else access.IDLE)


async def test_use_is_noted_once_a_minute_so_that_it_ends_early_and_never_late(contoso: Place) -> None:
    house, member = contoso.house, await world.member(contoso)
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    began = clock.now()

    async def use() -> datetime:
        signed_in = await access.authenticate_session(await house.store.read(), opened.token)
        assert signed_in is not None
        await signing_in.note_use(house, signed_in)
        found = await sessions.find(await house.store.read(), access.secret_hash(opened.token))
        assert found is not None
        return access.last_use(found)

    clock.advance(signing_in.USE_NOTED - MOMENT)
    assert await use() == began, "not a minute yet: nothing is written"
    clock.advance(MOMENT)
    noted = clock.now()
    assert await use() == noted
    clock.advance(signing_in.USE_NOTED - MOMENT)
    assert await use() == noted
    await _idles(house, opened.token, noted + access.IDLE - clock.now())


@dataclass
class _ReadOnly:
    """A store that can be read and not written."""

    real: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def change(self, *_: Any, **__: Any) -> Any:
        raise Unavailable("nothing can be written")


async def test_while_nothing_can_be_written_the_page_is_answered_all_the_same(contoso: Place) -> None:
    house, member = contoso.house, await world.member(contoso)
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    began = clock.now()
    clock.advance(signing_in.USE_NOTED)
    signed_in = await access.authenticate_session(await house.store.read(), opened.token)
    assert signed_in is not None
    await signing_in.note_use(replace(house, store=_ReadOnly(house.store)), signed_in)
    found = await sessions.find(await house.store.read(), access.secret_hash(opened.token))
    assert found is not None
    assert access.last_use(found) == began


async def test_only_idleness_counts_as_idleness(contoso: Place) -> None:
    house, member = contoso.house, await world.member(contoso)
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    clock.advance(access.IDLE)
    await directory_users.revoke_sign_in_sessions(house, tenant_id=contoso.id, user_id=member.user_id, by=operator())
    for token in (opened.token, "nonsense", "", None):
        assert not await access.has_gone_idle(await house.store.read(), token), token
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    clock.advance(timedelta(hours=24))
    assert not await access.has_gone_idle(await house.store.read(), opened.token), "its day was over anyway"
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    await signing_in.sign_out(house, opened.token)
    clock.advance(access.IDLE)
    assert not await access.has_gone_idle(await house.store.read(), opened.token)
