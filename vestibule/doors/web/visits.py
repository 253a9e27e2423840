"""The cookies that say which browser this is, and who is signed in in it. The only place that names them."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from vestibule.doors.web.cookies import cookie_name
from vestibule.rules import user_agents
from vestibule.rules.sign_ins import Whence

SESSION: Final = "session"
BROWSER: Final = "browser"
ORGANIZATION: Final = "organization"
ACCOUNTS: Final = "accounts"
SAID: Final = "said"
_A_YEAR: Final = 365 * 86_400
_A_DAY: Final = 86_400
_A_MINUTE: Final = 60


def session_token(request: Request) -> str | None:
    """The session's token in this request; None when there is none."""
    return request.cookies.get(_name(request, SESSION)) or None


def browser_token(request: Request) -> str | None:
    """The browser's own token; None on its first visit."""
    return request.cookies.get(_name(request, BROWSER)) or None


def organization_id(request: Request) -> str:
    """The organization whose context this browser's pages are in; only a wish, empty when there is none."""
    return request.cookies.get(_name(request, ORGANIZATION), "")


def accounts(request: Request) -> str:
    """The sealed list of accounts that signed in here before; empty when there is none."""
    return request.cookies.get(_name(request, ACCOUNTS), "")


def keep_session(request: Request, response: Response, token: str) -> None:
    """Sign the browser in: the cookie lasts as long as a session at most."""
    _set(request, response, SESSION, token, _A_DAY)


def keep_browser(request: Request, response: Response, token: str) -> None:
    """Remember the browser."""
    _set(request, response, BROWSER, token, _A_YEAR)


def keep_organization(request: Request, response: Response, tenant_id: str) -> None:
    """The pages of this browser are in this organization's context, as long as the session is open there."""
    _set(request, response, ORGANIZATION, tenant_id, _A_DAY)


def keep_accounts(request: Request, response: Response, sealed: str) -> None:
    """Remember who signed in in this browser; an empty list is forgotten."""
    _set(request, response, ACCOUNTS, sealed, _A_YEAR if sealed else 0)


def said(request: Request) -> str:
    """What the page before wants to have said, sealed; empty for nothing."""
    return request.cookies.get(_name(request, SAID), "")


def keep_said(request: Request, response: Response, sealed: str) -> None:
    """Let the next page say what was done; an empty text was said."""
    _set(request, response, SAID, sealed, _A_MINUTE if sealed else 0)


def drop_session(request: Request, response: Response) -> None:
    """Sign the browser out."""
    _set(request, response, SESSION, "", 0)


def network_of(request: Request) -> str:
    """The network address of the caller; the front has put the right one into the scope."""
    return request.client.host if request.client else ""


def whence_of(request: Request) -> Whence:
    """The same with what the program there calls itself, for the sign-in log."""
    return Whence(network_of(request), request.headers.get("user-agent", "")[: user_agents.LONGEST])


def _name(request: Request, purpose: str) -> str:
    return cookie_name(purpose, host=request.url.hostname or "", port=listener_port(request))


def listener_port(request: Request) -> int:
    """The port of the listener that answers."""
    server = request.scope.get("server")
    return int(server[1]) if server and server[1] else 0


def _set(request: Request, response: Response, purpose: str, value: str, age: int) -> None:
    response.set_cookie(
        _name(request, purpose), value, max_age=age, path="/", secure=True, httponly=True, samesite="lax"
    )
