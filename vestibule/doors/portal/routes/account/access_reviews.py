"""*Access reviews*: what organizations ask the person: whether they, or others, still need access."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from vestibule.actions import deciding, review_stages, reviewing
from vestibule.actions.deciding import Where
from vestibule.actions.review_asking import stage_settings
from vestibule.doors.portal import paths
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.views.access_reviews import AccessReviewsPage, Answer, Before, Question
from vestibule.doors.portal.views.problems import LONGEST_JUSTIFICATION, SAY_WHY, WHY_TOO_LONG
from vestibule.doors.web.frame import Problem
from vestibule.rules import names, reviews
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import Decision
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.reviews import Instance

SAVED: Final = "saved"
_ANSWERS: Final[Mapping[str, Decision]] = {
    Answer.KEEP: Decision.APPROVE,
    Answer.REMOVE: Decision.DENY,
    Answer.UNKNOWN: Decision.DONT_KNOW,
}
_WORDS: Final = {decision.value: Answer(word) for word, decision in _ANSWERS.items()}


async def show(visit: Visit) -> Response:
    """The page: every open question in the organizations that the browser is signed in to."""
    return visit.page(await _page(visit))


async def answer(visit: Visit) -> Response:
    """Answer one question."""
    here = None if visit.current is None else visit.current.tenant_id
    form = await visit.form(verb=Verb.DECIDE_REVIEW, tenant_id=here)
    where, decision_id = _where(form), names.guid(form.get("decision", "")) or ""
    said, chosen = form.get("reason", "").strip(), _ANSWERS.get(form.get("answer", ""))
    if chosen is None:
        return visit.redirect(paths.ACCESS_REVIEWS)
    if len(said) > LONGEST_JUSTIFICATION:
        return await _again(visit, decision_id, WHY_TOO_LONG, form)
    try:
        await deciding.decide(
            visit.house, where, decision_id, decision=chosen, justification=said, by=visit.actor(where.tenant_id)
        )
    except Refused as refused:
        if refused.reason is Reason.MISSING_VALUE:
            return await _again(visit, decision_id, SAY_WHY, form)
        if refused.reason is not Reason.WRONG_STAGE:
            raise
        return visit.redirect(paths.ACCESS_REVIEWS)  # it ended meanwhile, and is not shown any more
    return visit.redirect(paths.ACCESS_REVIEWS, {SAVED: f"{decision_id}.{_proof(visit, decision_id)}"})


async def waiting(visit: Visit) -> list[Question]:
    """The questions that are not answered yet, by the time by which they are to be."""
    return sorted((one for one in await _questions(visit) if not one.answer), key=lambda one: one.until)


async def _again(visit: Visit, decision_id: str, message: str, form: dict[str, str]) -> Response:
    shown = Problem(message, at=f"reason-{decision_id}")
    page = await _page(visit, problems=(shown,), typed={decision_id: (form["answer"], form.get("reason", ""))})
    return visit.page(page, 400)


async def _page(
    visit: Visit, *, problems: tuple[Problem, ...] = (), typed: dict[str, tuple[str, str]] | None = None
) -> AccessReviewsPage:
    questions = await _questions(visit, typed or {})
    return AccessReviewsPage(questions=tuple(questions), saved=_just_saved(visit), problems=problems)


async def _questions(visit: Visit, typed: dict[str, tuple[str, str]] | None = None) -> list[Question]:
    found: list[Question] = []
    for tenant_id, here in sorted(visit.who.open_in.items()):
        place = await organizations.find(visit.reading, tenant_id)
        for instance in [] if place is None else await kept.asking(visit.reading, tenant_id, here.user_id):
            if place is not None and reviews.is_open(instance.stage, instance.until, visit.now):
                found += await _of_instance(visit, place, here, instance, typed or {})
    return found


async def _of_instance(
    visit: Visit, place: Organization, here: Membership, instance: Instance, typed: dict[str, tuple[str, str]]
) -> list[Question]:
    review = await kept.find(visit.reading, place.tenant_id, instance.review_id)
    if review is None:
        return []
    about = await deciding.asked_about(visit.reading, place.tenant_id, instance.instance_id, here.user_id)
    all_of_it = await review_decisions.in_instance(visit.reading, place.tenant_id, instance.instance_id)
    decided = [one for one in deciding.decisions_of(all_of_it, about) if one.step == instance.step]
    if not decided:
        return []
    stages = await kept.stages_of(visit.reading, place.tenant_id, instance.instance_id)
    recommends = stage_settings(review, instance, stages).recommends
    people = await memberships.find_many(visit.reading, place.tenant_id, [one.user_id for one in decided])
    by_id = {one.user_id: one for one in people}
    meant = reviewing.meaning_of(review)
    _, looked_at, _ = await reviewing.reviewed_name(visit.reading, place.tenant_id, meant.scope, instance.group_id)
    earlier = await _earlier(visit, instance) if meant.settings.histories else {}
    return [
        Question(
            tenant_id=place.tenant_id,
            organization=place.display_name,
            review_id=review.review_id,
            instance_id=instance.instance_id,
            decision_id=one.decision_id,
            review=review.display_name,
            description=str(review.definition.get("descriptionForReviewers") or ""),
            about="" if one.user_id == here.user_id else by_id[one.user_id].display_name,
            email="" if one.user_id == here.user_id else by_id[one.user_id].mail or "",
            looked_at=looked_at,
            until=instance.until,
            needs_reason=meant.settings.justify,
            last_sign_in=one.last_sign_in if recommends else None,
            recommendation=one.recommendation if recommends else "",
            answer=typed.get(one.decision_id, (_WORDS.get(one.decision, ""), ""))[0],
            reason=typed.get(one.decision_id, ("", one.justification or ""))[1],
            stage=stages[instance.step].stage_id if stages else "",
            earlier=tuple(earlier.get(one.decision_id, ())),
        )
        for one in decided
        if one.user_id in by_id
    ]


async def _earlier(visit: Visit, instance: Instance) -> dict[str, list[Before]]:
    """What was decided in earlier stages, by the decision's id."""
    found = await review_stages.earlier_of(visit.reading, instance)
    return {
        decision_id: [Before(one.step + 1, _WORDS.get(one.decision), by, one.justification or "") for one, by in each]
        for decision_id, each in found.items()
    }


def _where(form: dict[str, str]) -> Where:
    tenant_id, review_id, instance_id = (names.guid(form.get(name, "")) for name in ("tenantId", "review", "instance"))
    if tenant_id is None or review_id is None or instance_id is None:
        raise Refused(Reason.NOT_FOUND)
    return Where(tenant_id, review_id, instance_id, names.guid(form.get("stage", "")) or "")


def _just_saved(visit: Visit) -> bool:
    """Whether an answer was just saved, when the address proves that it was."""
    decision_id, _, proof = visit.request.query_params.get(SAVED, "").partition(".")
    return bool(proof) and visit.desk.tokens.fits(proof, SAVED, visit.who.session.form_key, decision_id)


def _proof(visit: Visit, decision_id: str) -> str:
    return visit.desk.tokens.make(SAVED, visit.who.session.form_key, decision_id)
