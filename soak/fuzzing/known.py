"""What whoever sends requests knows of the place: ids that exist, links and tokens that were once given."""

import json
import random
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from soak.fuzzing import words

KEPT = 40


def _few() -> deque[str]:
    return deque(maxlen=KEPT)


@dataclass(slots=True)
class Known:
    """What is known.

    Attributes:
        tenants: words for organizations. domains: of organizations. clients: id and secret of apps that have one.
        public: client ids of public apps. ids: by what they are of, as paths call it. names: of users.
        learnt: what answers gave away, the newest: ids, links, ETags, codes, tokens.
    """

    tenants: list[str]
    domains: list[str]
    clients: list[tuple[str, str]]
    public: list[str]
    ids: dict[str, list[str]]
    names: list[str]
    learnt: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(_few))

    def id_of(self, chance: random.Random, kind: str) -> str:
        """An id of that kind; now and then of another one, or a made-up one."""
        turn = chance.random()
        if turn < 0.75 and kind in self.ids:
            return chance.choice(self.ids[kind])
        if turn < 0.85 and self.learnt["id"]:
            return chance.choice(self.learnt["id"])
        if turn < 0.94:
            return chance.choice(self.ids[chance.choice(list(self.ids))])
        return words.text(chance)

    def one(self, chance: random.Random, what: str) -> str:
        """Something learnt, perhaps with a sign changed; a text when nothing is known."""
        if not self.learnt[what]:
            return words.text(chance)
        found = chance.choice(self.learnt[what])
        if chance.random() < 0.5 and found:
            at = chance.randrange(len(found))
            return found[:at] + chance.choice(("", "A", "-", "=", "é", "%", found[:3])) + found[at + 1 :]
        return found

    def learn(self, body: bytes, headers: dict[str, str]) -> None:
        """Keep what an answer gives away."""
        if etag := headers.get("etag"):
            self.learnt["etag"].append(etag)
        if "json" not in headers.get("content-type", "") or len(body) > 200_000:
            return
        for name, found in _texts(json.loads(body)):
            if name in _WORTH:
                self.learnt[_WORTH[name]].append(found)


_WORTH = {
    "id": "id", "userId": "id", "@odata.nextLink": "link", "@odata.deltaLink": "link", "nextCursor": "cursor",
    "access_token": "token", "refresh_token": "token", "id_token": "token", "device_code": "code", "user_code": "code",
    "@odata.etag": "etag", "keyId": "id", "tenantId": "id",
}  # fmt: skip


def _texts(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, str):
        yield name, found
    elif isinstance(found, dict):
        for key, inner in found.items():
            yield from _texts(inner, key)
    elif isinstance(found, list):
        for inner in found[:10]:
            yield from _texts(inner, name)
