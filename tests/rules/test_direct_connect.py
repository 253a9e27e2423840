"""Direct connect: the table of how two lists combine, and a second reading of it written apart."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.direct_connect import (
    ALL_APPLICATIONS,
    ALL_USERS,
    SYSTEM_DEFAULT,
    Access,
    AccessList,
    Entry,
    Setting,
    TargetType,
    direct_connect_allows,
    effective,
    why_not_connect,
    why_not_save,
)
from vestibule.rules.refusals import Reason

MEGAN, ALEX = "megan", "alex"  # Megan is in group G1, Alex is not
GROUPS = {MEGAN: ("g1", "g2"), ALEX: ("g2",)}
A1, A2 = "a1", "a2"


def people(access: str, *targets: str) -> AccessList:
    kinds = {ALL_USERS: TargetType.USER, MEGAN: TargetType.USER, ALEX: TargetType.USER}
    return AccessList(
        Access(access), frozenset(Entry(target, kinds.get(target, TargetType.GROUP)) for target in targets)
    )


def apps(access: str, *targets: str) -> AccessList:
    return AccessList(Access(access), frozenset(Entry(target, TargetType.APPLICATION) for target in targets))


def gets(setting: Setting) -> set[tuple[str, str]]:
    return {
        (person, app)
        for person, app in product(GROUPS, (A1, A2))
        if direct_connect_allows(setting, person, GROUPS[person], app)
    }


@pytest.mark.parametrize(
    ("users_and_groups", "applications", "effect"),
    [
        (people("allowed", "g1"), apps("allowed", ALL_APPLICATIONS), {(MEGAN, A1), (MEGAN, A2)}),
        (people("allowed", ALL_USERS), apps("allowed", A1), {(MEGAN, A1), (ALEX, A1)}),
        (people("allowed", "g1"), apps("allowed", A1), {(MEGAN, A1)}),
        (people("allowed", "g1"), apps("blocked", A1), {(MEGAN, A2)}),
        (people("blocked", "g1"), apps("allowed", A1), {(ALEX, A1)}),
        (people("blocked", "g1"), apps("blocked", A1), {(ALEX, A2)}),
        (people("blocked", ALL_USERS), apps("blocked", ALL_APPLICATIONS), set()),
        (people("allowed", ALL_USERS), apps("allowed", ALL_APPLICATIONS), set(product(GROUPS, (A1, A2)))),
        (people("allowed", MEGAN), apps("allowed", A2), {(MEGAN, A2)}),
        (people("blocked", MEGAN), apps("allowed", ALL_APPLICATIONS), {(ALEX, A1), (ALEX, A2)}),
    ],
)
def test_the_two_lists_combine_as_the_table_says(users_and_groups, applications, effect):
    assert gets(Setting(users_and_groups, applications)) == effect


def test_until_an_organization_says_otherwise_nobody_connects():
    assert gets(SYSTEM_DEFAULT) == set()
    assert effective(None, None) is SYSTEM_DEFAULT


def test_a_partners_own_setting_goes_before_the_default():
    own = Setting(people("allowed", ALL_USERS), apps("allowed", A1))
    default = Setting(people("allowed", ALL_USERS), apps("allowed", A2))
    assert effective(own, default) is own
    assert effective(None, default) is default


def test_block_everybody_but_some_apps_is_a_contradiction():
    assert why_not_save(Setting(people("blocked", ALL_USERS), apps("allowed", A1))) is Reason.BAD_VALUE
    assert why_not_save(Setting(people("blocked", ALL_USERS), apps("blocked", A1))) is Reason.BAD_VALUE
    assert why_not_save(SYSTEM_DEFAULT) is None
    assert why_not_save(Setting(people("blocked", "g1"), apps("allowed", A1))) is None


@pytest.mark.parametrize(
    "setting", [Setting(people("allowed"), apps("allowed", A1)), Setting(people("blocked", "g1"), apps("blocked"))]
)
def test_a_list_names_something(setting: Setting):
    assert why_not_save(setting) is Reason.MISSING_VALUE


def test_a_group_that_is_called_like_a_user_is_no_user():
    listed = AccessList(Access.ALLOWED, frozenset({Entry(MEGAN, TargetType.GROUP)}))
    assert gets(Setting(listed, apps("allowed", ALL_APPLICATIONS))) == set()


# --- The same, read a second time: a truth table over what each list says -------------------------------------------

# (the list allows?, it names everybody?, it names this one?) -> may pass
PASSES = {
    (True, False, False): False,
    (True, False, True): True,
    (True, True, False): True,
    (True, True, True): True,
    (False, False, False): True,
    (False, False, True): False,
    (False, True, False): False,
    (False, True, True): False,
}

USER_TARGETS = st.sets(st.sampled_from([ALL_USERS, MEGAN, ALEX, "g1", "g2", "g3"]))
APP_TARGETS = st.sets(st.sampled_from([ALL_APPLICATIONS, A1, A2, "a3"]))
ACCESS = st.sampled_from(["allowed", "blocked"])
SETTINGS = st.tuples(ACCESS, USER_TARGETS, ACCESS, APP_TARGETS)


def setting_of(drawn: tuple[str, set[str], str, set[str]]) -> Setting:
    access, targets, app_access, app_targets = drawn
    return Setting(people(access, *targets), apps(app_access, *app_targets))


def by_table(drawn: tuple[str, set[str], str, set[str]], person: str, app: str) -> bool:
    access, targets, app_access, app_targets = drawn
    named = person in targets or any(group in targets for group in GROUPS[person])
    person_passes = PASSES[access == "allowed", ALL_USERS in targets, named]
    app_passes = PASSES[app_access == "allowed", ALL_APPLICATIONS in app_targets, app in app_targets]
    return person_passes and app_passes


@given(SETTINGS, st.sampled_from([MEGAN, ALEX]), st.sampled_from([A1, A2]))
def test_the_predicate_agrees_with_the_truth_table(drawn, person: str, app: str):
    allowed = direct_connect_allows(setting_of(drawn), person, GROUPS[person], app)
    assert allowed == by_table(drawn, person, app)


@given(SETTINGS, SETTINGS, st.sampled_from([MEGAN, ALEX]), st.sampled_from([A1, A2]))
def test_both_organizations_must_agree(out, into, person: str, app: str):
    reason = why_not_connect(
        outbound=setting_of(out), inbound=setting_of(into), user_id=person, group_ids=GROUPS[person], app_id=app
    )
    agreed = by_table(out, person, app) and by_table(into, person, app)
    assert reason is (None if agreed else Reason.CONNECT_FORBIDDEN)
