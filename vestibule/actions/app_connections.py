"""Connections of apps: where each is told of people, and what we prove ourselves with there.

A webhook gets a secret of ours, which is shown once and signs what it is told; a SCIM server gave us a token. Both lie
sealed. A secret that is replaced goes on signing beside the new one for a day, so that nobody has to change two
programs in the same second.
"""

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app, tell
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.telling_connected import Told, put
from vestibule.ground.clock import from_us, iso, to_us
from vestibule.rules import connections as rules
from vestibule.rules import redirects
from vestibule.rules.actors import Actor
from vestibule.rules.connections import Event, Kind, State, Whom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import connections, deliveries, recipients
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.unit import Unit

_SEALED_FOR: Final = "app-connections"
_SECRET_OCTETS: Final = 32
_PREFIX: Final = "whsec_"
_UNANSWERED: Final = [one.value for one in State if one not in rules.ENOUGH]
_NOT_DONE: Final = [State.REFUSED.value, State.UNREACHABLE.value, State.SILENT.value, State.DISABLED_ONLY.value]


class _Secret(msgspec.Struct, frozen=True):
    """A secret in base64, and until when it still signs (microseconds of machine time); None: it is the newest."""

    key: str
    until: int | None = None


class _Kept(msgspec.Struct, frozen=True):
    """What a connection proves itself with, as it is sealed."""

    secrets: list[_Secret] = []
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A connection that was just set up or got a new secret. ``secret`` exists only here: ``whsec_`` and base64."""

    connection: Connection
    secret: str | None = None


async def set_connection(
    house: House,
    kind: Kind,
    *,
    tenant_id: str,
    app_id: str,
    by: Actor,
    address: str | None = None,
    told_of: Whom | None = None,
    required: bool | None = None,
    token: str | None = None,
) -> Made:
    """Let an app be told of people from now on, or change where and of whom it is. None: it stays as it is.

    Args:
        house: the house. kind: what it speaks. tenant_id, app_id: whose. by: who sets it.
        address: https; of a SCIM server the base address, below which ``/Users`` is.
        told_of: of whom. required: data removals wait for it. token: the bearer token that a SCIM server gave us.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE of address or scimToken; MISSING_VALUE of them for a new one.
        ValueError: a stream is set up in another way (``streams``).
    """
    if kind is Kind.SSF:
        msg = "a stream is set up by streams.set_stream"
        raise ValueError(msg)
    where = None if address is None else redirects.web_address(address.strip(), what="address")
    proof = None if token is None else rules.credential(token)
    if proof is not None and kind is not Kind.SCIM:
        raise Refused(Reason.BAD_VALUE, property="scimToken")

    async def work(unit: Unit) -> Made:
        app = await find_app(unit, by, Verb.CHANGE_CONNECTIONS, tenant_id, app_id)
        before = await connections.find(unit, app.tenant_id, app.app_id, kind.value)
        if before is None:
            made = _new(house, unit, app, kind, where, proof)
            after = replace(
                made.connection,
                told_of=(told_of or Whom.CONNECTED).value,
                required=bool(required),
            )
            connections.insert(unit, after)
        else:
            after = replace(
                before,
                url=where or before.url,
                told_of=before.told_of if told_of is None else told_of.value,
                required=before.required if required is None else required,
                sealed=before.sealed if proof is None else _seal(house, before, _Kept(token=proof)),
                not_before=unit.now,
                tries=0,
                asked_at=None,
            )
            if after.url != before.url:
                after = replace(after, commands=None, claims=None)
            made = Made(after)
            connections.save(unit, after)
        _ask_metadata(house, unit, app, after)
        await tell_of(house, unit, app, after, by=by)
        return replace(made, connection=after)

    return await attempt(house, Verb.CHANGE_CONNECTIONS, work, by=by, tenant_id=tenant_id)


async def new_secret(house: House, *, tenant_id: str, app_id: str, by: Actor) -> Made:
    """Give a webhook a new secret. It is shown once, here; the one before signs beside it for a day.

    Raises:
        Refused: NOT_FOUND for app or webhook; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Made:
        app, before = await _find(unit, by, tenant_id, app_id, Kind.WEBHOOK)
        kept = _open(house, before)
        until = to_us(unit.moment.machine + rules.OVERLAP)
        older = [_Secret(one.key, until) for one in kept.secrets if one.until is None]
        key = house.chance.octets(_SECRET_OCTETS)
        secrets = [_Secret(base64.b64encode(key).decode()), *older]
        after = replace(before, sealed=_seal(house, before, _Kept(secrets)))
        connections.save(unit, after)
        await tell_of(house, unit, app, after, by=by, way="secret")
        return Made(after, _PREFIX + secrets[0].key)

    return await attempt(house, Verb.CHANGE_CONNECTIONS, work, by=by, tenant_id=tenant_id, way="secret")


