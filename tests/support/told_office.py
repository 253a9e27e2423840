"""An organization with an app that is told what becomes of people, whichever way it is told."""

from dataclasses import dataclass

from tests.support import world
from tests.support.world import Place
from vestibule.actions import erasing, leaving
from vestibule.actions.house import House
from vestibule.doors.letters.connected import Connected
from vestibule.ground.clock import StoppedClock
from vestibule.store.memberships import Membership


@dataclass
class ToldOffice:
    """What happens to people there, and the telling of it."""

    place: Place

    @property
    def house(self) -> House:
        return self.place.house

    @property
    def clock(self) -> StoppedClock:
        assert isinstance(self.house.clock, StoppedClock)
        return self.house.clock

    async def deliver(self) -> int:
        return await Connected(self.house).deliver_waiting()

    async def leave(self, guest: Membership) -> None:
        await leaving.leave(self.house, tenant_id=guest.tenant_id, by=world.at_portal(guest), key=guest.user_id)

    async def purge(self, guest: Membership) -> None:
        await erasing.purge(self.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=self.place.admin)

    async def stage(self, guest: Membership) -> object:
        return (await world.again(self.house, guest.tenant_id, guest.user_id)).stage
