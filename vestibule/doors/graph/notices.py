"""What a change notification says (Graph, *changeNotification resource type*): ids, and nothing about anybody."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from vestibule.rules import subscriptions as rules
from vestibule.store.feed import ChangedGroup, ChangedMember, ChangedUser
from vestibule.store.subscriptions import Subscription

Notice = dict[str, Any]
_canonical: Final = msgspec.json.Encoder(order="sorted").encode
_WORDS: Final = {rules.USERS: ("Users", "User"), rules.GROUPS: ("Groups", "Group")}


def of_users(one: Subscription, changed: Iterable[ChangedUser], now: datetime) -> list[Notice]:
    """One notice for each user object that changed. Deleted ones are updated, until they are gone for good."""
    return [
        _notice(one, rules.USERS, user.user_id, _kind(user.here, user.due, now), {"sequenceNumber": user.place})
        for user in changed
    ]


def of_groups(
    one: Subscription, groups: Iterable[ChangedGroup], members: Iterable[ChangedMember], now: datetime
) -> list[Notice]:
    """One notice for each group that changed, or that somebody came into or went out of."""
    came_and_went: dict[str, list[dict[str, str]]] = {}
    for member in members:
        told = {"id": member.user_id} if member.here else {"id": member.user_id, "@removed": "deleted"}
        came_and_went.setdefault(member.group_id, []).append(told)
    notices = []
    for group in groups:
        about: dict[str, Any] = {"sequenceNumber": group.place}
        if group.here and group.group_id in came_and_went:
            about["members@delta"] = came_and_went.pop(group.group_id)
        notices.append(_notice(one, rules.GROUPS, group.group_id, _kind(group.here, group.due, now), about))
    for group_id, changed in came_and_went.items():
        notices.append(_notice(one, rules.GROUPS, group_id, rules.UPDATED, {"members@delta": changed}))
    return notices


def lifecycle(one: Subscription, event: str) -> Notice:
    """What concerns the subscription itself: ``missed``, ``reauthorizationRequired``, ``subscriptionRemoved``."""
    return {
        "subscriptionId": one.subscription_id,
        "subscriptionExpirationDateTime": one.expires_at,
        "tenantId": one.tenant_id,
        "organizationId": one.tenant_id,
        "lifecycleEvent": event,
    }


def body(notices: Iterable[Notice], client_state: str | None) -> bytes:
    """The octets of a delivery."""
    state = {} if client_state is None else {"clientState": client_state}
    return msgspec.json.encode({"value": [{**notice, **state} for notice in notices]})


def _kind(here: bool, due: datetime | None, now: datetime) -> str:
    return rules.DELETED if not here and (due is None or now >= due) else rules.UPDATED


def _notice(one: Subscription, kind: str, object_id: str, change: str, about: Mapping[str, Any]) -> Notice:
    plural, type_ = _WORDS[kind]
    resource = f"{plural}/{object_id}"
    data = {
        "@odata.type": f"#Microsoft.Graph.{type_}",
        "@odata.id": resource,
        "id": object_id,
        "organizationId": one.tenant_id,
        **about,
    }
    told: Notice = {"changeType": change, "resource": resource, "resourceData": data}
    return {
        "id": _id(one, told),
        "subscriptionId": one.subscription_id,
        "subscriptionExpirationDateTime": one.expires_at,
        "tenantId": one.tenant_id,
        **told,
    }


def _id(one: Subscription, told: Notice) -> str:
    """The same for the same notice, however often it is sent; in the form of a GUID."""
    digest = hashlib.sha256(_canonical([one.subscription_id, one.place, told])).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
