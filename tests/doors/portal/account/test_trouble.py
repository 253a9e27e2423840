"""When the database answers only in part: the list says so, and leaving still works."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import ORGANIZATIONS
from tests.doors.portal.account.reading import rows
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.doors.portal import paths
from vestibule.rules.lifecycle import Deleted
from vestibule.store import across, hanging, memberships, organizations
from vestibule.store.statements import Query, Row
from vestibule.store.unit import Moment, Reading, Unavailable


@dataclass
class Patchy:
    """A reading of a database that does not answer some questions just now."""

    reading: Reading
    lost: frozenset[Query]

    @property
    def moment(self) -> Moment:
        return self.reading.moment

    @property
    def now(self) -> datetime:
        return self.reading.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        self._check(query)
        return await self.reading.one(query, **parameters)

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        self._check(query)
        return await self.reading.all(query, **parameters)

    def _check(self, query: Query) -> None:
        if query in self.lost:
            raise Unavailable("lost")


class PatchyStore:
    """The store of a house, with readings that lose some questions."""

    def __init__(self, store: Any, lost: Iterable[Query]) -> None:
        self._store, self._lost = store, frozenset(lost)

    async def read(self) -> Patchy:
        return Patchy(await self._store.read(), self._lost)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def lose(town: Town, *queries: Query) -> None:
    """From now on these questions are not answered."""
    town.house.store = PatchyStore(town.house.store, queries)


@pytest.mark.parametrize("lost", ["_LATEST", "_REQUESTS"])
async def test_rows_stay_when_their_details_cannot_be_read(town: Town, browser: Visitor, lost: str) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    await cast.signed_in_there(browser, place)
    lose(town, getattr(across, lost))
    page = await browser.open(ORGANIZATIONS)
    assert page.status == 200
    row = rows(page)[f"org-{place.id}"]
    assert (row.chips, list(row.links)) == (["Signed in", "Unavailable"], ["Leave Adatum"])
    assert "We can't show details for Adatum right now." in row.text
    assert "This organization owns your account." in rows(page)[f"org-{town.contoso.id}"].text
    assert (await browser.follow("Leave Adatum")).h1 == "Leave Adatum?"
    assert (await browser.press("Leave")).h1 == "You left Adatum"
    assert isinstance((await world.again(town.house, place.id, guest.user_id)).stage, Deleted)


@pytest.mark.parametrize("lost", [across._RESTORED, across._OF_RECEIPTS, across._OPEN])
async def test_the_whole_list_is_lost(town: Town, browser: Visitor, lost: Query) -> None:
    place, guest = await cast.visiting(town, "Alpine")
    await cast.left(place, guest)
    await town.sign_in(browser)
    lose(town, lost)
    page = await browser.open(ORGANIZATIONS)
    assert (page.status, page.h1) == (503, "Organizations")
    assert page.problem == "We can't show your organizations right now. Nothing was changed. Try again"
    assert page.links["Try again"] == ORGANIZATIONS
    assert rows(page) == {}


async def test_leaving_goes_on_without_the_list_of_losses(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    await cast.signed_in_there(browser, place)
    lose(town, hanging._EVERYTHING)
    page = await browser.open(paths.leave(place.id))
    assert "We couldn't list everything you'll lose." in page.text
    assert (await browser.press("Leave")).h1 == "You left Adatum"


@pytest.mark.parametrize("lost", [memberships._OF_PERSON, organizations._FIND_MANY])
async def test_a_page_that_cannot_be_made_at_all(town: Town, browser: Visitor, lost: Query) -> None:
    await town.sign_in(browser)
    lose(town, lost)
    page = await browser.open(paths.OVERVIEW)
    assert (page.status, page.h1) == (503, "Something went wrong")
    assert page.response.headers["retry-after"] == "1"
