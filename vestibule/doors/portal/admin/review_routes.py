"""The routes of the pages about access reviews, and of guest insights."""

from starlette.routing import BaseRoute

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import page
from vestibule.doors.portal.admin.pages import access_reviews, insights, new_review, review, review_history
from vestibule.doors.portal.desk import Desk
from vestibule.rules.verbs import Verb

_ID = "{id}"


def review_routes(desk: Desk) -> list[BaseRoute]:
    """Every address about access reviews, and the charts that lead to them."""
    reads, one = Verb.READ_REVIEWS, paths.review(_ID)
    create, delete = Verb.CREATE_REVIEW, Verb.DELETE_REVIEW
    return [
        page(desk, paths.ACCESS_REVIEWS, reads, get=access_reviews.show),
        page(desk, paths.NEW_REVIEW, reads, get=new_review.show, post=new_review.create, changes=create),
        page(
            desk,
            paths.REVIEW_HISTORY,
            reads,
            get=review_history.show,
            post=review_history.create,
            changes=Verb.CREATE_HISTORY,
        ),
        page(
            desk,
            f"{paths.REVIEW_HISTORY}/{_ID}/delete",
            reads,
            post=review_history.delete,
            changes=Verb.DELETE_HISTORY,
        ),
        page(
            desk,
            f"{paths.REVIEW_HISTORY}/{_ID}/download",
            reads,
            post=review_history.download,
            changes=Verb.DOWNLOAD_HISTORY,
        ),
        page(desk, one, reads, get=review.show, post=review.decide, changes=Verb.DECIDE_REVIEW),
        page(desk, f"{one}/stop", reads, post=review.stop, changes=Verb.STOP_REVIEW),
        page(desk, f"{one}/stages/{{stage}}/stop", reads, post=review.stop_stage, changes=Verb.STOP_REVIEW),
        page(desk, f"{one}/remind", reads, post=review.remind, changes=Verb.REMIND_REVIEWERS),
        page(desk, f"{one}/apply", reads, post=review.apply, changes=Verb.APPLY_REVIEW),
        page(desk, paths.INSIGHTS, Verb.READ_AUDIT, get=insights.show),
        page(desk, f"{paths.INSIGHTS}/{{chart}}.csv", Verb.READ_AUDIT, get=insights.download),
        page(desk, f"{one}/delete", reads, get=review.ask_delete, post=review.delete, changes=delete),
    ]
