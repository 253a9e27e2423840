"""The addresses of this door. Literal segments match without regard to case; ``{tenant}`` is taken as it is."""

from collections.abc import Awaitable, Callable
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from vestibule.actions import signing_in
from vestibule.doors.oidc import authorize, discovery, tokens
from vestibule.doors.oidc.authorize import AppError, ToApp, ToPerson
from vestibule.doors.oidc.desk import Desk, find_authority, parameters
from vestibule.doors.oidc.errors import NO_STORE, ProtocolError, answer
from vestibule.doors.web.headers import page_headers
from vestibule.doors.web.visits import browser_token, drop_session, keep_browser, keep_session, session_token
from vestibule.ground import signing
from vestibule.rules import grants
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps

Handler = Callable[[Request, str], Awaitable[Response]]


def routes(desk: Desk) -> list[tuple[str, str, Handler]]:
    """(method, pattern, handler) of every endpoint; ``{tenant}`` and ``{user}`` capture one segment."""
    door = _Door(desk)
    return [
        ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", door.metadata),
        ("GET", "/{tenant}/.well-known/openid-configuration", door.metadata),
        ("GET", "/{tenant}/discovery/v2.0/keys", door.keys),
        ("GET", "/{tenant}/oauth2/v2.0/authorize", door.authorize),
        ("POST", "/{tenant}/oauth2/v2.0/authorize", door.authorize),
        ("POST", "/{tenant}/oauth2/v2.0/token", door.token),
        ("GET", "/{tenant}/oauth2/v2.0/logout", door.logout),
        ("POST", "/{tenant}/oauth2/v2.0/logout", door.logout),
        ("GET", "/oauth2/resume", door.resume),
        ("GET", "/oidc/userinfo", door.userinfo),
        ("POST", "/oidc/userinfo", door.userinfo),
        ("GET", "/common/discovery/instance", door.instance),
        ("GET", "/common/userrealm/{user}", door.realm),
    ]


_SIGNED_OUT: Final = "/signed-out"


