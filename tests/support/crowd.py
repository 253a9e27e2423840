"""Several who change users and groups of one organization at the same time, and how often each thing was changed."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support import world
from tests.support.world import Place
from vestibule.actions import directory_users, erasing, group_members, grouping, removing, restoring
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Refused
from vestibule.store.unit import Unavailable


@dataclass
class Crowd:
    """The changes of several at once.

    Attributes:
        place: the organization. users, groups: what they act on; all of it may be gone by now.
        done: how often a change of a user, of a group and of who is in it came through.
    """

    place: Place
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    done: Counter[Any] = field(default_factory=Counter)

    @property
    def house(self) -> House:
        """The house."""
        return self.place.house

    async def run(self, writers: int, changes: int, seed: int = 1) -> None:
        """So many writers at once, each with so many tries."""
        chances = [Random(f"{seed}/{one}") for one in range(writers)]  # noqa: S311 - a pattern to be repeated
        await asyncio.gather(*(self._write(chance, one, changes) for one, chance in enumerate(chances)))

    async def _write(self, chance: Random, number: int, changes: int) -> None:
        for turn in range(changes):
            act = chance.choice(_ACTS)
            try:
                await act(self, chance, f"{number}x{turn}")
            except (Refused, Unavailable):
                continue
            await asyncio.sleep(0)

    def _at(self, **more: str) -> dict[str, Any]:
        return {"tenant_id": self.place.id, "by": operator(), **more}

    async def new_user(self, _chance: Random, name: str) -> None:
        made = await world.member(self.place, f"U{name}")
        self.users.append(made.user_id)
        self.done[made.user_id] += 1

    async def new_group(self, _chance: Random, name: str) -> None:
        made = await grouping.create_group(self.house, NewGroup(f"G{name}", f"g{name}"), **self._at())
        self.groups.append(made.group_id)
        self.done[made.group_id] += 1

    async def rename(self, chance: Random, name: str) -> None:
        user_id = chance.choice(self.users)
        await directory_users.update_user(self.house, changes={"displayName": name}, **self._at(user_id=user_id))
        self.done[user_id] += 1

    async def rename_group(self, chance: Random, name: str) -> None:
        group_id = chance.choice(self.groups)
        await grouping.update_group(self.house, changes={"displayName": name}, **self._at(group_id=group_id))
        self.done[group_id] += 1

    async def remove(self, chance: Random, _name: str) -> None:
        user_id = chance.choice(self.users)
        await removing.remove(self.house, **self._at(user_id=user_id))
        self.done[user_id] += 1

    async def restore(self, chance: Random, _name: str) -> None:
        user_id = chance.choice(self.users)
        await restoring.restore(self.house, **self._at(user_id=user_id))
        self.done[user_id] += 1

    async def purge(self, chance: Random, _name: str) -> None:
        user_id = chance.choice(self.users)
        await erasing.purge(self.house, **self._at(user_id=user_id))
        self.done[user_id] += 1
        await erasing.erase(self.house, tenant_id=self.place.id, user_id=user_id)

    async def delete_group(self, chance: Random, _name: str) -> None:
        group_id = chance.choice(self.groups)
        await grouping.delete_group(self.house, **self._at(group_id=group_id))
        self.done[group_id] += 1

    async def restore_group(self, chance: Random, _name: str) -> None:
        group_id = chance.choice(self.groups)
        await grouping.restore_group(self.house, **self._at(group_id=group_id))
        self.done[group_id] += 1

    async def purge_group(self, chance: Random, _name: str) -> None:
        group_id = chance.choice(self.groups)
        await grouping.purge_group(self.house, **self._at(group_id=group_id))
        self.done[group_id] += 1

    async def join(self, chance: Random, _name: str) -> None:
        pair = chance.choice(self.groups), chance.choice(self.users)
        await group_members.add_member(self.house, **self._at(group_id=pair[0], user_id=pair[1]))
        self.done[pair] += 1

    async def part(self, chance: Random, _name: str) -> None:
        pair = chance.choice(self.groups), chance.choice(self.users)
        await group_members.remove_member(self.house, **self._at(group_id=pair[0], user_id=pair[1]))
        self.done[pair] += 1


Act = Callable[[Crowd, Random, str], Awaitable[None]]
_ACTS: tuple[Act, ...] = (
    *[Crowd.new_user] * 2,
    Crowd.new_group,
    *[Crowd.rename] * 3,
    Crowd.rename_group,
    *[Crowd.remove] * 3,
    *[Crowd.restore] * 2,
    Crowd.purge,
    Crowd.delete_group,
    *[Crowd.restore_group] * 2,
    Crowd.purge_group,
    *[Crowd.join] * 6,
    *[Crowd.part] * 3,
)
