"""Several act on one guest at the same moment; what each was told must be possible one after the other.

A history is a handful of acts that begin together, from two houses on one database, as two processes have them. It is
right when there is an order of the acts in which the rules give everybody the answer that they got, and the end that
was found (linearizability). The rules are written down here once more, in a few lines that know of no database.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

from soak import laws, rounds
from soak.process import open_at
from soak.rounds import Field, Progress
from tests.support import world
from tests.support.world import Place
from vestibule.actions import erasing, leaving, redeeming, removing, restoring, switching
from vestibule.actions.house import House
from vestibule.program import Program
from vestibule.rules.lifecycle import Deleted, Purged
from vestibule.rules.refusals import Refused
from vestibule.store.memberships import Membership

ACTS = ("leave", "remove", "disable", "enable", "restore", "purge", "redeem")
AT_ONCE = 5
A_ROUND = 50
ROUNDS_PER_DATABASE = 20
DONE = "done"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part histories``."""
    rounds.add_arguments(parser, rounds=100, folder="var/soak/histories")


def main(arguments: argparse.Namespace) -> int:
    """Run the rounds that are left; the exit status is that of ``rounds.main``."""
    return rounds.main(arguments, Playing)


class Playing:
    """Rounds of histories."""

    def __call__(self, where: Field, progress: Progress) -> list[str]:
        """Play one round. Returns what is wrong."""
        if progress.done % ROUNDS_PER_DATABASE == 0:
            where.make_anew()
        chance = random.Random(f"histories/{progress.seed}/{progress.done + 1}")
        return asyncio.run(_round(where, progress, chance))


async def _round(where: Field, progress: Progress, chance: random.Random) -> list[str]:
    begun = time.monotonic()
    programs = [await open_at(where.data, where.url, 0)]
    progress.slowest_s = max(progress.slowest_s, time.monotonic() - begun)
    try:
        programs.append(await open_at(where.data, where.url, 0, serves=False))
        return await play(programs, progress, chance, A_ROUND)
    finally:
        for program in reversed(programs):
            await program.close()


async def play(programs: list[Program], progress: Progress, chance: random.Random, histories: int) -> list[str]:
    """Play histories in the houses of these programs. Returns those that are not possible, and broken laws."""
    houses = [program.house for program in programs]
    name = f"Place{chance.getrandbits(40):x}"
    place = await world.organization(houses[0], name)
    found: list[str] = []
    for number in range(histories):
        found += await _history(houses, place, chance, f"{name.lower()}-{number}@elsewhere.example", progress)
    facts = await laws.look(houses[0])
    return [*found, *laws.of_stages(facts)]


async def _history(
    houses: list[House], place: Place, chance: random.Random, address: str, progress: Progress
) -> list[str]:
    guest, ticket = await world.invited(place, address)
    reader = await world.mailbox_person(houses[0], address)
    state = State()
    for name, likely in (("redeem", 0.7), ("leave", 0.25), ("remove", 0.25)):
        if chance.random() < likely and RULES[name](state)[0] == DONE:
            guest = replace(await world.again(houses[0], place.id, guest.user_id), person_id=reader)
            await _act(houses[0], name, place, guest, ticket, -1)
            state = RULES[name](state)[1]
    guest = replace(await world.again(houses[0], place.id, guest.user_id), person_id=reader)
    chosen = [chance.choice(ACTS) for _ in range(AT_ONCE)]
    acts = [_act(chance.choice(houses), name, place, guest, ticket, number) for number, name in enumerate(chosen)]
    answers = [_word(one) for one in await asyncio.gather(*acts, return_exceptions=True)]
    end = _state_of(await world.again(houses[0], place.id, guest.user_id))
    progress.add("acknowledged", Counter(name for name, told in zip(chosen, answers, strict=True) if told == DONE))
    if any(_possible(state, [chosen[number] for number in order], [answers[number] for number in order], end)
           for order in permutations(range(AT_ONCE))):  # fmt: skip
        return []
    return [f"from {state.stage} {list(zip(chosen, answers, strict=True))} to {end} is not possible in any order"]


