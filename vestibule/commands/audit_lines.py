"""Events of the audit log as lines of JSON, for programs: as they are kept, or as OCSF for a SIEM."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from vestibule.actions.log_entries import Entry
from vestibule.ground.clock import to_us
from vestibule.rules import ocsf
from vestibule.rules.actors import ActorKind

_INFORMATIONAL: Final = 1
_LOW: Final = 2
_SUCCESS, _FAILURE = 1, 2


def as_kept(entry: Entry, place: int | None) -> dict[str, Any]:
    """The record with what can be read of its personal parts; null where that is erased, or never was.

    ``place``: where it stands in the sealed log, from 0; None while it waits.
    """
    return {
        "place": place,
        **entry.record,
        "object": {**entry.record["object"], "shown": _shown(entry.subject)},
        "actor": {**entry.record["actor"], "shown": _shown(entry.actor)},
        "details": dict(entry.details),
    }


def as_ocsf(entry: Entry, place: int | None) -> dict[str, Any]:
    """The event in OCSF 1.3.0, with what that has no attribute for under ``unmapped``."""
    activity = ocsf.activity_of(entry.event.type)
    failed = entry.event.outcome == "failure"
    of = entry.record["object"]
    found: dict[str, Any] = {
        "category_uid": ocsf.CATEGORY,
        "category_name": ocsf.CATEGORY_NAME,
        "class_uid": activity.class_uid,
        "class_name": ocsf.CLASSES[activity.class_uid],
        "activity_id": activity.activity_id,
        "activity_name": activity.name,
        "type_uid": activity.type_uid,
        "type_name": f"{ocsf.CLASSES[activity.class_uid]}: {activity.name}",
        "time": to_us(entry.event.at) // 1_000,
        "severity_id": _LOW if failed else _INFORMATIONAL,
        "severity": "Low" if failed else "Informational",
        "status_id": _FAILURE if failed else _SUCCESS,
        "status": "Failure" if failed else "Success",
        "metadata": {
            "version": ocsf.VERSION,
            "product": {"name": "Vestibule", "vendor_name": "Vestibule", "version": version("vestibule")},
            "uid": entry.event.event_id,
            "correlation_uid": entry.event.correlation_id,
            "tenant_uid": entry.event.tenant_id,
            "event_code": entry.event.type,
            **({} if place is None else {"sequence": place}),
        },
        "actor": _actor(entry),
        "unmapped": {"changes": entry.record.get("changes", []), "facts": dict(entry.facts), "object": of},
    }
    if entry.event.reason:
        found["status_code"] = found["status_detail"] = entry.event.reason
    network = str((entry.actor or {}).get("ipAddress") or "")
    if network:
        found["src_endpoint"] = {"ip": network}
    return {**found, **_about(activity.class_uid, of, entry.subject)}


def _shown(part: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if part is None else {name: value for name, value in part.items() if name != "details"}


def _actor(entry: Entry) -> dict[str, Any]:
    if entry.actor_kind is ActorKind.APP:
        return {"app_uid": entry.client_id, "app_name": entry.client_id}
    if entry.actor_kind is ActorKind.PERSON:
        return {"user": _user(entry.record["actor"]["tag"], entry.actor)}
    return {"app_name": f"vestibule {entry.actor_kind.value}"}


def _about(class_uid: int, of: Mapping[str, Any], subject: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the event is about, under the name that its class has for it."""
    if class_uid == ocsf.ENTITY_MANAGEMENT:
        shown = subject or {}
        uid, name = shown.get("id") or of["tag"], shown.get("displayName") or of["kind"]
        return {"entity": {"type": of["kind"], "uid": uid, "name": name}}
    if class_uid == ocsf.GROUP_MANAGEMENT:
        return {"group": _named(of, subject), **_member(subject)}
    if class_uid == ocsf.USER_ACCESS:
        details = (subject or {}).get("details", {})
        privileges = [str(value) for name, value in sorted(details.items()) if isinstance(value, str)]
        return {"user": _user(of["tag"], subject), "privileges": privileges or [of["kind"]]}
    return {"user": _user(of["tag"], subject)}


def _named(of: Mapping[str, Any], subject: Mapping[str, Any] | None) -> dict[str, Any]:
    shown = subject or {}
    return {"uid": str(shown.get("id") or of["tag"]), "name": str(shown.get("displayName") or "")}


def _member(subject: Mapping[str, Any] | None) -> dict[str, Any]:
    details = (subject or {}).get("details", {})
    member = details.get("userId") or details.get("id")
    return {"user": {"uid": str(member)}} if member else {}


def _user(tag: str, shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """A person; once they are erased, the label alone."""
    if not shown:
        return {"uid": tag, "uid_alt": tag}
    found = {"uid": str(shown.get("id") or tag), "uid_alt": tag, "name": str(shown.get("displayName") or "")}
    mail = shown.get("mail") or shown.get("userPrincipalName")
    return {**found, "email_addr": str(mail)} if mail else found
