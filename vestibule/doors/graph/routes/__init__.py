"""The addresses of the door: one module per resource, each with a list of routes and their handlers."""

from vestibule.doors.graph import leaving
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.routes import (
    applications,
    audits,
    authorization_policy,
    deleted_items,
    domains,
    group_members,
    groups,
    identity_providers,
    invitations,
    objects,
    organization,
    policies,
    roles,
    sign_ins,
    user_apps,
    user_relations,
    users,
)
from vestibule.doors.graph.routing import Route

ROUTES: tuple[Route[Handler], ...] = (
    *users.ROUTES,
    *user_relations.ROUTES,
    *user_apps.ROUTES,
    *invitations.ROUTES,
    *deleted_items.ROUTES,
    *groups.ROUTES,
    *group_members.ROUTES,
    *organization.ROUTES,
    *domains.ROUTES,
    *policies.ROUTES,
    *authorization_policy.ROUTES,
    *identity_providers.ROUTES,
    *roles.ROUTES,
    *applications.ROUTES,
    *objects.ROUTES,
    *audits.ROUTES,
    *sign_ins.ROUTES,
    *leaving.ROUTES,
)
