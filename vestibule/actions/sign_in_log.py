"""The sign-in log: who signed in to what, from where and with what, and who did not get in.

A row stands in the log of the organization whose account was meant, for thirty days. Rows of sign-ins that succeed are
written where the session or the token is made; a failure is written beside what counts it, in the same transaction.
What somebody sat at leaves an event in the audit log too, which stays, and therefore says neither from where nor with
what. Strangers can cause failures as often as they like, so of each account no more than thirty an hour are written;
and a name that belongs to nobody costs what a known one costs, so that the time of an answer does not tell them apart.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from vestibule.actions import journal, sign_in_rows
from vestibule.actions.house import House
from vestibule.actions.sign_in_rows import GRAPH, Entry
from vestibule.actions.sign_in_rows import STRANGER as STRANGER
from vestibule.rules.actors import Actor, ActorKind, Strength
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.sign_ins import Kind, ThroughWhat
from vestibule.rules.verbs import Verb
from vestibule.store import apps, memberships, organizations, rates
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.providers import IdentityProvider
from vestibule.store.sign_ins import PAGES as PAGES
from vestibule.store.unit import Reading, Unit

MOST: Final = 30
WINDOW: Final = timedelta(hours=1)
_WITHOUT_BROWSER: Final = frozenset({"deviceCode", "passwordGrant"})


# --- Success -------------------------------------------------------------------------------------------------------


def entry_of(facts: Mapping[str, Any], strength: Strength, *, network: str, request_id: str, client_id: str) -> Entry:
    """What the row of somebody who signed in says. ``facts``: as the audit event has them."""
    through = ThroughWhat.PROGRAM if _WITHOUT_BROWSER & facts.keys() else ThroughWhat.BROWSER
    return Entry(client_id=client_id, network=network, request_id=request_id, strength=strength, through=through)


async def write_success(house: House, unit: Unit, account: Membership, entry: Entry) -> None:
    """The row of somebody who signed in."""
    await sign_in_rows.write_account(house, unit, account, entry)


async def write_token(
    house: House,
    unit: Unit,
    account: Membership,
    app: App,
    strength: Strength,
    *,
    resource_id: str = "",
    network: str = "",
    request_id: str = "",
) -> None:
    """The row of an app that got something for somebody without asking them: by their session, or by a refresh token.

    ``resource_id``: the app whose API it is for; empty for the Graph API.
    """
    if account.tenant_id == CONSUMERS_ID:
        return
    through = ThroughWhat.PROGRAM if app.public and not app.spa_redirect_uris else ThroughWhat.BROWSER
    resource = GRAPH
    if resource_id:
        api = await apps.find(unit, account.tenant_id, resource_id)
        resource = (resource_id, "") if api is None else (api.client_id, api.display_name)
    entry = Entry(Kind.NON_INTERACTIVE, app.client_id, network, request_id, None, "", resource, "", through, strength)
    await sign_in_rows.write_account(house, unit, account, entry)


async def write_program(house: House, app: App, *, network: str, request_id: str) -> None:
    """The row of an app that signed in as itself: one an hour from each address, since it may do so every second."""
    moment = await house.store.moment()
    hour = int(moment.now.timestamp() // WINDOW.total_seconds())
    known = (moment.generation, app.tenant_id, app.client_id, str(network), hour)
    if house.has_said(known):
        return
    entry = Entry(Kind.PROGRAM, app.client_id, network, request_id, resource=GRAPH, through=ThroughWhat.PROGRAM)

    async def work(unit: Unit) -> None:
        await sign_in_rows.write_program(house, unit, app, entry)

    await house.change(work)
    house.say(known)


async def write_program_failure(house: House, app: App, why: str, *, network: str, request_id: str) -> None:
    """The row of somebody who called themselves an app and could not prove it. ``why``: secret or assertion."""

    async def work(unit: Unit) -> None:
        if await _counts(unit, app.tenant_id, app.client_id):
            entry = Entry(Kind.PROGRAM, app.client_id, network, request_id, Reason.CODE_WRONG, why)
            await sign_in_rows.write_program(house, unit, app, entry)

    await house.change(work)


# --- Failure -------------------------------------------------------------------------------------------------------


async def write_failure(
    house: House,
    unit: Unit,
    account: Membership,
    reason: Reason,
    *,
    network: str,
    request_id: str = "",
    client_id: str = PAGES,
    facts: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down that a sign-in with an account failed.

    Args:
        house, unit: where. account: whose sign-in it would have been. reason: why it was none.
        network: where it came from, kept in the row alone. request_id, client_id: of the request and app.
        facts: what may stay, such as which step it was (``step``) or ``why``. details: what goes with the person.
    """
    if account.tenant_id == CONSUMERS_ID or not await _counts(unit, account.tenant_id, account.audit_tag):
        return
    told = {"tie": account.standing.tie.value, **(facts or {})}
    kept = {"homeTenantId": account.home_tenant, **(details or {})}
    event = journal.Event(
        Verb.SIGN_IN, account.tenant_id, journal.about(account), unit.now, reason=reason, facts=told, details=kept
    )
    await journal.write(house, unit, event, by=_somebody(client_id, request_id))
    why = "declined" if told.get("declined") else str(told.get("why") or told.get("step") or "")
    meant = str(kept.get("resourceTenantId") or "")
    through = ThroughWhat.PROGRAM if _WITHOUT_BROWSER & told.keys() else ThroughWhat.BROWSER
    entry = Entry(Kind.INTERACTIVE, client_id, network, request_id, reason, why, ("", ""), meant, through)
    await sign_in_rows.write_account(house, unit, account, entry)


