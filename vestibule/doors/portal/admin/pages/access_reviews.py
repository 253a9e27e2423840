"""*Access reviews*: what is looked at again, by whom, until when, and how far it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import review_histories, reviewing
from vestibule.actions.reviewing import Meaning, meaning_of
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules import reviews
from vestibule.rules.reviews import Asks, Decision, Over, Reviewer
from vestibule.rules.verbs import Verb
from vestibule.store import apps, groups, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.reviews import Instance, Review

OVER: Final = {
    Over.EVERYBODY: N_("All guests"),
    Over.EVERY_GROUP: N_("Guests in every group"),
    Over.GROUP: N_("Guests in {name}"),
    Over.APP: N_("Guests of the app {name}"),
    Over.ROLE: N_("Who holds the role {name}"),
}
ASKS: Final = {
    Asks.USER: N_("Selected people"),
    Asks.GROUP_MEMBERS: N_("Members of a group"),
    Asks.GROUP_OWNERS: N_("Owners of a group"),
    Asks.OWNERS: N_("Owners of the group"),
    Asks.MANAGER: N_("Managers"),
    Asks.SPONSORS: N_("Sponsors"),
}
THEMSELVES: Final = N_("The guests themselves")
HOLDERS: Final = N_("The holders themselves")
STATUS: Final = {
    "NotStarted": N_("Not started"),
    "InProgress": N_("In progress"),
    "Completed": N_("Ended"),
    "Applying": N_("Being applied"),
    "Applied": N_("Results applied"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A review.

    Attributes:
        scope: in words, as the catalog knows them; ``target``: the group's or app's name in them.
        reviewers: the same, each once. due: until when decisions are taken, or when it begins; None when it is over.
        begins: ``due`` is when it begins. decided, people: how far its latest instance is.
    """

    review_id: str
    name: str
    scope: str
    target: str
    reviewers: tuple[str, ...]
    due: datetime | None
    begins: bool
    status: str
    decided: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReviewsPage(View):
    """The page. ``may_create``, ``may_read_history``: by who is signed in."""

    template: ClassVar[str] = "portal/admin/access_reviews.html"
    rows: tuple[Row, ...]
    may_create: bool
    may_read_history: bool
    said: Said | None = None


async def show(admin: Admin) -> Response:
    """The page."""
    of_review: dict[str, list[Instance]] = {}
    for one in await kept.instances_here(admin.reading, admin.tenant_id):
        of_review.setdefault(one.review_id, []).append(one)
    found = await reviewing.readable(admin.reading, admin.by, await kept.everything(admin.reading, admin.tenant_id))
    rows = [await _row(admin, review, of_review.get(review.review_id, [])) for review in found]
    return admin.visit.page(
        AccessReviewsPage(
            rows=tuple(rows),
            may_create=admin.may(Verb.CREATE_REVIEW),
            may_read_history=admin.may_on(Verb.READ_REVIEWS, review_histories.to_read(admin.tenant_id)),
            said=heard(admin.visit),
        )
    )


async def _row(admin: Admin, review: Review, instances: list[Instance]) -> Row:
    now, meant = admin.reading.now, meaning_of(review)
    still = [one for one in instances if reviews.is_open(one.stage, one.ends_at, now)]
    latest = max(instances, key=lambda one: (one.starts_at, one.instance_id), default=None)
    decided = (
        []
        if latest is None
        else [
            one
            for each in instances
            if each.starts_at == latest.starts_at
            for one in await review_decisions.in_instance(admin.reading, admin.tenant_id, each.instance_id)
        ]
    )
    stages = (reviews.status(one.stage, one.ends_at, now) for one in instances)
    return Row(
        review_id=review.review_id,
        name=review.display_name,
        scope=OVER[meant.scope.over],
        target=await target_of(admin, meant),
        reviewers=reviewers_of(meant),
        due=min((one.until for one in still), default=review.next_at),
        begins=not still,
        status=STATUS[reviews.status_of_review(stages, more=review.next_at is not None)],
        decided=sum(one.decision != Decision.NOT_REVIEWED.value for one in decided),
        people=len(decided),
    )


async def target_of(admin: Admin, meant: Meaning) -> str:
    """The name of the group, app or role that a review is about; empty without one."""
    match meant.scope.over:
        case Over.GROUP:
            group = await groups.find(admin.reading, admin.tenant_id, meant.scope.target)
            return "" if group is None else group.display_name
        case Over.APP:
            app = await apps.find_by_principal(admin.reading, admin.tenant_id, meant.scope.target)
            return "" if app is None else app.display_name
        case Over.ROLE:
            return await reviewing.role_name(admin.reading, admin.tenant_id, meant.scope.target)
        case _:
            return ""


def reviewers_of(meant: Meaning) -> tuple[str, ...]:
    """Who is asked, in any stage, in words."""
    themselves = HOLDERS if meant.scope.over is Over.ROLE else THEMSELVES
    lists = [stage.reviewers for stage in meant.stages] or [meant.reviewers]
    return tuple(dict.fromkeys(words for reviewers in lists for words in asks_of(reviewers, themselves)))


def asks_of(reviewers: Iterable[Reviewer], themselves: str = THEMSELVES) -> tuple[str, ...]:
    """Reviewers in words; without any those whom it is about."""
    return tuple(dict.fromkeys(ASKS[one.asks] for one in reviewers)) or (themselves,)
