"""Whatever deletes something about a person has an answer to the question: and if they are on hold?

Every statement that deletes rows of a table in ``rules/retention.py`` stands below, so that a new one cannot be
forgotten. What takes the data itself is written by the data removal alone, which passes no hold.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Delete, Update

import vestibule.store
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Cause, Deleted, Erased, Invited, Present, Purged, Stage, Standing, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.retention import KEPT, STEPS
from vestibule.rules.verbs import Verb
from vestibule.store.statements import Change

ROOT = Path(__file__).resolve().parents[2] / "vestibule"
NOW = datetime(2026, 3, 2, tzinfo=UTC)

REMOVAL = "the data removal alone writes it, and passes no hold"
REFUSED = "outside the data removal only where a hold refuses it first: converting, resetting the redemption"
ORDINARY = "somebody takes it away, which is no deletion of the person's data: written to the log where it matters"
RUNS_OUT = "it runs out by itself, held or not (decision 0033)"
SENT = "it was sent, or is not to be sent any more"
OF_THE_HOUSE = "an emulator is reset, a backup comes back, keys that were never used go"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WRITTEN: Mapping[str, tuple[str, ...]] = {
    REMOVAL: _names(
        "activity._DROP audit._DROP_INDEX audit._DROP_PARTS data_exports._DROP_OF deliveries._DROP_OF_USER "
        "device_grants._DROP_OF_USER hanging._DROP_ALL holds._DROP invitations._DROP outbox._DROP_OTHER "
        "profiles._DROP requests._DROP review_decisions._FORGET reviews._FORGET sessions._DROP_OF "
        "subscriptions._DROP_OF_USER terms._DROP tokens._DROP_OF"
    ),
    REFUSED: _names("people._BELONGS_NO_MORE people._DROP_CREDENTIALS"),
    ORDINARY: _names(
        "api_consents._DROP consents._DROP consents._DROP_API_OF_APP consents._DROP_API_OF_USER consents._DROP_OF_APP "
        "consents._DROP_OF_USER cross_tenant._DROP device_grants._DROP_OF_APP hanging._DROP_ONE holdings.ASSIGNED "
        "holdings.IN_GROUPS holdings.OWNING holdings.ROLES invitations._UNBLOCK jobs._DROP jobs._DROP_PARTS_OF "
        "managers._DELETE people._AWAITED_NO_MORE provisioned._FORGET recipients._DROP review_histories._DROP "
        "reviews._DROP reviews._DROP_BELOW reviews._DROP_INSTANCES reviews._UNASK second_factors._DROP_APP "
        "second_factors._DROP_CODES second_factors._DROP_PASSKEY second_factors._DROP_PASSKEYS "
        "second_factors._USE_CODE sessions._CLOSE_ONE sessions._DROP_PERSON sessions._DROP_REQUEST sessions._END "
        "sessions._END_OPEN sponsors._DELETE sponsors._SPONSOR_GONE subscriptions._DROP"
    ),
    RUNS_OUT: _names(
        "data_exports._FORGET data_requests._DROP device_grants._FORGET feed._FORGET passcodes._DROP passcodes._FORGET "
        "passcodes._USE "
        "providers._FORGET providers._USE rates._CLEAR rates._FORGET receipts._FORGET_ANSWERS "
        "review_histories._FORGET sessions._FORGET sessions._FORGET_OPEN sign_ins._FORGET tokens._FORGET"
    ),
    SENT: _names(
        "deliveries._DROP_OF deliveries._DROP_OF_APP deliveries._PUT outbox._DROP_KINDS outbox._DROP_OF "
        "outbox._DROP_ONE "
        "outbox._FORGET_MAIL outbox._SENT"
    ),
    OF_THE_HOUSE: _names("captured._FORGET feed._FORGET_PLACES keys._STATEMENTS"),
}
"""The statements by their answer."""
LABELS = {"audit._DROP_INDEX", "audit._DROP_PARTS"}
DELETES = {name: why for why, names in WRITTEN.items() for name in names}


def test_every_statement_that_deletes_something_of_a_person_has_an_answer() -> None:
    tables = {one.table for one in KEPT}
    found = {name for name, table in _deleting() if table in tables}
    assert found - DELETES.keys() == set(), "what if the person is on hold? Say it above"
    assert DELETES.keys() - found == set(), "there is no such statement any more"


def test_what_takes_the_data_is_written_by_the_data_removal_alone() -> None:
    allowed = {REMOVAL: {"erasing.py"}, REFUSED: {"erasing.py", "converting.py", "inviting.py"}}
    for name, why in DELETES.items():
        if why in allowed:
            callers = _callers(*name.split("."))
            if name in LABELS:  # of a request by a proven address too, which runs out: its label is nobody's account
                callers -= {"ending_data_requests.py"}
            assert callers <= allowed[why], f"{name} is written by {callers}; does a hold stop it?"


def test_keys_are_destroyed_by_the_data_removal_and_where_nobody_has_them() -> None:
    callers = {path.name for path in ROOT.rglob("*.py") if re.search(r"\bkeys\.destroy\(", path.read_text("utf-8"))}
    of_requests = {"ending_data_requests.py", "data_requests.py"}  # keys of requests by a proven address, of no account
    assert callers == {"erasing.py", "restoring_backup.py", "keys.py"} | of_requests


STAGES: tuple[Stage, ...] = (
    Invited(NOW),
    Present(NOW),
    Deleted(NOW, NOW + timedelta(days=30), Cause.LEFT, Present(NOW)),
    Purged(NOW, NOW + timedelta(days=30), Cause.LEFT),
)
FREELY = {"may_sign_in", "stage_at", "due", "gone", "freed", "purge_again", "why_not_leave"}
"""Functions of the lifecycle that are no steps, and the one step after whose hold was taken away (``_let_go``)."""


@pytest.mark.parametrize("tie", Tie)
@pytest.mark.parametrize("stage", STAGES, ids=lambda one: type(one).__name__)
def test_no_step_of_a_life_lets_data_be_deleted_while_a_hold_stands(stage: Stage, tie: Tie) -> None:
    guest = Standing(tie, stage, held=True)
    for now in (NOW, NOW + timedelta(days=29), NOW + timedelta(days=31)):
        for after in _everything(guest, now):
            assert not lifecycle.is_final(stage, after)
            assert isinstance(after, Invited | Present | Deleted) or tie is Tie.DIRECT_CONNECT
    for after in (Erased(NOW), Purged(NOW, NOW, Cause.LEFT)):
        if lifecycle.is_final(stage, after):
            with pytest.raises(Refused) as refused:
                lifecycle._move(Verb.PURGE, guest, after, NOW)
            assert refused.value.reason is Reason.ON_HOLD
            lifecycle._move(Verb.PURGE, replace(guest, held=False), after, NOW)


def test_every_move_of_the_store_names_the_hold() -> None:
    """Said once more than the rule says it: in the statement itself."""
    from vestibule.store import memberships

    for compiled in (memberships._MOVE.for_sqlite, memberships._MOVE.for_postgresql):
        assert "membership.held = 0" in compiled.sql
        assert "is_final" in compiled.order
    moving = {name for name, change in _changes() if isinstance(change.construct, Update) and _moves(change.construct)}
    assert moving == {"memberships._MOVE", "conversions._CONVERT"}  # converting leads to invited or present alone


def _moves(one: Update) -> bool:
    return str(one.table) == "membership" and "stage" in {
        getattr(column, "key", column) for column in one._values or ()
    }


def test_the_steps_of_a_removal_are_all_in_one_transaction_that_asks() -> None:
    from vestibule.actions import erasing

    assert {name for name, _ in erasing.STEPS} | {"finish"} == {step.value for step in STEPS}
    tree = ast.parse((ROOT / "actions" / "erasing.py").read_text("utf-8"))
    remove = next(one for one in tree.body if isinstance(one, ast.AsyncFunctionDef) and one.name == "_remove")
    assert "guest.standing.held" in ast.unparse(remove)
    callers = [
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.AsyncFunctionDef) and re.search(r"\b_take\(", ast.unparse(one))
    ]
    assert set(callers) == {"_remove", "work", "_take"}


def _everything(guest: Standing, now: datetime) -> Iterator[Stage]:
    """Where every step leads that is possible for this one, however it is called."""
    for name, step in vars(lifecycle).items():
        if name.startswith("_") or name in FREELY or not callable(step) or step.__module__ != lifecycle.__name__:
            continue
        for more in ({}, {"asked": True}, {"asked": False}, {"guests_may_leave": True, "only_administrator": False}):
            try:
                move = step(guest, now, **more)
            except (Refused, TypeError, AttributeError):
                continue
            if isinstance(move, lifecycle.Move):
                yield move.after.stage


def _deleting() -> Iterator[tuple[str, str]]:
    """Every statement of the store that deletes: its name, and from which table."""
    for name, change in _changes():
        if isinstance(change.construct, Delete):
            yield name, str(change.construct.table)


def _changes() -> Iterator[tuple[str, Change]]:
    """Every statement of the store that writes, by its name."""
    for module in pkgutil.iter_modules(vestibule.store.__path__):
        if module.ispkg:
            continue
        found = vars(importlib.import_module(f"vestibule.store.{module.name}"))
        for name, value in found.items():
            for change in () if name.startswith("__") else _inside(value):
                yield f"{module.name}.{name}", change


def _inside(value: Any, depth: int = 0) -> Iterator[Change]:
    if isinstance(value, Change):
        yield value
    elif depth < 3:
        parts: Any = ()
        if isinstance(value, tuple | list):
            parts = value
        elif isinstance(value, dict):
            parts = value.values()
        elif type(value).__module__.startswith("vestibule.store"):
            parts = vars(value).values() if hasattr(value, "__dict__") else ()
        for part in parts:
            yield from _inside(part, depth + 1)


def _callers(module: str, name: str) -> set[str]:
    """The files outside the store that call a function in which a statement of the store is written."""
    tree = ast.parse((ROOT / "store" / f"{module}.py").read_text("utf-8"))
    functions = [
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(one))
    ]
    called = re.compile(rf"\b{module}\.(?:{'|'.join(map(re.escape, functions))})\b")
    outside = [path for path in ROOT.rglob("*.py") if path.parent != ROOT / "store"]
    return {path.name for path in outside if functions and called.search(path.read_text("utf-8"))}
