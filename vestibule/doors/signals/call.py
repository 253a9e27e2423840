"""One request after its token and its path were read, and the answer to it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.signals.bodies import read_object
from vestibule.rules.actors import Actor
from vestibule.store.apps import App
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``value`` is what JSON can hold, None for an answer without a body."""

    status: int
    value: Any = None


NO_CONTENT: Final = Reply(204)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a receiver.

    Attributes:
        house, ring: the house and its signing keys. by: the app that asks, as an actor. app: the same as it is kept.
        reading: what is read for the answer. query: the parameters.
    """

    house: House
    ring: KeyRing
    by: Actor
    app: App
    reading: Reading
    query: Mapping[str, str]
    request: Request

    @property
    def whose(self) -> dict[str, Any]:
        """Whose stream it is and who acts, as the actions want it: an app reaches no stream but its own."""
        return {"tenant_id": self.app.tenant_id, "app_id": self.app.app_id, "by": self.by}

    async def body(self) -> dict[str, Any]:
        """The JSON object in the body. Raises SignalsError (400)."""
        return await read_object(self.request)


Handler = Callable[[Call], Awaitable[Reply]]
