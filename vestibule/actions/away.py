"""Browsers that are away at another provider: what they went with, and that they come back once, and the same.

What a browser carries is a state. Everything else about its errand lies here, sealed, under the hash of that state.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

from vestibule.actions import signing_in
from vestibule.actions.access import is_over, secret_hash
from vestibule.actions.house import House
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import providers
from vestibule.store.providers import FederationRequest, IdentityProvider
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading, Unit

REQUEST_LIFE: Final = timedelta(minutes=60)
_SEALED_FOR: Final = "federation-request"


class Errand(StrEnum):
    """What a browser is away for; what comes back for another one than it went for is good for nothing."""

    OIDC = "oidc"
    SAML = "saml"
    ANSWERED = "answered"  # a SAML provider has answered; only the browser is not back yet


class Away(msgspec.Struct, frozen=True):
    """What the browser does not carry with it.

    Attributes:
        nonce, verifier: of a request by OpenID Connect. request_id: of one by SAML. handle: of the sign-in under way.
        claims: what a SAML provider said.
    """

    nonce: str
    verifier: str
    handle: str
    errand: Errand = Errand.OIDC
    request_id: str = ""
    claims: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Back:
    """A browser that came back with a state that was good."""

    asked: FederationRequest
    away: Away
    provider: IdentityProvider
    flow: SignInRequest


def asked_for(
    house: House,
    unit: Unit,
    provider: IdentityProvider,
    *,
    browser_hash: str,
    state: str,
    away: Away,
    life: timedelta = REQUEST_LIFE,
) -> FederationRequest:
    """A browser is away, for as long as ``life`` at most; it comes back with the state."""
    state_hash = secret_hash(state)
    sealed = house.sealer.seal(house.sealer.derive(_SEALED_FOR), msgspec.json.encode(away), state_hash.encode())
    return FederationRequest(
        tenant_id=provider.tenant_id,
        state_hash=state_hash,
        browser_hash=browser_hash,
        provider_id=provider.provider_id,
        sealed=sealed,
        expires_at=unit.moment.machine + life,
        offset_at_birth=unit.moment.offset // timedelta(microseconds=1),
        generation=unit.moment.generation,
    )


async def waiting(house: House, reading: Reading, state: str, errand: Errand) -> tuple[FederationRequest, Away]:
    """What a browser went away with.

    Raises:
        Refused: CODE_EXPIRED for a state that was never given, was used, is too old, or is for another errand.
    """
    asked = await providers.find_request(reading, secret_hash(state)) if state else None
    if asked is None or asked.generation != reading.moment.generation:
        raise Refused(Reason.CODE_EXPIRED)
    if is_over(reading.moment, asked.expires_at, asked.offset_at_birth):
        raise Refused(Reason.CODE_EXPIRED)
    key = house.sealer.derive(_SEALED_FOR)
    away = msgspec.json.decode(house.sealer.open(key, asked.sealed, asked.state_hash.encode()), type=Away)
    if away.errand is not errand:
        raise Refused(Reason.CODE_EXPIRED)
    return asked, away


async def take(house: House, state: str, browser: str, errand: Errand) -> Back:
    """Use up the state, whatever comes after: whoever comes with it a second time comes too late.

    Raises:
        Refused: as ``waiting``, and for another browser; PROVIDER_REFUSED for a provider that is switched off.
    """

    async def work(unit: Unit) -> tuple[FederationRequest, Away]:
        asked, away = await waiting(house, unit, state, errand)
        # Another browser does not use it up: somebody who only saw the state could spoil the sign-in otherwise.
        if not browser or asked.browser_hash != secret_hash(browser):
            raise Refused(Reason.CODE_EXPIRED)
        providers.use_request(unit, asked)
        return asked, away

    asked, away = await house.change(work)
    reading = await house.store.read()
    provider = await providers.find(reading, asked.tenant_id, asked.provider_id)
    flow = await signing_in.find(house, reading, away.handle, browser)
    if flow is None:
        raise Refused(Reason.CODE_EXPIRED)
    if provider is None or not provider.enabled:
        raise Refused(Reason.PROVIDER_REFUSED, why="off")
    return Back(asked, away, provider, flow)
