"""The authorization endpoint: checks in a fixed order, then a code, an error for the app, or a page for the person.

Nothing is sent to an address before app and redirect address are known to belong together. A request that needs the
person to act is kept (bound to the browser), the sign-in pages do their part, and ``resume`` goes on from there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request

from vestibule.actions import granting, signing_in
from vestibule.actions.access import SignedIn, authenticate_session, issuer
from vestibule.actions.granting import Grant
from vestibule.doors.oidc.desk import Desk, find_authority, parameters
from vestibule.doors.oidc.errors import ProtocolError, missing, unknown_app
from vestibule.doors.web.visits import network_of, session_token
from vestibule.rules import grants
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps, consents
from vestibule.store.apps import App
from vestibule.store.memberships import Membership

PROMPTS: Final = frozenset({"none", "login", "select_account", "consent", "create"})
MODES: Final = frozenset({"query", "fragment", "form_post"})
KEPT: Final = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "prompt", "max_age", "login_hint", "domain_hint", "ui_locales",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asking:
    """An authorization request whose app and redirect address belong together.

    Attributes:
        given: its parameters. app: who asks. tenant_id: the organization to sign in to.
    """

    given: dict[str, str]
    app: App
    tenant_id: str

    @property
    def redirect_uri(self) -> str:
        """Where the answer goes."""
        return self.given["redirect_uri"]

    @property
    def mode(self) -> str:
        """How the answer travels."""
        return self.given.get("response_mode") or "query"


@dataclass(frozen=True, slots=True)
class ToApp:
    """An answer for the app: parameters, and how they travel. ``token``: a new session cookie, when one was made."""

    asking: Asking
    answer: dict[str, str]
    token: str | None = None


@dataclass(frozen=True, slots=True)
class ToPerson:
    """The person has to act: the path of one of our pages."""

    path: str
    token: str | None = None


class AppError(Exception):
    """An error that the app may be told (RFC 6749 section 4.1.2.1)."""

    def __init__(self, asking: Asking, error: ProtocolError) -> None:
        """Keep whom to tell what."""
        super().__init__(error.text)
        self.asking = asking
        self.error = error


async def begin(desk: Desk, request: Request, word: str, browser: str) -> ToApp | ToPerson:
    """Answer an authorization request.

    Raises:
        ProtocolError: for the person, on a page: nothing may go to the redirect address.
        AppError: for the app.
    """
    given = await parameters(request)
    asking = await _read(desk, word, given)
    _check(desk, asking)
    return await _go_on(desk, request, asking, browser, fresh_from=None)


async def resume(desk: Desk, request: Request, browser: str) -> ToApp | ToPerson:
    """Go on with a kept request after the sign-in pages did their part. Raises as ``begin``."""
    handle = request.query_params.get("request", "")
    kept = await signing_in.find(await desk.house.store.read(), handle, browser)
    facts = None if kept is None else kept.facts.get("authorize")
    if kept is None or not isinstance(facts, dict):
        raise ProtocolError("invalid_request", 90014, "This sign-in is over. Start again in the app.")
    given = {str(name): str(value) for name, value in facts["given"].items()}
    asking = await _read(desk, str(facts["tenant"]), given)
    _check(desk, asking)
    if kept.facts.get("declined"):
        raise AppError(asking, ProtocolError("access_denied", 65004, "The user declined."))
    return await _go_on(desk, request, asking, browser, fresh_from=int(facts["at"]), handle=handle)


async def _read(desk: Desk, word: str, given: dict[str, str]) -> Asking:
    """App and redirect address first; until they fit, every error stays on our own page."""
    reading = await desk.house.store.read()
    authority = await find_authority(reading, word)
    for name in ("client_id", "redirect_uri"):
        if not given.get(name):
            raise missing(name)
    app = await apps.find_by_client_id(reading, given["client_id"].lower())
    if app is None or (authority.organization is not None and authority.organization.tenant_id != app.tenant_id):
        raise unknown_app(given["client_id"])
    if not app.enabled:
        raise ProtocolError("unauthorized_client", 7000112, "The app is disabled.")
    registered = [*app.redirect_uris, *app.spa_redirect_uris]
    if not grants.redirect_matches(registered, given["redirect_uri"]):
        raise ProtocolError("invalid_request", 50011, "The redirect address is not registered for this app.")
    return Asking(given, app, app.tenant_id)


def _check(desk: Desk, asking: Asking) -> None:
    """What is wrong with the request itself; the app is told."""
    error = _wrong(desk, asking)
    if error is not None:
        raise AppError(asking, error)


def _wrong(desk: Desk, asking: Asking) -> ProtocolError | None:
    given = asking.given
    if given.get("request") or given.get("request_uri"):
        return ProtocolError("request_not_supported", 90023, "Request objects are not supported.")
    if given.get("response_mode") and given["response_mode"] not in MODES:
        return ProtocolError("invalid_request", 90023, "The response_mode is not supported.")
    if (given.get("response_type") or "") != "code":
        return ProtocolError("unsupported_response_type", 700054, "Only response_type 'code' is supported.")
    if not set((given.get("prompt") or "").split()) <= PROMPTS:
        return ProtocolError("invalid_request", 90023, "The prompt is not supported.")
    return _wrong_challenge(asking) or _wrong_scope(desk, given)


def _wrong_challenge(asking: Asking) -> ProtocolError | None:
    challenge, method = asking.given.get("code_challenge"), asking.given.get("code_challenge_method")
    if challenge:
        if method != "S256" or not grants.is_challenge(challenge):
            return ProtocolError("invalid_request", 501481, "Use PKCE with code_challenge_method S256.")
        return None
    if asking.app.public or asking.redirect_uri in asking.app.spa_redirect_uris:
        return ProtocolError("invalid_request", 9002325, "Proof Key for Code Exchange is required of this app.")
    return None


def _wrong_scope(desk: Desk, given: dict[str, str]) -> ProtocolError | None:
    asked = grants.read_scopes(given.get("scope") or "", origin=desk.house.public_url)
    if asked is None or not (given.get("scope") or "").strip():
        return ProtocolError("invalid_scope", 70011, "The scope is not valid.")
    if asked.foreign is not None:
        return ProtocolError("invalid_resource", 500011, "The resource principal was not found in the tenant.")
    max_age = given.get("max_age")
    if max_age and not (max_age.isascii() and max_age.isdigit() and len(max_age) < 10):
        return ProtocolError("invalid_request", 90023, "max_age is a number of seconds.")
    return None


async def _go_on(
    desk: Desk, request: Request, asking: Asking, browser: str, *, fresh_from: int | None, handle: str = ""
) -> ToApp | ToPerson:
    reading = await desk.house.store.read()
    signed_in = await authenticate_session(reading, session_token(request))
    prompts = set((asking.given.get("prompt") or "").split())
    again = signed_in is None or _must_sign_in_again(
        asking, signed_in, prompts, fresh_from, int(reading.moment.machine.timestamp())
    )
    if signed_in is None or again:
        if "none" in prompts:
            raise AppError(asking, ProtocolError("login_required", 50058, "The user is not signed in."))
        return await _ask_person(desk, asking, browser, handle, fresh_from)
    guest, token = await _enter(desk, request, asking, signed_in)
    missing_scopes = await _unconsented(desk, asking, guest)
    if missing_scopes or ("consent" in prompts and fresh_from is None):
        if "none" in prompts:
            raise AppError(asking, ProtocolError("consent_required", 65001, "The user has not consented."))
        path = await _ask_person(desk, asking, browser, handle, fresh_from, page="/signin/consent")
        return ToPerson(path.path, token)
    code = await granting.make_code(desk.house, asking.app, guest, await _grant(desk, asking, guest, signed_in))
    return ToApp(asking, {"code": code, "session_state": signed_in.session.session_hash[:36]}, token)


def _must_sign_in_again(
    asking: Asking, signed_in: SignedIn, prompts: set[str], fresh_from: int | None, now: int
) -> bool:
    """Whether the app insists on a sign-in newer than the one there is."""
    signed_in_at = int(signed_in.session.signed_in_at.timestamp())
    if prompts & {"login", "select_account"}:
        return fresh_from is None or ("login" in prompts and signed_in_at < fresh_from)
    max_age = asking.given.get("max_age")
    return (
        bool(max_age) and signed_in_at + int(max_age or 0) < now and (fresh_from is None or signed_in_at < fresh_from)
    )


async def _ask_person(
    desk: Desk, asking: Asking, browser: str, handle: str, fresh_from: int | None, page: str = "/signin"
) -> ToPerson:
    if not handle:
        moment = await desk.house.store.moment()
        at = int(moment.machine.timestamp()) if fresh_from is None else fresh_from
        kept: dict[str, Any] = {name: asking.given[name] for name in KEPT if asking.given.get(name)}
        handle = await signing_in.begin(
            desk.house,
            browser=browser,
            target="/oauth2/resume",
            tenant_id=asking.tenant_id,
            email=asking.given.get("login_hint"),
            authorize={"given": kept, "tenant": asking.tenant_id, "at": at, "app": asking.app.app_id},
        )
    return ToPerson(f"{page}?request={handle}")


async def _enter(desk: Desk, request: Request, asking: Asking, signed_in: SignedIn) -> tuple[Membership, str | None]:
    """The person's membership in the app's organization; its session is opened silently by the one at home."""
    here = signed_in.open_in.get(asking.tenant_id)
    if here is not None:
        return here, None
    try:
        opened = await signing_in.open_organization(
            desk.house, signed_in, asking.tenant_id, network=network_of(request)
        )
    except Refused as refused:
        raise AppError(asking, _not_in(refused)) from refused
    return opened.signed_in.open_in[asking.tenant_id], opened.token


def _not_in(refused: Refused) -> ProtocolError:
    match refused.reason:
        case Reason.ACCOUNT_DISABLED:
            return ProtocolError("access_denied", 500571, "The guest user account is disabled.")
        case Reason.WRONG_STAGE if refused.facts.get("stage") == "invited":
            return ProtocolError("interaction_required", 50014, "The invitation has not been accepted yet.")
        case Reason.WRONG_STAGE:
            return ProtocolError("access_denied", 500341, "The user account has been deleted from the directory.")
        case _:
            return ProtocolError("access_denied", 50020, "The account does not exist in this directory.")


async def _unconsented(desk: Desk, asking: Asking, guest: Membership) -> tuple[str, ...]:
    asked = grants.read_scopes(asking.given["scope"], origin=desk.house.public_url)
    have = await _consented(desk, asking, guest)
    return () if asked is None else grants.unconsented(asked, have)


async def _consented(desk: Desk, asking: Asking, guest: Membership) -> tuple[str, ...]:
    reading = await desk.house.store.read()
    return await consents.names_for(reading, asking.tenant_id, asking.app.app_id, guest.user_id)


async def _grant(desk: Desk, asking: Asking, guest: Membership, signed_in: SignedIn) -> Grant:
    given = asking.given
    asked = grants.read_scopes(given["scope"], origin=desk.house.public_url)
    granted = () if asked is None else grants.granted_delegated(asked, await _consented(desk, asking, guest))
    return Grant(
        scope=given["scope"],
        permissions=granted,
        nonce=given.get("nonce"),
        auth_time=signed_in.session.signed_in_at.astimezone(UTC),
        strength=signed_in.strength,
        redirect_uri=given["redirect_uri"],
        challenge=given.get("code_challenge") or None,
        session_id=signed_in.session.session_hash[:36],
    )


def error_answer(failure: AppError, *, trace_id: str, correlation_id: str, at: datetime) -> ToApp:
    """An error as an answer for the app."""
    description = failure.error.description(trace_id, correlation_id, at)
    return ToApp(failure.asking, {"error": failure.error.error, "error_description": description})


def completed(desk: Desk, answer: ToApp) -> dict[str, str]:
    """The parameters that go to the app: with its state, and with the issuer against mix-up (RFC 9207)."""
    found = dict(answer.answer)
    state = answer.asking.given.get("state")
    if state is not None:
        found["state"] = state
    found["iss"] = issuer(desk.house, answer.asking.tenant_id)
    return found
