"""Signing in at another provider: OpenID Connect with a code, a proof key, a nonce and a state (RFC 9700 section 2.1).

A browser goes to a provider that speaks SAML in the same way and comes back through ``asserting``; what happens on the
way back after that is one path.

The browser goes away with a state that is good once, in that browser, for the sign-in it began in. What comes back is
believed only after the provider itself gave an id_token for it that is signed, new, and meant for us. A person is who
the issuer calls by a subject: an address never says who somebody is, whoever vouches for it.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import structlog

from vestibule.actions import abroad, proofs, providers, saml_answers, sign_in_log, signing_in
from vestibule.actions.abroad import Abroad, Metadata
from vestibule.actions.away import Away, Back, Errand, asked_for, take
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.actions.signing_in import Opened, opened, write_session
from vestibule.rules import lifecycle, names
from vestibule.rules import providers as rules
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships, people, sessions
from vestibule.store import providers as kept_providers
from vestibule.store.people import Person
from vestibule.store.providers import IdentityProvider
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Duplicate, Reading, Unit

log = structlog.get_logger(__name__)

CALLBACK: Final = "/signin/federated"
SCOPE: Final = "openid email"
LONGEST_CODE: Final = 4096
ID_TOKEN_TYPES: Final = frozenset({None, "JWT"})
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody came back and is signed in. ``handle``: of the sign-in that they went away from."""

    opened: Opened
    handle: str


async def begin(
    house: House, known: Abroad, request: SignInRequest, handle: str, *, provider_id: str, typed: str = ""
) -> str:
    """Send a browser to a provider of the organization that is signed in to. Returns the address there.

    Args:
        house: the house. known: what is known of providers.
        request, handle: the sign-in under way, which says which organization is meant.
        provider_id: which provider.
        typed: the address that the person just typed here; nothing that anybody else said goes along.

    Raises:
        Refused: NOT_FOUND for a provider that this organization does not have, or has switched off; PROVIDER_AWAY,
            PROVIDER_REFUSED.
    """
    tenant_id = str(request.facts.get("tenant") or "")
    provider = await _enabled(await house.store.read(), tenant_id, provider_id)
    if provider.kind == rules.SAML:
        return await _begin_saml(house, request, handle, provider)
    metadata = await known.metadata(provider.issuer)
    state, away = house.chance.token(), Away(house.chance.token(), house.chance.token(48), handle)

    async def work(unit: Unit) -> IdentityProvider:
        current = await _enabled(unit, tenant_id, provider_id)
        kept_providers.insert_request(
            unit, asked_for(house, unit, current, browser_hash=request.browser_hash, state=state, away=away)
        )
        if current.authorization_endpoint != metadata.authorization_endpoint:
            kept_providers.moved(unit, current, metadata.authorization_endpoint)
        return current

    return _address(house, await house.change(work), metadata, state, away, typed)


async def finish(
    house: House,
    known: Abroad,
    given: Mapping[str, str],
    *,
    browser: str,
    network: str,
    old_token: str | None = None,
) -> Arrived:
    """Take what a browser came back with, and sign in whoever the provider says it is.

    Raises:
        Refused: CODE_EXPIRED for a state that was never given, was used, is too old, or belongs to another browser;
            PROVIDER_REFUSED with ``why`` (the provider is switched off, said no, or its answer does not fit);
            PROVIDER_AWAY; ACCOUNT_DISABLED, and then nobody is signed in anywhere.
    """
    back = await take(house, given.get("state", ""), browser, Errand.OIDC)
    async with sign_in_log.from_provider(house, back.provider, network=network):
        claims = await _claims(house, known, back, given)
        return await sign_in(house, back, claims, network=network, old_token=old_token)


async def _claims(house: House, known: Abroad, back: Back, given: Mapping[str, str]) -> Mapping[str, Any]:
    """What the provider says about whoever came back, once all of it holds. Raises Refused."""
    metadata = await known.metadata(back.provider.issuer)
    reason = rules.why_no_answer(given, back.provider.issuer, must_name_issuer=metadata.names_issuer)
    if reason is not None:
        raise Refused(Reason.PROVIDER_REFUSED, why=reason)
    if given.get("error") or not 0 < len(given.get("code", "")) <= LONGEST_CODE:
        raise Refused(Reason.PROVIDER_REFUSED, why="declined")
    token = await _exchange(house, back, metadata, given["code"])
    claims = await known.verify(token, back.provider.issuer, typ=ID_TOKEN_TYPES)
    reason = rules.why_no_id_token(
        claims, issuer=back.provider.issuer, client_id=back.provider.client_id, nonce=back.away.nonce
    )
    if reason is not None:
        raise Refused(Reason.PROVIDER_REFUSED, why=reason)
    return claims


def subject_of(house: House, issuer: str, subject: str) -> str:
    """How a person from another provider is found again: what the provider calls them is kept as a keyed hash alone."""
    return house.sealer.mac("federated-subject", f"{issuer}\n{subject}".encode()).hex()


# --- There --------------------------------------------------------------------------------------------------------


async def _enabled(reading: Reading, tenant_id: str, provider_id: str) -> IdentityProvider:
    found = await kept_providers.find(reading, tenant_id, provider_id)
    if found is None or not found.enabled:
        raise Refused(Reason.NOT_FOUND, objectId=provider_id)
    return found


