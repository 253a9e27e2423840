"""The audit vocabulary: what each verb is called in our own log, and as which rows Microsoft Graph shows it.

One change is one stored event. Its **type** is our own word (``membership.leave``): made to be sorted and searched,
never changed and never used again for something else (a word that goes is kept in ``RETIRED``). Graph's
``directoryAudits`` is a projection of it: one event may show as several rows with one ``correlationId``, under the
activity names that Microsoft Entra uses, so that queries written for Entra find them. Where Entra has no name we
made one and marked it ``ours``; ``docs/differences.md`` lists those.

A refused attempt shows as one row, the first, with ``result`` failure and the reason's code as ``resultReason``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vestibule.rules.verbs import Verb


class Category(StrEnum):
    """Graph's ``category``."""

    USERS = "UserManagement"
    GROUPS = "GroupManagement"
    ROLES = "RoleManagement"
    APPS = "ApplicationManagement"
    POLICY = "Policy"
    AUTHORIZATION = "AuthorizationPolicy"
    DIRECTORY = "DirectoryManagement"
    CROSS_TENANT = "CrossTenantAccessSettings"
    RESOURCE = "ResourceManagement"


class Service(StrEnum):
    """Graph's ``loggedByService``."""

    CORE = "Core Directory"
    INVITED = "Invited Users"
    METHODS = "Authentication Methods"
    B2C = "B2C"
    TERMS = "Terms Of Use"
    REVIEWS = "Access Reviews"


class Operation(StrEnum):
    """Graph's ``operationType``."""

    ADD = "Add"
    ASSIGN = "Assign"
    UPDATE = "Update"
    UNASSIGN = "Unassign"
    DELETE = "Delete"


