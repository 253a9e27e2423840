"""The audit vocabulary, against the activities that Entra publishes."""

import re

import pytest

from vestibule.rules.activities import (
    EVENTS,
    RETIRED,
    SELF_SERVICE,
    Category,
    Row,
    Service,
    event_type,
    is_audited,
    rows,
)
from vestibule.rules.verbs import Verb

# Microsoft Entra, audit activity reference: activity, category, service, operation.
CREDENTIALS = "Update application \N{EN DASH} Certificates and secrets management"
PUBLISHED = (
    """
membership.invite | Invite external user | UserManagement | Invited Users | Add
membership.invite | Add user | UserManagement | Core Directory | Add
membership.invite | Add user sponsor | UserManagement | Core Directory | Add
membership.reinvite | Invite external user with reset invitation status | UserManagement | Invited Users | Update
membership.resetRedemption | Invite external user with reset invitation status | UserManagement | Invited Users | Update
membership.inviteInternal | Invite internal user to B2B collaboration | UserManagement | Invited Users | Update
membership.inviteInternal | Update user | UserManagement | Core Directory | Update
membership.convertToInternal | Update user | UserManagement | Core Directory | Update
membership.redeem | Redeem external user invite | UserManagement | Invited Users | Update
membership.redeem | Update user | UserManagement | Core Directory | Update
membership.leave | Delete user | UserManagement | Core Directory | Delete
membership.leave | Delete external user | UserManagement | Invited Users | Delete
membership.decline | Delete user | UserManagement | Core Directory | Delete
membership.decline | Delete external user | UserManagement | Invited Users | Delete
membership.remove | Delete user | UserManagement | Core Directory | Delete
invitation.block | Email unsubscribed | UserManagement | Invited Users | Update
invitation.allow | Email subscribed | UserManagement | Invited Users | Update
membership.restore | Restore user | UserManagement | Core Directory | Update
membership.purge | Hard Delete user | UserManagement | Core Directory | Delete
membership.disable | Disable account | UserManagement | Core Directory | Update
membership.disable | Update user | UserManagement | Core Directory | Update
membership.enable | Enable account | UserManagement | Core Directory | Update
membership.enable | Update user | UserManagement | Core Directory | Update
session.endAll | Update StsRefreshTokenValidFrom Timestamp | UserManagement | Core Directory | Update
password.reset | Reset password | UserManagement | Core Directory | Update
password.reset | Update user | UserManagement | Core Directory | Update
password.change | Change password | UserManagement | Core Directory | Update
password.change | Update user | UserManagement | Core Directory | Update
signInMethod.add | User registered security info | UserManagement | Authentication Methods | Update
signInMethod.remove | User deleted security info | UserManagement | Authentication Methods | Update
user.create | Add user | UserManagement | Core Directory | Add
user.update | Update user | UserManagement | Core Directory | Update
user.setManager | Set user manager | UserManagement | Core Directory | Update
user.addSponsor | Add user sponsor | UserManagement | Core Directory | Add
user.removeSponsor | Remove user sponsor | UserManagement | Core Directory | Delete
group.create | Add group | GroupManagement | Core Directory | Add
group.update | Update group | GroupManagement | Core Directory | Update
group.delete | Delete group | GroupManagement | Core Directory | Delete
group.restore | Restore Group | GroupManagement | Core Directory | Update
group.purge | Hard Delete group | GroupManagement | Core Directory | Delete
group.addMember | Add member to group | GroupManagement | Core Directory | Assign
group.removeMember | Remove member from group | GroupManagement | Core Directory | Unassign
group.addOwner | Add owner to group | GroupManagement | Core Directory | Assign
group.removeOwner | Remove owner from group | GroupManagement | Core Directory | Unassign
role.assign | Add member to role | RoleManagement | Core Directory | Assign
role.unassign | Remove member from role | RoleManagement | Core Directory | Unassign
role.create | Add role definition | RoleManagement | Core Directory | Add
role.update | Update role definition | RoleManagement | Core Directory | Update
role.delete | Delete role definition | RoleManagement | Core Directory | Delete
app.create | Add application | ApplicationManagement | Core Directory | Add
app.create | Add service principal | ApplicationManagement | Core Directory | Add
app.createApplication | Add application | ApplicationManagement | Core Directory | Add
app.createPrincipal | Add service principal | ApplicationManagement | Core Directory | Add
app.update | Update application | ApplicationManagement | Core Directory | Update
app.updatePrincipal | Update service principal | ApplicationManagement | Core Directory | Update
app.changeCredentials | {credentials} | ApplicationManagement | Core Directory | Update
app.delete | Delete application | ApplicationManagement | Core Directory | Delete
app.delete | Remove service principal | ApplicationManagement | Core Directory | Delete
app.deleteApplication | Delete application | ApplicationManagement | Core Directory | Delete
app.deletePrincipal | Remove service principal | ApplicationManagement | Core Directory | Delete
app.restore | Restore application | ApplicationManagement | Core Directory | Update
app.restorePrincipal | Restore service principal | ApplicationManagement | Core Directory | Update
app.purge | Hard Delete application | ApplicationManagement | Core Directory | Delete
app.purgePrincipal | Hard delete service principal | ApplicationManagement | Core Directory | Delete
app.addOwner | Add owner to application | ApplicationManagement | Core Directory | Assign
app.removeOwner | Remove owner from application | ApplicationManagement | Core Directory | Unassign
app.grantScopes | Add delegated permission grant | ApplicationManagement | Core Directory | Assign
app.changeScopes | Update delegated permission grant | ApplicationManagement | Core Directory | Update
app.revokeScopes | Remove delegated permission grant | ApplicationManagement | Core Directory | Unassign
app.assignUser | Add app role assignment grant to user | UserManagement | Core Directory | Assign
app.assignGroup | Add app role assignment to group | GroupManagement | Core Directory | Assign
app.assignApp | Add app role assignment to service principal | ApplicationManagement | Core Directory | Assign
app.unassignUser | Remove app role assignment from user | UserManagement | Core Directory | Unassign
app.unassignGroup | Remove app role assignment from group | GroupManagement | Core Directory | Unassign
app.unassignApp | Remove app role assignment from service principal | ApplicationManagement | Core Directory | Unassign
consent.give | Consent to application | ApplicationManagement | Core Directory | Assign
consent.give | Add delegated permission grant | ApplicationManagement | Core Directory | Assign
terms.create | Create Terms Of Use | Policy | Terms Of Use | Add
terms.change | Edit Terms Of Use | Policy | Terms Of Use | Update
terms.withdraw | Delete Terms Of Use | Policy | Terms Of Use | Delete
terms.accept | Accept Terms Of Use | Policy | Terms Of Use | Update
terms.decline | Decline Terms Of Use | Policy | Terms Of Use | Update
organization.create | Create company | DirectoryManagement | Core Directory | Add
organization.update | Update company | DirectoryManagement | Core Directory | Update
organization.changePrivacy | Set Company Information | DirectoryManagement | Core Directory | Update
organization.changePrivacy | Update company | DirectoryManagement | Core Directory | Update
organization.addDomain | Add verified domain | DirectoryManagement | Core Directory | Add
organization.claimDomain | Add unverified domain | DirectoryManagement | Core Directory | Add
organization.verifyDomain | Verify domain | DirectoryManagement | Core Directory | Update
organization.updateDomain | Update domain | DirectoryManagement | Core Directory | Update
organization.deleteDomain | Remove verified domain | DirectoryManagement | Core Directory | Delete
organization.unclaimDomain | Remove unverified domain | DirectoryManagement | Core Directory | Delete
review.create | Create access review | Policy | Access Reviews | Add
review.update | Update access review | Policy | Access Reviews | Update
review.delete | Delete access review | Policy | Access Reviews | Delete
review.end | Access review ended | Policy | Access Reviews | Update
review.approve | Approve decision | Policy | Access Reviews | Update
review.deny | Deny decision | Policy | Access Reviews | Update
review.dontKnow | Don't know decision | Policy | Access Reviews | Update
review.reset | Reset decision | Policy | Access Reviews | Update
review.applyDecision | Apply decision | Policy | Access Reviews | Update
review.apply | Apply review | UserManagement | Access Reviews | Update
review.autoApply | Auto apply review | UserManagement | Access Reviews | Update
policy.changeLeaveSetting | Update policy | Policy | Core Directory | Update
policy.changeGuestSettings | Update authorization policy | AuthorizationPolicy | Core Directory | Update
provider.create | Create identity provider | ResourceManagement | B2C | Add
provider.update | Update identity provider | ResourceManagement | B2C | Update
provider.delete | Delete identity provider | ResourceManagement | B2C | Delete
""".strip()
    .replace("{credentials}", CREDENTIALS)
    .splitlines()
)
CROSS_TENANT = """
addPartner | Add a partner to cross-tenant access setting | Add
updatePartner | Update a partner cross-tenant access setting | Update
deletePartner | Delete partner specific cross-tenant access setting | Delete
updateDefault | Update the company default cross-tenant access setting | Update
resetDefault | Reset the cross-tenant access default setting | Update
""".strip().splitlines()
OURS = {
    "membership.connect": ["Connect external user"],
    "membership.erase": ["Remove user data"],
    "membership.waiveRecipient": ["Waive recipient of data removal"],
    "membership.setHold": ["Set legal hold"],
    "membership.liftHold": ["Lift legal hold"],
    "app.setConnection": ["Set connection of application"],
    "app.newConnectionSecret": ["Change secret of connection of application"],
    "app.removeConnection": ["Remove connection of application"],
    "app.sendAgain": ["Send again to application"],
    "invitation.expire": ["Expire invitation"],
    "invitation.ask": ["Request invitation"],
    "membership.askRemoval": ["Request removal"],
    "membership.askRestore": ["Request restore"],
    "membership.answerRemoval": ["Answer removal request"],
    "membership.askErasure": ["Request erasure"],
    "membership.withdrawErasure": ["Withdraw erasure request"],
    "membership.answerErasure": ["Answer erasure request"],
    "membership.extendRequest": ["Extend time to answer request"],
    "dataRequest.file": ["File data request"],
    "dataRequest.withdraw": ["Withdraw data request"],
    "dataRequest.extend": ["Extend time to answer data request"],
    "dataRequest.answer": ["Answer data request"],
    "dataRequest.collect": ["Collect copy of data"],
    "dataRequest.end": ["Remove data request"],
    "list.export": ["Export list"],
    "app.endSignIns": ["End sign-ins of application"],
    "organization.restoreBackup": ["Restore backup"],
    "organization.endSignIns": ["End sign-ins of organization"],
    "organization.warnOfRemovals": ["Warn of data removals"],
    "organization.sendDigest": ["Send guest digest"],
    "user.exportData": ["Export personal data"],
    "membership.convertToInternal": ["Convert external user to internal user"],
    "subscription.create": ["Add change notification subscription"],
    "subscription.renew": ["Update change notification subscription"],
    "subscription.delete": ["Remove change notification subscription"],
    "subscription.end": ["End change notification subscription"],
    "membership.removeShared": ["Remove shared user profile"],
    "membership.exportShared": ["Export shared user profile"],
    "review.start": ["Access review started"],
    "review.endStage": ["Access review stage ended"],
    "review.remind": ["Remind reviewers"],
    "review.changePolicy": ["Update access review policy"],
    "review.createHistory": ["Create access review history"],
    "review.deleteHistory": ["Delete access review history"],
    "review.makeHistory": ["Access review history made"],
    "review.downloadHistory": ["Download access review history"],
    "signInMethod.change": ["User updated security info"],
}


