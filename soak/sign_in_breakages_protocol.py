"""Broken builds of OpenID Connect, OAuth and tokens: each leaves one check out.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from jinja2 import Environment
from starlette.requests import Request

from soak.sign_in_breakages import Setting, epoch_not_compared, epoch_of_the_app_forgotten, nothing, nothing_later
from vestibule.actions import access, accounts, device_signing_in, granting, inspecting, telling_apps
from vestibule.actions.access import secret_hash
from vestibule.actions.minting import grant_of
from vestibule.doors.oidc import about_tokens, asking, authorize, clients, desk, device
from vestibule.doors.oidc import tokens as endpoint
from vestibule.doors.oidc.asking import Asking
from vestibule.doors.oidc.clients import Client
from vestibule.doors.web import pages
from vestibule.ground import signing
from vestibule.ground.signing import PublicKey
from vestibule.rules import grants, redirects
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import app_keys, tokens
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading

# --- Where answers go -------------------------------------------------------------------------------------------------


def any_redirect_address(setting: Setting) -> None:
    """Answers go to whatever address a request names."""
    setting(grants, "redirect_matches", lambda _registered, _given: True)


def first_address_learned(setting: Setting) -> None:
    """An app without addresses is sent to the one that a request names."""

    def matches(registered: Collection[str], given: str) -> bool:
        return not registered or given in registered

    setting(grants, "redirect_matches", matches)


def any_address_registered(setting: Setting) -> None:
    """An app may register whatever address it likes to be sent back to."""
    setting(redirects, "web_address", lambda text, *, what: text)  # noqa: ARG005 - it is called with the property


def code_of_any_address(setting: Setting) -> None:
    """A code is exchanged whatever address the request names."""
    real = granting.exchange_code

    async def exchange(house: Any, ring: Any, app: App, *, tenant_id: str, code: str, **more: Any) -> Any:
        found = await tokens.find_code(await house.store.read(), tenant_id, secret_hash(code))
        if found is not None:
            more["redirect_uri"] = grant_of(found.facts, found.family_id).redirect_uri
        return await real(house, ring, app, tenant_id=tenant_id, code=code, **more)

    setting(granting, "exchange_code", exchange)


# --- What is asked for ------------------------------------------------------------------------------------------------


def every_response_type(setting: Setting) -> None:
    """Every other response type is answered like ``code``."""
    real = asking._insist_on_form  # noqa: SLF001 - what is broken is inside

    def insist(one: Asking) -> None:
        real(replace(one, given={**one.given, "response_type": "code"}))

    setting(asking, "_insist_on_form", insist)


def way_back_has_a_say(setting: Setting) -> None:
    """Parameters on the way back from the sign-in pages replace those of the request that was kept."""
    real_resume, real_read = authorize.resume, asking.read
    smuggled: dict[str, str] = {}

    async def resume(desk_: Any, request: Request, browser: str) -> Any:
        smuggled.update({name: value for name, value in request.query_params.items() if name != "request"})
        return await real_resume(desk_, request, browser)

    async def read(reading: Reading, word: str, given: Mapping[str, str]) -> Asking:
        return await real_read(reading, word, {**given, **smuggled})

    setting(authorize, "resume", resume)
    setting(asking, "read", read)


def refresh_gives_what_is_consented(setting: Setting) -> None:
    """A refresh token gives whatever was ever consented, and not only what this sign-in asked for."""

    def both(_granted: Sequence[str], consented: Sequence[str]) -> tuple[str, ...]:
        return tuple(consented)

    setting(granting, "_both", both)


def any_scope_of_its_own(setting: Setting) -> None:
    """A program gets for itself what it asks for by name, granted or not."""
    real = granting.for_app

    async def for_app(house: Any, ring: Any, app: App, *, scope: str, **more: Any) -> Any:
        resource, _, name = scope.rpartition("/")
        asks = replace(app, permissions=[*app.permissions, name]) if name != ".default" else app
        return await real(house, ring, asks, scope=f"{resource}/.default", **more)

    setting(granting, "for_app", for_app)


def passwords_for_every_app(setting: Setting) -> None:
    """Every app may ask for a person's password."""
    real = clients.authenticate

    async def authenticate(*given: Any) -> Client:
        client = await real(*given)
        return replace(client, app=replace(client.app, password_grant=True))

    setting(endpoint, "authenticate", authenticate)


