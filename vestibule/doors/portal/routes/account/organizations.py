"""*Organizations*: where the person belongs, what waits for their answer, and what they left."""

from typing import Final

from starlette.responses import Response

from vestibule.actions import belonging, redeeming, removing
from vestibule.actions.belonging import Asked
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import finding, rows
from vestibule.doors.portal.views.organizations import OrganizationsPage, organizations_page
from vestibule.doors.web.errors import ErrorKind, Step
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.unit import Unavailable

DECLINED: Final = "declined"
_DONE_ALREADY: Final = {Reason.INVITATION_USED, Reason.ALREADY_MEMBER}
_OVER: Final = {
    Reason.INVITATION_EXPIRED: ErrorKind.INVITATION_EXPIRED,
    Reason.INVITATION_DEAD: ErrorKind.INVITATION_GONE,
    Reason.ACCOUNT_DISABLED: ErrorKind.ACCOUNT_DISABLED_IN,
}


async def show(visit: Visit) -> Response:
    """The page; with status 503 and nothing but an explanation when the list cannot be read."""
    try:
        return visit.page(await _page(visit))
    except Unavailable:
        return visit.page(OrganizationsPage(failed=True), 503)


async def _page(visit: Visit) -> OrganizationsPage:
    reading, person_id = visit.reading, visit.who.person.person_id
    present = await finding.present_everywhere(visit)
    known = await rows.details(visit)
    return organizations_page(
        [rows.organization(visit, one, known) for one in present],
        visit.words,
        invitations=[rows.invitation(one) for one in await _waiting(visit)],
        left=rows.recently_left(visit, await belonging.departures(reading, person_id), known),
        find=visit.request.query_params.get("find", ""),
        page=_number(visit.request.query_params.get("page", "")),
        declined=await _just_declined(visit),
    )


async def _waiting(visit: Visit) -> list[Asked]:
    """One invitation for each organization: the newest."""
    newest: dict[str, Asked] = {}
    for one in await belonging.asked(visit.house, visit.reading, visit.who.person.person_id):
        newest.setdefault(one.organization.tenant_id, one)
    return list(newest.values())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


# --- Answering an invitation ------------------------------------------------------------------------------------------


async def answer(visit: Visit) -> Response:
    """Accept or decline the invitation of the organization in the address."""
    form = await visit.form()
    here = finding.tenant_id(visit)
    asked = next((one for one in await _waiting(visit) if one.organization.tenant_id == here), None)
    if asked is None:
        return visit.redirect(paths.ORGANIZATIONS)
    try:
        match form.get("answer"):
            case "accept":
                return await _accept(visit, asked)
            case "decline":
                return await _decline(visit, asked)
            case _:
                return visit.redirect(f"{paths.ORGANIZATIONS}#invitations")
    except Refused as refused:
        return _not_answered(visit, asked, refused)


async def _accept(visit: Visit, asked: Asked) -> Response:
    await redeeming.redeem(
        visit.house,
        person_id=visit.who.person.person_id,
        by=finding.as_themselves(visit, asked.guest),
        tenant_id=asked.guest.tenant_id,
        user_id=asked.guest.user_id,
    )
    return visit.redirect(paths.organization_row(asked.guest.tenant_id))


async def _decline(visit: Visit, asked: Asked) -> Response:
    by = finding.as_themselves(visit, asked.guest)
    await removing.decline(visit.house, ticket_hash=asked.invitation.ticket_hash, by=by)
    here = asked.guest.tenant_id
    return visit.redirect(paths.ORGANIZATIONS, {DECLINED: f"{here}.{_proof(visit, here)}"})


def _not_answered(visit: Visit, asked: Asked, refused: Refused) -> Response:
    if refused.reason in _DONE_ALREADY:
        return visit.redirect(paths.organization_row(asked.guest.tenant_id))
    if refused.reason not in _OVER:
        raise refused
    status = 403 if refused.reason is Reason.ACCOUNT_DISABLED else 410
    return visit.problem(
        _OVER[refused.reason],
        status,
        organization=asked.organization.display_name,
        steps=((Step.ORGANIZATIONS, paths.ORGANIZATIONS),),
    )


async def _just_declined(visit: Visit) -> str:
    """The name of the organization whose invitation was just declined, when the address proves that it was."""
    here, _, proof = visit.request.query_params.get(DECLINED, "").partition(".")
    if not proof or not visit.desk.tokens.fits(proof, DECLINED, visit.who.session.form_key, here):
        return ""
    places = await organizations.find_many(visit.reading, [here])
    return places[0].display_name if places else ""


def _proof(visit: Visit, here: str) -> str:
    return visit.desk.tokens.make(DECLINED, visit.who.session.form_key, here)
