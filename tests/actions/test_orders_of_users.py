"""*All users* in each of its orders, page by page: nobody is left out, nobody comes twice."""

import pytest

from tests.support import world
from vestibule.actions.house import House
from vestibule.rules.filters import Ordering, Path, Position
from vestibule.store import user_rows
from vestibule.store.listing import Asked
from vestibule.store.user_rows import BY_TIE, BY_TYPE, UserRow

NAME, MAIL, CAME = ("displayName",), ("mail",), ("createdDateTime",)
ORDERS = (NAME, MAIL, BY_TYPE, BY_TIE, CAME, user_rows.LAST)


async def _crowd(house: House) -> str:
    """Members without an address, one with one, and guests, who all have one; two of these share a name."""
    place = await world.organization(house)
    for number in range(3):
        await world.member(place, ("Kim", "Lee", "Mo")[number])
        await world.guest(place, f"{'cab'[number]}@elsewhere.example", f"Guest {number // 2}")
    await world.member(place, "Last", mail="b@contoso.example")
    return place.id


async def _pages(house: House, tenant_id: str, order: Ordering) -> list[UserRow]:
    reading = await house.store.read()
    found: list[UserRow] = []
    after: Position | None = None
    while True:
        page = await user_rows.page(reading, tenant_id, Asked(2, orders=(order,), after=after))
        found += page.items
        if page.position is None:
            return found
        assert len(page.items) == 2
        after = page.position


@pytest.mark.parametrize("path", ORDERS, ids=[path[0] for path in ORDERS])
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
async def test_page_by_page_everybody_comes_once(house: House, path: Path, descending: bool) -> None:
    tenant_id = await _crowd(house)
    found = await _pages(house, tenant_id, Ordering(path, descending=descending))
    ids = [row.user.membership.user_id for row in found]
    assert len(set(ids)) == len(ids) == await user_rows.count(await house.store.read(), tenant_id)
    whole = await user_rows.page(
        await house.store.read(), tenant_id, Asked(100, orders=(Ordering(path, descending=descending),))
    )
    assert ids == [row.user.membership.user_id for row in whole.items]


async def test_who_has_no_address_comes_first_upwards_and_last_downwards(house: House) -> None:
    tenant_id = await _crowd(house)
    addresses = [row.user.profile.mail for row in await _pages(house, tenant_id, Ordering(MAIL))]
    without = addresses.count(None)
    assert without > 2  # more than a page of them
    assert addresses == [None] * without + sorted(one for one in addresses if one is not None)
    downwards = [row.user.profile.mail for row in await _pages(house, tenant_id, Ordering(MAIL, descending=True))]
    assert downwards == addresses[::-1]


async def test_by_type_and_by_origin_kinds_stand_together(house: House) -> None:
    tenant_id = await _crowd(house)
    types = [row.user.profile.user_type for row in await _pages(house, tenant_id, Ordering(BY_TYPE))]
    assert types == sorted(types)
    assert set(types) == {"Guest", "Member"}
    ties = [row.user.membership.standing.tie.value for row in await _pages(house, tenant_id, Ordering(BY_TIE))]
    assert ties == sorted(ties)
    assert set(ties) == {"guest", "home"}
