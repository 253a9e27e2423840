"""Consent: a person lets an app act in their name, or an administrator lets it act in everybody's."""

from collections.abc import Iterable
from typing import Any

from vestibule.actions import journal
from vestibule.actions.authorising import authorise, authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import apps as rules
from vestibule.rules import lifecycle
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import apps, consents, memberships
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY, Consent
from vestibule.store.unit import Unit


async def consent(
    house: House, *, tenant_id: str, app_id: str, user_id: str, permissions: Iterable[str], by: Actor
) -> tuple[str, ...]:
    """A person consents for themselves to these delegated permissions, beside those they gave before.

    Returns every permission that the app has for them now.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED for somebody else; NEEDS_PERSON; BAD_VALUE; ACCOUNT_DISABLED when they cannot
            sign in any more.
    """
    wanted = rules.delegated_permissions(permissions)

    async def work(unit: Unit) -> tuple[str, ...]:
        user = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.CONSENT, tenant_id, user)
        app = await apps.find(unit, tenant_id, app_id)
        if user is None or app is None or not app.enabled:
            raise Refused(Reason.NOT_FOUND)
        if not lifecycle.may_sign_in(user.standing, unit.now):
            raise Refused(Reason.ACCOUNT_DISABLED)
        before = await consents.find(unit, tenant_id, app_id, user_id)
        names = _merged(before, wanted)
        if before is None or names != before.names:
            memberships.guard(unit, user)
            apps.guard(unit, app)
            _write(house, unit, app, user_id, before, names)
            facts = {"clientId": app.client_id, "scopes": list(names)}
            event = journal.Event(
                Verb.CONSENT, tenant_id, journal.about(user), unit.now, facts=facts, details={"app": app.display_name}
            )
            await journal.write(house, unit, event, by=by)
        everybody = await consents.find(unit, tenant_id, app_id, EVERYBODY)
        return tuple(dict.fromkeys([*(everybody.names if everybody else ()), *names]))

    return await attempt(house, Verb.CONSENT, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def consent_for_everybody(
    house: House, *, tenant_id: str, app_id: str, permissions: Iterable[str], by: Actor
) -> tuple[str, ...]:
    """An administrator says which delegated permissions an app has for everybody: these and no others.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED to whoever may not give the permissions of the API itself; BAD_VALUE.
    """
    wanted = rules.delegated_permissions(permissions)

    async def work(unit: Unit) -> tuple[str, ...]:
        app = await apps.find(unit, tenant_id, app_id)
        found_id = None if app is None else app.app_id
        await authorise_on(unit, by, Verb.ASSIGN_APP_ROLE, OnApp(tenant_id, found_id, owned=False, grants_api=True))
        if app is None:
            raise Refused(Reason.NOT_FOUND, objectId=app_id)
        before = await consents.find(unit, tenant_id, app_id, EVERYBODY)
        if (() if before is None else before.names) == tuple(wanted):
            return tuple(wanted)
        organization = await find_organization(unit, tenant_id)
        _write(house, unit, app, EVERYBODY, before, tuple(wanted))
        saved = apps.save(unit, app, app)
        facts: dict[str, Any] = {"clientId": app.client_id, "scopes": wanted, "consentType": "AllPrincipals"}
        subject = journal.about_thing(organization, "app", app.app_id, app.display_name, app.version, saved.version)
        await journal.write(house, unit, journal.Event(Verb.CONSENT, tenant_id, subject, unit.now, facts=facts), by=by)
        return tuple(wanted)

    return await attempt(house, Verb.CONSENT, work, by=by, tenant_id=tenant_id)


def _merged(before: Consent | None, wanted: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(() if before is None else before.names), *wanted]))


def _write(house: House, unit: Unit, app: App, user_id: str, before: Consent | None, names: tuple[str, ...]) -> None:
    if before is None:
        new = Consent(app.tenant_id, app.app_id, user_id, " ".join(names), house.chance.guid(), unit.now)
        consents.insert(unit, new)
    elif names:
        consents.change(unit, before, " ".join(names))
    else:
        consents.drop(unit, before)
