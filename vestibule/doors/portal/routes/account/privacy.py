"""*Privacy*: whom to ask at each organization, who may not invite the person, and every receipt."""

from typing import Final

from starlette.responses import Response

from vestibule.actions import belonging, redeeming
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import finding, rows
from vestibule.doors.portal.views.account import BlockedOrganization, OrganizationPrivacy, PrivacyPage
from vestibule.rules import names
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.organizations import Organization

ALLOWED: Final = "allowed"


async def show(visit: Visit) -> Response:
    """The page."""
    person_id = visit.who.person.person_id
    blocked = await redeeming.blocked(visit.house, visit.reading, person_id)
    return visit.page(
        PrivacyPage(
            organizations=tuple(_says(one.organization) for one in await finding.present_everywhere(visit)),
            blocked=tuple(BlockedOrganization(one.tenant_id, one.display_name) for one in _by_name(visit, blocked)),
            left=tuple(rows.left(one) for one in await belonging.departures(visit.reading, person_id)),
            allowed=await _just_allowed(visit),
        )
    )


async def allow(visit: Visit) -> Response:
    """Let an organization invite the person again."""
    form = await visit.form()
    here = names.guid(form.get("tenantId", ""))
    if here is None:
        raise Refused(Reason.NOT_FOUND)
    try:
        await redeeming.allow_from(visit.house, person_id=visit.who.person.person_id, tenant_id=here, by=visit.actor())
    except Refused as refused:
        if refused.reason is not Reason.NOT_FOUND:
            raise
        return visit.redirect(paths.PRIVACY)  # a second press: it may invite already
    return visit.redirect(paths.PRIVACY, {ALLOWED: f"{here}.{_proof(visit, here)}"})


def _says(place: Organization) -> OrganizationPrivacy:
    return OrganizationPrivacy(
        tenant_id=place.tenant_id,
        name=place.display_name,
        privacy_statement=place.privacy_statement or "",
        privacy_contact=place.privacy_contact or "",
    )


def _by_name(visit: Visit, places: list[Organization]) -> list[Organization]:
    return sorted(places, key=lambda one: (visit.words.sort_key(one.display_name), one.tenant_id))


async def _just_allowed(visit: Visit) -> str:
    """The name of the organization that was just allowed, when the address proves that it was."""
    here, _, proof = visit.request.query_params.get(ALLOWED, "").partition(".")
    if not proof or not visit.desk.tokens.fits(proof, ALLOWED, visit.who.session.form_key, here):
        return ""
    place = await organizations.find(visit.reading, here)
    return "" if place is None else place.display_name


def _proof(visit: Visit, here: str) -> str:
    return visit.desk.tokens.make(ALLOWED, visit.who.session.form_key, here)
