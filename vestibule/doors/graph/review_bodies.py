"""Bodies about access reviews: names as the rules spell them, and nothing that the rules do not know.

A review is mostly queries and settings inside objects of several kinds, which ``rules.review_shapes`` checks; here
their names are matched without regard to case, and what is fixed may only be sent back as it is.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.doors.graph import errors
from vestibule.doors.graph.model.review import REVIEW
from vestibule.doors.graph.shapes.wire import as_sent

_INNER: Final = (
    "query",
    "queryType",
    "queryRoot",
    "notificationTemplateType",
    "notificationRecipientScope",
    "inactiveDuration",
    "principalScopes",
    "resourceScopes",
    "mailNotificationsEnabled",
    "reminderNotificationsEnabled",
    "justificationRequiredOnApproval",
    "defaultDecisionEnabled",
    "defaultDecision",
    "instanceDurationInDays",
    "recurrence",
    "autoApplyDecisionsEnabled",
    "applyActions",
    "recommendationsEnabled",
    "recommendationLookBackDuration",
    "recommendationInsightSettings",
    "decisionHistoriesForReviewersEnabled",
    "signInScope",
    "pattern",
    "range",
    "type",
    "interval",
    "dayOfMonth",
    "startDate",
    "endDate",
    "numberOfOccurrences",
)
_SPELLED: Final = {name.lower(): name for name in (*(one.name for one in REVIEW.properties), *_INNER)}
_WRITTEN: Final = frozenset(one.name for one in REVIEW.properties if one.create)
_EMPTY: Final = frozenset({"stageSettings"})
"""Reviews in several stages are not offered."""


def read_review(given: Mapping[str, Any], current: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The properties of a review that were sent and may be written.

    Args:
        given: the body. current: the review as it is answered, for a change.

    Raises GraphError: 400 for an unknown name or another value of what is fixed, 501 for stages.
    """
    values: dict[str, Any] = {}
    sent = {} if current is None else as_sent(current)
    for name, value in _spelled(given).items():
        if "@odata." in name.lower():
            continue
        if REVIEW.find(name) is None:
            raise errors.unknown_property(name, REVIEW.type)
        if name in _EMPTY:
            if value not in (None, []):
                raise errors.GraphError(501, "NotImplemented", f"'{name}' is not supported.", target=name)
        elif name in _WRITTEN:
            values[name] = value
        elif value is not None and value != sent.get(name):
            raise errors.read_only(name, REVIEW.title)
    return values


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_SPELLED.get(name.lower(), name): _spelled(inner) for name, inner in value.items()}
    return [_spelled(one) for one in value] if isinstance(value, list) else value
