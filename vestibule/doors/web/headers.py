"""The headers that keep a page to itself.

The policy allows our own scripts, styles, fonts and images and nothing else: no inline code, no style attributes, no
framing, no evaluation (Content Security Policy Level 3). Forms may go to this origin only, except on the pages of an
authorization request: Chromium holds the whole redirect chain after a POST to the policy of the page that held the
form, so such a page names the origin of the redirect URI, which was validated before.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vestibule.doors.web.cookies import is_loopback

_PERMISSIONS: Final = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def content_policy(form_targets: Iterable[str] = (), *, connects: bool = True) -> str:
    """The Content-Security-Policy of a page.

    Args:
        form_targets: addresses that the forms of this page may end at besides our own; only their origin is used.
        connects: its scripts may ask this origin for more; else they may ask nobody for anything.

    Raises:
        ValueError: a target is no http(s) address with a host.
    """
    source = "'self'" if connects else "'none'"
    targets = " ".join(["'self'", *dict.fromkeys(origin(target) for target in form_targets)])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        f"connect-src {source}; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )


def page_headers(language: str, *, form_targets: Iterable[str] = (), stored: bool = False) -> dict[str, str]:
    """The headers of an HTML answer.

    Args:
        language: the tag of the page's language.
        form_targets: see ``content_policy``.
        stored: the page holds nothing about anybody and may be kept by the browser.
    """
    return {
        "Content-Security-Policy": content_policy(form_targets),
        "Content-Language": language,
        "Vary": "Accept-Language, Cookie",
        "Cache-Control": "private, no-cache" if stored else "no-store",
        # Not "no-referrer": with it a browser sends "Origin: null" with our own forms, and the origin check fails.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
    }


def origin(address: str) -> str:
    """The origin of an http(s) address as a source expression of the policy: ``https://app.example:8443``.

    Raises:
        ValueError: it has no such origin, or one that would not be a single source expression.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or any(c in host for c in " ;,'\"*") or not host.isascii():
        msg = f"no web origin: {address!r}"
        raise ValueError(msg)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{parts.port}" if parts.port else "")


class NoSniffing:
    """ASGI middleware: no answer's type is guessed (``X-Content-Type-Options``), whoever wrote the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and add the header when it is not there."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if not any(name.lower() == b"x-content-type-options" for name, _ in headers):
                    message = {**message, "headers": [*headers, (b"x-content-type-options", b"nosniff")]}
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)


_A_YEAR: Final = 365 * 86_400


def over_https_only(app: ASGIApp, public_url: str) -> ASGIApp:
    """Let browsers keep to https for this host (RFC 6797), unless it is a loopback name, which others share.

    Args:
        app: the application.
        public_url: the https origin that browsers see.
    """
    if is_loopback(urlsplit(public_url).hostname or ""):
        return app
    value = f"max-age={_A_YEAR}".encode("ascii")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"strict-transport-security", value)]}
            await send(message)

        await app(scope, receive, marked)

    return serve
