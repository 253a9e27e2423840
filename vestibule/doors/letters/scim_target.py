"""Accounts at a SCIM 2.0 server: switched off, on, and deleted there (RFC 7644).

The account is found by ``externalId`` (our user object), then by ``userName``: the user principal name, then the
address. Leaving and disabling write ``active: false``, coming back ``active: true`` unless the account is
disabled, the permanent deletion deletes.

What counts as the answer: 2xx to the PATCH; to the DELETE 2xx, 404 or 410, and no account found at all, since what is
not there need not go. A server that switches the account off but does not delete it has disabled it only. 501, and
every other 4xx, is a refusal.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from vestibule.actions.app_connections import token_of
from vestibule.actions.delivering import Outcome
from vestibule.actions.house import House
from vestibule.actions.telling_connected import Told
from vestibule.doors.letters.asking_apps import NoAnswer, ask
from vestibule.ground.outgoing import Answer
from vestibule.rules.connections import Event, State
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery

_JSON: Final = "application/scim+json"
_PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_OFF: Final = frozenset({Event.DISABLED, Event.LEFT, Event.REMOVED})
_GONE: Final = frozenset({404, 410})
_SEVERAL: Final = "more than one account there has that name"
_NO_LIST: Final = "the answer is no list of accounts"


class _Unclear(Exception):
    """The server's list cannot be used; the text says why."""


async def tell(house: House, one: Connection, delivery: Delivery, told: Told) -> Outcome:
    """Bring the account there to where the person stands here."""
    server = _Server(house, one.url.rstrip("/"), token_of(house, one))
    event = Event(delivery.event)
    try:
        account = await server.find(told)
        if account is None:
            return Outcome(State.CONFIRMED, "no account there")
        if event is Event.PURGED:
            return await _delete(server, account)
        return _said(await server.switch(account, active=event not in _OFF and told.enabled))
    except NoAnswer as none:
        return none.outcome
    except _Unclear as unclear:
        return Outcome(State.REFUSED, str(unclear))


async def _delete(server: "_Server", account: str) -> Outcome:
    """Delete an account; where that is not done, it is switched off at least."""
    answer = await server.delete(account)
    if answer.status < 300 or answer.status in _GONE:
        return Outcome(State.CONFIRMED, f"status {answer.status}")
    off = _said(await server.switch(account, active=False))
    said = f"status {answer.status} to the deletion"
    return Outcome(State.DISABLED_ONLY if off.state is State.CONFIRMED else State.REFUSED, said)


def _said(answer: Answer) -> Outcome:
    done = answer.status < 300 or answer.status in _GONE
    return Outcome(State.CONFIRMED if done else State.REFUSED, f"status {answer.status}")


class _Server:
    """A SCIM server. ``base``: the address below which ``/Users`` is. ``token``: what it knows us by."""

    def __init__(self, house: House, base: str, token: str) -> None:
        self._house = house
        self._base = base
        self._token = token

    async def find(self, told: Told) -> str | None:
        """The server's own id of the account; None when there is none. Raises NoAnswer, _Unclear."""
        names = [("externalId", told.object_id), ("userName", told.user_name), ("userName", told.mail or "")]
        for attribute, value in names:
            found = await self._search(attribute, value) if value else None
            if found is not None:
                return found
        return None

    async def switch(self, account: str, *, active: bool) -> Answer:
        """PATCH ``active`` (RFC 7644, section 3.5.2). Raises NoAnswer."""
        change = {"op": "replace", "path": "active", "value": active}
        octets = msgspec.json.encode({"schemas": [_PATCH], "Operations": [change]})
        return await self._ask("PATCH", f"/Users/{quote(account, safe='')}", octets)

    async def delete(self, account: str) -> Answer:
        """DELETE it (RFC 7644, section 3.6). Raises NoAnswer."""
        return await self._ask("DELETE", f"/Users/{quote(account, safe='')}")

    async def _search(self, attribute: str, value: str) -> str | None:
        text = msgspec.json.encode(value).decode()  # a string of a filter is a JSON string (section 3.4.2.2)
        answer = await self._ask("GET", f"/Users?{urlencode({'filter': f'{attribute} eq {text}'}, quote_via=quote)}")
        if answer.status >= 300:
            raise _Unclear(f"status {answer.status} to the search")
        ids = [_id(one) for one in _listed(answer)]
        if len(ids) > 1:
            raise _Unclear(_SEVERAL)
        return ids[0] if ids else None

    async def _ask(self, method: str, path: str, octets: bytes = b"") -> Answer:
        headers = {"Accept": _JSON, "Authorization": f"Bearer {self._token}", "User-Agent": self._house.service_name}
        if octets:
            headers["Content-Type"] = _JSON
        return await ask(self._house, method, self._base + path, headers=headers, body=octets)


def _listed(answer: Answer) -> list[Any]:
    """The resources of a list response (RFC 7644, section 3.4.2). Raises _Unclear."""
    try:
        found = msgspec.json.decode(answer.body)
    except msgspec.DecodeError as wrong:
        raise _Unclear(_NO_LIST) from wrong
    listed = found.get("Resources", []) if isinstance(found, Mapping) and "totalResults" in found else None
    if not isinstance(listed, list) or (not listed and found.get("totalResults") != 0):
        raise _Unclear(_NO_LIST)
    return listed


def _id(one: Any) -> str:
    found = one.get("id") if isinstance(one, Mapping) else None
    if not isinstance(found, str) or not found:
        raise _Unclear(_NO_LIST)
    return found