def as_line(of_type: str, row: Row) -> str:
    return f"{of_type} | {row.activity} | {row.category} | {row.service} | {row.operation}"


def test_every_row_is_published_or_said_to_be_ours():
    shown = [as_line(of_type, row) for of_type, found in EVENTS.items() for row in found if not row.ours]
    middle = " | CrossTenantAccessSettings | Core Directory | "
    cross_tenant = [f"policy.changeCrossTenant.{middle.join(line.rsplit(' | ', 1))}" for line in CROSS_TENANT]
    assert sorted(shown) == sorted(PUBLISHED + cross_tenant)


def test_what_entra_has_no_name_for_is_marked():
    ours = {of_type: [row.activity for row in found if row.ours] for of_type, found in EVENTS.items()}
    assert {of_type: names for of_type, names in ours.items() if names} == OURS


def test_every_changing_verb_leaves_an_event_and_no_reading_does():
    for verb in Verb:
        assert is_audited(verb) is not verb.value.startswith("read"), verb


def all_types() -> list[str]:
    ways = [
        "",
        "addPartner",
        "updatePartner",
        "deletePartner",
        "resetDefault",
        "group",
        "app",
        "own",
        "allow",
        "create",
        "withdraw",
        "manager",
        "addSponsor",
        "removeSponsor",
        "application",
        "principal",
        "change",
        "claim",
        "end",
        "deny",
        "dontKnow",
        "reset",
        "auto",
        "decision",
        "stage",
        "secret",
        "remove",
        "again",
    ]
    found = []
    for verb in filter(is_audited, Verb):
        for way in ways:
            try:
                found.append(event_type(verb, way))
            except KeyError:
                assert way
    return found


