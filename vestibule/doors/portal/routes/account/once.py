"""The key in the form that leaves: it makes a second press the same request, and finds the receipt after it.

It is bound to the person and the organization, so that whoever comes back with it when they are signed out already
(because they left the last place they belonged to) can be shown what became of the first press, and nothing else.
"""

from typing import Final

from vestibule.doors.portal.desk import Desk, Visit
from vestibule.rules import names

_FOR: Final = "leave-once"


def make(visit: Visit, tenant_id: str) -> str:
    """A new key for the signed-in person's form: nonce, person and proof."""
    nonce, person_id = visit.house.chance.token(16), visit.who.person.person_id
    return f"{nonce}.{person_id}.{_proof(visit.desk, nonce, person_id, tenant_id)}"


def whose(desk: Desk, key: str, tenant_id: str) -> str | None:
    """The person whose form this key was made for; None when it was not made here, or for another organization."""
    nonce, _, rest = key.partition(".")
    person, _, proof = rest.partition(".")
    person_id = names.guid(person)
    if person_id is None or not desk.tokens.fits(proof, _FOR, nonce, person_id, tenant_id):
        return None
    return person_id


def _proof(desk: Desk, nonce: str, person_id: str, tenant_id: str) -> str:
    return desk.tokens.make(_FOR, nonce, person_id, tenant_id)
