"""Each step of each verb fails once: nothing half done is left, and the same call works afterwards.

Three kinds of step: writing the audit event and the commit, by the house's own faults; and every question to the
store and every statement of a unit, by a store that lets the n-th fail.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from soak import laws
from tests.faults import contact_lines as contact_lines  # it adds its lines to those of the two modules below
from tests.faults.failing import Steps, failing
from tests.faults.ground import Ground
from tests.faults.lines import ADDRESS, LINES, Act, Line
from tests.faults.quiet_lines import ELSEWHERE, QUIET
from tests.support import world
from tests.support.world import Place
from vestibule.actions import carry_out, leaving, policies, receipt_keys
from vestibule.actions.house import House, Injected
from vestibule.rules.activities import EVENTS, event_type, is_audited
from vestibule.rules.refusals import Refused
from vestibule.rules.verbs import Verb
from vestibule.store import snapshot

MOST_STEPS = 400
_FUNCTION = re.compile(
    r"^(?:    )?async def (\w+)\(.*?(?=^(?:@|class |async def |def |    (?:async )?def \w+\(self)|\Z)",
    re.DOTALL | re.MULTILINE,
)


def test_every_action_that_runs_a_unit_is_tried():
    found = {
        f"{module.stem}.{function[1]}"
        for module in Path(carry_out.__file__).parent.glob("*.py")
        for function in _FUNCTION.finditer(module.read_text())
        if ".change(work)" in function[0]
    }
    assert found == set(QUIET) | set(ELSEWHERE)


def test_every_verb_that_changes_something_has_a_line():
    types = {name.split(maxsplit=1)[0] for name in LINES}
    assert types == set(EVENTS)
    assert {event_type(verb) for verb in Verb if is_audited(verb)} <= types


@dataclass
class Trial:
    """One act on a ground that can be put back to where it was.

    Attributes:
        real: the house as it is. weak: the same on a store whose steps can fail. rows, keys: as it was before.
    """

    ground: Ground
    real: House
    weak: House
    steps: Steps
    rows: bytes
    keys: list[tuple[str, bytes, int]]

    async def put_back(self) -> None:
        generation = self.ground.opened.generation
        await snapshot.put_back(self.ground.opened.store, self.rows, generation=generation)
        await self.ground.opened.keys.import_(self.keys)

    async def is_as_before(self) -> bool:
        """Every row; a key that was made for what did not happen may lie about until it is swept."""
        before = {key for key, _, _ in self.keys}
        return not await self.changed() and before <= await self.real.keys.all_ids()

    async def changed(self) -> set[str]:
        """The tables that are not as they were; in which order PostgreSQL lists their rows says nothing."""
        before, now = _by_table(self.rows), _by_table(await snapshot.take(self.ground.opened.store))
        return {name for name in now if before[name] != now[name]}

    def is_committed(self) -> bool:
        """Whether the step that failed was a look after the last change."""
        last_change = max(number for number, name in enumerate(self.steps.taken) if name.startswith("a change"))
        return "a look" in self.steps.taken[last_change + 1 :]

    async def success_of(self, act: Act) -> bool:
        """Whether the act went through; it may fail in no other way than an injected or broken step does."""
        try:
            await act(self.weak)
        except Refused:
            raise
        except Exception:  # noqa: BLE001 - each database says in its own way that a statement is broken
            return False
        return True


@pytest.fixture
async def trial(ground: Ground, house: House) -> Trial:
    weak, steps = failing(house)
    return Trial(ground, house, weak, steps, b"", [])


@pytest.mark.parametrize("name", sorted(LINES))
async def test_each_step_fails_once(trial: Trial, contoso: Place, name: str):
    line = LINES[name]
    of_type = name.split(maxsplit=1)[0]
    act = await line.prepare(contoso)
    trial.rows = await snapshot.take(trial.ground.opened.store)
    trial.keys = await trial.ground.opened.keys.export()
    written = await _counted(trial.real)
    for at in ("audit", "commit"):
        failed = await _fail_each(trial, act, at, line)
        assert failed >= 1, f"{at} was never come by"
        await _is_done(trial.real, of_type, written)
        await trial.put_back()
    failed = await _fail_each(trial, act, "step", line)
    assert failed >= 3, "an act looks, decides and writes"
    await _is_done(trial.real, of_type, written)


@pytest.mark.parametrize("name", sorted(QUIET))
async def test_each_step_fails_once_of_what_leaves_no_event(trial: Trial, contoso: Place, name: str):
    line = QUIET[name]
    act = await line.prepare(contoso)
    trial.rows = await snapshot.take(trial.ground.opened.store)
    trial.keys = await trial.ground.opened.keys.export()
    assert await _fail_each(trial, act, "step", line) >= 1
    assert await trial.changed() or name == "emulating.forget_mail", "captured mail is in no snapshot"


async def test_a_refusal_that_cannot_be_written_down_is_said_to_nobody(trial: Trial, contoso: Place):
    guest = await world.guest(contoso, ADDRESS)
    await policies.change_leave_setting(trial.real, tenant_id=contoso.id, guests_may_leave=False, by=contoso.admin)
    await receipt_keys.signer(trial.real)  # made on first need, and not a part of what is refused
    trial.rows = await snapshot.take(trial.ground.opened.store)
    written = len(await world.events(contoso))
    by = world.at_portal(guest)
    for at in ("audit", "commit"):
        trial.real.faults.arm(at, 1, 429)
        with pytest.raises(Injected) as injected:
            await leaving.leave(trial.real, tenant_id=contoso.id, by=by, key="key")
        assert injected.value.answer == 429
        assert await trial.is_as_before()
    with pytest.raises(Refused):
        await leaving.leave(trial.real, tenant_id=contoso.id, by=by, key="key")
    assert len(await world.events(contoso)) == written + 1


def _by_table(octets: bytes) -> dict[str, list[str]]:
    """A snapshot as tables of rows in an order of their own."""
    kept = msgspec.msgpack.decode(octets)
    return {name: sorted(map(repr, rows)) for name, rows in kept["rows"].items()}


async def _fail_each(trial: Trial, act: Act, at: str, line: Line) -> int:
    """Let the first, the second … step of a kind fail, until there are no more of them. Returns how many failed."""
    for nth in range(1, MOST_STEPS):
        _arm(trial, at, nth)
        went_through = await trial.success_of(act)
        if not _has_fired(trial, at):
            assert went_through, "it failed, and nothing was wrong"
            return nth - 1
        step = f"step {nth}, {trial.steps.taken[-1:]}"
        if line.in_steps:
            await _goes_on(trial, act)
            await trial.put_back()
            continue
        assert not went_through, f"{step} failed and nobody was told"
        if not await trial.is_as_before():
            assert line.looks_after, f"half of it was done when {step} failed"
            assert trial.is_committed(), f"half of it was done when {step} failed"
            assert list(laws.of_stages(await laws.look(trial.real))) == []
            await trial.put_back()
    raise AssertionError("there is no end of steps")


def _arm(trial: Trial, at: str, nth: int) -> None:
    if at == "step":
        trial.steps.arm(nth)
    else:
        trial.real.faults.arm(at, nth, 503)


def _has_fired(trial: Trial, at: str) -> bool:
    """Whether the armed step was come by; it is not armed any more afterwards."""
    if at == "step":
        fired = trial.steps.left is None
        trial.steps.left = None
        return fired
    return trial.real.faults.armed.pop(at, None) is None


async def _goes_on(trial: Trial, act: Act) -> None:
    """An act that is made of several transactions stands in order where it ended, and goes on from there."""
    assert list(laws.of_stages(await laws.look(trial.real))) == []
    await act(trial.weak)
    facts = await laws.look(trial.real)
    assert list(laws.of_stages(facts)) == []
    assert not [row for row in facts.tables["erasure"] if row["state"] == "running"]


async def _is_done(house: House, of_type: str, written: Counter[str]) -> None:
    """The laws hold, and the log tells of it exactly once."""
    assert list(laws.of_stages(await laws.look(house))) == []
    assert (await _counted(house))[of_type] == written[of_type] + 1


async def _counted(house: House) -> Counter[str]:
    """How many events of each type there are, refusals left out."""
    facts = await laws.look(house)
    records = [msgspec.json.decode(row["record"]) for row in facts.tables["audit_event"]]
    return Counter(record["type"] for record in records if record["outcome"] == "success")