async def write_unknown(
    house: House, unit: Unit, tenant_id: str, *, network: str = "", request_id: str = "", client_id: str = PAGES
) -> None:
    """Write down that somebody tried a name of an organization's domain that is no account there.

    Neither the name nor the network address is kept: nobody knows whose data they would be. The address is only worked
    with as that of somebody would be.
    """
    organization = await organizations.find(unit, tenant_id)
    if organization is None or not await _counts(unit, tenant_id, STRANGER):
        return
    event = journal.Event(
        Verb.SIGN_IN,
        tenant_id,
        journal.about_organization(organization),
        unit.now,
        reason=Reason.PASSWORD_WRONG,
        facts={STRANGER: True},
    )
    await journal.write(house, unit, event, by=_somebody(client_id, request_id))
    reason = Reason.PASSWORD_WRONG
    entry = Entry(client_id=client_id, network=network, request_id=request_id, reason=reason, why=STRANGER)
    await sign_in_rows.write_stranger(house, unit, organization, entry)


async def write_abroad(house: House, tenant_id: str, provider_id: str, why: str, *, request_id: str = "") -> None:
    """Write down that somebody came back from an identity provider of an organization and was not believed.

    Nothing says who it was: neither a name nor a network address is kept. ``why``: which check failed.
    """

    async def work(unit: Unit) -> None:
        organization = await organizations.find(unit, tenant_id)
        if organization is None or not await _counts(unit, tenant_id, provider_id):
            return
        facts = {"step": "provider", "why": why, "providerId": provider_id}
        about = journal.about_organization(organization)
        event = journal.Event(Verb.SIGN_IN, tenant_id, about, unit.now, reason=Reason.PROVIDER_REFUSED, facts=facts)
        await journal.write(house, unit, event, by=_somebody(PAGES, request_id))
        entry = Entry(request_id=request_id, reason=Reason.PROVIDER_REFUSED, why=why, strength=Strength.FEDERATED)
        await sign_in_rows.write_nobody(house, unit, tenant_id, entry)

    await house.change(work)


@asynccontextmanager
async def from_provider(house: House, provider: IdentityProvider, *, network: str = "") -> AsyncIterator[None]:
    """Whatever is refused in here to somebody who comes back from this provider is in the log of its organization."""
    try:
        yield
    except Refused as refused:
        if refused.reason is Reason.PROVIDER_REFUSED:
            why = str(refused.facts.get("why") or "")
            await write_abroad(house, provider.tenant_id, provider.provider_id, why)
        elif refused.reason is Reason.ACCOUNT_DISABLED:
            await _write_disabled(house, provider.tenant_id, str(refused.facts.get("userId") or ""), network)
        raise


async def _write_disabled(house: House, tenant_id: str, user_id: str, network: str) -> None:
    async def work(unit: Unit) -> None:
        account = await memberships.find(unit, tenant_id, user_id)
        if account is not None:
            facts = {"step": "provider"}
            await write_failure(house, unit, account, Reason.ACCOUNT_DISABLED, network=network, facts=facts)

    await house.change(work)


async def write_declined(house: House, unit: Unit, app: App, *, request_id: str) -> None:
    """The row of a device's sign-in that somebody declined: nobody is named, since it was not theirs."""
    entry = Entry(
        Kind.INTERACTIVE, app.client_id, "", request_id, Reason.NOT_ALLOWED, "declined", through=ThroughWhat.PROGRAM
    )
    await sign_in_rows.write_nobody(house, unit, app.tenant_id, entry)


async def turned_away(
    house: House,
    person: Person,
    tenant_id: str,
    refused: Refused,
    *,
    network: str,
    request_id: str = "",
    client_id: str = PAGES,
) -> None:
    """Write down that somebody who proved who they are did not get in to an organization, or to an app of it.

    It stands in the log of that organization when they are, or were, a user there; otherwise at home, since they are
    nobody that the other organization knows.
    """

    async def work(unit: Unit) -> None:
        account = await _account(unit, person, tenant_id)
        if account is None:
            return
        why = refused.facts.get("why") or refused.facts.get("stage")
        await write_failure(
            house,
            unit,
            account,
            refused.reason,
            network=network,
            request_id=request_id,
            client_id=client_id,
            facts={"step": "entry"} | ({"why": why} if why else {}),
            details={} if account.tenant_id == tenant_id else {"resourceTenantId": tenant_id},
        )

    await house.change(work)


async def _account(reading: Reading, person: Person, tenant_id: str) -> Membership | None:
    mine = await memberships.of_person_here(reading, tenant_id, person.person_id)
    known = [one for one in mine if isinstance(one.stage, Present | Invited | Deleted)]
    if known or person.home_tenant is None:
        return next(iter(known), None)
    return await memberships.find(reading, person.home_tenant, person.home_user or "")


async def _counts(unit: Unit, tenant_id: str, label: str) -> bool:
    """Whether one more is to be written of this account; it is counted then."""
    try:
        await rates.count(unit, f"sign-in-log:{tenant_id}:{label}", limit=MOST, window=WINDOW)
    except Refused:
        return False
    return True


def _somebody(client_id: str, request_id: str) -> Actor:
    """Whoever tried: nothing is proven about who it was."""
    return Actor(ActorKind.PERSON, client_id=client_id, request_id=request_id)
