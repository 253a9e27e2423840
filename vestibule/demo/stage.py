"""What the demo's seeding stands on: an open house, a clock that is pushed by hand, and people who sign in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.actions import access, inviting, mailbox_codes, redeeming, signing_in
from vestibule.actions.access import SignedIn
from vestibule.actions.house import House
from vestibule.actions.organizing import Created
from vestibule.actions.signing_in import Opened
from vestibule.demo.cast import Place, Somebody
from vestibule.doors.emulator.mail import newest
from vestibule.ground.clock import StoppedClock
from vestibule.program import Program
from vestibule.rules.actors import Actor, operator
from vestibule.store.memberships import Membership

LANDING: Final = "https://{domain}/welcome"
_BROWSER: Final = "the demo's own"
_LOOPBACK: Final = "127.0.0.1"
_BREATH: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo is made.

    Attributes:
        clock: stands still; every act pushes it a little, so that the audit log has an order.
    """

    program: Program
    clock: StoppedClock

    @property
    def house(self) -> House:
        """The house."""
        return self.program.house

    def breathe(self) -> None:
        """A little time passes."""
        self.clock.advance(_BREATH)

    async def invite(self, place: Place, made: Created, address: str, name: str | None = None) -> tuple[str, str]:
        """Invite somebody by mail. Returns the user object's id and the ticket of the link."""
        self.breathe()
        asked = inviting.check(address, LANDING.format(domain=place.domain), display_name=name, sends=True)
        sent = await inviting.invite(self.house, asked, tenant_id=made.organization.tenant_id, by=operator())
        return sent.user_id, sent.redeem_url.rpartition("/")[2]

    async def join(self, place: Place, made: Created, who: Somebody) -> Membership:
        """Somebody from Contoso is invited and accepts."""
        _, ticket = await self.invite(place, made, who.email, who.name)
        opened = await self.sign_in(who)
        return await self._redeem(ticket, opened.signed_in, opened.token)

    async def sign_in(self, who: Somebody) -> Opened:
        """Somebody from Contoso signs in by password."""
        self.breathe()
        return await signing_in.prove_password(
            self.house, self.program.passwords, email=who.email, password=who.password, network=_LOOPBACK
        )

    async def join_by_code(self, place: Place, made: Created, address: str, name: str | None = None) -> Membership:
        """Somebody without a home organization is invited, and accepts with the code from their mailbox."""
        _, ticket = await self.invite(place, made, address, name)
        self.breathe()
        handle = await signing_in.begin(self.house, browser=_BROWSER, target=f"/invitations/{ticket}")
        request = await signing_in.find(self.house, await self.house.store.read(), handle, _BROWSER)
        if request is None:
            raise RuntimeError("the sign-in that was just begun is gone")
        await mailbox_codes.send_code(self.house, request, email=address, languages=[])
        await self.program.worker.deliver()
        code = next(mail["code"] for mail in await newest(self.house, address) if mail["code"])
        opened = await mailbox_codes.prove_code(self.house, request, email=address, typed=code, network=_LOOPBACK)
        return await self._redeem(ticket, opened.signed_in, opened.token)

    async def _redeem(self, ticket: str, signed_in: SignedIn, token: str) -> Membership:
        done = await redeeming.redeem(
            self.house, person_id=signed_in.person.person_id, ticket=ticket, by=as_person(signed_in)
        )
        await signing_in.sign_out(self.house, token)
        return done.membership


def as_person(signed_in: SignedIn) -> Actor:
    """Somebody in our own pages."""
    return access.actor_of(signed_in, "", network=_LOOPBACK, request_id="")
