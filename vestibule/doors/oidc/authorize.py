"""The authorization endpoint: checks in a fixed order, then a code, an error for the app, or a page for the person.

A request that needs the person to act is kept (bound to the browser), the sign-in pages do their part, and ``resume``
goes on from there; what was kept is checked anew as if it had just come.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request

from vestibule.actions import choosing, granting, minting, resources, sign_in_log, signing_in, terms
from vestibule.actions.access import SignedIn, actor_of, authenticate_session, issuer, session_id
from vestibule.actions.minting import Grant
from vestibule.actions.resources import Resource
from vestibule.doors.oidc import asking as requests
from vestibule.doors.oidc import first_version, hints
from vestibule.doors.oidc.asking import AppError, Asking, Wish
from vestibule.doors.oidc.desk import Desk, parameters
from vestibule.doors.oidc.errors import ProtocolError, of_refusal
from vestibule.doors.web.visits import network_of, session_token, whence_of
from vestibule.rules import claims_requests, grants
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading

RESUME: Final = "/oauth2/resume"
SIGN_IN: Final = "/signin"
CONSENT: Final = "/signin/consent"
TERMS: Final = "/signin/terms"
_SIGN_IN_AGAIN: Final = frozenset({"login", "select_account", "create"})


@dataclass(frozen=True, slots=True)
class ToApp:
    """An answer for the app: parameters, and how they travel.

    Attributes:
        token: a new session cookie, when one was made. tenant_id: the organization that answers.
    """

    asking: Asking
    answer: dict[str, str]
    tenant_id: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class ToPerson:
    """The person has to act: the path of one of our pages."""

    path: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request on its way.

    Attributes:
        browser: the browser's own token. handle: of the kept request; empty for one that just came.
        since: when a kept request came, in seconds of the machine's clock; None for one that just came.
        reviewed: the person has just looked at what the app asks for.
    """

    desk: Desk
    request: Request
    asking: Asking
    wish: Wish
    browser: str
    handle: str = ""
    since: int | None = None
    reviewed: bool = False


async def begin(desk: Desk, request: Request, word: str, browser: str, *, first: bool = False) -> ToApp | ToPerson:
    """Answer an authorization request; ``first``: one in the words of the first version.

    Raises:
        ProtocolError: for the person, on a page: nothing may go to the redirect address.
        AppError: for the app.
    """
    given = await parameters(request)
    given = first_version.authorization(given) if first else given
    asking = await requests.read(await desk.house.store.read(), word, given)
    wish = requests.check(desk, asking)
    return await _go_on(_Visit(desk, request, asking, wish, browser))


async def resume(desk: Desk, request: Request, browser: str) -> ToApp | ToPerson:
    """Go on with a kept request after the sign-in pages did their part. Raises as ``begin``."""
    handle = request.query_params.get("request", "")
    reading = await desk.house.store.read()
    kept = await signing_in.find(desk.house, reading, handle, browser)
    facts = None if kept is None else kept.facts.get("authorize")
    if kept is None or not isinstance(facts, dict):
        raise ProtocolError("invalid_request", 90014, "This sign-in is over. Start again in the app.")
    given = {str(name): str(value) for name, value in facts["given"].items()}
    asking = await requests.read(reading, str(facts.get("word") or facts["tenant"]), given)
    wish = requests.check(desk, asking)
    if kept.facts.get("declined"):
        raise AppError(asking, ProtocolError("access_denied", 65004, "The user declined."))
    reviewed = "declined" in kept.facts
    return await _go_on(_Visit(desk, request, asking, wish, browser, handle, int(facts["at"]), reviewed))


async def _go_on(visit: _Visit) -> ToApp | ToPerson:
    asking, desk = visit.asking, visit.desk
    reading = await desk.house.store.read()
    await requests.insist_on_resource(reading, asking, visit.wish.asked)
    signed_in = await authenticate_session(reading, session_token(visit.request))
    if signed_in is None or await _must_sign_in_again(visit, signed_in, reading):
        if "none" in asking.prompts:
            raise AppError(asking, ProtocolError("login_required", 50058, "The user is not signed in."))
        return await _ask_person(visit, SIGN_IN)
    await signing_in.note_use(desk.house, signed_in)
    account, token = await _enter(visit, signed_in)
    try:
        return await _with_consent(visit, signed_in, account, token)
    except AppError as failure:
        failure.token = token
        raise


