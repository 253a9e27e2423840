from collections.abc import AsyncIterator

import pytest

from tests.browser.gallery import serving


@pytest.fixture(scope="session")
async def gallery() -> AsyncIterator[str]:
    """The gallery's origin."""
    async with serving() as origin:
        yield origin
