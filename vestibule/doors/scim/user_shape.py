"""A user object as a SCIM user, and back: which property of the directory each attribute is.

A resource that a client sends is turned into properties in the same way as the one that it was shown, and the two are
compared: what is the same is not written, and asks for no right.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from vestibule.doors.scim.errors import invalid_value
from vestibule.doors.scim.schemas import CORE_USER, DIRECTORY, ENTERPRISE
from vestibule.ground.clock import iso
from vestibule.rules import names
from vestibule.rules.lifecycle import Tie
from vestibule.store.memberships import Membership
from vestibule.store.profiles import Profile
from vestibule.store.provisioned_lists import KnownUser, Named

Values = dict[str, Any]
_PHONES: Final = (("work", "businessPhones"), ("mobile", "mobilePhone"), ("fax", "faxNumber"))
_ADDRESS: Final = (
    ("streetAddress", "streetAddress"),
    ("locality", "city"),
    ("region", "state"),
    ("postalCode", "postalCode"),
    ("country", "country"),
)
NEEDED: Final = frozenset({"displayName", "accountEnabled"})
"""Properties that every user has: a client that does not send them leaves them as they are."""


def user_name(membership: Membership, profile: Profile) -> str:
    """The ``userName``: a guest's address, a member's name as the client spelled it, else the user principal name."""
    upn = profile.user_principal_name
    if membership.standing.tie is Tie.HOME:
        return str(profile.attributes.get("provisionedName") or upn)
    return names.invited_address(upn) or profile.mail or upn


def version(membership: Membership) -> str:
    """The entity tag."""
    return f'W/"{membership.version}"'


def user_resource(
    known: KnownUser, root: str, groups: Sequence[Named] = (), *, last_act: datetime | None = None
) -> Values:
    """A user as clients see it; attributes without a value are left out."""
    membership, profile = known.user.membership, known.user.profile
    found: Values = {"schemas": [CORE_USER, ENTERPRISE, DIRECTORY], "id": membership.user_id}
    if known.external_id is not None:
        found["externalId"] = known.external_id
    found["meta"] = {
        "resourceType": "User",
        "created": iso(membership.created_at),
        **last_modified(last_act, membership.created_at, untouched=membership.version == 1),
        "location": f"{root}/Users/{membership.user_id}",
        "version": version(membership),
    }
    found["userName"] = user_name(membership, profile)
    found["displayName"] = profile.display_name
    found["userType"] = profile.user_type or "Member"
    found["active"] = membership.standing.enabled_here
    extra: Values = {
        "name": _there({"familyName": profile.surname, "givenName": profile.given_name}),
        "title": profile.job_title,
        "preferredLanguage": profile.preferred_language,
        "emails": _emails(profile),
        "phoneNumbers": _phones(profile.attributes),
        "addresses": _addresses(profile.attributes),
        "groups": [_group(one, root) for one in groups],
        ENTERPRISE: _there(
            {
                "employeeNumber": profile.attributes.get("employeeId"),
                "organization": profile.company_name,
                "department": profile.department,
            }
        ),
        DIRECTORY: _directory(profile, guest=membership.standing.tie is not Tie.HOME),
    }
    found.update((name, value) for name, value in extra.items() if value)
    return found


def last_modified(last_act: datetime | None, created: datetime, *, untouched: bool = False) -> Values:
    """``meta.lastModified`` (RFC 7643, section 3.1): what was never changed has the time at which it was made.

    It is left out when it is not known: the audit log does not go back that far.
    """
    if last_act is None:
        found = created if untouched else None
    else:
        found = max(last_act, created)
    return {} if found is None else {"lastModified": iso(found)}


def _there(values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _emails(profile: Profile) -> list[Values]:
    spelled = profile.attributes.get("provisionedMails")
    if spelled is not None:
        return list(spelled)
    mail = profile.mail
    others = [one for one in profile.attributes.get("otherMails", []) if one != mail]
    first = [] if mail is None else [{"value": mail, "type": "work", "primary": True}]
    return [*first, *({"value": one, "type": "other", "primary": False} for one in others)]


def _phones(attributes: Mapping[str, Any]) -> list[Values]:
    found = []
    for type_, name in _PHONES:
        value = attributes.get(name)
        if value:
            found.append({"value": value[0] if isinstance(value, list) else value, "type": type_})
    return found


def _addresses(attributes: Mapping[str, Any]) -> list[Values]:
    found = {scim: attributes[name] for scim, name in _ADDRESS if attributes.get(name) is not None}
    return [{**found, "type": "work"}] if found else []


def _group(one: Named, root: str) -> Values:
    return {"value": one.id, "$ref": f"{root}/Groups/{one.id}", "display": one.name, "type": "direct"}


def _directory(profile: Profile, *, guest: bool) -> Values:
    found = {name: profile.attributes.get(name) for name in ("employeeType", "officeLocation")}
    if not guest:
        return _there(found)
    at = profile.external_user_state_at
    return _there(
        {
            **found,
            "userPrincipalName": profile.user_principal_name,
            "creationType": profile.creation_type,
            "externalUserState": profile.external_user_state,
            "externalUserStateChangeDateTime": None if at is None else iso(at),
        }
    )


# --- Back -------------------------------------------------------------------------------------------------------------


def properties_of(resource: Mapping[str, Any]) -> Values:
    """A resource as properties by Graph's names; None for what it does not say. Raises ScimError (400 invalidValue)."""
    name, work = resource.get("name") or {}, resource.get(ENTERPRISE) or {}
    more = resource.get(DIRECTORY) or {}
    mail, others = _mails(resource.get("emails") or [])
    return {
        "displayName": resource.get("displayName"),
        "givenName": name.get("givenName"),
        "surname": name.get("familyName"),
        "jobTitle": resource.get("title"),
        "preferredLanguage": resource.get("preferredLanguage"),
        "accountEnabled": resource.get("active"),
        "mail": mail,
        "otherMails": others or None,
        "provisionedMails": resource.get("emails") or None,
        "employeeId": work.get("employeeNumber"),
        "companyName": work.get("organization"),
        "department": work.get("department"),
        "employeeType": more.get("employeeType"),
        "officeLocation": more.get("officeLocation"),
        **_phone_properties(resource.get("phoneNumbers") or []),
        **_address_properties(resource.get("addresses") or []),
    }


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any], *, guest_of: str | None) -> Values:
    """What has to be written so that the resource is as ``after`` says, by Graph's names.

    ``guest_of`` is a guest's own address: it is where letters go when a client names no other.
    """
    old, new = properties_of(before), properties_of(after)
    if guest_of is not None and new["mail"] is None:
        new["mail"] = guest_of
    changed = {name: value for name, value in new.items() if value != old[name]}
    return {name: value for name, value in changed.items() if not (value is None and name in NEEDED)}


