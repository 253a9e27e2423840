"""Pages of this door: what went wrong with a request that an app sent somebody with, and the way on to the app."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from vestibule.doors.oidc.desk import Desk
from vestibule.doors.oidc.errors import ProtocolError
from vestibule.doors.web import language
from vestibule.doors.web.cookies import LANGUAGE, Wishes, keep_wish, read_wishes
from vestibule.doors.web.errors import ErrorKind, ErrorPage, GoOn, Step
from vestibule.doors.web.frame import Frame, Site
from vestibule.doors.web.visits import listener_port
from vestibule.doors.web.words import words

_DOMAIN: Final = "pages"
_OVER: Final = 90014
_MOST_SHOWN: Final = 2048
_LONGEST_TAG: Final = 40
_HOME: Final = ((Step.MY_ACCOUNT, "/myaccount/"),)


def error_page(desk: Desk, request: Request, failure: ProtocolError, *, reference: str) -> Response:
    """A page for the person: what happened, a reference and a time. Nothing goes to an address of the app."""
    kind = ErrorKind.LINK_EXPIRED if failure.code == _OVER else ErrorKind.BAD_REQUEST
    view = ErrorPage(
        kind=kind,
        reference=reference,
        at=desk.house.clock.now(),
        steps=_HOME,
        detail=f"AADSTS{failure.code}: {failure.text}",
    )
    return _kept(request, desk.pages.response(view, _frame(desk, request), failure.status))


def not_found(desk: Desk, request: Request) -> Response:
    """A page for somebody who came to an address where nothing is."""
    reference = str(request.scope.get("request_id") or desk.house.chance.guid())
    view = ErrorPage(kind=ErrorKind.NOT_FOUND, reference=reference, at=desk.house.clock.now(), steps=_HOME)
    return _kept(request, desk.pages.response(view, _frame(desk, request), 404))


def form_page(desk: Desk, request: Request, target: str, fields: Mapping[str, str], app: str) -> Response:
    """OAuth 2.0 Form Post Response Mode: our script submits the form, a button does without scripts."""
    view = GoOn(url=target, fields=tuple(fields.items()), app=app)
    return desk.pages.response(view, _frame(desk, request), form_targets=[target])


def _frame(desk: Desk, request: Request) -> Frame:
    query = _query(request)
    choice = language.for_sign_in(
        chosen=_asked(request) or _wishes(request).language,
        ui_locales=dict(query).get("ui_locales", ""),
        accept_language=request.headers.get("accept-language", ""),
    )
    return Frame(
        words=words(choice.language, _DOMAIN, american=choice.american),
        path=request.url.path,
        now=desk.house.clock.now(),
        query=query,
        display=_wishes(request).display,
        site=Site(product=desk.house.service_name, operator=desk.operator),
    )


def _query(request: Request) -> tuple[tuple[str, str], ...]:
    """The query, to be asked for again in another language."""
    return tuple((name, value) for name, value in _pairs(request) if name != "lang")


def _asked(request: Request) -> str | None:
    """The language that was chosen on this very page."""
    return language.lookup(dict(_pairs(request)).get("lang", "")[:_LONGEST_TAG])


def _pairs(request: Request) -> list[tuple[str, str]]:
    """The query; an oversized one is not looked at."""
    raw: bytes = request.scope.get("query_string", b"")
    return parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True) if len(raw) <= _MOST_SHOWN else []


def _kept(request: Request, response: Response) -> Response:
    """Remember a language that was chosen on this page."""
    found = _asked(request)
    if found is not None:
        host, port = request.url.hostname or "", listener_port(request)
        keep_wish(response, LANGUAGE, found, host=host, port=port)
    return response


def _wishes(request: Request) -> Wishes:
    return read_wishes(request.cookies, host=request.url.hostname or "", port=listener_port(request))
