"""Broken builds of deleting: each leaves one check out.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

from dataclasses import replace

from soak.sign_in_breakages import Setting
from vestibule.actions import erasing
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Move, Standing
from vestibule.store import memberships
from vestibule.store.memberships import Membership
from vestibule.store.statements import Row


def hold_not_read(setting: Setting) -> None:
    """Whether a legal hold stands is not read with the membership."""
    real = memberships.from_row

    def from_row(row: Row) -> Membership:
        found = real(row)
        return replace(found, standing=replace(found.standing, held=False))

    setting(memberships, "from_row", from_row)


def hold_stops_time_alone(setting: Setting) -> None:
    """An administrator deletes permanently, whatever legal hold stands."""
    real = lifecycle.purge

    def purge(guest: Standing, *given: object, **named: bool) -> Move:
        return real(replace(guest, held=False), *given, **named)  # type: ignore[arg-type]

    setting(lifecycle, "purge", purge)
    setting(memberships, "is_final", lambda *_: False)


def release_forgotten(setting: Setting) -> None:
    """What a hold kept counts from the day on which it would have gone without one."""
    setting(lifecycle, "freed", lambda _, at: at)


def removal_begins_unsaid(setting: Setting) -> None:
    """A data removal destroys the key before it is written down that nothing stops it any more."""
    setting(erasing, "_begin", _goes_on)


async def _goes_on(*_: object) -> bool:
    return True
