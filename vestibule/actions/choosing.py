"""Choosing the account: which of somebody's accounts signs in to an app, by how the app asked.

An app names an organization, or asks with an alias, which sends everybody home: a guest is signed in to somebody
else's organization only when that is named.
"""

from dataclasses import dataclass

from vestibule.actions import accounts, connecting, resources, signing_in
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.audiences import audience_of, home_for, serves
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Where:
    """What an app signs people in to: an organization by its id, or an alias. One of the two is empty."""

    tenant_id: str = ""
    alias: str = ""


def may_ask(app: App, where: Where) -> bool:
    """Whether the app is one for the organization that it names; with an alias it depends on the person."""
    return bool(where.alias) or serves(audience_of(app.attributes), app.tenant_id, where.tenant_id)


async def account_for(reading: Reading, app: App, where: Where, person: Person) -> Membership:
    """The account by which a person signs in to an app.

    Raises:
        Refused: NOT_FOUND when the app does not serve them there; as ``signing_in.open_organization``;
            NOT_ALLOWED, ``why`` ``assignment``; CONNECT_FORBIDDEN.
    """
    tenant_id = where.tenant_id or home_for(where.alias, person.home_tenant)
    if tenant_id == CONSUMERS_ID:
        account = await _at_home_nowhere(reading, app, person)
    elif serves(audience_of(app.attributes), app.tenant_id, tenant_id):
        account = await signing_in.entry(reading, person, tenant_id)
    else:
        raise Refused(Reason.NOT_FOUND, alias=where.alias)
    await resources.insist_admitted(reading, app, account)
    return account


async def _at_home_nowhere(reading: Reading, app: App, person: Person) -> Membership:
    """Somebody without a home organization: at an app for everybody, or one of an organization that they belong to."""
    account = await accounts.personal(reading, person)
    if account is None:
        raise Refused(Reason.NOT_FOUND)
    if serves(audience_of(app.attributes), app.tenant_id, CONSUMERS_ID):
        return account
    await signing_in.entry(reading, person, app.tenant_id)
    return account


async def connect_if_shared(
    house: House, reading: Reading, app: App, where: Where, person: Person, *, by: Actor
) -> bool:
    """Let somebody use an app that is shared with them by direct connect, for the first time or again.

    Returns whether it is: for anybody else nothing happens, and nothing is written down.
    """
    if person.home_tenant in {None, app.tenant_id} or where.tenant_id != app.tenant_id:
        return False
    home = await memberships.find(reading, person.home_tenant or "", person.home_user or "")
    if home is None:
        return False
    try:
        await connecting.check_policies(reading, app.tenant_id, home, app.client_id)
        await connecting.connect(
            house, tenant_id=app.tenant_id, person_id=person.person_id, client_id=app.client_id, by=by
        )
    except Refused:
        return False
    return True


def has_session(account: Membership) -> bool:
    """Whether a browser is signed in to an organization with this account: one with a user object in it."""
    return account.standing.tie is not Tie.DIRECT_CONNECT and account.tenant_id != CONSUMERS_ID
