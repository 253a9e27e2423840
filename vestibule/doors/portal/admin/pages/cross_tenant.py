"""*Cross-tenant access settings*: what holds towards other organizations, by default and one by one."""

from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import cross_tenant as acting
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.cross_tenant_words import DIRECTIONS, WORDS, BadLine, changes_of, kind_of, typed_of
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules.domains import read_domain
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import cross_tenant, organizations
from vestibule.store.cross_tenant import Settings
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading

_NOT_FOUND: Final = N_("No other organization here has this domain or ID.")
_THERE: Final = N_("This organization is in the list already.")
_NO_ID: Final = N_("Enter object IDs, one per line.")
_CONTRADICTS: Final = N_("These lists contradict each other.")


@dataclass(frozen=True, slots=True)
class Row:
    """An organization with settings of its own: each direction in words, marked with ``N_``."""

    partner_id: str
    name: str
    domain: str
    directions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossTenantPage(View):
    """The tab *Organizations*. ``labels``: of the directions. ``typed``: what was looked for."""

    template: ClassVar[str] = "portal/admin/cross_tenant.html"
    rows: tuple[Row, ...]
    labels: tuple[str, ...]
    may_change: bool
    may_find: bool
    typed: str = ""
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage(View):
    """The settings towards one organization, or the default (``partner_id`` is empty then).

    Attributes:
        typed: by field. directions: field, words of each. words: of the choices.
        changed: something is set that *Reset* takes back.
    """

    template: ClassVar[str] = "portal/admin/cross_tenant_settings.html"
    partner_id: str
    name: str
    domain: str
    typed: dict[str, str]
    directions: tuple[tuple[str, str], ...]
    words: dict[str, str]
    may_change: bool
    changed: bool
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPage(View):
    """*Remove {name}?*, or *Reset the default settings?* when ``partner_id`` is empty."""

    template: ClassVar[str] = "portal/admin/forget_settings.html"
    fragment: ClassVar[str] = "portal/admin/forget_settings_dialog.html"
    partner_id: str
    name: str


# --- The list ---------------------------------------------------------------------------------------------------------


async def show(admin: Admin) -> Response:
    """The tab *Organizations*."""
    return await _list(admin)


async def _list(admin: Admin, typed: str = "", *problems: Problem) -> Response:
    found = await cross_tenant.partners(admin.reading, admin.tenant_id)
    places = {
        one.tenant_id: one
        for one in await organizations.find_many(admin.reading, [settings.partner_id for settings in found])
    }
    rows = sorted((_row(one, places.get(one.partner_id)) for one in found), key=lambda row: row.name.casefold())
    return admin.visit.page(
        CrossTenantPage(
            rows=tuple(rows),
            labels=tuple(label for _, _, label in DIRECTIONS),
            may_change=admin.may(Verb.CHANGE_CROSS_TENANT),
            may_find=admin.may(Verb.CHANGE_CROSS_TENANT) and admin.may(Verb.READ_OTHER_ORGANIZATIONS),
            typed=typed,
            said=heard(admin.visit),
            problems=problems,
        ),
        400 if problems else 200,
    )


def _row(settings: Settings, place: Organization | None) -> Row:
    words = tuple(WORDS[kind_of(settings.direction(graph))] for _, graph, _ in DIRECTIONS)
    name = settings.partner_id if place is None else place.display_name
    return Row(settings.partner_id, name, "" if place is None else place.initial_domain, words)


async def add(admin: Admin) -> Response:
    """Add an organization, by its domain or its id; everything about it is inherited at first."""
    form = await admin.visit.form(verb=Verb.CHANGE_CROSS_TENANT, tenant_id=admin.tenant_id)
    typed = form.get("organization", "").strip()
    # Which organizations there are is no matter for everybody.
    if not admin.may(Verb.READ_OTHER_ORGANIZATIONS):
        raise Refused(Reason.NOT_ALLOWED)
    found = await _find_place(admin.reading, typed)
    if found is None or found.tenant_id == admin.tenant_id:
        return await _list(admin, typed, Problem(_NOT_FOUND, at="organization"))
    try:
        await acting.set_partner(
            admin.visit.house,
            tenant_id=admin.tenant_id,
            partner_id=found.tenant_id,
            changes={},
            by=admin.by,
            must_be_new=True,
        )
    except Refused as refused:
        if refused.reason is not Reason.ALREADY_THERE:
            raise
        return await _list(admin, typed, Problem(_THERE, at="organization"))
    say(admin.visit, Said(N_("{name} was added."), {"name": found.display_name}))
    return admin.visit.redirect(paths.partner(found.tenant_id))


