"""What a provisioning client may do to people whom it did not bring.

A program that keeps a directory in step with another one is trusted with the people that it brings. Whoever came in
another way (invited by somebody, made by an administrator, brought by another program) is not its to rename, to
redirect, to switch or to remove: otherwise a directory elsewhere could take over an account here by calling somebody
the same. An organization that wants exactly that grants the program ``User.ManageIdentities.All``.
"""

from collections.abc import Iterable
from typing import Final

from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.user_properties import ACCOUNT_ENABLED

LONGEST_EXTERNAL_ID: Final = 256
"""Characters in the id under which a client knows somebody."""

MANAGE_IDENTITIES: Final = "user.manageidentities.all"
"""The permission with which a program also reaches people whom it did not bring."""

OF_WHO_BROUGHT_THEM: Final = frozenset({ACCOUNT_ENABLED, "mail", "otherMails", "provisionedMails", "userPrincipalName"})
"""Properties that decide who an account belongs to, and whether it can be used."""


def may_decide(by: Actor, *, brought: bool, fields: Iterable[str]) -> bool:
    """Whether a client may write these properties of a user.

    Args:
        by: who acts. A person acts with their own roles, whatever program is in between.
        brought: whether it was this very client that brought the user.
        fields: what is written, by Graph's names.
    """
    if brought or by.kind is not ActorKind.APP or MANAGE_IDENTITIES in by.permissions:
        return True
    return OF_WHO_BROUGHT_THEM.isdisjoint(fields)