def test_each_type_belongs_to_one_verb_and_none_is_left_over():
    found = all_types()
    assert len(set(found)) == len(found)
    assert set(found) == set(EVENTS)


def test_types_are_words_to_sort_by():
    for of_type in EVENTS:
        assert re.fullmatch(r"[a-z][a-zA-Z]*(\.[a-z][a-zA-Z]*){0,2}", of_type), of_type
    assert RETIRED.isdisjoint(EVENTS)


def test_a_leave_shows_as_the_pair_with_the_mark_of_self_service():
    user, external = rows(event_type(Verb.LEAVE))
    assert (user.activity, user.service) == ("Delete user", Service.CORE)
    assert (external.activity, external.service) == ("Delete external user", Service.INVITED)
    assert user.details == external.details == (("selfService", "true"),)
    assert user.modified == (("Is Hard Deleted", '"False"'),)


def test_a_refused_leave_shows_as_one_row():
    (row,) = rows(event_type(Verb.LEAVE), refused=True)
    assert row.activity == "Delete user"
    assert row.category is Category.USERS


def test_only_a_leave_is_marked_as_self_service():
    marked = [of_type for of_type, found in EVENTS.items() if any(SELF_SERVICE in dict(row.details) for row in found)]
    assert marked == ["membership.leave"]


