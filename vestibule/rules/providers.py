"""What an identity provider of an organization may be registered as, and what its answers must say.

Standards: OpenID Connect Core 1.0 section 3.1.3.7, OpenID Connect Discovery 1.0 section 4, RFC 9207, RFC 9700.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from vestibule.rules import texts
from vestibule.rules.domains import read_domain
from vestibule.rules.links import read_link
from vestibule.rules.refusals import Reason, Refused

OIDC: Final = "oidc"
SAML: Final = "saml"
LONGEST_NAME: Final = 256
LONGEST_CLIENT_ID: Final = 256
LONGEST_SECRET: Final = 1024
LONGEST_ISSUER: Final = 1024
LONGEST_SUBJECT: Final = 255
"""OpenID Connect Core section 2: ``sub`` has at most 255 characters."""
MOST_DOMAINS: Final = 50
MOST: Final = 50
"""Providers of one organization: each is a button."""

WELL_KNOWN: Final = "/.well-known/openid-configuration"
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


def read_issuer(text: str, *, what: str, allow_loopback: bool) -> str:
    """Return the issuer that ``text`` is: https, or http on a loopback address where that is allowed.

    Raises:
        Refused: BAD_VALUE with the property ``what``.
    """
    link = read_link(text) if len(text) <= LONGEST_ISSUER else None
    if link is None or "#" in text or "?" in text:
        raise Refused(Reason.BAD_VALUE, property=what, why="issuer")
    if link.scheme != "https" and not (allow_loopback and link.scheme == "http" and link.is_loopback):
        raise Refused(Reason.BAD_VALUE, property=what, why="issuer")
    return text


def read_metadata_url(url: str, *, allow_loopback: bool) -> str:
    """The address of an issuer's metadata (Discovery section 4.1).

    Raises:
        Refused: BAD_VALUE with the property ``metadataUrl``.
    """
    if not url.endswith(WELL_KNOWN):
        raise Refused(Reason.BAD_VALUE, property="metadataUrl", why="metadata")
    read_issuer(url.removesuffix(WELL_KNOWN), what="metadataUrl", allow_loopback=allow_loopback)
    return url


def metadata_url(issuer: str) -> str:
    """Where an issuer publishes its metadata; a slash at its end is not doubled (Discovery section 4.1)."""
    return issuer.removesuffix("/") + WELL_KNOWN


def read_name(text: str) -> str:
    """The name on the button. Raises Refused (BAD_VALUE)."""
    return texts.text_line(text, limit=LONGEST_NAME, what="displayName")


def read_client_id(text: str) -> str:
    """How the provider knows us. Raises Refused (BAD_VALUE)."""
    return texts.text_line(text, limit=LONGEST_CLIENT_ID, what="clientId")


def read_secret(text: str) -> str:
    """What proves it. Raises Refused (BAD_VALUE)."""
    if not 0 < len(text) <= LONGEST_SECRET or not text.isascii() or not text.isprintable():
        raise Refused(Reason.BAD_VALUE, property="clientSecret")
    return text


def read_domains(given: Iterable[str]) -> list[str]:
    """The domains that a provider is responsible for, in lower case, each once.

    Raises:
        Refused: BAD_VALUE with the property ``domains``.
    """
    found = []
    for text in given:
        domain = read_domain(text)
        if domain is None:
            raise Refused(Reason.BAD_VALUE, property="domains", value=text[:100])
        found.append(domain.name)
    if len(found) > MOST_DOMAINS:
        raise Refused(Reason.BAD_VALUE, property="domains", why="tooMany")
    return sorted(set(found))


# --- What its answers must say --------------------------------------------------------------------------------------


def why_no_answer(given: Mapping[str, str], issuer: str, *, must_name_issuer: bool) -> str | None:
    """Why an authorization response is not accepted, or None (RFC 9207 section 2.4: it names who answers)."""
    named = given.get("iss")
    if named is None:
        return "noIssuer" if must_name_issuer else None
    return None if named == issuer else "issuer"


def why_no_id_token(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str) -> str | None:
    """Why verified claims are no id_token for us, or None. Times are judged elsewhere (Core section 3.1.3.7)."""
    reason = _why_not_for_us(claims, issuer=issuer, client_id=client_id)
    if reason is not None:
        return reason
    if claims.get("nonce") != nonce:
        return "nonce"
    return None if _is_subject(claims.get("sub")) and _is_number(claims.get("iat")) else "claims"


def why_no_logout_token(claims: Mapping[str, Any], *, issuer: str, client_id: str) -> str | None:
    """Why verified claims are no logout token for us, or None (Back-Channel Logout section 2.6).

    A session alone (``sid`` without ``sub``) says nothing here: what a provider calls its sessions is not kept.
    """
    reason = _why_not_for_us(claims, issuer=issuer, client_id=client_id)
    if reason is not None:
        return reason
    events = claims.get("events")
    if "nonce" in claims or not isinstance(events, Mapping) or not isinstance(events.get(LOGOUT_EVENT), Mapping):
        return "events"
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_SUBJECT:
        return "claims"
    return None if _is_subject(claims.get("sub")) and _is_number(claims.get("iat")) else "claims"


def proves_address(claims: Mapping[str, Any]) -> str | None:
    """The address that an id_token vouches for; None when it names none, or says that it was not verified."""
    email = claims.get("email")
    refused = claims.get("email_verified", True) not in (True, "true")
    return email if isinstance(email, str) and email and not refused else None


def _why_not_for_us(claims: Mapping[str, Any], *, issuer: str, client_id: str) -> str | None:
    if claims.get("iss") != issuer:
        return "issuer"
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if client_id not in listed:
        return "audience"
    authorized = claims.get("azp")
    if (len(listed) > 1 or authorized is not None) and authorized != client_id:
        return "audience"
    return None


def _is_subject(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_SUBJECT and value.isascii()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
