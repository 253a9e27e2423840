"""Rules broken on purpose, one at a time: whole lives beside a second reading of the rules must notice each."""

import importlib.util
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.rules.lifecycle_model import DAY_MS, THIRTY_DAYS_MS, Model
from vestibule.rules import lifecycle
from vestibule.rules.refusals import Refused

START = datetime(2024, 2, 28, 23, 59, 59, 999_000, tzinfo=UTC)  # a leap day is one step away
TIES = ("home", "guest", "externalMember", "directConnect")
VERBS = (
    "redeem",
    "leave",
    "remove",
    "restore",
    "purge",
    "purge due",
    "erase",
    "disable",
    "enable",
    "hold",
    "lift",
)
SOURCE = Path(lifecycle.__file__)


def moment(ms: int) -> datetime:
    """A moment of the model."""
    return START + timedelta(milliseconds=ms)


@dataclass(frozen=True)
class Step:
    """Time passes, the home organization says something, and somebody tries a verb."""

    verb: str
    wait: int
    home_enabled: bool
    may_leave: bool
    only_admin: bool


class Life:
    """One life in the rules and in the model, side by side."""

    def __init__(self, rules: ModuleType, tie: str) -> None:
        invited = tie in {"guest", "externalMember"}
        stage = rules.Invited(moment(0)) if invited else rules.Present(moment(0))
        self.rules = rules
        self.standing = rules.Standing(rules.Tie(tie), stage)
        self.model = Model(tie, "invited" if invited else "present")

    def take(self, step: Step) -> None:
        """One step in both; they must say and become the same."""
        self.model.now += step.wait
        self.model.home_enabled = step.home_enabled
        self.standing = replace(self.standing, enabled_at_home=step.home_enabled)
        expected = self.model.step(step.verb, may_leave=step.may_leave, only_admin=step.only_admin)
        assert self._try(step) == expected
        self.compare()

    def _try(self, step: Step) -> str:
        now = moment(self.model.now)
        acts: dict[str, Any] = {
            "redeem": lambda: self.rules.redeem(self.standing, now),
            "leave": lambda: self.rules.leave(
                self.standing, now, guests_may_leave=step.may_leave, only_administrator=step.only_admin
            ),
            "remove": lambda: self.rules.remove(self.standing, now),
            "restore": lambda: self.rules.restore(self.standing, now),
            "purge": lambda: self.rules.purge(self.standing, now, asked=True),
            "purge due": lambda: self.rules.purge(self.standing, now, asked=False),
            "erase": lambda: self.rules.erase(self.standing, now),
            "disable": lambda: self.rules.disable(self.standing, now),
            "enable": lambda: self.rules.enable(self.standing, now),
        }
        if step.verb in {"hold", "lift"}:  # no step of a life: it says what the standing is
            held = step.verb == "hold"
            self.standing = replace(self.standing, held=held, released_at=self.standing.released_at if held else now)
            return "ok"
        try:
            move = acts[step.verb]()
        except Refused as refused:
            return refused.reason.value
        assert move.before == self.standing
        keeps_access = step.verb in {"redeem", "enable", "restore"}
        assert self.rules.ends_access(move) is not keeps_access
        self.standing = move.after
        return "ok"

    def compare(self) -> None:
        """What the rules derive is what the model says."""
        rules, model, now = self.rules, self.model, moment(self.model.now)
        stage = self.standing.stage
        assert type(stage).__name__.lower() == model.stage
        assert self.standing.enabled_here is model.enabled
        assert rules.may_sign_in(self.standing, now) is model.may_sign_in()
        until, removed_by = model.restorable_until(), model.data_removed_by()
        assert rules.restorable_until(stage) == (None if until is None else moment(until))
        assert rules.data_removed_by(stage) == (None if removed_by is None else moment(removed_by))
        seen = rules.stage_at(self.standing, now)
        assert type(seen).__name__.lower() == ("purged" if model.over() else model.stage)
        if model.stage == "purged":
            assert (stage.at, stage.cause.value) == (moment(model.purged_at), model.cause)
        due = rules.due(self.standing)
        assert (due is not None) is (model.stage in {"deleted", "purged"} and not model.held)
        for may_leave in (True, False):
            why_not = rules.why_not_leave(self.standing, now, guests_may_leave=may_leave, only_administrator=False)
            judged = model.judge("leave", may_leave=may_leave, only_admin=False)
            assert (why_not.value if why_not else "ok") == judged


def live(rules: ModuleType, tie: str, taken: list[Step]) -> None:
    """A whole life."""
    life = Life(rules, tie)
    life.compare()
    for step in taken:
        life.take(step)


def random_lives(seed: int, count: int) -> Iterator[tuple[str, list[Step]]]:
    """Lives without hypothesis, for the broken rules: the same ones each time."""
    chance = random.Random(seed)  # noqa: S311 - lives, not secrets
    edges = [0, 1, THIRTY_DAYS_MS - 1, THIRTY_DAYS_MS, THIRTY_DAYS_MS + 1, DAY_MS]
    for _ in range(count):
        yield (
            chance.choice(TIES),
            [
                Step(
                    chance.choice(VERBS),
                    chance.choice([chance.choice(edges), chance.randrange(60 * DAY_MS)]),
                    chance.random() < 0.8,
                    chance.random() < 0.8,
                    chance.random() < 0.2,
                )
                for _ in range(chance.randrange(1, 25))
            ],
        )


def test_the_fixed_lives_pass_on_the_rules_as_they_are() -> None:
    live_all(lifecycle)


def live_all(rules: ModuleType) -> None:
    """Six hundred lives, always the same ones."""
    for tie, taken in random_lives(7, 600):
        live(rules, tie, taken)


