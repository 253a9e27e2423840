"""Kill the real server: ``vestibule serve`` with its worker, while guests and administrators use it over HTTP.

On PostgreSQL a ``vestibule worker`` runs beside it and is killed too. After every kill either the server starts
again at once and has to be ready within ten seconds, or the database is looked at first, as in ``soak.kill``.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from soak import laws, promises, rounds
from soak.clients import Crowd, Program, Word
from soak.process import open_at
from soak.programs import Serving
from soak.rounds import Field, Progress
from tests.support import world
from vestibule.actions import apps, emulating
from vestibule.program import Program as Opened
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp

ROUNDS_PER_DATABASE = 20
LONGEST_S = 4.0
STARTING_S = 1.5
LEASE_S = 190
PERMISSIONS = ("User.ReadWrite.All", "User.Invite.All", "User.DeleteRestore.All", "User.EnableDisableAccount.All")
GUESTS = tuple(f"guest{number}@elsewhere.example" for number in range(6))
PROGRAMS = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part serve``."""
    rounds.add_arguments(parser, rounds=60, folder="var/soak/serve")


def main(arguments: argparse.Namespace) -> int:
    """Run the rounds that are left; the exit status is that of ``rounds.main``."""
    return rounds.main(arguments, Killing)


@dataclass(slots=True)
class Killing:
    """One round after the other.

    Attributes:
        program: the organization whose guests come and go; None while there is none.
        words: what was acknowledged since the database was last looked at.
        invited, known: links and user objects by address, which clients keep from one life of the server to the next.
    """

    program: Program | None = None
    words: list[Word] = field(default_factory=list)
    invited: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, where: Field, progress: Progress) -> list[str]:
        """Play one round. Returns what is wrong."""
        number = progress.done + 1
        chance = random.Random(f"serve/{progress.seed}/{number}")
        if self.program is None or number % ROUNDS_PER_DATABASE == 0:
            where.make_anew()
            self.program = asyncio.run(_set_up(where))
            for kept in (self.words, self.invited, self.known):
                kept.clear()
        serving = Serving(where.data, where.url)
        serving.start()
        try:
            found = self._use(serving, progress, chance)
        finally:
            progress.kills += serving.kill()
        if number % 2 == 0 or found:
            found += asyncio.run(self._look(where, progress))
        elif number % 5 == 0:
            found += _start_and_stop(where, progress)
        return found

    def _use(self, serving: Serving, progress: Progress, chance: random.Random) -> list[str]:
        """Let everybody use the server until it is killed, mostly once it is ready."""
        if chance.random() < 0.15:
            time.sleep(chance.uniform(0, STARTING_S))
            progress.add("interrupted", Counter({"killed while starting": 1}))
            return []
        found = _ready(serving, progress)
        if found or self.program is None:
            return found
        progress.add("interrupted", Counter({"killed while serving": 1}))
        crowd = Crowd(serving.origin, serving.trust(), self.program, chance, invited=self.invited, known=self.known)
        asyncio.run(_kill_during(serving, crowd, chance.uniform(0, LONGEST_S)))
        progress.add("acknowledged", Counter(str(word["verb"]) for word in crowd.words if word["word"] == "did"))
        self.words += [word for word in crowd.words if word["word"] == "did"]
        return [f"a client says: {word['what']}" for word in crowd.words if word["word"] == "broken"]

    async def _look(self, where: Field, progress: Progress) -> list[str]:
        """Open the house, see what holds at once, let the worker finish, and see what holds then.

        Its clock is ahead, so that leases of the killed workers are over; lifecycle time goes on from there.
        """
        await rounds.until_nobody_is_connected(where)
        program = await open_at(where.data, where.url, LEASE_S)
        try:
            facts = await laws.look(program.house)
            progress.add("happened", laws.totals(facts) - where.happened)
            progress.add("interrupted", laws.interrupted(facts))
            found = [f"at once: {one}" for one in (*laws.of_stages(facts), *promises.kept(self.words, facts))]
            found += await rounds.finish(where, program)
            await emulating.advance(program.house, timedelta(seconds=LEASE_S))
        finally:
            await program.close()
        self.words.clear()
        return [*found, *rounds.integrity(where)]


async def _kill_during(serving: Serving, crowd: Crowd, after_s: float) -> None:
    async def end() -> None:
        await asyncio.sleep(after_s)
        for process in serving.processes:
            process.kill()

    await asyncio.gather(end(), crowd.live(list(GUESTS), PROGRAMS))


def _ready(serving: Serving, progress: Progress) -> list[str]:
    allowed_s = rounds.READY_S * rounds.crowded()
    took_s = serving.ready_within(2 * allowed_s)
    if took_s is None:
        return [f"it is not ready within {2 * allowed_s:.0f} s: {serving.last_words()}"]
    progress.slowest_s = max(progress.slowest_s, took_s)
    return [f"it was ready after {took_s:.1f} s only"] if took_s > allowed_s else []


def _start_and_stop(where: Field, progress: Progress) -> list[str]:
    """It starts again after the kill, and ends in order."""
    serving = Serving(where.data, where.url)
    serving.start()
    try:
        return [*_ready(serving, progress), *serving.stop()]
    finally:
        serving.kill()


async def _set_up(where: Field) -> Program:
    """An organization with its program, in a new emulator database."""
    opened: Opened = await open_at(where.data, where.url, 0)
    try:
        place = await world.organization(opened.house, "Contoso")
        new = NewApp("Program", application_permissions=PERMISSIONS)
        made = await apps.create_app(
            opened.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True, with_secret=True
        )
        await opened.ring.public()
    finally:
        await opened.close()
    assert made.secret is not None
    return Program(place.id, place.organization.display_name, made.app.client_id, made.secret.text)
