"""*Properties*: what the organization is called, and whom its guests may turn to."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from starlette.responses import Response

from vestibule.actions import organizing, policies
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import links
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Organization

_FIELDS: Final = {
    "displayName": "name",
    "countryLetterCode": "country",
    "preferredLanguage": "language",
    "timeZone": "zone",
    "technicalNotificationMails": "technical",
    "contactEmail": "privacy_contact",
    "statementUrl": "statement",
    "privacyStatement": "statement",
    "privacyProfile": "privacy_contact",
}
_WRONG: Final = {
    "name": N_("Enter a name of at most 256 characters."),
    "country": N_("Enter the two letters of a country, such as NL."),
    "language": N_("Choose one of the languages."),
    "zone": N_("Enter a time zone such as Europe/Amsterdam."),
    "technical": N_("Enter an email address, such as help@fabrikam.example."),
    "privacy_contact": N_("Enter an email address, such as privacy@fabrikam.example."),
    "statement": N_("Enter an address that begins with https://."),
}
NEEDED: Final = N_("Guests who can't leave on their own need a contact. Set External user leave settings to Yes first.")


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of the form, as they are or as they were typed."""

    name: str
    country: str
    language: str
    zone: str
    technical: str
    privacy_contact: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertiesPage(View):
    """The page.

    Attributes:
        typed: the fields. tenant_id: the organization's id. domains: its verified domains.
        said: what was just done. editable: whether who is signed in may save. may_end: they may end all sign-ins.
    """

    template: ClassVar[str] = "portal/admin/properties.html"
    typed: Typed
    tenant_id: str
    domains: tuple[str, ...]
    said: Said | None = None
    editable: bool = True
    may_end: bool = False


async def show(admin: Admin) -> Response:
    """The page."""
    return await _page(admin, _as_is(admin.organization))


async def _page(admin: Admin, typed: Typed, problems: tuple[Problem, ...] = (), status: int = 200) -> Response:
    domains = await organizations.domains(admin.reading, admin.tenant_id)
    return admin.visit.page(
        PropertiesPage(
            typed=typed,
            tenant_id=admin.tenant_id,
            domains=tuple(one.name for one in domains if one.verified_at is not None),
            said=heard(admin.visit),
            editable=admin.may(Verb.UPDATE_ORGANIZATION) or admin.may(Verb.CHANGE_PRIVACY),
            may_end=admin.may(Verb.END_ORGANIZATION_SIGN_INS),
            problems=problems,
        ),
        status,
    )


def _as_is(place: Organization) -> Typed:
    return Typed(
        name=place.display_name,
        country=place.country,
        language=place.notification_language,
        zone=place.time_zone,
        technical=place.technical_contact or "",
        privacy_contact=place.privacy_contact or "",
        statement=place.privacy_statement or "",
    )


async def save(admin: Admin) -> Response:
    """Save what was typed: what the organization says about itself, then its privacy information."""
    form = await admin.visit.form(verb=Verb.UPDATE_ORGANIZATION, tenant_id=admin.tenant_id)
    before = _as_is(admin.organization)
    typed = replace(before, **{name: form.get(name, "").strip() for name in _WRONG if name in form})
    try:
        await _save(admin, before, typed)
    except Refused as refused:
        return await _not_saved(admin, typed, refused)
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.PROPERTIES)


async def _save(admin: Admin, before: Typed, typed: Typed) -> None:
    changes = _changes(admin.organization, before, typed)
    if typed.statement and typed.statement != before.statement:
        links.privacy_statement(typed.statement, plain_http=False)
    organizing.check(admin.organization, changes)  # before anything is saved, so that nothing is half done
    house, here = admin.visit.house, admin.tenant_id
    if (before.privacy_contact, before.statement) != (typed.privacy_contact, typed.statement):
        contact, statement = typed.privacy_contact or None, typed.statement or None
        await policies.change_privacy(house, tenant_id=here, contact=contact, statement=statement, by=admin.by)
    if changes:
        await organizing.update_organization(house, tenant_id=here, changes=changes, by=admin.by)


def _changes(place: Organization, before: Typed, typed: Typed) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in (
        ("displayName", "name"),
        ("countryLetterCode", "country"),
        ("preferredLanguage", "language"),
        ("timeZone", "zone"),
    ):
        if getattr(typed, field) != getattr(before, field):
            found[name] = getattr(typed, field)
    if typed.technical != before.technical:
        # The page shows the first of several contacts; the others stay.
        others = [one for one in place.technical_contacts if one != before.technical]
        found["technicalNotificationMails"] = ([typed.technical] if typed.technical else []) + others
    return found


async def _not_saved(admin: Admin, typed: Typed, refused: Refused) -> Response:
    if refused.reason is Reason.PRIVACY_INFORMATION_NEEDED:
        at = "privacy_contact" if not typed.privacy_contact else "statement"
        return await _page(admin, typed, (Problem(NEEDED, at=at),), 409)
    field = _FIELDS.get(str(refused.facts.get("property") or ""))
    if refused.reason is not Reason.BAD_VALUE or field is None:
        raise refused
    return await _page(admin, typed, (Problem(_WRONG[field], at=field),), 400)