# ruff: noqa: E501 - source text, as it stands in the module
# --- Broken on purpose: each change of the source must be noticed ---------------------------------------------

BROKEN = {
    "no 30-day check at restore": ("case Deleted() as deleted if now < deleted.purge_due:\n            return _move", "case Deleted() as deleted:\n            return _move"),
    "restore still good at the very end": ("if now < deleted.purge_due:\n            return _move", "if now <= deleted.purge_due:\n            return _move"),
    "thirty calendar days minus a second": ("RESTORABLE_FOR = timedelta(seconds=30 * 86_400)", "RESTORABLE_FOR = timedelta(seconds=30 * 86_400 - 1)"),
    "removal takes a month and a bit": ("REMOVAL_TAKES_AT_MOST = timedelta(seconds=30 * 86_400)", "REMOVAL_TAKES_AT_MOST = timedelta(days=31)"),
    "home may be left": ("    if guest.tie is Tie.HOME:\n        return Reason.HOME_ORGANIZATION\n", ""),
    "anybody may leave at any stage": ("    if not isinstance(stage_at(guest, now), Present):\n        return Reason.WRONG_STAGE\n", ""),
    "disabled here may leave": ("if not (guest.enabled_here and guest.enabled_at_home):\n        return", "if not guest.enabled_at_home:\n        return"),
    "disabled at home may leave": ("if not (guest.enabled_here and guest.enabled_at_home):\n        return", "if not guest.enabled_here:\n        return"),
    "the setting is ignored": ("    if not guests_may_leave:\n        return Reason.ORGANIZATION_FORBIDS\n", ""),
    "the last administrator may go": ("    if only_administrator:\n        return Reason.ONLY_ADMINISTRATOR\n", ""),
    "the setting is asked before the account": ("    if not (guest.enabled_here and guest.enabled_at_home):\n        return Reason.ACCOUNT_DISABLED\n    if not guests_may_leave:\n        return Reason.ORGANIZATION_FORBIDS\n", "    if not guests_may_leave:\n        return Reason.ORGANIZATION_FORBIDS\n    if not (guest.enabled_here and guest.enabled_at_home):\n        return Reason.ACCOUNT_DISABLED\n"),
    "a purge that only deletes": ("return _move(Verb.PURGE, guest, Purged(at, at + REMOVAL_TAKES_AT_MOST, guest.stage.cause), at)", "return _move(Verb.PURGE, guest, guest.stage, at)"),
    "time purges too early": ("        raise Refused(Reason.TOO_EARLY)", "        pass"),
    "a late purge is dated late": ("at = freed(guest, guest.stage.purge_due) if overdue else now", "at = now"),
    "a purge passes a hold": ("    if before.held and is_final(before.stage, stage):\n        raise Refused(Reason.ON_HOLD)\n", ""),
    "an erase passes a hold": ("    return isinstance(after, Erased) or (", "    return ("),
    "a hold stops a restore": ("return isinstance(after, Erased) or (isinstance(after, Purged) and isinstance(before, Deleted))", "return True"),
    "what a hold kept is dated back": ("return at if guest.released_at is None else max(at, guest.released_at)", "return at"),
    "time waits for nobody's hold": ("        case _ if guest.held:\n            return None\n", ""),
    "an administrator purges what time already did": ("    if asked and overdue:\n        raise Refused(Reason.TOO_LATE)\n", ""),
    "direct connect gets 30 days": ("    if guest.tie is Tie.DIRECT_CONNECT:\n        return Purged(now, now + REMOVAL_TAKES_AT_MOST, cause)\n", ""),
    "an erase without a purge": ("    if not isinstance(guest.stage, Purged):\n        raise Refused(Reason.WRONG_STAGE)\n    return _move(Verb.ERASE", "    return _move(Verb.ERASE"),
    "a restored guest is always present": ("return _move(Verb.RESTORE, guest, deleted.was, now)", "return _move(Verb.RESTORE, guest, Present(now), now)"),
    "a deleted guest signs in": ("return isinstance(stage_at(guest, now), Present) and", "return isinstance(stage_at(guest, now), Present | Deleted) and"),
    "a guest disabled at home signs in": ("and guest.enabled_here and guest.enabled_at_home\n\n\ndef due", "and guest.enabled_here\n\n\ndef due"),
    "a disabled account redeems": ("    if not (guest.enabled_here and guest.enabled_at_home):\n        raise Refused(Reason.ACCOUNT_DISABLED)\n", ""),
    "an expired deletion still looks deleted": ("case Deleted() as deleted if now >= deleted.purge_due:\n            at = freed", "case Deleted() as deleted if False:\n            at = freed"),
    "disabling keeps the sessions": ("{Verb.REDEEM, Verb.ENABLE, Verb.RESTORE}", "{Verb.REDEEM, Verb.ENABLE, Verb.RESTORE, Verb.DISABLE}"),
    "a deleted account can be switched": ("    if not isinstance(guest.stage, Invited | Present):\n        raise Refused(Reason.WRONG_STAGE)\n    if guest.enabled_here is enabled", "    if guest.enabled_here is enabled"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rules_are_caught(name: str, tmp_path: Path) -> None:
    good, bad = BROKEN[name]
    text = SOURCE.read_text(encoding="utf-8")
    assert text.count(good) == 1, "the planted fault no longer fits the source; plant it again"
    broken = load(text.replace(good, bad), tmp_path / "broken_lifecycle.py")
    with pytest.raises((AssertionError, Refused, AttributeError, TypeError)):
        live_all(broken)


def load(text: str, path: Path) -> ModuleType:
    """A module from changed source."""
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    return module
