"""How an app is told of people, as ``vestibule app update`` sets it and ``vestibule app show`` says it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vestibule.actions import app_connections, streams
from vestibule.actions.streams import Wish
from vestibule.commands.common import Failure
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules.actors import operator
from vestibule.rules.connections import Kind, Whom
from vestibule.rules.signals import Method, Status
from vestibule.store import connections, deliveries
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Wishes:
    """What ``app update`` was asked for; None: nothing.

    Attributes:
        webhook, scim: addresses; empty: the app is told there no more. scim_token: a file with the token.
        told_of, required: of whom, and whether data removals wait, for each connection that is named or there.
        new_secret: the webhook gets another secret.
        stream: where the stream is pushed to, or ``poll``; empty: there is none any more.
        stream_status: whether it tells. stream_authorization: a file with what we say when we push.
        commands: where it takes provider commands; empty: nowhere any more.
    """

    webhook: str | None = None
    scim: str | None = None
    scim_token: Path | None = None
    told_of: Whom | None = None
    required: bool | None = None
    new_secret: bool = False
    stream: str | None = None
    stream_status: Status | None = None
    stream_authorization: Path | None = None
    commands: str | None = None

    @property
    def is_nothing(self) -> bool:
        """Nothing was asked for."""
        return self == Wishes()


async def carry_out(program: Program, app: App, wishes: Wishes) -> dict[str, Any]:
    """Do what was asked for. Returns the secret of the webhook, where there is a new one. Raises Failure, Refused."""
    if wishes.is_nothing:
        return {}
    there = {one.kind for one in await connections.of_app(await program.house.store.read(), app.tenant_id, app.app_id)}
    token = None if wishes.scim_token is None else _read(wishes.scim_token)
    asked = {Kind.WEBHOOK: wishes.webhook, Kind.SCIM: wishes.scim, Kind.COMMANDS: wishes.commands}
    secret = None
    await _stream(program, app, wishes, there=Kind.SSF.value in there)
    for kind, address in asked.items():
        if address == "":
            await app_connections.remove_connection(
                program.house, kind, tenant_id=app.tenant_id, app_id=app.app_id, by=operator()
            )
            continue
        proof = token if kind is Kind.SCIM else None
        if address is None and proof is None and (kind.value not in there or not _changes(wishes)):
            continue
        made = await app_connections.set_connection(
            program.house,
            kind,
            tenant_id=app.tenant_id,
            app_id=app.app_id,
            by=operator(),
            address=address,
            told_of=wishes.told_of,
            required=wishes.required,
            token=proof,
        )
        secret = made.secret or secret
    if wishes.new_secret:
        made = await app_connections.new_secret(
            program.house, tenant_id=app.tenant_id, app_id=app.app_id, by=operator()
        )
        secret = made.secret
    return {} if secret is None else {"webhookSecret": secret}


async def shown(program: Program, app: App) -> list[dict[str, Any]]:
    """Every connection of an app, with how many things are in each state; never what we prove ourselves with."""
    reading = await program.house.store.read()
    return [
        {
            "kind": one.kind,
            "address": one.url,
            "toldOf": one.told_of,
            "required": one.required,
            **_of_stream(one),
            **await _of_commands(reading, one),
            "leftAloneUntil": iso(one.not_before) if one.not_before > reading.now else None,
            "deliveries": {
                state: many
                for state, (many, _) in sorted(
                    (await deliveries.states(reading, one.tenant_id, one.app_id, one.kind)).items()
                )
            },
        }
        for one in await connections.of_app(reading, app.tenant_id, app.app_id)
    ]


async def _stream(program: Program, app: App, wishes: Wishes, *, there: bool) -> None:
    of: dict[str, Any] = {"tenant_id": app.tenant_id, "app_id": app.app_id, "by": operator()}
    if wishes.stream == "":
        await app_connections.remove_connection(program.house, Kind.SSF, **of)
        return
    text = None if wishes.stream_authorization is None else _read(wishes.stream_authorization)
    if wishes.stream is not None or text is not None or (there and _changes(wishes)):
        wish = Wish(
            method=_method(wishes.stream),
            address=wishes.stream if _method(wishes.stream) is Method.PUSH else None,
            authorization=text,
            told_of=wishes.told_of,
            required=wishes.required,
        )
        if there or wishes.stream is None:
            await streams.change_stream(program.house, wish, **of, whole=False)
        else:
            await streams.create_stream(program.house, wish, **of)
    if wishes.stream_status is not None:
        await streams.set_status(program.house, wishes.stream_status, None, **of)


def _method(stream: str | None) -> Method | None:
    if stream is None:
        return None
    return Method.POLL if stream == Method.POLL.value else Method.PUSH


def _of_stream(one: Connection) -> dict[str, Any]:
    if one.stream_id is None:
        return {}
    return {"streamId": one.stream_id, "delivery": one.method, "status": one.status, "reason": one.reason}


async def _of_commands(reading: Reading, one: Connection) -> dict[str, Any]:
    """What an app said that it supports, or what came instead; empty for the other kinds."""
    if one.kind != Kind.COMMANDS.value:
        return {}
    asked = await deliveries.find(reading, one.tenant_id, one.app_id, one.kind, deliveries.METADATA)
    return {
        "commands": None if one.commands is None else one.commands.split(),
        "claims": None if one.claims is None else one.claims.split(),
        "askedAt": None if one.asked_at is None else iso(one.asked_at),
        "answer": None if asked is None else asked.answer,
    }


def _changes(wishes: Wishes) -> bool:
    return wishes.told_of is not None or wishes.required is not None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Failure(f"{path} cannot be read") from wrong
