"""Who is signed in, as the account menu and the sign-in pages show it."""

from dataclasses import dataclass
from typing import Final

from vestibule.actions.access import SignedIn, home_of
from vestibule.doors.web.frame import Account, SwitchTarget
from vestibule.rules import lifecycle
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Tie
from vestibule.rules.roles import ANYONE, DIRECTORY_READERS, ROLE_VERBS
from vestibule.store import hanging, memberships, organizations, people, role_definitions
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.people import Person
from vestibule.store.unit import Reading

_READS: Final = ROLE_VERBS[DIRECTORY_READERS]


@dataclass(frozen=True, slots=True)
class Named:
    """A person's name and address on our own pages."""

    name: str
    email: str


async def named(reading: Reading, person: Person, seen_as: Membership | None = None) -> Named | None:
    """How a person is called: by the home organization, else by the mailbox they proved. None once that is erased.

    Somebody from another provider has proved no mailbox to us: they are called as the organization knows them.

    Args:
        reading: the reading. person: who it is.
        seen_as: a membership whose display name is used for a person without a home organization.
    """
    home = await home_of(reading, person)
    if home is not None:
        email = home.mail or home.user_principal_name
        return Named(home.display_name or email, email) if email else None
    proven = [box for box in await people.mailboxes(reading, person.person_id) if box.address]
    if not proven and person.is_federated and seen_as is not None and seen_as.mail:
        return Named(seen_as.display_name or seen_as.mail, seen_as.mail)
    if not proven:
        return None
    email = max(proven, key=lambda box: box.proven_at).address or ""
    return Named((seen_as.display_name if seen_as else "") or email, email)


async def account_of(reading: Reading, signed_in: SignedIn, current: Membership | None) -> Account:
    """The account menu's data.

    Args:
        reading: the reading. signed_in: who it is.
        current: the membership in the organization whose context the pages are in; None for none.
    """
    mine = await enterable(reading, signed_in.person)
    places = {one.tenant_id: one for one in await organizations.find_many(reading, [one.tenant_id for one in mine])}
    known = await named(reading, signed_in.person, current or (mine[0] if mine else None))
    here = None if current is None else current.tenant_id
    targets = [SwitchTarget(id_, place.display_name, current=id_ == here) for id_, place in places.items()]
    shown = known or Named("", "")
    return Account(
        name=shown.name,
        email=shown.email,
        organization=_name(places.get(here or "")),
        switch_to=tuple(sorted(targets, key=lambda one: (not one.current, one.name.casefold(), one.tenant_id))),
        administrator=current is not None and await administers(reading, signed_in, current),
    )


async def enterable(reading: Reading, person: Person) -> list[Membership]:
    """The memberships by which a person can sign in to an organization now; direct connect has no account to enter."""
    return [
        one
        for one in await memberships.of_person(reading, person.person_id)
        if one.standing.tie is not Tie.DIRECT_CONNECT and lifecycle.may_sign_in(one.standing, reading.now)
    ]


async def administers(reading: Reading, signed_in: SignedIn, here: Membership) -> bool:
    """Whether they hold a role there that does more than read the directory, and signed in strongly enough for it."""
    if signed_in.strength is Strength.EMAILED_CODE:
        return False
    held = await hanging.roles(reading, here.tenant_id, here.user_id)
    made = await role_definitions.find_many(reading, here.tenant_id, sorted(held - ANYONE))
    verbs = [ROLE_VERBS[role] for role in held & ANYONE] + [role.verbs for role in made]
    return any(one - _READS for one in verbs)


def _name(place: Organization | None) -> str:
    return "" if place is None else place.display_name
