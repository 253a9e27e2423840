"""Histories of access reviews, and each time one was made. What a file holds is read from the decisions themselves."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, null, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import review_history, review_history_run
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class History:
    """A history.

    Attributes:
        definition: everything but the name, as Graph writes it.
        made_by: the user who asked for it; None for a program.
        runs: how often it was made. next_at: when it is made next; None when never again.
        gone_at: when it goes with its last run; None while more are to come.
    """

    tenant_id: str
    history_id: str
    display_name: str
    definition: dict[str, Any]
    made_by: str | None
    made_at: datetime
    runs: int
    next_at: datetime | None
    gone_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Run:
    """One time that a history was made.

    Attributes:
        starts_at, ends_at: the period it looks at.
        address_hash, address_until: of the secret that leads to its file, and until when it does; None for no address.
    """

    tenant_id: str
    run_id: str
    history_id: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    address_hash: str | None = None
    address_until: datetime | None = None


_HISTORIES: Final = Records(review_history, History)
_RUNS: Final = Records(review_history_run, Run)
_CHANGING: Final = ("runs", "next_at", "gone_at", "version")
_FIND = _HISTORIES.where(
    review_history.c.tenant_id == given("tenant_id"), review_history.c.history_id == given("history_id")
)
_ALL = _HISTORIES.where(
    review_history.c.tenant_id == given("tenant_id"),
    order=(review_history.c.made_at.desc(), review_history.c.history_id),
)
_DUE = _HISTORIES.where(
    review_history.c.next_at <= given("until"),
    order=(review_history.c.next_at, review_history.c.history_id),
    limit=given("limit"),
)
_NEXT = _HISTORIES.where(
    review_history.c.next_at.is_not(None),
    order=(review_history.c.next_at, review_history.c.history_id),
    limit=given("limit"),
)
_SAVE = Change(
    update(review_history)
    .where(
        review_history.c.tenant_id == given("in_tenant"),
        review_history.c.history_id == given("of_history"),
        review_history.c.version == given("if_version"),
    )
    .values({name: given(name) for name in _CHANGING})
)
_DROP = Change(
    delete(review_history).where(
        review_history.c.tenant_id == given("tenant_id"),
        review_history.c.history_id == given("history_id"),
        review_history.c.version == given("version"),
    )
)
_DROP_RUNS = Change(
    delete(review_history_run).where(
        review_history_run.c.tenant_id == given("tenant_id"), review_history_run.c.history_id == given("history_id")
    )
)
_FIND_RUN = _RUNS.where(
    review_history_run.c.tenant_id == given("tenant_id"), review_history_run.c.run_id == given("run_id")
)
_RUNS_OF = _RUNS.where(
    review_history_run.c.tenant_id == given("tenant_id"),
    review_history_run.c.history_id == given("history_id"),
    review_history_run.c.made_at > given("after"),
    order=(review_history_run.c.made_at, review_history_run.c.run_id),
)
_AT_ADDRESS = _RUNS.where(review_history_run.c.address_hash == given("address_hash"))
_ADDRESS = Change(
    update(review_history_run)
    .where(review_history_run.c.tenant_id == given("in_tenant"), review_history_run.c.run_id == given("of_run"))
    .values(address_hash=given("address_hash"), address_until=given("address_until"))
)
_FORGET_MAKER = Change(
    update(review_history)
    .where(review_history.c.tenant_id == given("in_tenant"), review_history.c.made_by == given("by_user"))
    .values(made_by=null())
)
_FORGET_RUNS = Change(delete(review_history_run).where(review_history_run.c.made_at <= given("before")))
_FORGET = Change(delete(review_history).where(review_history.c.gone_at <= given("now")))


async def find(reading: Reading, tenant_id: str, history_id: str) -> History | None:
    """The history with this id, if its time is not over."""
    found = await _HISTORIES.one(reading, _FIND, tenant_id=tenant_id, history_id=history_id)
    return found if found is not None and _is_there(found, reading.now) else None


async def everything(reading: Reading, tenant_id: str) -> list[History]:
    """Every history of an organization whose time is not over, newest first."""
    found = await _HISTORIES.all(reading, _ALL, tenant_id=tenant_id)
    return [one for one in found if _is_there(one, reading.now)]


async def due(reading: Reading, until: datetime, limit: int) -> list[History]:
    """Histories that are to be made at ``until`` or earlier, oldest first."""
    return await _HISTORIES.all(reading, _DUE, until=to_us(until), limit=limit)


async def upcoming(reading: Reading, limit: int) -> list[History]:
    """The histories that are made next."""
    return await _HISTORIES.all(reading, _NEXT, limit=limit)


def insert(unit: Unit, new: History) -> None:
    """Write a new history."""
    _HISTORIES.insert(unit, new)


def save(unit: Unit, before: History, after: History) -> History:
    """Write how far a history is, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = _HISTORIES.values(saved)
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        of_history=before.history_id,
        if_version=before.version,
        **{name: values[name] for name in _CHANGING},
    )
    return saved


def drop(unit: Unit, gone: History) -> None:
    """The history and its runs are gone; no address leads to a file of it any more."""
    unit.write(_DROP_RUNS, rows=None, tenant_id=gone.tenant_id, history_id=gone.history_id)
    unit.write(_DROP, tenant_id=gone.tenant_id, history_id=gone.history_id, version=gone.version)


def forget_maker(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nobody is named any more as having asked for a history who is erased."""
    unit.write(_FORGET_MAKER, rows=None, in_tenant=tenant_id, by_user=user_id)


def forget(unit: Unit, made_before: datetime) -> None:
    """Runs made before that moment go, and histories whose time is over now."""
    unit.write(_FORGET_RUNS, rows=None, before=to_us(made_before))
    unit.write(_FORGET, rows=None, now=to_us(unit.now))


def _is_there(history: History, now: datetime) -> bool:
    return history.gone_at is None or now < history.gone_at


# --- Runs -------------------------------------------------------------------------------------------------------------


async def find_run(reading: Reading, tenant_id: str, run_id: str) -> Run | None:
    """The run with this id."""
    return await _RUNS.one(reading, _FIND_RUN, tenant_id=tenant_id, run_id=run_id)


async def runs_of(reading: Reading, tenant_id: str, history_id: str, after: datetime) -> list[Run]:
    """The runs of a history that were made after a moment, oldest first."""
    return await _RUNS.all(reading, _RUNS_OF, tenant_id=tenant_id, history_id=history_id, after=to_us(after))


async def at_address(reading: Reading, address_hash: str) -> Run | None:
    """The run whose file an address leads to."""
    return await _RUNS.one(reading, _AT_ADDRESS, address_hash=address_hash)


def insert_run(unit: Unit, new: Run) -> None:
    """Write a new run."""
    _RUNS.insert(unit, new)


def give_address(unit: Unit, run: Run, address_hash: str, until: datetime) -> None:
    """An address leads to the file of a run; the one before leads nowhere."""
    unit.write(
        _ADDRESS, in_tenant=run.tenant_id, of_run=run.run_id, address_hash=address_hash, address_until=to_us(until)
    )
