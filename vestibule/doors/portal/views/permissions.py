"""What an app or an organization asks people for, in words."""

from typing import Final

from vestibule.doors.web.words import N_

PERMISSIONS: Final = {
    "receive-profile": N_("Receive your name, email, photo and identifiers"),
    "log-activity": N_("Record what you do in its apps"),
    "use-data": N_("Use these data under its own terms"),
    "openid": N_("Sign you in"),
    "profile": N_("See your name"),
    "email": N_("See your email address"),
    "offline_access": N_("Keep the access you give it while you're away"),
    "user.read": N_("Read your profile"),
    "organizations.leave": N_("See your organizations and leave them for you"),
    "user.readbasic.all": N_("See the names and email addresses of the people in the organization"),
    "user.read.all": N_("See the full profiles of all users, deleted ones too"),
    "user.readwrite": N_("See and change your profile"),
    "user.readwrite.all": N_(
        "See, invite, create, change, disable, delete and restore users, permanently too, "
        "sign them out and set their passwords"
    ),
    "user.invite.all": N_("Invite guests for you"),
    "user.deleterestore.all": N_("Delete users, restore them, and delete them permanently"),
    "user.revokesessions.all": N_("Sign users out everywhere"),
    "user.enabledisableaccount.all": N_("Disable and enable the accounts of users"),
    "user.manageidentities.all": N_("Change what users sign in with"),
    "user-passwordprofile.readwrite.all": N_("Set the passwords of users"),
    "user-mail.readwrite.all": N_("Change the email addresses of users"),
    "user-phone.readwrite.all": N_("Change the phone numbers of users"),
    "user-converttointernal.readwrite.all": N_("Make external users internal"),
    "user.export.all": N_("Export the personal data of users"),
    "directory.read.all": N_("See the users, groups, apps, roles and domains of the organization"),
    "directory.readwrite.all": N_(
        "See the directory of the organization, create users, create and change groups and who is in them, "
        "invite guests, and sign users out"
    ),
    "directory.accessasuser.all": N_("Do in the directory of the organization what you may do there"),
    "group.read.all": N_("See all groups, deleted ones too, and who is in them"),
    "group.readwrite.all": N_(
        "See, create, change, delete and restore groups, permanently too, and choose who is in them and owns them"
    ),
    "groupmember.read.all": N_("See who is in which group"),
    "groupmember.readwrite.all": N_("See who is in which group, and add and remove members"),
    "application.read.all": N_("See all apps of the organization"),
    "application.readwrite.all": N_(
        "See, create, change, delete and restore apps, permanently too, and change their secrets and owners"
    ),
    "approleassignment.readwrite.all": N_("Assign people and apps to apps, and give apps permissions"),
    "delegatedpermissiongrant.readwrite.all": N_("Decide what apps may do in the name of people"),
    "organization.read.all": N_("See the details of the organization"),
    "organization.readwrite.all": N_("See and change the details of the organization, its privacy information too"),
    "domain.read.all": N_("See the domains of the organization"),
    "domain.readwrite.all": N_("See, add, verify, change and delete the domains of the organization"),
    "identityprovider.read.all": N_("See the identity providers that guests may come from"),
    "identityprovider.readwrite.all": N_("See and change the identity providers that guests may come from"),
    "policy.read.all": N_("See the policies of the organization"),
    "policy.readwrite.externalidentities": N_(
        "See the policies of the organization, and change whether guests may leave on their own"
    ),
    "policy.readwrite.authorization": N_(
        "See the policies of the organization, and change who may invite guests, "
        "what guests may see, and the terms of use"
    ),
    "policy.readwrite.crosstenantaccess": N_(
        "See the policies of the organization, and change its cross-tenant access settings"
    ),
    "crosstenantinformation.readbasic.all": N_("Look up the names of other organizations"),
    "crosstenantuserprofilesharing.read": N_("See with whom your profile is shared"),
    "crosstenantuserprofilesharing.readwrite": N_("See with whom your profile is shared, and stop sharing it"),
    "crosstenantuserprofilesharing.read.all": N_(
        "See all shared profiles, and export the data kept about these people"
    ),
    "crosstenantuserprofilesharing.readwrite.all": N_(
        "See all shared profiles, export the data kept about these people, and stop sharing"
    ),
    "rolemanagement.read.directory": N_("See who holds which admin role"),
    "rolemanagement.readwrite.directory": N_(
        "See, give and take admin roles, and make, change and delete custom roles"
    ),
    "auditlog.read.all": N_("See the audit logs and sign-in logs"),
    "provisioninglog.read.all": N_("See what other systems brought to the organization and changed in it"),
    "accessreview.read.all": N_("See all access reviews"),
    "accessreview.readwrite.all": N_(
        "See, create, change, answer, stop, apply and delete access reviews, and remind reviewers"
    ),
}
"""By scope in lower case: every delegated permission of our own API. A scope of another API is shown as it is."""
