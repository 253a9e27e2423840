"""Conversations with the doors for programs as they go over the wire, in files that people can read.

    python -m tests.wire.conversations

writes the answers anew. Read the difference before committing it: it is what clients will see.

A file holds one conversation on the stage of ``tests/support/stage.py``. Each exchange begins with ``###``; then come
the request line, headers, an empty line and the body; then ``---`` with the status, headers and body of the answer.
``As:`` says who asks (``program`` when nothing is said), ``After:`` how long they waited before; ``Worker: on`` that
what was due by then is done. Ids are written as names in double braces: those of the stage, and ``guid-1``,
``ticket-1``, ``page-1`` for what the answers brought. ``With:`` in the heading names programs elsewhere that take part
(``tests/wire/scene.py``); they are called by their names as well. ``Show:`` names more headers of the answer.

What no two runs have in common (tokens, codes, keys) is called ``access-token-1`` and so on; below a signed token
stands what it says.
"""

import asyncio
import base64
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.support.graph import Caller
from tests.support.houses import sqlite_house
from tests.wire.scene import Scenery, scene
from vestibule.actions.due import run_due
from vestibule.ground.clock import StoppedClock
from vestibule.ground.durations import parse_duration
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.policy import GuestAccess
from vestibule.rules.roles import ROLES

FOLDER = Path(__file__).parent
SHOWN_HEADERS = ("allow", "content-type", "etag", "location", "retry-after", "www-authenticate")
USUAL = {
    "application/json",
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
}
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PAGE = re.compile(r"(?<=(?:skip|elta)token=)[A-Za-z0-9_-]+")
_SECRETS = (
    "access_token|id_token|refresh_token|device_code|user_code|client_info|kid|x5t|n|x|y|sid|uti|sub|at_hash|nextCursor"
)
_SECRET = re.compile(
    rf'("(?P<member>{_SECRETS})": "|[?&#](?P<parameter>code|request|session_state)=)(?P<value>[\w.~-]+)'
)
_TICKET = re.compile(r"(?:(?<=/invitations/)|(?<=/access-review-history\?key=))[A-Za-z0-9_-]{30,}")
_REFERENCE = re.compile(r"VL-[0-9A-Z]{4}-[0-9A-Z]{4}")
_SPELLED = {"etag": "ETag", "www-authenticate": "WWW-Authenticate"}
_RENEWED = timedelta(minutes=50)
_REFERENCES = {"reference": "VL-0000-0000"}
_NAME = re.compile(r"\{\{([a-z0-9-]+)\}\}")
_KNOWN_TO_ALL = {
    GRAPH_APP_ID,
    "00000000-0000-0000-0000-000000000000",
    *ROLES,
    *(one.value for one in GuestAccess),
    *(one.application_id for one in PERMISSIONS.values()),
    *(one.delegated_id for one in PERMISSIONS.values()),
}


@dataclass
class Exchange:
    """One request with what is written down of it."""

    title: str
    request: str
    answer: str = ""

    @property
    def lines(self) -> list[str]:
        return self.request.partition("\n\n")[0].splitlines()

    @property
    def headers(self) -> dict[str, str]:
        return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in self.lines[1:])}

    @property
    def body(self) -> str:
        return self.request.partition("\n\n")[2]


@dataclass
class Names:
    """What ids are called."""

    by_value: dict[str, str]
    counts: dict[str, int] = field(default_factory=dict)

    def hide(self, text: str) -> str:
        """The text with names for ids; the name of a deleted user begins with an id without its dashes."""
        text = _SECRET.sub(self._secret, text)
        for value, name in self.by_value.items():
            if _GUID.fullmatch(value):
                text = text.replace(value.replace("-", ""), f"{{{{{name}}}}}")
            else:
                text = text.replace(value, f"{{{{{name}}}}}")
        for kind, found in (("guid", _GUID), ("page", _PAGE), ("ticket", _TICKET), ("reference", _REFERENCE)):
            text = found.sub(lambda match, kind=kind: self._name(kind, match[0]), text)  # type: ignore[misc]
        return text

    def fill(self, text: str) -> str:
        """The text with ids for names."""
        values = {name: value for value, name in self.by_value.items()}
        return _NAME.sub(lambda match: values[match[1]], text)

    def _secret(self, found: re.Match[str]) -> str:
        if _GUID.fullmatch(found["value"]):
            return found[0]
        kind = found["member"] or found["parameter"]
        return found[1] + self._name(kind.replace("_", "-").lower(), found["value"])

    def _name(self, kind: str, value: str) -> str:
        if value in _KNOWN_TO_ALL:
            return value
        if value not in self.by_value:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.by_value[value] = f"{kind}-{self.counts[kind]}"
        return f"{{{{{self.by_value[value]}}}}}"