def _mails(given: Sequence[Values]) -> tuple[str | None, list[str]]:
    """The address that is used, and the others."""
    addresses = [one.get("value") for one in given]
    if not all(addresses):
        raise invalid_value("Every one of the 'emails' needs a value.")
    if sum(bool(one.get("primary")) for one in given) > 1:
        raise invalid_value("One of the 'emails' can be primary.")
    ranked = sorted(given, key=lambda one: (not one.get("primary"), one.get("type") != "work"))
    main = str(ranked[0]["value"]) if ranked else None
    return main, [str(one) for one in dict.fromkeys(addresses) if one != main]


def _phone_properties(given: Sequence[Values]) -> Values:
    found: Values = {name: None for _, name in _PHONES}
    known = dict(_PHONES)
    for one in given:
        name = known[one.get("type", "work")]
        if not one.get("value") or found[name] is not None:
            raise invalid_value("Each of the 'phoneNumbers' has a value and a type of its own.")
        found[name] = [one["value"]] if name == "businessPhones" else one["value"]
    return found


def _address_properties(given: Sequence[Values]) -> Values:
    if len(given) > 1:
        raise invalid_value("There is one address, the one at work.")
    one = given[0] if given else {}
    return {name: one.get(scim) for scim, name in _ADDRESS}
