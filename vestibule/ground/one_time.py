"""Codes of authenticator apps (TOTP, RFC 6238): six digits, thirty seconds, SHA-1, as every app does by default."""

import base64
import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECONDS: Final = 30
DIGITS: Final = 6
SECRET_OCTETS: Final = 20
"""As long as the output of the hash (RFC 4226, section 4, R6)."""


def step_at(moment: datetime) -> int:
    """The number of the time step that a moment lies in. Machine time: the app on the phone knows no other."""
    return int(moment.timestamp()) // SECONDS


def code_of(secret: bytes, step: int) -> str:
    """The code of one time step."""
    made = TOTP(secret, DIGITS, SHA1(), SECONDS, enforce_key_length=False)  # noqa: S303 - RFC 6238's default
    return made.generate(step * SECONDS).decode("ascii")


def matching_step(secret: bytes, typed: str, now: datetime, *, after: int) -> int | None:
    """The time step whose code was typed, or None.

    Args:
        secret: the shared secret. typed: six digits.
        now: the machine's time; the steps before and after it count too, for clocks that differ a little (RFC 6238,
            section 5.2).
        after: the last step whose code was used: that one and earlier ones are never taken again.
    """
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    here = step_at(now)
    found = None
    for step in (here - 1, here, here + 1):
        if hmac.compare_digest(code_of(secret, step), typed) and step > after:
            found = step
    return found


def as_text(secret: bytes) -> str:
    """The secret as people type it into an app: base32 in groups of four."""
    plain = base64.b32encode(secret).decode("ascii").rstrip("=")
    return " ".join(plain[place : place + 4] for place in range(0, len(plain), 4))


def address(secret: bytes, *, issuer: str, account: str) -> str:
    """The ``otpauth://`` address that authenticator apps read from a QR code (the Key URI format)."""
    label = quote(f"{issuer}:{account}", safe="")
    values = {"secret": as_text(secret).replace(" ", ""), "issuer": issuer, "digits": DIGITS, "period": SECONDS}
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"
