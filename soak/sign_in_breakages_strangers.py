"""Broken builds that do more for a known address than for a strange one: the answers stay, their time does not.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

from typing import Any

from soak.sign_in_breakages import Setting
from vestibule.actions import mailbox_codes, sign_in_rows
from vestibule.actions.posting import post
from vestibule.store import passcodes as kept_codes
from vestibule.store.passcodes import KeptCode
from vestibule.store.unit import Unit


def strange_mailboxes_cost_less(setting: Setting) -> None:
    """For a mailbox that nobody is known by no letter is written."""

    def posted(house: Any, unit: Unit, kind: Any, *, for_nobody: bool, **more: Any) -> str | None:
        return None if for_nobody else post(house, unit, kind, **more)

    setting(mailbox_codes, "post", posted)


def strange_codes_are_not_kept(setting: Setting) -> None:
    """A code is kept for a mailbox that is known, and for no other: typing a wrong one counts nothing there."""
    real_put, real_may_come = kept_codes.put, mailbox_codes._may_come  # noqa: SLF001 - what is broken is inside
    known: set[str] = set()

    async def may_come(unit: Any, mac: str) -> bool:
        expected = await real_may_come(unit, mac)
        known.update({mac} if expected else ())
        return expected

    def put(unit: Unit, before: KeptCode | None, new: KeptCode) -> None:
        if new.address_mac in known:
            real_put(unit, before, new)

    setting(mailbox_codes, "_may_come", may_come)
    setting(kept_codes, "put", put)


def strange_names_cost_less(setting: Setting) -> None:
    """For a name that no account has only the row of the log is written."""

    async def stranger(house: Any, unit: Unit, organization: Any, entry: Any) -> None:
        await sign_in_rows.write_nobody(house, unit, organization.tenant_id, entry)

    setting(sign_in_rows, "write_stranger", stranger)