async def _with_consent(visit: _Visit, signed_in: SignedIn, account: Membership, token: str | None) -> ToApp | ToPerson:
    asking, asked = visit.asking, visit.wish.asked
    reading = await visit.desk.house.store.read()
    resource = await _resource(visit, reading, account)
    consented = await resources.consented(reading, asking.app, account, resource)
    if grants.unconsented(asked, consented) or ("consent" in asking.prompts and not visit.reviewed):
        if account.tenant_id != asking.app.tenant_id:
            raise AppError(asking, ProtocolError("access_denied", 90094, "An administrator has to consent first."))
        if "none" in asking.prompts:
            raise AppError(asking, ProtocolError("consent_required", 65001, "The user has not consented."))
        return ToPerson((await _ask_person(visit, CONSENT)).path, token)
    if await terms.to_accept(reading, account) is not None:
        if "none" in asking.prompts:
            raise AppError(asking, of_refusal(Refused(Reason.TERMS_NOT_ACCEPTED)))
        return ToPerson((await _ask_person(visit, TERMS)).path, token)
    _insist_on_claims(visit, signed_in, account)
    grant = _grant(visit, signed_in, consented, resource.id)
    await _log_shared(visit, signed_in, account)
    told = {"network": whence_of(visit.request), "request_id": _request_id(visit)}
    code = await granting.make_code(visit.desk.house, asking.app, account, grant, **told)
    answer = {"code": code, "session_state": session_id(signed_in.session)}
    return ToApp(asking, answer, account.tenant_id, token)


async def _log_shared(visit: _Visit, signed_in: SignedIn, account: Membership) -> None:
    """Who uses a shared app by direct connect opens no session there, and is in that organization's log too."""
    if account.standing.tie is Tie.DIRECT_CONNECT and "none" not in visit.asking.prompts:
        await signing_in.log_sign_in(
            visit.desk.house,
            account,
            signed_in,
            network=whence_of(visit.request),
            request_id=_request_id(visit),
            client_id=visit.asking.app.client_id,
        )


async def _resource(visit: _Visit, reading: Reading, account: Membership) -> Resource:
    try:
        return await resources.for_account(reading, visit.asking.app, account, visit.wish.asked)
    except Refused as refused:
        raise AppError(visit.asking, of_refusal(refused)) from refused


async def _must_sign_in_again(visit: _Visit, signed_in: SignedIn, reading: Reading) -> bool:
    """Whether the app insists on a sign-in newer than the one there is, or means somebody else."""
    asking, since = visit.asking, visit.since
    signed_in_at = int(signed_in.session.signed_in_at.timestamp())
    if since is None:
        hint = await hints.read(visit.desk, asking.hint)
        if hint is not None and not hints.is_about(hint, signed_in):
            return True
    if asking.prompts & _SIGN_IN_AGAIN:
        return since is None or ("login" in asking.prompts and signed_in_at < since)
    max_age = asking.given.get("max_age")
    too_old = bool(max_age) and signed_in_at + int(max_age or 0) < int(reading.moment.machine.timestamp())
    return too_old and (since is None or signed_in_at < since)


async def _ask_person(visit: _Visit, page: str) -> ToPerson:
    asking, handle = visit.asking, visit.handle
    if not handle:
        moment = await visit.desk.house.store.moment()
        at = int(moment.machine.timestamp())
        handle = await signing_in.begin(
            visit.desk.house,
            browser=visit.browser,
            target=RESUME,
            tenant_id=asking.where.tenant_id or None,
            email=asking.given.get("login_hint"),
            authorize={
                "given": asking.kept,
                "word": asking.word,
                "tenant": asking.where.tenant_id or asking.app.tenant_id,
                "alias": asking.where.alias,
                "at": at,
                "app": asking.app.app_id,
            },
        )
    return ToPerson(f"{page}?request={handle}")


async def _enter(visit: _Visit, signed_in: SignedIn) -> tuple[Membership, str | None]:
    """The account that signs in; the session of its organization is opened silently by the one at home.

    Raises:
        AppError: why the person does not get in.
    """
    asking, house = visit.asking, visit.desk.house
    try:
        account = await _account(visit, signed_in)
        if not choosing.has_session(account) or signed_in.at(account.tenant_id) is not None:
            return account, None
        opened = await signing_in.open_organization(
            house, signed_in, account.tenant_id, network=whence_of(visit.request), request_id=_request_id(visit)
        )
    except Refused as refused:
        await _log(visit, signed_in, refused)
        raise AppError(asking, _not_in(refused)) from refused
    return opened.signed_in.at(account.tenant_id) or account, opened.token


async def _log(visit: _Visit, signed_in: SignedIn, refused: Refused) -> None:
    """Somebody who does not get in is in the sign-in log; a program that only looks (``prompt=none``) is not."""
    asking = visit.asking
    if "none" not in asking.prompts:
        await sign_in_log.turned_away(
            visit.desk.house,
            signed_in.person,
            asking.where.tenant_id or asking.app.tenant_id,
            refused,
            network=whence_of(visit.request),
            request_id=_request_id(visit),
            client_id=asking.app.client_id,
        )


