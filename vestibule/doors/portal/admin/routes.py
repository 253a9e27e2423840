"""The routes of the Admin center."""

from functools import partial

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.external_routes import external_routes
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.log_routes import log_routes
from vestibule.doors.portal.admin.pages import (
    collaboration,
    data_removal,
    deleted_users,
    ending_sign_ins,
    legal_holds,
    overview,
    properties,
    purging_users,
    removal,
    restoring_users,
)
from vestibule.doors.portal.admin.request_routes import request_routes
from vestibule.doors.portal.admin.review_routes import review_routes
from vestibule.doors.portal.admin.role_routes import app_routes, role_routes
from vestibule.doors.portal.admin.user_routes import user_routes
from vestibule.doors.portal.desk import Desk
from vestibule.rules.verbs import Verb


def admin_routes(desk: Desk) -> list[BaseRoute]:
    """Every address of the Admin center."""
    return [
        page(desk, paths.OVERVIEW, Verb.READ_DELETED, also=Verb.READ_AUDIT, get=overview.show),
        *_deleted(desk),
        *user_routes(desk),
        *request_routes(desk),
        *_settings(desk),
        *external_routes(desk),
        *review_routes(desk),
        *log_routes(desk),
        *role_routes(desk),
        *app_routes(desk),
        *_holds(desk),
        *_removals(desk),
    ]


def _removals(desk: Desk) -> list[BaseRoute]:
    """Whoever reads the deleted users or the audit log reads these."""
    reads = partial(page, desk, verb=Verb.READ_DELETED, also=Verb.READ_AUDIT)
    one = "{id}"
    return [
        reads(paths.DATA_REMOVAL, get=data_removal.show),
        reads(paths.DATA_REMOVAL_CSV, get=data_removal.download),
        reads(paths.REMOVALS_NOW, post=data_removal.run_now, changes=Verb.PURGE),
        reads(paths.REMOVALS_AGAIN, post=data_removal.retry_failed, changes=Verb.CHANGE_CONNECTIONS),
        reads(paths.CERTIFICATE, get=data_removal.certificate),
        reads(paths.removal(one), get=removal.show),
        reads(paths.removal(one, "waive"), post=removal.waive, changes=Verb.WAIVE_RECIPIENT),
        reads(paths.removal(one, "send-again"), post=removal.send_again, changes=Verb.CHANGE_CONNECTIONS),
    ]


def _deleted(desk: Desk) -> list[BaseRoute]:
    return [
        page(desk, paths.DELETED_USERS, Verb.READ_DELETED, get=deleted_users.show),
        page(desk, paths.DELETED_USERS_CSV, Verb.READ_DELETED, get=deleted_users.download),
        page(
            desk,
            paths.RESTORE,
            Verb.READ_DELETED,
            get=restoring_users.ask,
            post=restoring_users.restore,
            changes=Verb.RESTORE,
        ),
        page(desk, paths.PURGE, Verb.READ_DELETED, get=purging_users.ask, post=purging_users.purge, changes=Verb.PURGE),
    ]


def _holds(desk: Desk) -> list[BaseRoute]:
    reads, here = Verb.READ_HOLDS, "{id}"
    return [
        page(desk, paths.HOLDS, reads, get=legal_holds.show),
        page(desk, paths.holds(here), reads, get=legal_holds.show_user),
        page(
            desk,
            paths.holds(here, "set"),
            reads,
            get=legal_holds.ask_set,
            post=legal_holds.set_hold,
            changes=Verb.SET_HOLD,
        ),
        page(
            desk,
            paths.holds(here, "lift"),
            reads,
            get=legal_holds.ask_lift,
            post=legal_holds.lift_hold,
            changes=Verb.LIFT_HOLD,
        ),
    ]


def _settings(desk: Desk) -> list[BaseRoute]:
    return [
        page(
            desk,
            paths.PROPERTIES,
            Verb.READ_ORGANIZATION,
            get=properties.show,
            post=properties.save,
            changes=Verb.UPDATE_ORGANIZATION,
        ),
        page(
            desk,
            paths.END_SIGN_INS,
            Verb.READ_ORGANIZATION,
            get=ending_sign_ins.ask_organization,
            post=ending_sign_ins.end_organization,
            changes=Verb.END_ORGANIZATION_SIGN_INS,
        ),
        page(desk, collaboration.STOP, Verb.READ_POLICIES, get=collaboration.ask_stop),
        page(
            desk,
            paths.COLLABORATION,
            Verb.READ_POLICIES,
            get=collaboration.show,
            post=collaboration.save,
            changes=Verb.CHANGE_GUEST_SETTINGS,
        ),
    ]
