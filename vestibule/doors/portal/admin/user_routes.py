"""The routes of the pages about users."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import (
    acting_on_users,
    adding_to_group,
    all_users,
    changing_user,
    deleting_users,
    inviting_users,
    new_user,
    user,
    user_holdings,
    user_life,
    user_logs,
)
from vestibule.doors.portal.desk import Desk
from vestibule.rules.verbs import Verb

_ID = "{id}"


def user_routes(desk: Desk) -> list[BaseRoute]:
    """Every address about users who are here, and the page of a deleted one."""
    return [
        page(desk, paths.USERS, Verb.READ_USERS, get=all_users.show),
        page(desk, paths.USERS_CSV, Verb.READ_USERS, get=all_users.download),
        *_several(desk),
        page(
            desk,
            paths.INVITE,
            Verb.READ_USERS,
            get=inviting_users.show,
            post=inviting_users.invite,
            changes=Verb.INVITE,
        ),
        page(desk, paths.NEW_USER, Verb.READ_USERS, get=new_user.show, post=new_user.create, changes=Verb.CREATE_USER),
        *_tabs(desk),
        *_one(desk),
    ]


def _several(desk: Desk) -> list[BaseRoute]:
    reads = Verb.READ_USERS
    return [
        page(desk, paths.DISABLE_USERS, reads, post=acting_on_users.disable, changes=Verb.DISABLE),
        page(desk, paths.ENABLE_USERS, reads, post=acting_on_users.enable, changes=Verb.ENABLE),
        page(desk, paths.RESEND_INVITATIONS, reads, post=acting_on_users.resend, changes=Verb.REINVITE),
        page(
            desk,
            paths.DELETE_USERS,
            reads,
            get=deleting_users.ask_delete,
            post=acting_on_users.delete,
            changes=Verb.REMOVE,
        ),
        page(
            desk,
            paths.ADD_TO_GROUP,
            reads,
            get=adding_to_group.ask_group,
            post=adding_to_group.add_to_group,
            changes=Verb.ADD_MEMBER,
        ),
    ]


def _tabs(desk: Desk) -> list[BaseRoute]:
    handlers = {
        user.OVERVIEW: user.show,
        user.GROUPS: user_holdings.tab(user.GROUPS),
        user.APPS: user_holdings.tab(user.APPS),
        user.ROLES: user_holdings.tab(user.ROLES),
        user.SIGN_INS: user_logs.signed_in,
        user.AUDIT: user_logs.audited,
        user.LIFE: user_life.show,
    }
    return [
        page(desk, paths.user_tab(_ID, tab), Verb.READ_USERS, also=Verb.READ_DELETED, get=handler)
        for tab, handler in handlers.items()
    ]


def _one(desk: Desk) -> list[BaseRoute]:
    reads = Verb.READ_USERS
    return [
        page(
            desk,
            paths.edit_user(_ID),
            reads,
            get=changing_user.edit,
            post=changing_user.save,
            changes=Verb.UPDATE_USER,
        ),
        page(
            desk,
            paths.reset_redemption(_ID),
            reads,
            get=changing_user.ask_reset,
            post=changing_user.reset,
            changes=Verb.RESET_REDEMPTION,
        ),
        page(
            desk,
            paths.keep_user(_ID),
            reads,
            get=changing_user.ask_keep,
            post=changing_user.keep,
            changes=Verb.ANSWER_REMOVAL,
        ),
    ]
