"""Cross-tenant access settings as they are sent (Microsoft Graph, *crossTenantAccessPolicyConfigurationPartner* and
*…Default*), read into what is kept.

What cannot mean anything here is refused rather than kept: trust in devices, of which nothing is known, restrictions
that take equipment in a network, and accounts of services that are not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vestibule.rules import collaboration
from vestibule.rules.collaboration import CONSENT_IN, CONSENT_OUT, FALLBACKS, PRECEDENCE, Source
from vestibule.rules.direct_connect import ALL_APPLICATIONS, ALL_USERS, OFFICE, Access, AccessList, Entry, TargetType
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.cross_tenant import CONSENT, GUESTS_IN, GUESTS_OUT, INBOUND, OUTBOUND, REDEMPTION, TRUST

MOST_TARGETS: Final = 500
RESTRICTIONS: Final = "tenantRestrictions"

_DIRECTIONS: Final = frozenset({INBOUND, OUTBOUND, GUESTS_IN, GUESTS_OUT})
_OF_BOTH: Final = _DIRECTIONS | {TRUST, CONSENT, RESTRICTIONS}
_PEOPLE: Final = frozenset({TargetType.USER, TargetType.GROUP})
_APPS: Final = frozenset({TargetType.APPLICATION})
_LISTS: Final = frozenset({"usersAndGroups", "applications"})
_ORDER: Final = "primaryIdentityProviderPrecedenceOrder"
_FALLBACK: Final = "fallbackIdentityProvider"


@dataclass(frozen=True, slots=True)
class Lists:
    """What was sent of one direction; None for the list that was not."""

    people: AccessList | None
    apps: AccessList | None


Read = Lists | Mapping[str, Any] | None
"""One property that was sent: two lists, flags, or None to inherit."""


def read_changes(changes: Mapping[str, Any], *, of_default: bool) -> dict[str, Read]:
    """Check what was sent; ``of_default`` for the default, which says some things that a partner's settings do not.

    Raises:
        Refused: BAD_VALUE with the property; READ_ONLY for consent in the default.
    """
    return {name: _read(name, value, of_default=of_default) for name, value in changes.items()}


def _read(name: str, value: Any, *, of_default: bool) -> Read:
    if name not in _OF_BOTH and not (of_default and name == REDEMPTION):
        raise Refused(Reason.BAD_VALUE, property=name, why="unknown")
    if value is None:
        return None
    if name in _DIRECTIONS:
        return _lists(name, value)
    given = _members(name, value)
    if name == TRUST:
        return _trust(given)
    if name == CONSENT:
        return _consent(given, of_default=of_default)
    if name == REDEMPTION:
        return _redemption(given)
    raise Refused(Reason.BAD_VALUE, property=name, why="unsupported")


def _members(name: str, value: Any) -> dict[str, Any]:
    """The members of a complex value that were given. Raises Refused."""
    if not isinstance(value, Mapping):
        raise Refused(Reason.BAD_VALUE, property=name)
    return {member: inner for member, inner in value.items() if "@odata." not in member and inner is not None}


# --- Directions -------------------------------------------------------------------------------------------------------


def _lists(name: str, value: Any) -> Lists:
    given = _members(name, value)
    if not given or set(given) - _LISTS:
        raise Refused(Reason.BAD_VALUE, property=name)
    people, apps = given.get("usersAndGroups"), given.get("applications")
    return Lists(
        None if people is None else _list(name, people, _PEOPLE, (ALL_USERS,)),
        None if apps is None else _list(name, apps, _APPS, (ALL_APPLICATIONS, OFFICE)),
    )


def _list(name: str, value: Any, kinds: frozenset[TargetType], words: tuple[str, ...]) -> AccessList:
    if not isinstance(value, Mapping) or not isinstance(value.get("targets"), list):
        raise Refused(Reason.BAD_VALUE, property=name)
    targets = value["targets"]
    if value.get("accessType") not in {"allowed", "blocked"} or len(targets) > MOST_TARGETS:
        raise Refused(Reason.BAD_VALUE, property=name)
    entries = frozenset(_entry(name, target, kinds, words) for target in targets)
    return AccessList(Access(value["accessType"]), entries)


def _entry(name: str, target: Any, kinds: frozenset[TargetType], words: tuple[str, ...]) -> Entry:
    if not isinstance(target, Mapping) or target.get("targetType") not in {kind.value for kind in kinds}:
        raise Refused(Reason.BAD_VALUE, property=name)
    kind = TargetType(target["targetType"])
    named = str(target.get("target", ""))
    word = next((one for one in words if one.lower() == named.lower()), None)
    if word is not None and kind is not TargetType.GROUP:
        return Entry(word, kind)
    found = guid(named)
    if found is None:
        raise Refused(Reason.BAD_VALUE, property=name)
    return Entry(found, kind)


# --- Flags ------------------------------------------------------------------------------------------------------------


def _flags(name: str, given: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, bool]:
    if set(given) - set(known) or not all(isinstance(value, bool) for value in given.values()):
        raise Refused(Reason.BAD_VALUE, property=name)
    return dict(given)


def _trust(given: Mapping[str, Any]) -> dict[str, bool]:
    flags = _flags(TRUST, given, (collaboration.TRUST, *collaboration.DEVICE_TRUST))
    trusted = next((one for one in collaboration.DEVICE_TRUST if flags.pop(one, False)), None)
    if trusted is not None:
        raise Refused(Reason.BAD_VALUE, property=f"{TRUST}/{trusted}", why="noDevices")
    return flags


def _consent(given: Mapping[str, Any], *, of_default: bool) -> dict[str, bool] | None:
    """The default asks everybody, and stays so: it can only be sent back as it is."""
    flags = _flags(CONSENT, given, (CONSENT_IN, CONSENT_OUT))
    if not of_default:
        return flags
    if any(flags.values()):
        raise Refused(Reason.READ_ONLY, property=CONSENT)
    return None


def _redemption(given: Mapping[str, Any]) -> dict[str, Any]:
    order, fallback = given.get(_ORDER), given.get(_FALLBACK)
    known = {one.value for one in PRECEDENCE}
    if order is not None and not (isinstance(order, list) and len(order) == len(known) and set(order) == known):
        raise Refused(Reason.BAD_VALUE, property=f"{REDEMPTION}/{_ORDER}")
    if fallback is not None and fallback not in {one.value for one in FALLBACKS}:
        raise Refused(Reason.BAD_VALUE, property=f"{REDEMPTION}/{_FALLBACK}")
    if set(given) - {_ORDER, _FALLBACK}:
        raise Refused(Reason.BAD_VALUE, property=REDEMPTION)
    return dict(given)


def redemption_of(setting: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that holds, in Graph's shape; what was never set is as the system says."""
    kept = setting.get(REDEMPTION) or {}
    return {
        _ORDER: list(kept.get(_ORDER, [one.value for one in PRECEDENCE])),
        _FALLBACK: kept.get(_FALLBACK, Source.CONFIGURED.value),
    }
