"""OpenID Provider Commands: accounts at an app are made, changed, suspended, archived and deleted by signed commands.

Draft 02 of OpenID Provider Commands 1.0, which is experimental. Which commands an app supports is asked first, and
again every day. An answer says in which state the account is; the next command follows from that, each one once.

What counts as the answer to a command: 200 with the account's state and subject in JSON; 204, or 200 without a body;
409 with ``incompatible_state`` and the state that there is. A server that answers 200 with anything else has not said
that it did it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from vestibule.actions import commanding, delivering
from vestibule.actions.access import issuer
from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.telling_connected import Told
from vestibule.doors.letters.asking_apps import NoAnswer, ask
from vestibule.ground.outgoing import Answer
from vestibule.rules import commands as rules
from vestibule.rules.commands import Account, Command
from vestibule.rules.connections import Event, State
from vestibule.store import connections
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery

T = TypeVar("T")

ASK_AGAIN_AFTER: Final = timedelta(days=1)
"""So long what an app said that it supports is believed."""

_JSON: Final = "application/json"
_UNSUPPORTED: Final = "unsupported_command"
_INCOMPATIBLE: Final = "incompatible_state"
_CODES: Final = frozenset({"invalid_request", "unrecognized_provider", "access_denied", _UNSUPPORTED, _INCOMPATIBLE})
"""The codes of errors that are written down; others could be anything."""
_UNREADABLE: Final = Outcome(State.SILENT, "the answer does not say where the account is")


class _No(Exception):
    """The app answers for good that it does not; the text says how."""


class _Unsupported(Exception):
    """The app does not support a command, whatever it said before."""


class _Said(msgspec.Struct):
    """What an app answers about an account, or what was wrong."""

    account_state: Account | None = None
    sub: str | None = None
    error: str | None = None


class _Context(msgspec.Struct):
    iss: str
    tenant: str


class _Metadata(msgspec.Struct):
    """What an app answers about itself."""

    context: _Context
    commands_supported: list[str]
    command_endpoint: str | None = None
    client_id: str | None = None
    claims_supported: list[str] | None = None
    aud_sub_required: bool = False


async def tell(house: House, ring: KeyRing, one: Connection, delivery: Delivery, told: Told) -> Outcome:
    """Bring the account at the app to where the person stands here; or ask the app what it supports."""
    reading = await house.store.read()
    now = await connections.find(reading, one.tenant_id, one.app_id, one.kind)  # what it said a moment ago is in it
    app = _App(house, ring, now or one, delivery, told)
    try:
        if app.is_unknown:
            await app.learn()
        if delivery.event == Event.COMMANDS_METADATA.value:
            return Outcome(State.CONFIRMED, "status 200")
        return await _bring(app, Event(delivery.event))
    except NoAnswer as none:
        return none.outcome
    except _No as no:
        return Outcome(State.REFUSED, str(no))


async def _bring(app: "_App", event: Event) -> Outcome:
    """Send command after command until the account is where it shall be, or nothing is left to send."""
    can = set(rules.supported(app.one.commands) or ())
    if not await commanding.is_present(app.house, app.one, app.told):
        can.discard(Command.ACTIVATE)
    aim = rules.wanted(event, enabled=app.told.enabled)
    there = rules.assumed(event, aim, frozenset(can))
    revoked, answer = app.told.revoked_at is not None, "the app supports no command for it"
    sent = False
    while command := rules.step(event, aim, there, frozenset(can), revoked=revoked):
        can.discard(command)
        try:
            there, answer, done = await app.send(command)
        except _Unsupported:
            answer = f"{command}: {_UNSUPPORTED}"
            there = rules.assumed(event, aim, frozenset(can)) if not sent else there
            continue
        sent = True
        if done and command is Command.ACTIVATE:
            can.discard(Command.MAINTAIN)  # it would say the same again
    state = rules.outcome(event, aim, there) if sent else State.REFUSED
    return Outcome(state, answer)


class _App:
    """An app at its command endpoint. ``one``: with what it said that it supports."""

    def __init__(self, house: House, ring: KeyRing, one: Connection, delivery: Delivery, told: Told) -> None:
        self.house = house
        self.one = one
        self.told = told
        self._ring = ring
        self._delivery = delivery

    @property
    def is_unknown(self) -> bool:
        """What it supports is not known, or was asked too long ago."""
        asked = self.one.asked_at
        return asked is None or self.house.clock.now() - asked >= ASK_AGAIN_AFTER

    async def learn(self) -> None:
        """Ask what it supports, and keep it. Raises NoAnswer, _No; Stale when another worker has the connection."""
        said = _metadata(await self._post(Command.METADATA))
        expected = _Context(issuer(self.house, self.one.tenant_id), self.one.tenant_id)
        if said.context != expected:
            raise _No("metadata: another issuer or tenant")
        if said.command_endpoint not in {None, self.one.url}:
            raise _No("metadata: another command endpoint")
        if said.client_id not in {None, self.told.client_id}:
            raise _No("metadata: another client id")
        if said.aud_sub_required:
            raise _No("metadata: aud_sub is required, and is not sent")
        self.one = replace(
            self.one,
            commands=rules.kept_commands(said.commands_supported),
            claims=rules.kept_claims(said.claims_supported),
            asked_at=self.house.clock.now(),
        )
        await delivering.learn(self.house, self.one)

    async def send(self, command: Command) -> tuple[Account, str, bool]:
        """Where the account is after a command, what was answered, and whether it was done.

        Raises NoAnswer, _No, _Unsupported.
        """
        answer = await self._post(command)
        words = f"{command}: status {answer.status}"
        if answer.status == 204 or (answer.status == 200 and not answer.body.strip()):
            return rules.AFTER[command], words, True
        said = _read(answer, _Said)
        if answer.status == 200:
            if said is None or said.account_state is None or said.sub != self.told.subject:
                raise NoAnswer(_UNREADABLE)
            return said.account_state, f"{words}, {said.account_state}", True
        if answer.status < 300:
            raise NoAnswer(Outcome(State.SILENT, words))
        if said is not None and answer.status == 409 and said.error == _INCOMPATIBLE:
            if said.account_state is None or said.sub not in {None, self.told.subject}:
                raise NoAnswer(_UNREADABLE)
            return said.account_state, f"{words}, {said.account_state}", False
        if said is not None and answer.status == 400 and said.error == _UNSUPPORTED:
            raise _Unsupported
        raise _No(words + _code(said))

    async def _post(self, command: Command) -> Answer:
        token = await commanding.signed(self.house, self._ring, self.one, self._delivery, self.told, command)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": _JSON,
            "User-Agent": self.house.service_name,
        }
        body = urlencode({"command_token": token}).encode()
        return await ask(self.house, "POST", self.one.url, headers=headers, body=body)


def _metadata(answer: Answer) -> _Metadata:
    """What an app says about itself. Raises _No when it is none of that."""
    if answer.status != 200:
        raise _No(f"metadata: status {answer.status}{_code(_read(answer, _Said))}")
    said = _read(answer, _Metadata)
    if said is None:
        raise _No("metadata: the answer cannot be read")
    return said


def _read(answer: Answer, what: type[T]) -> T | None:
    """The body of an answer; None when it is no JSON of this shape, or does not say that it is JSON."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        return None
    try:
        return msgspec.json.decode(answer.body, type=what)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _code(said: _Said | None) -> str:
    return f", {said.error}" if said is not None and said.error in _CODES else ""
