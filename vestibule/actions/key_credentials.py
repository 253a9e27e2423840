"""Keys and certificates of apps: read from what an administrator gives, and written as a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from vestibule.actions.house import House
from vestibule.ground import public_keys
from vestibule.ground.public_keys import BadKey, Certificate
from vestibule.ground.signing import PublicKey
from vestibule.rules import texts
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.app_keys import CERTIFICATE, KEY, AppKey
from vestibule.store.apps import App

KEY_CREDENTIALS: Final = "keyCredentials"
LONGEST_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that an app shall prove itself with.

    Attributes:
        key: the public key. certificate: where it comes from; None for a bare key.
        display_name: what people call it. expires_at: an earlier end than the certificate's, by the machine's clock.
    """

    key: PublicKey
    certificate: Certificate | None = None
    display_name: str = ""
    expires_at: datetime | None = None


def from_certificate(octets: bytes, *, display_name: str = "") -> NewKey:
    """A certificate in PEM or DER.

    Raises:
        Refused: BAD_VALUE with the property ``keyCredentials``.
    """
    try:
        found = public_keys.read_certificate(octets)
    except BadKey as bad:
        raise _bad(str(bad)) from bad
    return NewKey(found.key, found, _named(display_name))


def from_jwk(jwk: Mapping[str, Any], *, display_name: str = "", expires_at: datetime | None = None) -> NewKey:
    """A public JSON Web Key (RFC 7517).

    Raises:
        Refused: BAD_VALUE with the property ``keyCredentials``.
    """
    try:
        return NewKey(public_keys.read_jwk(jwk), None, _named(display_name), expires_at)
    except BadKey as bad:
        raise _bad(str(bad)) from bad


def row(house: House, new: NewKey) -> Callable[[App, datetime], AppKey]:
    """How the key is kept, once the app and the moment are known."""
    key_id = house.chance.guid()
    held = new.certificate

    def made(app: App, now: datetime) -> AppKey:
        ends = [moment for moment in (new.expires_at, held.expires_at if held else None) if moment is not None]
        return AppKey(
            tenant_id=app.tenant_id,
            app_id=app.app_id,
            key_id=key_id,
            kid=new.key.kid,
            kind=KEY if held is None else CERTIFICATE,
            display_name=new.display_name,
            public_jwk=msgspec.json.encode(new.key.jwk()).decode(),
            thumbprint=None if held is None else held.thumbprint,
            thumbprint_sha256=None if held is None else held.thumbprint_sha256,
            certificate=None if held is None else held.der,
            starts_at=now if held is None else held.starts_at,
            expires_at=min(ends, default=None),
        )

    return made


def _named(text: str) -> str:
    return texts.text_line(text, limit=LONGEST_NAME, what=KEY_CREDENTIALS) if text else ""


def _bad(why: str) -> Refused:
    return Refused(Reason.BAD_VALUE, property=KEY_CREDENTIALS, why=why)