class _Door:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def metadata(self, request: Request, word: str) -> Response:
        return await self._json(request, lambda: discovery.metadata(self.desk, word), open_to_all=True)

    async def keys(self, request: Request, word: str) -> Response:
        return await self._json(request, lambda: discovery.keys(self.desk, word), open_to_all=True)

    async def token(self, request: Request, word: str) -> Response:
        return await self._json(request, lambda: tokens.exchange(self.desk, request, word))

    async def realm(self, request: Request, word: str) -> Response:
        return await self._json(request, lambda: discovery.realm(self.desk, word))

    async def instance(self, request: Request, _word: str) -> Response:
        async def found() -> dict[str, Any]:
            return discovery.instance(self.desk, request.query_params.get("authorization_endpoint", ""))

        return await self._json(request, found)

    async def userinfo(self, request: Request, _word: str) -> Response:
        async def found() -> dict[str, Any]:
            return await tokens.userinfo(self.desk, request)

        response = await self._json(request, found)
        if response.status_code in {401, 403}:
            error = "invalid_token" if response.status_code == 401 else "insufficient_scope"
            response.headers["WWW-Authenticate"] = f'Bearer realm="userinfo", error="{error}"'
        return response

    async def authorize(self, request: Request, word: str) -> Response:
        browser = browser_token(request) or self.desk.house.chance.token()
        return await self._answered(request, browser, lambda: authorize.begin(self.desk, request, word, browser))

    async def resume(self, request: Request, _word: str) -> Response:
        browser = browser_token(request) or ""
        return await self._answered(request, browser, lambda: authorize.resume(self.desk, request, browser))

    async def _answered(
        self, request: Request, browser: str, act: Callable[[], Awaitable[ToApp | ToPerson]]
    ) -> Response:
        try:
            outcome = await act()
        except AppError as failure:
            outcome = authorize.error_answer(failure, **self._traced(request))
        except ProtocolError as failure:
            return self._error_page(request, failure)
        if isinstance(outcome, ToPerson):
            response: Response = RedirectResponse(outcome.path, 303, NO_STORE)
        else:
            response = _to_app(outcome, authorize.completed(self.desk, outcome), self.desk.script_url)
        if outcome.token is not None:
            keep_session(request, response, outcome.token)
        if browser:
            keep_browser(request, response, browser)
        return response

    async def logout(self, request: Request, word: str) -> Response:
        """RP-initiated logout: this browser's session ends; the app's registered address is all it may go on to."""
        try:
            given = await parameters(request)
            target = await self._post_logout(word, given)
        except ProtocolError as failure:
            return self._error_page(request, failure)
        response: Response = RedirectResponse(target or _SIGNED_OUT, 303, NO_STORE)
        token = session_token(request)
        if token is not None:
            await signing_in.sign_out(self.desk.house, token)
            drop_session(request, response)
        return response

    async def _post_logout(self, word: str, given: dict[str, str]) -> str | None:
        """Where to go after the sign-out: an address registered by the app that the hint or the id names."""
        reading = await self.desk.house.store.read()
        await find_authority(reading, word)
        wanted = given.get("post_logout_redirect_uri")
        client_id = given.get("client_id") or await self._hinted(given.get("id_token_hint"))
        app = await apps.find_by_client_id(reading, client_id.lower()) if client_id else None
        if not wanted or app is None:
            return None
        if not grants.redirect_matches([*app.logout_uris, *app.redirect_uris, *app.spa_redirect_uris], wanted):
            return None
        state = given.get("state")
        if state is None:
            return wanted
        return f"{wanted}{'&' if urlsplit(wanted).query else '?'}{urlencode({'state': state})}"

    async def _hinted(self, hint: str | None) -> str | None:
        """The app of an id_token that we signed, however old it is."""
        if not hint:
            return None
        try:
            claims = await self.desk.ring.verify(hint, algorithms=frozenset({"RS256", "ES256"}), typ="JWT")
        except signing.BadToken:
            return None
        return str(claims.get("aud", "")) or None

    async def _json(
        self, request: Request, act: Callable[[], Awaitable[dict[str, Any]]], *, open_to_all: bool = False
    ) -> Response:
        try:
            body = await act()
        except ProtocolError as failure:
            response = answer(failure, **self._traced(request))
        except Refused as refused:
            if refused.reason is not Reason.NOT_SIGNED_IN:
                raise
            ended = ProtocolError("invalid_token", 50173, "The access token is missing, malformed or ended.", 401)
            response = answer(ended, **self._traced(request))
        else:
            headers = NO_STORE if not open_to_all else {"Cache-Control": "public, max-age=300"}
            response = Response(msgspec.json.encode(body), 200, headers, "application/json")
        if open_to_all:
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    def _traced(self, request: Request) -> dict[str, Any]:
        trace_id = str(request.scope.get("request_id") or self.desk.house.chance.guid())
        correlation = request.headers.get("client-request-id", "")
        good = len(correlation) == 36 and correlation.isascii() and correlation.isprintable()
        return {
            "trace_id": trace_id,
            "correlation_id": correlation if good else trace_id,
            "at": self.desk.house.clock.now(),
        }

    def _error_page(self, request: Request, failure: ProtocolError) -> Response:
        """A page for the person: what happened and a reference; nothing goes to an unknown address."""
        traced = self._traced(request)
        text = escape(f"AADSTS{failure.code}: {failure.text}")
        html = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign-in cannot go on</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main id="main">'
            f"<h1>Sign-in cannot go on</h1><p>{text}</p><p>Go back to the app and start again. If it happens again,"
            f" tell its owner this reference: <code>{escape(traced['trace_id'])}</code></p></main></body></html>"
        )
        return HTMLResponse(html, failure.status, page_headers("en"))


def _to_app(outcome: ToApp, found: dict[str, str], script_url: str) -> Response:
    target, mode = outcome.asking.redirect_uri, outcome.asking.mode
    if mode == "form_post":
        return _form_post(target, found, script_url)
    glue = "#" if mode == "fragment" else ("&" if urlsplit(target).query else "?")
    return RedirectResponse(f"{target}{glue}{urlencode(found)}", 302, NO_STORE)


def _form_post(target: str, found: dict[str, str], script_url: str) -> Response:
    """OAuth 2.0 Form Post Response Mode: our script submits the form, a button does without scripts."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in found.items()
    )
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signing in</title>'
        f'<script src="{escape(script_url)}" defer></script></head><body>'
        f'<form method="post" action="{escape(target)}" data-submit>{fields}'
        '<button type="submit">Continue</button></form></body></html>'
    )
    return HTMLResponse(html, 200, page_headers("en", form_targets=[target]))
