"""What is kept, for how long, and what goes first."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from vestibule.ground import kept
from vestibule.ground.kept import Kept


class Watch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def answers(watch: Watch) -> Kept:
    return Kept(watch)


def finding(*found: Any) -> Callable[[], Awaitable[Any]]:
    """A question that finds one after the other, and fails when nothing is left or what is next is an exception."""
    left = list(found)

    async def find() -> Any:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return find


async def test_an_answer_is_kept_for_a_while(answers: Kept, watch: Watch):
    find = finding(1, 2)
    assert await answers.of("a", find, for_s=60) == 1
    watch.at += 59.9
    assert await answers.of("a", find, for_s=60) == 1
    watch.at += 0.1
    assert await answers.of("a", find, for_s=60) == 2
    watch.at += 59.9
    assert await answers.of("a", find, for_s=60) == 2


async def test_each_question_has_its_own_answer(answers: Kept):
    assert await answers.of(("a", 1), finding(1), for_s=60) == 1
    assert await answers.of(("a", 2), finding(2), for_s=60) == 2
    assert await answers.of(("a", 1), finding(), for_s=60) == 1


async def test_nothing_is_an_answer_too(answers: Kept):
    assert await answers.of("a", finding(None), for_s=60) is None
    assert await answers.of("a", finding(), for_s=60) is None


async def test_a_failure_is_not_kept(answers: Kept):
    find = finding(OSError("away"), 3)
    with pytest.raises(OSError, match="away"):
        await answers.of("a", find, for_s=60)
    assert await answers.of("a", find, for_s=60) == 3


async def test_the_oldest_goes_when_there_are_too_many(answers: Kept, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "MOST", 2)
    for name in ("a", "b"):
        await answers.of(name, finding(name), for_s=60)
    await answers.of("a", finding("again"), for_s=0)
    await answers.of("c", finding("c"), for_s=60)
    assert await answers.of("a", finding(), for_s=60) == "again"
    assert await answers.of("b", finding("anew"), for_s=60) == "anew"
