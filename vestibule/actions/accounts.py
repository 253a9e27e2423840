"""Accounts: what an id in a token stands for, in an organization or among the people without a home organization.

Those have no user object of their own anywhere but as guests. Under the tenant id that stands for all of them
(``names.CONSUMERS_ID``) their account is the person: it is there while they belong to some organization.
"""

from vestibule.rules.lifecycle import Present, Standing, Tie
from vestibule.rules.names import CONSUMERS_ID
from vestibule.store import memberships, people
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.unit import Reading


async def find(reading: Reading, tenant_id: str, user_id: str) -> Membership | None:
    """The user object with this id, or the person with it where people have none."""
    if tenant_id != CONSUMERS_ID:
        return await memberships.find(reading, tenant_id, user_id)
    person = await people.find(reading, user_id)
    return None if person is None else await personal(reading, person)


async def personal(reading: Reading, person: Person) -> Membership | None:
    """The account of somebody without a home organization, in the shape of a membership; None when there is none.

    Whoever comes from a provider of some organization has none: it vouches for nobody outside that organization.
    """
    if person.home_tenant is not None or person.is_federated or not await people.ties(reading, person.person_id):
        return None
    boxes = await people.mailboxes(reading, person.person_id)
    return Membership(
        tenant_id=CONSUMERS_ID,
        user_id=person.person_id,
        person_id=person.person_id,
        standing=Standing(Tie.HOME, Present(person.created_at)),
        epoch=0,
        home_epoch=0,
        version=person.version,
        audit_tag="",
        subject_key_id=None,
        self_service=False,
        created_at=person.created_at,
        home_tenant=None,
        home_user=None,
        upn_key=None,
        display_name="",
        user_principal_name="",
        mail=next((box.address for box in boxes if box.address), None),
        user_type="",
        preferred_language=person.preferred_language,
        home_display_name=None,
        home_mail=None,
        administrator=False,
    )
