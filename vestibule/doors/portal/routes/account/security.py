"""*Security info*: how the person signs in, and changing it."""

from typing import Final

from starlette.responses import Response

from vestibule.actions import passkeys, second_factors, second_steps, sign_in_methods
from vestibule.actions.passkeys import Shown
from vestibule.actions.sign_in_methods import Methods, Proven
from vestibule.doors.portal import account_menu, entering, paths
from vestibule.doors.portal.desk import FLOW, Visit
from vestibule.doors.portal.routes import secrets_shown
from vestibule.doors.portal.routes.second_steps import ANSWER, as_json
from vestibule.doors.portal.views import problems
from vestibule.doors.portal.views.second_factors import (
    PasskeyRow,
    RecoveryCodes,
    RemoveMethod,
    SecurityInfo,
    SetUpAuthenticator,
)
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.doors.web.frame import Problem
from vestibule.rules.actors import Strength
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.second_factors import Passkey

DONE: Final = "done"
_AGAIN: Final = frozenset({Reason.SIGN_IN_AGAIN, Reason.STRONGER_SIGN_IN})
_PROBLEMS: Final = {
    Reason.CODE_WRONG: problems.PASSKEY_FAILED,
    Reason.CODE_EXPIRED: problems.PASSKEY_FAILED,
    Reason.DUPLICATE_VALUE: problems.PASSKEY_KNOWN,
    Reason.NOT_ALLOWED: problems.TOO_MANY_PASSKEYS,
    Reason.BAD_VALUE: problems.NAME_PASSKEY,
}


async def show(visit: Visit) -> Response:
    """The page; somebody from another provider hears that it is looked after there."""
    if visit.who.person.is_federated:
        return visit.problem(ErrorKind.LOOKED_AFTER_ELSEWHERE, 403, steps=((Step.MY_ACCOUNT, paths.OVERVIEW),))
    return await _page(visit)


async def _page(visit: Visit, *what: Problem, status: int = 200) -> Response:
    methods = await _methods(visit)
    app = methods.app
    view = SecurityInfo(
        by_code=visit.who.person.home_tenant is None,
        password_since=methods.password_since,
        app_since=None if app is None else app.created_at,
        app_used=None if app is None else app.last_used_at,
        passkeys=tuple(_row(one) for one in methods.passkeys),
        codes_left=methods.codes_left,
        has_second_factor=methods.has_second_factor,
        fresh=_may_change(visit, methods),
        saved=visit.request.query_params.get(DONE, ""),
        problems=what,
    )
    return visit.page(view, status)


# --- Signing in again -------------------------------------------------------------------------------------------------


async def sign_in_again(visit: Visit) -> Response:
    """Sign in once more, and come back."""
    return await _again(visit, paths.SECURITY_INFO)


async def _again(visit: Visit, target: str) -> Response:
    await entering.begin(visit, target=target, email=await entering.email_of(visit), again="yes")
    return visit.to_flow(paths.SIGN_IN)


async def _refused(visit: Visit, refused: Refused, target: str = paths.SECURITY_INFO) -> Response:
    """What is refused because the sign-in is too old or too weak leads to a new one."""
    if refused.reason in _AGAIN:
        return await _again(visit, target)
    raise refused


def _may_change(visit: Visit, methods: Methods) -> bool:
    proven = sign_in_methods.proven_by(visit.who)
    weak = proven.strength in sign_in_methods.ONE_FACTOR and methods.has_second_factor
    return sign_in_methods.is_fresh(visit.reading.moment.machine, proven) and not weak


# --- The authenticator app --------------------------------------------------------------------------------------------


async def set_up_authenticator(visit: Visit) -> Response:
    """The secret, once, and the field for the first code."""
    methods = await _methods(visit)
    if methods.password_since is None:
        raise Refused(Reason.NOT_FOUND)
    if not _may_change(visit, methods):
        return await _again(visit, paths.AUTHENTICATOR)
    proven = sign_in_methods.proven_by(visit.who)
    if visit.flow is None:
        await entering.begin(visit, target=paths.SECURITY_INFO)
    if visit.flow is not None and second_factors.pending_secret(visit.flow, proven) is None:
        visit.flow = await second_factors.begin_authenticator(visit.house, visit.flow, proven, by=visit.actor())
    return await _set_up(visit, proven, replaces=methods.app is not None)


async def _set_up(visit: Visit, proven: Proven, *what: Problem, replaces: bool = False, status: int = 200) -> Response:
    secret = second_factors.pending_secret(visit.flow, proven)
    if secret is None:
        return visit.redirect(paths.AUTHENTICATOR)
    shown = secrets_shown.shown(visit, secret, await entering.email_of(visit))
    return visit.page(SetUpAuthenticator(flow=visit.handle, secret=shown, replaces=replaces, problems=what), status)


