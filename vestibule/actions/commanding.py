"""Command tokens: what an app is told to do with an account, signed (OpenID Provider Commands 1.0, draft 02).

The audience is the app's command endpoint, so that no other app can be shown the token; the app is named beside it. A
token is good for two minutes and has an id of its own. That begins with the id of what is told, which stays the same
when the same thing is told again.
"""

from datetime import timedelta
from typing import Any, Final

from vestibule.actions.access import issuer
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, RS256, KeyRing
from vestibule.actions.minting import profile_claims
from vestibule.actions.telling_connected import Told
from vestibule.ground import signing
from vestibule.rules import commands as rules
from vestibule.rules.commands import Command
from vestibule.rules.lifecycle import Present
from vestibule.store import apps, memberships
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.unit import Reading

TYPE: Final = "command+jwt"
GOOD_FOR: Final = timedelta(minutes=2)
"""The draft's longest: a token that was caught is of no use for longer."""
_WORDS: Final = frozenset({"profile", "email"})
_ID_OCTETS: Final = 9


async def signed(house: House, ring: KeyRing, one: Connection, delivery: Delivery, told: Told, command: Command) -> str:
    """One command about an account, or with ``metadata`` about the organization, in compact form."""
    reading = await house.store.read()
    now = int(house.clock.now().timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(house, one.tenant_id),
        "aud": one.url,
        "client_id": told.client_id,
        "iat": now,
        "exp": now + int(GOOD_FOR.total_seconds()),
        "jti": f"{delivery.delivery_id}.{house.chance.token(_ID_OCTETS)}",
        "command": command.value,
        "tenant": one.tenant_id,
    }
    if command is Command.METADATA:
        claims["metadata"] = {"claims_supported": ["sub", *rules.CLAIMS]}
    else:
        claims["sub"] = told.subject
    if command in rules.WITH_CLAIMS:
        claims |= await _profile(reading, one, told)
    app = await apps.find_any(reading, one.tenant_id, one.app_id)
    key = await ring.signer(ES256 if app is not None and app.id_token_alg == ES256 else RS256)
    return signing.sign(key, claims, TYPE)


async def is_present(house: House, one: Connection, told: Told) -> bool:
    """Whether somebody is there at this moment, so that an account may be made for them."""
    user = await memberships.find(await house.store.read(), one.tenant_id, told.object_id)
    return user is not None and isinstance(user.stage, Present) and user.standing.enabled_here


async def _profile(reading: Reading, one: Connection, told: Told) -> dict[str, Any]:
    """What the organization knows of somebody now, of what the app wants: read when it is sent, and kept nowhere."""
    user = await memberships.find(reading, one.tenant_id, told.object_id)
    if user is None:
        return {}
    found = await profile_claims(reading, user, _WORDS)
    wanted = rules.CLAIMS if one.claims is None else one.claims.split()
    return {name: found[name] for name in wanted if name in found}
