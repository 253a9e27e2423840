"""The verbs: everything that anybody can do here, by the one name it has on every floor.

A verb that changes something has one action (``vestibule/actions``), one audit vocabulary
(``rules/activities.py``) and one line in ``docs/map.md``. The reading verbs exist so that the right to
read is asked with the same question as the right to change.
"""

from enum import StrEnum


class Verb(StrEnum):
    """A thing that can be done. The value is what appears on the wire of the emulator and in the job table."""

    # The life of a guest
    INVITE = "invite"
    REINVITE = "reinvite"
    RESET_REDEMPTION = "resetRedemption"
    INVITE_INTERNAL = "inviteInternalUser"
    CONVERT_TO_INTERNAL = "convertToInternalUser"
    REDEEM = "redeem"
    DECLINE = "decline"
    EXPIRE_INVITATION = "expireInvitation"
    BLOCK_INVITATIONS = "blockInvitations"
    ASK_INVITATION = "askForInvitation"
    CONNECT = "connect"
    LEAVE = "leave"
    REMOVE = "remove"
    DISABLE = "disable"
    ENABLE = "enable"
    RESTORE = "restore"
    PURGE = "purge"
    ERASE = "erase"
    ASK_REMOVAL = "askToBeRemoved"
    ASK_RESTORE = "askToBeRestored"
    ANSWER_REMOVAL = "answerRemovalRequest"

    # The organization and its policies
    CREATE_ORGANIZATION = "createOrganization"
    UPDATE_ORGANIZATION = "updateOrganization"
    CHANGE_PRIVACY = "changePrivacyInformation"
    CHANGE_LEAVE_SETTING = "changeLeaveSetting"
    CHANGE_GUEST_SETTINGS = "changeGuestSettings"
    SEND_DIGEST = "sendGuestDigest"
    WARN_OF_REMOVALS = "warnOfDataRemovals"
    CHANGE_TERMS = "changeTermsOfUse"
    CHANGE_CROSS_TENANT = "changeCrossTenantAccess"
    ADD_DOMAIN = "addDomain"
    VERIFY_DOMAIN = "verifyDomain"
    UPDATE_DOMAIN = "updateDomain"
    DELETE_DOMAIN = "deleteDomain"
    CREATE_PROVIDER = "createIdentityProvider"
    UPDATE_PROVIDER = "updateIdentityProvider"
    DELETE_PROVIDER = "deleteIdentityProvider"

    # Users, groups, apps, roles
    CREATE_USER = "createUser"
    UPDATE_USER = "updateUser"
    CREATE_GROUP = "createGroup"
    UPDATE_GROUP = "updateGroup"
    DELETE_GROUP = "deleteGroup"
    RESTORE_GROUP = "restoreGroup"
    PURGE_GROUP = "purgeGroup"
    ADD_MEMBER = "addMember"
    REMOVE_MEMBER = "removeMember"
    ADD_OWNER = "addOwner"
    REMOVE_OWNER = "removeOwner"
    CREATE_APP = "createApp"
    UPDATE_APP = "updateApp"
    DELETE_APP = "deleteApp"
    RESTORE_APP = "restoreApp"
    PURGE_APP = "purgeApp"
    CHANGE_APP_CREDENTIALS = "changeAppCredentials"
    ADD_APP_OWNER = "addAppOwner"
    REMOVE_APP_OWNER = "removeAppOwner"
    ASSIGN_APP_ROLE = "assignAppRole"
    UNASSIGN_APP_ROLE = "unassignAppRole"
    GRANT_SCOPES = "grantScopes"
    REVOKE_SCOPES = "revokeScopes"
    ASSIGN_ROLE = "assignRole"
    UNASSIGN_ROLE = "unassignRole"
    CREATE_ROLE = "createRole"
    UPDATE_ROLE = "updateRole"
    DELETE_ROLE = "deleteRole"

    # Access reviews, and profiles shared with other organizations
    CREATE_REVIEW = "createAccessReview"
    START_REVIEW = "startAccessReview"
    UPDATE_REVIEW = "updateAccessReview"
    DELETE_REVIEW = "deleteAccessReview"
    STOP_REVIEW = "stopAccessReview"
    REMIND_REVIEWERS = "remindReviewers"
    DECIDE_REVIEW = "decideAccessReview"
    APPLY_REVIEW = "applyAccessReview"
    REMOVE_SHARED = "removeSharedProfile"

    # Being told of changes
    SUBSCRIBE = "subscribe"
    RENEW_SUBSCRIPTION = "renewSubscription"
    UNSUBSCRIBE = "unsubscribe"

    # What leaves as a file: lists from the pages, and what is kept about somebody
    EXPORT_LIST = "exportList"
    EXPORT_PERSONAL_DATA = "exportPersonalData"
    EXPORT_SHARED = "exportSharedProfile"

    # Signing in
    SIGN_IN = "signIn"
    SIGN_OUT_EVERYWHERE = "signOutEverywhere"
    END_ORGANIZATION_SIGN_INS = "endOrganizationSignIns"
    END_APP_SIGN_INS = "endAppSignIns"
    CONSENT = "consent"
    ACCEPT_TERMS = "acceptTermsOfUse"
    DECLINE_TERMS = "declineTermsOfUse"
    SET_PASSWORD = "setPassword"  # noqa: S105 - the name of a verb, not a secret
    ADD_SIGN_IN_METHOD = "addSignInMethod"
    CHANGE_SIGN_IN_METHOD = "changeSignInMethod"
    REMOVE_SIGN_IN_METHOD = "removeSignInMethod"

    # Reading
    READ_SELF = "readSelf"
    READ_OWN_ORGANIZATIONS = "readOwnOrganizations"
    READ_USERS = "readUsers"
    READ_GROUPS = "readGroups"
    READ_APPS = "readApps"
    READ_ROLES = "readRoles"
    READ_DELETED = "readDeleted"
    READ_DELETED_GROUPS = "readDeletedGroups"
    READ_DOMAINS = "readDomains"
    READ_ORGANIZATION = "readOrganization"
    READ_POLICIES = "readPolicies"
    READ_PROVIDERS = "readIdentityProviders"
    READ_REVIEWS = "readAccessReviews"
    READ_SHARED = "readSharedProfiles"
    READ_OTHER_ORGANIZATIONS = "readOtherOrganizations"
    READ_AUDIT = "readAudit"
    READ_PROVISIONING = "readProvisioning"
    READ_EXPORTS = "readDataExports"
