"""The store against a dictionary: any sequence of units leaves in both databases what it leaves in plain Python."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store import rows
from tests.store.rows import TENANT, Store
from vestibule.store import postgres
from vestibule.store.bulk import Step
from vestibule.store.unit import Duplicate, Stale, Unit

NAMES = st.sampled_from(["anna", "bea", "carl", "d'e"])
UPNS = st.sampled_from([None, "one", "two"])


@dataclass(frozen=True)
class Entry:
    version: int
    stage: str
    upn: str | None


Model = dict[str, Entry]


@dataclass(frozen=True)
class Put:
    name: str
    upn: str | None

    def carry_out(self, model: Model) -> None:
        taken = self.upn is not None and any(entry.upn == self.upn for entry in model.values())
        if self.name in model or taken:
            raise Duplicate("")
        model[self.name] = Entry(1, "present", self.upn)

    def write(self, unit: Unit) -> None:
        unit.write(rows.PUT, **rows.new(self.name, upn_key=self.upn))


@dataclass(frozen=True)
class Save:
    name: str
    version: int
    stage: str

    def carry_out(self, model: Model) -> None:
        found = model.get(self.name)
        if found is None or found.version != self.version:
            raise Stale
        model[self.name] = replace(found, version=self.version + 1, stage=self.stage)

    def write(self, unit: Unit) -> None:
        rows.save(unit, self.name, self.version, self.stage)


@dataclass(frozen=True)
class Drop:
    names: tuple[str, ...]
    insist: bool

    def carry_out(self, model: Model) -> None:
        found = [name for name in dict.fromkeys(self.names) if name in model]
        if self.insist and len(found) != 1:
            raise Stale
        for name in found:
            del model[name]

    def write(self, unit: Unit) -> None:
        unit.write(rows.DROP_AMONG, rows=1 if self.insist else None, in_tenant=TENANT, user_ids=list(self.names))


@dataclass(frozen=True)
class MoveAll:
    stage: str

    def carry_out(self, model: Model) -> None:
        for name, entry in model.items():
            model[name] = replace(entry, stage=self.stage)

    def write(self, unit: Unit) -> None:
        unit.write(rows.SAVE_ALL, rows=None, in_tenant=TENANT, stage=self.stage)


Write = Put | Save | Drop | MoveAll
WRITES = st.one_of(
    st.builds(Put, NAMES, UPNS),
    st.builds(Save, NAMES, st.integers(1, 3), st.text(max_size=3).filter(lambda text: "\0" not in text)),
    st.builds(Drop, st.lists(NAMES, max_size=3).map(tuple), st.booleans()),
    st.builds(MoveAll, st.sampled_from(["present", "deleted"])),
)


@st.composite
def units(draw: st.DrawFn) -> tuple[list[Write], bool]:
    """A unit of some writes, and whether its work changes its mind at the end."""
    return draw(st.lists(WRITES, max_size=5)), draw(st.integers(0, 9)) == 0


class ChangedMind(Exception):
    pass


def carry_out(model: Model, writes: list[Write], *, fails: bool) -> tuple[Model, type[Exception] | None]:
    after = dict(model)
    if fails:
        return model, ChangedMind
    try:
        for write in writes:
            write.carry_out(after)
    except (Duplicate, Stale) as failure:
        return model, type(failure)
    return after, None


async def run(store: Store, writes: list[Write], *, fails: bool) -> type[Exception] | None:
    async def work(unit: Unit) -> None:
        for write in writes:
            write.write(unit)
        if fails:
            raise ChangedMind

    try:
        await store.change(work)
    except (Duplicate, Stale, ChangedMind) as failure:
        return type(failure)
    return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(units(), max_size=12))
async def test_the_store_is_a_dictionary(
    store: Store, monkeypatch: pytest.MonkeyPatch, history: list[tuple[list[Write], bool]]
) -> None:
    monkeypatch.setattr(postgres, "TRIES", 1)  # nobody else is there: what is stale stays stale
    await store.run_steps([Step("DELETE FROM membership")])
    model: Model = {}
    for writes, fails in history:
        model, expected = carry_out(model, writes, fails=fails)
        assert await run(store, writes, fails=fails) is expected, writes
        found = await (await store.read()).all(rows.ALL, in_tenant=TENANT)
        assert {row[0]: (row[1], row[2]) for row in found} == {
            name: (entry.version, entry.stage) for name, entry in model.items()
        }
