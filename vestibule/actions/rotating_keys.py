"""Rotating the signing keys: by time, or because an operator wants it; and taking old ones away.

This belongs to no organization, so it is written to the program's log instead of an organization's.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from vestibule.actions import key_ring
from vestibule.actions.house import House
from vestibule.actions.key_ring import ALGORITHMS, timetable
from vestibule.rules import signing_keys as rules
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.signing_keys import PUBLISHED_BEFORE, KeyState
from vestibule.store import signing_keys
from vestibule.store.signing_keys import KeptKey
from vestibule.store.unit import Unit

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Described:
    """A key as an operator sees it; times by the machine's clock.

    Attributes:
        signs_from, signs_until: when it signs; None for no end that is known.
        needed_until: when the last token that it signed has ended; None while it signs.
    """

    kid: str
    alg: str
    state: KeyState
    created_at: datetime
    signs_from: datetime
    signs_until: datetime | None
    needed_until: datetime | None


async def everything(house: House) -> list[Described]:
    """Every key, newest first."""
    now = house.clock.now()
    kept = await signing_keys.everything(await house.store.read())
    return [_described(one, kept, now) for one in reversed(kept)]


async def rotate(house: House, *, publish_first: bool = False) -> list[Described]:
    """Make a new key of each kind.

    Args:
        house: the house.
        publish_first: it signs in two days, when everybody knows it, and not at once. (Programs that meet a key they
            do not know ask for the keys again; those that do not need the two days.)

    Returns:
        The new keys.
    """
    since = house.clock.now() + PUBLISHED_BEFORE if publish_first else None
    made = [await key_ring.make(house, alg, signs_from=since) for alg in ALGORITHMS]
    kept = await signing_keys.everything(await house.store.read())
    found = [_described(one, kept, house.clock.now()) for one in made]
    log.info("signing_keys_rotated", kids=[one.kid for one in found], sign_from=found[0].signs_from.isoformat())
    return found


async def retire(house: House, kid: str) -> None:
    """Take a key away for good: nothing that it signed verifies any more.

    Raises:
        Refused: NOT_FOUND for an unknown key; TOO_EARLY while it signs or will, or while something that it signed can
            be alive, with ``until`` when that ends.
    """

    async def work(unit: Unit) -> None:
        kept = await signing_keys.everything(unit)
        found = next((one for one in kept if one.kid == kid), None)
        if found is None:
            raise Refused(Reason.NOT_FOUND, objectId=kid)
        told = _described(found, kept, unit.moment.machine)
        if told.state is not KeyState.ENDED:
            until = None if told.needed_until is None else told.needed_until.isoformat()
            raise Refused(Reason.TOO_EARLY, state=told.state.value, until=until)
        signing_keys.drop(unit, found)

    await house.store.change(work)
    log.info("signing_key_retired", kid=kid)


async def rotate_due(house: House) -> None:
    """What time asks for: the next key is published, and keys that nobody needs any more go.

    A database without keys gets none here: the first are made on first need.
    """
    now = house.clock.now()
    kept = await signing_keys.everything(await house.store.read())
    for alg in ALGORITHMS:
        keys = timetable(kept, alg)
        since = rules.next_due(keys, now)
        if since is not None:
            made = await key_ring.make(house, alg, signs_from=since)
            log.info("signing_key_published", kid=made.kid, alg=alg, sign_from=since.isoformat())
        for kid in rules.may_go(keys, now):
            await retire(house, kid)


def _described(one: KeptKey, kept: list[KeptKey], now: datetime) -> Described:
    keys = timetable(kept, one.alg)
    return Described(
        kid=one.kid,
        alg=one.alg,
        state=rules.state(keys, one.kid, now),
        created_at=one.created_at,
        signs_from=keys[one.kid],
        signs_until=rules.stops_at(keys, one.kid),
        needed_until=rules.ends_at(keys, one.kid),
    )
