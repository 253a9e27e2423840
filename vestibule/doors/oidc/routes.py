"""The addresses of this door. Literal segments match without regard to case; ``{tenant}`` is taken as it is."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vestibule.doors.oidc import (
    about_tokens,
    admin_consent,
    authorize,
    cors,
    device,
    discovery,
    logout,
    showing,
    tokens,
)
from vestibule.doors.oidc.asking import AppError
from vestibule.doors.oidc.authorize import ToApp, ToPerson
from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.errors import NO_STORE, ProtocolError, answer, busy, ended
from vestibule.doors.oidc.logout import GoOn
from vestibule.doors.web.visits import browser_token, drop_session, keep_browser, keep_session
from vestibule.ground.passwords import Busy
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.apps import App

Handler = Callable[[Request, str], Awaitable[Response]]
_Found = tuple[dict[str, Any], App | None]

_PUBLIC: Final = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
_JSON: Final = "application/json"


def routes(desk: Desk) -> list[tuple[str, str, Handler]]:
    """(method, pattern, handler) of every endpoint; ``{tenant}`` and ``{user}`` capture one segment."""
    people, programs = _ForPeople(desk), _ForPrograms(desk)
    called_by_pages: list[tuple[str, str, Handler]] = [
        ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", programs.metadata),
        ("GET", "/{tenant}/.well-known/openid-configuration", programs.first_metadata),
        ("GET", "/{tenant}/discovery/v2.0/keys", programs.keys),
        ("GET", "/{tenant}/discovery/keys", programs.keys),
        ("POST", "/{tenant}/oauth2/v2.0/token", programs.token),
        ("POST", "/{tenant}/oauth2/token", programs.first_token),
        ("POST", "/{tenant}/oauth2/v2.0/revoke", programs.revoke),
        ("GET", "/oidc/userinfo", programs.userinfo),
        ("POST", "/oidc/userinfo", programs.userinfo),
        ("GET", "/common/discovery/instance", programs.instance),
    ]
    preflights = {pattern: ("OPTIONS", pattern, programs.preflight) for _, pattern, _ in called_by_pages}
    return [
        ("GET", "/{tenant}/oauth2/v2.0/authorize", people.authorize),
        ("POST", "/{tenant}/oauth2/v2.0/authorize", people.authorize),
        ("GET", "/{tenant}/oauth2/authorize", people.first_authorize),
        ("POST", "/{tenant}/oauth2/authorize", people.first_authorize),
        ("GET", "/{tenant}/oauth2/v2.0/logout", people.logout),
        ("POST", "/{tenant}/oauth2/v2.0/logout", people.logout),
        ("GET", "/{tenant}/adminconsent", people.admin_consent),
        ("GET", "/{tenant}/v2.0/adminconsent", people.admin_consent),
        ("GET", authorize.RESUME, people.resume),
        ("GET", logout.DONE, people.signed_out),
        ("POST", "/{tenant}/oauth2/v2.0/devicecode", programs.device_code),
        ("POST", "/{tenant}/oauth2/v2.0/introspect", programs.introspect),
        ("GET", "/common/userrealm/{user}", programs.realm),
        *called_by_pages,
        *preflights.values(),
    ]


class _Door:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def _traced(self, request: Request) -> dict[str, Any]:
        trace_id = str(request.scope.get("request_id") or self.desk.house.chance.guid())
        correlation = request.headers.get("client-request-id", "")
        good = len(correlation) == 36 and correlation.isascii() and correlation.isprintable()
        return {
            "trace_id": trace_id,
            "correlation_id": correlation if good else trace_id,
            "at": self.desk.house.clock.now(),
        }


class _ForPeople(_Door):
    """Endpoints that a browser is sent to."""

    async def authorize(self, request: Request, word: str) -> Response:
        browser = browser_token(request) or self.desk.house.chance.token()
        return await self._answered(request, browser, lambda: authorize.begin(self.desk, request, word, browser))

    async def first_authorize(self, request: Request, word: str) -> Response:
        """In the words of the first version."""
        desk, browser = self.desk, browser_token(request) or self.desk.house.chance.token()
        return await self._answered(request, browser, lambda: authorize.begin(desk, request, word, browser, first=True))

    async def admin_consent(self, request: Request, word: str) -> Response:
        """An administrator is asked to consent for everybody, in the Admin center."""
        try:
            return RedirectResponse(await admin_consent.begin(self.desk, request, word), 303, NO_STORE)
        except ProtocolError as failure:
            return self._error_page(request, failure)

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
            response = self._to_app(request, outcome)
        if outcome.token is not None:
            keep_session(request, response, outcome.token)
        if browser:
            keep_browser(request, response, browser)
        return response

    def _to_app(self, request: Request, outcome: ToApp) -> Response:
        asking, found = outcome.asking, authorize.completed(self.desk, outcome)
        target = asking.redirect_uri
        if asking.mode == "form_post":
            return showing.form_page(self.desk, request, target, found, asking.app.display_name)
        glue = "#" if asking.mode == "fragment" else ("&" if urlsplit(target).query else "?")
        return RedirectResponse(f"{target}{glue}{urlencode(found)}", 302, NO_STORE)

    async def logout(self, request: Request, word: str) -> Response:
        """RP-initiated logout."""
        browser = browser_token(request) or self.desk.house.chance.token()
        try:
            found = await logout.begin(self.desk, request, word, browser)
        except ProtocolError as failure:
            return self._error_page(request, failure)
        response = self._gone_on(request, found)
        keep_browser(request, response, browser)
        return response

    async def signed_out(self, request: Request, _word: str) -> Response:
        """The person agreed to sign out."""
        return self._gone_on(request, await logout.go_on(self.desk, request, browser_token(request) or ""))

    def _gone_on(self, request: Request, found: GoOn) -> Response:
        response: Response = RedirectResponse(found.path, 303, NO_STORE)
        if found.ended:
            drop_session(request, response)
        return response

    def _error_page(self, request: Request, failure: ProtocolError) -> Response:
        return showing.error_page(self.desk, request, failure, reference=self._traced(request)["trace_id"])


class _ForPrograms(_Door):
    """Endpoints that programs call, some of them pages in a browser."""

    async def metadata(self, request: Request, word: str) -> Response:
        return await self._published(request, lambda: discovery.metadata(self.desk, word))

    async def first_metadata(self, request: Request, word: str) -> Response:
        """For clients of the first version."""
        return await self._published(request, lambda: discovery.first_metadata(self.desk, word))

    async def keys(self, request: Request, word: str) -> Response:
        return await self._published(request, lambda: discovery.keys(self.desk, word))

    async def instance(self, request: Request, _word: str) -> Response:
        async def found() -> dict[str, Any]:
            return discovery.instance(self.desk, request.query_params.get("authorization_endpoint", ""))

        return await self._published(request, found)

    async def realm(self, request: Request, word: str) -> Response:
        async def found() -> _Found:
            return await discovery.realm(self.desk, word), None

        return await self._said(request, found)

    async def token(self, request: Request, word: str) -> Response:
        async def found() -> _Found:
            answered = await tokens.exchange(self.desk, request, word)
            return answered.body, answered.client.app

        return await self._said(request, found)

    async def first_token(self, request: Request, word: str) -> Response:
        """In the words of the first version."""

        async def found() -> _Found:
            answered = await tokens.exchange(self.desk, request, word, first=True)
            return answered.body, answered.client.app

        return await self._said(request, found)

    async def device_code(self, request: Request, word: str) -> Response:
        async def found() -> _Found:
            client, body = await device.begin(self.desk, request, word)
            return body, client.app

        return await self._said(request, found)

    async def introspect(self, request: Request, word: str) -> Response:
        async def found() -> _Found:
            return await about_tokens.introspect(self.desk, request, word), None

        return await self._said(request, found)

    async def revoke(self, request: Request, word: str) -> Response:
        async def found() -> _Found:
            return {}, (await about_tokens.revoke(self.desk, request, word)).app

        return await self._said(request, found)

    async def userinfo(self, request: Request, _word: str) -> Response:
        async def found() -> _Found:
            info = await about_tokens.userinfo(self.desk, request)
            return info.claims, info.app

        response = await self._said(request, found)
        if response.status_code in {401, 403}:
            error = "invalid_token" if response.status_code == 401 else "insufficient_scope"
            response.headers["WWW-Authenticate"] = f'Bearer realm="userinfo", error="{error}"'
        return response

    async def preflight(self, request: Request, _word: str) -> Response:
        """A page in a browser asks whether it may call."""
        return await cors.preflight(request, await self.desk.house.store.read())

    async def _said(self, request: Request, act: Callable[[], Awaitable[_Found]]) -> Response:
        """An answer about one app, which that app's pages may read; an error that names none, any app's pages."""
        origin = cors.origin_of(request)
        try:
            body, app = await act()
        except (ProtocolError, Refused, Busy) as failure:
            allowed = await cors.is_anybodys_page(await self.desk.house.store.read(), origin)
            return cors.allow(request, self._failed(request, failure), allowed=allowed)
        response = Response(msgspec.json.encode(body) if body else b"", 200, NO_STORE, _JSON)
        return cors.allow(request, response, allowed=app is not None and cors.is_page_of(app, origin))

    async def _published(self, request: Request, act: Callable[[], Awaitable[dict[str, Any]]]) -> Response:
        """What everybody may know."""
        allowed = await cors.is_anybodys_page(await self.desk.house.store.read(), cors.origin_of(request))
        try:
            response = Response(msgspec.json.encode(await act()), 200, _PUBLIC, _JSON)
        except ProtocolError as failure:
            response = self._failed(request, failure)
        return cors.allow(request, response, allowed=allowed)

    def _failed(self, request: Request, failure: ProtocolError | Refused | Busy) -> Response:
        if isinstance(failure, Refused):
            if failure.reason is not Reason.NOT_SIGNED_IN:
                raise failure
            return answer(ended(), **self._traced(request))
        return answer(busy() if isinstance(failure, Busy) else failure, **self._traced(request))
