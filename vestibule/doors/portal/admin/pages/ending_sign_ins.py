"""*End all sign-ins?*: what was given in the organization, or to one app, ends, after it was asked once more."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.responses import Response

from vestibule.actions import ending_sign_ins
from vestibule.doors.portal import paths as portal_paths
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.app import find_app
from vestibule.doors.portal.admin.said import Said, say
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules.verbs import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSignInsPage(View):
    """The question.

    Attributes:
        name: of the organization, or of the app. action: where the form goes. back: where *Cancel* leads.
        of_app: it is about an app. trail: what stands above the heading.
    """

    template: ClassVar[str] = "portal/admin/end_sign_ins.html"
    fragment: ClassVar[str] = "portal/admin/end_sign_ins_dialog.html"
    name: str
    action: str
    back: str
    of_app: bool = False


async def ask_organization(admin: Admin) -> Response:
    """The question about the organization."""
    name = admin.organization.display_name
    return admin.visit.page(EndSignInsPage(name=name, action=paths.END_SIGN_INS, back=paths.PROPERTIES))


async def end_organization(admin: Admin) -> Response:
    """End everything in the organization; who is at home there is signed out with it."""
    await admin.visit.form(verb=Verb.END_ORGANIZATION_SIGN_INS, tenant_id=admin.tenant_id)
    await ending_sign_ins.end_organization_sign_ins(admin.visit.house, tenant_id=admin.tenant_id, by=admin.by)
    home = admin.visit.who.home
    if home is None or home.tenant_id != admin.tenant_id:
        return admin.visit.redirect(portal_paths.OVERVIEW)  # at home elsewhere: they are still signed in there
    admin.visit.signed_out()
    return admin.visit.redirect(portal_paths.SIGNED_OUT)


async def ask_app(admin: Admin) -> Response:
    """The question about an app."""
    app = await find_app(admin)
    action, back = log_paths.app(app.app_id, "end-sign-ins"), log_paths.app(app.app_id)
    return admin.visit.page(EndSignInsPage(name=app.display_name, action=action, back=back, of_app=True))


async def end_app(admin: Admin) -> Response:
    """End everything that was given to the app."""
    app = await find_app(admin)
    await admin.visit.form(verb=Verb.END_APP_SIGN_INS, tenant_id=admin.tenant_id)
    at = {"tenant_id": admin.tenant_id, "app_id": app.app_id}
    await ending_sign_ins.end_app_sign_ins(admin.visit.house, by=admin.by, **at)
    say(admin.visit, Said(N_("Everything that was given to {name} ended."), {"name": app.display_name}))
    return admin.visit.redirect(log_paths.app(app.app_id))
