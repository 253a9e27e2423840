"""Commands about legal holds."""

import pytest

from tests.commands.conftest import Desk
from tests.commands.test_users import HERE, guest


@pytest.fixture
def held(desk: Desk) -> tuple[Desk, str, str]:
    """A guest on hold: the desk, the guest's id, the hold's."""
    user_id = guest(desk)
    made = desk.run("hold", "set", user_id, *HERE, "--reason", "Claim 17", "--reference", "2027-17", "--json").value
    return desk, user_id, made["id"]


def test_a_held_user_is_not_purged_before_the_hold_is_lifted(held: tuple[Desk, str, str]) -> None:
    desk, user_id, hold_id = held
    [shown] = desk.run("hold", "list", *HERE, "--json").value
    assert (shown["id"], shown["userId"], shown["reason"], shown["reference"]) == (
        hold_id,
        user_id,
        "Claim 17",
        "2027-17",
    )
    assert (shown["setBy"], shown["liftedAt"]) == (None, None)
    assert desk.run("user", "show", user_id, *HERE, "--json").value["onHold"] is True
    assert desk.run("user", "delete", user_id, *HERE).status == 0
    refused = desk.run("user", "purge", user_id, *HERE)
    assert refused.status == 1
    assert refused.reason == "a legal hold keeps this from being deleted; `vestibule hold list` says which"
    again = desk.run("user", "show", user_id, *HERE, "--json").value
    assert (again["state"], again["mail"]) == ("deleted", "guest@elsewhere.example")

    lifted = desk.run("hold", "lift", user_id, hold_id, *HERE, "--reason", "Settled", "--json").value
    assert (lifted["liftedBy"], lifted["liftedWhy"]) == (None, "Settled")
    assert lifted["liftedAt"] is not None
    assert desk.run("hold", "list", *HERE, "--json").value == []
    assert "lifted" in desk.run("hold", "list", *HERE, "--user", user_id).out
    assert desk.run("user", "purge", user_id, *HERE, "--json").value["state"] == "erased"
    late = desk.run("hold", "set", user_id, *HERE, "--reason", "Claim 18")
    assert (late.status, late.reason) == (1, "it is too late for that")


def test_what_is_wrong_is_said(held: tuple[Desk, str, str]) -> None:
    desk, user_id, hold_id = held
    blank = desk.run("hold", "set", user_id, *HERE, "--reason", " ")
    assert (blank.status, blank.reason) == (1, "reason: a value is missing")
    assert desk.run("hold", "set", user_id, *HERE).status == 2
    unknown = desk.run("hold", "lift", user_id, user_id, *HERE, "--reason", "Settled")
    assert unknown.status == 1
    assert unknown.reason.startswith("there is no such thing")
    assert desk.run("hold", "list", *HERE, "--json").value[0]["id"] == hold_id
