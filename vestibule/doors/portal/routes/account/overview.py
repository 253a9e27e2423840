"""*Overview*: what needs the person, and the first of everything."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from vestibule.actions import belonging
from vestibule.actions.answering import KEPT
from vestibule.actions.belonging import Belonging, Departed
from vestibule.doors.portal import account_menu, paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.routes.account import access_reviews, apps, finding, rows, sign_ins
from vestibule.doors.portal.views.account import Notice, NoticeKind, OrganizationApps, Overview
from vestibule.rules.lifecycle import Deleted

FIRST: Final = 3
RESTORE_ENDS_WITHIN: Final = timedelta(days=3)
ANSWER_SHOWN_FOR: Final = timedelta(days=30)


async def show(visit: Visit) -> Response:
    """The page."""
    person_id = visit.who.person.person_id
    mine = await finding.present_everywhere(visit)
    gone = await belonging.departures(visit.reading, person_id)
    groups = await apps.by_organization(visit)
    places = {one.organization.tenant_id: one.organization.display_name for one in mine}
    named = await account_menu.named(visit.reading, visit.who.person, mine[0].guest if mine else None)
    return visit.page(
        Overview(
            name="" if named is None else named.name,
            notices=(
                *_ending(visit, gone),
                *await _invitations(visit),
                *await _reviews(visit),
                *await _answers(visit, mine),
            ),
            organization_count=len(mine),
            organizations=tuple(places.values())[:FIRST],
            apps=tuple(_first(groups)),
            app_count=sum(len(group.apps) for group in groups),
            sign_ins=tuple(await sign_ins.latest(visit, FIRST, places)),
            receipt_count=len(gone),
        )
    )


def _first(groups: list[OrganizationApps]) -> Iterator[OrganizationApps]:
    """The first apps, still under their organizations."""
    left = FIRST
    for group in groups:
        if left and group.apps:
            yield OrganizationApps(group.tenant_id, group.name, group.apps[:left])
            left -= len(group.apps[:left])


# --- What needs the person --------------------------------------------------------------------------------------------


def _ending(visit: Visit, gone: list[Departed]) -> list[Notice]:
    """Departures that can be undone for a short time only, the most urgent first."""
    soon = [
        Notice(
            NoticeKind.RESTORE_ENDS,
            one.receipt.display_name,
            one.stage.purge_due,
            paths.receipt(one.receipt.receipt_id),
        )
        for one in gone
        if one.current and isinstance(one.stage, Deleted) and one.stage.purge_due - visit.now <= RESTORE_ENDS_WITHIN
    ]
    return sorted(soon, key=lambda notice: notice.at)


async def _invitations(visit: Visit) -> list[Notice]:
    waiting = await belonging.asked(visit.house, visit.reading, visit.who.person.person_id)
    return [
        Notice(
            NoticeKind.INVITATION,
            one.organization.display_name,
            one.invitation.expires_at,
            f"{paths.ORGANIZATIONS}#invitations",
        )
        for one in sorted(waiting, key=lambda one: one.invitation.expires_at)
    ]


async def _reviews(visit: Visit) -> list[Notice]:
    """Organizations that ask who still needs access, each once, by the time to answer."""
    soonest: dict[str, Notice] = {}
    for one in await access_reviews.waiting(visit):
        notice = Notice(NoticeKind.REVIEW, one.organization, one.until, paths.ACCESS_REVIEWS)
        soonest.setdefault(one.tenant_id, notice)
    return list(soonest.values())


async def _answers(visit: Visit, mine: list[Belonging]) -> list[Notice]:
    """Organizations that answered a request to be removed by keeping the person."""
    known = await rows.details(visit)
    answered = []
    for one in mine:
        asked = known.requests.get((one.guest.tenant_id, one.guest.user_id))
        at = None if asked is None or asked.answer != KEPT else asked.answered_at
        if at is not None and visit.now < at + ANSWER_SHOWN_FOR:
            place = one.organization
            url = paths.organization_row(place.tenant_id)
            answered.append(Notice(NoticeKind.REMOVAL_ANSWERED, place.display_name, at, url))
    return sorted(answered, key=lambda notice: notice.at, reverse=True)
