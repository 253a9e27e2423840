"""*Privacy*: whom to ask at each organization, who may not invite the person, and every receipt."""

from typing import Final

from starlette.responses import Response

from vestibule.actions import belonging, redeeming
from vestibule.actions.belonging import Departed
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import finding, rows
from vestibule.doors.portal.views.account import BlockedOrganization, OrganizationPrivacy, PrivacyPage
from vestibule.doors.portal.views.requests import OwnRequest
from vestibule.rules import names
from vestibule.rules.person_requests import Answer, Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import across, organizations
from vestibule.store.organizations import Organization

ALLOWED: Final = "allowed"


async def show(visit: Visit) -> Response:
    """The page."""
    person_id = visit.who.person.person_id
    blocked = await redeeming.blocked(visit.house, visit.reading, person_id)
    gone, known = await belonging.departures(visit.reading, person_id), await rows.details(visit)
    return visit.page(
        PrivacyPage(
            organizations=tuple(_says(one.organization) for one in await finding.present_everywhere(visit)),
            blocked=tuple(BlockedOrganization(one.tenant_id, one.display_name) for one in _by_name(visit, blocked)),
            left=tuple(rows.left(one, known) for one in gone),
            requests=await _requests(visit, gone),
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


async def _requests(visit: Visit, gone: list[Departed]) -> tuple[OwnRequest, ...]:
    """What the person asked organizations for, newest first, as long as these have something of them."""
    asked = await across.requests(visit.reading, visit.who.person.person_id)
    places = await organizations.find_many(visit.reading, sorted({one.tenant_id for one in asked})) if asked else []
    known = {one.tenant_id: one for one in places}
    left = {(one.receipt.tenant_id, one.receipt.user_id): one.receipt.receipt_id for one in gone if one.current}
    return tuple(
        OwnRequest(
            tenant_id=one.tenant_id,
            org=known[one.tenant_id].display_name,
            kind=Kind(one.kind),
            asked=one.asked_at,
            due=one.answer_due,
            answer=Answer(one.answer) if one.answer else None,
            answered=one.answered_at,
            receipt_id=left.get((one.tenant_id, one.user_id), ""),
            withdrawable=one.kind == Kind.ERASURE and one.answer is None,
        )
        for one in sorted(asked, key=lambda one: one.asked_at, reverse=True)
        if one.tenant_id in known
    )


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
