"""The life of a guest: its drawing, its deadlines, and generated lives beside a model written apart."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import (
    Cause,
    Deleted,
    Erased,
    Invited,
    Move,
    Present,
    Purged,
    Stage,
    Standing,
    Tie,
    data_removed_by,
    due,
    ends_access,
    may_sign_in,
    restorable_until,
    stage_at,
    why_not_leave,
)
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
DAY = timedelta(seconds=86_400)
TICK = timedelta(microseconds=1)

PRESENT = Standing(Tie.GUEST, Present(NOW))
INVITED = Standing(Tie.GUEST, Invited(NOW))
CONNECTED = Standing(Tie.DIRECT_CONNECT, Present(NOW))


def leave(guest: Standing, now: datetime = NOW) -> Move:
    return lifecycle.leave(guest, now, guests_may_leave=True, only_administrator=False)


def refusal(act: Callable[[], object]) -> Reason:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


def why(guest: Standing, *, may: bool = True, only: bool = False, now: datetime = NOW) -> Reason | None:
    return why_not_leave(guest, now, guests_may_leave=may, only_administrator=only)


# --- Why not leave ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("home", "gone", "disabled_here", "disabled_at_home", "forbidden", "only"), list(product([False, True], repeat=6))
)
def test_the_first_reason_that_applies_is_named(home, gone, disabled_here, disabled_at_home, forbidden, only):
    guest = Standing(
        Tie.HOME if home else Tie.EXTERNAL_MEMBER,
        Invited(NOW) if gone else Present(NOW),
        enabled_here=not disabled_here,
        enabled_at_home=not disabled_at_home,
    )
    order = [
        (home, Reason.HOME_ORGANIZATION),
        (gone, Reason.WRONG_STAGE),
        (disabled_here or disabled_at_home, Reason.ACCOUNT_DISABLED),
        (forbidden, Reason.ORGANIZATION_FORBIDS),
        (only, Reason.ONLY_ADMINISTRATOR),
    ]
    expected = next((reason for applies, reason in order if applies), None)
    assert why(guest, may=not forbidden, only=only) is expected

    def go() -> Move:
        return lifecycle.leave(guest, NOW, guests_may_leave=not forbidden, only_administrator=only)

    if expected is None:
        assert isinstance(go().after.stage, Deleted)
    else:
        assert refusal(go) is expected


@pytest.mark.parametrize("tie", [Tie.GUEST, Tie.EXTERNAL_MEMBER, Tie.DIRECT_CONNECT])
def test_everybody_from_outside_may_leave(tie: Tie):
    assert why(Standing(tie, Present(NOW))) is None


# --- The moves of the drawing -----------------------------------------------------------------------------------------


def test_a_life_to_its_end():
    present = lifecycle.redeem(INVITED, NOW + DAY).after
    assert present.stage == Present(NOW + DAY)
    deleted = leave(present, NOW + 2 * DAY)
    assert deleted.verb is Verb.LEAVE
    assert deleted.after.stage == Deleted(NOW + 2 * DAY, NOW + 32 * DAY, Cause.LEFT, was=Present(NOW + DAY))
    purged = lifecycle.purge(deleted.after, NOW + 40 * DAY, asked=False)
    assert purged.at == NOW + 32 * DAY
    assert purged.after.stage == Purged(NOW + 32 * DAY, NOW + 62 * DAY, Cause.LEFT)
    assert lifecycle.erase(purged.after, NOW + 33 * DAY).after.stage == Erased(NOW + 33 * DAY)


def test_a_restore_gives_back_exactly_what_was():
    for before in (INVITED, PRESENT, replace(PRESENT, enabled_here=False)):
        removed = lifecycle.remove(before, NOW + DAY)
        assert lifecycle.restore(removed.after, NOW + 2 * DAY).after == before


def test_a_direct_connect_user_who_leaves_is_gone_at_once():
    gone = leave(CONNECTED)
    assert gone.after.stage == Purged(NOW, NOW + 30 * DAY, Cause.LEFT)
    assert restorable_until(gone.after.stage) is None
    assert data_removed_by(gone.after.stage) == NOW + 30 * DAY
    assert refusal(lambda: lifecycle.restore(gone.after, NOW)) is Reason.WRONG_STAGE


def test_declining_and_expiring_are_removals_with_a_name():
    declined = lifecycle.remove(INVITED, NOW, cause=Cause.DECLINED, verb=Verb.DECLINE)
    assert (declined.verb, declined.after.stage) == (
        Verb.DECLINE,
        Deleted(NOW, NOW + 30 * DAY, Cause.DECLINED, was=Invited(NOW)),
    )


def test_a_disabled_guest_cannot_redeem_and_nobody_redeems_twice():
    assert refusal(lambda: lifecycle.redeem(replace(INVITED, enabled_here=False), NOW)) is Reason.ACCOUNT_DISABLED
    assert refusal(lambda: lifecycle.redeem(replace(INVITED, enabled_at_home=False), NOW)) is Reason.ACCOUNT_DISABLED
    assert refusal(lambda: lifecycle.redeem(PRESENT, NOW)) is Reason.WRONG_STAGE


def test_disabling_twice_is_refused():
    disabled = lifecycle.disable(PRESENT, NOW).after
    assert not disabled.enabled_here
    assert refusal(lambda: lifecycle.disable(disabled, NOW)) is Reason.ALREADY_THERE
    assert lifecycle.enable(disabled, NOW).after == PRESENT
    assert refusal(lambda: lifecycle.enable(PRESENT, NOW)) is Reason.ALREADY_THERE


# --- Thirty days ------------------------------------------------------------------------------------------------------


def test_a_restore_works_until_the_last_microsecond_and_no_longer():
    gone = leave(PRESENT).after
    until = NOW + timedelta(seconds=2_592_000)
    assert restorable_until(gone.stage) == until
    assert lifecycle.restore(gone, until - TICK).after.stage == PRESENT.stage
    assert refusal(lambda: lifecycle.restore(gone, until)) is Reason.TOO_LATE


def test_a_purge_by_time_and_a_purge_on_request_meet_at_one_moment():
    gone = leave(PRESENT).after
    until = NOW + 30 * DAY
    assert lifecycle.purge(gone, until - TICK, asked=True).at == until - TICK
    assert refusal(lambda: lifecycle.purge(gone, until - TICK, asked=False)) is Reason.TOO_EARLY
    assert refusal(lambda: lifecycle.purge(gone, until, asked=True)) is Reason.TOO_LATE
    assert lifecycle.purge(gone, until, asked=False).at == until
    assert due(gone) == (until, Verb.PURGE)


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Amsterdam", "2026-03-29T01:59:59"),
        ("Europe/Amsterdam", "2026-10-25T02:30:00"),
        ("Europe/Stockholm", "2028-02-29T12:00:00"),
        ("Pacific/Apia", "2026-12-31T23:59:59"),
        ("America/New_York", "2026-11-01T01:30:00"),
        ("Asia/Kathmandu", "2027-02-28T00:00:00"),
    ],
)
def test_calendars_and_clocks_put_forward_change_nothing(zone: str, local: str):
    for fold in (0, 1):
        at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
        stage = leave(replace(PRESENT, stage=Present(at)), at).after.stage
        assert isinstance(stage, Deleted)
        assert (stage.purge_due - at).total_seconds() == 2_592_000
        removed = data_removed_by(stage)
        assert removed is not None
        assert (removed - at).total_seconds() == 2 * 2_592_000


def test_what_ends_access():
    ending = [
        leave(PRESENT),
        lifecycle.remove(PRESENT, NOW),
        lifecycle.remove(INVITED, NOW),
        lifecycle.disable(PRESENT, NOW),
        lifecycle.disable(INVITED, NOW),
        leave(CONNECTED),
        lifecycle.purge(leave(PRESENT).after, NOW, asked=True),
    ]
    keeping = [
        lifecycle.redeem(INVITED, NOW),
        lifecycle.restore(leave(PRESENT).after, NOW),
        lifecycle.enable(replace(PRESENT, enabled_here=False), NOW),
    ]
    assert all(ends_access(move) for move in ending)
    assert not any(ends_access(move) for move in keeping)
    assert not any(may_sign_in(move.after, NOW) for move in ending)


# --- Generated lives beside a model -----------------------------------------------------------------------------------
#
# The model knows no stages with facts: it is a word, a few numbers (microseconds), and one table of what each verb
# needs. It is what a reader of the documentation would write down.

MONTH = 2_592_000_000_000


class Model:
    """A membership as a reader of the documentation sees it."""

    def __init__(self, tie: Tie, word: str) -> None:
        self.tie, self.word, self.back_to = tie, word, ("", 0)
        self.here = self.at_home = True
        self.since, self.due = 0, 0

    def seen(self, now: int) -> str:
        return "purged" if self.word == "deleted" and now >= self.due else self.word

    def step(self, verb: str, now: int, *, may: bool, only: bool) -> str:
        """Try a verb. Returns the reason of the refusal, or an empty text."""
        reason = self.reason(verb, now, may=may, only=only)
        if not reason:
            self.happen(verb, now)
        return reason

    def reason(self, verb: str, now: int, *, may: bool, only: bool) -> str:
        late = self.word == "deleted" and now >= self.due
        able = self.here and self.at_home
        asked: dict[str, list[tuple[bool, str]]] = {
            "redeem": [(self.word != "invited", "wrongStage"), (not able, "accountDisabled")],
            "leave": [
                (self.tie is Tie.HOME, "homeOrganization"),
                (self.seen(now) != "present", "wrongStage"),
                (not able, "accountDisabled"),
                (not may, "organizationForbids"),
                (only, "onlyAdministrator"),
            ],
            "remove": [(self.word not in {"invited", "present"}, "wrongStage")],
            "restore": [(self.word != "deleted", "wrongStage"), (late, "tooLate")],
            "purge": [(self.word != "deleted", "wrongStage"), (late, "tooLate")],
            "fall_due": [(self.word != "deleted", "wrongStage"), (not late, "tooEarly")],
            "erase": [(self.word != "purged", "wrongStage")],
            "disable": [(self.word not in {"invited", "present"}, "wrongStage"), (not self.here, "alreadyThere")],
            "enable": [(self.word not in {"invited", "present"}, "wrongStage"), (self.here, "alreadyThere")],
        }
        return next((reason for applies, reason in asked[verb] if applies), "")

    def happen(self, verb: str, now: int) -> None:
        match verb:
            case "redeem":
                self.word, self.since = "present", now
            case "leave" | "remove" if self.tie is Tie.DIRECT_CONNECT:
                self.word, self.since, self.due = "purged", now, now + MONTH
            case "leave" | "remove":
                self.back_to = (self.word, self.since)
                self.word, self.since, self.due = "deleted", now, now + MONTH
            case "restore":
                self.word, self.since = self.back_to
            case "purge":
                self.word, self.since, self.due = "purged", now, now + MONTH
            case "fall_due":
                self.word, self.since, self.due = "purged", self.due, self.due + MONTH
            case "erase":
                self.word, self.since = "erased", now
            case "disable" | "enable":
                self.here = verb == "enable"


VERBS = ["redeem", "leave", "remove", "restore", "purge", "fall_due", "erase", "disable", "enable"]
WAITS = st.sampled_from([0, 1, 1_000, 86_400_000_000, MONTH - 86_400_000_001, MONTH - 1, MONTH, MONTH + 1])
STEPS = st.tuples(st.sampled_from(VERBS), WAITS, st.booleans(), st.booleans(), st.booleans())
TIES = st.sampled_from([Tie.HOME, Tie.GUEST, Tie.EXTERNAL_MEMBER, Tie.DIRECT_CONNECT])
WORDS: dict[type[Stage], str] = {
    Invited: "invited",
    Present: "present",
    Deleted: "deleted",
    Purged: "purged",
    Erased: "erased",
}


def real_step(guest: Standing, verb: str, now: datetime, *, may: bool, only: bool) -> Move:
    match verb:
        case "leave":
            return lifecycle.leave(guest, now, guests_may_leave=may, only_administrator=only)
        case "purge":
            return lifecycle.purge(guest, now, asked=True)
        case "fall_due":
            return lifecycle.purge(guest, now, asked=False)
        case _:
            move: Move = getattr(lifecycle, verb)(guest, now)
            return move


def told(stage: Stage) -> tuple[str, int]:
    at = stage.since if isinstance(stage, Present) else stage.at
    return WORDS[type(stage)], round((at - NOW) / TICK)


@given(TIES, st.booleans(), st.lists(STEPS, max_size=40))
def test_generated_lives_agree_with_the_model(tie: Tie, invited: bool, steps):
    word = "invited" if invited and tie is not Tie.DIRECT_CONNECT else "present"
    guest = Standing(tie, Invited(NOW) if word == "invited" else Present(NOW))
    model, clock = Model(tie, word), 0
    for verb, wait, may, only, at_home in steps:
        clock += wait
        now = NOW + clock * TICK
        guest, model.at_home = replace(guest, enabled_at_home=at_home), at_home
        reason = ""
        try:
            move = real_step(guest, verb, now, may=may, only=only)
        except Refused as refused:
            reason = refused.reason.value
        else:
            assert move.before == guest
            assert move.at <= now
            guest = move.after
        assert reason == model.step(verb, clock, may=may, only=only)
        assert told(guest.stage) == (model.word, model.since)
        assert (guest.enabled_here, guest.tie) == (model.here, tie)
        assert WORDS[type(stage_at(guest, now))] == model.seen(clock)
        assert may_sign_in(guest, now) == (model.seen(clock) == "present" and model.here and at_home)


@given(st.lists(STEPS, max_size=20), st.integers(min_value=0, max_value=3 * MONTH))
def test_it_makes_no_difference_whether_a_worker_has_run(steps, later: int):
    guest, now = PRESENT, NOW
    for verb, wait, may, only, _ in steps:
        now += wait * TICK
        try:
            guest = real_step(guest, verb, now, may=may, only=only).after
        except Refused:
            continue
    now += later * TICK
    after_worker = guest
    due_now = due(guest)
    if due_now is not None and due_now[1] is Verb.PURGE and due_now[0] <= now:
        after_worker = lifecycle.purge(guest, now, asked=False).after
    assert stage_at(guest, now) == stage_at(after_worker, now)
    assert may_sign_in(guest, now) == may_sign_in(after_worker, now)
    assert data_removed_by(guest.stage) == data_removed_by(after_worker.stage)
    assert why(guest, now=now) is why(after_worker, now=now)
    for verb in ("restore", "purge"):
        assert _is_refused(guest, verb, now) == _is_refused(after_worker, verb, now)


def _is_refused(guest: Standing, verb: str, now: datetime) -> bool:
    try:
        real_step(guest, verb, now, may=True, only=False)
    except Refused:
        return True
    return False


@pytest.mark.parametrize(
    "stage",
    [Invited(NOW), Present(NOW), Deleted(NOW, NOW + timedelta(days=30), Cause.LEFT, was=Present(NOW))],
    ids=lambda stage: type(stage).__name__,
)
@pytest.mark.parametrize("tie", Tie)
def test_whoever_was_erased_before_a_backup_came_back_is_purged_from_any_stage(tie, stage):
    move = lifecycle.purge_again(Standing(tie, stage), NOW)
    cause = Cause.LEFT if isinstance(stage, Deleted) else Cause.REMOVED
    assert move.after.stage == Purged(NOW, NOW + timedelta(days=30), cause)
    assert (move.verb, lifecycle.ends_access(move)) == (Verb.PURGE, True)
    assert refusal(lambda: lifecycle.purge_again(move.after, NOW)) is Reason.WRONG_STAGE
