"""The accounts that have signed in in this browser, for the account picker.

The browser keeps them itself, sealed and bound to it, as ids; names and addresses are read when they are shown, so
that whoever is erased is on no list any more.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

import msgspec

from vestibule.doors.portal import account_menu
from vestibule.doors.portal.account_menu import Named
from vestibule.doors.portal.desk import Visit
from vestibule.doors.web import visits
from vestibule.ground.sealing import CannotOpen
from vestibule.rules import names
from vestibule.store import memberships, people

MOST: Final = 5
SEALED_FOR: Final = "known-accounts"
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Known:
    """An account of the picker."""

    person_id: str
    named: Named


def read(visit: Visit) -> list[str]:
    """The ids of the people who signed in here, latest first. A list that cannot be opened counts as none."""
    sealed = visits.accounts(visit.request)
    if not sealed or len(sealed) > _LONGEST:
        return []
    sealer = visit.house.sealer
    try:
        opened = sealer.open(sealer.derive(SEALED_FOR), urlsafe_b64decode(sealed + "=="), visit.browser.encode())
        return msgspec.json.decode(opened, type=list[str])[:MOST]
    except (CannotOpen, ValueError, msgspec.MsgspecError):
        return []


def remember(visit: Visit, person_id: str) -> None:
    """Somebody signed in in this browser."""
    _keep(visit, [person_id, *(one for one in read(visit) if one != person_id)][:MOST])


def forget(visit: Visit, person_id: str) -> None:
    """This browser shall not show an account any more."""
    _keep(visit, [one for one in read(visit) if one != person_id])


async def knows(visit: Visit, email: str) -> bool:
    """Whether somebody has signed in in this browser with this address before."""
    typed = names.key(email.strip())
    return any(names.key(one.named.email) == typed for one in await shown(visit))


async def shown(visit: Visit) -> list[Known]:
    """The accounts of the picker: whoever is signed in, then the others, latest first."""
    mine = [] if visit.signed_in is None else [visit.signed_in.person.person_id]
    found: list[Known] = []
    for person_id in dict.fromkeys([*mine, *read(visit)]):
        known = await _named(visit, person_id)
        if known is not None:
            found.append(Known(person_id, known))
    return found


async def _named(visit: Visit, person_id: str) -> Named | None:
    person = await people.find(visit.reading, person_id)
    if person is None:
        return None
    belongs = [] if person.home_tenant else await memberships.of_person(visit.reading, person_id)
    return await account_menu.named(visit.reading, person, belongs[0] if belongs else None)


def _keep(visit: Visit, ids: list[str]) -> None:
    sealer = visit.house.sealer
    if not ids:
        visit.kept.accounts = ""
        return
    sealed = sealer.seal(sealer.derive(SEALED_FOR), msgspec.json.encode(ids), visit.browser.encode())
    visit.kept.accounts = urlsafe_b64encode(sealed).rstrip(b"=").decode()
