"""Resources: what a token is for (the Graph API, or an API that an app of the organization publishes), what was
consented for it, and who may use it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vestibule.actions import collaborating, connecting, foreign_principals
from vestibule.actions.house import House
from vestibule.rules import apis, grants
from vestibule.rules.grants import OPENID_SCOPES, Asked
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import api_consents, app_index, apps, consents, group_assignments, memberships
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Resource:
    """What a token is for.

    Attributes:
        audience: the token's ``aud``: how the Graph API was spelt, or the client id of the app.
        app: the app that publishes the API; None for the Graph API.
    """

    audience: str
    app: App | None = None

    @property
    def id(self) -> str:
        """The app that publishes it; empty for the Graph API."""
        return "" if self.app is None else self.app.app_id


def read_asked(house: House, scope: str) -> Asked:
    """Read a ``scope`` parameter.

    Raises:
        Refused: BAD_VALUE with the property ``scope``; ``why`` is ``several`` when it names more than one resource.
    """
    asked = grants.read_scopes(scope, origin=house.public_url)
    if asked is None:
        raise Refused(Reason.BAD_VALUE, property="scope")
    if asked.several:
        raise Refused(Reason.BAD_VALUE, property="scope", why="several")
    return asked


async def find(reading: Reading, tenant_id: str, asked: Asked) -> Resource:
    """The resource that scopes are about, in an organization; every scope has to exist there.

    Raises:
        Refused: BAD_VALUE with the property ``resource`` for an unknown one, ``scope`` and ``why`` ``unknown`` for a
            scope that it does not have.
    """
    if asked.resource is None:
        known = {name for name, permission in PERMISSIONS.items() if permission.delegated_id is not None}
        _insist_known(asked, known)
        return Resource(asked.audience)
    api = await find_api(reading, tenant_id, asked.resource)
    if api is None:
        raise Refused(Reason.BAD_VALUE, property="resource")
    _insist_known(asked, apis.published(api.api_scopes))
    return Resource(api.client_id, api)


async def for_account(reading: Reading, app: App, account: Membership, asked: Asked) -> Resource:
    """The resource that scopes are about for an account at an app. Raises as ``find``.

    For people without a home organization it is one of the app's organization.
    """
    personal = account.tenant_id == CONSUMERS_ID
    return await find(reading, app.tenant_id if personal else account.tenant_id, asked)


def _insist_known(asked: Asked, known: Iterable[str]) -> None:
    names = set(known)
    for name, spelling in asked.permissions:
        if name not in names:
            raise Refused(Reason.BAD_VALUE, property="scope", why="unknown", value=spelling[:200])


async def find_api(reading: Reading, tenant_id: str, name: str) -> App | None:
    """The app of the organization that publishes scopes, or roles for programs, under this name.

    ``name`` is a client id, ``api://…`` or an https name.
    """
    client_id = apis.client_id_of(name)
    if client_id is not None:
        found = await apps.find_by_client_id(reading, client_id)
    else:
        app_id = await app_index.owner_of(reading, tenant_id, name)
        found = None if app_id is None else await apps.find(reading, tenant_id, app_id)
    if found is None or found.tenant_id != tenant_id or not found.enabled or not found.is_usable:
        return None
    return found if apis.published(found.api_scopes) or apis.for_programs(found.app_roles) else None


async def consented(reading: Reading, app: App, account: Membership, resource: Resource) -> tuple[str, ...]:
    """Everything that an app may do for an account with a resource, and which scopes of OpenID Connect it has.

    People without a home organization have no administrator: for them it is what the app's own organization
    consented to, and what they did themselves as its guests.
    """
    tenant_id, user_id = account.tenant_id, account.user_id
    if tenant_id == CONSUMERS_ID:
        mine = await memberships.of_person_here(reading, app.tenant_id, account.user_id)
        tenant_id, user_id = app.tenant_id, mine[0].user_id if mine else EVERYBODY
    graph = await consents.names_for(reading, tenant_id, app.app_id, user_id)
    if resource.app is None:
        return graph
    own = await api_consents.names_for(reading, tenant_id, app.app_id, user_id, resource.id)
    living = apis.published(resource.app.api_scopes)
    return (*(name for name in own if name.lower() in living), *(name for name in graph if name in OPENID_SCOPES))


async def insist_admitted(reading: Reading, app: App, account: Membership) -> None:
    """Insist that an account may use an app: assigned to it where that is asked for, or where it was let in for it.

    Raises:
        Refused: NOT_ALLOWED, ``why`` ``assignment``, or ``disabledHere`` for an app of another organization;
            COLLABORATION_FORBIDDEN for a guest whom the settings of the two organizations shut out; CONNECT_FORBIDDEN
            when direct connect is not allowed any more.
    """
    if account.tenant_id != CONSUMERS_ID:
        await foreign_principals.insist_enabled(reading, app, account.tenant_id)
    await collaborating.insist_app(reading, account, app.client_id)
    shared = account.standing.tie is Tie.DIRECT_CONNECT
    if not shared and not app.requires_assignment:
        return
    if not await group_assignments.roles_at(reading, account.tenant_id, account.user_id, app.app_id):
        raise Refused(Reason.NOT_ALLOWED, why="assignment", clientId=app.client_id)
    if shared:
        home = await memberships.find(reading, account.home_tenant or "", account.home_user or "")
        if home is None:
            raise Refused(Reason.CONNECT_FORBIDDEN)
        await connecting.check_policies(reading, account.tenant_id, home, app.client_id)
