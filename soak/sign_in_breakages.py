"""Broken builds of signing in: each leaves one check out, so that a test sees that another one notices.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from vestibule.actions import access, accounts, device_signing_in, granting, minting, signing_in
from vestibule.rules import grants, lifecycle, passcodes, providers
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import passcodes as kept_codes
from vestibule.store import providers as kept_providers
from vestibule.store import sessions, tokens
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.tokens import AuthorizationCode, RefreshToken
from vestibule.store.unit import Reading

Setting = Callable[[Any, str, Any], None]
Breakage = Callable[[Setting], None]


def nothing(*_given: Any, **_named: Any) -> None:
    """What is left of a check that was taken out."""


async def nothing_later(*_given: Any, **_named: Any) -> None:
    """The same of one that is waited for."""


def redirect_by_its_beginning(setting: Setting) -> None:
    """A redirect address only has to begin like a registered one."""

    def matches(registered: Collection[str], given: str) -> bool:
        return any(given.startswith(one) for one in registered)

    setting(grants, "redirect_matches", matches)


def no_proof_key(setting: Setting) -> None:
    """Whoever has a code need not have its verifier."""
    setting(granting, "_verifies", lambda _grant, _verifier: True)


def code_used_again(setting: Setting) -> None:
    """A code stays good when it is exchanged."""
    setting(tokens, "use_code", nothing)


def refresh_token_used_again(setting: Setting) -> None:
    """A refresh token stays good when it is rotated."""
    setting(tokens, "use_refresh", nothing)


def nonce_of_another_sign_in(setting: Setting) -> None:
    """An id_token need not be for this sign-in."""
    real = providers.why_no_id_token

    def why(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str) -> str | None:
        return real({**claims, "nonce": nonce}, issuer=issuer, client_id=client_id, nonce=nonce)

    setting(providers, "why_no_id_token", why)


def state_used_again(setting: Setting) -> None:
    """A state is not used up by coming back with it."""
    setting(kept_providers, "use_request", nothing)


def state_of_another_browser(setting: Setting) -> None:
    """Every browser counts as the one that went away."""
    real = access.secret_hash

    def blind(secret: str) -> str:
        return hashlib.sha256(b"any").hexdigest() if "browser" in secret else real(secret)

    for module in _hashing():
        setting(module, "secret_hash", blind)


def _hashing() -> list[Any]:
    from vestibule.actions import away  # noqa: PLC0415 - only this one asks for it

    return [away, signing_in]


def audience_of_somebody_else(setting: Setting) -> None:
    """An id_token for another client is as good as one for us."""
    real = providers.why_no_id_token

    def why(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str) -> str | None:
        return real({**claims, "aud": client_id}, issuer=issuer, client_id=client_id, nonce=nonce)

    setting(providers, "why_no_id_token", why)


def epoch_not_compared(setting: Setting) -> None:
    """What was born before everything was ended is still good: sessions, codes and refresh tokens."""

    async def still(reading: Reading, _app: App, born: AuthorizationCode | RefreshToken) -> Membership | Refused:
        account = await accounts.find(reading, born.tenant_id, born.user_id)
        return Refused(Reason.NOT_FOUND) if account is None else account

    setting(granting, "still", still)
    setting(access, "_stands", lambda _reading, _guest, _opened: True)


def epoch_of_the_organization_forgotten(setting: Setting) -> None:
    """What is given remembers the membership's epoch, and not its organization's."""
    setting(Membership, "access_epoch", property(lambda one: one.epoch))


def epoch_of_the_app_forgotten(setting: Setting) -> None:
    """What an app gets for somebody remembers the account's epochs, and not the app's."""
    for module in (access, device_signing_in, granting, minting):
        setting(module, "epoch_at", lambda _app, account: account.access_epoch)


def session_goes_on(setting: Setting) -> None:
    """Signing out takes the cookie and leaves the session."""
    setting(sessions, "end", nothing)


def sign_in_of_another_browser(setting: Setting) -> None:
    """A sign-in under way goes on in whatever browser has its handle."""

    async def find(house: Any, reading: Any, handle: str, _browser: str) -> Any:
        found = await sessions.find_request(reading, access.secret_hash(handle))
        return None if found is None else signing_in.unsealed(house, found)

    setting(signing_in, "find", find)


def tries_not_counted(setting: Setting) -> None:
    """A wrong code costs nothing."""
    setting(kept_codes, "count_try", nothing)


def code_without_end(setting: Setting) -> None:
    """A code sent by mail is good for ever."""

    def why_not(code: passcodes.Passcode | None, _now: datetime) -> Reason | None:
        return None if code is None or code.tries_left > 0 else Reason.TOO_MANY_TRIES

    setting(passcodes, "why_not_try", why_not)


def disabled_comes_in(setting: Setting) -> None:
    """Nobody asks whether the account is enabled."""
    setting(lifecycle, "may_sign_in", lambda _standing, _now: True)


def clock_forgotten(setting: Setting) -> None:
    """The end of a code or token is not compared with the time."""
    for module in (access, granting, signing_in):
        setting(module, "is_over", lambda _moment, _end, _offset: False)
