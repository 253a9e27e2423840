"""How handlers find what a path names, and what the caller may read of it."""

from collections.abc import Set as AbstractSet

from vestibule.actions.authorising import Acting, acting_as, on_user
from vestibule.doors.graph import errors
from vestibule.doors.graph.call import Call
from vestibule.doors.graph.views import readable_of
from vestibule.rules import names, permissions, rights
from vestibule.rules.actors import ActorKind
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.names import guid
from vestibule.rules.policy import GuestAccess
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.rights import Sight
from vestibule.rules.targets import OnGroup, Target
from vestibule.rules.verbs import Verb
from vestibule.store import users
from vestibule.store.users import User


async def find_user(call: Call) -> User | None:
    """The user object that the path names by id or user principal name, or the signed-in person's (``/me``).

    A deleted one is not found here.

    Raises GraphError (400) for ``/me`` without a person.
    """
    given = call.parameters.get("user")
    if given is None:
        if call.by.kind is not ActorKind.PERSON:
            raise errors.bad_request("/me request is only valid with delegated authentication flow.")
        given = call.by.user_id or ""
    return await find_living(call, given)


async def readable_user(call: Call) -> str:
    """The id of the user in the path, on whom something hangs that the caller may read.

    Raises Refused when they may not, or there is no such user.
    """
    user = await find_user(call)
    acting = await call.may_read(Verb.READ_USERS, await user_target(call, user, Verb.READ_USERS))
    if user is None:
        raise Refused(Reason.NOT_FOUND)
    insist_close(call, acting, user)
    return user.membership.user_id


async def find_living(call: Call, given: str) -> User | None:
    """The user object with this id or user principal name, while it is invited or present."""
    found = guid(given)
    if found is not None:
        user = await users.find(call.reading, call.tenant_id, found)
    else:
        user = await users.find_by_upn(call.reading, call.tenant_id, names.key(given)) if given else None
    return user if user is not None and isinstance(user.membership.stage, Invited | Present) else None


async def user_target(call: Call, user: User | None, verb: Verb | None = None) -> Target:
    """The user as a target of rights, for one verb when it is said; what stands for anything when there is none."""
    return call.anything if user is None else await on_user(call.reading, user.membership, verb=verb)


def is_own(call: Call, user: User) -> bool:
    """Whether it is the caller's own user object."""
    return call.by.user_id == user.membership.user_id and call.by.kind is ActorKind.PERSON


def insist_close(call: Call, acting: Acting, user: User) -> None:
    """What hangs on a user is for themselves and for who may list users: who knows an id reads a few properties only.

    Raises Refused.
    """
    if not is_own(call, user) and rights.sight(acting.by, acting.here) < Sight.BASIC:
        raise Refused(Reason.NOT_ALLOWED)


def readable_of_user(acting: Acting, user: User) -> AbstractSet[str] | None:
    """The properties of this user that the caller may read; None for all. Everybody reads all of their own."""
    by = acting.by
    if by.kind is ActorKind.PERSON and by.user_id == user.membership.user_id:
        granted = permissions.granting(by.scopes, Verb.READ_USERS, delegated=True, own=True)
        full = by.through_pages or any(not permission.basic for permission in granted)
        return None if full else readable_of(Sight.BASIC)
    return readable_of(rights.sight(by, acting.here))


async def sight_of_users(call: Call) -> AbstractSet[str] | None:
    """The properties of users in a list that hangs on something else: what the caller reads of those they know."""
    acting = await acting_as(call.reading, call.by, call.tenant_id)
    return readable_of(rights.sight(acting.by, acting.here))


async def may_read_groups(call: Call) -> bool:
    """Whether the caller reads groups at all; who does not sees only which ones there are."""
    on = OnGroup(call.tenant_id, None, owned=False, role_assignable=False)
    return await call.is_allowed(Verb.READ_GROUPS, on)


def is_limited(acting: Acting, verb: Verb) -> bool:
    """Whether the caller is a guest who reads neither like members nor by a role with this verb."""
    here = acting.here
    return here.guest and here.access is not GuestAccess.AS_MEMBER and not holds_role_for(acting, verb)


def holds_role_for(acting: Acting, *verbs: Verb) -> bool:
    """Whether the caller is a program, or holds a directory role with one of these verbs."""
    if acting.by.kind is not ActorKind.PERSON:
        return True
    return not rights.role_verbs(acting.by).isdisjoint(verbs)
