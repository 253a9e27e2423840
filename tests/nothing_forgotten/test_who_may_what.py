"""The whole answer, role by role and verb by verb, lies beside this test: changed rights are a changed file."""

from tests.nothing_forgotten import who_may_what
from tests.nothing_forgotten.who_may_what import ON_ANYTHING, ON_APPS, ON_GROUPS, ON_USERS
from vestibule.rules.verbs import Verb


def test_the_answer_is_the_one_that_was_agreed():
    agreed = who_may_what.FILE.read_text(encoding="utf-8")
    hint = "rights changed; `python -m tests.nothing_forgotten.who_may_what` writes them down"
    assert who_may_what.answer() == agreed, hint


def test_every_verb_is_asked_about():
    asked = [*ON_USERS, *ON_GROUPS, *ON_APPS, *ON_ANYTHING]
    assert sorted(asked) == sorted(Verb)
    whole = who_may_what.answer()
    assert [verb for verb in Verb if f"\n{verb.value}" not in whole] == []
