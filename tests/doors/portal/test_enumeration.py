"""Nobody learns which addresses are known: known, unknown, disabled, left, purged and invited ones get one answer.

What is counted is the work behind an answer, not its time, which a busy machine blurs; ``make soak PART=timing``
measures that.
"""

import random
from collections.abc import Iterator

import pytest

from soak import timing
from soak.sign_in_breakages_strangers import (
    strange_codes_are_not_kept,
    strange_mailboxes_cost_less,
    strange_names_cost_less,
)
from tests.doors.portal.conftest import Town
from tests.support import strangers
from tests.support.broken import broken
from tests.support.strangers import FATES, Answer, Stranger
from vestibule.actions import posting
from vestibule.store import outbox

Work = dict[str, int]


@pytest.fixture
def networks() -> Iterator[str]:
    """Network addresses of which none came before."""
    return (f"198.51.{number}.1" for number in range(250))


async def seen(town: Town, network: str, address: str, work: Work) -> tuple[list[Answer], Work]:
    """What a stranger sees of the answers about an address, without their time, and the work behind them."""
    before = dict(work)
    answers = await Stranger(town.front, network).ask(address)
    timeless = [Answer(one.step, one.status, one.length, one.leads_to, one.heading, 0) for one in answers]
    return timeless, {what: work[what] - before[what] for what in work}


@broken(strange_mailboxes_cost_less, strange_codes_are_not_kept, strange_names_cost_less)
async def test_every_address_gets_the_same_answers_for_the_same_work(town: Town, networks: Iterator[str]) -> None:
    await strangers.settle(town.contoso, town.fabrikam, town.passwords)
    work = strangers.count_work(town.house, town.passwords)
    for domain in (town.contoso.domain, strangers.ELSEWHERE):
        found = {}
        for time in (1, 2):  # the second one finds what the first one left behind
            for fate in FATES:
                address = strangers.address_of(fate, domain)
                found[fate, time] = await seen(town, next(networks), address, work)
            answers = {fate: found[fate, time] for fate in FATES}
            assert answers == dict.fromkeys(FATES, answers["nobody"]), (domain, time)
        steps = [answer.step for answer in found["nobody", 1][0]]
        assert steps[-1] == ("wrong password" if domain == town.contoso.domain else "wrong code")
        assert found["nobody", 1][1]["hashings"] == int(domain == town.contoso.domain)


async def test_a_letter_for_nobody_is_written_and_never_sent(town: Town, networks: Iterator[str]) -> None:
    await strangers.settle(town.contoso, town.fabrikam, town.passwords)
    earlier = {letter.letter_id for letter in await outbox.waiting(await town.house.store.read(), 100)}
    for fate in FATES:
        await Stranger(town.front, next(networks)).ask(strangers.address_of(fate, strangers.ELSEWHERE))
    waiting = await outbox.waiting(await town.house.store.read(), 100)
    letters = [posting.open_letter(town.house, one) for one in waiting if one.letter_id not in earlier]
    assert {letter.kind for letter in letters} == {posting.LetterKind.PASSCODE}
    for_nobody = {letter.recipient.partition("@")[0].rstrip("x") for letter in letters if letter.for_nobody}
    assert for_nobody == {"nobody"}, "a mailbox stays its person's after all, and who is invited may prove theirs"
    assert len(letters) == len(FATES)


def test_the_test_of_times_tells_apart_what_differs_and_nothing_else() -> None:
    chance = random.Random("times")  # noqa: S311 - a made-up sample

    def drawn(median: float) -> list[float]:
        return [median * chance.lognormvariate(0, 0.1) for _ in range(1_000)]

    same = [timing.same_distribution(drawn(5), drawn(5)) for _ in range(50)]
    assert sum(likely > 0.01 for likely in same) >= 48
    assert sum(likely > 0.5 for likely in same) in range(10, 41)
    assert timing.same_distribution(drawn(5), drawn(5.2)) < 0.001
    assert timing.same_distribution([1.0] * 9, [1.0] * 9) == 1
    assert timing.same_distribution([1.0] * 20, [2.0] * 20) < 0.0001
