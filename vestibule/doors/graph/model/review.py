"""Access reviews (Graph, *accessReviewScheduleDefinition* and what is below it).

Scopes, reviewers and settings are written as they were sent; ``rules.review_shapes`` says what they may hold.
"""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Sort, Tests


def _query(name: str, *, many: bool = False) -> Property:
    return Property(name, Is.COMPLEX, many=many, default=True, create=True, update=True, absent=[] if many else None)


REVIEW: Final = Entity(
    "accessReviewScheduleDefinition",
    (
        Property("id", default=True, nullable=False),
        Property(
            "displayName",
            default=True,
            create=True,
            update=True,
            required=True,
            nullable=False,
            longest=256,
            plain=Tests.EQ | Tests.STARTS,
            sort=Sort.PLAIN,
        ),
        Property("createdDateTime", Is.TIME, default=True),
        Property("lastModifiedDateTime", Is.TIME, default=True),
        Property("status", default=True, plain=Tests.EQ, sort=Sort.PLAIN),
        Property("descriptionForAdmins", default=True, create=True, update=True, lines=True, longest=2_000),
        Property("descriptionForReviewers", default=True, create=True, update=True, lines=True, longest=2_000),
        Property("createdBy", Is.COMPLEX, default=True),
        _query("scope"),
        _query("instanceEnumerationScope"),
        _query("reviewers", many=True),
        _query("fallbackReviewers", many=True),
        _query("stageSettings", many=True),
        _query("additionalNotificationRecipients", many=True),
        Property("settings", Is.COMPLEX, default=True, create=True, update=True, required=True),
    ),
)
REVIEW_INSTANCE: Final = Entity(
    "accessReviewInstance",
    (
        Property("id", default=True, nullable=False),
        Property("startDateTime", Is.TIME, default=True),
        Property("endDateTime", Is.TIME, default=True),
        Property("status", default=True, plain=Tests.EQ),
        Property("scope", Is.COMPLEX, default=True),
        Property("reviewers", Is.COMPLEX, many=True, default=True, absent=[]),
        Property("fallbackReviewers", Is.COMPLEX, many=True, default=True, absent=[]),
        Property("errors", Is.COMPLEX, many=True, default=True, absent=[]),
    ),
)
REVIEW_STAGE: Final = Entity(
    "accessReviewStage",
    (
        Property("id", default=True, nullable=False),
        Property("startDateTime", Is.TIME, default=True),
        Property("endDateTime", Is.TIME, default=True),
        Property("status", default=True, plain=Tests.EQ, sort=Sort.PLAIN),
        Property("reviewers", Is.COMPLEX, many=True, default=True, update=True, absent=[]),
        Property("fallbackReviewers", Is.COMPLEX, many=True, default=True, update=True, absent=[]),
    ),
)
REVIEW_DECISION: Final = Entity(
    "accessReviewInstanceDecisionItem",
    (
        Property("id", default=True, nullable=False),
        Property("accessReviewId", default=True, nullable=False),
        Property(
            "decision",
            default=True,
            update=True,
            nullable=False,
            choices=("Approve", "Deny", "DontKnow", "NotReviewed"),
            plain=Tests.EQ,
            sort=Sort.PLAIN,
        ),
        Property("justification", default=True, update=True, lines=True, longest=1_000),
        Property("recommendation", default=True, plain=Tests.EQ, sort=Sort.PLAIN),
        Property("reviewedDateTime", Is.TIME, default=True, sort=Sort.PLAIN),
        Property("reviewedBy", Is.COMPLEX, default=True),
        Property("appliedDateTime", Is.TIME, default=True, sort=Sort.PLAIN),
        Property("appliedBy", Is.COMPLEX, default=True),
        Property("applyResult", default=True, plain=Tests.EQ, sort=Sort.PLAIN),
        Property("principal", Is.COMPLEX, default=True),
        Property("principalLink", default=True),
        Property("resource", Is.COMPLEX, default=True),
        Property("resourceLink", default=True),
    ),
)
REVIEWER: Final = Entity(
    "accessReviewReviewer",
    (
        Property("id", default=True, nullable=False),
        Property("displayName", default=True),
        Property("userPrincipalName", default=True),
        Property("createdDateTime", Is.TIME, default=True),
    ),
)
BATCH_DECISION: Final = Entity(
    "batchRecordDecisions",
    (
        Property(
            "decision",
            create=True,
            required=True,
            nullable=False,
            choices=("Approve", "Deny", "DontKnow", "NotReviewed"),
        ),
        Property("justification", create=True, lines=True, longest=1_000),
        Property("principalId", Is.GUID, create=True),
        Property("resourceId", Is.GUID, create=True),
    ),
    bad_value="BadRequest",
)
"""The parameters of the action."""
