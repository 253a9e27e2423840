"""The second step of a sign-in, signing in with a passkey, and setting up a first second factor on the way in."""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from vestibule.actions import passkeys, second_factors, second_steps, sign_in_methods
from vestibule.actions.passkeys import Shown
from vestibule.actions.second_steps import Half
from vestibule.actions.signing_in import Opened
from vestibule.doors.portal import account_menu, entering, paths
from vestibule.doors.portal.desk import NO_STORE, Desk, Visit
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes import cards, secrets_shown
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.second_factors import Enrol, EnrolledCodes, SecondFactor
from vestibule.doors.portal.views.sign_in import SignIn
from vestibule.doors.web import visits
from vestibule.doors.web.frame import Problem
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people
from vestibule.store.sessions import SignInRequest

ANSWER = "credential"
_FAILED = {Reason.CODE_WRONG, Reason.CODE_EXPIRED, Reason.DUPLICATE_VALUE, Reason.NOT_ALLOWED}


def second_step_routes(desk: Desk) -> list[BaseRoute]:
    """The pages after the password, and what our script asks for."""
    return [
        route(desk, paths.SECOND_FACTOR, get=_show, post=_take),
        route(desk, f"{paths.WITH_PASSKEY}/options", post=_ask_passkey),
        route(desk, paths.WITH_PASSKEY, post=_take_passkey),
        route(desk, f"{paths.ENROL}/passkey/options", post=_ask_new_passkey),
        route(desk, f"{paths.ENROL}/passkey", post=_take_new_passkey),
        route(desk, f"{paths.ENROL}/done", get=_done),
        route(desk, paths.ENROL, get=_show_enrol, post=_take_enrol),
    ]


def as_json(value: dict[str, Any]) -> Response:
    """What our script asked for."""
    return JSONResponse(value, 200, NO_STORE)


# --- After the password -----------------------------------------------------------------------------------------------


async def _show(visit: Visit) -> Response:
    half = _half(visit)
    if half is None:
        return visit.to_flow(paths.SIGN_IN)
    return visit.to_flow(paths.ENROL) if half.enrols else await _ask(visit, half)


