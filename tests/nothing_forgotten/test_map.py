"""``docs/map.md`` knows every verb and where it is, and names nothing that is not there."""

import re

import pytest

from tests.nothing_forgotten import the_map
from tests.nothing_forgotten.the_map import ALSO, PLACES, ROOT, VIA, actions, exists
from tests.nothing_forgotten.the_pages import BEGIN, DOCS
from vestibule.rules.activities import is_audited
from vestibule.rules.verbs import Verb

FOLDERS = ("", "vestibule", "vestibule/doors")
TOUR = (DOCS / "map.md").read_text(encoding="utf-8").partition(BEGIN)[0]


def test_every_verb_has_one_place():
    placed = [verb for places in PLACES.values() for verb in places]
    assert sorted(placed) == sorted(Verb)


@pytest.mark.parametrize("verb", Verb)
def test_rule_and_actions_of_a_verb_are_there(verb: Verb):
    rule = next(places[verb][0] for places in PLACES.values() if verb in places)
    assert exists("rules", rule), rule
    missing = [place for place in (*actions(verb), *VIA.get(verb, ())) if not exists("actions", place)]
    assert missing == []


def test_further_actions_belong_to_verbs_and_come_once():
    named = [place for verb in Verb for place in ALSO.get(verb, ()) if is_audited(verb)]
    assert len(set(named)) == len(named)


def test_what_is_derived_is_what_somebody_reading_the_code_would_say():
    assert the_map.writes("switching.py::disable") == {"deliveries", "memberships", "outbox", "recipients", "tokens"}
    assert the_map.writes("asking.py::ask_removal") == {"memberships", "outbox", "requests"}
    assert the_map.writes("leaving.py::leave") >= {"memberships", "receipts", "requests", "outbox", "invitations"}
    assert "worker.py" in the_map.doors(Verb.PURGE)
    assert "commands/using.py" in the_map.doors(Verb.DISABLE)
    assert "doors/graph/routes/users.py" in the_map.doors(Verb.DISABLE)
    assert "doors/graph/routes/roles.py" in the_map.doors(Verb.READ_ROLES)


def test_every_file_that_the_tour_names_is_there():
    named = re.findall(r"`([a-z_/]+(?:\.py|\.txt|/))(?:::([a-z_]+))?`", TOUR)
    assert len(named) > 30
    missing = [path for path, _ in named if not _is_there(path)]
    assert missing == []


def test_every_function_that_the_tour_names_is_there():
    named = re.findall(r"`(?:(actions|rules)/)?([a-z_]+\.py::[a-z_]+)`", TOUR)
    assert named
    floors = {"": ("actions", "rules"), "actions": ("actions",), "rules": ("rules",)}
    assert [place for floor, place in named if not any(exists(one, place) for one in floors[floor])] == []


def _is_there(path: str) -> bool:
    inside = any((ROOT / folder / path).exists() for folder in FOLDERS)
    return inside or any(ROOT.glob(f"vestibule/**/{path}"))
