"""*Download my data*: what is kept about the person here, as JSON (GDPR, articles 15 and 20).

What organizations keep about others, such as who acted on the person, is not the person's and stays out.
"""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from vestibule.actions import belonging, personal_data, redeeming, sign_in_rows
from vestibule.actions.leaving import as_answer
from vestibule.actions.personal_data import MOST_SIGN_INS
from vestibule.actions.sign_in_rows import since
from vestibule.doors.portal import account_menu
from vestibule.doors.portal.desk import NO_STORE, Visit
from vestibule.ground.clock import iso
from vestibule.store import across, organizations, sign_ins

FILE_NAME: Final = "my-data.json"


async def download(visit: Visit) -> Response:
    """The file."""
    found = {
        "asOf": iso(visit.now),
        "person": await _person(visit),
        "organizations": await _organizations(visit),
        "receipts": await _receipts(visit),
        "blockedOrganizations": await _blocked(visit),
    }
    text = msgspec.json.format(msgspec.json.encode(found), indent=2)
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(text + b"\n", media_type="application/json", headers=headers)


async def _person(visit: Visit) -> dict[str, Any]:
    person = visit.who.person
    named = await account_menu.named(visit.reading, person)
    home = None if person.home_tenant is None else await organizations.find(visit.reading, person.home_tenant)
    return {
        "name": "" if named is None else named.name,
        "email": "" if named is None else named.email,
        "preferredLanguage": person.preferred_language,
        "homeOrganization": None if home is None else home.display_name,
        "since": iso(person.created_at),
    }


async def _organizations(visit: Visit) -> list[dict[str, Any]]:
    """Every organization that still holds something of the person, those they left and can come back to among them."""
    person_id = visit.who.person.person_id
    signed_in: dict[str, list[dict[str, Any]]] = {}
    rows = await sign_ins.of_person(visit.reading, person_id, MOST_SIGN_INS, since=since(visit.now))
    for one, whence in zip(rows, await sign_in_rows.open_rows(visit.house, rows), strict=True):
        signed_in.setdefault(one.tenant_id, []).append(personal_data.sign_in(one, whence))
    asked = await across.requests(visit.reading, person_id)
    told = []
    for mine in await belonging.everywhere(visit.reading, person_id):
        here = mine.organization.tenant_id
        requests = [personal_data.request(one) for one in asked if one.tenant_id == here]
        about = {"requests": requests, "signIns": signed_in.get(here, [])}
        kept = await personal_data.of_membership(visit.reading, mine.organization, mine.guest, mine.stage)
        told.append({**kept, **about})
    return sorted(told, key=lambda one: (one["kind"] != "home", visit.words.sort_key(one["displayName"])))


async def _receipts(visit: Visit) -> list[dict[str, Any]]:
    gone = await belonging.departures(visit.reading, visit.who.person.person_id)
    told = [as_answer(one.receipt, one.stage) for one in gone if one.stage is not None]
    return [{name: value for name, value in one.items() if name != "state"} for one in told]


async def _blocked(visit: Visit) -> list[str]:
    blocked = await redeeming.blocked(visit.house, visit.reading, visit.who.person.person_id)
    return sorted(one.display_name for one in blocked)
