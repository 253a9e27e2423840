"""The Shared Signals door on each database, with an organization and a receiver that may set up a stream."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doors.oidc.conftest import keep_key
from tests.support import world
from tests.support.app_receiver import AppReceiver
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.signals import Receiver, Signals, push_receiver, signals_door
from tests.support.told_office import ToldOffice
from tests.support.world import Place
from vestibule.actions import app_connections, waiving
from vestibule.actions.house import House
from vestibule.actions.streams import Wish, change_stream
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.signing import SigningKey, generate_es256, generate_rs256
from vestibule.rules.actors import operator
from vestibule.rules.connections import Kind, Whom
from vestibule.store.memberships import Membership
from vestibule.store.recipients import Recipient


@pytest.fixture(scope="session")
def signing_pair() -> list[SigningKey]:
    """Keys for every house of these tests: making one of RSA takes longer than most tests."""
    return [generate_es256("es-key"), generate_rs256("rs-key")]


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path, signing_pair: list[SigningKey]) -> AsyncIterator[House]:
    """A house with signing keys; the test runs once on each database."""
    if request.param == "sqlite":
        opened = sqlite_house(tmp_path)
    else:
        opened = postgres_house(request.getfixturevalue("postgres_server"))
    async with opened as made:
        for key in signing_pair:
            await keep_key(made, key)
        made.outgoing = Outgoing(allow_loopback=True)
        yield made


@pytest.fixture
async def contoso(house: House) -> Place:
    """An organization with a Global Administrator."""
    return await world.organization(house, "Contoso")


@pytest.fixture
async def sam(contoso: Place) -> Membership:
    """A guest of Contoso's."""
    return await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")


@pytest.fixture
async def robin(contoso: Place) -> Membership:
    """Another."""
    return await world.guest(contoso, "robin@elsewhere.example", "Robin Counts")


@pytest.fixture
async def door(house: House) -> AsyncIterator[Signals]:
    """The door over HTTP."""
    async with signals_door(house) as opened:
        yield opened


@pytest.fixture
async def travel(door: Signals, contoso: Place) -> Receiver:
    """An app that may have a stream, and has none yet."""
    return await door.receiver(contoso)


@pytest.fixture
async def post() -> AsyncIterator[AppReceiver]:
    """Where tokens are pushed to."""
    async with push_receiver() as found:
        yield found


@dataclass
class Office(ToldOffice):
    """What happens to people, and what of it the stream's receiver answers.

    Attributes:
        travel: the receiver; its stream tells of everybody, and data removals wait for it.
    """

    travel: Receiver

    async def recipient(self, guest: Membership) -> Recipient:
        reading = await self.house.store.read()
        [one] = await waiving.recipients_of(reading, tenant_id=guest.tenant_id, user_id=guest.user_id)
        return one

    async def send_again(self) -> None:
        await app_connections.send_again(
            self.house, Kind.SSF, tenant_id=self.place.id, app_id=self.travel.app.app_id, by=self.place.admin
        )

    async def required_of_everyone(self) -> None:
        """The organization decides of whom the app is told, and that data removals wait for it."""
        await change_stream(
            self.house,
            Wish(told_of=Whom.EVERYONE, required=True),
            tenant_id=self.place.id,
            app_id=self.travel.app.app_id,
            by=operator(),
            whole=False,
        )


@pytest.fixture
async def polled(contoso: Place, travel: Receiver) -> Office:
    """An app that polls."""
    await travel.create()
    office = Office(contoso, travel)
    await office.required_of_everyone()
    return office


@pytest.fixture
async def pushed(contoso: Place, travel: Receiver, post: AppReceiver) -> Office:
    """An app that is pushed to."""
    await travel.create_pushed(post)
    office = Office(contoso, travel)
    await office.required_of_everyone()
    return office