async def _take(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    half = _half(visit)
    if ended is not None or visit.flow is None or half is None:
        return ended or visit.to_flow(paths.SIGN_IN)
    by_recovery = "recovery" in form
    typed = form.get("recovery" if by_recovery else "code", "")
    if not typed.strip():
        empty = problems.ENTER_RECOVERY if by_recovery else problems.ENTER_APP_CODE
        return await _ask(visit, half, empty, status=400)
    prove = second_steps.prove_recovery_code if by_recovery else second_steps.prove_app_code
    old = visits.session_token(visit.request)
    try:
        opened = await prove(visit.house, visit.flow, typed=typed, network=visit.whence, old_token=old)
    except Refused as refused:
        if refused.reason is Reason.CODE_EXPIRED:
            return visit.to_flow(paths.SIGN_IN)
        if refused.reason is not Reason.CODE_WRONG:
            raise
        wrong = problems.WRONG_RECOVERY if by_recovery else problems.WRONG_APP_CODE
        return await _ask(visit, half, wrong, status=400)
    return await cards.welcome(visit, opened)


async def _ask(visit: Visit, half: Half, *what: Problem, status: int = 200) -> Response:
    methods = await sign_in_methods.methods_of(visit.reading, half.person_id)
    view = SecondFactor(
        email=entering.fact(visit, "email"),
        app=methods.app is not None,
        passkey=bool(methods.passkeys),
        recovery=bool(methods.codes_left),
        problems=what,
        **cards.shown(visit),
    )
    return visit.page(view, status, form_targets=cards.form_targets(visit))


def _half(visit: Visit) -> Half | None:
    return second_steps.half_of(visit.flow, visit.reading.moment.machine)


# --- Passkeys ---------------------------------------------------------------------------------------------------------


async def _ask_passkey(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    site = passkeys.site_of(visit.house, visit.desk.origins)
    step = _step(visit, form)
    return as_json(await passkeys.begin_sign_in(visit.house, site, step, browser=visit.browser))


async def _take_passkey(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    if ended is not None:
        return ended
    step = _step(visit, form)
    try:
        opened = await passkeys.prove_passkey(
            visit.house,
            passkeys.site_of(visit.house, visit.desk.origins),
            step,
            browser=visit.browser,
            answer=form.get(ANSWER, ""),
            network=visit.whence,
            old_token=visits.session_token(visit.request),
        )
    except Refused as refused:
        if refused.reason not in _FAILED:
            raise
        return await _passkey_failed(visit, step)
    return await cards.welcome(visit, opened)


def _step(visit: Visit, form: dict[str, str]) -> SignInRequest | None:
    """The sign-in under way, when the passkey is its second step; a passkey is also enough by itself."""
    return visit.flow if form.get("after") == "password" and _half(visit) is not None else None


async def _passkey_failed(visit: Visit, step: SignInRequest | None) -> Response:
    half = _half(visit)
    if step is not None and half is not None:
        return await _ask(visit, half, problems.PASSKEY_FAILED, status=400)
    view = SignIn(problems=(problems.PASSKEY_FAILED,), **cards.shown(visit))
    return visit.page(view, 400, form_targets=cards.form_targets(visit))


# --- A first second factor --------------------------------------------------------------------------------------------


async def _show_enrol(visit: Visit) -> Response:
    half = _enrolling(visit)
    return visit.to_flow(paths.SECOND_FACTOR) if half is None else await _enrol(visit, half)


async def _take_enrol(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    half = _enrolling(visit)
    if ended is not None or visit.flow is None or half is None:
        return ended or visit.to_flow(paths.SECOND_FACTOR)
    typed = form.get("code", "")
    if not typed.strip():
        return await _enrol(visit, half, problems.ENTER_APP_CODE, status=400)
    try:
        codes = await second_factors.confirm_authenticator(
            visit.house,
            visit.flow,
            second_steps.proven_half(visit.flow, half),
            typed=typed,
            by=await _acting(visit, half),
        )
    except Refused as refused:
        if refused.reason is not Reason.CODE_WRONG:
            return _begin_again(visit, refused)
        return await _enrol(visit, half, problems.WRONG_APP_CODE, status=400)
    return await _in(visit, codes)


async def _ask_new_passkey(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    half = _enrolling(visit)
    if ended is not None or visit.flow is None or half is None:
        return ended or cards.over(visit)
    options = await passkeys.begin_passkey(
        visit.house,
        passkeys.site_of(visit.house, visit.desk.origins),
        second_steps.proven_half(visit.flow, half),
        browser=visit.browser,
        shown=await _shown(visit, half),
        by=await _acting(visit, half),
    )
    return as_json(options)


async def _take_new_passkey(visit: Visit) -> Response:
    form = await visit.form()
    ended = await cards.flow_of(visit, form)
    half = _enrolling(visit)
    if ended is not None or visit.flow is None or half is None:
        return ended or visit.to_flow(paths.SECOND_FACTOR)
    try:
        codes = await passkeys.add_passkey(
            visit.house,
            passkeys.site_of(visit.house, visit.desk.origins),
            second_steps.proven_half(visit.flow, half),
            browser=visit.browser,
            answer=form.get(ANSWER, ""),
            name=form.get("name", ""),
            by=await _acting(visit, half),
        )
    except Refused as refused:
        if refused.reason not in _FAILED:
            return _begin_again(visit, refused)
        return await _enrol(visit, half, problems.PASSKEY_FAILED, status=400)
    return await _in(visit, codes)


async def _in(visit: Visit, codes: list[str]) -> Response:
    """Through: signed in with both, and shown the recovery codes once."""
    if visit.flow is None:
        return cards.over(visit)
    old = visits.session_token(visit.request)
    opened: Opened = await second_steps.enrolled(visit.house, visit.flow, network=visit.whence, old_token=old)
    answer = await cards.welcome(visit, opened)
    if not codes:
        return answer
    return visit.page(EnrolledCodes(codes=tuple(codes), **cards.shown(visit)))


async def _done(visit: Visit) -> Response:
    """The recovery codes were shown: on to where the sign-in leads."""
    return visit.to_flow(paths.SIGN_IN) if visit.signed_in is None else await cards.arrive(visit)


async def _enrol(visit: Visit, half: Half, *what: Problem, status: int = 200) -> Response:
    if visit.flow is None:
        return cards.over(visit)
    if await sign_in_methods.has_second_factor(visit.reading, half.person_id):
        return visit.to_flow(paths.SIGN_IN)  # set up elsewhere meanwhile: it has to be proved now
    proven = second_steps.proven_half(visit.flow, half)
    secret = second_factors.pending_secret(visit.flow, proven)
    if secret is None:
        try:
            visit.flow = await second_factors.begin_authenticator(
                visit.house, visit.flow, proven, by=await _acting(visit, half)
            )
        except Refused as refused:
            return _begin_again(visit, refused)
        secret = second_factors.pending_secret(visit.flow, proven) or b""
    email = entering.fact(visit, "email")
    view = Enrol(email=email, secret=secrets_shown.shown(visit, secret, email), problems=what, **cards.shown(visit))
    return visit.page(view, status, form_targets=cards.form_targets(visit))


def _begin_again(visit: Visit, refused: Refused) -> Response:
    """A second factor was set up elsewhere meanwhile, or the password is too long ago: the sign-in starts over."""
    if refused.reason in {Reason.STRONGER_SIGN_IN, Reason.SIGN_IN_AGAIN, Reason.CODE_EXPIRED}:
        return visit.to_flow(paths.SIGN_IN)
    raise refused


def _enrolling(visit: Visit) -> Half | None:
    half = _half(visit)
    return half if half is not None and half.enrols else None


async def _acting(visit: Visit, half: Half) -> Actor:
    return await second_steps.actor_half(visit.reading, half, network=visit.network, request_id=visit.reference)


async def _shown(visit: Visit, half: Half) -> Shown:
    person = await people.find(visit.reading, half.person_id)
    known = None if person is None else await account_menu.named(visit.reading, person)
    email = entering.fact(visit, "email")
    return Shown(email, email) if known is None else Shown(known.email, known.name)
