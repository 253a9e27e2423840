"""Authorization requests: which app asks, where the answer goes, and what is wrong with the rest.

Nothing is sent to an address before app and address are known to belong together; until then every error stays on our
own page (RFC 6749 section 4.1.2.1).
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from vestibule.actions import resources
from vestibule.actions.choosing import Where
from vestibule.doors.oidc import wanted_claims
from vestibule.doors.oidc.clients import find_app
from vestibule.doors.oidc.desk import Desk, find_authority, needed
from vestibule.doors.oidc.errors import ProtocolError, of_refusal
from vestibule.rules import apps as app_rules
from vestibule.rules import grants
from vestibule.rules.claims_requests import Wanted
from vestibule.rules.grants import Asked
from vestibule.rules.refusals import Refused
from vestibule.store.apps import App
from vestibule.store.unit import Reading

PROMPTS: Final = frozenset({"none", "login", "select_account", "consent", "create"})
MODES: Final = frozenset({"query", "fragment", "form_post"})
KEPT: Final = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "prompt", "max_age", "login_hint", "domain_hint", "ui_locales", "claims", "id_token_hint",
    "acr_values",
)  # fmt: skip
"""The parameters that are kept while a person acts; any other is left alone."""


@dataclass(frozen=True, slots=True)
class Asking:
    """An authorization request whose app and redirect address belong together.

    Attributes:
        given: its parameters. app: who asks. where: the organization to sign in to, or an alias.
        word: how the path named it.
    """

    given: dict[str, str]
    app: App
    where: Where
    word: str

    @property
    def redirect_uri(self) -> str:
        """Where the answer goes."""
        return self.given["redirect_uri"]

    @property
    def mode(self) -> str:
        """How the answer travels; one that is not known, or that the address cannot take, in the query."""
        mode = self.given.get("response_mode") or "query"
        return mode if mode in MODES and not (mode == "form_post" and not self.takes_forms) else "query"

    @property
    def takes_forms(self) -> bool:
        """Whether a form can be posted to the address: an app's own scheme takes none."""
        return urlsplit(self.redirect_uri).scheme in {"http", "https"}

    @property
    def is_page(self) -> bool:
        """Whether the answer goes to a page in a browser, which keeps no secret."""
        return self.redirect_uri in self.app.spa_redirect_uris

    @property
    def hint(self) -> str | None:
        """Whom the app means: a former id_token of its own, or one that it holds otherwise."""
        return self.given.get("id_token_hint") or None

    @property
    def prompts(self) -> frozenset[str]:
        """What the app wants the person to be asked."""
        return frozenset((self.given.get("prompt") or "").split())

    @property
    def kept(self) -> dict[str, Any]:
        """What is kept of it while a person acts."""
        return {name: self.given[name] for name in KEPT if self.given.get(name)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an authorization request is for, once it is known to be sound.

    Attributes:
        asked: its scopes. wanted: its ``claims``.
    """

    asked: Asked
    wanted: Wanted


class AppError(Exception):
    """An error that the app may be told (RFC 6749 section 4.1.2.1).

    Attributes:
        token: a new session cookie that goes out with it, when the session's token changed on the way.
    """

    def __init__(self, asking: Asking, error: ProtocolError) -> None:
        """Keep whom to tell what."""
        super().__init__(error.text)
        self.asking = asking
        self.error = error
        self.token: str | None = None


async def read(reading: Reading, word: str, given: dict[str, str]) -> Asking:
    """App and redirect address.

    Raises:
        ProtocolError: for the person, on a page of ours.
    """
    authority = await find_authority(reading, word)
    client_id, redirect_uri = needed(given, "client_id", "redirect_uri")
    app = await find_app(reading, client_id, authority)
    if not grants.redirect_matches([*app.redirect_uris, *app.spa_redirect_uris], redirect_uri):
        raise ProtocolError("invalid_request", 50011, "The redirect address is not registered for this app.")
    return Asking(given, app, authority.where, word)


def check(desk: Desk, asking: Asking) -> Wish:
    """What the request is for.

    Raises:
        AppError: what is wrong with it.
    """
    try:
        _insist_on_form(asking)
        _insist_on_challenge(asking)
        wanted = wanted_claims.read(asking.given.get("claims"))
        return Wish(_scopes(desk, asking), wanted)
    except ProtocolError as error:
        raise AppError(asking, error) from error


async def insist_on_resource(reading: Reading, asking: Asking, asked: Asked) -> None:
    """Insist that the scopes are about something that exists, as far as that is known before somebody signs in.

    Raises:
        AppError: there is no such resource, or it has no such scope.
    """
    try:
        await resources.find(reading, asking.where.tenant_id or asking.app.tenant_id, asked)
    except Refused as refused:
        raise AppError(asking, of_refusal(refused)) from refused


def _insist_on_form(asking: Asking) -> None:
    given = asking.given
    if given.get("request") or given.get("request_uri"):
        raise ProtocolError("request_not_supported", 90023, "Request objects are not supported.")
    if given.get("response_mode") and given["response_mode"] not in MODES:
        raise ProtocolError("invalid_request", 90023, "The response_mode is not supported.")
    if given.get("response_mode") == "form_post" and not asking.takes_forms:
        raise ProtocolError("invalid_request", 90023, "No form can be posted to this redirect address.")
    if (given.get("response_type") or "") != "code":
        raise ProtocolError("unsupported_response_type", 700054, "Only response_type 'code' is supported.")
    if not asking.prompts <= PROMPTS or ("none" in asking.prompts and len(asking.prompts) > 1):
        raise ProtocolError("invalid_request", 90023, "The prompt is not supported.")
    max_age = given.get("max_age")
    if max_age and not (max_age.isascii() and max_age.isdigit() and len(max_age) < 10):
        raise ProtocolError("invalid_request", 90023, "max_age is a number of seconds.")


def _insist_on_challenge(asking: Asking) -> None:
    challenge, method = asking.given.get("code_challenge"), asking.given.get("code_challenge_method")
    if challenge:
        if method != "S256" or not grants.is_challenge(challenge):
            raise ProtocolError("invalid_request", 501481, "Use PKCE with code_challenge_method S256.")
    elif app_rules.requires_pkce(asking.app.attributes, public=asking.app.public) or asking.is_page:
        raise ProtocolError("invalid_request", 9002325, "Proof Key for Code Exchange is required of this app.")


def _scopes(desk: Desk, asking: Asking) -> Asked:
    scope = asking.given.get("scope") or ""
    try:
        asked = resources.read_asked(desk.house, scope)
    except Refused as refused:
        raise of_refusal(refused) from refused
    if not scope.strip():
        raise ProtocolError("invalid_scope", 70011, "The scope is missing.")
    return asked