def read(text: str) -> tuple[str, list[Exchange]]:
    """The heading of a file, and its requests."""
    heading, *parts = re.split(r"^### ", text, flags=re.MULTILINE)
    exchanges = []
    for part in parts:
        title, _, rest = part.partition("\n")
        request, *answer = re.split(r"^--- ", rest, maxsplit=1, flags=re.MULTILINE)
        exchanges.append(Exchange(title.strip(), request.strip(), "".join(answer)))
    return heading.strip(), exchanges


def said(exchange: Exchange) -> tuple[int, Any]:
    """The status and the JSON body that are written down; None for an answer without one. Names stand for ids."""
    head, _, body = exchange.answer.partition("\n\n")
    return int(head.split(maxsplit=1)[0]), json.loads(_as_guid(body)) if body.lstrip().startswith("{") else None


def _as_guid(text: str) -> str:
    """The text with a GUID for every name, as descriptions ask for."""
    return _NAME.sub(lambda match: _REFERENCES.get(match[1][:9], "00000000-0000-4000-8000-000000000000"), text)


def programs(text: str) -> list[str]:
    """The programs elsewhere that take part."""
    found = re.search(r"^With: (.+)$", read(text)[0], flags=re.MULTILINE)
    return [] if found is None else found[1].split()


async def replay(text: str, on: Scenery) -> str:
    """The file as this deployment would write it."""
    heading, exchanges = read(text)
    names = Names({value: name for name, value in on.names().items()})
    callers: dict[str, tuple[Caller, datetime]] = {}
    written = [f"{heading}\n"]
    for exchange in exchanges:
        headers = dict(exchange.headers)
        who = headers.pop("As", "program")
        clock = on.house.clock
        assert isinstance(clock, StoppedClock)
        now = clock.advance(parse_duration(headers.pop("After", "PT0S")))
        if headers.pop("Worker", "off") == "on":
            await run_due(on.house)
        if who not in callers or now - callers[who][1] > _RENEWED:
            callers[who] = (await on.caller(who), now)
        caller = callers[who][0]
        if caller.client_id:
            names.by_value.setdefault(caller.client_id, f"client-of-{who}")
        also = headers.pop("Show", "").lower().split()
        answer = await _send(caller, exchange, headers, names)
        written.append(f"### {exchange.title}\n{exchange.request}\n\n{_shown(answer, names, also)}\n")
    return "\n".join(written)


async def _send(caller: Caller, exchange: Exchange, headers: dict[str, str], names: Names) -> httpx.Response:
    method, path = exchange.lines[0].split(" ", 1)
    body = names.fill(exchange.body)
    if body and body[0] in "{[":
        headers = {"Content-Type": "application/json", **headers}
    elif body:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    filled = {name: names.fill(value) for name, value in headers.items()}
    return await caller.ask(method, names.fill(path), headers=filled, content=body.encode() if body else None)


def _shown(answer: httpx.Response, names: Names, also: list[str]) -> str:
    body = _body(answer)
    headers = [
        f"{_SPELLED.get(name, name.title())}: {answer.headers[name]}"
        for name in SHOWN_HEADERS
        if name in answer.headers and answer.headers[name] not in USUAL and name not in also
    ]
    headers += [f"{_SPELLED.get(name, name.title())}: {answer.headers.get(name, '')}" for name in also]
    lines = [f"--- {answer.status_code}", *headers]
    return names.hide("\n".join(lines) + (f"\n\n{body}" if body else ""))


def _body(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("content-type", "") or not answer.content:
        return answer.text
    return json.dumps(_plain(answer.json()), indent=2, ensure_ascii=False)


def _plain(body: Any) -> Any:
    """The body without what is new with every request (the ids that ``innerError`` names), and with what tokens say."""
    if isinstance(body, list):
        return [_plain(one) for one in body]
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("error"), dict):
        for name in ("request-id", "client-request-id"):
            body["error"]["innerError"].pop(name)
    found = {name: _plain(value) for name, value in body.items()}
    for name, value in body.items():
        if isinstance(value, str) and value.count(".") == 2 and value.startswith("eyJ"):
            found[f"{name} says"] = [_part(part) for part in value.split(".")[:2]]
        elif name == "client_info":
            found[f"{name} says"] = _part(value)
    return found


def _part(text: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def files(door: str = "*") -> Iterator[Path]:
    """Every conversation with a door, or with any: ``graph``, ``oidc``, ``scim``."""
    return iter(sorted(FOLDER.glob(f"{door}/*.http")))


async def _write() -> None:
    for path in files():
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            async with sqlite_house(Path(folder)) as house, scene(house, programs(text)) as on:
                path.write_text(await replay(text, on), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_write())