async def _find_place(reading: Reading, typed: str) -> Organization | None:
    named = guid(typed)
    if named is not None:
        return await organizations.find(reading, named)
    domain = read_domain(typed)
    known = None if domain is None else await organizations.find_domain(reading, domain.name)
    return None if known is None or known.verified_at is None else await organizations.find(reading, known.tenant_id)


# --- One organization, and the default --------------------------------------------------------------------------------


async def show_partner(admin: Admin) -> Response:
    """What is said about one organization."""
    return await _settings(admin, await _partner(admin))


async def show_default(admin: Admin) -> Response:
    """The tab *Default*."""
    return await _settings(admin, await cross_tenant.find(admin.reading, admin.tenant_id), of_default=True)


async def _settings(
    admin: Admin,
    settings: Settings | None,
    typed: dict[str, str] | None = None,
    *problems: Problem,
    of_default: bool = False,
) -> Response:
    partner_id = "" if of_default or settings is None else settings.partner_id
    place = await organizations.find(admin.reading, partner_id) if partner_id else None
    return admin.visit.page(
        SettingsPage(
            partner_id=partner_id,
            name=partner_id if place is None else place.display_name,
            domain="" if place is None else place.initial_domain,
            typed=typed or typed_of(settings, of_default=of_default),
            directions=tuple((name, label) for name, _, label in DIRECTIONS),
            words=WORDS,
            may_change=admin.may(Verb.CHANGE_CROSS_TENANT),
            changed=settings is not None,
            said=heard(admin.visit),
            problems=problems,
        ),
        400 if problems else 200,
    )


async def save_partner(admin: Admin) -> Response:
    """Change what is said about one organization."""
    settings = await _partner(admin)
    return await _save(admin, settings, of_default=False)


async def save_default(admin: Admin) -> Response:
    """Change what holds by default."""
    return await _save(admin, await cross_tenant.find(admin.reading, admin.tenant_id), of_default=True)


async def _save(admin: Admin, settings: Settings | None, *, of_default: bool) -> Response:
    form = await admin.visit.form(verb=Verb.CHANGE_CROSS_TENANT, tenant_id=admin.tenant_id)
    before = typed_of(settings, of_default=of_default)
    typed = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in before}
    try:
        changes = changes_of(typed, before, of_default=of_default)
        if of_default or settings is None:
            await acting.set_default(admin.visit.house, tenant_id=admin.tenant_id, changes=changes, by=admin.by)
        else:
            here, there = admin.tenant_id, settings.partner_id
            await acting.set_partner(admin.visit.house, tenant_id=here, partner_id=there, changes=changes, by=admin.by)
    except BadLine as bad:
        return await _settings(admin, settings, typed, Problem(_NO_ID, at=bad.field), of_default=of_default)
    except Refused as refused:
        if refused.reason is not Reason.BAD_VALUE:
            raise
        return await _settings(admin, settings, typed, Problem(_CONTRADICTS), of_default=of_default)
    say(admin.visit, Said(N_("Saved.")))
    partner_id = "" if settings is None or of_default else settings.partner_id
    return admin.visit.redirect(paths.CROSS_TENANT_DEFAULT if not partner_id else paths.partner(partner_id))


async def ask_remove(admin: Admin) -> Response:
    """*Remove {name}?*"""
    settings = await _partner(admin)
    place = await organizations.find(admin.reading, settings.partner_id)
    name = settings.partner_id if place is None else place.display_name
    return admin.visit.page(ForgetPage(partner_id=settings.partner_id, name=name))


async def remove(admin: Admin) -> Response:
    """Say nothing of its own about an organization any more."""
    await admin.visit.form(verb=Verb.CHANGE_CROSS_TENANT, tenant_id=admin.tenant_id)
    settings = await _partner(admin)
    place = await organizations.find(admin.reading, settings.partner_id)
    await acting.delete_partner(
        admin.visit.house, tenant_id=admin.tenant_id, partner_id=settings.partner_id, by=admin.by
    )
    name = settings.partner_id if place is None else place.display_name
    say(admin.visit, Said(N_("{name} was removed. The default holds for it again."), {"name": name}))
    return admin.visit.redirect(paths.CROSS_TENANT)


async def ask_reset(admin: Admin) -> Response:
    """*Reset the default settings?*"""
    return admin.visit.page(ForgetPage(partner_id="", name=""))


async def reset(admin: Admin) -> Response:
    """Go back to what the system says."""
    await admin.visit.form(verb=Verb.CHANGE_CROSS_TENANT, tenant_id=admin.tenant_id)
    await acting.reset_default(admin.visit.house, tenant_id=admin.tenant_id, by=admin.by)
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.CROSS_TENANT_DEFAULT)


async def _partner(admin: Admin) -> Settings:
    partner_id = admin.visit.captured("id").lower()
    found = await cross_tenant.find(admin.reading, admin.tenant_id, partner_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, objectId=partner_id)
    return found
