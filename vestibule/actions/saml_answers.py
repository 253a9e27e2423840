"""Asking a SAML provider who somebody is, and judging what it answers (SAML 2.0 Profiles section 4.1).

An organization is a service provider of its own: what its providers say is said to it alone. A provider's times are
judged by the machine's clock, as those of tokens are; the library that checks the signatures is asked for nothing else.
"""

import asyncio
import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from vestibule.actions.house import House
from vestibule.ground import public_keys, saml, saml_responses
from vestibule.ground.saml import BadSaml
from vestibule.rules import saml as rules
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.providers import IdentityProvider

ANSWERS: Final = "/signin/federated/saml"
"""Where providers post their answers (the assertion consumer service), whatever the organization."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an assertion that holds says.

    Attributes:
        claims: ``sub``, and ``email`` where it names one address; as an id_token has them.
        assertion_id: good once. ends: until when that has to be remembered, by the machine's clock.
    """

    claims: dict[str, Any]
    assertion_id: str
    ends: datetime


def entity_id(house: House, tenant_id: str) -> str:
    """Who an organization is to its providers: the address at which it describes itself."""
    return f"{house.public_url}/signin/federated/{tenant_id}/saml/metadata"


def metadata(house: House, tenant_id: str) -> bytes:
    """How an organization describes itself to a provider."""
    who = entity_id(house, tenant_id)
    return saml.metadata(entity_id=who, answer_to=house.public_url + ANSWERS, names=rules.PERSISTENT)


def request_address(house: House, provider: IdentityProvider, *, request_id: str, state: str) -> str:
    """Where a browser goes with our request. The state is opaque and of less than 80 octets (Bindings 3.4.3)."""
    asked = saml.request(
        request_id=request_id,
        at=house.clock.now(),
        destination=provider.authorization_endpoint,
        entity_id=entity_id(house, provider.tenant_id),
        answer_to=house.public_url + ANSWERS,
        names=provider.name_id_format or rules.PERSISTENT,
    )
    endpoint = provider.authorization_endpoint
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode({'SAMLRequest': asked, 'RelayState': state})}"


async def judge(house: House, provider: IdentityProvider, encoded: str, *, request_id: str) -> Said:
    """What a provider says in answer to a request.

    Raises:
        Refused: PROVIDER_REFUSED with ``why``.
    """
    now = house.clock.now()
    certificates = [der for der in map(base64.b64decode, provider.certificates) if _holds(der, now)]
    try:
        # Some milliseconds of checking, which nobody else has to wait for.
        found = await asyncio.to_thread(saml_responses.read_response, encoded, certificates)
    except BadSaml as bad:
        raise Refused(Reason.PROVIDER_REFUSED, why=bad.fault.value) from bad
    answer_to, me = house.public_url + ANSWERS, entity_id(house, provider.tenant_id)
    issuer = rules.shown_issuer(provider.issuer)
    reason = rules.why_not_for_us(found, issuer=issuer, entity_id=me, answer_to=answer_to, request_id=request_id)
    reason = reason or rules.why_no_name(found, entity_id=me, wanted=provider.name_id_format or rules.PERSISTENT)
    late, ends = rules.why_not_now(found, answer_to=answer_to, request_id=request_id, now=now)
    if reason is not None or late is not None:
        raise Refused(Reason.PROVIDER_REFUSED, why=reason or late)
    email = rules.address_in(found, provider.email_attribute)
    claims = {"sub": found.name_id, **({"email": email} if email is not None else {})}
    return Said(claims, found.assertion_id, ends)


def _holds(der: bytes, now: datetime) -> bool:
    """Whether a certificate counts now: an administrator who gave one with an end meant it."""
    found = public_keys.read_certificate(der)
    return found.starts_at <= now < found.expires_at
