import gzip
import re

from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette

from vestibule.doors.web.static_files import StaticFiles


def client(static: StaticFiles) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(Starlette(routes=[static.route()])), base_url="http://here")


async def test_a_file_is_kept_for_ever_under_a_name_of_its_content():
    static = StaticFiles()
    url = static.url("vestibule.css")
    assert re.fullmatch(r"/static/vestibule\.[0-9a-f]{12}\.css", url)
    answer = await client(static).get(url)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert static.url("inter-latin.woff2") in answer.text


def test_a_changed_file_has_another_name(tmp_path):
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "a.css").write_text('b { background: url("a.svg") }')
    first = StaticFiles(tmp_path)
    (tmp_path / "a.svg").write_text("<svg></svg>")
    second = StaticFiles(tmp_path)
    assert first.url("a.svg") != second.url("a.svg")
    assert first.url("a.css") != second.url("a.css")


async def test_text_comes_compressed_when_asked_for():
    static = StaticFiles()
    plain = await client(static).get(static.url("vestibule.js"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    small = await client(static).get(static.url("vestibule.js"), headers={"accept-encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["vary"] == "Accept-Encoding"
    assert small.text == plain.text
    assert static.sizes["vestibule.js"] == len(gzip.compress(plain.content, 9, mtime=0))


async def test_nothing_else_is_served():
    static = StaticFiles()
    for path in ("vestibule.css", "../words.py", "%2e%2e%2fwords.py", "", "x" * 3000):
        assert (await client(static).get(f"/static/{path}")).status_code == 404
    assert (await client(static).post(static.url("vestibule.js"))).status_code == 405


async def test_the_licences_of_what_is_bundled_are_served_beside_it():
    static = StaticFiles()
    assert "SIL Open Font License" in (await client(static).get(static.url("LICENSE-inter.txt"))).text
    assert "ISC License" in (await client(static).get(static.url("LICENSE-lucide.txt"))).text
