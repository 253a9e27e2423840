"""A client that follows what changes at the Graph door, as Graph's documents tell clients to: it merges by id."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.graph import Caller


@dataclass
class Follower:
    """What somebody knows who only ever asked for what changed.

    Attributes:
        caller: who asks. at: where: ``users`` or ``groups``. query: of the first request.
        link: where to ask next. known: what is there, by id. members: who is in which group: (group, user).
        told: every item that was ever told, in order.
    """

    caller: Caller
    at: str = "users"
    query: str = ""
    link: str = ""
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    told: list[dict[str, Any]] = field(default_factory=list)

    async def round(self, **headers: str) -> list[dict[str, Any]]:
        """Ask for what changed since last time, page by page. Returns what was told."""
        link = self.link or f"/v1.0/{self.at}/delta{self.query}"
        told: list[dict[str, Any]] = []
        while True:
            answer = await self.caller.get(link, headers=headers)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            for item in body["value"]:
                self._take(item)
            told += body["value"]
            if "@odata.deltaLink" in body:
                assert "@odata.nextLink" not in body
                self.link = body["@odata.deltaLink"]
                self.told += told
                return told
            link = body["@odata.nextLink"]

    def _take(self, item: dict[str, Any]) -> None:
        id_ = item["id"]
        if "@removed" in item:
            self.known.pop(id_, None)
            self.members = {pair for pair in self.members if pair[0] != id_}
            return
        own = {name: value for name, value in item.items() if name != "members@delta"}
        self.known[id_] = self.known.get(id_, {}) | own
        for member in item.get("members@delta", []):
            pair = (id_, member["id"])
            if "@removed" in member:
                self.members.discard(pair)
            else:
                self.members.add(pair)


def changes(told: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """What was told, short: the id, the reason when it was removed, and these properties."""
    return [(one["id"], one.get("@removed", {}).get("reason"), *(one.get(name) for name in names)) for one in told]


def member_changes(told: list[dict[str, Any]]) -> set[tuple[str, str, bool]]:
    """Who came (True) into which group or went (False) out of it."""
    return {
        (one["id"], member["id"], "@removed" not in member) for one in told for member in one.get("members@delta", [])
    }
