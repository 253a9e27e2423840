"""Delivery: letters leave the outbox, each at least once, with a stable Message-ID, none holding up another.

A worker takes a letter by a lease; if it dies, the lease runs out and another takes it. A recipient whose server is
in trouble only delays their own letters. In an emulator database a letter is captured instead, in one transaction
with its removal from the outbox, so there it is exactly once.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from msgspec import MsgspecError

from vestibule.actions.house import House, Injected
from vestibule.actions.inviting import address_mac
from vestibule.actions.posting import Content, open_letter
from vestibule.doors.letters.exports import Exports
from vestibule.doors.letters.kinds import LetterKind, read
from vestibule.doors.letters.language import choose
from vestibule.doors.letters.notices import Notices
from vestibule.doors.letters.render import message_id, render
from vestibule.doors.web.accent import ORDINARY, Accent
from vestibule.ground.mail import Envelope, PermanentFailure, TemporaryFailure, Transport
from vestibule.rules import names
from vestibule.store import captured, outbox
from vestibule.store.captured import CapturedMail
from vestibule.store.outbox import Letter
from vestibule.store.unit import Stale, Unavailable, Unit

AT_ONCE: Final = 50
AT_A_TIME: Final = 8
LEASE: Final = timedelta(minutes=2)
WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
SEALED_FOR: Final = "captured-mail"

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Delivery:
    """How letters go out.

    Attributes:
        house: the house.
        transport: the mail server; None where letters are captured (emulator) or have to wait for one.
        operated_by: who runs the service, for the foot of letters.
        notices: how apps are told of sign-outs; None where nobody is.
        accent: the colour of buttons and links in letters.
    """

    house: House
    transport: Transport | None
    operated_by: str = ""
    notices: Notices | None = None
    accent: Accent = ORDINARY

    async def deliver_waiting(self) -> int:
        """Tell apps of sign-outs, bring exports where they belong, and deliver every letter whose time has come.

        Returns how many went out.
        """
        told = 0 if self.notices is None else await self.notices.deliver_waiting()
        brought = await Exports(self.house).deliver_waiting()
        return told + brought + await self._deliver_mail()

    async def _deliver_mail(self) -> int:
        if self.transport is None and not self.house.emulator:
            return 0
        count = 0
        while waiting := await outbox.waiting(await self.house.store.read(), AT_ONCE):
            gate = asyncio.Semaphore(AT_A_TIME)
            outcomes = await asyncio.gather(*(self._deliver(one, gate) for one in waiting), return_exceptions=True)
            for outcome in outcomes:  # told when none of them is under way any more
                if isinstance(outcome, BaseException):
                    raise outcome
            sent = sum(outcome is True for outcome in outcomes)
            count += sent
            if not sent:
                break
        return count

    async def _deliver(self, letter: Letter, gate: asyncio.Semaphore) -> bool:
        async with gate:
            token = self.house.chance.token(12)
            try:
                await self._claim(letter, token)
                await self._hand_over(letter, token)
            except (Stale, Unavailable) as other:
                if isinstance(other, Injected):
                    await self._put_off(letter, token, "a fault was injected")
                return False
            except TemporaryFailure as failure:
                await self._put_off(letter, token, str(failure))
                return False
                # What cannot be worded (an address, facts of another shape) cannot be sent by trying again.
            except (PermanentFailure, ValueError, TypeError, MsgspecError) as failure:
                await self._give_up(letter, token, failure)
                return False
            except Exception as failure:
                log.exception("letter_failed", kind=letter.kind, letter_id=letter.letter_id)
                await self._put_off(letter, token, type(failure).__name__)
                return False
        return True

    async def _claim(self, letter: Letter, token: str) -> None:
        async def work(unit: Unit) -> None:
            outbox.claim(unit, letter, token, unit.moment.machine + LEASE)

        await self.house.store.change(work)

    async def _hand_over(self, letter: Letter, token: str) -> None:
        content = open_letter(self.house, letter)
        if content.for_nobody:
            await self._sent(letter, token)
            return
        self.house.faults.check("send")
        identifier = message_id(letter.letter_id, self.house.mail_from)
        data = self._message(letter, content, identifier)
        if self.transport is None:
            await self._capture(letter, token, content, data)
            return
        for recipient in [content.recipient, *content.copies]:
            await self.transport.send(
                Envelope(
                    message_id=identifier,
                    sender=self.house.mail_from,
                    recipient=recipient,
                    data=data,
                    kind=letter.kind,
                )
            )
        await self._sent(letter, token)

    def _message(self, letter: Letter, content: Content, identifier: str) -> bytes:
        kind = LetterKind(content.kind)
        return render(
            kind,
            read(kind, content.facts),
            language=choose(content.languages),
            time_zone=content.time_zone,
            service_name=self.house.service_name,
            sender_address=self.house.mail_from,
            recipient=content.recipient,
            message_id=identifier,
            date=letter.written_at,
            operated_by=self.operated_by,
            copies=content.copies,
            accent=self.accent,
        )

    async def _capture(self, letter: Letter, token: str, content: Content, data: bytes) -> None:
        mail_id = self.house.chance.guid()
        key = self.house.sealer.derive(SEALED_FOR)
        mail = CapturedMail(
            mail_id=mail_id,
            to_mac=address_mac(self.house, names.key(content.recipient)),
            sealed=self.house.sealer.seal(key, data, mail_id.encode()),
            at=letter.written_at,
        )

        async def work(unit: Unit) -> None:
            captured.insert(unit, mail)
            outbox.sent_by_me(unit, letter, token)

        await self.house.store.change(work)

    async def _sent(self, letter: Letter, token: str) -> None:
        async def work(unit: Unit) -> None:
            outbox.sent(unit, letter, token)

        await self.house.store.change(work)

    async def _put_off(self, letter: Letter, token: str, error: str) -> None:
        wait = WAITS[min(letter.tries, len(WAITS) - 1)]

        async def work(unit: Unit) -> None:
            outbox.failed(unit, letter, token, unit.now + wait, error)

        await self.house.store.change(work)
        log.warning("letter_waits", kind=letter.kind, letter_id=letter.letter_id, tries=letter.tries + 1)

    async def _give_up(self, letter: Letter, token: str, failure: Exception) -> None:
        """The address will never take it: the letter goes, the log says so without the address."""
        await self._sent(letter, token)
        log.warning("letter_refused", kind=letter.kind, letter_id=letter.letter_id, error=type(failure).__name__)
