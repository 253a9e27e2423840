"""An access review: one row for each guest, what is recommended and why, and what is decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import applying, deciding, review_stages, reviewing
from vestibule.actions.authorising import authorise_reading
from vestibule.actions.deciding import Where
from vestibule.actions.review_stages import WhichStage
from vestibule.actions.reviewing import Meaning, meaning_of
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.access_reviews import OVER, STATUS, asks_of, reviewers_of, target_of
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules import names, reviews
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_stages import read_stage
from vestibule.rules.reviews import LONGEST_JUSTIFICATION, Decision, Over, Recommendation, Result, State
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review, Stage

PAGE: Final = 50
ANSWERS: Final = {"keep": Decision.APPROVE, "remove": Decision.DENY, "unknown": Decision.DONT_KNOW}
RESULTS: Final = {
    Result.NEW.value: "",
    Result.DONE.value: N_("Applied"),
    Result.GONE.value: N_("No longer there"),
    Result.NOT_SUPPORTED.value: N_("Not applied: left to administrators"),
}
_THROUGH_GROUP: Final = N_("Not applied in full: a group still gives access")
RECOMMENDED: Final = {
    Recommendation.APPROVE.value: N_("Keep"),
    Recommendation.DENY.value: N_("Remove"),
    Recommendation.NONE.value: N_("No recommendation"),
}
_SAY_WHY: Final = N_("Say why {name} keeps access.")
_TOO_LONG: Final = N_("Write at most 1,000 characters.")
_OVER: Final = N_("This review has ended. Nothing was saved.")
_STAGE_OVER: Final = N_("This stage has ended. Nothing was saved.")
DECIDED: Final = {
    Decision.APPROVE.value: N_("Keep"),
    Decision.DENY.value: N_("Remove"),
    Decision.DONT_KNOW.value: N_("Don't know"),
    Decision.NOT_REVIEWED.value: N_("Not decided"),
}


@dataclass(frozen=True, slots=True)
class Before:
    """What was decided about a guest in an earlier stage: in words, by whom (empty for nobody known), and why."""

    number: int
    decision: str
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage of the instance that is shown.

    Attributes:
        reviewers, status: in words. open: it can be stopped.
        decided, people: how far it is.
    """

    stage_id: str
    number: int
    reviewers: tuple[str, ...]
    starts: datetime
    ends: datetime
    status: str
    open: bool
    decided: int
    people: int


