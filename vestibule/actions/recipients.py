"""Who outside knew of a guest and what they were told, as far as it is written down. For the certificate.

This is the one place that knows: whatever else tells recipients, and whatever they answer, is added here.
"""

from typing import Any

from vestibule.store import removed
from vestibule.store.memberships import Membership
from vestibule.store.removed import Knowing
from vestibule.store.unit import Reading

TOLD, NOT_TOLD = "told", "notTold"


async def of_guest(reading: Reading, guest: Membership) -> list[dict[str, Any]]:
    """Each recipient: which app, how it knew of the guest, whether it had to answer, and what it answered.

    ``state`` is ``told`` when a notice of sign-out was written for it as the access ended, else ``notTold``: it gave
    no address where it is told. ``answer`` is None while nobody has to answer.
    """
    return [_told(one) for one in await removed.apps_that_know(reading, guest.tenant_id, guest.user_id)]


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
