"""Where the conversations take place: the stage, with the doors that programs speak to, and programs elsewhere.

``receiver`` is a program that is told of changes, ``provider`` an OpenID provider, ``saml`` one that speaks SAML. They
are servers on ports of this machine, so what they are called stands for their addresses. With ``browser``, Sam and
somebody who is not there have been at the sign-in page before.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.support.graph import Caller, graph_door
from tests.support.provider import served_provider
from tests.support.receiver import served_receiver
from tests.support.saml import served_saml_provider
from tests.support.stage import Stage, stage
from vestibule.actions import signing_in
from vestibule.actions.house import House
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength
from vestibule.rules.refusals import Refused
from vestibule.rules.sign_ins import Whence

_BROWSER = Whence("192.0.2.44", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


@dataclass
class Scene:
    """The stage, and what the programs elsewhere are called."""

    stage: Stage
    elsewhere: dict[str, str] = field(default_factory=dict)

    @property
    def house(self) -> House:
        """The house."""
        return self.stage.house

    def names(self) -> dict[str, str]:
        """What each id and each address is called."""
        return {**self.stage.names(), **self.elsewhere}

    async def caller(self, name: str) -> Caller:
        """Somebody by name, signed in just now."""
        return await self.stage.caller(name)


@asynccontextmanager
async def scene(house: House, programs: Iterable[str] = ()) -> AsyncIterator[Scene]:
    """Set the scene in an empty house."""
    async with AsyncExitStack() as stack:
        on = Scene(await stage(await stack.enter_async_context(graph_door(house))))
        for name in programs:
            house.outgoing = Outgoing(allow_loopback=True)
            on.elsewhere |= await _program(stack, on, name)
        yield on


async def _program(stack: AsyncExitStack, on: Scene, name: str) -> dict[str, str]:
    house = on.house
    match name:
        case "browser":
            await _sign_in(on)
            return {}
        case "receiver":
            return {name: (await stack.enter_async_context(served_receiver())).origin}
        case "provider":
            return {name: (await stack.enter_async_context(served_provider(house.clock))).issuer}
        case "saml":
            there = await stack.enter_async_context(served_saml_provider(house.clock))
            return {name: there.origin, "saml-certificate": there.keys[0].plain}
        case _:
            raise KeyError(name)


async def _sign_in(on: Scene) -> None:
    """Sam signs in with an emailed code and opens Contoso; a name that nobody has is tried with a password."""
    house, sam = on.house, on.stage.sam
    opened = await signing_in.open_session(house, sam.person_id or "", Strength.EMAILED_CODE)
    await signing_in.open_organization(house, opened.signed_in, sam.tenant_id, network=_BROWSER)
    passwords = Passwords(house.chance, workers=1)
    try:
        with suppress(Refused):
            await signing_in.prove_password(
                house, passwords, email="nobody@contoso.example", password="a guess", network=_BROWSER
            )
    finally:
        passwords.close()