async def _account(visit: _Visit, signed_in: SignedIn) -> Membership:
    """Which of the person's accounts; somebody from elsewhere may be let in to a shared app by direct connect."""
    asking, house = visit.asking, visit.desk.house
    reading = await house.store.read()
    person, app, where = signed_in.person, asking.app, asking.where
    try:
        return await choosing.account_for(reading, app, where, person)
    except Refused as refused:
        shared = refused.reason is Reason.NOT_FOUND or refused.facts.get("why") == "assignment"
        by = actor_of(signed_in, where.tenant_id, network=network_of(visit.request), request_id=_request_id(visit))
        if not shared or not await choosing.connect_if_shared(house, reading, app, where, person, by=by):
            raise
    return await choosing.account_for(await house.store.read(), app, where, person)


def _not_in(refused: Refused) -> ProtocolError:
    match refused.reason:
        case Reason.ACCOUNT_DISABLED:
            return ProtocolError("access_denied", 500571, "The guest user account is disabled.")
        case Reason.WRONG_STAGE if refused.facts.get("stage") == "invited":
            return ProtocolError("interaction_required", 50014, "The invitation has not been accepted yet.")
        case Reason.WRONG_STAGE:
            return ProtocolError("access_denied", 500341, "The user account has been deleted from the directory.")
        case Reason.NOT_ALLOWED if refused.facts.get("why") == "disabledHere":
            return ProtocolError("unauthorized_client", 7000112, "The app is disabled in this organization.")
        case Reason.NOT_ALLOWED:
            return ProtocolError("access_denied", 50105, "The signed in user is not assigned to the app.")
        case Reason.CONNECT_FORBIDDEN | Reason.COLLABORATION_FORBIDDEN:
            return ProtocolError("access_denied", 500213, "Cross-tenant access settings do not allow this.")
        case _ if refused.facts.get("alias"):
            text = "The account is not served here. For a guest, name the organization in the address."
            return ProtocolError("access_denied", 50020, text)
        case _:
            return ProtocolError("access_denied", 50020, "The account does not exist in this directory.")


def _insist_on_claims(visit: _Visit, signed_in: SignedIn, account: Membership) -> None:
    """Insist on the subject and the authentication class that the app called essential (section 5.5.1).

    Raises:
        AppError: it is another person, or their sign-in is not of that class.
    """
    wanted, asking = visit.wish.wanted, visit.asking
    if wanted.subject is not None and wanted.subject != minting.pairwise(visit.desk.house, account, asking.app):
        raise AppError(asking, ProtocolError("login_required", 50058, "Another user is signed in."))
    if wanted.classes and minting.class_of(signed_in.strength) not in wanted.classes:
        error = ProtocolError(
            "unmet_authentication_requirements", 50076, "The sign-in is not of the class that the app needs."
        )
        raise AppError(asking, error)


def _grant(visit: _Visit, signed_in: SignedIn, consented: tuple[str, ...], resource_id: str) -> Grant:
    given, asked = visit.asking.given, visit.wish.asked
    have = set(consented)
    names = tuple(name for name in visit.wish.wanted.names if claims_requests.scopes_behind([name]) <= have)
    return Grant(
        scope=given["scope"],
        permissions=grants.granted_delegated(asked, consented),
        nonce=given.get("nonce"),
        auth_time=signed_in.session.signed_in_at.astimezone(UTC),
        strength=signed_in.strength,
        redirect_uri=given["redirect_uri"],
        challenge=given.get("code_challenge") or None,
        session_id=session_id(signed_in.session),
        resource_id=resource_id,
        id_claims=names,
    )


def _request_id(visit: _Visit) -> str:
    return str(visit.request.scope.get("request_id") or "")


def error_answer(failure: AppError, *, trace_id: str, correlation_id: str, at: datetime) -> ToApp:
    """An error as an answer for the app."""
    description = failure.error.description(trace_id, correlation_id, at)
    asking = failure.asking
    tenant_id = asking.where.tenant_id or asking.app.tenant_id
    answer = {"error": failure.error.error, "error_description": description}
    return ToApp(asking, answer, tenant_id, failure.token)


def completed(desk: Desk, answer: ToApp) -> dict[str, str]:
    """The parameters that go to the app: with its state, and with the issuer against mix-up (RFC 9207)."""
    found = dict(answer.answer)
    state = answer.asking.given.get("state")
    if state is not None:
        found["state"] = state
    found["iss"] = issuer(desk.house, answer.tenant_id)
    return found