class TargetType(StrEnum):
    """Graph's ``type`` of a target resource."""

    USER = "User"
    GROUP = "Group"
    ROLE = "Role"
    POLICY = "Policy"
    AUTHORIZATION = "AuthorizationPolicy"
    APP = "App"
    SERVICE_PRINCIPAL = "ServicePrincipal"
    DIRECTORY = "Directory"


Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of ``directoryAudits``.

    Attributes:
        activity: ``activityDisplayName``, exactly as Entra writes it.
        category: Graph's category.
        service: which service logs it.
        operation: what kind of change it is.
        target: the type of the (first) target resource.
        modified: ``modifiedProperties`` that the activity itself implies: display name, and new value as JSON text.
        details: ``additionalDetails`` that the activity itself implies: key, and value.
        ours: Entra has no such activity name.
        needs: the fact of the event without which the row is not shown; empty for every event of the type.
    """

    activity: str
    category: Category
    service: Service
    operation: Operation
    target: TargetType
    modified: Pairs = ()
    details: Pairs = ()
    ours: bool = False
    needs: str = ""


SPONSORS: Final = "sponsors"
"""The fact of an invitation that says how many stand for the guest."""


def _user(
    activity: str,
    operation: Operation,
    *,
    service: Service = Service.CORE,
    modified: Pairs = (),
    details: Pairs = (),
    ours: bool = False,
    needs: str = "",
) -> Row:
    return Row(activity, Category.USERS, service, operation, TargetType.USER, modified, details, ours, needs)


def _group(activity: str, operation: Operation) -> Row:
    return Row(activity, Category.GROUPS, Service.CORE, operation, TargetType.GROUP)


def _role(activity: str, operation: Operation) -> Row:
    return Row(activity, Category.ROLES, Service.CORE, operation, TargetType.ROLE)


def _app(activity: str, operation: Operation, target: TargetType = TargetType.APP) -> Row:
    return Row(activity, Category.APPS, Service.CORE, operation, target)


def _principal(activity: str, operation: Operation) -> Row:
    return _app(activity, operation, TargetType.SERVICE_PRINCIPAL)


def _connection(activity: str) -> Row:
    return Row(activity, Category.APPS, Service.CORE, Operation.UPDATE, TargetType.APP, ours=True)


def _directory(activity: str, operation: Operation, *, ours: bool = False) -> Row:
    return Row(activity, Category.DIRECTORY, Service.CORE, operation, TargetType.DIRECTORY, ours=ours)


def _cross_tenant(activity: str, operation: Operation) -> Row:
    return Row(activity, Category.CROSS_TENANT, Service.CORE, operation, TargetType.POLICY)


def _provider(activity: str, operation: Operation) -> Row:
    return Row(activity, Category.RESOURCE, Service.B2C, operation, TargetType.POLICY)


def _terms(activity: str, operation: Operation, target: TargetType = TargetType.POLICY) -> Row:
    return Row(activity, Category.POLICY, Service.TERMS, operation, target)


def _review(activity: str, operation: Operation, *, ours: bool = False) -> Row:
    return Row(activity, Category.POLICY, Service.REVIEWS, operation, TargetType.POLICY, ours=ours)


def _decision(activity: str) -> Row:
    return Row(activity, Category.POLICY, Service.REVIEWS, Operation.UPDATE, TargetType.USER)


def _applied(activity: str) -> Row:
    return Row(activity, Category.USERS, Service.REVIEWS, Operation.UPDATE, TargetType.POLICY)


_SOFT: Final = (("Is Hard Deleted", '"False"'),)
_HARD: Final = (("Is Hard Deleted", '"True"'),)
_UPDATE_USER: Final = _user("Update user", Operation.UPDATE)


def _deleted(detail: str | None = None) -> tuple[Row, ...]:
    """A user goes to the deleted users; ``detail`` tells the special ways apart."""
    details = ((detail, "true"),) if detail else ()
    return (_user("Delete user", Operation.DELETE, modified=_SOFT, details=details),)


def _gone_themselves(detail: str) -> tuple[Row, ...]:
    """Entra publishes no name for a guest who goes on their own: the nearest pair, told apart by ``detail``."""
    external = _user("Delete external user", Operation.DELETE, service=Service.INVITED, details=((detail, "true"),))
    return (*_deleted(detail), external)


SELF_SERVICE: Final = "selfService"
"""The key in ``additionalDetails`` (value ``true``) by which a leave is told from a deletion."""

EVENTS: Final[Mapping[str, tuple[Row, ...]]] = {
    # The life of a guest
    "membership.invite": (
        _user("Invite external user", Operation.ADD, service=Service.INVITED),
        _user("Add user", Operation.ADD),
        _user("Add user sponsor", Operation.ADD, needs=SPONSORS),
    ),
    "membership.reinvite": (
        _user("Invite external user with reset invitation status", Operation.UPDATE, service=Service.INVITED),
    ),
    "membership.resetRedemption": (
        _user("Invite external user with reset invitation status", Operation.UPDATE, service=Service.INVITED),
    ),
    "membership.inviteInternal": (
        _user("Invite internal user to B2B collaboration", Operation.UPDATE, service=Service.INVITED),
        _UPDATE_USER,
    ),
    "membership.convertToInternal": (
        _user("Convert external user to internal user", Operation.UPDATE, ours=True),
        _UPDATE_USER,
    ),
    "membership.redeem": (
        _user("Redeem external user invite", Operation.UPDATE, service=Service.INVITED),
        _UPDATE_USER,
    ),
    "membership.decline": _gone_themselves("invitationDeclined"),
    "membership.connect": (_user("Connect external user", Operation.ADD, service=Service.INVITED, ours=True),),
    "membership.leave": _gone_themselves(SELF_SERVICE),
    "membership.remove": _deleted(),
    "membership.disable": (_user("Disable account", Operation.UPDATE), _UPDATE_USER),
    "membership.enable": (_user("Enable account", Operation.UPDATE), _UPDATE_USER),
    "membership.restore": (_user("Restore user", Operation.UPDATE),),
    "membership.purge": (_user("Hard Delete user", Operation.DELETE, modified=_HARD),),
    "membership.erase": (_user("Remove user data", Operation.DELETE, ours=True),),
    "membership.waiveRecipient": (_user("Waive recipient of data removal", Operation.UPDATE, ours=True),),
    "membership.setHold": (_user("Set legal hold", Operation.UPDATE, ours=True),),
    "membership.liftHold": (_user("Lift legal hold", Operation.UPDATE, ours=True),),
    "membership.askRemoval": (_user("Request removal", Operation.ADD, service=Service.INVITED, ours=True),),
    "membership.askRestore": (_user("Request restore", Operation.ADD, service=Service.INVITED, ours=True),),
    "membership.answerRemoval": (
        _user("Answer removal request", Operation.UPDATE, service=Service.INVITED, ours=True),
    ),
    "membership.askErasure": (_user("Request erasure", Operation.ADD, service=Service.INVITED, ours=True),),
    "membership.withdrawErasure": (
        _user("Withdraw erasure request", Operation.UPDATE, service=Service.INVITED, ours=True),
    ),
    "membership.answerErasure": (
        _user("Answer erasure request", Operation.UPDATE, service=Service.INVITED, ours=True),
    ),
    "membership.extendRequest": (
        _user("Extend time to answer request", Operation.UPDATE, service=Service.INVITED, ours=True),
    ),
    # Requests by a proven address, which need no account
    "dataRequest.file": (_directory("File data request", Operation.ADD, ours=True),),
    "dataRequest.withdraw": (_directory("Withdraw data request", Operation.UPDATE, ours=True),),
    "dataRequest.extend": (_directory("Extend time to answer data request", Operation.UPDATE, ours=True),),
    "dataRequest.answer": (_directory("Answer data request", Operation.UPDATE, ours=True),),
    "dataRequest.collect": (_directory("Collect copy of data", Operation.UPDATE, ours=True),),
    "dataRequest.end": (_directory("Remove data request", Operation.DELETE, ours=True),),
    # The user object stays and waits for another invitation, so that nothing of a deletion is said.
    "invitation.expire": (_user("Expire invitation", Operation.UPDATE, service=Service.INVITED, ours=True),),
    "invitation.ask": (_user("Request invitation", Operation.ADD, service=Service.INVITED, ours=True),),
    "invitation.block": (_user("Email unsubscribed", Operation.UPDATE, service=Service.INVITED),),
    "invitation.allow": (_user("Email subscribed", Operation.UPDATE, service=Service.INVITED),),
    # The organization and its policies
    "organization.create": (_directory("Create company", Operation.ADD),),
    "organization.update": (_directory("Update company", Operation.UPDATE),),
    "organization.changePrivacy": (  # which of the two Entra writes is not documented: a search for either finds it
        _directory("Set Company Information", Operation.UPDATE),
        _directory("Update company", Operation.UPDATE),
    ),
    "organization.sendDigest": (_directory("Send guest digest", Operation.ADD, ours=True),),
    "organization.warnOfRemovals": (_directory("Warn of data removals", Operation.ADD, ours=True),),
    "organization.restoreBackup": (_directory("Restore backup", Operation.UPDATE, ours=True),),
    "organization.endSignIns": (_directory("End sign-ins of organization", Operation.UPDATE, ours=True),),
    "organization.addDomain": (_directory("Add verified domain", Operation.ADD),),
    "organization.claimDomain": (_directory("Add unverified domain", Operation.ADD),),
    "organization.verifyDomain": (_directory("Verify domain", Operation.UPDATE),),
    "organization.updateDomain": (_directory("Update domain", Operation.UPDATE),),
    "organization.deleteDomain": (_directory("Remove verified domain", Operation.DELETE),),
    "organization.unclaimDomain": (_directory("Remove unverified domain", Operation.DELETE),),
    "policy.changeLeaveSetting": (
        Row("Update policy", Category.POLICY, Service.CORE, Operation.UPDATE, TargetType.POLICY),
    ),
    "policy.changeGuestSettings": (
        Row(
            "Update authorization policy",
            Category.AUTHORIZATION,
            Service.CORE,
            Operation.UPDATE,
            TargetType.POLICY,
        ),
    ),
    "terms.create": (_terms("Create Terms Of Use", Operation.ADD),),
    "terms.change": (_terms("Edit Terms Of Use", Operation.UPDATE),),
    "terms.withdraw": (_terms("Delete Terms Of Use", Operation.DELETE),),
    "policy.changeCrossTenant.addPartner": (
        _cross_tenant("Add a partner to cross-tenant access setting", Operation.ADD),
    ),
    "policy.changeCrossTenant.updatePartner": (
        _cross_tenant("Update a partner cross-tenant access setting", Operation.UPDATE),
    ),
    "policy.changeCrossTenant.deletePartner": (
        _cross_tenant("Delete partner specific cross-tenant access setting", Operation.DELETE),
    ),
    "policy.changeCrossTenant.updateDefault": (
        _cross_tenant("Update the company default cross-tenant access setting", Operation.UPDATE),
    ),
    "policy.changeCrossTenant.resetDefault": (
        _cross_tenant("Reset the cross-tenant access default setting", Operation.UPDATE),
    ),
    # Being told of changes
    "subscription.create": (_directory("Add change notification subscription", Operation.ADD, ours=True),),
    "subscription.renew": (_directory("Update change notification subscription", Operation.UPDATE, ours=True),),
    "subscription.delete": (_directory("Remove change notification subscription", Operation.DELETE, ours=True),),
    "subscription.end": (_directory("End change notification subscription", Operation.DELETE, ours=True),),
    "list.export": (_directory("Export list", Operation.ADD, ours=True),),
    "provider.create": (_provider("Create identity provider", Operation.ADD),),
    "provider.update": (_provider("Update identity provider", Operation.UPDATE),),
    "provider.delete": (_provider("Delete identity provider", Operation.DELETE),),
    # Users, groups, apps, roles
    "user.create": (_user("Add user", Operation.ADD),),
    "user.update": (_UPDATE_USER,),
    "user.exportData": (_user("Export personal data", Operation.ADD, ours=True),),
    "user.setManager": (_user("Set user manager", Operation.UPDATE),),
    "user.addSponsor": (_user("Add user sponsor", Operation.ADD),),
    "user.removeSponsor": (_user("Remove user sponsor", Operation.DELETE),),
    "group.create": (_group("Add group", Operation.ADD),),
    "group.update": (_group("Update group", Operation.UPDATE),),
    "group.delete": (_group("Delete group", Operation.DELETE),),
    "group.restore": (_group("Restore Group", Operation.UPDATE),),
    "group.purge": (_group("Hard Delete group", Operation.DELETE),),
    "group.addMember": (_group("Add member to group", Operation.ASSIGN),),
    "group.removeMember": (_group("Remove member from group", Operation.UNASSIGN),),
    "group.addOwner": (_group("Add owner to group", Operation.ASSIGN),),
    "group.removeOwner": (_group("Remove owner from group", Operation.UNASSIGN),),
    "app.create": (
        _app("Add application", Operation.ADD),
        _app("Add service principal", Operation.ADD, TargetType.SERVICE_PRINCIPAL),
    ),
    "app.createApplication": (_app("Add application", Operation.ADD),),
    "app.createPrincipal": (_principal("Add service principal", Operation.ADD),),
    "app.update": (_app("Update application", Operation.UPDATE),),
    "app.updatePrincipal": (_principal("Update service principal", Operation.UPDATE),),
    "app.changeCredentials": (
        _app("Update application \N{EN DASH} Certificates and secrets management", Operation.UPDATE),
    ),
    "app.setConnection": (_connection("Set connection of application"),),
    "app.newConnectionSecret": (_connection("Change secret of connection of application"),),
    "app.removeConnection": (_connection("Remove connection of application"),),
    "app.sendAgain": (_connection("Send again to application"),),
    "app.delete": (
        _app("Delete application", Operation.DELETE),
        _principal("Remove service principal", Operation.DELETE),
    ),
    "app.deleteApplication": (_app("Delete application", Operation.DELETE),),
    "app.deletePrincipal": (_principal("Remove service principal", Operation.DELETE),),
    "app.restore": (_app("Restore application", Operation.UPDATE),),
    "app.restorePrincipal": (_principal("Restore service principal", Operation.UPDATE),),
    "app.purge": (_app("Hard Delete application", Operation.DELETE),),
    "app.purgePrincipal": (_principal("Hard delete service principal", Operation.DELETE),),
    "app.endSignIns": (
        Row(
            "End sign-ins of application",
            Category.APPS,
            Service.CORE,
            Operation.UPDATE,
            TargetType.SERVICE_PRINCIPAL,
            ours=True,
        ),
    ),
    "app.addOwner": (_app("Add owner to application", Operation.ASSIGN),),
    "app.removeOwner": (_app("Remove owner from application", Operation.UNASSIGN),),
    "app.grantScopes": (_principal("Add delegated permission grant", Operation.ASSIGN),),
    "app.changeScopes": (_principal("Update delegated permission grant", Operation.UPDATE),),
    "app.revokeScopes": (_principal("Remove delegated permission grant", Operation.UNASSIGN),),
    "app.assignUser": (_user("Add app role assignment grant to user", Operation.ASSIGN),),
    "app.assignGroup": (_group("Add app role assignment to group", Operation.ASSIGN),),
    "app.assignApp": (
        _app("Add app role assignment to service principal", Operation.ASSIGN, TargetType.SERVICE_PRINCIPAL),
    ),
    "app.unassignUser": (_user("Remove app role assignment from user", Operation.UNASSIGN),),
    "app.unassignGroup": (_group("Remove app role assignment from group", Operation.UNASSIGN),),
    "app.unassignApp": (
        _app("Remove app role assignment from service principal", Operation.UNASSIGN, TargetType.SERVICE_PRINCIPAL),
    ),
    "role.assign": (_role("Add member to role", Operation.ASSIGN),),
    "role.unassign": (_role("Remove member from role", Operation.UNASSIGN),),
    "role.create": (_role("Add role definition", Operation.ADD),),
    "role.update": (_role("Update role definition", Operation.UPDATE),),
    "role.delete": (_role("Delete role definition", Operation.DELETE),),
    # Access reviews, and profiles shared with other organizations
    "review.create": (_review("Create access review", Operation.ADD),),
    "review.update": (_review("Update access review", Operation.UPDATE),),
    "review.delete": (_review("Delete access review", Operation.DELETE),),
    "review.start": (_review("Access review started", Operation.ADD, ours=True),),
    "review.end": (_review("Access review ended", Operation.UPDATE),),
    "review.endStage": (_review("Access review stage ended", Operation.UPDATE, ours=True),),
    "review.remind": (_review("Remind reviewers", Operation.UPDATE, ours=True),),
    "review.approve": (_decision("Approve decision"),),
    "review.deny": (_decision("Deny decision"),),
    "review.dontKnow": (_decision("Don't know decision"),),
    "review.reset": (_decision("Reset decision"),),
    "review.apply": (_applied("Apply review"),),
    "review.autoApply": (_applied("Auto apply review"),),
    "review.applyDecision": (_decision("Apply decision"),),
    "review.changePolicy": (_review("Update access review policy", Operation.UPDATE, ours=True),),
    "review.createHistory": (_review("Create access review history", Operation.ADD, ours=True),),
    "review.deleteHistory": (_review("Delete access review history", Operation.DELETE, ours=True),),
    "review.makeHistory": (_review("Access review history made", Operation.ADD, ours=True),),
    "review.downloadHistory": (_review("Download access review history", Operation.UPDATE, ours=True),),
    "membership.removeShared": (
        _user("Remove shared user profile", Operation.DELETE, service=Service.INVITED, ours=True),
    ),
    "membership.exportShared": (
        _user("Export shared user profile", Operation.ADD, service=Service.INVITED, ours=True),
    ),
    # Signing in; a sign-in itself is a row of the sign-in log, not of directoryAudits
    "signIn": (),
    "session.endAll": (_user("Update StsRefreshTokenValidFrom Timestamp", Operation.UPDATE),),
    "consent.give": (
        _app("Consent to application", Operation.ASSIGN, TargetType.SERVICE_PRINCIPAL),
        _app("Add delegated permission grant", Operation.ASSIGN, TargetType.SERVICE_PRINCIPAL),
    ),
    "terms.accept": (_terms("Accept Terms Of Use", Operation.UPDATE, TargetType.USER),),
    "terms.decline": (_terms("Decline Terms Of Use", Operation.UPDATE, TargetType.USER),),
    "password.reset": (_user("Reset password", Operation.UPDATE), _UPDATE_USER),
    "password.change": (_user("Change password", Operation.UPDATE), _UPDATE_USER),
    "signInMethod.add": (_user("User registered security info", Operation.UPDATE, service=Service.METHODS),),
    "signInMethod.change": (_user("User updated security info", Operation.UPDATE, service=Service.METHODS, ours=True),),
    "signInMethod.remove": (_user("User deleted security info", Operation.UPDATE, service=Service.METHODS),),
}
"""Every type of event, and the rows of ``directoryAudits`` that it shows as."""

RETIRED: Final[frozenset[str]] = frozenset()
"""Types that old events still carry and that nothing writes any more."""

_TYPES: Final[Mapping[Verb, str | Mapping[str, str]]] = {
    Verb.INVITE: "membership.invite",
    Verb.REINVITE: "membership.reinvite",
    Verb.RESET_REDEMPTION: "membership.resetRedemption",
    Verb.INVITE_INTERNAL: "membership.inviteInternal",
    Verb.CONVERT_TO_INTERNAL: "membership.convertToInternal",
    Verb.EXPORT_PERSONAL_DATA: "user.exportData",
    Verb.EXPORT_SHARED: "membership.exportShared",
    Verb.REDEEM: "membership.redeem",
    Verb.DECLINE: "membership.decline",
    Verb.EXPIRE_INVITATION: "invitation.expire",
    Verb.BLOCK_INVITATIONS: {"": "invitation.block", "allow": "invitation.allow"},
    Verb.ASK_INVITATION: "invitation.ask",
    Verb.CONNECT: "membership.connect",
    Verb.LEAVE: "membership.leave",
    Verb.REMOVE: "membership.remove",
    Verb.DISABLE: "membership.disable",
    Verb.ENABLE: "membership.enable",
    Verb.RESTORE: "membership.restore",
    Verb.PURGE: "membership.purge",
    Verb.ERASE: "membership.erase",
    Verb.WAIVE_RECIPIENT: "membership.waiveRecipient",
    Verb.SET_HOLD: "membership.setHold",
    Verb.LIFT_HOLD: "membership.liftHold",
    Verb.ASK_REMOVAL: "membership.askRemoval",
    Verb.ASK_RESTORE: "membership.askRestore",
    Verb.ANSWER_REMOVAL: "membership.answerRemoval",
    Verb.ASK_ERASURE: "membership.askErasure",
    Verb.WITHDRAW_ERASURE: "membership.withdrawErasure",
    Verb.ANSWER_ERASURE: "membership.answerErasure",
    Verb.EXTEND_REQUEST: "membership.extendRequest",
    Verb.FILE_DATA_REQUEST: "dataRequest.file",
    Verb.WITHDRAW_DATA_REQUEST: "dataRequest.withdraw",
    Verb.ANSWER_DATA_REQUEST: "dataRequest.answer",
    Verb.EXTEND_DATA_REQUEST: "dataRequest.extend",
    Verb.COLLECT_DATA_COPY: "dataRequest.collect",
    Verb.END_DATA_REQUEST: "dataRequest.end",
    Verb.EXPORT_LIST: "list.export",
    Verb.SUBSCRIBE: "subscription.create",
    Verb.RENEW_SUBSCRIPTION: "subscription.renew",
    Verb.UNSUBSCRIBE: {"": "subscription.delete", "end": "subscription.end"},
    Verb.CREATE_ORGANIZATION: "organization.create",
    Verb.UPDATE_ORGANIZATION: "organization.update",
    Verb.CHANGE_PRIVACY: "organization.changePrivacy",
    Verb.CHANGE_LEAVE_SETTING: "policy.changeLeaveSetting",
    Verb.CHANGE_GUEST_SETTINGS: "policy.changeGuestSettings",
    Verb.SEND_DIGEST: "organization.sendDigest",
    Verb.WARN_OF_REMOVALS: "organization.warnOfRemovals",
    Verb.CHANGE_TERMS: {"": "terms.change", "create": "terms.create", "withdraw": "terms.withdraw"},
    Verb.CHANGE_CROSS_TENANT: {
        "": "policy.changeCrossTenant.updateDefault",
        "addPartner": "policy.changeCrossTenant.addPartner",
        "updatePartner": "policy.changeCrossTenant.updatePartner",
        "deletePartner": "policy.changeCrossTenant.deletePartner",
        "resetDefault": "policy.changeCrossTenant.resetDefault",
    },
    Verb.ADD_DOMAIN: {"": "organization.addDomain", "claim": "organization.claimDomain"},
    Verb.VERIFY_DOMAIN: "organization.verifyDomain",
    Verb.UPDATE_DOMAIN: "organization.updateDomain",
    Verb.DELETE_DOMAIN: {"": "organization.deleteDomain", "claim": "organization.unclaimDomain"},
    Verb.CREATE_PROVIDER: "provider.create",
    Verb.UPDATE_PROVIDER: "provider.update",
    Verb.DELETE_PROVIDER: "provider.delete",
    Verb.CREATE_USER: "user.create",
    Verb.UPDATE_USER: {
        "": "user.update",
        "manager": "user.setManager",
        "addSponsor": "user.addSponsor",
        "removeSponsor": "user.removeSponsor",
    },
    Verb.CREATE_GROUP: "group.create",
    Verb.UPDATE_GROUP: "group.update",
    Verb.DELETE_GROUP: "group.delete",
    Verb.RESTORE_GROUP: "group.restore",
    Verb.PURGE_GROUP: "group.purge",
    Verb.ADD_MEMBER: "group.addMember",
    Verb.REMOVE_MEMBER: "group.removeMember",
    Verb.ADD_OWNER: "group.addOwner",
    Verb.REMOVE_OWNER: "group.removeOwner",
    Verb.CREATE_APP: {
        "": "app.create",
        "application": "app.createApplication",
        "principal": "app.createPrincipal",
    },
    Verb.UPDATE_APP: {"": "app.update", "principal": "app.updatePrincipal"},
    Verb.DELETE_APP: {
        "": "app.delete",
        "application": "app.deleteApplication",
        "principal": "app.deletePrincipal",
    },
    Verb.RESTORE_APP: {"": "app.restore", "principal": "app.restorePrincipal"},
    Verb.PURGE_APP: {"": "app.purge", "principal": "app.purgePrincipal"},
    Verb.CHANGE_APP_CREDENTIALS: "app.changeCredentials",
    Verb.CHANGE_CONNECTIONS: {
        "": "app.setConnection",
        "secret": "app.newConnectionSecret",
        "remove": "app.removeConnection",
        "again": "app.sendAgain",
    },
    Verb.ADD_APP_OWNER: "app.addOwner",
    Verb.REMOVE_APP_OWNER: "app.removeOwner",
    Verb.GRANT_SCOPES: {"": "app.grantScopes", "change": "app.changeScopes"},
    Verb.REVOKE_SCOPES: "app.revokeScopes",
    Verb.ASSIGN_APP_ROLE: {"": "app.assignUser", "group": "app.assignGroup", "app": "app.assignApp"},
    Verb.UNASSIGN_APP_ROLE: {"": "app.unassignUser", "group": "app.unassignGroup", "app": "app.unassignApp"},
    Verb.ASSIGN_ROLE: "role.assign",
    Verb.UNASSIGN_ROLE: "role.unassign",
    Verb.CREATE_ROLE: "role.create",
    Verb.UPDATE_ROLE: "role.update",
    Verb.DELETE_ROLE: "role.delete",
    Verb.CREATE_REVIEW: "review.create",
    Verb.START_REVIEW: "review.start",
    Verb.UPDATE_REVIEW: "review.update",
    Verb.DELETE_REVIEW: "review.delete",
    Verb.STOP_REVIEW: {"": "review.end", "stage": "review.endStage"},
    Verb.REMIND_REVIEWERS: "review.remind",
    Verb.DECIDE_REVIEW: {
        "": "review.approve",
        "deny": "review.deny",
        "dontKnow": "review.dontKnow",
        "reset": "review.reset",
    },
    Verb.APPLY_REVIEW: {"": "review.apply", "auto": "review.autoApply", "decision": "review.applyDecision"},
    Verb.CHANGE_REVIEW_POLICY: "review.changePolicy",
    Verb.CREATE_HISTORY: "review.createHistory",
    Verb.DELETE_HISTORY: "review.deleteHistory",
    Verb.MAKE_HISTORY: "review.makeHistory",
    Verb.DOWNLOAD_HISTORY: "review.downloadHistory",
    Verb.REMOVE_SHARED: "membership.removeShared",
    Verb.SIGN_IN: "signIn",
    Verb.RESTORE_BACKUP: "organization.restoreBackup",
    Verb.END_ORGANIZATION_SIGN_INS: "organization.endSignIns",
    Verb.END_APP_SIGN_INS: "app.endSignIns",
    Verb.SIGN_OUT_EVERYWHERE: "session.endAll",
    Verb.CONSENT: "consent.give",
    Verb.ACCEPT_TERMS: "terms.accept",
    Verb.DECLINE_TERMS: "terms.decline",
    Verb.SET_PASSWORD: {"": "password.reset", "own": "password.change"},
    Verb.ADD_SIGN_IN_METHOD: "signInMethod.add",
    Verb.CHANGE_SIGN_IN_METHOD: "signInMethod.change",
    Verb.REMOVE_SIGN_IN_METHOD: "signInMethod.remove",
}


def is_audited(verb: Verb) -> bool:
    """Whether the verb leaves an event: each does that changes something, no reading does."""
    return verb in _TYPES


def event_type(verb: Verb, way: str = "") -> str:
    """Return the type under which a verb is written to the log.

    Args:
        verb: a verb that changes something.
        way: in which of several ways, where the log tells them apart: which cross-tenant setting was touched
            (``addPartner``, ``updatePartner``, ``deletePartner``, ``resetDefault``; else the default was updated),
            that an organization has terms of use for the first time, or none any more (``create``, ``withdraw``),
            who an app is assigned to (``group``, ``app``; else a user), which half of an app it is about
            (``application``, ``principal``; else both), that a grant is changed (``change``), that a domain is
            nobody's yet (``claim``), that a subscription ends by itself (``end``), whose password it is
            (``own``), that it is somebody's manager or sponsors that changed (``manager``, ``addSponsor``,
            ``removeSponsor``), that invitations are welcome again (``allow``),
            what was decided in an access review (``deny``, ``dontKnow``, ``reset``; else
            that somebody stays), that time applies it (``auto``), that one decision of it is applied (``decision``),
            that a stage of it is over and the next one begins (``stage``).

    Raises:
        KeyError: the verb leaves no event, or has no such way; a mistake in the program.
    """
    found = _TYPES[verb]
    if isinstance(found, str):
        if way:
            raise KeyError(way)
        return found
    return found[way]


def rows(of_type: str, *, refused: bool = False) -> tuple[Row, ...]:
    """Return the rows of ``directoryAudits`` for an event of this type; one at most for a refused attempt.

    Raises:
        KeyError: no event was ever written with this type.
    """
    found = EVENTS[of_type]
    return found[:1] if refused else found
