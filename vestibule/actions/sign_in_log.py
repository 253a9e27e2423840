"""Writing down sign-ins that did not succeed, in the log of the organization whose account was meant.

Sign-ins that succeed are written where the session or the token is made (``signing_in.write_sign_in``). A failure is
written beside what counts it, in the same transaction. Strangers can cause failures as often as they like, so of each
account no more than thirty an hour are written; and a name that belongs to nobody costs what a known one costs, so that
the time of an answer does not tell them apart.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations, rates
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.unit import Reading, Unit

PAGES: Final = "vestibule-pages"
"""The client id of our own pages, in the audit log."""

MOST: Final = 30
WINDOW: Final = timedelta(hours=1)
STRANGER: Final = "unknownAccount"
"""The fact of a failure with a name that no account of the organization has; the name itself is not kept."""


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
        network: the address it came from, kept under the person's key. request_id, client_id: of the request and app.
        facts: what may stay, such as which step it was (``step``) or ``why``. details: what goes with the person.
    """
    if account.tenant_id == CONSUMERS_ID or not await _counts(unit, account.tenant_id, account.audit_tag):
        return
    told = {"tie": account.standing.tie.value, **(facts or {})}
    kept = {"ipAddress": network, "homeTenantId": account.home_tenant, **(details or {})}
    event = journal.Event(
        Verb.SIGN_IN, account.tenant_id, journal.about(account), unit.now, reason=reason, facts=told, details=kept
    )
    await journal.write(house, unit, event, by=_somebody(client_id, network, request_id))


async def write_unknown(
    house: House, unit: Unit, tenant_id: str, *, request_id: str = "", client_id: str = PAGES
) -> None:
    """Write down that somebody tried a name of an organization's domain that is no account there.

    Neither the name nor the network address is kept: nobody knows whose data they would be.
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
    await journal.write(house, unit, event, by=_somebody(client_id, "", request_id))


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


def _somebody(client_id: str, network: str, request_id: str) -> Actor:
    """Whoever tried: nothing is proven about who it was."""
    return Actor(ActorKind.PERSON, client_id=client_id, network=network, request_id=request_id)
