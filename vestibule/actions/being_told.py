"""Being told by another provider that somebody is signed out there (OpenID Connect Back-Channel Logout 1.0, 2.6).

Whoever is disabled at home, or left it, is out here as soon as their home says so: their browsers are signed out, and
in the organization whose provider it is no session and no token of theirs is good any more.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vestibule.actions.abroad import LEEWAY, Abroad
from vestibule.actions.federating import subject_of
from vestibule.actions.house import House
from vestibule.actions.signing_out import end_sessions
from vestibule.rules import providers as rules
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import app_keys, memberships, people, sessions
from vestibule.store import providers as kept_providers
from vestibule.store.providers import IdentityProvider
from vestibule.store.unit import Duplicate, Unit

TYPES: Final = frozenset({None, "JWT", "logout+jwt"})
LONGEST_LIFE: Final = timedelta(hours=1)
"""How far ahead a logout token may expire; for as long its id has to be remembered."""

CLIENT: Final = "vestibule-identity-provider"


async def sign_out(house: House, known: Abroad, *, provider_id: str, token: str, request_id: str = "") -> None:
    """End what somebody has open here, because the provider they come from says so.

    Somebody who never came from there is no error (section 2.7): the answer tells nobody who is known here.

    Raises:
        Refused: PROVIDER_REFUSED with ``why``, for a provider that is not there or switched off as for a token that is
            not its own, not for us, of another kind, too old, or used already; PROVIDER_AWAY.
    """
    provider = await kept_providers.find_anywhere(await house.store.read(), provider_id.lower())
    if provider is None or not provider.enabled or provider.kind != rules.OIDC:
        raise Refused(Reason.PROVIDER_REFUSED, why="off")
    claims = await known.verify(token, provider.issuer, typ=TYPES)
    reason = rules.why_no_logout_token(claims, issuer=provider.issuer, client_id=provider.client_id)
    if reason is not None:
        raise Refused(Reason.PROVIDER_REFUSED, why=reason)
    ends = _end(claims, house.clock.now())

    async def work(unit: Unit) -> None:
        app_keys.use_assertion(unit, provider.tenant_id, provider.provider_id, str(claims["jti"]), ends)
        await _end_all(house, unit, provider, str(claims["sub"]), request_id)

    try:
        await house.change(work)
    except Duplicate as used:
        raise Refused(Reason.PROVIDER_REFUSED, why="used") from used


def _end(claims: Mapping[str, Any], now: datetime) -> datetime:
    if claims["exp"] > now.timestamp() + LONGEST_LIFE.total_seconds():
        raise Refused(Reason.PROVIDER_REFUSED, why="claims")
    return datetime.fromtimestamp(float(claims["exp"]), tz=UTC) + LEEWAY


async def _end_all(house: House, unit: Unit, provider: IdentityProvider, subject: str, request_id: str) -> None:
    kept = subject_of(house, provider.issuer, subject)
    person = await people.find_by_identity(unit, provider.issuer, kept)
    if person is None:
        return
    by = Actor(ActorKind.SYSTEM, client_id=CLIENT, request_id=request_id)
    for one in await memberships.of_person_here(unit, provider.tenant_id, person.person_id):
        if isinstance(one.stage, Present):
            await end_sessions(house, unit, one, by=by)
    sessions.drop_person(unit, person.person_id)
