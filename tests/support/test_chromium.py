import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Error, Page

PAGE = """<!doctype html><html lang="en"><head><title>Organizations</title></head>
<body><main><h1>Organizations</h1>{body}</main></body></html>"""


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = '<p>Fabrikam</p><img src="/logo.png">' if self.path == "/unlabelled" else "<p>Fabrikam</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.format(body=body).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        del format, args


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


async def test_shows_a_page_of_this_machine(page: Page, address: str) -> None:
    await page.goto(address)

    assert await page.get_by_role("heading", name="Organizations").is_visible()


async def test_reaches_no_other_machine(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await page.goto("http://contoso.example/")


async def test_remembers_nothing_of_another_test(browser_context: BrowserContext, page: Page, address: str) -> None:
    await page.goto(address)
    await page.evaluate("document.cookie = 'seen=1'")
    assert browser_context.browser is not None
    other = await browser_context.browser.new_context()

    assert len(await browser_context.cookies()) == 1
    assert await other.cookies() == []
    await other.close()


async def test_axe_finds_what_is_wrong_and_nothing_else(page: Page, address: str) -> None:
    await page.goto(address)
    sound = await Axe().run(page)
    await page.goto(f"{address}/unlabelled")
    unsound = await Axe().run(page)

    assert sound.response["violations"] == []
    assert [violation["id"] for violation in unsound.response["violations"]] == ["image-alt"]
