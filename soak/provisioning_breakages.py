"""Broken builds of provisioning: each leaves one check out, so that a test sees that its attempt then succeeds.

``setting`` is what replaces an attribute and puts it back afterwards, as pytest's ``monkeypatch.setattr`` does.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from vestibule.actions import inviting, provisioning
from vestibule.doors.scim import app, call
from vestibule.rules.actors import Actor
from vestibule.store.unit import Reading

Setting = Callable[[Any, str, Any], None]
Breakage = Callable[[Setting], None]


async def _nothing(*_given: Any, **_named: Any) -> None:
    return None


def anybody_is_theirs(setting: Setting) -> None:
    """A client decides about people whom it did not bring."""
    setting(provisioning, "_insist_brought", lambda *_given: None)


def leavers_are_newcomers(setting: Setting) -> None:
    """Who left by choice, and whose data is gone, may be brought back."""
    setting(inviting, "_people_behind", _nobody)


async def _nobody(*_given: Any) -> set[str]:
    return set()


def names_of_leavers_are_forgotten(setting: Setting) -> None:
    """A client brings a leaver back under another address, by its own id."""
    setting(provisioning, "_insist_on_newcomer", _nothing)


def every_organization_is_theirs(setting: Setting) -> None:
    """A token opens every organization's address."""

    async def own(_reading: Reading, _text: str, by: Actor | None) -> str | None:
        return None if by is None else by.tenant_id

    setting(app, "_tenant_id", own)


def members_write(setting: Setting) -> None:
    """People without a role do here what they may elsewhere."""
    setting(call, "ActorKind", type("Kinds", (), {"PERSON": None}))


BREAKAGES: Final[Mapping[str, Breakage]] = {
    "takes an account over": anybody_is_theirs,
    "brings back whose data is gone": leavers_are_newcomers,
    "brings back by its own id": names_of_leavers_are_forgotten,
    "knocks at another organization": every_organization_is_theirs,
    "invites as a member": members_write,
}
"""What is tried, and the check that stands in its way."""