async def _begin_saml(house: House, request: SignInRequest, handle: str, provider: IdentityProvider) -> str:
    """The address that a browser is sent to, with a request whose id the answer has to name."""
    state, away = house.chance.token(), Away("", "", handle, Errand.SAML, f"_{house.chance.token()}")

    async def work(unit: Unit) -> IdentityProvider:
        current = await _enabled(unit, provider.tenant_id, provider.provider_id)
        kept_providers.insert_request(
            unit, asked_for(house, unit, current, browser_hash=request.browser_hash, state=state, away=away)
        )
        return current

    current = await house.change(work)
    return saml_answers.request_address(house, current, request_id=away.request_id, state=state)


def _address(house: House, provider: IdentityProvider, metadata: Metadata, state: str, away: Away, typed: str) -> str:
    digest = hashlib.sha256(away.verifier.encode()).digest()
    asked = {
        "client_id": provider.client_id,
        "response_type": "code",
        "redirect_uri": house.public_url + CALLBACK,
        "scope": SCOPE,
        "state": state,
        "nonce": away.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **({"login_hint": typed} if typed else {}),
    }
    endpoint = metadata.authorization_endpoint
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


# --- And back -----------------------------------------------------------------------------------------------------


async def _exchange(house: House, back: Back, metadata: Metadata, code: str) -> str:
    """The id_token for a code (Core section 3.1.3)."""
    provider, secret = back.provider, providers.secret_of(house, back.provider)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": house.public_url + CALLBACK,
        "code_verifier": back.away.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if metadata.basic:
        pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 section 2.3.1
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    body = urlencode(form).encode()
    answer = await abroad.ask(house, "POST", metadata.token_endpoint, headers=headers, body=body)
    if answer.status != _OK:
        log.warning("provider_gave_no_token", provider_id=provider.provider_id, status=answer.status)
        raise Refused(Reason.PROVIDER_REFUSED, why="code")
    token = abroad.json_of(answer).get("id_token")
    if not isinstance(token, str):
        raise Refused(Reason.PROVIDER_REFUSED, why="document")
    return token


async def sign_in(
    house: House, back: Back, claims: Mapping[str, Any], *, network: str, old_token: str | None
) -> Arrived:
    """Sign in whoever the provider says it is (``sub``), with the address that it vouches for (``email``).

    Raises:
        Refused: PROVIDER_REFUSED for a provider that is switched off meanwhile; ACCOUNT_DISABLED.
    """
    token = house.chance.token()

    async def work(unit: Unit) -> None:
        provider = await kept_providers.find(unit, back.asked.tenant_id, back.asked.provider_id)
        if provider is None or not provider.enabled or provider.issuer != back.provider.issuer:
            raise Refused(Reason.PROVIDER_REFUSED, why="off")
        kept_providers.guard(unit, provider)
        person = await _person(house, unit, provider, str(claims["sub"]))
        await _insist_on_standing(unit, provider.tenant_id, person)
        changed = await _with_address(house, unit, back.flow, provider, person, claims)
        if changed is not None:
            sessions.save_request(unit, signing_in.sealed(house, changed))
        await write_session(house, unit, person, Strength.FEDERATED, token=token, network=network, old_token=old_token)

    try:
        await house.change(work)
    except Duplicate:  # somebody who is new here came back in two browsers at the same moment
        await house.change(work)
    return Arrived(await opened(house, token), back.away.handle)


async def _person(house: House, unit: Unit, provider: IdentityProvider, subject: str) -> Person:
    """Who the issuer calls this, made on first sight."""
    kept = subject_of(house, provider.issuer, subject)
    known = await people.find_by_identity(unit, provider.issuer, kept)
    if known is not None:
        return known
    person = Person(
        person_id=house.chance.guid(),
        issuer=provider.issuer,
        subject=kept,
        home_tenant=None,
        home_user=None,
        preferred_language=None,
        version=1,
        created_at=unit.now,
    )
    people.insert(unit, person)
    return person


async def _insist_on_standing(unit: Unit, tenant_id: str, person: Person) -> None:
    """Who is disabled in the organization whose provider they come from is not half signed in either."""
    mine = await memberships.of_person_here(unit, tenant_id, person.person_id)
    present = [one for one in mine if isinstance(one.stage, Present)]
    if present and not any(lifecycle.may_sign_in(one.standing, unit.now) for one in present):
        raise Refused(Reason.ACCOUNT_DISABLED, tenantId=tenant_id, userId=present[0].user_id)


async def _with_address(
    house: House,
    unit: Unit,
    flow: SignInRequest,
    provider: IdentityProvider,
    person: Person,
    claims: Mapping[str, Any],
) -> SignInRequest | None:
    """The sign-in with the address that the provider vouches for, where this organization believes it that domain."""
    address = names.read_address(rules.proves_address(claims) or "")
    if address is None:
        return None
    responsible = await kept_providers.responsible(unit, provider.tenant_id, address.domain.name)
    if responsible is None or responsible.provider_id != provider.provider_id:
        return None
    mac = address_mac(house, address.key)
    return proofs.with_proof(flow, person_id=person.person_id, mac=mac, tenant_id=provider.tenant_id)