def _act(house: House, name: str, place: Place, guest: Membership, ticket: str, number: int) -> Awaitable[Any]:
    to: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    verbs: dict[str, Callable[..., Awaitable[Any]]] = {
        "remove": removing.remove,
        "disable": switching.disable,
        "enable": switching.enable,
        "restore": restoring.restore,
        "purge": erasing.purge,
    }
    if name in verbs:
        return verbs[name](house, **to)
    by = world.person_at_pages(guest.person_id or "")
    if name == "redeem":
        return redeeming.redeem(house, person_id=guest.person_id or "", ticket=ticket, by=by)
    key = f"{guest.user_id}-{number}"
    return leaving.leave(house, tenant_id=place.id, by=world.at_portal(guest), key=key)


def _word(outcome: Any) -> str:
    if isinstance(outcome, Refused):
        return outcome.reason.value
    return f"{type(outcome).__name__}: {outcome}" if isinstance(outcome, BaseException) else DONE


# --- The rules, once more ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """A guest as the model knows them.

    Attributes:
        was: the stage that a restore brings back. link: of the invitation: open, used or dead.
    """

    stage: str = "invited"
    enabled: bool = True
    cause: str = ""
    was: str = ""
    link: str = field(default="open", compare=False)


def _state_of(guest: Membership) -> State:
    stage = guest.stage
    word = {"Invited": "invited", "Present": "present", "Deleted": "deleted"}.get(type(stage).__name__, "purged")
    cause = stage.cause.value if isinstance(stage, Deleted | Purged) else ""
    was = type(stage.was).__name__.lower() if isinstance(stage, Deleted) else ""
    return State(word, guest.standing.enabled_here, cause, was)


def _possible(state: State, chosen: list[str], answers: list[str], end: State) -> bool:
    for name, told in zip(chosen, answers, strict=True):
        says, state = RULES[name](state)
        if says != told:
            return False
    return replace(state, was="") == replace(end, was="") and (state.stage != "deleted" or state.was == end.was)


def _leave(state: State) -> tuple[str, State]:
    if state.link != "used":
        return "notFound", state  # nobody is tied to it
    if state.stage in {"deleted", "purged"} and state.cause == "left":
        return DONE, state  # the first receipt again
    if state.stage != "present":
        return "wrongStage", state
    if not state.enabled:
        return "accountDisabled", state
    return DONE, replace(state, stage="deleted", cause="left", was="present")


def _remove(state: State) -> tuple[str, State]:
    if state.stage not in {"invited", "present"}:
        return "notFound", state
    link = "dead" if state.link == "open" else state.link
    return DONE, replace(state, stage="deleted", cause="removed", was=state.stage, link=link)


def _switch(state: State, *, on: bool) -> tuple[str, State]:
    if state.stage not in {"invited", "present"}:
        return "notFound", state
    return ("alreadyThere", state) if state.enabled is on else (DONE, replace(state, enabled=on))


def _restore(state: State) -> tuple[str, State]:
    if state.stage != "deleted":
        return "notFound", state
    return DONE, replace(state, stage=state.was, cause="", was="")


def _purge(state: State) -> tuple[str, State]:
    return (DONE, replace(state, stage="purged", was="")) if state.stage == "deleted" else ("notFound", state)


def _redeem(state: State) -> tuple[str, State]:
    if state.link != "open":
        return ("invitationUsed" if state.link == "used" else "invitationDead"), state
    if not state.enabled:
        return "accountDisabled", state
    return DONE, replace(state, stage="present", link="used")


RULES: dict[str, Callable[[State], tuple[str, State]]] = {
    "leave": _leave,
    "remove": _remove,
    "disable": lambda state: _switch(state, on=False),
    "enable": lambda state: _switch(state, on=True),
    "restore": _restore,
    "purge": _purge,
    "redeem": _redeem,
}
