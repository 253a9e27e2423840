"""What somebody would lose by leaving, as the confirm page lists it."""

import asyncio
from typing import Final

from vestibule.actions import leaving
from vestibule.actions.handing_over import Alone, owned_alone
from vestibule.doors.portal.desk import Visit
from vestibule.doors.portal.views.leaving import Loss, Losses
from vestibule.doors.web.words import Words
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unavailable

PATIENCE: Final = 2.0  # seconds; after that the page is shown without the list


async def losses_of(visit: Visit, guest: Membership) -> Losses | None:
    """The losses; None when they cannot be listed in time, which keeps nobody from leaving."""
    try:
        preview = await asyncio.wait_for(leaving.preview(visit.reading, guest), PATIENCE)
    except (TimeoutError, Unavailable):
        return None
    return _listed(preview, visit.words)


async def alone_of(visit: Visit, guest: Membership) -> tuple[Alone, ...]:
    """What nobody else owns; nothing when it cannot be found in time, which keeps nobody from leaving either."""
    try:
        return tuple(await asyncio.wait_for(owned_alone(visit.reading, guest, leaving=True), PATIENCE))
    except (TimeoutError, Unavailable):
        return ()


def _listed(preview: leaving.Preview, words: Words) -> Losses:
    return Losses(
        apps=_loss(preview.lost, Kind.APP, words),
        groups=_loss(preview.lost, Kind.GROUP, words, hidden=preview.hidden),  # only groups hide who is in them
        roles=_loss(preview.lost, Kind.ROLE, words),
        owned=_loss(preview.lost, Kind.OWNED, words),
    )


def _loss(lost: list[Hanging], kind: Kind, words: Words, *, hidden: int = 0) -> Loss:
    """Things of one kind, each once: several roles in one app are one app."""
    things = {thing.target_id: thing.name for thing in lost if thing.kind is kind}
    names = sorted((name for name in things.values() if name), key=words.sort_key)
    return Loss(len(things) + hidden, tuple(names))
