"""Letters to whose account something was done as a whole: a new password, or a sign-out everywhere.

They are told whoever did it, so that a theft does not stay hidden.
"""

from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.sign_in_methods import address_of
from vestibule.rules.actors import Actor
from vestibule.store import organizations, people
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def tell(house: House, unit: Unit, kind: LetterKind, user: Membership, *, by: Actor) -> None:
    """Put the letter into the unit. Whoever has no address, and who is nobody yet, gets none."""
    person = None if user.person_id is None else await people.find(unit, user.person_id)
    if person is None:
        return
    post(
        house,
        unit,
        kind,
        organization=await organizations.find(unit, user.tenant_id),
        user_id=user.user_id,
        recipient=await address_of(unit, person, user),
        languages=[person.preferred_language, user.preferred_language],
        facts={"at": unit.now, "byReader": by.person_id == user.person_id},
    )
