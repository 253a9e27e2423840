"""Who outside knew of a guest and what they were told, as far as it is written down. For the certificate.

This is the one place that knows: whatever else tells recipients, and whatever they answer, is added here.
"""

from typing import Any

from vestibule.actions import waiving
from vestibule.ground.clock import iso
from vestibule.store import apps, removed
from vestibule.store.memberships import Membership
from vestibule.store.recipients import Recipient
from vestibule.store.removed import Knowing
from vestibule.store.unit import Reading

TOLD, NOT_TOLD = "told", "notTold"


async def of_guest(reading: Reading, guest: Membership) -> list[dict[str, Any]]:
    """Each app that the guest signed in to, or that provisions them, before that is forgotten.

    ``state`` is ``told`` when a notice of sign-out was written for it as the access ended, else ``notTold``: it gave
    no address where it is told. Such an app has to answer nothing.
    """
    return [_told(one) for one in await removed.apps_that_know(reading, guest.tenant_id, guest.user_id)]


async def with_answers(reading: Reading, guest: Membership, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with every connected app that was told of the removal, and what it answered (``rules.connections``).

    An app that is in both stands with its connection, and all the ways in which it knew of the guest. Who waived one,
    and why, is the organization's to know.
    """
    knew = {one["clientId"]: one["knewBy"] for one in known}
    connected = []
    for one in await waiving.recipients_of(reading, tenant_id=guest.tenant_id, user_id=guest.user_id):
        app = await apps.find_any(reading, guest.tenant_id, one.app_id)
        client_id = one.app_id if app is None else app.client_id
        connected.append(_answered(one, client_id, knew.get(client_id, [])))
    answering = {one["clientId"] for one in connected}
    return [*connected, *(one for one in known if one["clientId"] not in answering)]


def _answered(one: Recipient, client_id: str, knew: list[str]) -> dict[str, Any]:
    return {
        "clientId": client_id,
        "displayName": one.display_name,
        "knewBy": [*knew, one.kind],
        "required": one.required,
        "state": one.state,
        "answer": one.answer,
        "answeredAt": None if one.answered_at is None else iso(one.answered_at),
    }


def _told(one: Knowing) -> dict[str, Any]:
    knew = [word for word, so in (("signIn", one.signed_in), ("provisioning", one.provisions)) if so]
    told = one.signed_in and one.logout_uri is not None
    return {
        "clientId": one.client_id,
        "displayName": one.display_name,
        "knewBy": knew,
        "required": False,
        "state": TOLD if told else NOT_TOLD,
        "answer": None,
    }