def devices_need_no_consent(setting: Setting) -> None:
    """Whoever approves a device is not asked what for."""
    setting(grants, "unconsented", lambda _asked, _consented: ())


def last_parameter_counts(setting: Setting) -> None:
    """Of a parameter that is there twice the last one is taken."""

    async def form(request: Request) -> dict[str, str]:
        return dict(desk._query(request)) | dict(await desk._form(request))  # noqa: SLF001

    setting(desk, "_once", dict)
    for module in (about_tokens, device, endpoint):
        setting(module, "form", form)


def sizes_not_looked_at(setting: Setting) -> None:
    """A request may be as long as it likes."""
    for name in ("LARGEST_BODY", "LARGEST_QUERY", "LONGEST_VALUE"):
        setting(desk, name, 1 << 40)


def parameters_not_counted(setting: Setting) -> None:
    """A request may have as many parameters as it likes."""
    setting(desk, "MOST_PARAMETERS", 1 << 40)
    setting(desk, "LARGEST_QUERY", 1 << 40)


def pages_not_escaped(setting: Setting) -> None:
    """What was sent is HTML on our pages."""
    setting(pages, "Environment", partial(_open_to_all, Environment))


def _open_to_all(environment: Any, **given: Any) -> Any:
    return environment(**{**given, "autoescape": False, "bytecode_cache": None})


# --- Devices ----------------------------------------------------------------------------------------------------------


def device_not_described(setting: Setting) -> None:
    """The page does not say from where a device asked."""
    setting(device_signing_in, "_network_of", lambda _house, _grant: "")


def guests_on_devices(setting: Setting) -> None:
    """Guests sign in on devices everywhere."""
    setting(device_signing_in, "insist_served", nothing_later)


# --- Tokens -----------------------------------------------------------------------------------------------------------


def any_kind_of_token(setting: Setting) -> None:
    """A token of one kind is as good as one of another."""
    setting(signing, "_is_expected", lambda _found, _typ: True)


def signature_not_looked_at(setting: Setting) -> None:
    """A token is believed whoever signed it."""
    setting(signing, "_check_signature", nothing)


def unsigned_tokens_believed(setting: Setting) -> None:
    """A token that says it needs no signature (``none``) is believed."""
    choose, check = signing._choose_key, signing._check_signature  # noqa: SLF001

    def choose_key(header: Mapping[str, Any], keys: Mapping[str, PublicKey], *rest: Any) -> tuple[str, PublicKey]:
        if header.get("alg") == "none":
            return "none", next(iter(keys.values()))
        return choose(header, keys, *rest)

    def check_signature(key: PublicKey, algorithm: str, signed: bytes, signature: bytes) -> None:
        if algorithm != "none":
            check(key, algorithm, signed, signature)

    setting(signing, "_choose_key", choose_key)
    setting(signing, "_check_signature", check_signature)


def header_has_a_say(setting: Setting) -> None:
    """Members that would bring a key along, or change how a token is read, are passed over."""
    setting(signing, "_REFUSED_MEMBERS", frozenset())


def assertion_used_again(setting: Setting) -> None:
    """Nobody writes down that an assertion was used."""
    setting(app_keys, "use_assertion", nothing)


def token_outlives_its_account(setting: Setting) -> None:
    """A token is good until it expires, whatever became of the account."""

    async def account(reading: Reading, _app: App, claims: Mapping[str, Any]) -> Membership:
        found = await accounts.find(reading, str(claims["tid"]), str(claims.get("oid", "")))
        if found is None:
            raise Refused(Reason.NOT_SIGNED_IN, why="revoked")
        return found

    for module in (about_tokens, access, inspecting):
        setting(module, "account_behind", account)


def ending_ends_nothing(setting: Setting) -> None:
    """What ends the access of a person is written down; codes, sessions and refresh tokens of before do not ask."""
    epoch_not_compared(setting)
    apps_not_told(setting)


def apps_get_it_all_back(setting: Setting) -> None:
    """What an app was given sleeps while the app is switched off or deleted, and is good again with it."""
    epoch_of_the_app_forgotten(setting)
    setting(tokens, "end_of_app", nothing)


def apps_not_told(setting: Setting) -> None:
    """Somebody is gone, and what apps hold of their sign-ins is neither ended nor told of."""
    setting(telling_apps, "tell_all", nothing_later)
