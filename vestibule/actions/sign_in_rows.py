"""Rows of the sign-in log: how they are made, what of them is sealed, and how they are opened again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.rules import sign_ins as rules
from vestibule.rules import user_agents
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason
from vestibule.rules.sign_ins import Kind, ThroughWhat
from vestibule.store import activity, organizations, sign_ins
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.sign_ins import PAGES, SignIn
from vestibule.store.unit import Unit

STRANGER: Final = "unknownAccount"
"""The fact of a failure with a name that no account of the organization has; the name itself is not kept."""

GRAPH: Final = ("00000003-0000-0000-c000-000000000000", "Microsoft Graph")
"""The Graph API as a resource: the id and name by which it is known everywhere."""

_MARKED_FOR: Final = "sign-in-network"
_MARK: Final = 12
_LONGEST_NETWORK: Final = 45


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says beside whose it is.

    Attributes:
        network: the address, with the User-Agent where that is known (``rules.sign_ins.Whence``).
        reason, why: the refusal; None and empty for success.
        resource: id and name of what a token is for. resource_tenant: what was meant, when it is another organization.
    """

    kind: Kind = Kind.INTERACTIVE
    client_id: str = PAGES
    network: str = ""
    request_id: str = ""
    reason: Reason | None = None
    why: str = ""
    resource: tuple[str, str] = ("", "")
    resource_tenant: str = ""
    through: ThroughWhat = ThroughWhat.BROWSER
    strength: Strength = Strength.NONE


async def write_account(house: House, unit: Unit, account: Membership, entry: Entry) -> None:
    """A row about an account, and that it is the latest of its kind."""
    row = _row(house, unit, account.tenant_id, entry, tie=account.standing.tie.value)
    row = replace(row, user_id=account.user_id, label=account.audit_tag, home_tenant=account.home_tenant)
    sign_ins.insert(unit, await _with_whence(house, row, journal.about(account).key_id, entry.network))
    if not isinstance(account.stage, Present):
        return
    latest: dict[str, Any] = {}
    if entry.kind is Kind.NON_INTERACTIVE:
        latest |= {"last_quiet_at": row.at, "last_quiet_id": row.sign_in_id}
    else:
        latest |= {"last_at": row.at, "last_id": row.sign_in_id}
    if entry.reason is None:
        latest |= {"last_success_at": row.at, "last_success_id": row.sign_in_id}
    await activity.note(unit, account.tenant_id, account.user_id, **latest)


async def write_nobody(house: House, unit: Unit, tenant_id: str, entry: Entry) -> None:
    """A row about nobody that is known: neither a name nor a network address is in it."""
    sign_ins.insert(unit, _row(house, unit, tenant_id, entry, tie=""))


async def write_stranger(house: House, unit: Unit, organization: Organization, entry: Entry) -> None:
    """A row about a name that no account of the organization has: neither the name nor the network address is in it.

    What a row about somebody takes is done all the same, and thrown away: the time of the answer shall not tell.
    """
    row = _row(house, unit, organization.tenant_id, entry, tie="")
    sign_ins.insert(unit, row)
    await _with_whence(house, row, organization.subject_key_id, entry.network)
    await activity.note_nobody(unit, organization.tenant_id, house.chance.guid(), row.at)


async def write_program(house: House, unit: Unit, app: App, entry: Entry) -> None:
    """A row about an app."""
    organization = await organizations.find(unit, app.tenant_id)
    row = replace(_row(house, unit, app.tenant_id, entry, tie=""), home_tenant=app.tenant_id)
    key_id = None if organization is None else organization.subject_key_id
    sign_ins.insert(unit, await _with_whence(house, row, key_id, entry.network))


def _row(house: House, unit: Unit, tenant_id: str, entry: Entry, *, tie: str) -> SignIn:
    sign_in_id = house.chance.guid()
    number = rules.number_of(entry.reason, entry.why, tie)
    return SignIn(
        tenant_id=tenant_id,
        sign_in_id=sign_in_id,
        at=unit.now,
        kind=entry.kind.value,
        user_id=None,
        label="",
        client_id=entry.client_id,
        resource_id=entry.resource[0],
        resource_name=entry.resource[1],
        error_code=rules.UNKNOWN_ACCOUNT if entry.why == STRANGER else number,
        why=entry.why,
        crossing=rules.crossing(tie),
        home_tenant=None,
        resource_tenant=entry.resource_tenant or tenant_id,
        through=entry.through.value,
        strength=entry.strength.value,
        correlation_id=entry.request_id or sign_in_id,
        browser=None,
        operating_system=None,
        network_marks=[],
        key_id=None,
        sealed=None,
    )


async def _with_whence(house: House, row: SignIn, key_id: str | None, network: str) -> SignIn:
    """The row with where it came from, as long as there is a key to keep that under."""
    keys = {} if key_id is None else await house.keys.find_many({key_id})
    key = keys.get(key_id or "")
    if key is None or key_id is None:
        return row
    agent = rules.agent_of(network)
    device = user_agents.read(agent)
    content = msgspec.json.encode({"ipAddress": str(network), "userAgent": agent[: user_agents.LONGEST]})
    return replace(
        row,
        browser=device.browser,
        operating_system=device.operating_system,
        network_marks=marks_of(house, network),
        key_id=key_id,
        sealed=house.sealer.seal(key, content, _about(row.sign_in_id, key_id)),
        country=house.countries.of(str(network)),
    )


def marks_of(house: House, network: str) -> list[str]:
    """Keyed hashes of every beginning of a network address, and of the whole: what the log is searched by."""
    text = str(network)[:_LONGEST_NETWORK]
    beginnings = [mark_of(house, text[: end + 1]) for end in range(len(text))]
    return [*beginnings, mark_of(house, text, whole=True)] if text else []


def mark_of(house: House, part: str, *, whole: bool = False) -> str:
    """The keyed hash of a beginning of a network address, or of a whole one."""
    return house.sealer.mac(_MARKED_FOR, f"{part.lower()}{'$' if whole else ''}".encode()).hex()[:_MARK]


async def open_rows(house: House, rows: list[SignIn]) -> list[dict[str, str]]:
    """Network address and User-Agent of each row, in their order; empty where they cannot be read any more."""
    keys = await house.keys.find_many({row.key_id for row in rows if row.key_id is not None})
    return [_opened(house, row, keys) for row in rows]


def _opened(house: House, row: SignIn, keys: Mapping[str, bytes]) -> dict[str, str]:
    key = keys.get(row.key_id or "")
    if row.sealed is None or row.key_id is None or key is None:
        return {}
    octets = house.sealer.open(key, row.sealed, _about(row.sign_in_id, row.key_id))
    return msgspec.json.decode(octets, type=dict[str, str])


def _about(sign_in_id: str, key_id: str) -> bytes:
    return f"{sign_in_id}/signIn/{key_id}".encode()


def since(now: datetime) -> datetime:
    """Rows up to then are shown to nobody, whether or not they are still there."""
    return now - rules.KEPT_FOR
