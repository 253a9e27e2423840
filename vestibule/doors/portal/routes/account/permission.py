"""*You need permission to leave {org}*: whom to ask, and the button that asks them."""

from starlette.responses import Response

from vestibule.actions import asking
from vestibule.actions.answering import KEPT
from vestibule.actions.belonging import Belonging
from vestibule.actions.house import Injected
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.entering import contacts_of
from vestibule.doors.portal.routes.account import finding
from vestibule.doors.portal.views.erasure import erasure
from vestibule.doors.portal.views.leaving import PermissionPage
from vestibule.doors.portal.views.problems import REQUEST_NOT_SENT
from vestibule.doors.web.frame import Problem
from vestibule.rules import policy
from vestibule.rules.person_requests import Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import requests
from vestibule.store.unit import Unavailable

CAUSES = {Reason.ACCOUNT_DISABLED, Reason.ORGANIZATION_FORBIDS}
_NOTHING_TO_ASK = {Reason.WRONG_STAGE, Reason.ALREADY_THERE}


async def show(visit: Visit) -> Response:
    """The page; who needs no permission is sent on to leave."""
    mine = await finding.mine_here(visit)
    if mine.why_not not in CAUSES:
        return visit.redirect(paths.leave(mine.organization.tenant_id))
    return await page(visit, mine, mine.why_not)


async def page(
    visit: Visit, mine: Belonging, cause: Reason, *, status: int = 200, problems: tuple[Problem, ...] = ()
) -> Response:
    """The page for one cause, with what became of an earlier request."""
    place, guest = mine.organization, mine.guest
    mine_asked = await requests.of_membership(visit.reading, guest.tenant_id, guest.user_id)
    asked, wish = mine_asked.get(asking.REMOVAL), mine_asked.get(Kind.ERASURE)
    view = PermissionPage(
        tenant_id=place.tenant_id,
        name=place.display_name,
        cause=cause,
        contacts=contacts_of(place),
        asked=asked.asked_at if asked is not None and asked.answer is None else None,
        answered=asked.answered_at if asked is not None and asked.answer == KEPT else None,
        may_ask_from=policy.ask_again_at(None if asked is None else asked.asked_at, visit.now),
        erasure=erasure(wish),
        may_ask_erasure_from=policy.ask_again_at(None if wish is None else wish.asked_at, visit.now),
        problems=problems,
    )
    return visit.page(view, status)


async def ask_removal(visit: Visit) -> Response:
    """Ask the organization to remove the person; once in seven days."""
    here = finding.tenant_id(visit)
    await visit.form(verb=Verb.ASK_REMOVAL, tenant_id=here)
    mine = await finding.mine_here(visit)
    try:
        by = finding.as_themselves(visit, mine.guest)
        await asking.ask_removal(visit.house, tenant_id=here, user_id=mine.guest.user_id, by=by)
    except Refused as refused:
        if refused.reason not in _NOTHING_TO_ASK:
            raise
    except Unavailable as away:
        if mine.why_not not in CAUSES:
            raise
        status = away.answer if isinstance(away, Injected) else 503
        return await page(visit, mine, mine.why_not, status=status, problems=(REQUEST_NOT_SENT,))
    return visit.redirect(paths.permission(here))


async def back(visit: Visit) -> Response:
    """The address of the request asked for with GET, as after changing the language on its answer."""
    return visit.redirect(paths.permission(finding.tenant_id(visit)))