async def remove_connection(house: House, kind: Kind, *, tenant_id: str, app_id: str, by: Actor) -> None:
    """Tell an app no more. Data removals that wait for its answer go on waiting, until somebody waives it.

    Raises:
        Refused: NOT_FOUND for app or connection; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        app, gone = await _find(unit, by, tenant_id, app_id, kind)
        connections.drop(unit, gone)
        deliveries.drop_of(unit, gone.tenant_id, gone.app_id, gone.kind)
        _lose(unit, gone)
        await tell_of(house, unit, app, gone, by=by, way="remove")

    await attempt(house, Verb.CHANGE_CONNECTIONS, work, by=by, tenant_id=tenant_id, way="remove")


async def forget_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """An app is gone for good: nobody tells it anything any more. The right to it has been asked."""
    for one in await connections.of_app(unit, tenant_id, app_id):
        _lose(unit, one)
    connections.drop_of_app(unit, tenant_id, app_id)
    deliveries.drop_of_app(unit, tenant_id, app_id)


async def send_again(
    house: House, kind: Kind, *, tenant_id: str, app_id: str, by: Actor, user_id: str | None = None
) -> None:
    """Offer an app anew what it did not take or do: everything, or what is about one user. It is not left alone first.

    Raises:
        Refused: NOT_FOUND for app or connection; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        app, one = await _find(unit, by, tenant_id, app_id, kind)
        deliveries.again(unit, one.tenant_id, one.app_id, one.kind, _NOT_DONE, user_id)
        connections.save(unit, replace(one, asked_at=None))
        _ask_metadata(house, unit, app, one)
        connections.at_once(unit, one)
        await tell_of(house, unit, app, one, by=by, way="again")

    await attempt(house, Verb.CHANGE_CONNECTIONS, work, by=by, tenant_id=tenant_id, way="again")


def keys_of(house: House, one: Connection, now: datetime) -> list[bytes]:
    """The keys that sign what a webhook is told at this moment (machine time), the newest first."""
    kept = _open(house, one).secrets
    return [base64.b64decode(key.key) for key in kept if key.until is None or from_us(key.until) > now]


def token_of(house: House, one: Connection) -> str:
    """The bearer token for a SCIM server, or what a stream says in its Authorization header; empty: nothing."""
    return _open(house, one).token or ""


def with_token(house: House, one: Connection, token: str | None) -> Connection:
    """The same with what we prove ourselves with there, sealed; None or empty: nothing."""
    return replace(one, sealed=_seal(house, one, _Kept(token=token or None)))


def _new(house: House, unit: Unit, app: App, kind: Kind, address: str | None, token: str | None) -> Made:
    if address is None:
        raise Refused(Reason.MISSING_VALUE, property="address")
    if kind is Kind.SCIM and token is None:
        raise Refused(Reason.MISSING_VALUE, property="scimToken")
    one = Connection(
        tenant_id=app.tenant_id,
        app_id=app.app_id,
        kind=kind.value,
        client_id=app.client_id,
        url=address,
        sealed=b"",
        told_of=Whom.CONNECTED.value,
        required=False,
        created_at=unit.now,
        not_before=unit.now,
    )
    if kind is not Kind.WEBHOOK:
        return Made(replace(one, sealed=_seal(house, one, _Kept(token=token))))
    key = base64.b64encode(house.chance.octets(_SECRET_OCTETS)).decode()
    return Made(replace(one, sealed=_seal(house, one, _Kept([_Secret(key)]))), _PREFIX + key)


def _ask_metadata(house: House, unit: Unit, app: App, one: Connection) -> None:
    """Write that an app is to be asked which provider commands it supports, before anything else is told."""
    if one.kind != Kind.COMMANDS.value:
        return
    nobody = Told(
        client_id=app.client_id, subject="", object_id="", user_name="", mail=None, sequence=0, at=iso(unit.now)
    )
    put(house, unit, one, deliveries.METADATA, Event.COMMANDS_METADATA, nobody, unit.now)


async def _find(unit: Unit, by: Actor, tenant_id: str, app_id: str, kind: Kind) -> tuple[App, Connection]:
    app = await find_app(unit, by, Verb.CHANGE_CONNECTIONS, tenant_id, app_id)
    found = await connections.find(unit, app.tenant_id, app.app_id, kind.value)
    if found is None:
        raise Refused(Reason.NOT_FOUND, objectId=app_id)
    return app, found


def _lose(unit: Unit, one: Connection) -> None:
    recipients.lost(
        unit,
        one.tenant_id,
        one.app_id,
        one.kind,
        states=_UNANSWERED,
        state=State.UNREACHABLE.value,
        answer="the connection was removed",
    )


def _seal(house: House, one: Connection, kept: _Kept) -> bytes:
    context = f"{one.tenant_id}/{one.app_id}/{one.kind}".encode()
    return house.sealer.seal(house.sealer.derive(_SEALED_FOR), msgspec.json.encode(kept), context)


def _open(house: House, one: Connection) -> _Kept:
    context = f"{one.tenant_id}/{one.app_id}/{one.kind}".encode()
    return msgspec.json.decode(house.sealer.open(house.sealer.derive(_SEALED_FOR), one.sealed, context), type=_Kept)


async def tell_of(house: House, unit: Unit, app: App, one: Connection, *, by: Actor, way: str = "") -> None:
    """Write the event about a connection of an app."""
    organization = await find_organization(unit, app.tenant_id)
    facts: dict[str, Any] = {"connection": one.kind, "toldOf": one.told_of, "required": one.required}
    if one.stream_id is not None:
        facts |= {"delivery": one.method, "status": one.status}
    await tell(
        house,
        unit,
        Verb.CHANGE_CONNECTIONS,
        organization,
        app,
        app,
        by=by,
        changes=("connections",),
        facts=facts,
        way=way,
    )
