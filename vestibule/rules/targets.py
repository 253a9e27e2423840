"""What an act is done to, as far as the right to do it depends on it (see ``rights.py``).

The kinds have no defaults on purpose: who asks for a right must have looked up everything the answer depends on.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OnUser:
    """A user object, a guest's too.

    Attributes:
        tenant_id: the organization it is in.
        user_id: its id.
        person_id: whose it is; None while an invitation waits.
        external: the person comes from outside (a guest or external member).
        roles: template ids of the directory roles it holds, remembered ones of a deleted user too.
        in_privileged_group: it is a member or owner of a group that may hold directory roles.
        fields: the properties that are written (Graph's names), where the verb writes some.
    """

    tenant_id: str
    user_id: str
    person_id: str | None
    external: bool
    roles: frozenset[str]
    in_privileged_group: bool
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OnGroup:
    """A group. ``owned``: the actor is one of its owners; ``role_assignable``: it may hold directory roles."""

    tenant_id: str
    group_id: str | None
    owned: bool
    role_assignable: bool


@dataclass(frozen=True, slots=True)
class OnApp:
    """An app.

    Attributes:
        owned: the actor is one of its owners.
        grants_api: what is assigned or granted is a permission of the Graph API.
        powerful: the app may change things by itself, so that who holds its secret may as well.
    """

    tenant_id: str
    app_id: str | None
    owned: bool
    grants_api: bool
    powerful: bool


@dataclass(frozen=True, slots=True)
class OnReview:
    """An access review.

    Attributes:
        reviewer: the actor is asked to decide in it, now.
        of_role: it is about who holds a directory role.
        owned: it is about a group that the actor owns, in an organization where owners review their own groups.
    """

    tenant_id: str
    reviewer: bool
    of_role: bool
    owned: bool


@dataclass(frozen=True, slots=True)
class Anything:
    """The organization itself, its policies, a list, something to be made, or an id that led to nothing.

    It stands for the object that the rules are most lenient about: what is refused on it is refused on every object.
    Ask for an unknown id with it, and answer NOT_FOUND only when it is not refused: then the answer says nothing
    about what exists to somebody who could not act on it anyway.

    Attributes:
        tenant_id: the organization.
        fields: what an invitation or a new user is given, where a right depends on it.
    """

    tenant_id: str
    fields: frozenset[str] = frozenset()


Target = OnUser | OnGroup | OnApp | OnReview | Anything


def fields_of(on: Target) -> frozenset[str]:
    """Return the properties that an act writes, where its right depends on them."""
    return on.fields if isinstance(on, OnUser | Anything) else frozenset()
