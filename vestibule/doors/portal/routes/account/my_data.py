"""*Download my data*: what is kept about the person here, as JSON (GDPR, articles 15 and 20).

What organizations keep about others, such as who acted on the person, is not the person's and stays out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import msgspec
from starlette.responses import Response

from vestibule.actions import belonging, redeeming, sign_in_rows
from vestibule.actions.belonging import Belonging
from vestibule.actions.leaving import as_answer, stage_word
from vestibule.actions.sign_in_rows import since
from vestibule.doors.portal import account_menu
from vestibule.doors.portal.desk import NO_STORE, Visit
from vestibule.doors.portal.routes.account.losses import name_of
from vestibule.ground.clock import iso
from vestibule.rules.sign_ins import SUCCESS
from vestibule.store import across, audit, consents, hanging, organizations, profiles, sign_ins, terms
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.profiles import Profile
from vestibule.store.sign_ins import SignIn
from vestibule.store.unit import Reading

FILE_NAME: Final = "my-data.json"
_MOST_SIGN_INS: Final = 10_000
_NOT_TOLD: Final = {"tenant_id", "user_id", "display_name_key", "mail_key", "attributes"}
_LISTS: Final = {Kind.GROUP: "groups", Kind.APP: "apps", Kind.ROLE: "roles", Kind.OWNED: "owned"}


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
    rows = await sign_ins.of_person(visit.reading, person_id, _MOST_SIGN_INS, since=since(visit.now))
    for one, whence in zip(rows, await sign_in_rows.open_rows(visit.house, rows), strict=True):
        signed_in.setdefault(one.tenant_id, []).append(_sign_in(one, whence))
    asked = await across.requests(visit.reading, person_id)
    told = []
    for mine in await belonging.everywhere(visit.reading, person_id):
        here = mine.organization.tenant_id
        requests = [
            {"kind": one.kind, "askedAt": iso(one.asked_at), "answer": one.answer}
            for one in asked
            if one.tenant_id == here
        ]
        about = {"requests": requests, "signIns": signed_in.get(here, [])}
        told.append({**await _membership(visit.reading, mine), **about})
    return sorted(told, key=lambda one: (one["kind"] != "home", visit.words.sort_key(one["displayName"])))


async def _membership(reading: Reading, mine: Belonging) -> dict[str, Any]:
    place, guest = mine.organization, mine.guest
    here = (guest.tenant_id, guest.user_id)
    profile = await profiles.find(reading, *here)
    held = [thing for thing in await hanging.everything(reading, *here) if thing.struck is None]
    events = await audit.of_object(reading, guest.tenant_id, guest.audit_tag)
    return {
        "tenantId": place.tenant_id,
        "displayName": place.display_name,
        "domain": place.initial_domain,
        "kind": guest.standing.tie.value,
        "state": stage_word(mine.stage),
        "userId": guest.user_id,
        "enabled": guest.standing.enabled_here,
        "profile": None if profile is None else _profile(profile),
        **{name: _held(held, kind) for kind, name in _LISTS.items()},
        "consents": [list(one.names) for one in await consents.of_user(reading, *here)],
        "termsOfUse": [
            {"version": one.edition, "acceptedAt": iso(one.accepted_at)}
            for one in await terms.acceptances(reading, *here)
        ],
        "log": [{"at": iso(one.at), "event": one.type, "outcome": one.outcome} for one in events],
    }


def _sign_in(one: SignIn, whence: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": iso(one.at),
        "app": one.client_id,
        "succeeded": one.error_code == SUCCESS,
        "ipAddress": whence.get("ipAddress") or None,
        "browser": one.browser,
        "operatingSystem": one.operating_system,
    }


def _profile(profile: Profile) -> dict[str, Any]:
    """The properties of the user object that have a value, by Graph's names."""
    known = {
        _graph_name(field.name): _plain(getattr(profile, field.name))
        for field in fields(profile)
        if field.name not in _NOT_TOLD
    }
    return {name: value for name, value in (known | profile.attributes).items() if value is not None}


def _held(held: Iterable[Hanging], kind: Kind) -> list[str]:
    """Names of what the person holds; where membership is hidden from them, that there is one."""
    return ["(hidden)" if thing.hidden else name_of(thing) or thing.target_id for thing in held if thing.kind is kind]


async def _receipts(visit: Visit) -> list[dict[str, Any]]:
    gone = await belonging.departures(visit.reading, visit.who.person.person_id)
    told = [as_answer(one.receipt, one.stage) for one in gone if one.stage is not None]
    return [{name: value for name, value in one.items() if name != "state"} for one in told]


async def _blocked(visit: Visit) -> list[str]:
    blocked = await redeeming.blocked(visit.house, visit.reading, visit.who.person.person_id)
    return sorted(one.display_name for one in blocked)


def _graph_name(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
