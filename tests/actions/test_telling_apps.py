"""Apps are told that somebody is signed out, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from soak.sign_in_breakages_protocol import apps_not_told
from tests.support import world
from tests.support.broken import broken
from tests.support.provider import ForeignProvider, served_provider
from tests.support.world import Place
from vestibule.actions import apps, granting, leaving, minting, removing, signing_in, signing_out
from vestibule.actions.access import session_id
from vestibule.actions.granting import Grant
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.switching import disable
from vestibule.doors.letters.calling import WAITS
from vestibule.doors.letters.notices import EVENT, Notices
from vestibule.ground import signing
from vestibule.ground.clock import StoppedClock
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import outbox
from vestibule.store.apps import App
from vestibule.store.memberships import Membership

CALLBACK = "http://localhost/cb"


@dataclass
class Office:
    """An organization with an app that wants to be told."""

    place: Place
    ring: KeyRing
    receiver: ForeignProvider
    app: App

    @property
    def house(self) -> House:
        return self.place.house

    async def sign_in(self, who: Membership, session: str = "", app: App | None = None, scope: str = "openid") -> None:
        """Somebody signs in to the app."""
        at = self.house.clock.now()
        grant = Grant(scope, (), None, at, Strength.PASSWORD, redirect_uri=CALLBACK, session_id=session)
        await granting.make_code(self.house, app or self.app, who, grant)

    async def deliver(self) -> int:
        return await Notices(self.house, self.ring).deliver_waiting()

    async def told(self) -> list[dict[str, Any]]:
        """The claims of what was told, after delivering what waits; each is verified as an app would."""
        await self.deliver()
        await self.ring.reload()
        keys = self.ring.public_keys
        tokens = [form["logout_token"] for form in self.receiver.told]
        return [signing.verify(one, keys, algorithms=frozenset({"RS256"}), typ="logout+jwt") for one in tokens]


@pytest.fixture
async def receiver(house: House) -> AsyncIterator[ForeignProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_provider(house.clock) as found:
        yield found


async def an_app(place: Place, receiver: ForeignProvider, **more: Any) -> App:
    new = NewApp("Travel", redirect_uris=(CALLBACK,), backchannel_logout_uri=receiver.told_at, **more)
    return (await apps.create_app(place.house, new, tenant_id=place.id, by=operator())).app


@pytest.fixture
async def office(contoso: Place, receiver: ForeignProvider) -> Office:
    return Office(contoso, KeyRing(contoso.house), receiver, await an_app(contoso, receiver))


@broken(apps_not_told)
async def test_a_guest_who_leaves_is_told_of_to_each_app_once(office: Office) -> None:
    guest = await world.guest(office.place)
    await office.sign_in(guest, "one")
    await office.sign_in(guest, "two", scope="openid offline_access")
    by = world.at_portal(guest)
    await leaving.leave(office.house, tenant_id=guest.tenant_id, by=by, key="k")
    (claims,) = await office.told()
    now = int(office.house.clock.now().timestamp())
    assert claims["iss"] == f"https://vestibule.example/{office.place.id}/v2.0"
    assert claims["aud"] == office.app.client_id
    assert claims["sub"] == minting.pairwise(office.house, guest, office.app)
    assert (claims["iat"], claims["exp"], claims["events"]) == (now, now + 120, {EVENT: {}})
    assert claims["jti"]
    assert "nonce" not in claims
    assert "sid" not in claims
    assert await office.deliver() == 0
    assert await outbox.notices(await office.house.store.read(), 9) == []


async def test_disable_remove_and_sign_out_everywhere(office: Office) -> None:
    for number, end in enumerate((disable, removing.remove, None)):
        guest = await world.guest(office.place, f"guest{number}@elsewhere.example")
        await office.sign_in(guest)
        if end is None:
            by = world.at_portal(guest, Strength.EMAILED_CODE)
            await signing_out.sign_out_everywhere(office.house, person_id=guest.person_id or "", by=by)
        else:
            await end(office.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=office.place.admin)
        assert len(await office.told()) == number + 1


async def test_whoever_is_disabled_at_home_is_out_wherever_they_are_a_guest(office: Office, house: House) -> None:
    fabrikam = await world.organization(house, "Fabrikam")
    member = await world.member(fabrikam)
    guest = await world.visitor(office.place, member)
    await office.sign_in(guest)
    await disable(house, tenant_id=member.tenant_id, user_id=member.user_id, by=fabrikam.admin)
    (claims,) = await office.told()
    assert claims["sub"] == minting.pairwise(house, guest, office.app)


async def test_a_browser_that_signs_out_ends_its_own_session_at_apps(office: Office) -> None:
    member = await world.member(office.place)
    opened = await signing_in.open_session(office.house, member.person_id or "", Strength.PASSWORD)
    sid = granting_sid(opened)
    await office.sign_in(member, sid)
    await office.sign_in(member, "another browser")
    await signing_in.sign_out(office.house, opened.token)
    (claims,) = await office.told()
    assert claims["sid"] == sid


async def test_an_app_that_wants_to_know_which_session(office: Office) -> None:
    wants = await an_app(office.place, office.receiver, backchannel_logout_session=True)
    guest = await world.guest(office.place)
    await office.sign_in(guest, "one", wants)
    await office.sign_in(guest, "two", wants)
    await disable(office.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=office.place.admin)
    assert sorted(claims["sid"] for claims in await office.told()) == ["one", "two"]


async def test_nobody_is_told_of_what_did_not_happen_or_has_nothing_open(office: Office) -> None:
    guest = await world.guest(office.place)
    await disable(office.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=office.place.admin)
    assert await office.told() == []
    other = await world.guest(office.place, "other@elsewhere.example")
    await office.sign_in(other)
    office.house.faults.arm("audit", 1, 503)
    with pytest.raises(Exception, match="injected"):
        await disable(office.house, tenant_id=other.tenant_id, user_id=other.user_id, by=office.place.admin)
    assert await office.told() == []


async def test_a_receiver_in_trouble_is_tried_again_under_the_same_id_and_holds_up_nobody(office: Office) -> None:
    clock = office.house.clock
    assert isinstance(clock, StoppedClock)
    async with served_provider(clock) as well:
        other = await an_app(office.place, well)
        guest = await world.guest(office.place)
        await office.sign_in(guest)
        await office.sign_in(guest, app=other)
        office.receiver.told_status = 503
        await disable(office.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=office.place.admin)
        assert await office.deliver() == 1
        assert len(well.told) == 1
    assert await office.deliver() == 0
    clock.advance(WAITS[0])
    office.receiver.told_status = 200
    first, second = await office.told()
    assert first["jti"] == second["jti"]
    assert second["iat"] - first["iat"] == WAITS[0].total_seconds()


async def test_a_receiver_that_refuses_or_never_answers_is_given_up(office: Office) -> None:
    clock = office.house.clock
    assert isinstance(clock, StoppedClock)
    for number, status in enumerate((400, 503)):
        guest = await world.guest(office.place, f"guest{number}@elsewhere.example")
        await office.sign_in(guest)
        office.receiver.told_status = status
        await disable(office.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=office.place.admin)
        for _ in range(len(WAITS) + 1):
            assert await office.deliver() == 0
            clock.advance(timedelta(hours=12))
        assert await outbox.notices(await office.house.store.read(), 9) == []
    assert len(office.receiver.told) == 1 + len(WAITS) + 1


@pytest.mark.parametrize("uri", ["http://app.example/told", "https://app.example/told#x", "ftp://app.example", "told"])
async def test_where_an_app_may_be_told(contoso: Place, uri: str) -> None:
    new = NewApp("Travel", backchannel_logout_uri=uri)
    with pytest.raises(Refused) as caught:
        await apps.create_app(contoso.house, new, tenant_id=contoso.id, by=operator())
    assert (caught.value.reason, caught.value.facts["property"]) == (Reason.BAD_VALUE, "backchannelLogoutUri")


def granting_sid(opened: signing_in.Opened) -> str:
    """What apps know the session of a browser by."""
    return session_id(opened.signed_in.session)
