"""The row of the provisioning log (Graph, *provisioningObjectSummary resource type*)."""

from typing import Final

from vestibule.doors.graph.model.audit import MODIFIED
from vestibule.doors.graph.model.property import Entity, Is, Property, Sort, Tests

_ASKED: Final = Tests.EQ | Tests.CONTAINS
_MOMENT: Final = Tests.EQ | Tests.GE | Tests.LE

ERROR: Final = (
    Property("errorCode", plain=_ASKED),
    Property("reason", plain=_ASKED),
    Property("additionalDetails", plain=_ASKED),
    Property("errorCategory", plain=_ASKED),
    Property("recommendedAction"),
)
STATUS: Final = (
    Property("status", plain=_ASKED),
    Property("errorInformation", Is.COMPLEX, members=ERROR),
)
STEP: Final = (
    Property("name", plain=_ASKED),
    Property("provisioningStepType", plain=_ASKED),
    Property("status", plain=_ASKED),
    Property("description"),
    Property("details", Is.COMPLEX),
)
SYSTEM: Final = (
    Property("id", plain=_ASKED),
    Property("displayName", plain=_ASKED),
    Property("details", Is.COMPLEX),
)
IDENTITY: Final = (
    Property("id", plain=_ASKED),
    Property("displayName", plain=_ASKED),
    Property("identityType", plain=_ASKED),
    Property("details", Is.COMPLEX),
)
PRINCIPAL: Final = (Property("id", plain=_ASKED), Property("displayName", plain=_ASKED))
INITIATOR: Final = (*PRINCIPAL, Property("initiatorType", plain=_ASKED))

PROVISIONING: Final = Entity(
    "provisioningObjectSummary",
    (
        Property("id", default=True, nullable=False, plain=_ASKED),
        Property("activityDateTime", Is.TIME, default=True, plain=_MOMENT, sort=Sort.PLAIN),
        Property("tenantId", default=True, plain=_ASKED),
        Property("jobId", default=True, plain=_ASKED),
        Property("cycleId", default=True, plain=_ASKED),
        Property("changeId", default=True, plain=_ASKED),
        Property("provisioningAction", default=True, plain=_ASKED),
        Property("durationInMilliseconds", Is.INTEGER, default=True),
        Property("provisioningStatusInfo", Is.COMPLEX, default=True, members=STATUS),
        Property("provisioningSteps", Is.COMPLEX, many=True, default=True, members=STEP, absent=[]),
        Property("modifiedProperties", Is.COMPLEX, many=True, default=True, members=MODIFIED, absent=[]),
        Property("servicePrincipal", Is.COMPLEX, default=True, members=PRINCIPAL),
        Property("sourceSystem", Is.COMPLEX, default=True, members=SYSTEM),
        Property("targetSystem", Is.COMPLEX, default=True, members=SYSTEM),
        Property("initiatedBy", Is.COMPLEX, default=True, members=INITIATOR),
        Property("sourceIdentity", Is.COMPLEX, default=True, members=IDENTITY),
        Property("targetIdentity", Is.COMPLEX, default=True, members=IDENTITY),
    ),
)
