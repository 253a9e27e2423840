"""*Witnesses* on *Audit logs* of the served demo: one that signed, one that knows more, one that nobody told."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.async_api import Browser, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.test_admin_logs import enter
from tests.support.demo import ServedDemo
from tests.support.witness import Witness, running
from vestibule.actions import sealing
from vestibule.actions.house import House
from vestibule.actions.witnessing import Witnessing
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.witnesses import read_witnesses

WIDTHS = [320, 1280]
NAMES = ("witness.example/w1", "a-witness-with-a-very-long-name.of-a-university.example/transparency", "away.example")


@pytest.fixture
def witnesses(demo: ServedDemo, tmp_path: Path) -> Iterator[list[Witness]]:
    house = demo.opened.program.house
    with ExitStack() as stack:
        several = [
            stack.enter_context(running(Witness(name, private(number), now=house.clock.now), tmp_path))
            for number, name in enumerate(NAMES)
        ]
        before = house.outgoing
        house.outgoing = Outgoing(allow_loopback=True, extra_ca=several[0].authority)
        house.witnesses = read_witnesses("\n".join(one.setting for one in several), house.outgoing.check)
        yield several
        house.outgoing, house.witnesses = before, ()


def private(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number + 1]) * 32)


async def shown(house: House, tenant_id: str, *witnesses: Witness) -> None:
    """The first signs what there is, the second signed more before, the third was not told."""
    await sealing.seal_waiting(house)
    origin = sealing.origin_of((await sealing.signer(house)).name, tenant_id)
    keys = [str(one) for one in await sealing.verifiers(house)]
    for one in witnesses[:2]:
        one.knows(origin, *keys)
    witnesses[1].seen[origin] = (123_456, b"r" * 32)
    await Witnessing(house).turn()


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_how_the_log_stands_with_each_is_whole_at_every_width(
    browser: Browser, demo: ServedDemo, witnesses: list[Witness], language: str
) -> None:
    await shown(demo.opened.program.house, demo.opened.tenant("fabrikam")["id"], *witnesses)
    for display in ("light", "dark"):
        async with await browser.new_context(locale="en-GB", color_scheme=display) as context:
            page = await context.new_page()
            console = listen(page)
            await enter(page, demo, "/admin/audit-logs")
            await page.goto(f"{demo.origin}/admin/audit-logs?lang={language}")
            table = page.locator("#witnesses")
            await expect(table).to_be_visible()  # open, since one of them knows more
            for name in NAMES:
                await expect(table).to_contain_text(name)
            assert "123" in await table.inner_text()
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 800})
                assert await layout(page) == [], width
            assert await accessibility(page) == []
            assert console.complaints == []
