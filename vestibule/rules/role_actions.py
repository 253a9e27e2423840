"""The actions that a role of an organization's own can be made of, and what each lets people do.

The names are Microsoft Entra's (*microsoft.directory/…*), so that roles written for it keep their meaning. Only actions
with a verb here are in the table: a role that seems to allow something and does not would mislead whoever gives it.
Giving roles is in no role of one's own, as in Entra. What each action reaches is narrower than in a built-in role: see
``rights``.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

MOST_ACTIONS: Final = 100
"""How many actions a role may have."""


def _of(*verbs: Verb) -> frozenset[Verb]:
    return frozenset(verbs)


_READ_USERS: Final = _of(Verb.READ_USERS)
_READ_GROUPS: Final = _of(Verb.READ_GROUPS)
_READ_APPS: Final = _of(Verb.READ_APPS)
_READ_POLICIES: Final = _of(Verb.READ_POLICIES)
_UPDATE_USER: Final = _of(Verb.UPDATE_USER)
_UPDATE_GROUP: Final = _of(Verb.UPDATE_GROUP)
_UPDATE_APP: Final = _of(Verb.UPDATE_APP)
_MEMBERS: Final = _of(Verb.ADD_MEMBER, Verb.REMOVE_MEMBER)
_OWNERS: Final = _of(Verb.ADD_OWNER, Verb.REMOVE_OWNER)
_APP_OWNERS: Final = _of(Verb.ADD_APP_OWNER, Verb.REMOVE_APP_OWNER)
_ASSIGNED: Final = _of(Verb.ASSIGN_APP_ROLE, Verb.UNASSIGN_APP_ROLE)

_ACTIONS: Final[Mapping[str, frozenset[Verb]]] = {
    # Users
    "users/standard/read": _READ_USERS,
    "users/memberOf/read": _READ_USERS,
    "users/manager/read": _READ_USERS,
    "users/sponsors/read": _READ_USERS,
    "users/ownedObjects/read": _READ_USERS,
    "users/appRoleAssignments/read": _READ_USERS,
    "users/oAuth2PermissionGrants/read": _READ_USERS,
    "users/create": _of(Verb.CREATE_USER),
    "users/inviteGuest": _of(Verb.INVITE, Verb.REINVITE),
    "users/basic/update": _UPDATE_USER,
    "users/jobInfo/update": _UPDATE_USER,
    "users/manager/update": _UPDATE_USER,
    "users/sponsors/update": _UPDATE_USER,
    "users/delete": _of(Verb.REMOVE),
    "users/disable": _of(Verb.DISABLE),
    "users/enable": _of(Verb.ENABLE),
    "users/restore": _of(Verb.RESTORE),
    "users/invalidateAllRefreshTokens": _of(Verb.SIGN_OUT_EVERYWHERE),
    "users/password/update": _of(Verb.SET_PASSWORD),
    # Deleted items
    "deletedItems/read": _of(Verb.READ_DELETED, Verb.READ_DELETED_GROUPS),
    "deletedItems.users/read": _of(Verb.READ_DELETED),
    "deletedItems.users/restore": _of(Verb.RESTORE),
    "deletedItems.users/delete": _of(Verb.PURGE),
    "deletedItems.groups/read": _of(Verb.READ_DELETED_GROUPS),
    "deletedItems.groups/restore": _of(Verb.RESTORE_GROUP),
    "deletedItems.groups/delete": _of(Verb.PURGE_GROUP),
    "deletedItems.applications/restore": _of(Verb.RESTORE_APP),
    "deletedItems.applications/delete": _of(Verb.PURGE_APP),
    # Groups
    "groups/standard/read": _READ_GROUPS,
    "groups/members/read": _READ_GROUPS,
    "groups/owners/read": _READ_GROUPS,
    "groups/memberOf/read": _READ_GROUPS,
    "groups/create": _of(Verb.CREATE_GROUP),
    "groups/basic/update": _UPDATE_GROUP,
    "groups/visibility/update": _UPDATE_GROUP,
    "groups/members/update": _MEMBERS,
    "groups/owners/update": _OWNERS,
    "groups/delete": _of(Verb.DELETE_GROUP),
    "groups/restore": _of(Verb.RESTORE_GROUP),
    "groups/allProperties/read": _READ_GROUPS,
    "groups/allProperties/update": _UPDATE_GROUP | _MEMBERS | _OWNERS,
    # Apps
    "applications/standard/read": _READ_APPS,
    "applications/owners/read": _READ_APPS,
    "applications/allProperties/read": _READ_APPS,
    "applications/create": _of(Verb.CREATE_APP),
    "applications/basic/update": _UPDATE_APP,
    "applications/audience/update": _UPDATE_APP,
    "applications/authentication/update": _UPDATE_APP,
    "applications/permissions/update": _UPDATE_APP,
    "applications/appRoles/update": _UPDATE_APP,
    "applications/tag/update": _UPDATE_APP,
    "applications/notes/update": _UPDATE_APP,
    "applications/credentials/update": _of(Verb.CHANGE_APP_CREDENTIALS),
    "applications/owners/update": _APP_OWNERS,
    "applications/allProperties/update": _UPDATE_APP | _APP_OWNERS | {Verb.CHANGE_APP_CREDENTIALS},
    "applications/delete": _of(Verb.DELETE_APP),
    "servicePrincipals/standard/read": _READ_APPS,
    "servicePrincipals/owners/read": _READ_APPS,
    "servicePrincipals/appRoleAssignedTo/read": _READ_APPS,
    "servicePrincipals/oAuth2PermissionGrants/read": _READ_APPS,
    "servicePrincipals/allProperties/read": _READ_APPS,
    "servicePrincipals/create": _of(Verb.CREATE_APP),
    "servicePrincipals/basic/update": _UPDATE_APP,
    "servicePrincipals/enable": _UPDATE_APP,
    "servicePrincipals/disable": _UPDATE_APP,
    "servicePrincipals/owners/update": _APP_OWNERS,
    "servicePrincipals/appRoleAssignedTo/update": _ASSIGNED,
    "servicePrincipals/delete": _of(Verb.DELETE_APP),
    "oAuth2PermissionGrants/standard/read": _READ_APPS,
    "oAuth2PermissionGrants/allProperties/read": _READ_APPS,
    "oAuth2PermissionGrants/create": _of(Verb.GRANT_SCOPES),
    "oAuth2PermissionGrants/basic/update": _of(Verb.GRANT_SCOPES),
    "oAuth2PermissionGrants/delete": _of(Verb.REVOKE_SCOPES),
    # The organization, its policies and its logs
    "organization/standard/read": _of(Verb.READ_ORGANIZATION),
    "organization/basic/update": _of(Verb.UPDATE_ORGANIZATION),
    "directoryRoles/standard/read": _of(Verb.READ_ROLES),
    "roleDefinitions/standard/read": _of(Verb.READ_ROLES),
    "roleAssignments/standard/read": _of(Verb.READ_ROLES),
    "policies/standard/read": _READ_POLICIES,
    "authorizationPolicy/standard/read": _READ_POLICIES,
    "crossTenantAccessPolicy/standard/read": _READ_POLICIES,
    "crossTenantAccessPolicy/basic/update": _of(Verb.CHANGE_CROSS_TENANT),
    "crossTenantAccessPolicy/partners/create": _of(Verb.CHANGE_CROSS_TENANT),
    "crossTenantAccessPolicy/partners/delete": _of(Verb.CHANGE_CROSS_TENANT),
    "domains/standard/read": _of(Verb.READ_DOMAINS),
    "domains/basic/allTasks": _of(
        Verb.READ_DOMAINS, Verb.ADD_DOMAIN, Verb.VERIFY_DOMAIN, Verb.UPDATE_DOMAIN, Verb.DELETE_DOMAIN
    ),
    "identityProviders/standard/read": _of(Verb.READ_PROVIDERS),
    "accessReviews/allProperties/read": _of(Verb.READ_REVIEWS),
    "auditLogs/allProperties/read": _of(Verb.READ_AUDIT),
    "signInReports/allProperties/read": _of(Verb.READ_AUDIT),
    "provisioningLogs/allProperties/read": _of(Verb.READ_PROVISIONING),
}
ACTIONS: Final[Mapping[str, frozenset[Verb]]] = {f"microsoft.directory/{name}": of for name, of in _ACTIONS.items()}
"""What each action lets people do, by its name as it is shown."""

_SPELLED: Final = {name.lower(): name for name in ACTIONS}


def read_actions(given: Iterable[str]) -> tuple[str, ...]:
    """The actions that these texts name: each once, spelled as here, sorted.

    Raises:
        Refused: BAD_VALUE with the property ``rolePermissions``: the fact ``value`` is the first that is not in the
            table; ``why`` is ``tooMany`` beyond 100, ``empty`` for none.
    """
    found: set[str] = set()
    for one in given:
        spelled = _SPELLED.get(one.lower())
        if spelled is None:
            raise Refused(Reason.BAD_VALUE, property="rolePermissions", why="action", value=one[:200])
        found.add(spelled)
    if not found or len(found) > MOST_ACTIONS:
        raise Refused(Reason.BAD_VALUE, property="rolePermissions", why="tooMany" if found else "empty")
    return tuple(sorted(found))


def verbs_of(actions: Iterable[str]) -> frozenset[Verb]:
    """What these actions let people do; one that an older version wrote and this one does not know gives nothing."""
    return frozenset[Verb]().union(*(ACTIONS.get(one, frozenset()) for one in actions))
