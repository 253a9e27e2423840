"""*Let {app} in?*: an administrator consents for everybody, at an address that the app sent them to.

The address (``/{tenant}/adminconsent`` of the platform leads here) is anybody's to write, so everything in it is looked
at again: the app has to serve this organization, and only an address that it registered is gone back to.
"""

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from vestibule.actions import consenting, resources
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.desk import NO_STORE
from vestibule.doors.web.frame import View
from vestibule.rules import grants
from vestibule.rules.audiences import audience_of, serves
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, consents, organizations
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY

LONGEST_STATE: Final = 2_048
_ALL: Final = ".default"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppConsentPage(View):
    """The question.

    Attributes:
        app: what the app is called. owner: the organization it belongs to; empty for this one.
        permissions: what it asks for. action: where the form goes. back: where *Cancel* leads.
    """

    template: ClassVar[str] = "portal/admin/app_consent.html"
    app: str
    owner: str
    organization: str
    permissions: tuple[str, ...]
    action: str
    back: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for, after it was looked at. ``permissions``: as ``consent_for_everybody`` takes them."""

    app: App
    redirect_uri: str
    state: str
    permissions: tuple[str, ...]

    def back(self, **told: str) -> str:
        """Where the app is told what became of it."""
        said = {**told, **({"state": self.state} if self.state else {})}
        glue = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{glue}{urlencode(said)}"


async def ask(admin: Admin) -> Response:
    """The question."""
    asked = await _asked(admin)
    owner = await organizations.find(admin.reading, asked.app.tenant_id)
    foreign = owner is not None and owner.tenant_id != admin.tenant_id
    view = AppConsentPage(
        app=asked.app.display_name,
        owner=owner.display_name if owner is not None and foreign else "",
        organization=admin.organization.display_name,
        permissions=asked.permissions,
        action=f"{paths.APP_CONSENT}?{urlencode(dict(admin.visit.request.query_params))}",
        back=asked.back(error="access_denied", error_description="AADSTS65004: The administrator declined."),
    )
    return admin.visit.page(view, form_targets=[asked.redirect_uri])


async def answer(admin: Admin) -> Response:
    """Consent for everybody, beside what was consented to before, and go back to the app."""
    await admin.visit.form(verb=Verb.CONSENT, tenant_id=admin.tenant_id)
    asked = await _asked(admin)
    before = await consents.find(admin.reading, admin.tenant_id, asked.app.app_id, EVERYBODY)
    of_graph = not any("/" in name for name in asked.permissions)
    together = (*(before.names if before is not None and of_graph else ()), *asked.permissions)
    await consenting.consent_for_everybody(
        admin.visit.house,
        tenant_id=admin.tenant_id,
        app_id="",
        client_id=asked.app.client_id,
        permissions=dict.fromkeys(together),
        by=admin.by,
    )
    target = asked.back(admin_consent="True", tenant=admin.tenant_id)
    return RedirectResponse(target, 303, NO_STORE)


async def _asked(admin: Admin) -> _Asked:
    """What the address asks for. Raises Refused: NOT_FOUND for anything that does not fit together."""
    given = {name.lower(): value for name, value in admin.visit.request.query_params.items()}
    client_id, redirect_uri = guid(given.get("client_id", "")), given.get("redirect_uri", "")
    app = None if client_id is None else await apps.find_by_client_id(admin.reading, client_id)
    meant = given.get("tenant", "")
    if app is None or not app.enabled or (meant and meant != admin.tenant_id):
        raise Refused(Reason.NOT_FOUND)
    served = serves(audience_of(app.attributes), app.tenant_id, admin.tenant_id)
    known = grants.redirect_matches([*app.redirect_uris, *app.spa_redirect_uris], redirect_uri)
    if not served or not known or len(given.get("state", "")) > LONGEST_STATE:
        raise Refused(Reason.NOT_FOUND)
    permissions = await _permissions(admin, app, given.get("scope", ""))
    return _Asked(app, redirect_uri, given.get("state", ""), permissions)


async def _permissions(admin: Admin, app: App, scope: str) -> tuple[str, ...]:
    """The scopes of the address; those that the app registered when it names none. Raises Refused (NOT_FOUND)."""
    wanted = tuple(app.delegated) if not scope.strip() or scope.strip().endswith(_ALL) else tuple(scope.split())
    try:
        asked = resources.read_asked(admin.visit.house, " ".join(wanted))
        await resources.find(admin.reading, admin.tenant_id, asked)
    except Refused as refused:
        raise Refused(Reason.NOT_FOUND) from refused
    if not wanted:
        raise Refused(Reason.NOT_FOUND)
    return wanted
