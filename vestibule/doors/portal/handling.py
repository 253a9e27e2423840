"""From a request to an answer: routes of this door, and what becomes of everything that goes wrong on the way."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from vestibule.actions import signing_in, speaking
from vestibule.actions.house import Injected
from vestibule.doors.portal import entering, paths
from vestibule.doors.portal.desk import NEXT, NO_STORE, Desk, NeedsSignIn, Visit, sign_in_path, where_one_was
from vestibule.doors.portal.forms import BadForm
from vestibule.doors.web import language
from vestibule.doors.web.errors import ErrorKind, Part, Step
from vestibule.ground.passwords import Busy
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.unit import Unavailable

log = structlog.get_logger(__name__)

Handler = Callable[[Visit], Awaitable[Response]]

_READS: Final = {"GET", "HEAD"}
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_OF_REASON: Final = {
    Reason.NOT_FOUND: (ErrorKind.NOT_FOUND, 404),
    Reason.TOO_MANY_TRIES: (ErrorKind.TOO_MANY_ATTEMPTS, 429),
    Reason.ACCOUNT_DISABLED: (ErrorKind.ACCOUNT_DISABLED, 403),
    Reason.UNAVAILABLE: (ErrorKind.SERVER, 503),
    Reason.BUSY: (ErrorKind.SERVER, 503),
}


def route(
    desk: Desk,
    path: str,
    *,
    get: Handler | None = None,
    post: Handler | None = None,
    signed_in: bool = False,
    unasked: bool = False,
) -> Route:
    """One address.

    Args:
        desk: the desk.
        path: in Starlette's form; its literal segments match without regard to case.
        get, post: who answers which method; other methods get 405.
        signed_in: somebody who is not is sent to sign in, and comes back here.
        unasked: our script reads it by itself, so that reading it is no sign of anybody being there.
    """

    async def endpoint(request: Request) -> Response:
        handler = get if request.method in _READS else post if request.method == "POST" else None
        if handler is None:
            return _wrong_method([*(["GET", "HEAD"] if get else []), *(["POST"] if post else [])])
        used = not (unasked and request.method in _READS)
        return await serve(desk, request, handler, signed_in=signed_in, used=used)

    made = Route(path, endpoint, methods=_METHODS)
    made.path_regex = re.compile(made.path_regex.pattern, re.IGNORECASE)
    return made


async def serve(desk: Desk, request: Request, handler: Handler, *, signed_in: bool, used: bool = True) -> Response:
    """Answer one request with its handler, or with the page for what went wrong.

    Args:
        desk, request, handler: where, what and who. signed_in: see ``route``. used: somebody uses the browser.
    """
    visit = Visit.begin(desk, request)
    try:
        await visit.open()
        if visit.signed_in is not None and used:
            await signing_in.note_use(desk.house, visit.signed_in)
        response = await _language_change(visit) or await _answer(visit, handler, signed_in=signed_in)
    except Injected as injected:
        response = unavailable(visit, injected.answer)
    except (Unavailable, Busy):
        response = unavailable(visit)
    except Exception:
        log.exception("page_failed", request_id=visit.reference)
        response = visit.problem(ErrorKind.SERVER, 500, steps=_again(visit))
    return visit.settle(response)


async def _answer(visit: Visit, handler: Handler, *, signed_in: bool) -> Response:
    try:
        context = await entering.tenant_context(visit)
        if context is not None:
            return context
        waiting = entering.terms_first(visit)
        if waiting is not None:
            return waiting
        if signed_in:
            visit.who  # noqa: B018 - raises when nobody is signed in
        return await handler(visit)
    except NeedsSignIn:
        return await _asked_to_sign_in(visit)
    except BadForm:
        return visit.problem(ErrorKind.FORM_EXPIRED, 403, steps=_back(visit))
    except Refused as refused:
        return refusal(visit, refused)


async def _asked_to_sign_in(visit: Visit) -> Response:
    """On to the sign-in; who was signed out because nobody used the browser reads that first. Both lead back here."""
    if not await visit.went_idle():
        return visit.redirect(sign_in_path(visit))
    visit.signed_out()
    back = paths.own_path(where_one_was(visit))
    return visit.redirect(paths.SIGNED_OUT, {"why": "idle", **({NEXT: back} if back else {})})


def refusal(visit: Visit, refused: Refused) -> Response:
    """The page for a refusal that the handler has no words of its own for."""
    if refused.reason is Reason.NOT_SIGNED_IN:
        return visit.redirect(sign_in_path(visit))
    kind, status = _OF_REASON.get(refused.reason, (ErrorKind.NOT_ALLOWED, 403))
    if kind is ErrorKind.SERVER:
        return unavailable(visit)
    response = visit.problem(kind, status, until=entering.again_at(visit, refused), steps=_back(visit))
    wait = refused.facts.get("retryAfter")
    if isinstance(wait, int):
        response.headers["Retry-After"] = str(wait)
    return response


def unavailable(visit: Visit, status: int = 503) -> Response:
    """The database cannot be used right now; nothing was changed."""
    response = visit.problem(ErrorKind.SERVER, status, steps=_again(visit))
    response.headers["Retry-After"] = "1"
    return response


async def not_found(visit: Visit) -> Response:
    """There is no such page; one slash too many at the end is forgiven."""
    path = visit.request.url.path
    if visit.request.method in _READS and path.endswith("/") and path.strip("/"):
        query = visit.request.url.query
        return visit.redirect("/" + path.strip("/") + (f"?{query}" if query else ""))
    return visit.problem(ErrorKind.NOT_FOUND, 404, steps=((Step.MY_ACCOUNT, paths.OVERVIEW),))


async def _language_change(visit: Visit) -> Response | None:
    """``?lang=sv`` on any page: the choice is kept in the browser and leaves the address."""
    query = visit.request.query_params
    if visit.request.method not in _READS or "lang" not in query:
        return None
    chosen = language.lookup(query["lang"])
    if chosen is not None:
        visit.kept.language = chosen
        await _prefer(visit, chosen)
    rest = [(name, value) for name, value in query.multi_items() if name != "lang"]
    return visit.redirect(visit.request.url.path, rest)


async def _prefer(visit: Visit, chosen: str) -> None:
    """Who is signed in and chooses on a page of ours is spoken to in that language elsewhere too, and in letters."""
    own_page = visit.request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    if visit.signed_in is not None and own_page:
        person_id = visit.signed_in.person.person_id
        await speaking.choose_language(visit.house, person_id=person_id, language=chosen, by=visit.actor())


def _back(visit: Visit) -> tuple[tuple[Step, str], ...]:
    if visit.part is not Part.SIGN_IN or visit.signed_in is not None:
        return ((Step.MY_ACCOUNT, paths.OVERVIEW),)
    return ((Step.SIGN_IN, paths.SIGN_IN),)


def _again(visit: Visit) -> tuple[tuple[Step, str], ...]:
    if visit.request.method not in _READS:
        return _back(visit)
    query = visit.request.url.query
    return ((Step.TRY_AGAIN, visit.request.url.path + (f"?{query}" if query else "")),)


def _wrong_method(allowed: list[str]) -> Response:
    return PlainTextResponse("Method not allowed\n", 405, {**NO_STORE, "Allow": ", ".join(allowed)})
