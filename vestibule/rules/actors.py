"""Who does something: the value that every action asks for by the keyword ``by``, without a default."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from vestibule.rules.verbs import Verb

SCIM: Final = "scim"
"""The door of provisioning clients."""


class ActorKind(StrEnum):
    """What kind of actor stands behind an act."""

    PERSON = "person"
    APP = "app"
    SYSTEM = "system"
    OPERATOR = "operator"


class Strength(StrEnum):
    """How a person proved who they are (NIST SP 800-63B: an emailed code is proof of a mailbox only).

    ``MULTI_FACTOR`` is a password with a code; ``PASSKEY`` a passkey that verified its owner, which is two factors too.
    """

    NONE = "none"
    EMAILED_CODE = "emailedCode"
    PASSWORD = "password"  # noqa: S105 - a strength, not a secret
    FEDERATED = "federated"
    MULTI_FACTOR = "multiFactor"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts.

    Attributes:
        kind: person, app, the system itself (worker), or the operator at the command line.
        tenant_id: the organization in whose name the act happens: the token's ``tid``; None for system and operator.
        user_id: the person's user object in ``tenant_id``; None for apps and for direct connect.
        person_id: the person who signed in; None for apps.
        client_id: the program through which the act came (an app's client id, or a door's own name).
        scopes: delegated Graph permissions of the token, lower-cased; empty when the person acts in our own pages.
        permissions: application permissions, lower-cased; empty for people.
        through_pages: the person acts in our own portal, so that no scope is asked for, only roles.
        strength: how the person signed in.
        roles: ids of the directory roles held in ``tenant_id``; filled inside the transaction.
        own_verbs: what those of them that the organization made itself let people do; filled with them.
        network: the network address, shown in audit rows (personal data, encrypted there).
        request_id: the identifier of the request, echoed to the caller and written to the audit record.
        door: the door through which the act came, where the log tells it apart: ``scim``.
    """

    kind: ActorKind
    tenant_id: str | None = None
    user_id: str | None = None
    person_id: str | None = None
    client_id: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)
    permissions: frozenset[str] = field(default_factory=frozenset)
    through_pages: bool = False
    strength: Strength = Strength.NONE
    roles: frozenset[str] = field(default_factory=frozenset)
    own_verbs: frozenset[Verb] = field(default_factory=frozenset)
    network: str = ""
    request_id: str = ""
    door: str = ""


def system(request_id: str = "") -> Actor:
    """The worker, acting because time asks for it."""
    return Actor(kind=ActorKind.SYSTEM, client_id="vestibule-worker", request_id=request_id)


def operator(request_id: str = "") -> Actor:
    """Whoever holds the machine: the command line. May do everything; is named in the audit log."""
    return Actor(kind=ActorKind.OPERATOR, client_id="vestibule-command-line", request_id=request_id)
