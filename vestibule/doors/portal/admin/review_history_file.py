"""The file of a history of access reviews, for whoever has its address: programs and browsers, signed in or not.

The secret in the address is all that is asked for, as with the blob that Graph leads to; it was given to somebody who
may read reviews, and leads to the file for 24 hours. The rows are read from the decisions as they are now.
"""

from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response, StreamingResponse

from vestibule.actions import review_histories
from vestibule.actions.review_histories import Line
from vestibule.doors.portal import speech
from vestibule.doors.portal.admin.exports import KEYS, KIND, MARK, Out, cell, written
from vestibule.doors.portal.admin.pages.review import RECOMMENDED, RESULTS
from vestibule.doors.portal.desk import NO_STORE, Visit
from vestibule.doors.web import language
from vestibule.doors.web.words import N_, Words, words
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_histories import Outcome
from vestibule.store.memberships import Membership
from vestibule.store.review_histories import History, Run

KEY: Final = "key"
LANGUAGE: Final = "language"
_DECIDED: Final = {
    Outcome.APPROVE: N_("Keep"),
    Outcome.DENY: N_("Remove"),
    Outcome.DONT_KNOW: N_("Don't know"),
    Outcome.NOT_REVIEWED: N_("Not decided"),
    Outcome.NOT_NOTIFIED: N_("Nobody was asked by email"),
}
_KINDS: Final = {"group": N_("Group"), "app": N_("App"), "role": N_("Role")}


def _name(who: Membership | None) -> str:
    return "" if who is None else who.display_name


def _upn(who: Membership | None) -> str:
    return "" if who is None else who.user_principal_name


def _result(row: Line, told: Words) -> str:
    words_of = RESULTS[row.decided.result]
    return told.text(words_of) if words_of else ""


def _kind(row: Line, told: Words) -> str:
    return told.text(_KINDS[row.resource[2]]) if row.resource[2] else ""


_OUT: Final = (
    Out[Line]("accessReviewId", N_("Access review ID"), lambda row: row.review.review_id),
    Out[Line]("accessReview", N_("Access review"), lambda row: row.review.display_name),
    Out[Line]("instanceId", N_("Round ID"), lambda row: row.instance.instance_id),
    Out[Line]("startDateTime", N_("Review began"), lambda row: row.instance.starts_at),
    Out[Line]("endDateTime", N_("Review ended"), lambda row: row.instance.ends_at),
    Out[Line]("resourceType", N_("Kind of access"), lambda row: row.resource[2] or "directory", _kind),
    Out[Line]("resourceId", N_("Access ID"), lambda row: row.resource[0]),
    Out[Line]("resource", N_("Access"), lambda row: row.resource[1]),
    Out[Line]("principalId", N_("User ID"), lambda row: row.decided.user_id),
    Out[Line]("principal", N_("Name"), lambda row: _name(row.about)),
    Out[Line]("principalUserPrincipalName", N_("User principal name"), lambda row: _upn(row.about)),
    Out[Line](
        "decision", N_("Decision"), lambda row: row.outcome.value, lambda row, told: told.text(_DECIDED[row.outcome])
    ),
    Out[Line]("justification", N_("Comment"), lambda row: row.decided.justification),
    Out[Line](
        "recommendation",
        N_("Recommendation"),
        lambda row: row.decided.recommendation,
        lambda row, told: told.text(RECOMMENDED[row.decided.recommendation]),
    ),
    Out[Line]("reviewedBy", N_("Decided by"), lambda row: _name(row.reviewer)),
    Out[Line]("reviewedByUserPrincipalName", N_("Decided by (user principal name)"), lambda row: _upn(row.reviewer)),
    Out[Line]("reviewedDateTime", N_("Decided on"), lambda row: row.decided.reviewed_at),
    Out[Line]("appliedBy", N_("Applied by"), lambda row: _name(row.applier)),
    Out[Line]("appliedDateTime", N_("Applied on"), lambda row: row.decided.applied_at),
    Out[Line]("applyResult", N_("Result"), lambda row: row.decided.result, _result),
)


async def download(visit: Visit) -> Response:
    """The file. Raises Refused (NOT_FOUND) for an address that leads nowhere, or not any more."""
    query = visit.request.query_params
    found = await review_histories.at_address(visit.reading, query.get(KEY, ""))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    history, run = found
    file = f"access-reviews-{run.starts_at.date().isoformat()}-{run.ends_at.date().isoformat()}.csv"
    headers = {
        **NO_STORE,
        "Content-Disposition": f'attachment; filename="{file}"',
        "Referrer-Policy": "no-referrer",
    }
    if visit.request.method == "HEAD":
        return Response(None, headers=headers, media_type=KIND)
    chosen = language.lookup(query.get(LANGUAGE, ""))
    told = visit.words if chosen is None else words(chosen, speech.DOMAIN)
    lines = _lines(visit, history, run, None if query.get("headers") == KEYS else told)
    return StreamingResponse(lines, headers=headers, media_type=KIND)


async def _lines(visit: Visit, history: History, run: Run, told: Words | None) -> AsyncIterator[str]:
    yield MARK + written([[one.key if told is None else told.text(one.label) for one in _OUT]])
    async for some in review_histories.lines(visit.house, history, run):
        yield written([[cell(one, row, told) for one in _OUT] for row in some])
