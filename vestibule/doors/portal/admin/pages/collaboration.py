"""*External collaboration settings*: who may invite, what guests see, and whether they may leave on their own.

Each group is saved alone. The leave setting is locked while the privacy contact or statement is missing, keeps
showing the value in force, and says why.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import digests, guest_settings, organizing, policies
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules.digests import DigestPeriod
from vestibule.rules.domains import Domain, domain
from vestibule.rules.policy import DomainMode, DomainRestriction, ErasureOnLeave, GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import users

MISSING: Final = N_(
    "Add your privacy information first. Guests need a privacy contact and a privacy statement before you can change "
    "this setting."
)
_CHOOSE: Final = N_("Choose one of the options.")
_BAD_DOMAIN: Final = N_("This is not a domain: {domain}")
_NO_DOMAIN: Final = N_("Enter at least one domain, one per line.")
STOP: Final = f"{paths.COLLABORATION}/stop-leaving"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaborationPage(View):
    """The page.

    Attributes:
        access, invites, mode: the values in force, or as they were chosen. domains: one per line.
        may_leave, asks_why, digest, erasure: the leave settings in force. locked: the privacy information is missing.
        said: what was just done. may_change, may_change_leaving: what who is signed in may save.
    """

    template: ClassVar[str] = "portal/admin/collaboration.html"
    access: str
    invites: str
    mode: str
    domains: str
    may_leave: bool
    asks_why: bool
    digest: str
    digest_to: str | None
    locked: bool
    device_sign_in: bool
    erasure: str
    said: Said | None = None
    may_change: bool = True
    may_change_leaving: bool = True
    may_change_details: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPage(View):
    """*Stop guests from leaving on their own?*; ``guests`` is how many that concerns."""

    template: ClassVar[str] = "portal/admin/stop_leaving.html"
    fragment: ClassVar[str] = "portal/admin/stop_leaving_dialog.html"
    guests: int


async def show(admin: Admin) -> Response:
    """The page."""
    return _page(admin)


def _page(
    admin: Admin, *, mode: str = "", domains: str | None = None, problems: tuple[Problem, ...] = (), status: int = 200
) -> Response:
    place = admin.organization
    restriction = guest_settings.restriction_of(place)
    listed = "\n".join(sorted(one.shown for one in restriction.domains))
    return admin.visit.page(
        CollaborationPage(
            access=place.guest_access,
            invites=place.allow_invites_from,
            mode=mode or restriction.mode.value,
            domains=listed if domains is None else domains,
            may_leave=place.guests_may_leave,
            asks_why=place.asks_why,
            digest=digests.period_of(place).value,
            digest_to=place.guest_contact,
            locked=not policies.privacy_of(place).is_complete,
            device_sign_in=guest_settings.allows_device_sign_in(place),
            erasure=guest_settings.erasure_on_leave_of(place).value,
            said=heard(admin.visit),
            may_change=admin.may(Verb.CHANGE_GUEST_SETTINGS),
            may_change_leaving=admin.may(Verb.CHANGE_LEAVE_SETTING),
            may_change_details=admin.may(Verb.UPDATE_ORGANIZATION),
            problems=problems,
        ),
        status,
    )


async def save(admin: Admin) -> Response:
    """Save one group."""
    form = await admin.visit.form(verb=Verb.CHANGE_GUEST_SETTINGS, tenant_id=admin.tenant_id)
    group = form.get("group", "")
    if group == "leave":
        return await _save_leaving(admin, form)
    if group == "restrictions":
        return await _save_restrictions(admin, form)
    if group == "details":
        every = DigestPeriod.DAY if form.get("digest_every") == "day" else DigestPeriod.WEEK
        digest = every if "digest" in form else DigestPeriod.OFF
        changes = {"asksWhy": "asks_why" in form, digests.SETTING: digest.value}
        await organizing.update_organization(admin.visit.house, tenant_id=admin.tenant_id, changes=changes, by=admin.by)
        return _saved(admin)
    return await _save_choice(admin, group, form)


async def _save_choice(admin: Admin, group: str, form: dict[str, str]) -> Response:
    house, here, by = admin.visit.house, admin.tenant_id, admin.by
    change = guest_settings.change_guest_settings
    try:
        if group == "access":
            await change(house, tenant_id=here, by=by, access=GuestAccess(form.get("access", "")))
        elif group == "invites":
            await change(house, tenant_id=here, by=by, invites=InvitesFrom(form.get("invites", "")))
        elif group == "erasure":
            await change(house, tenant_id=here, by=by, erasure_on_leave=ErasureOnLeave(form.get("erasure", "")))
        else:
            await change(house, tenant_id=here, by=by, device_sign_in=form["device_sign_in"] == "yes")
    except (ValueError, KeyError):
        return _page(admin, problems=(Problem(_CHOOSE, at=group),), status=400)
    return _saved(admin)


async def _save_restrictions(admin: Admin, form: dict[str, str]) -> Response:
    mode, typed = form.get("mode", ""), form.get("domains", "").replace("\r\n", "\n")
    lines = [line.strip() for line in typed.split("\n") if line.strip()]
    problem, restriction = None, DomainRestriction()
    try:
        restriction = DomainRestriction(DomainMode(mode), frozenset(_domain(line) for line in lines))
        if restriction.mode is DomainMode.ANY:
            restriction = DomainRestriction()
        elif not lines:
            problem = Problem(_NO_DOMAIN, at="domains")
    except Refused as refused:
        problem = Problem(_BAD_DOMAIN, at="domains", values={"domain": str(refused.facts["line"])})
    except ValueError:
        problem = Problem(_CHOOSE, at="mode")
    if problem is not None:
        return _page(admin, mode=mode, domains=typed, problems=(problem,), status=400)
    await guest_settings.change_guest_settings(
        admin.visit.house, tenant_id=admin.tenant_id, by=admin.by, restriction=restriction
    )
    return _saved(admin)


def _domain(line: str) -> Domain:
    try:
        return domain(line)
    except Refused as refused:
        raise Refused(refused.reason, line=line[:100]) from refused


async def _save_leaving(admin: Admin, form: dict[str, str]) -> Response:
    wanted = {"yes": True, "no": False}.get(form.get("leave", ""))
    if wanted is None:
        return _page(admin, problems=(Problem(_CHOOSE, at="leave"),), status=400)
    stopping = admin.organization.guests_may_leave and not wanted
    if stopping and policies.privacy_of(admin.organization).is_complete and form.get("confirmed") != "yes":
        return admin.visit.redirect(STOP)
    try:
        await policies.change_leave_setting(
            admin.visit.house, tenant_id=admin.tenant_id, guests_may_leave=wanted, by=admin.by
        )
    except Refused as refused:
        if refused.reason is not Reason.PRIVACY_INFORMATION_MISSING:
            raise
        return _page(admin, problems=(Problem(MISSING, at="leave"),), status=409)
    return _saved(admin)


async def ask_stop(admin: Admin) -> Response:
    """*Stop guests from leaving on their own?*"""
    guests, _ = await users.count_guests(admin.reading, admin.tenant_id)
    return admin.visit.page(StopPage(guests=guests))


def _saved(admin: Admin) -> Response:
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.COLLABORATION)
