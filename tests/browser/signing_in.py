"""The steps of signing in that many walks begin with."""

from playwright.async_api import Page


async def by_password(page: Page, email: str, password: str) -> None:
    """On the first page of signing in: the address, then the password."""
    await page.get_by_role("textbox", name="Email", exact=True).fill(email)
    await page.get_by_role("button", name="Next", exact=True).click()
    await page.get_by_role("textbox", name="Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()
