"""What happened, in the words of the audit log's page.

Each type of event (``rules/activities``) has one name here, or two where one change is two things to a reader: a
permanent deletion is also the start of a data removal. Names that several types share are one choice of the filter.
Refused attempts have the same name, except for leaving, where the refusal is what people look for.
"""

from collections.abc import Mapping
from typing import Final

from vestibule.doors.web.words import N_

LEAVE: Final = "membership.leave"
PURGE: Final = "membership.purge"

USERS, GROUPS, ROLES, APPS = N_("Users"), N_("Groups"), N_("Roles"), N_("Apps")
SETTINGS, REVIEWS, SIGNING_IN = N_("Settings"), N_("Access reviews"), N_("Signing in")

LEAVE_REFUSED: Final = N_("Leave refused")
REMOVAL_STARTED: Final = N_("Data removal started")
_SETTING: Final = N_("Setting changed")

NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    USERS: {
        "membership.invite": N_("User invited"),
        "membership.reinvite": N_("User invited again"),
        "membership.resetRedemption": N_("Redemption status reset"),
        "membership.inviteInternal": N_("Internal user invited"),
        "membership.convertToInternal": N_("External user made internal"),
        "membership.redeem": N_("Invitation accepted"),
        "membership.decline": N_("Invitation declined"),
        "invitation.expire": N_("Invitation expired"),
        "invitation.ask": N_("New invitation asked for"),
        "invitation.block": N_("Invitations blocked"),
        "invitation.allow": N_("Invitations allowed again"),
        "membership.connect": N_("Direct connect user connected"),
        LEAVE: N_("Left organization"),
        "membership.remove": N_("User deleted"),
        "membership.disable": N_("Account disabled"),
        "membership.enable": N_("Account enabled"),
        "membership.restore": N_("User restored"),
        PURGE: N_("User permanently deleted"),
        "membership.erase": N_("Data removal finished"),
        "membership.waiveRecipient": N_("App waived for a data removal"),
        "membership.setHold": N_("Legal hold set"),
        "membership.liftHold": N_("Legal hold lifted"),
        "membership.askRemoval": N_("Removal requested"),
        "membership.answerRemoval": N_("Removal request answered"),
        "membership.askErasure": N_("Removal of data requested"),
        "membership.withdrawErasure": N_("Request for removal of data withdrawn"),
        "membership.answerErasure": N_("Request for removal of data answered"),
        "membership.extendRequest": N_("Time to answer extended"),
        "dataRequest.file": N_("Data request received"),
        "dataRequest.withdraw": N_("Data request withdrawn"),
        "dataRequest.extend": N_("Time to answer data request extended"),
        "dataRequest.answer": N_("Data request answered"),
        "dataRequest.collect": N_("Copy of data downloaded"),
        "dataRequest.end": N_("Data request removed"),
        "membership.askRestore": N_("Restore requested"),
        "membership.removeShared": N_("Shared profile removed"),
        "membership.exportShared": N_("Shared profile exported"),
        "user.create": N_("User created"),
        "user.update": N_("User changed"),
        "user.exportData": N_("Personal data exported"),
        "user.setManager": N_("Manager changed"),
        "user.addSponsor": N_("Sponsor added"),
        "user.removeSponsor": N_("Sponsor removed"),
        "list.export": N_("List exported"),
    },
    GROUPS: {
        "group.create": N_("Group created"),
        "group.update": N_("Group changed"),
        "group.delete": N_("Group deleted"),
        "group.restore": N_("Group restored"),
        "group.purge": N_("Group permanently deleted"),
        "group.addMember": N_("Group member added"),
        "group.removeMember": N_("Group member removed"),
        "group.addOwner": N_("Group owner added"),
        "group.removeOwner": N_("Group owner removed"),
    },
    ROLES: {
        "role.assign": N_("Role given"),
        "role.unassign": N_("Role taken away"),
        "role.create": N_("Custom role made"),
        "role.update": N_("Custom role changed"),
        "role.delete": N_("Custom role deleted"),
    },
    APPS: {
        "app.create": N_("App registered"),
        "app.createApplication": N_("Application registered"),
        "app.createPrincipal": N_("Service principal made"),
        "app.update": N_("App changed"),
        "app.updatePrincipal": N_("App sign-in changed"),
        "app.changeCredentials": N_("App secrets changed"),
        "app.setConnection": N_("Connection of an app changed"),
        "app.newConnectionSecret": N_("Secret of an app's webhook changed"),
        "app.removeConnection": N_("Connection of an app removed"),
        "app.sendAgain": N_("Sent again to an app"),
        "app.delete": N_("App deleted"),
        "app.deleteApplication": N_("Application deleted"),
        "app.deletePrincipal": N_("Service principal deleted"),
        "app.restore": N_("App restored"),
        "app.restorePrincipal": N_("Service principal restored"),
        "app.purge": N_("App permanently deleted"),
        "app.purgePrincipal": N_("Service principal permanently deleted"),
        "app.addOwner": N_("App owner added"),
        "app.removeOwner": N_("App owner removed"),
        "app.endSignIns": N_("Sign-ins of an app ended"),
        "app.grantScopes": N_("Permissions granted to an app"),
        "app.changeScopes": N_("Permissions of an app changed"),
        "app.revokeScopes": N_("Permissions of an app revoked"),
        "app.assignUser": N_("User assigned to an app"),
        "app.assignGroup": N_("Group assigned to an app"),
        "app.assignApp": N_("Permission for itself given to an app"),
        "app.unassignUser": N_("Assignment to an app removed"),
        "app.unassignGroup": N_("Group's assignment to an app removed"),
        "app.unassignApp": N_("Permission for itself taken from an app"),
        "consent.give": N_("Consent given"),
        "subscription.create": N_("App told of changes"),
        "subscription.renew": N_("App told of changes for longer"),
        "subscription.delete": N_("App told of changes no more"),
        "subscription.end": N_("Subscription to changes ended"),
    },
    SETTINGS: {
        "policy.changeLeaveSetting": _SETTING,
        "policy.changeGuestSettings": _SETTING,
        "policy.changeCrossTenant.updateDefault": _SETTING,
        "policy.changeCrossTenant.resetDefault": _SETTING,
        "policy.changeCrossTenant.addPartner": N_("Organization added to cross-tenant access"),
        "policy.changeCrossTenant.updatePartner": N_("Cross-tenant access changed"),
        "policy.changeCrossTenant.deletePartner": N_("Organization removed from cross-tenant access"),
        "organization.create": N_("Organization created"),
        "organization.update": _SETTING,
        "organization.changePrivacy": _SETTING,
        "organization.sendDigest": N_("Guest digest sent"),
        "organization.warnOfRemovals": N_("Warned of data removals"),
        "organization.restoreBackup": N_("Restored from a backup"),
        "organization.endSignIns": N_("All sign-ins ended"),
        "organization.addDomain": N_("Domain added"),
        "organization.claimDomain": N_("Domain claimed"),
        "organization.verifyDomain": N_("Domain verified"),
        "organization.updateDomain": N_("Domain changed"),
        "organization.deleteDomain": N_("Domain removed"),
        "organization.unclaimDomain": N_("Domain claim withdrawn"),
        "terms.create": N_("Terms of use added"),
        "terms.change": N_("Terms of use changed"),
        "terms.withdraw": N_("Terms of use withdrawn"),
        "provider.create": N_("Identity provider added"),
        "provider.update": N_("Identity provider changed"),
        "provider.delete": N_("Identity provider deleted"),
    },
    REVIEWS: {
        "review.create": N_("Access review created"),
        "review.update": N_("Access review changed"),
        "review.delete": N_("Access review deleted"),
        "review.start": N_("Access review started"),
        "review.end": N_("Access review ended"),
        "review.endStage": N_("Access review stage ended"),
        "review.remind": N_("Reviewers reminded"),
        "review.approve": N_("Review decision: keep"),
        "review.deny": N_("Review decision: remove"),
        "review.dontKnow": N_("Review decision: don't know"),
        "review.reset": N_("Review decision withdrawn"),
        "review.apply": N_("Review results applied"),
        "review.autoApply": N_("Review results applied by date"),
        "review.applyDecision": N_("Review decision applied"),
        "review.changePolicy": N_("Access review policy changed"),
        "review.createHistory": N_("Review history asked for"),
        "review.deleteHistory": N_("Review history deleted"),
        "review.makeHistory": N_("Review history made"),
        "review.downloadHistory": N_("Review history downloaded"),
    },
    SIGNING_IN: {
        "signIn": N_("Signed in"),
        "session.endAll": N_("Signed out everywhere"),
        "terms.accept": N_("Terms of use accepted"),
        "terms.decline": N_("Terms of use declined"),
        "password.reset": N_("Password set by an administrator"),
        "password.change": N_("Password changed"),
        "signInMethod.add": N_("Sign-in method added"),
        "signInMethod.change": N_("Sign-in method changed"),
        "signInMethod.remove": N_("Sign-in method removed"),
    },
}
"""By category: the name of each type of event."""

