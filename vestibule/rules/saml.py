"""What an identity provider that speaks SAML 2.0 may be registered as, and what its assertions must say.

Standards: SAML 2.0 Core sections 2.4, 2.5 and 8.3; Profiles section 4.1.4 (web browser single sign-on).
"""

from datetime import datetime, timedelta
from typing import Final

from vestibule.ground.assertions import Assertion, Confirmation, Window
from vestibule.rules import texts
from vestibule.rules.links import read_link
from vestibule.rules.providers import LONGEST_ISSUER, SAML
from vestibule.rules.refusals import Reason, Refused

PERSISTENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NAME_ID_FORMATS: Final = (PERSISTENT, UNSPECIFIED)
"""Names that may last. A transient name is another one every time, and an address says who reads a mailbox today."""

LONGEST_URL: Final = 2048
LONGEST_NAME_ID: Final = 256
"""Core section 8.3.7: a persistent identifier has at most 256 characters."""
LONGEST_ID: Final = 512
LONGEST_ATTRIBUTE: Final = 256
LONGEST_CERTIFICATE: Final = 16 * 1024
MOST_CERTIFICATES: Final = 8
LEEWAY: Final = timedelta(seconds=60)
LONGEST_LIFE: Final = timedelta(hours=24)
"""How far ahead an assertion may end; for as long its id has to be remembered."""

EMAIL_ATTRIBUTES: Final = (
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "mail",
    "email",
)
"""Under which names providers send an address, when no other is agreed upon."""

_PREFIX: Final = f"{SAML}:"
_TENANT: Final = 36


def issuer_of(tenant_id: str, entity_id: str) -> str:
    """How the provider is called in what is kept about it, and about who comes from it.

    An entity id is only said, by whoever added the provider. An OpenID Connect issuer is proved, by the metadata that
    lie at its address. So it counts within one organization: the same id in another one is another provider, and
    brings other people.
    """
    return f"{_PREFIX}{tenant_id}:{entity_id}"


def shown_issuer(issuer: str) -> str:
    """The issuer as the outside knows it: of a SAML provider its entity id."""
    return issuer[len(_PREFIX) + _TENANT + 1 :] if issuer.startswith(_PREFIX) else issuer


def read_entity_id(text: str) -> str:
    """Who the provider is: a URI, compared letter by letter (Core section 8.3.6). Raises Refused (BAD_VALUE)."""
    scheme, colon, rest = text.partition(":")
    plain = text.isascii() and text.isprintable() and " " not in text
    if not (plain and colon and rest and scheme.isalnum()) or len(text) > LONGEST_ISSUER:
        raise Refused(Reason.BAD_VALUE, property="issuerUri", why="issuer")
    return text


def read_address(text: str, *, what: str, allow_loopback: bool) -> str:
    """An address of the provider: https, or http on a loopback address where that is allowed.

    Raises:
        Refused: BAD_VALUE with the property ``what``.
    """
    link = read_link(text) if len(text) <= LONGEST_URL and "#" not in text else None
    if link is None or (link.scheme != "https" and not (allow_loopback and link.scheme == "http" and link.is_loopback)):
        raise Refused(Reason.BAD_VALUE, property=what, why="link")
    return text


def read_format(text: str) -> str:
    """The format of NameID that is asked for and taken. Raises Refused (BAD_VALUE)."""
    if text not in NAME_ID_FORMATS:
        raise Refused(Reason.BAD_VALUE, property="nameIdFormat")
    return text


def read_attribute(text: str) -> str:
    """The attribute that holds the address. Raises Refused (BAD_VALUE)."""
    return texts.text_line(text, limit=LONGEST_ATTRIBUTE, what="emailAttribute")


# --- What its assertions must say -------------------------------------------------------------------------------------


def why_not_for_us(found: Assertion, *, issuer: str, entity_id: str, answer_to: str, request_id: str) -> str | None:
    """Why a verified assertion is not the answer to our request, or None. Times and name are judged elsewhere.

    Args:
        issuer: who has to say it. entity_id: who we are. answer_to: where it came in. request_id: what was asked.
    """
    if found.issuer != issuer or found.response_issuer not in {None, issuer}:
        return "issuer"
    if found.response_to != request_id:
        return "request"
    # Bindings section 3.5.5.2: a signed message says where it goes.
    if found.destination != answer_to and (found.destination is not None or found.response_signed):
        return "destination"
    if not found.audiences or any(entity_id not in one for one in found.audiences):
        return "audience"
    return None if found.sessions else "statement"


def why_no_name(found: Assertion, *, entity_id: str, wanted: str) -> str | None:
    """Why the assertion does not say lastingly who somebody is, or None (Core sections 2.2.2 and 8.3)."""
    name = found.name_id
    if not name or name != name.strip() or len(name) > LONGEST_NAME_ID or not name.isprintable():
        return "name"
    if (found.name_id_format or UNSPECIFIED) != wanted:
        return "nameFormat"
    return None if found.for_service in {None, entity_id} else "name"


def why_not_now(found: Assertion, *, answer_to: str, request_id: str, now: datetime) -> tuple[str | None, datetime]:
    """Why a verified assertion does not hold now, or None; and until when its id has to be remembered.

    Args:
        answer_to, request_id: as above: the confirmation has to name both (Profiles section 4.1.4.2).
        now: the machine's moment, since the provider's clock wrote the times.
    """
    bearers = [one for one in found.confirmations if _confirms(one, answer_to, request_id)]
    if not bearers:
        return "confirmation", now
    good = [one for one in bearers if _holds(one.window, now)]
    ends = max((one.window.not_on_or_after or now for one in good), default=now)
    if (
        not good
        or not _holds(found.window, now)
        or any(one is not None and one + LEEWAY <= now for one in found.sessions)
    ):
        return "expired", now
    if found.issued_at - LEEWAY > now:
        return "notYet", now
    return ("claims", now) if ends > now + LONGEST_LIFE else (None, ends + LEEWAY)


def _confirms(one: Confirmation, answer_to: str, request_id: str) -> bool:
    addressed = one.recipient == answer_to and one.in_response_to == request_id
    return one.method == BEARER and addressed and one.window.not_on_or_after is not None


def _holds(window: Window, now: datetime) -> bool:
    begun = window.not_before is None or window.not_before - LEEWAY <= now
    return begun and (window.not_on_or_after is None or now < window.not_on_or_after + LEEWAY)


def address_in(found: Assertion, attribute: str | None) -> str | None:
    """The one address that the assertion names; None when it names none, or several."""
    names = EMAIL_ATTRIBUTES if attribute is None else (attribute,)
    values = {value for name in names for value in found.attributes.get(name, ())}
    return values.pop() if len(values) == 1 else None
