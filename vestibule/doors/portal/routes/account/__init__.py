"""The routes of My Account."""

from starlette.routing import BaseRoute

from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Desk
from vestibule.doors.portal.handling import route
from vestibule.doors.portal.routes.account import (
    access_reviews,
    apps,
    erasure,
    leave,
    my_data,
    organizations,
    overview,
    password,
    permission,
    personal,
    privacy,
    receipts,
    security,
    sign_ins,
)

_TENANT, _RECEIPT = "{tenant}", "{receipt}"


def account_routes(desk: Desk) -> list[BaseRoute]:
    """Every address of My Account."""
    return [
        route(desk, paths.OVERVIEW, get=overview.show, signed_in=True),
        route(desk, paths.ORGANIZATIONS, get=organizations.show, signed_in=True),
        route(desk, paths.invitation_answer(_TENANT), post=organizations.answer, signed_in=True),
        route(desk, paths.APPS, get=apps.show, signed_in=True),
        route(desk, paths.PERSONAL_INFO, get=personal.info, signed_in=True),
        route(desk, paths.LANGUAGE, get=personal.language, post=personal.save_language, signed_in=True),
        route(desk, paths.SIGN_INS, get=sign_ins.show, signed_in=True),
        route(desk, paths.SIGN_OUT_EVERYWHERE, post=sign_ins.end_all, signed_in=True),
        route(desk, paths.PRIVACY, get=privacy.show, post=privacy.allow, signed_in=True),
        route(desk, paths.ACCESS_REVIEWS, get=access_reviews.show, post=access_reviews.answer, signed_in=True),
        route(desk, paths.MY_DATA, get=my_data.download, signed_in=True),
        *_security(desk),
        *_leaving(desk),
        *_receipts(desk),
    ]


def _security(desk: Desk) -> list[BaseRoute]:
    return [
        route(desk, paths.SECURITY_INFO, get=security.show, signed_in=True),
        route(desk, f"{paths.SECURITY_INFO}/sign-in-again", get=security.sign_in_again, signed_in=True),
        route(
            desk,
            paths.AUTHENTICATOR,
            get=security.set_up_authenticator,
            post=security.confirm_authenticator,
            signed_in=True,
        ),
        route(desk, f"{paths.PASSKEYS}/options", post=security.ask_passkey, signed_in=True),
        route(desk, f"{paths.PASSKEYS}/name", post=security.name_passkey, signed_in=True),
        route(desk, paths.PASSKEYS, post=security.add_passkey, signed_in=True),
        route(desk, paths.RECOVERY_CODES, post=security.make_codes, signed_in=True),
        route(desk, paths.REMOVE_METHOD, get=security.ask_remove, post=security.remove, signed_in=True),
        route(desk, paths.CHANGE_PASSWORD, get=password.ask, post=password.change, signed_in=True),
    ]


def _leaving(desk: Desk) -> list[BaseRoute]:
    return [
        # Whoever was signed out by leaving may press a second time.
        route(desk, paths.leave(_TENANT), get=leave.ask, post=leave.leave),
        route(desk, paths.permission(_TENANT), get=permission.show, signed_in=True),
        route(desk, paths.request_removal(_TENANT), get=permission.back, post=permission.ask_removal, signed_in=True),
        route(
            desk,
            paths.request_erasure_here(_TENANT),
            get=permission.back,
            post=erasure.answer_here,
            signed_in=True,
        ),
    ]


def _receipts(desk: Desk) -> list[BaseRoute]:
    """A receipt opens for its person, and for whoever holds the key from the mail, signed in or not."""
    return [
        route(desk, paths.receipt_text(_RECEIPT), get=receipts.download),
        route(desk, paths.signed_receipt(_RECEIPT), get=receipts.download_signed),
        route(desk, paths.certificate(_RECEIPT), get=receipts.download_certificate),
        route(desk, paths.request_restore(_RECEIPT), get=receipts.ask, post=receipts.ask_restore),
        route(desk, paths.request_erasure(_RECEIPT), get=erasure.show, post=erasure.answer),
        route(desk, paths.receipt(_RECEIPT), get=receipts.show),
    ]
