"""What roles of an organization's own can be made of."""

import pytest

from vestibule.rules.refusals import Refused
from vestibule.rules.rights import OPERATOR_VERBS, OWN_VERBS
from vestibule.rules.role_actions import ACTIONS, MOST_ACTIONS, read_actions, verbs_of
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, ROLE_VERBS
from vestibule.rules.verbs import Verb

READ = "microsoft.directory/users/standard/read"


def test_every_action_lets_people_do_something_that_an_administrator_may():
    assert all(ACTIONS.values())
    together = verbs_of(ACTIONS)
    assert together <= ROLE_VERBS[GLOBAL_ADMINISTRATOR]
    giving = {Verb.ASSIGN_ROLE, Verb.UNASSIGN_ROLE, Verb.CREATE_ROLE, Verb.UPDATE_ROLE, Verb.DELETE_ROLE}
    assert together.isdisjoint(giving | OWN_VERBS | OPERATOR_VERBS)


def test_actions_are_read_whatever_their_case_each_once_and_sorted():
    other = "microsoft.directory/groups/create"
    assert read_actions([READ.upper(), other, READ]) == (other, READ)
    assert verbs_of([READ, other, "microsoft.directory/of/tomorrow"]) == {Verb.READ_USERS, Verb.CREATE_GROUP}


@pytest.mark.parametrize(
    ("given", "why"), [(["microsoft.directory/devices/delete"], "action"), ([], "empty"), ([""], "action")]
)
def test_what_is_not_in_the_table_is_refused(given: list[str], why: str):
    with pytest.raises(Refused) as refused:
        read_actions(given)
    assert refused.value.facts["why"] == why
    assert len(ACTIONS) <= MOST_ACTIONS
