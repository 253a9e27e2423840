"""Passkeys (Web Authentication, Level 3): what the browser is asked for, and whether its answer holds.

The user is always verified (by the device's own code or finger), so that a passkey is two factors in one. No
attestation is asked for: who made the device is none of our business.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import webauthn
from webauthn.helpers import structs
from webauthn.helpers.exceptions import WebAuthnException

CHALLENGE_OCTETS: Final = 32
LIFE_S: Final = 300
"""How long the browser may take, in seconds; the challenge lives no longer."""

_LARGEST: Final = 16 * 1024
_LONGEST_ID: Final = 1400
_TRANSPORTS: Final = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})


class BadPasskey(ValueError):
    """The answer of the browser does not hold; the text says why, for a log and never for a page."""


@dataclass(frozen=True, slots=True)
class Site:
    """Whose passkeys these are.

    Attributes:
        host: the relying party's id: the host of our pages, exactly. origins: the origins that pages come from.
    """

    host: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that a browser made. ``credential_id`` is base64url, ``public_key`` COSE."""

    credential_id: str
    public_key: bytes
    sign_count: int
    backed_up: bool
    transports: list[str]


@dataclass(frozen=True, slots=True)
class Used:
    """A passkey that was used, and its count then."""

    sign_count: int
    backed_up: bool


def to_make(
    site: Site, challenge: bytes, *, service: str, account: str, name: str, handle: bytes, known: Iterable[str]
) -> dict[str, Any]:
    """What the browser is asked for when a passkey is made (``PublicKeyCredentialCreationOptions`` as JSON).

    Args:
        site: whose it will be. challenge: random octets, good once. service: what we are called.
        account, name: what the device shows beside it. handle: the person's id, told back at each use.
        known: ids of passkeys they have, so that a device does not make a second one.
    """
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=service,
        user_id=handle,
        user_name=account,
        user_display_name=name,
        challenge=challenge,
        timeout=LIFE_S * 1000,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(known),
    )
    return webauthn.helpers.options_to_json_dict(options)


def to_use(site: Site, challenge: bytes, *, known: Iterable[str] = ()) -> dict[str, Any]:
    """What the browser is asked for at a sign-in (``PublicKeyCredentialRequestOptions`` as JSON).

    ``known``: ids of the passkeys that will do; none for whichever the person picks.
    """
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=LIFE_S * 1000,
        allow_credentials=_described(known),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.helpers.options_to_json_dict(options)


def read(answer: str) -> dict[str, Any]:
    """The browser's answer as JSON, unchecked but for its shape.

    Raises:
        BadPasskey: too large, or no answer.
    """
    if len(answer) > _LARGEST:
        raise BadPasskey("too large")
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as bad:
        raise BadPasskey("no JSON") from bad
    response = found.get("response") if isinstance(found, dict) else None
    if not isinstance(response, dict) or not isinstance(found.get("id"), str) or len(found["id"]) > _LONGEST_ID:
        raise BadPasskey("no answer to a challenge")
    return dict(found)


def challenge_of(answer: dict[str, Any]) -> bytes:
    """The challenge that an answer says it is for. Raises BadPasskey."""
    try:
        client = json.loads(_octets(str(answer["response"]["clientDataJSON"])))
        return _octets(str(client["challenge"]))
    except (KeyError, TypeError, ValueError, RecursionError) as bad:
        raise BadPasskey("no client data") from bad


def handle_of(answer: dict[str, Any]) -> bytes | None:
    """The user handle that the device told, or None. Raises BadPasskey when it is no base64url."""
    told = answer["response"].get("userHandle")
    return _octets(str(told)) if told else None


def check_made(site: Site, answer: dict[str, Any], challenge: bytes) -> Made:
    """The passkey that was made for a challenge.

    Raises:
        BadPasskey: another origin, host or challenge, no verified user, or nothing that can be read.
    """
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=list(site.origins),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as bad:
        raise BadPasskey(str(bad)) from bad
    told = answer["response"].get("transports")
    transports = [one for one in told if one in _TRANSPORTS] if isinstance(told, list) else []
    return Made(
        credential_id=_text(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        backed_up=made.credential_backed_up,
        transports=sorted(set(transports)),
    )


def check_used(site: Site, answer: dict[str, Any], challenge: bytes, *, public_key: bytes, sign_count: int) -> Used:
    """What a signature for a challenge says.

    Raises:
        BadPasskey: another origin, host or challenge, no verified user, a count that did not rise, or no signature of
            this key.
    """
    try:
        used = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=list(site.origins),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as bad:
        raise BadPasskey(str(bad)) from bad
    return Used(used.new_sign_count, used.credential_backed_up)


def _described(known: Iterable[str]) -> list[structs.PublicKeyCredentialDescriptor]:
    return [structs.PublicKeyCredentialDescriptor(id=_octets(one)) for one in known]


def _octets(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as bad:
        raise BadPasskey("no base64url") from bad


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
