"""Writing audit events, in the unit of the change they tell of, in their final form.

An event is a *record* (canonical JSON without anything personal) and *parts* (names, addresses, ids known to other
systems), each encrypted under the key of the person it is about. Erasing that person destroys the key; the records
stay and still verify, with a label where the person was.

If the event cannot be written, the change does not happen: both are in one transaction.
"""

import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from vestibule.actions.house import House
from vestibule.ground.sealing import CannotOpen
from vestibule.rules.activities import event_type
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.rules.refusals import Reason
from vestibule.rules.verbs import Verb
from vestibule.store import audit, memberships, organizations
from vestibule.store.audit import AuditEvent, Payload
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading, Unit

VERSION: Final = 1
_LABEL: Final = b"vestibule/audit/subject/v1"
_canonical = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about.

    Attributes:
        kind: membership, organization, group, app, role, policy, domain.
        id: its object id (personal for a membership, so it goes into the encrypted part).
        tag: its label. key_id: the key of the personal part; None when that key is destroyed.
        shown: what to show of it: displayName, userPrincipalName, mail.
        before, after: its versions around the change.
    """

    kind: str
    id: str
    tag: str
    key_id: str | None
    shown: Mapping[str, Any] = field(default_factory=dict)
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or was refused.

    Attributes:
        at: when: now, or the due time of what time did.
        way: in which of several ways, where the log tells them apart (``activities.event_type``).
        changes: names of changed fields. details: personal details of the change, such as old and new values.
        facts: what may stay for ever beside the verb: counts, cause, selfService.
    """

    verb: Verb
    tenant_id: str
    subject: Subject
    at: datetime
    reason: Reason | None = None
    changes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    way: str = ""

    @property
    def type(self) -> str:
        """The type under which it is written to the log."""
        return event_type(self.verb, self.way)


def tag_of(key: bytes) -> str:
    """The label of the subject who has this key: unlinkable once the key is gone."""
    return hmac.new(key, _LABEL, hashlib.sha256).digest()[:16].hex()


def about(membership: Membership, after: Membership | None = None) -> Subject:
    """The subject of an event about a membership."""
    return Subject(
        kind="membership",
        id=membership.user_id,
        tag=membership.audit_tag,
        key_id=_key_of(membership, after),
        shown={
            "displayName": membership.display_name,
            "userPrincipalName": membership.user_principal_name,
            "mail": membership.mail,
            "userType": membership.user_type,
        },
        before=membership.version,
        after=membership.version if after is None else after.version,
    )


def _key_of(membership: Membership, after: Membership | None = None) -> str | None:
    """The key for the personal part; none once the data removal has begun, which destroys it."""
    if isinstance(membership.stage, Purged | Erased):
        return None
    return (after or membership).subject_key_id


def about_thing(organization: Organization, kind: str, id_: str, name: str, before: int = 0, after: int = 0) -> Subject:
    """The subject of an event about something that is no person."""
    return Subject(kind, id_, id_, organization.subject_key_id, {"displayName": name}, before, after)


def about_organization(
    before: Organization, after: Organization | None = None, *, kind: str = "organization"
) -> Subject:
    """The subject of an event about an organization or one of its policies."""
    version = before.version if after is None else after.version
    return about_thing(before, kind, before.tenant_id, before.display_name, before.version, version)


async def write(house: House, unit: Unit, event: Event, *, by: Actor) -> str:
    """Add an event to the unit. Returns its id.

    Raises:
        Injected: the emulator was asked to let this fail.
    """
    house.faults.check("audit")
    event_id = house.chance.guid()
    actor_tag, actor_key, actor_shown = await _identify(unit, by, event.tenant_id)
    parts = await _parts(house, event, event_id, actor_key, actor_shown, by)
    correlation = by.request_id or event_id
    record = _canonical(
        {
            "v": VERSION,
            "event_id": event_id,
            "tenant": event.tenant_id,
            "type": event.type,
            "time": event.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "outcome": "failure" if event.reason else "success",
            "reason_code": event.reason.value if event.reason else None,
            "object": {
                "kind": event.subject.kind,
                "tag": event.subject.tag,
                "ver_before": event.subject.before,
                "ver_after": event.subject.after,
            },
            "actor": {"kind": by.kind.value, "tag": actor_tag, "auth_strength": by.strength.value},
            "client_id": by.client_id,
            "request_id": correlation,
            "changes": list(event.changes),
            "facts": dict(event.facts),
            "parts": [{"key_id": p.key_id, "h": hashlib.sha256(p.ciphertext).hexdigest()} for p in parts],
            **({"door": by.door} if by.door else {}),
        }
    )
    audit.insert(
        unit,
        AuditEvent(
            tenant_id=event.tenant_id,
            event_id=event_id,
            record=record,
            leaf=hashlib.sha256(b"\x00" + record).digest(),
            type=event.type,
            outcome="failure" if event.reason else "success",
            reason=event.reason.value if event.reason else None,
            at=event.at,
            object_tag=event.subject.tag,
            actor_tag=actor_tag,
            correlation_id=correlation,
            door=by.door or None,
        ),
        parts,
    )
    return event_id


async def _identify(reading: Reading, by: Actor, tenant_id: str) -> tuple[str, str | None, dict[str, Any]]:
    """The actor's label, the key of their personal part, and what to show of them."""
    if by.kind is ActorKind.PERSON and by.tenant_id and by.user_id:
        acting = await memberships.find(reading, by.tenant_id, by.user_id)
        if acting is not None:
            shown = {"id": acting.user_id, "displayName": acting.display_name}
            shown["userPrincipalName"] = acting.user_principal_name or acting.mail or ""
            return acting.audit_tag, _key_of(acting), shown | {"tenantId": by.tenant_id}
    if by.kind is ActorKind.APP:
        organization = await organizations.find(reading, tenant_id)
        key_id = None if organization is None else organization.subject_key_id
        return by.client_id, key_id, {"appId": by.client_id}
    return by.kind.value, None, {}


async def _parts(
    house: House, event: Event, event_id: str, actor_key: str | None, actor_shown: dict[str, Any], by: Actor
) -> list[Payload]:
    subject = {"id": event.subject.id, **event.subject.shown, "details": dict(event.details)}
    found = [("subject", event.subject.key_id, subject)]
    found.append(("actor", actor_key, actor_shown | {"ipAddress": by.network}))
    keys = await house.keys.find_many({key_id for _, key_id, _ in found if key_id is not None})
    parts = []
    for part, key_id, content in found:
        if key_id is None or key_id not in keys:
            continue
        aad = f"{event_id}/{part}/{key_id}".encode()
        sealed = house.sealer.seal(keys[key_id], msgspec.json.encode(content), aad)
        parts.append(Payload(event.tenant_id, event_id, part, key_id, sealed))
    return parts


async def open_parts(house: House, event: AuditEvent, parts: list[Payload]) -> dict[str, dict[str, Any]]:
    """The personal parts of an event that can still be read, by name (``subject``, ``actor``)."""
    keys = await house.keys.find_many({part.key_id for part in parts})
    opened: dict[str, dict[str, Any]] = {}
    for part in parts:
        key = keys.get(part.key_id)
        if key is not None:
            aad = f"{event.event_id}/{part.part}/{part.key_id}".encode()
            with suppress(CannotOpen):  # a backup came back without its keys: that one is lost, and this is another
                opened[part.part] = msgspec.json.decode(house.sealer.open(key, part.ciphertext, aad))
    return opened
