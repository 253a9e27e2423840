"""Bodies about access reviews: names as the rules spell them, and nothing that the rules do not know.

A review is mostly queries and settings inside objects of several kinds, which ``rules.review_shapes`` checks; here
their names are matched without regard to case, and what is fixed may only be sent back as it is.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.doors.graph import errors
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.model.review import REVIEW, REVIEW_STAGE
from vestibule.doors.graph.model.review_history import REVIEW_HISTORY
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
    "stageId",
    "dependsOn",
    "durationInDays",
    "decisionsThatWillMoveToNextStage",
    "reportRange",
    "instances",
)
_NAMES: Final = {one.name for entity in (REVIEW, REVIEW_STAGE, REVIEW_HISTORY) for one in entity.properties}
_SPELLED: Final = {name.lower(): name for name in (*_NAMES, *_INNER)}


def read_review(given: Mapping[str, Any], current: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The properties of a review that were sent and may be written.

    Args:
        given: the body. current: the review as it is answered, for a change.

    Raises GraphError: 400 for an unknown name or another value of what is fixed.
    """
    return _read(given, current, REVIEW)


def read_stage(given: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a stage that were sent and may be written. Raises GraphError (400)."""
    return _read(given, current, REVIEW_STAGE)


def read_history(given: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a new history that were sent and may be written; it has no instances yet.

    Raises GraphError (400).
    """
    return _read(given, {"instances": []}, REVIEW_HISTORY)


def _read(given: Mapping[str, Any], current: Mapping[str, Any] | None, entity: Entity) -> dict[str, Any]:
    written = {one.name for one in entity.properties if one.create or one.update}
    values: dict[str, Any] = {}
    sent = {} if current is None else as_sent(current)
    for name, value in _spelled(given).items():
        if "@odata." in name.lower():
            continue
        if entity.find(name) is None and name not in sent:
            raise errors.unknown_property(name, entity.type)
        if name in written:
            values[name] = value
        elif value is not None and value != sent.get(name):
            raise errors.read_only(name, entity.title)
    return values


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_SPELLED.get(name.lower(), name): _spelled(inner) for name, inner in value.items()}
    return [_spelled(one) for one in value] if isinstance(value, list) else value
