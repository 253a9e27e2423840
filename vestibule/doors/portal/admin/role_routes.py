"""The routes of the pages about roles and apps."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import (
    app,
    app_connections,
    app_consent,
    app_groups,
    apps,
    ending_sign_ins,
    roles,
)
from vestibule.doors.portal.desk import Desk
from vestibule.rules.verbs import Verb

_ID = "{id}"


def role_routes(desk: Desk) -> list[BaseRoute]:
    """Every address about roles."""
    reads = Verb.READ_ROLES
    return [
        page(desk, paths.ROLES, reads, get=roles.show),
        page(desk, log_paths.role(_ID), reads, get=roles.show_one),
        page(desk, log_paths.role(_ID, "add"), reads, get=roles.ask_member, post=roles.add, changes=Verb.ASSIGN_ROLE),
        page(desk, log_paths.role(_ID, "remove"), reads, post=roles.remove, changes=Verb.UNASSIGN_ROLE),
    ]


def app_routes(desk: Desk) -> list[BaseRoute]:
    """Every address about apps."""
    reads, assigns = Verb.READ_APPS, Verb.ASSIGN_APP_ROLE
    return [
        page(desk, paths.APPS, reads, get=apps.show),
        page(desk, paths.APP_CONSENT, reads, get=app_consent.ask, post=app_consent.answer, changes=Verb.CONSENT),
        page(desk, log_paths.app(_ID), reads, get=app.show),
        page(desk, log_paths.app(_ID, "assign"), reads, get=app.ask_user, post=app.assign, changes=assigns),
        page(desk, log_paths.app(_ID, "unassign"), reads, post=app.unassign, changes=Verb.UNASSIGN_APP_ROLE),
        page(desk, log_paths.app(_ID, "groups"), reads, get=app_groups.show),
        page(
            desk,
            log_paths.app(_ID, "add-group"),
            reads,
            get=app_groups.ask_group,
            post=app_groups.assign,
            changes=assigns,
        ),
        page(desk, log_paths.app(_ID, "remove-group"), reads, post=app_groups.unassign, changes=Verb.UNASSIGN_APP_ROLE),
        page(desk, log_paths.app(_ID, "sign-in"), reads, post=app.switch, changes=Verb.UPDATE_APP),
        page(
            desk,
            log_paths.app(_ID, "end-sign-ins"),
            reads,
            get=ending_sign_ins.ask_app,
            post=ending_sign_ins.end_app,
            changes=Verb.END_APP_SIGN_INS,
        ),
        page(desk, log_paths.app(_ID, "revoke"), reads, post=app.revoke, changes=Verb.REVOKE_SCOPES),
        *_connections(desk),
    ]


def _connections(desk: Desk) -> list[BaseRoute]:
    reads, changes = Verb.READ_APPS, Verb.CHANGE_CONNECTIONS
    one = "connections/{kind}"
    return [
        page(desk, log_paths.app(_ID, "connections"), reads, get=app_connections.show),
        page(desk, log_paths.app(_ID, one), reads, get=app_connections.ask, post=app_connections.save, changes=changes),
        page(
            desk,
            log_paths.app(_ID, f"{one}/remove"),
            reads,
            get=app_connections.ask_remove,
            post=app_connections.remove,
            changes=changes,
        ),
        page(desk, log_paths.app(_ID, f"{one}/new-secret"), reads, post=app_connections.new_secret, changes=changes),
        page(desk, log_paths.app(_ID, f"{one}/send-again"), reads, post=app_connections.send_again, changes=changes),
    ]