NAME_OF: Final[Mapping[str, str]] = {type_: name for part in NAMES.values() for type_, name in part.items()}
CATEGORY_OF: Final[Mapping[str, str]] = {type_: category for category, part in NAMES.items() for type_ in part}


def names_of(of_type: str, *, refused: bool, direct_connect: bool = False) -> tuple[str, ...]:
    """What an event is called: each name is a row.

    Args:
        of_type: its type. refused: it was not done. direct_connect: it is about a direct connect user, for whom the
            data removal starts with the leave.
    """
    if of_type == LEAVE:
        if refused:
            return (LEAVE_REFUSED,)
        return (NAME_OF[LEAVE], REMOVAL_STARTED) if direct_connect else (NAME_OF[LEAVE],)
    if of_type == PURGE and not refused:
        return (NAME_OF[PURGE], REMOVAL_STARTED)
    return (NAME_OF.get(of_type, of_type),)


def types_of(name: str) -> frozenset[str]:
    """The types of events that may have this name; none for a name that nothing has."""
    if name == LEAVE_REFUSED:
        return frozenset({LEAVE})
    if name == REMOVAL_STARTED:
        return frozenset({LEAVE, PURGE})
    return frozenset(type_ for type_, known in NAME_OF.items() if known == name)


def choices() -> dict[str, tuple[str, ...]]:
    """By category: every name that the filter offers, each once, in the order of the tables above."""
    found = {category: tuple(dict.fromkeys(part.values())) for category, part in NAMES.items()}
    return {**found, USERS: (*found[USERS], LEAVE_REFUSED, REMOVAL_STARTED)}


def key_of(name: str) -> str:
    """The name of a choice in addresses: letters and digits of its English words."""
    words = "".join(one if one.isalnum() else " " for one in name.replace("'", "")).split()
    return "-".join(words).lower()


BY_KEY: Final[Mapping[str, str]] = {key_of(name): name for part in choices().values() for name in part}
