"""``vestibule key list``, ``rotate`` and ``retire``, beside a database and beside a server."""

from tests.commands.conftest import Desk


def test_keys_are_listed_rotated_and_kept_while_they_are_needed(desk: Desk):
    assert desk.json("key", "list") == []
    first = desk.json("key", "rotate")
    assert {one["alg"] for one in first} == {"ES256", "RS256"}
    assert {one["state"] for one in first} == {"signing"}
    second = desk.json("key", "rotate", "--publish-first")
    assert {one["state"] for one in second} == {"next"}
    listed = {one["kid"]: one for one in desk.json("key", "list")}
    assert set(listed) == {one["kid"] for one in (*first, *second)}
    for one in (*first, *second):
        refused = desk.run("key", "retire", one["kid"])
        assert (refused.status, refused.out) == (1, "")
        assert one["kid"] in refused.reason
    assert {one["kid"] for one in desk.json("key", "list")} == set(listed)


def test_what_is_said_of_a_key_that_is_still_needed(desk: Desk):
    old = desk.json("key", "rotate")[0]["kid"]
    assert "vestibule key rotate" in desk.run("key", "retire", old).reason
    desk.json("key", "rotate")
    assert "can live until" in desk.run("key", "retire", old).reason
    assert "there is no key" in desk.run("key", "retire", "nothing").reason


def test_people_read_a_table(desk: Desk):
    desk.run("key", "rotate")
    lines = desk.run("key", "list").out.splitlines()
    assert lines[0].split() == ["KEY", "ALGORITHM", "STATE", "SIGNS", "FROM", "NEEDED", "UNTIL"]
    assert len(lines) == 3
