"""What is kept about a person in one organization, as it is given to them and to an administrator who asks for it.

What the organization keeps about others, such as who acted on the person, is not the person's and stays out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from vestibule.actions import sign_in_rows
from vestibule.actions.house import House
from vestibule.actions.leaving import stage_word
from vestibule.ground.clock import iso
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Stage
from vestibule.rules.sign_ins import SUCCESS
from vestibule.store import audit, consents, hanging, profiles, requests, sign_ins, terms
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.profiles import Profile
from vestibule.store.requests import GuestRequest
from vestibule.store.sign_ins import SignIn
from vestibule.store.unit import Reading

MOST_SIGN_INS: Final = 10_000
_NOT_TOLD: Final = {"tenant_id", "user_id", "display_name_key", "mail_key", "attributes"}
_LISTS: Final = {Kind.GROUP: "groups", Kind.APP: "apps", Kind.ROLE: "roles", Kind.OWNED: "owned"}


async def of_user(house: House, reading: Reading, place: Organization, user: Membership) -> dict[str, Any]:
    """Everything about a user object: what ``of_membership`` tells, and its requests and sign-ins."""
    stage = lifecycle.stage_at(user.standing, reading.now)
    asked = (await requests.of_membership(reading, user.tenant_id, user.user_id)).values()
    return {
        "asOf": iso(reading.now),
        **await of_membership(reading, place, user, stage),
        "requests": [request(one) for one in asked],
        "signIns": await _sign_ins(house, reading, user),
    }


async def of_membership(reading: Reading, place: Organization, user: Membership, stage: Stage) -> dict[str, Any]:
    """A membership with its profile, what hangs on it, consents, accepted terms, and the types of its events."""
    here = (user.tenant_id, user.user_id)
    profile = await profiles.find(reading, *here)
    held = hanging.each_app_once(thing for thing in await hanging.everything(reading, *here) if thing.struck is None)
    events = await audit.of_object(reading, user.tenant_id, user.audit_tag)
    return {
        "tenantId": place.tenant_id,
        "displayName": place.display_name,
        "domain": place.initial_domain,
        "kind": user.standing.tie.value,
        "state": stage_word(stage),
        "userId": user.user_id,
        "enabled": user.standing.enabled_here,
        "profile": None if profile is None else _profile(profile),
        **{name: _held(held, kind) for kind, name in _LISTS.items()},
        "consents": [list(one.names) for one in await consents.of_user(reading, *here)],
        "termsOfUse": [
            {"version": one.edition, "acceptedAt": iso(one.accepted_at)}
            for one in await terms.acceptances(reading, *here)
        ],
        "log": [{"at": iso(one.at), "event": one.type, "outcome": one.outcome} for one in events],
    }


def request(one: GuestRequest) -> dict[str, Any]:
    """What somebody asked the organization for, by when it is answered, and how it was."""
    return {
        "kind": one.kind,
        "askedAt": iso(one.asked_at),
        "answerDue": iso(one.answer_due),
        "extended": one.first_due is not None,
        "answer": one.answer,
        "answeredAt": None if one.answered_at is None else iso(one.answered_at),
        "ground": one.ground,
    }


def sign_in(one: SignIn, whence: Mapping[str, str]) -> dict[str, Any]:
    """One sign-in, with what can still be read of where it came from."""
    return {
        "at": iso(one.at),
        "app": one.client_id,
        "succeeded": one.error_code == SUCCESS,
        "ipAddress": whence.get("ipAddress") or None,
        "country": one.country,
        "browser": one.browser,
        "operatingSystem": one.operating_system,
    }


async def _sign_ins(house: House, reading: Reading, user: Membership) -> list[dict[str, Any]]:
    if user.person_id is None:
        return []
    rows = await sign_ins.of_person(
        reading, user.person_id, MOST_SIGN_INS, since=sign_in_rows.since(reading.now), tenant_id=user.tenant_id
    )
    opened = await sign_in_rows.open_rows(house, rows)
    return [sign_in(one, whence) for one, whence in zip(rows, opened, strict=True)]


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
    return ["(hidden)" if thing.hidden else thing.name or thing.target_id for thing in held if thing.kind is kind]


def _graph_name(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value