@dataclass(frozen=True, slots=True)
class Row:
    """A guest.

    Attributes:
        recommendation: in words. last: when they signed in last; None for never.
        answer: ``keep``, ``remove``, ``unknown`` or empty. comment: why. result: in words; empty before it is applied.
        until: when a blocked guest is deleted; None for nobody who is.
        earlier: what was decided in earlier stages. final: it was decided in one, and is not asked anew.
    """

    decision_id: str
    user_id: str
    name: str
    email: str
    recommendation: str
    last: datetime | None
    answer: str
    comment: str
    result: str
    until: datetime | None
    earlier: tuple[Before, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """One instance, for the choice between them; ``name``: of its group, empty for others."""

    instance_id: str
    starts: datetime
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage(View):
    """The page.

    Attributes:
        scope, target, reviewers, status: as in the list. rounds: the instances, newest first; ``chosen``: one of them.
        ends: until when decisions are taken, and results applied. next: when it comes round next.
        open: something can be decided. running: it is not over. stages: of the chosen one, and ``stage``: the id of
        the one in which it is. blocks: what *Remove* means. everybody: it is about all guests.
        of_role: it is about who holds a role.
        decided, people: how far it is. first: which row of all is the first one here. may: the verbs of the buttons.
    """

    template: ClassVar[str] = "portal/admin/review.html"
    review_id: str
    name: str
    scope: str
    target: str
    reviewers: tuple[str, ...]
    status: str
    rounds: tuple[Round, ...]
    chosen: str
    ends: datetime | None
    next: datetime | None
    open: bool
    running: bool
    stages: tuple[StageLine, ...]
    stage: str
    blocks: bool
    everybody: bool
    of_role: bool
    applies: bool
    can_apply: bool
    rows: tuple[Row, ...]
    decided: int
    people: int
    first: int
    may: frozenset[str]
    said: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReviewPage(View):
    """*Delete {name}?*"""

    template: ClassVar[str] = "portal/admin/delete_review.html"
    fragment: ClassVar[str] = "portal/admin/delete_review_dialog.html"
    review_id: str
    name: str


_BUTTONS: Final = (Verb.DECIDE_REVIEW, Verb.STOP_REVIEW, Verb.REMIND_REVIEWERS, Verb.APPLY_REVIEW, Verb.DELETE_REVIEW)


async def show(admin: Admin) -> Response:
    """The page."""
    return await _page(admin, {})


async def _page(admin: Admin, typed: dict[str, tuple[str, str]], *problems: Problem, status: int = 200) -> Response:
    review, instances, instance = await _chosen(admin)
    meant, now = meaning_of(review), admin.reading.now
    found = [] if instance is None else await _decisions(admin, instance)
    first = _first(admin, len(found))
    shown = found[first : first + PAGE]
    rows = [] if instance is None else await _rows(admin, instance, shown, typed, _results(meant))
    stages = [reviews.status(one.stage, one.ends_at, now) for one in instances]
    on = await reviewing.target_of(admin.reading, admin.by, review)
    is_open = instance is not None and reviews.is_open(instance.stage, instance.until, now)
    running = instance is not None and reviews.is_open(instance.stage, instance.ends_at, now)
    of_instance = [] if instance is None else await kept.stages_of(admin.reading, admin.tenant_id, instance.instance_id)
    lines = [] if instance is None else [await _line(admin, instance, one, found) for one in of_instance]
    return admin.visit.page(
        ReviewPage(
            review_id=review.review_id,
            name=review.display_name,
            scope=OVER[meant.scope.over],
            target=await target_of(admin, meant),
            reviewers=reviewers_of(meant),
            status=STATUS[reviews.status_of_review(stages, more=review.next_at is not None)],
            rounds=tuple([await _round(admin, review, one) for one in instances]),
            chosen="" if instance is None else instance.instance_id,
            ends=None if instance is None else instance.ends_at,
            running=running,
            stages=tuple(lines),
            stage=of_instance[instance.step].stage_id if instance is not None and of_instance else "",
            next=review.next_at,
            open=is_open,
            blocks=meant.settings.blocks,
            everybody=meant.scope.over is Over.EVERYBODY,
            applies=meant.settings.applies,
            can_apply=instance is not None and not running and _can_apply(instance),
            rows=tuple(rows),
            decided=sum(one.decision != Decision.NOT_REVIEWED.value for one in found),
            people=len(found),
            first=first,
            of_role=meant.scope.over is Over.ROLE,
            may=frozenset(verb.value for verb in _BUTTONS if admin.may_on(verb, on)),
            said=heard(admin.visit),
            problems=problems,
        ),
        status,
    )


async def decide(admin: Admin) -> Response:
    """Save what was decided about the guests of this page; what is the same stays untouched."""
    form = await admin.visit.form(verb=Verb.DECIDE_REVIEW, tenant_id=admin.tenant_id)
    review, _, instance = await _chosen(admin)
    found = [] if instance is None else await _decisions(admin, instance)
    known = {one.user_id: one for one in await _people(admin, found)}
    typed = {one.decision_id: _typed(form, one) for one in found if f"answer-{one.decision_id}" in form}
    saved = 0
    for one in found:
        answer, comment = typed.get(one.decision_id, ("", ""))
        chosen = ANSWERS.get(answer)
        if chosen is None or (chosen.value, comment) == (one.decision, one.justification or ""):
            continue
        where = Where(admin.tenant_id, review.review_id, one.instance_id, names.guid(form.get("stage", "")) or "")
        problem = await _decide(admin, where, one, chosen, comment, known[one.user_id].display_name)
        if problem is not None:
            await admin.visit.fresh()
            return await _page(admin, typed, problem, status=400)
        saved += 1
    await admin.visit.fresh()
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(paths.review(review.review_id), _where_from(admin))


async def _decide(
    admin: Admin, where: Where, one: Decided, chosen: Decision, comment: str, name: str
) -> Problem | None:
    if len(comment) > LONGEST_JUSTIFICATION:
        return Problem(_TOO_LONG, at=f"comment-{one.decision_id}")
    try:
        await deciding.decide(
            admin.visit.house, where, one.decision_id, decision=chosen, justification=comment or None, by=admin.by
        )
    except Refused as refused:
        if refused.reason is Reason.WRONG_STAGE:
            return Problem(_STAGE_OVER if where.stage_id else _OVER)
        if refused.reason is not Reason.MISSING_VALUE:
            raise
        return Problem(_SAY_WHY, at=f"comment-{one.decision_id}", values={"name": name})
    return None


async def stop(admin: Admin) -> Response:
    """End it before its time; it comes round no more."""
    return await _act(admin, Verb.STOP_REVIEW, N_("The review was stopped."))


async def stop_stage(admin: Admin) -> Response:
    """End one stage before its time; the next one begins."""
    await admin.visit.form(verb=Verb.STOP_REVIEW, tenant_id=admin.tenant_id)
    review, _, instance = await _chosen(admin)
    stage_id = names.guid(admin.visit.captured("stage"))
    if instance is None or stage_id is None:
        raise Refused(Reason.NOT_FOUND)
    back = admin.visit.redirect(paths.review(review.review_id), _where_from(admin))
    which = WhichStage(admin.tenant_id, review.review_id, instance.instance_id, stage_id)
    try:
        await review_stages.stop_stage(admin.visit.house, which, by=admin.by)
    except Refused as refused:
        if refused.reason is not Reason.WRONG_STAGE:
            raise
        return back  # the page shows where it is
    say(admin.visit, Said(N_("The stage was stopped.")))
    return back


async def remind(admin: Admin) -> Response:
    """Write to whoever has still something to decide."""
    return await _act(admin, Verb.REMIND_REVIEWERS, N_("Reviewers were reminded."))


async def apply(admin: Admin) -> Response:
    """Apply the results of one that has ended and does not do it by itself."""
    return await _act(admin, Verb.APPLY_REVIEW, N_("The results are being applied."))


async def _act(admin: Admin, verb: Verb, sentence: str) -> Response:
    await admin.visit.form(verb=verb, tenant_id=admin.tenant_id)
    review, _, instance = await _chosen(admin)
    house, here, review_id = admin.visit.house, admin.tenant_id, review.review_id
    back = admin.visit.redirect(paths.review(review_id), _where_from(admin))
    try:
        if verb is Verb.STOP_REVIEW:
            await reviewing.stop_review(house, tenant_id=here, review_id=review_id, by=admin.by)
        elif instance is not None and verb is Verb.REMIND_REVIEWERS:
            await deciding.send_reminder(house, Where(here, review_id, instance.instance_id), by=admin.by)
        elif instance is not None:
            at = {"tenant_id": here, "review_id": review_id, "instance_id": instance.instance_id}
            await applying.apply_decisions(house, **at, by=admin.by)
    except Refused as refused:
        if refused.reason is not Reason.WRONG_STAGE:
            raise
        return back  # the page shows where it is
    say(admin.visit, Said(sentence))
    return back


async def ask_delete(admin: Admin) -> Response:
    """*Delete {name}?*"""
    review, _, _ = await _chosen(admin)
    return admin.visit.page(DeleteReviewPage(review_id=review.review_id, name=review.display_name))


async def delete(admin: Admin) -> Response:
    """Take the review away, with everything decided in it."""
    await admin.visit.form(verb=Verb.DELETE_REVIEW, tenant_id=admin.tenant_id)
    review, _, _ = await _chosen(admin)
    await reviewing.delete_review(admin.visit.house, tenant_id=admin.tenant_id, review_id=review.review_id, by=admin.by)
    say(admin.visit, Said(N_("{name} was deleted."), {"name": review.display_name}))
    return admin.visit.redirect(paths.ACCESS_REVIEWS)


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _chosen(admin: Admin) -> tuple[Review, list[Instance], Instance | None]:
    """The review, its instances, newest first, and the one that is shown."""
    review_id = admin.visit.captured("id").lower()
    review = await kept.find(admin.reading, admin.tenant_id, review_id)
    if review is None:
        raise Refused(Reason.NOT_FOUND, objectId=review_id)
    on = await reviewing.target_of(admin.reading, admin.by, review)
    await authorise_reading(admin.reading, admin.by, Verb.READ_REVIEWS, on)
    found = await kept.instances_of(admin.reading, admin.tenant_id, review_id)
    found.reverse()
    named = names.guid(admin.visit.request.query_params.get("round", ""))
    return review, found, next((one for one in found if one.instance_id == named), found[0] if found else None)


async def _decisions(admin: Admin, instance: Instance) -> list[Decided]:
    """The decisions of an instance by the names of their people; who is gone is not among them."""
    found = await review_decisions.in_instance(admin.reading, admin.tenant_id, instance.instance_id)
    known = {one.user_id: one.display_name.casefold() for one in await _people(admin, found)}
    return sorted((one for one in found if one.user_id in known), key=lambda one: (known[one.user_id], one.decision_id))


async def _people(admin: Admin, found: list[Decided]) -> list[memberships.Membership]:
    return await memberships.find_many(admin.reading, admin.tenant_id, [one.user_id for one in found])


def _can_apply(instance: Instance) -> bool:
    last = reviews.is_last(instance.stage, instance.until, instance.ends_at)
    return last and instance.stage in {State.OPEN, State.CLOSED}


async def _line(admin: Admin, instance: Instance, stage: Stage, current: list[Decided]) -> StageLine:
    """A stage with how far it is, among those who are still there."""
    found = await review_stages.decisions_in(admin.reading, instance, stage.step, current)
    status = review_stages.status(instance, stage, admin.reading.now)
    return StageLine(
        stage_id=stage.stage_id,
        number=stage.step + 1,
        reviewers=asks_of(read_stage(stage.setting).reviewers),
        starts=stage.starts_at,
        ends=review_stages.ended_at(instance, stage),
        status=STATUS[status],
        open=status == "InProgress",
        decided=sum(one.decision != Decision.NOT_REVIEWED.value for one, _ in found),
        people=len(found),
    )


async def _before(admin: Admin, instance: Instance) -> dict[str, list[Before]]:
    """What was decided in earlier stages, by the decision's id."""
    found = await review_stages.earlier_of(admin.reading, instance)
    return {
        decision_id: [Before(one.step + 1, DECIDED[one.decision], by, one.justification or "") for one, by in each]
        for decision_id, each in found.items()
    }


def _results(meant: Meaning) -> Mapping[str, str]:
    """The words of results: of an app, what was not applied is what a group gives, when nobody is blocked for it."""
    if meant.scope.over is Over.APP and not meant.settings.blocks:
        return {**RESULTS, Result.NOT_SUPPORTED.value: _THROUGH_GROUP}
    return RESULTS


async def _rows(
    admin: Admin,
    instance: Instance,
    found: list[Decided],
    typed: dict[str, tuple[str, str]],
    results: Mapping[str, str],
) -> list[Row]:
    known = {one.user_id: one for one in await _people(admin, found)}
    before = await _before(admin, instance)
    chosen = {decision.value: word for word, decision in ANSWERS.items()}
    rows = []
    for one in found:
        who = known[one.user_id]
        answer, comment = typed.get(one.decision_id, (chosen.get(one.decision, ""), one.justification or ""))
        rows.append(
            Row(
                decision_id=one.decision_id,
                user_id=one.user_id,
                name=who.display_name,
                email=who.mail or "",
                recommendation=RECOMMENDED[one.recommendation],
                last=one.last_sign_in,
                answer=answer,
                comment=comment,
                result=results[one.result],
                until=one.blocked_until,
                earlier=tuple(before.get(one.decision_id, ())),
                final=one.step < instance.step,
            )
        )
    return rows


async def _round(admin: Admin, review: Review, one: Instance) -> Round:
    scope = meaning_of(review).scope
    shows = one.group_id and scope.over is Over.EVERY_GROUP
    name = (await reviewing.reviewed_name(admin.reading, admin.tenant_id, scope, one.group_id))[1] if shows else ""
    return Round(one.instance_id, one.starts_at, name)


def _typed(form: dict[str, str], one: Decided) -> tuple[str, str]:
    comment = form.get(f"comment-{one.decision_id}", "").replace("\r\n", "\n").strip()
    return form[f"answer-{one.decision_id}"], comment


def _first(admin: Admin, people: int) -> int:
    given = admin.visit.request.query_params.get("from", "")
    wanted = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    return wanted if wanted < people else 0


def _where_from(admin: Admin) -> dict[str, str]:
    query = admin.visit.request.query_params
    return {name: query[name] for name in ("round", "from") if name in query}
