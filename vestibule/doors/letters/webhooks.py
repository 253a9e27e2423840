"""Signed webhooks, as Standard Webhooks describes them: JSON, an id, a time, and a keyed hash over all three.

An answer of 2xx is the acknowledgement: for ``user.purged`` it says that nothing of the person is left there. 410 and
every other 3xx and 4xx is a refusal. (https://www.standardwebhooks.com, specification 1.0.)
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from vestibule.actions.app_connections import keys_of
from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.actions.telling_connected import Told
from vestibule.doors.letters.asking_apps import NoAnswer, ask
from vestibule.rules.connections import State
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery

ID: Final = "webhook-id"
TIME: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"


async def tell(house: House, one: Connection, delivery: Delivery, told: Told) -> Outcome:
    """Post one event to a webhook."""
    octets = body(one, delivery, told)
    now = house.clock.now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": house.service_name,
        **signed(delivery.delivery_id, int(now.timestamp()), octets, keys_of(house, one, now)),
    }
    try:
        answer = await ask(house, "POST", one.url, headers=headers, body=octets)
    except NoAnswer as none:
        return none.outcome
    return Outcome(State.CONFIRMED if answer.status < 300 else State.REFUSED, f"status {answer.status}")


def body(one: Connection, delivery: Delivery, told: Told) -> bytes:
    """What is posted: type, time and data. Nothing of the profile: the app knows them by ``subject``."""
    data: dict[str, Any] = {
        "tenantId": one.tenant_id,
        "clientId": told.client_id,
        "subject": told.subject,
        "objectId": told.object_id,
        "sequence": told.sequence,
    }
    if told.erase_by is not None:
        data["eraseBy"] = told.erase_by
    return msgspec.json.encode({"type": delivery.event, "timestamp": told.at, "data": data})


def signed(id_: str, at: int, octets: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers; ``at``: seconds since 1970 by the machine's clock. One signature for each key."""
    text = f"{id_}.{at}.".encode() + octets
    marks = [base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode() for key in keys]
    return {ID: id_, TIME: str(at), SIGNATURE: " ".join(f"v1,{mark}" for mark in marks)}
