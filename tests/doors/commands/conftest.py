"""An organization on each database, and an app over TLS that takes provider commands and checks each of them."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.doors.oidc.conftest import keep_key
from tests.support import world
from tests.support.app_receiver import app_receiver
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.relying_party import RelyingParty
from tests.support.signals import signals_door
from tests.support.told_office import ToldOffice
from tests.support.world import Place
from vestibule.actions import app_connections, apps, due, erasing, removing, restoring, waiving
from vestibule.actions.access import issuer
from vestibule.actions.house import House
from vestibule.actions.subjects import pairwise
from vestibule.actions.switching import disable, enable
from vestibule.ground.certificates import Certificates, for_development
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.signing import SigningKey, generate_es256, generate_rs256
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, Whom
from vestibule.store import connections, deliveries
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.memberships import Membership
from vestibule.store.recipients import Recipient


@pytest.fixture(scope="session")
def signing_pair() -> list[SigningKey]:
    """Keys for every house of these tests: making one of RSA takes longer than most tests."""
    return [generate_es256("es-key"), generate_rs256("rs-key")]


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The certificate of the app, and who vouches for it."""
    return for_development(tmp_path_factory.mktemp("tls"), datetime.now(UTC))


@pytest.fixture(params=KINDS)
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, signing_pair: list[SigningKey], trusted: Certificates
) -> AsyncIterator[House]:
    """A house with signing keys; the test runs once on each database."""
    if request.param == "sqlite":
        opened = sqlite_house(tmp_path)
    else:
        opened = postgres_house(request.getfixturevalue("postgres_server"))
    async with opened as made:
        for key in signing_pair:
            await keep_key(made, key)
        made.outgoing = Outgoing(allow_loopback=True, extra_ca=str(trusted.authority))
        yield made


@pytest.fixture
async def contoso(house: House) -> Place:
    """An organization with a Global Administrator."""
    return await world.organization(house, "Contoso")


@pytest.fixture
async def sam(contoso: Place) -> Membership:
    """A guest of Contoso's."""
    return await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")


@dataclass
class Office(ToldOffice):
    """What happens to people, and what of it the app makes.

    Attributes:
        app: as it is registered. there: the app itself; it is told of everybody, and data removals wait for it.
    """

    app: App
    there: RelyingParty

    @property
    def of(self) -> dict[str, Any]:
        return {"tenant_id": self.place.id, "app_id": self.app.app_id, "by": operator()}

    async def later(self, by: timedelta) -> int:
        """Time goes by, and the worker tells again."""
        self.clock.advance(by)
        return await self.deliver()

    async def act(self, act: Any, guest: Membership) -> None:
        """Do something to somebody, and tell the app."""
        await act(self.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=self.place.admin)
        await self.deliver()

    async def disable(self, guest: Membership) -> None:
        await self.act(disable, guest)

    async def enable(self, guest: Membership) -> None:
        await self.act(enable, guest)

    async def leave(self, guest: Membership) -> None:
        await super().leave(guest)
        await self.deliver()

    async def remove(self, guest: Membership) -> None:
        await self.act(removing.remove, guest)

    async def restore(self, guest: Membership) -> None:
        await self.act(restoring.restore, guest)

    async def purge(self, guest: Membership) -> None:
        await self.act(erasing.purge, guest)

    async def stage(self, guest: Membership) -> object:
        """Where they stand once what is due was done."""
        await due.run_due(self.house)
        return await super().stage(guest)

    async def connect(self, **given: Any) -> None:
        await app_connections.set_connection(self.house, Kind.COMMANDS, **self.of, **given)

    async def send_again(self) -> None:
        await app_connections.send_again(self.house, Kind.COMMANDS, **self.of)
        await self.deliver()

    async def connection(self) -> Connection:
        found = await connections.find(
            await self.house.store.read(), self.place.id, self.app.app_id, Kind.COMMANDS.value
        )
        assert found is not None
        return found

    async def told(self, guest: Membership | str) -> Delivery | None:
        """What the app was told last of somebody, or of itself."""
        user_id = guest if isinstance(guest, str) else guest.user_id
        reading = await self.house.store.read()
        return await deliveries.find(reading, self.place.id, self.app.app_id, Kind.COMMANDS.value, user_id)

    async def answered(self, guest: Membership) -> tuple[str, str | None]:
        """What stands of the app in the list of those that a data removal waits for."""
        one = await self.recipient(guest)
        return one.state, one.answer

    async def recipient(self, guest: Membership) -> Recipient:
        reading = await self.house.store.read()
        found = await waiving.recipients_of(reading, tenant_id=guest.tenant_id, user_id=guest.user_id)
        [one] = [each for each in found if each.app_id == self.app.app_id]
        return one

    def subject(self, guest: Membership) -> str:
        """What the app calls somebody by."""
        return pairwise(self.house, guest, self.app)

    def has(self, guest: Membership, state: str = "active") -> None:
        """Somebody has an account there in this state, as if they had signed in to the app before."""
        self.there.accounts[self.subject(guest)] = {"state": state, "claims": {}}
        self.there.sessions.add(self.subject(guest))

    def state(self, guest: Membership) -> str:
        """The state of their account there."""
        return self.there.state(self.subject(guest))

    @property
    def did(self) -> list[str]:
        """The commands that changed something there, in their order."""
        return [command for command, _ in self.there.done]


@pytest.fixture
async def unconnected(contoso: Place, trusted: Certificates) -> AsyncIterator[Office]:
    """The app over TLS, before anybody entered its address."""
    app = (await apps.create_app(contoso.house, NewApp("Travel"), tenant_id=contoso.id, by=operator())).app
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted.certificate, trusted.key)
    async with signals_door(contoso.house) as door, app_receiver(context, RelyingParty) as there:
        assert isinstance(there, RelyingParty)

        async def published() -> dict[str, Any]:
            """The keys, found as any client finds them."""
            of = f"/{contoso.id}/v2.0/.well-known/openid-configuration"
            return dict((await door.http.get((await door.http.get(of)).json()["jwks_uri"])).json())

        there.published, there.clock = published, contoso.house.clock.now
        there.issuer, there.client_id, there.tenant = issuer(contoso.house, contoso.id), app.client_id, contoso.id
        yield Office(contoso, app, there)


@pytest.fixture
async def office(unconnected: Office, sam: Membership) -> Office:
    """The app, connected: it is told of everybody from now on, and data removals wait for it. Sam was there before."""
    assert sam.tenant_id == unconnected.place.id
    await unconnected.connect(address=unconnected.there.url, told_of=Whom.EVERYONE, required=True)
    await unconnected.deliver()
    return unconnected
