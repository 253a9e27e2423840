"""Who may be a guest of another organization: the lists of direct connect, the other way round by default."""

import pytest

from vestibule.rules.collaboration import SYSTEM_DEFAULT, skips_consent, trusts_second_factor, why_not_collaborate
from vestibule.rules.direct_connect import ANY_APP, ANYBODY, Access, AccessList, Entry, Setting, TargetType, effective
from vestibule.rules.refusals import Reason

MEGAN = Entry("megan", TargetType.USER)
BOARDS = Entry("boards", TargetType.APPLICATION)
EVERYBODY = AccessList(Access.ALLOWED, frozenset({ANYBODY}))
NOBODY = AccessList(Access.BLOCKED, frozenset({ANYBODY}))
ALL = AccessList(Access.ALLOWED, frozenset({ANY_APP}))
NONE = AccessList(Access.BLOCKED, frozenset({ANY_APP}))
SHUT = Setting(NOBODY, NONE)


def why_not(outbound: Setting, inbound: Setting, user: str = "megan", app: str | None = None) -> Reason | None:
    return why_not_collaborate(outbound=outbound, inbound=inbound, user_id=user, group_ids=("g1",), app_id=app)


def test_everybody_comes_until_one_of_the_two_says_otherwise():
    assert effective(None, None, SYSTEM_DEFAULT) == SYSTEM_DEFAULT
    assert why_not(SYSTEM_DEFAULT, SYSTEM_DEFAULT) is None
    assert why_not(SHUT, SYSTEM_DEFAULT) is why_not(SYSTEM_DEFAULT, SHUT) is Reason.COLLABORATION_FORBIDDEN


def test_single_people_and_groups():
    only_megan = Setting(AccessList(Access.ALLOWED, frozenset({MEGAN})), ALL)
    assert why_not(only_megan, SYSTEM_DEFAULT) is None
    assert why_not(only_megan, SYSTEM_DEFAULT, "alex") is Reason.COLLABORATION_FORBIDDEN
    all_but_g1 = Setting(AccessList(Access.BLOCKED, frozenset({Entry("g1", TargetType.GROUP)})), ALL)
    assert why_not(SYSTEM_DEFAULT, all_but_g1) is Reason.COLLABORATION_FORBIDDEN
    assert why_not(only_megan, SYSTEM_DEFAULT, "") is Reason.COLLABORATION_FORBIDDEN, "who is not known at home"


@pytest.mark.parametrize(
    ("apps", "boards", "other", "any_app"),
    [
        (AccessList(Access.ALLOWED, frozenset({BOARDS})), True, False, True),
        (AccessList(Access.BLOCKED, frozenset({BOARDS})), False, True, True),
        (NONE, False, False, False),
        (ALL, True, True, True),
    ],
)
def test_apps(apps: AccessList, boards: bool, other: bool, any_app: bool):
    inbound = Setting(EVERYBODY, apps)
    for app, passes in (("boards", boards), ("other", other), (None, any_app)):
        assert (why_not(SYSTEM_DEFAULT, inbound, app=app) is None) is passes


def test_trust_is_the_partners_own_else_the_default():
    yes, no = {"isMfaAccepted": True}, {"isMfaAccepted": False}
    assert trusts_second_factor(yes, no)
    assert not trusts_second_factor(no, yes)
    assert trusts_second_factor(None, yes)
    assert not trusts_second_factor(None, None)


def test_consent_takes_both_sides():
    out, in_ = {"outboundAllowed": True}, {"inboundAllowed": True}
    assert skips_consent(out, in_)
    assert not any([skips_consent(in_, out), skips_consent(out, None), skips_consent(None, in_), skips_consent({}, {})])
