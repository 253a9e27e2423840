"""What the directory roles are for, marked for the catalog: the sentences of ``rules/roles`` as they stand there."""

from typing import Final

from vestibule.doors.web.words import N_

ABOUT: Final = frozenset(
    {
        N_("Does everything an administrator can do."),
        N_("Reads everything an administrator can read, and changes nothing."),
        N_("Manages users and groups, and restores or permanently deletes users who hold no admin role."),
        N_("Invites guests, whatever the setting for members says."),
        N_("Decides whether guests may leave on their own, and restores or permanently deletes external users."),
        N_("Manages how external users sign up on their own."),
        N_("Gives and takes directory roles, and manages groups that hold roles."),
        N_("Disables, enables, deletes and restores any user, administrators too, and resets how they sign in."),
        N_("Disables, enables, deletes and restores users without a strong admin role, and resets how they sign in."),
        N_("Resets passwords and ends the sessions of users who hold no admin role."),
        N_("Resets passwords of users who hold no admin role."),
        N_("Manages cross-tenant access settings and reads policies and logs."),
        N_("Reads sign-ins to follow up on security events."),
        N_("Reads policies and logs."),
        N_("Reads audit and sign-in logs."),
        N_("Reads totals of usage, without names."),
        N_("Reads announcements about the service."),
        N_("Manages access reviews, and who is in groups and assigned to apps."),
        N_("Manages workflows for people who join, move or leave."),
        N_("Manages groups, deleted ones too."),
        N_("Reads users, groups, apps and roles; mostly given to guests."),
        N_("Writes basic information about users and groups, and invites guests."),
        N_("Manages apps and who is assigned to them."),
        N_("Manages apps and who is assigned to them, except app proxies."),
        N_("Manages conditional access policies."),
        N_("Keeps the organization's name, address and contacts."),
        N_("Manages the organization's domains."),
        N_("Manages Microsoft Teams; nothing in Vestibule depends on it."),
        N_("Creates organizations in Entra; in Vestibule the operator does that."),
        N_("Manages directory backups; the operator does that here."),
        N_("Reads directory backups; the operator does that here."),
        N_("Sets and lifts legal holds, and reads users, data removals and the audit log."),
        N_("Reads the progress of data removal and the audit log."),
    }
)
"""Every sentence; a test holds them together."""