async def confirm_authenticator(visit: Visit) -> Response:
    """The first code of the app."""
    form = await visit.form()
    proven = sign_in_methods.proven_by(visit.who)
    if await visit.take_flow(form.get(FLOW, "")) is None or visit.flow is None:
        return visit.redirect(paths.AUTHENTICATOR)
    typed = form.get("code", "")
    if not typed.strip():
        return await _set_up(visit, proven, problems.ENTER_APP_CODE, status=400)
    try:
        codes = await second_factors.confirm_authenticator(
            visit.house, visit.flow, proven, typed=typed, by=visit.actor()
        )
    except Refused as refused:
        if refused.reason is Reason.CODE_WRONG:
            return await _set_up(visit, proven, problems.WRONG_APP_CODE, status=400)
        if refused.reason is Reason.CODE_EXPIRED:
            return visit.redirect(paths.AUTHENTICATOR)
        return await _refused(visit, refused, paths.AUTHENTICATOR)
    return await _added(visit, Strength.MULTI_FACTOR, codes, "app")


async def _added(visit: Visit, strength: Strength, codes: list[str], what: str) -> Response:
    """The session is as strong as what was just proved; recovery codes are shown when there are new ones."""
    visit.signed_in_as(await second_steps.strengthen(visit.house, visit.who, strength))
    if codes:
        await visit.fresh()
        return visit.page(RecoveryCodes(codes=tuple(codes)))
    return visit.redirect(paths.SECURITY_INFO, {DONE: what})


# --- Passkeys ---------------------------------------------------------------------------------------------------------


async def ask_passkey(visit: Visit) -> Response:
    """What the browser is asked for."""
    await visit.form()
    known = await account_menu.named(visit.reading, visit.who.person, visit.current)
    shown = Shown("", "") if known is None else Shown(known.email, known.name)
    options = await passkeys.begin_passkey(
        visit.house,
        passkeys.site_of(visit.house, visit.desk.origins),
        sign_in_methods.proven_by(visit.who),
        browser=visit.browser,
        shown=shown,
        by=visit.actor(),
    )
    return as_json(options)


async def add_passkey(visit: Visit) -> Response:
    """The browser made one."""
    form = await visit.form()
    try:
        codes = await passkeys.add_passkey(
            visit.house,
            passkeys.site_of(visit.house, visit.desk.origins),
            sign_in_methods.proven_by(visit.who),
            browser=visit.browser,
            answer=form.get(ANSWER, ""),
            name=form.get("name", ""),
            by=visit.actor(),
        )
    except Refused as refused:
        return await _not_done(visit, refused)
    return await _added(visit, Strength.PASSKEY, codes, "passkey")


async def name_passkey(visit: Visit) -> Response:
    """Another name for one."""
    form = await visit.form()
    proven, key = sign_in_methods.proven_by(visit.who), form.get("passkey", "")
    try:
        await passkeys.rename_passkey(
            visit.house, proven, credential_id=key, name=form.get("name", ""), by=visit.actor()
        )
    except Refused as refused:
        return await _not_done(visit, refused)
    return visit.redirect(paths.SECURITY_INFO, {DONE: "named"})


async def _not_done(visit: Visit, refused: Refused) -> Response:
    problem = _PROBLEMS.get(refused.reason)
    return await _refused(visit, refused) if problem is None else await _page(visit, problem, status=400)


# --- Recovery codes, and removing -------------------------------------------------------------------------------------


async def make_codes(visit: Visit) -> Response:
    """Ten new ones, shown once."""
    await visit.form()
    proven = sign_in_methods.proven_by(visit.who)
    try:
        codes = await second_factors.make_recovery_codes(visit.house, proven, by=visit.actor())
    except Refused as refused:
        return await _refused(visit, refused)
    return visit.page(RecoveryCodes(codes=tuple(codes)))


async def ask_remove(visit: Visit) -> Response:
    """Whether it is really meant."""
    methods = await _methods(visit)
    key = visit.request.query_params.get("passkey", "")
    meant = next((one for one in methods.passkeys if one.credential_id == key), None)
    if (meant is None) if key else (methods.app is None):
        return visit.redirect(paths.SECURITY_INFO)
    count = len(methods.passkeys) + (methods.app is not None)
    last = count == 1 and methods.password_since is not None
    return visit.page(RemoveMethod(passkey=None if meant is None else _row(meant), last=last))


async def remove(visit: Visit) -> Response:
    """It is."""
    form = await visit.form()
    proven, key = sign_in_methods.proven_by(visit.who), form.get("passkey", "")
    try:
        if key:
            await passkeys.remove_passkey(visit.house, proven, credential_id=key, by=visit.actor())
        else:
            await second_factors.remove_authenticator(visit.house, proven, by=visit.actor())
    except Refused as refused:
        if refused.reason is not Reason.NOT_THERE:
            return await _refused(visit, refused)
    return visit.redirect(paths.SECURITY_INFO, {DONE: "removed"})


async def _methods(visit: Visit) -> Methods:
    return await sign_in_methods.methods_of(visit.reading, visit.who.person.person_id)


def _row(one: Passkey) -> PasskeyRow:
    return PasskeyRow(one.credential_id, one.name, one.created_at, one.last_used_at)
