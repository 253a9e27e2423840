"""Collaboration: whether people of another organization may be guests here, asked wherever it matters.

Both organizations have a say, and both are asked at the moment of use: when somebody is invited, when they accept,
and when they sign in to an app. My Account stays open to guests whom the settings shut out: it is where they leave.
"""

from vestibule.rules import collaboration
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import Address
from vestibule.rules.refusals import Refused
from vestibule.store import cross_tenant, groups, memberships, organizations
from vestibule.store.cross_tenant import GUESTS_IN, GUESTS_OUT
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.unit import Reading


async def insist_invitable(reading: Reading, tenant_id: str, address: Address) -> None:
    """Insist that whoever has this address could be a guest, if it belongs to an organization of this deployment.

    Raises:
        Refused: COLLABORATION_FORBIDDEN.
    """
    domain = await organizations.find_domain(reading, address.domain.name)
    if domain is None or domain.tenant_id == tenant_id:
        return
    named = await memberships.find_by_upn(reading, domain.tenant_id, address.key)
    if named is None:
        known = await memberships.by_mail(reading, domain.tenant_id, address.key)
        named = next((one for one in known if one.standing.tie is Tie.HOME), None)
    await _insist(reading, tenant_id, domain.tenant_id, "" if named is None else named.user_id)


async def insist_person(reading: Reading, tenant_id: str, person: Person) -> None:
    """Insist that a person may be a guest here; who has no home organization here has none that could object.

    Raises:
        Refused: COLLABORATION_FORBIDDEN.
    """
    if person.home_tenant is not None and person.home_user is not None and person.home_tenant != tenant_id:
        await _insist(reading, tenant_id, person.home_tenant, person.home_user)


async def insist_app(reading: Reading, account: Membership, client_id: str) -> None:
    """Insist that a guest may use an app of the organization.

    Raises:
        Refused: COLLABORATION_FORBIDDEN.
    """
    elsewhere = account.home_tenant is not None and account.home_tenant != account.tenant_id
    if elsewhere and account.standing.tie is not Tie.DIRECT_CONNECT:
        await _insist(reading, account.tenant_id, account.home_tenant or "", account.home_user or "", client_id)


async def trusts_second_factor(reading: Reading, account: Membership) -> bool:
    """Whether a second factor counts in an account's organization: it was given there, or at a home that is trusted."""
    if account.home_tenant is None or account.home_tenant == account.tenant_id:
        return True
    return (await cross_tenant.towards(reading, account.tenant_id, account.home_tenant)).trusts_second_factor


async def skips_consent(reading: Reading, tenant_id: str, person: Person) -> bool:
    """Whether somebody who comes here is not asked to review permissions: both organizations agreed on that."""
    if person.home_tenant is None or person.home_tenant == tenant_id:
        return False
    home = await cross_tenant.towards(reading, person.home_tenant, tenant_id)
    here = await cross_tenant.towards(reading, tenant_id, person.home_tenant)
    return collaboration.skips_consent(home.consent, here.consent)


async def _insist(
    reading: Reading, tenant_id: str, home_tenant: str, home_user: str, client_id: str | None = None
) -> None:
    outbound = (await cross_tenant.towards(reading, home_tenant, tenant_id)).direction(GUESTS_OUT)
    inbound = (await cross_tenant.towards(reading, tenant_id, home_tenant)).direction(GUESTS_IN)
    if outbound == inbound == collaboration.SYSTEM_DEFAULT:
        return  # the usual case asks for nobody's groups
    held = await groups.of_member(reading, home_tenant, home_user) if home_user else []
    reason = collaboration.why_not_collaborate(
        outbound=outbound, inbound=inbound, user_id=home_user, group_ids=held, app_id=client_id
    )
    if reason is not None:
        raise Refused(reason)