def test_a_removal_is_one_row_and_a_hard_delete_says_so():
    (removed,) = rows(event_type(Verb.REMOVE))
    (purged,) = rows(event_type(Verb.PURGE))
    assert removed.modified == (("Is Hard Deleted", '"False"'),)
    assert removed.details == ()
    assert purged.modified == (("Is Hard Deleted", '"True"'),)


def test_a_sign_in_is_no_row_of_directory_audits():
    assert rows(event_type(Verb.SIGN_IN)) == ()
    assert rows(event_type(Verb.SIGN_IN), refused=True) == ()


def test_ways():
    assert event_type(Verb.CHANGE_CROSS_TENANT) == "policy.changeCrossTenant.updateDefault"
    assert event_type(Verb.CHANGE_CROSS_TENANT, "addPartner") == "policy.changeCrossTenant.addPartner"
    assert event_type(Verb.ASSIGN_APP_ROLE, "group") == "app.assignGroup"
    assert event_type(Verb.SET_PASSWORD, "own") == "password.change"
    assert event_type(Verb.BLOCK_INVITATIONS, "allow") == "invitation.allow"


@pytest.mark.parametrize(("verb", "way"), [(Verb.READ_USERS, ""), (Verb.LEAVE, "own"), (Verb.SET_PASSWORD, "group")])
def test_a_mistake_in_the_program_is_noticed(verb: Verb, way: str):
    with pytest.raises(KeyError):
        event_type(verb, way)
    with pytest.raises(KeyError):
        rows("membership.vanish")
