"""The schemas of this service: what is kept is published, and nothing else."""

from typing import Final

from vestibule.doors.scim.model import Attribute, Is, Kind, Schema

CORE_USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DIRECTORY: Final = "urn:vestibule:params:scim:schemas:extension:directory:1.0:User"

MAIL_TYPES: Final = ("work", "home", "other")
PHONE_TYPES: Final = ("work", "mobile", "fax")
LANGUAGES: Final = ("en", "en-US", "nl", "nl-NL", "sv", "sv-SE")

_emails: Final = Attribute(
    "emails",
    "Mail addresses. The primary one is where letters go.",
    Is.COMPLEX,
    many=True,
    members=(
        Attribute("value", "The address."),
        Attribute("display", "How it is shown."),
        Attribute("type", "What it is for.", canonical=MAIL_TYPES),
        Attribute("primary", "Whether it is the one that is used.", Is.BOOLEAN),
    ),
)
_phones: Final = Attribute(
    "phoneNumbers",
    "Phone numbers, one of each type.",
    Is.COMPLEX,
    many=True,
    members=(
        Attribute("value", "The number."),
        Attribute("type", "Which one it is.", canonical=PHONE_TYPES),
    ),
)
_addresses: Final = Attribute(
    "addresses",
    "The address at work; there is one.",
    Is.COMPLEX,
    many=True,
    members=(
        Attribute("streetAddress", "Street and number."),
        Attribute("locality", "The city."),
        Attribute("region", "The state or region."),
        Attribute("postalCode", "The postal code."),
        Attribute("country", "The country."),
        Attribute("type", "Which one it is.", canonical=("work",)),
    ),
)
_groups: Final = Attribute(
    "groups",
    "The groups that the user is in. They are changed at the groups.",
    Is.COMPLEX,
    many=True,
    writable=False,
    members=(
        Attribute("value", "The id of the group.", writable=False, exact=True),
        Attribute("$ref", "Its address.", Is.REFERENCE, writable=False, exact=True, refers=("Group",)),
        Attribute("display", "Its name.", writable=False),
        Attribute("type", "How the user is in it.", writable=False, canonical=("direct",)),
    ),
)
_user: Final = Schema(
    CORE_USER,
    "User",
    "A member of the organization, or a guest.",
    (
        Attribute(
            "userName",
            "The name of a member (in a domain of the organization, or without one), or the address of a guest.",
            needed=True,
            unique=True,
        ),
        Attribute("displayName", "The name that people see. When it is not sent, one is made.", needed=True),
        Attribute(
            "name",
            "The parts of the name.",
            Is.COMPLEX,
            members=(Attribute("familyName", "The family name."), Attribute("givenName", "The given name.")),
        ),
        Attribute("title", "The job title."),
        Attribute("preferredLanguage", "The language, as a tag of BCP 47.", canonical=LANGUAGES),
        Attribute("userType", "Member or Guest: it follows from the userName.", writable=False),
        Attribute("active", "Whether the account is enabled. When it is not sent, it is.", Is.BOOLEAN, needed=True),
        _emails,
        _phones,
        _addresses,
        _groups,
    ),
)
_enterprise: Final = Schema(
    ENTERPRISE,
    "EnterpriseUser",
    "What an organization knows about the people who work with it.",
    (
        Attribute("employeeNumber", "The number of the employee."),
        Attribute("organization", "The company."),
        Attribute("department", "The department."),
    ),
)
_directory: Final = Schema(
    DIRECTORY,
    "DirectoryUser",
    "What this directory knows beside that, and where a guest stands.",
    (
        Attribute("employeeType", "What kind of work relation it is."),
        Attribute("officeLocation", "Where the user works."),
        Attribute("userPrincipalName", "What a guest is called here.", writable=False),
        Attribute("creationType", "How a guest came: Invitation.", writable=False),
        Attribute("externalUserState", "PendingAcceptance or Accepted; nothing for a member.", writable=False),
        Attribute("externalUserStateChangeDateTime", "Since when.", Is.TIME, writable=False),
    ),
)
_group: Final = Schema(
    CORE_GROUP,
    "Group",
    "A group of users.",
    (
        Attribute("displayName", "The name of the group.", needed=True),
        Attribute(
            "members",
            "Who is in it; groups do not nest.",
            Is.COMPLEX,
            many=True,
            members=(
                Attribute("value", "The id of the user.", fixed=True, exact=True),
                Attribute("$ref", "Their address.", Is.REFERENCE, fixed=True, exact=True, refers=("User",)),
                Attribute("type", "What it is.", fixed=True, canonical=("User",)),
            ),
        ),
    ),
)

USER: Final = Kind("User", "/Users", "Members and guests.", _user, (_enterprise, _directory))
GROUP: Final = Kind("Group", "/Groups", "Groups.", _group)
KINDS: Final = (USER, GROUP)
SCHEMAS: Final = (_user, _group, _enterprise, _directory)
