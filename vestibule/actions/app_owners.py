"""Who owns an app: people of the organization, and programs of it.

Owners manage the app and its secrets. They may be nobody at all: then administrators manage it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import OWNER_APPS, find_app, owner_apps, save
from vestibule.actions.grouping import can_hold
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Deleted, stage_at
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, memberships
from vestibule.store.apps import App
from vestibule.store.holdings import OWNING, Owning
from vestibule.store.unit import Unit

MOST_OWNERS: Final = 100
_KIND: Final = "app"
_OWNERS: Final = "owners"


async def owning(unit: Unit, made: App, user_ids: Sequence[str]) -> None:
    """Write the first owners of a new app. Raises Refused: NOT_FOUND for one who is not there; BAD_VALUE beyond 100."""
    ids = list(dict.fromkeys(user_ids))
    if len(ids) > MOST_OWNERS:
        raise Refused(Reason.BAD_VALUE, property=_OWNERS, why="tooMany")
    found = {user.user_id: user for user in await memberships.find_many(unit, made.tenant_id, ids)}
    for user_id in ids:
        if not can_hold(found.get(user_id)):
            raise Refused(Reason.NOT_FOUND, objectId=user_id, property=_OWNERS)
        OWNING.give(unit, Owning(made.tenant_id, user_id, _KIND, made.app_id, unit.now), before=None)


async def add_app_owner(house: House, *, tenant_id: str, app_id: str, owner_id: str, by: Actor) -> None:
    """Make a user, or a program named by its service principal, an owner of an app.

    Raises:
        Refused: NOT_FOUND for app or owner; NOT_ALLOWED; ALREADY_THERE; BAD_VALUE beyond 100 owners.
    """

    async def work(unit: Unit) -> None:
        app = await find_app(unit, by, Verb.ADD_APP_OWNER, tenant_id, app_id)
        program = await apps.find_by_principal(unit, tenant_id, owner_id)
        after = app if program is None else _with_program(app, program)
        if program is None:
            await _add_person(unit, app, owner_id)
        await save(house, unit, app, after, by=by, verb=Verb.ADD_APP_OWNER, facts={"ownerId": owner_id})

    await attempt(house, Verb.ADD_APP_OWNER, work, by=by, tenant_id=tenant_id)


async def remove_app_owner(house: House, *, tenant_id: str, app_id: str, owner_id: str, by: Actor) -> None:
    """Take the ownership of an app away, from a deleted user too.

    Raises:
        Refused: NOT_FOUND for app or owner; NOT_ALLOWED; NOT_THERE.
    """

    async def work(unit: Unit) -> None:
        app = await find_app(unit, by, Verb.REMOVE_APP_OWNER, tenant_id, app_id)
        program = await apps.find_by_any_principal(unit, tenant_id, owner_id)
        after = app
        if program is None:
            await _remove_person(unit, app, owner_id)
        else:
            after = _without_program(app, program)
        await save(house, unit, app, after, by=by, verb=Verb.REMOVE_APP_OWNER, facts={"ownerId": owner_id})

    await attempt(house, Verb.REMOVE_APP_OWNER, work, by=by, tenant_id=tenant_id)


async def _add_person(unit: Unit, app: App, user_id: str) -> None:
    user = await memberships.find(unit, app.tenant_id, user_id)
    if user is None or not can_hold(user):
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    before = await OWNING.find(unit, app.tenant_id, user_id, _KIND, app.app_id)
    if before is not None and before.struck is None:
        raise Refused(Reason.ALREADY_THERE, property=_OWNERS)
    if await OWNING.others(unit, app.tenant_id, app.app_id, user_id) >= MOST_OWNERS:
        raise Refused(Reason.BAD_VALUE, property=_OWNERS, why="tooMany")
    OWNING.give(unit, Owning(app.tenant_id, user_id, _KIND, app.app_id, unit.now), before=before)
    memberships.guard(unit, user)


async def _remove_person(unit: Unit, app: App, user_id: str) -> None:
    user = await memberships.find(unit, app.tenant_id, user_id)
    if user is None or not (can_hold(user) or isinstance(stage_at(user.standing, unit.now), Deleted)):
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    held = await OWNING.find(unit, app.tenant_id, user_id, _KIND, app.app_id)
    if held is None or held.struck is not None:
        raise Refused(Reason.NOT_THERE, property=_OWNERS, objectId=user_id)
    OWNING.take(unit, held, user)
    memberships.guard(unit, user)


def _with_program(app: App, program: App) -> App:
    owners = owner_apps(app)
    if program.client_id in owners:
        raise Refused(Reason.ALREADY_THERE, property=_OWNERS)
    if len(owners) >= MOST_OWNERS:
        raise Refused(Reason.BAD_VALUE, property=_OWNERS, why="tooMany")
    return replace(app, attributes={**app.attributes, OWNER_APPS: [*owners, program.client_id]})


def _without_program(app: App, program: App) -> App:
    owners = owner_apps(app)
    if program.client_id not in owners:
        raise Refused(Reason.NOT_THERE, property=_OWNERS, objectId=program.service_principal_id)
    kept = [client_id for client_id in owners if client_id != program.client_id]
    return replace(app, attributes={**app.attributes, OWNER_APPS: kept})
