"""Security event tokens: what a stream says, signed (RFC 8417; OpenID Shared Signals Framework 1.0, section 4).

A token has one event and no personal data: the person is called as the app's own id_tokens call them. Its ``jti``
stays the same when the same thing is told again; ``txn`` is the same in the tokens of one thing that happened.
"""

from dataclasses import dataclass
from typing import Any, Final

from vestibule.actions.access import issuer
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, RS256, KeyRing
from vestibule.actions.telling_connected import Told, types_of
from vestibule.ground import signing
from vestibule.ground.clock import parse_iso
from vestibule.rules import signals as rules
from vestibule.rules.connections import Event
from vestibule.store import apps
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery

TYPE: Final = "secevent+jwt"
_REASON: Final = "The account can no longer sign in here, or its sessions were ended."


@dataclass(frozen=True, slots=True)
class Named:
    """One token that is to be told. event_type: its type. jti: its id. word: what the type is called in it."""

    event_type: str
    jti: str

    @property
    def word(self) -> str:
        """The last part of the type, such as ``session-revoked``."""
        return self.event_type.rpartition("/")[2]


def named(one: Connection, delivery: Delivery, told: Told) -> list[Named]:
    """The tokens that tell of a delivery, those that were taken among them."""
    found = types_of(one, Event(delivery.event), told)
    return [Named(event_type, f"{delivery.delivery_id}.{event_type.rpartition('/')[2]}") for event_type in found]


def untaken(delivery: Delivery, tokens: list[Named]) -> list[Named]:
    """Those of them that the receiver did not take."""
    taken = set((delivery.taken or "").split())
    return [token for token in tokens if token.word not in taken]


async def signed(
    house: House, ring: KeyRing, one: Connection, delivery: Delivery, told: Told, tokens: list[Named]
) -> list[str]:
    """These tokens in compact form."""
    app = await apps.find_any(await house.store.read(), one.tenant_id, one.app_id)
    key = await ring.signer(ES256 if app is not None and app.id_token_alg == ES256 else RS256)
    return [signing.sign(key, _claims(house, one, delivery, told, token), TYPE) for token in tokens]


def _claims(house: House, one: Connection, delivery: Delivery, told: Told, token: Named) -> dict[str, Any]:
    """``iat`` is the machine's time, which the receiver can check; ``toe`` is when it happened, in lifecycle time."""
    return {
        "iss": issuer(house, one.tenant_id),
        "aud": told.client_id,
        "iat": int(house.clock.now().timestamp()),
        "jti": token.jti,
        "txn": delivery.delivery_id,
        "toe": _seconds(told.at),
        "sub_id": _subject(house, one, told),
        "events": {token.event_type: _event(told, token.event_type)},
    }


def _subject(house: House, one: Connection, told: Told) -> dict[str, str]:
    """The person, or the stream when it speaks of itself (RFC 9493, sections 3.2.5 and 3.2.6)."""
    if told.note is not None:
        return {"format": "opaque", "id": one.stream_id or ""}
    return {"format": "iss_sub", "iss": issuer(house, one.tenant_id), "sub": told.subject}


def _event(told: Told, event_type: str) -> dict[str, Any]:
    if told.note is not None:
        return dict(told.note)
    if event_type != rules.SESSION_REVOKED:
        return {}
    who = {} if told.by is None else {"initiating_entity": told.by}
    return {"event_timestamp": _seconds(told.revoked_at or told.at), **who, "reason_admin": {"en": _REASON}}


def _seconds(at: str) -> int:
    return int(parse_iso(at).timestamp())
