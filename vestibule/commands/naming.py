"""Finding what a command names: an organization by id or domain, a user by id, user principal name or mail address."""

from vestibule.commands.common import Failure
from vestibule.rules import names
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.store import memberships, organizations, users
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading
from vestibule.store.users import User


async def organization(reading: Reading, named: str) -> Organization:
    """The organization. Raises Failure when there is none."""
    id_ = names.guid(named.strip())
    found = (
        await organizations.find_by_domain(reading, names.key(named.strip()))
        if id_ is None
        else await organizations.find(reading, id_)
    )
    if found is None:
        raise Failure(f"there is no organization {named}; `vestibule organization list` says which there are")
    return found


async def user(reading: Reading, tenant_id: str, named: str) -> Membership:
    """The user. A mail address that several have had means whoever is there now, else the last who was deleted.

    Raises:
        Failure: there is none, or several who are there.
    """
    text = named.strip()
    id_ = names.guid(text)
    if id_ is not None:
        found = await memberships.find(reading, tenant_id, id_)
    else:
        found = await memberships.find_by_upn(reading, tenant_id, names.key(text))
        found = found or await _by_mail(reading, tenant_id, text)
    if found is None:
        raise Failure(f"there is no user {named}; `vestibule user list` says which there are (--deleted: deleted ones)")
    return found


async def object_of(reading: Reading, found: Membership) -> User | None:
    """The user object of a membership, as long as its data is there."""
    return await users.find(reading, found.tenant_id, found.user_id)


async def _by_mail(reading: Reading, tenant_id: str, text: str) -> Membership | None:
    known = await memberships.by_mail(reading, tenant_id, names.key(text))
    here = [one for one in known if isinstance(one.stage, Invited | Present)]
    if len(here) > 1:
        ids = ", ".join(one.user_id for one in here)
        raise Failure(f"several users have the address {text}; name one by id: {ids}")
    gone = [one for one in known if isinstance(one.stage, Deleted)]
    return next(iter(here or gone), None)
