"""What is in the organization before an import begins, as far as an import has to know it.

Names of groups and of deleted users are not unique, so nothing but this look tells an import that is run again what it
has brought in before.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from vestibule.rules import names
from vestibule.rules.filters import fold
from vestibule.store import group_lists, users
from vestibule.store.groups import Group
from vestibule.store.listing import Asked, Page
from vestibule.store.unit import Reading
from vestibule.store.users import User

T = TypeVar("T")

PAGE: Final = 1000
GroupKey = tuple[str, str, tuple[str, ...], bool, bool]


@dataclass(slots=True)
class Present:
    """What is there.

    Attributes:
        gone_by_mail, gone_by_name: deleted users who can be restored, by address and by user principal name.
        groups, deleted_groups: ids by what makes two groups the same; taken out one by one as an import meets them.
    """

    gone_by_mail: dict[str, str] = field(default_factory=dict)
    gone_by_name: dict[str, str] = field(default_factory=dict)
    groups: dict[GroupKey, deque[str]] = field(default_factory=dict)
    deleted_groups: dict[GroupKey, deque[str]] = field(default_factory=dict)


async def look(reading: Reading, tenant_id: str, *, at_users: bool, at_groups: bool) -> Present:
    """Look at what is there.

    Args:
        reading: where to read. tenant_id: the organization.
        at_users, at_groups: whether the import is about them.
    """
    found = Present()
    if at_users:
        for user in await _all(lambda asked: users.page_deleted(reading, tenant_id, asked)):
            _keep(found, user)
    if at_groups:
        found.groups = _by_key(await _all(lambda asked: group_lists.page(reading, tenant_id, asked)))
        found.deleted_groups = _by_key(await _all(lambda asked: group_lists.page_deleted(reading, tenant_id, asked)))
    return found


def group_key(display_name: str, nickname: str, types: Iterable[str], *, security: bool, roles: bool) -> GroupKey:
    """What makes two groups the same for an import: both names, the kind, and whether it may hold roles."""
    return fold(display_name), names.key(nickname), tuple(sorted(types)), security, roles


async def _all(page: Callable[[Asked], Awaitable[Page[T]]]) -> list[T]:
    found: list[T] = []
    asked = Asked(PAGE)
    while True:
        one = await page(asked)
        found += one.items
        if one.position is None:
            return found
        asked = Asked(PAGE, after=one.position)


def _keep(found: Present, user: User) -> None:
    if user.profile.mail_key is not None:
        found.gone_by_mail[user.profile.mail_key] = user.membership.user_id
    found.gone_by_name[names.key(user.profile.user_principal_name)] = user.membership.user_id


def _by_key(groups: Iterable[Group]) -> dict[GroupKey, deque[str]]:
    found: dict[GroupKey, deque[str]] = {}
    for group in sorted(groups, key=lambda one: (one.created_at, one.group_id)):
        key = group_key(
            group.display_name,
            group.mail_nickname,
            group.group_types,
            security=group.security_enabled,
            roles=group.assignable_to_role,
        )
        found.setdefault(key, deque()).append(group.group_id)
    return found
