"""Histories of access reviews, and the policy about reviews (Graph, *accessReviewHistoryDefinition* and others).

Scopes and schedules are written as they were sent; ``rules.review_histories`` says what they may hold.
"""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Sort, Tests

REVIEW_HISTORY: Final = Entity(
    "accessReviewHistoryDefinition",
    (
        Property("id", default=True, nullable=False),
        Property(
            "displayName",
            default=True,
            create=True,
            required=True,
            nullable=False,
            longest=256,
            plain=Tests.EQ | Tests.STARTS,
            sort=Sort.PLAIN,
        ),
        Property("reviewHistoryPeriodStartDateTime", Is.TIME, default=True, create=True),
        Property("reviewHistoryPeriodEndDateTime", Is.TIME, default=True, create=True),
        Property(
            "decisions",
            many=True,
            default=True,
            create=True,
            choices=("approve", "deny", "dontKnow", "notReviewed", "notNotified"),
            absent=[],
        ),
        Property("status", default=True, plain=Tests.EQ, sort=Sort.PLAIN),
        Property("createdDateTime", Is.TIME, default=True, sort=Sort.PLAIN),
        Property("createdBy", Is.COMPLEX, default=True),
        Property("scopes", Is.COMPLEX, many=True, default=True, create=True, required=True, absent=[]),
        Property("scheduleSettings", Is.COMPLEX, default=True, create=True),
    ),
)
REVIEW_HISTORY_INSTANCE: Final = Entity(
    "accessReviewHistoryInstance",
    (
        Property("id", default=True, nullable=False),
        Property("reviewHistoryPeriodStartDateTime", Is.TIME, default=True),
        Property("reviewHistoryPeriodEndDateTime", Is.TIME, default=True),
        Property("status", default=True, plain=Tests.EQ),
        Property("runDateTime", Is.TIME, default=True),
        Property("fulfilledDateTime", Is.TIME, default=True),
        Property("expirationDateTime", Is.TIME, default=True),
        Property("downloadUri", default=True),
    ),
)
REVIEW_POLICY: Final = Entity(
    "accessReviewPolicy",
    (
        Property("id", default=True, nullable=False),
        Property("displayName", default=True),
        Property("description", default=True),
        Property("isGroupOwnerManagementEnabled", Is.BOOLEAN, default=True, update=True, nullable=False),
    ),
)
