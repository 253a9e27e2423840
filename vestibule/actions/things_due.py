"""What time did or will do, and what is due: the words that ``due`` and its parts share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.ground.clock import iso
from vestibule.rules.verbs import Verb

OF_ORGANIZATIONS: Final = frozenset({Verb.SEND_DIGEST, Verb.WARN_OF_REMOVALS})
OF_REVIEWS: Final = frozenset({Verb.START_REVIEW, Verb.REMIND_REVIEWERS, Verb.STOP_REVIEW, Verb.APPLY_REVIEW})


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that time did, or will do: when it is due, what, to whom, to which group, application or review."""

    at: datetime
    verb: Verb
    tenant_id: str
    object_id: str

    def as_json(self) -> dict[str, str | None]:
        """The emulator's shape; for anything but a user ``userId`` is null, and its own id is there."""
        found: dict[str, str | None] = {"at": iso(self.at), "verb": self.verb.value, "tenantId": self.tenant_id}
        if self.verb is Verb.PURGE_GROUP:
            return found | {"userId": None, "groupId": self.object_id}
        if self.verb is Verb.PURGE_APP:
            return found | {"userId": None, "applicationId": self.object_id}
        if self.verb is Verb.END_DATA_REQUEST:
            return found | {"userId": None, "dataRequestId": self.object_id}
        if self.verb in OF_ORGANIZATIONS:
            return found | {"userId": None}
        if self.verb is Verb.MAKE_HISTORY:
            return found | {"userId": None, "historyId": self.object_id}
        if self.verb in OF_REVIEWS:
            return found | {"userId": None, "reviewId": self.object_id}
        return found | {"userId": self.object_id}


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose time has come, and the act that writes it down.

    ``leads_on``: something else may be due because of it, not long after.
    """

    at: datetime
    object_id: str
    act: Callable[[], Awaitable[list[Done]]]
    leads_on: bool = False
