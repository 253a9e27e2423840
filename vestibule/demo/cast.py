"""Who and what there is in the demo organizations. The passwords are no secrets: everybody can read them here."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """An organization.

    Attributes:
        key: its name in ``demo.json``.
        private: it has privacy information; ``may_leave``: its guests may leave on their own.
        password: its administrator's.
    """

    key: str
    name: str
    password: str
    private: bool = True
    may_leave: bool = True

    @property
    def domain(self) -> str:
        """Its domain."""
        return f"{self.key}.example"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person whose home is Contoso."""

    name: str
    password: str

    @property
    def email(self) -> str:
        """Their mail address, which is their user principal name too."""
        return f"{self.name.lower().replace(' ', '.')}@contoso.example"


CONTOSO: Final = Place("contoso", "Contoso", "copper-kettle-hill-11")
FABRIKAM: Final = Place("fabrikam", "Fabrikam", "blue-umbrellas-seven-22")
WOODGROVE: Final = Place("woodgrove", "Woodgrove", "quiet-owl-rafters-33", may_leave=False)
LITWARE: Final = Place("litware", "Litware", "paper-boat-river-44", private=False)
TAILSPIN: Final = Place("tailspin", "Tailspin", "lemon-tree-gate-55", private=False)
PLACES: Final = (CONTOSO, FABRIKAM, WOODGROVE, LITWARE, TAILSPIN)

ADELE: Final = Somebody("Adele Vance", "garden-door-seven-61")
ALEX: Final = Somebody("Alex Wilber", "river-stone-lamp-62")
MEGAN: Final = Somebody("Megan Bowen", "orange-tram-sea-63")
PEOPLE: Final = (ADELE, ALEX, MEGAN)

QUINN: Final = "quinn@mailbox.example"
"""A person without a home organization, who signs in by emailed code."""
FORMER: Final = "grady.archie@proseware.example"
"""Was a guest of Fabrikam and was deleted."""
PENDING: Final = "pending.guest@proseware.example"
"""Was invited and has not answered."""

CALLBACK: Final = "http://localhost:5000/cb"

APPLICATION_PERMISSIONS: Final = (
    "AccessReview.ReadWrite.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "AuditLog.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "CrossTenantUserProfileSharing.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
    "Domain.ReadWrite.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Organization.ReadWrite.All",
    "Policy.Read.All",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.CrossTenantAccess",
    "Policy.ReadWrite.ExternalIdentities",
    "RoleManagement.ReadWrite.Directory",
    "User.DeleteRestore.All",
    "User.EnableDisableAccount.All",
    "User.Invite.All",
    "User.ManageIdentities.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "User.RevokeSessions.All",
)
"""What the Graph slice needs; the same in every organization."""

PUBLIC_PERMISSIONS: Final = ("openid", "profile", "email", "offline_access", "User.Read", "Organizations.Leave")
ADMIN_PERMISSIONS: Final = (
    "openid",
    "profile",
    "email",
    "offline_access",
    "User.Read",
    "User.ReadWrite.All",
    "User.Invite.All",
    "User.DeleteRestore.All",
    "Group.ReadWrite.All",
    "Policy.ReadWrite.ExternalIdentities",
    "Organization.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "AuditLog.Read.All",
)
