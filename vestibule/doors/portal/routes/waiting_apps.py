"""The app whose authorization request waits for a sign-in, and the account by which somebody signs in to it."""

from dataclasses import dataclass

from vestibule.actions import choosing
from vestibule.actions.choosing import Where
from vestibule.doors.portal import entering
from vestibule.doors.portal.desk import Visit
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps
from vestibule.store.apps import App
from vestibule.store.memberships import Membership


@dataclass(frozen=True, slots=True)
class Waiting:
    """An authorization request that waits.

    Attributes:
        app: who asks. where: what it signs people in to. given: its parameters.
    """

    app: App
    where: Where
    given: dict[str, str]

    @property
    def tenant_id(self) -> str:
        """The organization to name to somebody who does not get in."""
        return self.where.tenant_id or self.app.tenant_id


async def find(visit: Visit) -> Waiting | None:
    """The request that waits; None without one, and once its app is gone."""
    kept = entering.authorization(visit)
    given = None if kept is None else kept.get("given")
    if kept is None or not isinstance(given, dict):
        return None
    parameters = {str(name): str(value) for name, value in given.items()}
    app = await apps.find_by_client_id(visit.reading, parameters.get("client_id", "").lower())
    alias = str(kept.get("alias") or "")
    where = Where(alias=alias) if alias else Where(tenant_id=str(kept.get("tenant") or ""))
    return None if app is None else Waiting(app, where, parameters)


async def account(visit: Visit, waiting: Waiting) -> Membership:
    """The account of the signed-in person, who may be let in by direct connect now.

    Raises:
        Refused: as ``choosing.account_for``.
    """
    person = visit.who.person
    try:
        return await choosing.account_for(visit.reading, waiting.app, waiting.where, person)
    except Refused as refused:
        shared = refused.reason is Reason.NOT_FOUND or refused.facts.get("why") == "assignment"
        by = visit.actor(waiting.tenant_id)
        if not shared or not await choosing.connect_if_shared(
            visit.house, visit.reading, waiting.app, waiting.where, person, by=by
        ):
            raise
    return await choosing.account_for(await visit.fresh(), waiting.app, waiting.where, person)
