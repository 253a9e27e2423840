"""How an app is told of people, as ``vestibule app update`` sets it and ``vestibule app show`` says it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vestibule.actions import app_connections
from vestibule.commands.common import Failure
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules.actors import operator
from vestibule.rules.connections import Kind, Whom
from vestibule.store import connections, deliveries
from vestibule.store.apps import App


@dataclass(frozen=True, slots=True)
class Wishes:
    """What ``app update`` was asked for; None: nothing.

    Attributes:
        webhook, scim: addresses; empty: the app is told there no more. scim_token: a file with the token.
        told_of, required: of whom, and whether data removals wait, for each connection that is named or there.
        new_secret: the webhook gets another secret.
    """

    webhook: str | None = None
    scim: str | None = None
    scim_token: Path | None = None
    told_of: Whom | None = None
    required: bool | None = None
    new_secret: bool = False

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
    asked = {Kind.WEBHOOK: wishes.webhook, Kind.SCIM: wishes.scim}
    secret = None
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


def _changes(wishes: Wishes) -> bool:
    return wishes.told_of is not None or wishes.required is not None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Failure(f"{path} cannot be read") from wrong
