"""Coming back from a provider that speaks SAML: its answer is posted from its own page, the browser follows by itself.

A browser sends no cookie of ours along with a form from another site, so whoever posts an answer is nobody yet. An
answer that holds is kept under a handle that is good once, and the browser is sent on to a page of ours; there its
cookie has to be that of the browser which went away. Who carries somebody else's answer to it gets nowhere.
"""

from datetime import timedelta
from typing import Final

from vestibule.actions import federating, saml_answers, sign_in_log
from vestibule.actions.away import Away, Errand, asked_for, take, waiting
from vestibule.actions.federating import Arrived
from vestibule.actions.house import House
from vestibule.actions.saml_answers import Said
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import app_keys
from vestibule.store import providers as kept_providers
from vestibule.store.providers import IdentityProvider
from vestibule.store.unit import Duplicate, Unit

ANSWER_LIFE: Final = timedelta(minutes=5)


async def receive(house: House, *, state: str, answer: str) -> str:
    """Take what a provider says about a browser that is away. Returns the handle that the browser goes on with.

    An answer that does not hold uses nothing up: whoever saw a state could spoil a sign-in with it otherwise.

    Raises:
        Refused: CODE_EXPIRED for a state that was never given, was used, or is too old, and so for every answer that
            nobody asked for; PROVIDER_REFUSED with ``why``.
    """
    reading = await house.store.read()
    asked, away = await waiting(house, reading, state, Errand.SAML)
    provider = await kept_providers.find(reading, asked.tenant_id, asked.provider_id)
    if provider is None or not provider.enabled:
        raise Refused(Reason.PROVIDER_REFUSED, why="off")
    async with sign_in_log.from_provider(house, provider):
        said = await saml_answers.judge(house, provider, answer, request_id=away.request_id)
        return await _keep(house, provider, away, said, state)


async def _keep(house: House, provider: IdentityProvider, away: Away, said: Said, state: str) -> str:
    """What was said takes the place of what was asked, until the browser fetches it. Returns the handle."""
    handle = house.chance.token()
    answered = Away("", "", away.handle, Errand.ANSWERED, claims=said.claims)

    async def work(unit: Unit) -> None:
        same, _ = await waiting(house, unit, state, Errand.SAML)
        kept_providers.guard(unit, provider)
        kept_providers.use_request(unit, same)
        app_keys.use_assertion(unit, provider.tenant_id, provider.provider_id, said.assertion_id, said.ends)
        kept = asked_for(
            house, unit, provider, browser_hash=same.browser_hash, state=handle, away=answered, life=ANSWER_LIFE
        )
        kept_providers.insert_request(unit, kept)

    try:
        await house.change(work)
    except Duplicate as used:
        raise Refused(Reason.PROVIDER_REFUSED, why="used") from used
    return handle


async def finish(house: House, handle: str, *, browser: str, network: str, old_token: str | None = None) -> Arrived:
    """Sign in whoever the provider said it is, in the browser that went away.

    Raises:
        Refused: CODE_EXPIRED for a handle that was never given, was used, is too old, or belongs to another browser;
            PROVIDER_REFUSED for a provider that is switched off; ACCOUNT_DISABLED, and then nobody is signed in.
    """
    back = await take(house, handle, browser, Errand.ANSWERED)
    async with sign_in_log.from_provider(house, back.provider, network=network):
        return await federating.sign_in(house, back, back.away.claims, network=network, old_token=old_token)
