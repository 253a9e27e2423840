"""Commands about the signing keys: they are shown, replaced, and taken away once nothing that they signed lives."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.commands.conftest import Desk
from vestibule.actions import rotating_keys
from vestibule.ground.clock import StoppedClock, SystemClock
from vestibule.program import open_program
from vestibule.settings import Settings

NAMES = {"kid", "alg", "state", "createdAt", "signsFrom", "signsUntil", "neededUntil"}


def rotate_long_ago(desk: Desk, days: int) -> None:
    """New keys, so many days ago."""

    async def run() -> None:
        clock = StoppedClock(SystemClock().now() - timedelta(days=days))
        program = await open_program(Settings(data=desk.data, database_url=desk.url), clock=clock)
        try:
            await rotating_keys.rotate(program.house)
        finally:
            await program.close()

    asyncio.run(run())


def listed(desk: Desk) -> dict[str, dict[str, Any]]:
    return {one["kid"]: one for one in desk.json("key", "list")}


def test_new_keys_sign_and_old_ones_verify(desk: Desk):
    assert desk.json("key", "list") == []
    first = desk.json("key", "rotate")
    second = desk.json("key", "rotate")

    assert sorted(one["alg"] for one in first) == ["ES256", "RS256"]
    assert all(set(one) == NAMES for one in first)
    found = listed(desk)
    assert {found[one["kid"]]["state"] for one in second} == {"signing"}
    assert {found[one["kid"]]["state"] for one in first}.isdisjoint({"signing", "next"})


def test_a_key_can_be_published_before_it_signs(filed: Desk):
    filed.json("key", "rotate")
    made = filed.json("key", "rotate", "--publish-first")

    assert {one["state"] for one in made} == {"next"}
    for one in made:
        done = filed.run("key", "retire", one["kid"])
        assert (done.status, done.out) == (1, "")
        assert done.reason.endswith("is next; `vestibule key rotate` puts another in its place first")


def test_a_key_is_kept_while_what_it_signed_can_live(filed: Desk):
    (one, _) = filed.json("key", "rotate")
    filed.json("key", "rotate")
    done = filed.run("key", "retire", one["kid"])

    assert done.status == 1
    assert "tokens that it signed can live until" in done.reason
    assert one["kid"] in listed(filed)


def test_a_key_of_long_ago_can_go(desk: Desk):
    rotate_long_ago(desk, 365)
    old = list(listed(desk))
    rotate_long_ago(desk, 180)
    for kid in old:
        assert desk.json("key", "retire", kid) == {"kid": kid, "retired": True}

    assert len(listed(desk)) == 2
    assert not set(old) & set(listed(desk))
    again = desk.run("key", "retire", old[0])
    assert (again.status, again.reason) == (1, f"there is no key {old[0]}; `vestibule key list` shows them")
