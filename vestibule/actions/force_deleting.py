"""A domain is given up by force: whoever is named in it gets a name in the organization's initial domain first.

People are renamed, and disabled when that is asked for, in portions; then apps lose the names they are called by as
APIs; then the domain goes. Everything that can stand in the way is asked before the first portion. If a later one fails
all the same, the same call does the rest.

Whoever does this changes names and addresses by which people sign in and get codes. So it is asked for each of them, as
for every sensitive act: a Domain Name Administrator reaches nobody with an admin role.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from vestibule.actions import directory_users, domains, finding_apps, journal
from vestibule.actions.authorising import Acting, acting_as, authorise_on, on_user
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.user_objects import check_names, written
from vestibule.rules import apis, rights
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Deleted, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR
from vestibule.rules.targets import Anything
from vestibule.rules.verbs import Verb
from vestibule.store import apps, domain_references, memberships, profiles
from vestibule.store.apps import App
from vestibule.store.domain_claims import DomainClaim
from vestibule.store.domain_references import USER, Reference
from vestibule.store.holdings import ROLES
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit

MOST_REFERENCES: Final = 1_000
PORTION: Final = 50
"""People or apps that are changed in one transaction."""


async def force_delete_domain(
    house: House, *, tenant_id: str, name: str, disable_accounts: bool = False, by: Actor
) -> None:
    """Give a domain up, whoever is named in it.

    Args:
        house: the house. tenant_id: whose domain. name: the domain. by: who gives it up.
        disable_accounts: disable whoever is renamed, but for whoever gives it up.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED, also for somebody in it whom ``by`` may not act on (``why`` is outOfReach, with
            the ``objectId``); BAD_VALUE with the property ``isInitial`` or ``isDefault`` for those two, and ``id`` with
            ``why`` tooManyReferences beyond 1,000; DUPLICATE_VALUE with the ``objectId`` of somebody whose name or
            address is taken in the initial domain; ONLY_ADMINISTRATOR when nobody would be left.
    """
    found = await _plan(house, tenant_id, name, disable_accounts=disable_accounts, by=by)
    users = [one.id for one in found if one.kind == USER]
    for start in range(0, len(users), PORTION):
        portion = users[start : start + PORTION]
        await _rename_all(house, tenant_id, name, portion, disable_accounts=disable_accounts, by=by)
    called = [one.id for one in found if one.kind != USER]
    for start in range(0, len(called), PORTION):
        await _free_all(house, tenant_id, name, called[start : start + PORTION], by=by)
    await domains.delete_domain(house, tenant_id=tenant_id, name=name, by=by, forced=bool(found))


# --- Beforehand -------------------------------------------------------------------------------------------------------


async def _plan(house: House, tenant_id: str, name: str, *, disable_accounts: bool, by: Actor) -> list[Reference]:
    """What is named in the domain, when nothing stands in the way. Raises Refused."""

    async def work(unit: Unit) -> list[Reference]:
        await authorise_on(unit, by, Verb.DELETE_DOMAIN, Anything(tenant_id))
        gone = await domains.find(unit, tenant_id, name)
        if isinstance(gone, DomainClaim):
            return []
        domains.insist_spare(gone)
        found = await domain_references.page(unit, tenant_id, name, MOST_REFERENCES + 1)
        if len(found) > MOST_REFERENCES:
            raise Refused(Reason.BAD_VALUE, property="id", why="tooManyReferences")
        named = [one.id for one in found if one.kind == USER]
        acting = await acting_as(unit, by, tenant_id)
        initial = (await find_organization(unit, tenant_id)).initial_domain
        people = await memberships.find_many(unit, tenant_id, named)
        for user in people:
            await _insist_within_reach(unit, acting, user)
            await _insist_free(unit, user, name, initial)
        if disable_accounts:
            await _insist_somebody_left(unit, tenant_id, people, by=by)
        return found

    return await attempt(house, Verb.DELETE_DOMAIN, work, by=by, tenant_id=tenant_id)


async def _insist_within_reach(unit: Unit, acting: Acting, user: Membership) -> None:
    """Whether whoever gives the domain up may act on somebody who is named in it; on themselves they may."""
    if acting.membership is not None and acting.membership.user_id == user.user_id:
        return
    on = await on_user(unit, user, verb=Verb.DELETE_DOMAIN)
    if rights.why_not(acting.by, Verb.DELETE_DOMAIN, on, acting.here) is not None:
        raise Refused(Reason.NOT_ALLOWED, why="outOfReach", objectId=user.user_id)


async def _insist_free(unit: Unit, user: Membership, name: str, initial: str) -> None:
    """Whether the new name and address of a living user are free; a deleted one holds none."""
    if isinstance(user.stage, Deleted):
        return
    try:
        await check_names(unit, user.tenant_id, user, _renamed(user, name, initial))
    except Refused as taken:
        raise Refused(taken.reason, **{**taken.facts, "objectId": user.user_id}) from taken


async def _insist_somebody_left(unit: Unit, tenant_id: str, people: Sequence[Membership], *, by: Actor) -> None:
    """Somebody has to be left who administers the organization. Raises Refused (ONLY_ADMINISTRATOR)."""
    going = {one.user_id for one in people if one.administrator and one.user_id != by.user_id}
    if not going:
        return
    holders = [one.user_id for one in await ROLES.of_thing(unit, tenant_id, GLOBAL_ADMINISTRATOR)]
    left = await memberships.find_many(unit, tenant_id, [one for one in holders if one not in going])
    if not any(isinstance(one.stage, Present) and one.standing.enabled_here for one in left):
        raise Refused(Reason.ONLY_ADMINISTRATOR)


# --- People -----------------------------------------------------------------------------------------------------------


def _renamed(user: Membership, name: str, initial: str) -> dict[str, Any]:
    """What of somebody is in the domain, as it will be."""
    found = {"userPrincipalName": user.user_principal_name, "mail": user.mail}
    return {
        what: f"{text.rpartition('@')[0]}@{initial}"
        for what, text in found.items()
        if text is not None and text.rpartition("@")[2].lower() == name
    }


async def _rename_all(
    house: House, tenant_id: str, name: str, user_ids: list[str], *, disable_accounts: bool, by: Actor
) -> None:
    own = by.user_id if by.user_id in user_ids else None

    async def work(unit: Unit) -> None:
        await authorise_on(unit, by, Verb.DELETE_DOMAIN, Anything(tenant_id), writes=own)
        acting = await acting_as(unit, by, tenant_id)
        initial = (await find_organization(unit, tenant_id)).initial_domain
        for user in await memberships.find_many(unit, tenant_id, user_ids):
            changed = _renamed(user, name, initial)
            if changed and isinstance(user.stage, Deleted):
                await _insist_within_reach(unit, acting, user)
                await _rename_deleted(house, unit, user, changed, by=by)
            elif changed:
                await _insist_within_reach(unit, acting, user)
                disables = disable_accounts and user.user_id != own and user.standing.enabled_here
                enabled = False if disables else None
                await directory_users.write_update(house, unit, user, changed, enabled, None, by=by, beside={})

    await attempt(house, Verb.DELETE_DOMAIN, work, by=by, tenant_id=tenant_id)


async def _rename_deleted(house: House, unit: Unit, user: Membership, changed: dict[str, Any], *, by: Actor) -> None:
    """A deleted user comes back, if they do, under the new name."""
    profile = await profiles.find(unit, user.tenant_id, user.user_id)
    if profile is None:
        return
    profiles.save(unit, written(profile, changed))
    memberships.touch(unit, user)
    event = journal.Event(
        Verb.UPDATE_USER,
        user.tenant_id,
        journal.about(user, replace(user, version=user.version + 1)),
        unit.now,
        changes=tuple(sorted(changed)),
        details={
            "old": {what: user.mail if what == "mail" else user.user_principal_name for what in changed},
            "new": changed,
        },
    )
    await journal.write(house, unit, event, by=by)


# --- Apps -------------------------------------------------------------------------------------------------------------


async def _free_all(house: House, tenant_id: str, name: str, app_ids: list[str], *, by: Actor) -> None:
    async def work(unit: Unit) -> None:
        await authorise_on(unit, by, Verb.DELETE_DOMAIN, Anything(tenant_id))
        for app_id in app_ids:
            found = await apps.find_any(unit, tenant_id, app_id)
            if found is not None:
                await _free(house, unit, found, name, by=by)

    await attempt(house, Verb.DELETE_DOMAIN, work, by=by, tenant_id=tenant_id)


async def _free(house: House, unit: Unit, app: App, name: str, *, by: Actor) -> None:
    """The app is called by no name at or below the domain any more."""
    kept = [uri for uri in app.identifier_uris if not apis.is_below(uri, name)]
    if kept != app.identifier_uris:
        after = replace(app, identifier_uris=kept)
        await finding_apps.save(house, unit, app, after, changes=("identifier_uris",), by=by)
