"""Finding somebody by name or address, to give them a role or an app."""

from dataclasses import dataclass
from typing import Final

from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.tables import LONGEST_SEARCH
from vestibule.rules import names
from vestibule.rules.filters import Ordering
from vestibule.rules.lifecycle import Tie
from vestibule.store import users, words
from vestibule.store.listing import Asked
from vestibule.store.users import User

MOST_FOUND: Final = 20


@dataclass(frozen=True, slots=True)
class Person:
    """A user object: who it is, and whether a guest."""

    user_id: str
    name: str
    email: str
    guest: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for, who was found, and that there are more than are shown."""

    text: str = ""
    found: tuple[Person, ...] = ()
    more: bool = False


def person_of(user: User) -> Person:
    """A user object in short."""
    return Person(
        user_id=user.membership.user_id,
        name=user.profile.display_name,
        email=user.profile.mail or user.membership.user_principal_name or "",
        guest=user.membership.standing.tie is not Tie.HOME,
    )


async def search(admin: Admin) -> Search:
    """Who is meant by ``search`` in the address; nobody without it."""
    text = admin.visit.request.query_params.get("search", "").strip()[:LONGEST_SEARCH]
    if not text:
        return Search()
    searched, often = await words.rarest_first(admin.reading, admin.tenant_id, words.of(text))
    asked = Asked(MOST_FOUND, words.found_by(searched, often), (Ordering(("displayName",)),))
    found = await users.page(admin.reading, admin.tenant_id, asked, few=often <= words.RARE)
    return Search(text, tuple(map(person_of, found.items)), found.position is not None)


async def chosen(admin: Admin, value: str) -> User | None:
    """The user object with this id; None when there is none."""
    user_id = names.guid(value)
    return None if user_id is None else await users.find(admin.reading, admin.tenant_id, user_id)
