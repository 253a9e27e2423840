"""Which right opens which page, to say which role each page needs and what each role opens.

The gate decides (``gate.page``); a test opens every page with every role and compares.
"""

from dataclasses import dataclass
from typing import Final

from vestibule.doors.portal.admin import gate, paths
from vestibule.doors.web.words import N_
from vestibule.rules.rights import READ_AS_MEMBER
from vestibule.rules.roles import ROLE_VERBS, ROLES, Role
from vestibule.rules.verbs import Verb


@dataclass(frozen=True, slots=True)
class PageRight:
    """A page: its name in the navigation, its address, and the reading verbs, any one of which opens it."""

    name: str
    path: str
    verbs: tuple[Verb, ...]

    @property
    def least(self) -> Role:
        """The role with the least power that opens it."""
        return ROLES[gate.least(self.verbs[0])]

    def opens_for(self, role_id: str) -> bool:
        """Whether a member who holds this role, and no other, gets in."""
        return self.opens_with(ROLE_VERBS[role_id])

    def opens_with(self, verbs: frozenset[Verb]) -> bool:
        """The same for a role that lets people do this."""
        return gate.administers(frozenset(), verbs) and not (verbs | READ_AS_MEMBER).isdisjoint(self.verbs)


_LOGS: Final = (Verb.READ_AUDIT,)
_DELETED: Final = (Verb.READ_DELETED, Verb.READ_AUDIT)

PAGES: Final = (
    PageRight(N_("Overview"), paths.OVERVIEW, _DELETED),
    PageRight(N_("Properties"), paths.PROPERTIES, (Verb.READ_ORGANIZATION,)),
    PageRight(N_("All users"), paths.USERS, (Verb.READ_USERS,)),
    PageRight(N_("Deleted users"), paths.DELETED_USERS, (Verb.READ_DELETED,)),
    PageRight(N_("Data removal"), paths.DATA_REMOVAL, _DELETED),
    PageRight(N_("Legal holds"), paths.HOLDS, (Verb.READ_HOLDS,)),
    PageRight(N_("Requests"), paths.REQUESTS, _DELETED),
    PageRight(N_("Roles"), paths.ROLES, (Verb.READ_ROLES,)),
    PageRight(N_("Enterprise apps"), paths.APPS, (Verb.READ_APPS,)),
    PageRight(N_("External collaboration settings"), paths.COLLABORATION, (Verb.READ_POLICIES,)),
    PageRight(N_("Cross-tenant access settings"), paths.CROSS_TENANT, (Verb.READ_POLICIES,)),
    PageRight(N_("All identity providers"), paths.PROVIDERS, (Verb.READ_PROVIDERS,)),
    PageRight(N_("Access reviews"), paths.ACCESS_REVIEWS, (Verb.READ_REVIEWS,)),
    PageRight(N_("Guest insights"), paths.INSIGHTS, _LOGS),
    PageRight(N_("Audit logs"), paths.AUDIT_LOGS, _LOGS),
    PageRight(N_("Sign-in logs"), paths.SIGN_IN_LOGS, _LOGS),
)
