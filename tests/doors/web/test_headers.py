import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from vestibule.doors.web.headers import NoSniffing, content_policy, origin, over_https_only, page_headers


def test_the_policy_allows_our_own_things_only():
    assert content_policy() == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_a_form_of_an_authorization_request_may_end_at_the_app():
    policy = content_policy(["https://app.example/cb?x=1", "https://app.example/other", "http://localhost:5000/cb"])
    assert "form-action 'self' https://app.example http://localhost:5000;" in policy


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "app://callback",
        "https://",
        "https://a;script-src *",
        "https://a b/",
        "/local",
        "https://*/",
    ],
)
def test_a_target_without_a_plain_origin_is_refused(address):
    with pytest.raises(ValueError, match=r"origin|[Pp]ort|netloc"):
        origin(address)


def test_an_address_of_many_parts_becomes_an_origin():
    assert origin("https://user@[::1]:8443/path") == "https://[::1]:8443"


def test_a_page_is_not_stored_and_says_its_language():
    headers = page_headers("sv")
    assert headers["Content-Language"] == "sv"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Vary"] == "Accept-Language, Cookie"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert page_headers("sv", stored=True)["Cache-Control"] == "private, no-cache"


async def test_no_answer_is_sniffed_whoever_wrote_it():
    app = NoSniffing(Starlette(routes=[Route("/", lambda _: PlainTextResponse("x"))]))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        for path in ("/", "/nowhere"):
            assert (await client.get(path)).headers.get_list("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize(
    ("public_url", "sent"),
    [
        ("https://id.example.org", ["max-age=31536000"]),
        ("https://id.example.org:8443", ["max-age=31536000"]),
        ("https://localhost:8443", []),
        ("https://127.0.0.1", []),
        ("https://[::1]:8443", []),
        ("https://demo.localhost", []),
    ],
)
async def test_browsers_keep_to_https_except_at_loopback_names(public_url: str, sent: list[str]):
    app = over_https_only(Starlette(routes=[Route("/", lambda _: PlainTextResponse("x"))]), public_url)
    async with AsyncClient(transport=ASGITransport(app), base_url=public_url) as client:
        for path in ("/", "/nowhere"):
            assert (await client.get(path)).headers.get_list("strict-transport-security") == sent
