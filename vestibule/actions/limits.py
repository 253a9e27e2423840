"""Limits for a whole network, beside those of single accounts and mailboxes: against guessing and flooding in breadth.

They count whatever is tried, whether anybody is known by it or not. They do not count where somebody may be locked out
by their neighbours: in a browser that has signed in with the account before, by passkey, or at another provider.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.rules import networks
from vestibule.store import rates
from vestibule.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be done from one network in a window of time."""

    name: str
    most: int
    window: timedelta


BEGINNINGS: Final = Limit("begin", 600, timedelta(minutes=10))
"""Addresses typed on the sign-in page."""
CODES: Final = Limit("code", 100, timedelta(hours=1))
"""Codes asked for by mail."""
WRONG_PASSWORDS: Final = Limit("password", 100, timedelta(minutes=10))
DEVICES: Final = Limit("device", 100, timedelta(minutes=10))
"""Devices without a keyboard that begin to wait."""


async def begin_sign_in(house: House, *, network: str, known: bool = False) -> None:
    """Count somebody who begins to sign in with an address.

    ``known``: the browser has signed in with that account before.

    Raises:
        Refused: TOO_MANY_TRIES with ``retryAfter``.
    """

    async def work(unit: Unit) -> None:
        await count(house, unit, BEGINNINGS, network, known=known)

    if bucket_of(house, BEGINNINGS, network) and not known:
        await house.change(work)


async def count(house: House, unit: Unit, limit: Limit, network: str, *, known: bool = False, over: int = 0) -> None:
    """Count one more from this network; ``over``: how many more than the limit are counted before it is refused.

    Raises:
        Refused: TOO_MANY_TRIES with ``retryAfter``.
    """
    bucket = bucket_of(house, limit, network)
    if bucket and not known:
        await rates.count(unit, bucket, limit=limit.most + over, window=limit.window)


async def check(house: House, unit: Unit, limit: Limit, network: str, *, known: bool = False) -> None:
    """Refuse when the limit is reached, and count nothing. Raises as ``count``."""
    bucket = bucket_of(house, limit, network)
    if bucket and not known:
        await rates.check(unit, bucket, limit=limit.most)


def bucket_of(house: House, limit: Limit, network: str) -> str:
    """Where it is counted, under a keyed hash; empty where nothing is: an emulator on its own machine, no address."""
    found = networks.of(network)
    if not found or (house.emulator and networks.is_loopback(network)):
        return ""
    return f"{limit.name}-network:{address_mac(house, f'network {found}')}"
