"""Signing out because an app asked (OpenID Connect RP-Initiated Logout 1.0).

With an id_token of the one who is signed in, the session ends and the browser goes on to a registered address of that
app. Without, the person is asked first, and the way on is remembered with the sign-out page: otherwise any page
anywhere could sign people out.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from vestibule.actions import signing_in
from vestibule.actions.access import authenticate_session
from vestibule.doors.oidc import hints
from vestibule.doors.oidc.desk import Desk, find_authority, parameters
from vestibule.doors.oidc.errors import ProtocolError
from vestibule.doors.oidc.hints import Hint
from vestibule.doors.web.visits import session_token
from vestibule.rules import grants
from vestibule.rules.names import guid
from vestibule.store import apps
from vestibule.store.unit import Reading

SIGNED_OUT: Final = "/signed-out"
ASK: Final = "/signout"
DONE: Final = "/oauth2/signed-out"
_AFTER: Final = "after_sign_out"
_PASSED_ON: Final = ("id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@dataclass(frozen=True, slots=True)
class GoOn:
    """Where the browser goes. ``ended``: its session is over."""

    path: str
    ended: bool = False


async def begin(desk: Desk, request: Request, word: str, browser: str) -> GoOn:
    """Answer a request to sign out.

    Raises:
        ProtocolError: for the person, on a page.
    """
    given = await parameters(request)
    reading = await desk.house.store.read()
    await find_authority(reading, word)
    if request.method == "POST" and session_token(request) is None:
        # A form from another site brings no cookie; the address that it leads on to does.
        passed = {name: given[name] for name in _PASSED_ON if given.get(name)}
        return GoOn(f"{request.url.path}?{urlencode(passed)}")
    hint = await hints.read(desk, given.get("id_token_hint"))
    if hint is not None and given.get("client_id") and given["client_id"].lower() != hint.client_id:
        raise ProtocolError("invalid_request", 9000411, "The id_token_hint is another app's.")
    target = await _after(reading, given, hint)
    signed_in = await authenticate_session(reading, session_token(request))
    if signed_in is None:
        return GoOn(target if target is not None and hint is not None else SIGNED_OUT, ended=True)
    if hint is None or not hints.is_about(hint, signed_in):
        return GoOn(await _ask(desk, browser, target))
    await signing_in.sign_out(desk.house, session_token(request) or "")
    return GoOn(target or SIGNED_OUT, ended=True)


async def go_on(desk: Desk, request: Request, browser: str) -> GoOn:
    """Where the browser goes after the person agreed to sign out: what was remembered for it.

    Somebody who is signed in still (because they did not agree) goes nowhere.
    """
    reading = await desk.house.store.read()
    if await authenticate_session(reading, session_token(request)) is not None:
        return GoOn(SIGNED_OUT)
    kept = await signing_in.find(desk.house, reading, request.query_params.get("request", ""), browser)
    target = None if kept is None else kept.facts.get(_AFTER)
    return GoOn(target if isinstance(target, str) and target else SIGNED_OUT)


async def _ask(desk: Desk, browser: str, target: str | None) -> str:
    handle = await signing_in.begin(desk.house, browser=browser, target=DONE)
    if target is not None:
        kept = await signing_in.find(desk.house, await desk.house.store.read(), handle, browser)
        if kept is not None:
            await signing_in.note(desk.house, kept, **{_AFTER: target})
    return f"{ASK}?request={handle}"


async def _after(reading: Reading, given: dict[str, str], hint: Hint | None) -> str | None:
    """The address to go on to: one that the app registered which the hint or the id names."""
    wanted = given.get("post_logout_redirect_uri")
    client_id = guid((hint.client_id if hint is not None else given.get("client_id")) or "")
    app = None if client_id is None else await apps.find_by_client_id(reading, client_id)
    if not wanted or app is None or not app.enabled:
        return None
    if not grants.redirect_matches([*app.logout_uris, *app.redirect_uris, *app.spa_redirect_uris], wanted):
        return None
    state = given.get("state")
    if state is None:
        return wanted
    return f"{wanted}{'&' if urlsplit(wanted).query else '?'}{urlencode({'state': state})}"
