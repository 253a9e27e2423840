"""``demo.json``: what programs and tests need to know of the demo organizations."""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

from vestibule.demo import cast
from vestibule.demo.seeding import Seeded
from vestibule.store.memberships import Membership

NAME: Final = "demo.json"


def facts(seeded: Seeded) -> dict[str, Any]:
    """Everything but the addresses, which belong to a run of the server and not to what was seeded."""
    return {
        "tenants": {place.key: _tenant(seeded, place) for place in cast.PLACES},
        "people": [_person(seeded, who) for who in cast.PEOPLE],
        "passcodePeople": [{"email": cast.QUINN}],
    }


def write(folder: Path, known: dict[str, Any], *, port: int, plain_port: int) -> Path:
    """Write the file as a whole: another process sees the old one or the new one."""
    addresses = {
        "baseUrl": f"https://localhost:{port}",
        "httpUrl": f"http://localhost:{plain_port}",
        "caFile": str((folder / "ca.pem").resolve()),
    }
    path = folder / NAME
    draft = path.with_name(NAME + ".new")
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(addresses | known), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def _tenant(seeded: Seeded, place: cast.Place) -> dict[str, Any]:
    made, registered = seeded.places[place.key], seeded.apps[place.key]
    app, administrator = registered["app"], made.administrator
    return {
        "id": made.organization.tenant_id,
        "displayName": place.name,
        "domain": place.domain,
        "admin": {
            "userPrincipalName": None if administrator is None else administrator.user_principal_name,
            "password": place.password,
        },
        "app": {"clientId": app.app.client_id, "clientSecret": None if app.secret is None else app.secret.text},
        "publicClientId": registered["public"].app.client_id,
        "adminClientId": registered["admin"].app.client_id,
    }


def _person(seeded: Seeded, who: cast.Somebody) -> dict[str, Any]:
    home = seeded.members[who.name]
    return {
        "name": who.name,
        "email": who.email,
        "userPrincipalName": home.user_principal_name,
        "password": who.password,
        "homeTenant": cast.CONTOSO.key,
        "memberships": [_membership(cast.CONTOSO.key, home)]
        + [_membership(key, there) for key, there in seeded.elsewhere[who.name]],
    }


def _membership(key: str, there: Membership) -> dict[str, str]:
    return {"tenant": key, "userId": there.user_id, "state": "present"}
