"""What an organization says about guests as such: who may invite them, how much they see, where they may come from."""

from dataclasses import replace
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules import invitations as invitation_rules
from vestibule.rules.actors import Actor
from vestibule.rules.domains import Domain
from vestibule.rules.policy import ERASURE_ON_LEAVE as DEFAULT_ERASURE
from vestibule.rules.policy import DomainMode, DomainRestriction, ErasureOnLeave, GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unit

RESTRICTION: Final = "collaborationRestriction"
"""Its name among the organization's settings, and in the audit log."""

DEVICE_SIGN_IN: Final = "deviceSignInForGuests"
"""The same for whether guests may sign in on devices without a keyboard; off until somebody turns it on."""

INVITATION_DAYS: Final = "invitationDays"
"""And for how many days an invitation is good; a change moves no invitation that is out."""

ERASURE_ON_LEAVE: Final = "erasureOnLeave"
"""And for whether who leaves and asks to be erased is erased at once, or after an administrator has answered."""


async def change_guest_settings(
    house: House,
    *,
    tenant_id: str,
    by: Actor,
    invites: InvitesFrom | None = None,
    access: GuestAccess | None = None,
    restriction: DomainRestriction | None = None,
    device_sign_in: bool | None = None,
    invitation_days: int | None = None,
    erasure_on_leave: ErasureOnLeave | None = None,
) -> Organization:
    """Say who may invite guests, how much of the directory guests may read, which domains they may come from,
    whether they may sign in on devices without a keyboard, for how many days their invitations are good, and whether
    those who ask to be erased when they leave are erased at once.

    What is None stays as it is; a change that changes nothing leaves no event.

    Raises:
        Refused: NOT_ALLOWED; NOT_FOUND; BAD_VALUE for days out of bounds.
    """
    days = None if invitation_days is None else invitation_rules.check_days_good(invitation_days)

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.CHANGE_GUEST_SETTINGS, tenant_id)
        before = await organizations.find(unit, tenant_id)
        if before is None:
            raise Refused(Reason.NOT_FOUND)
        after = _changed(
            before, invites, access, _settings(before, restriction, device_sign_in, days, erasure_on_leave)
        )
        if after == before:
            return before
        return await _save(house, unit, before, after, by=by)

    return await attempt(house, Verb.CHANGE_GUEST_SETTINGS, work, by=by, tenant_id=tenant_id)


def restriction_of(organization: Organization) -> DomainRestriction:
    """The organization's list of domains that guests may, or may not, come from."""
    kept = organization.settings.get(RESTRICTION, {})
    return DomainRestriction(
        DomainMode(kept.get("mode", DomainMode.ANY.value)), frozenset(Domain(name) for name in kept.get("domains", []))
    )


def allows_device_sign_in(organization: Organization) -> bool:
    """Whether the organization's guests may sign in on devices without a keyboard."""
    return organization.settings.get(DEVICE_SIGN_IN) is True


def invitation_days_of(organization: Organization) -> int:
    """For how many days an invitation of the organization is good."""
    return invitation_rules.check_days_good(organization.settings.get(INVITATION_DAYS, invitation_rules.DAYS_GOOD))


def erasure_on_leave_of(organization: Organization) -> ErasureOnLeave:
    """What happens when a leaving person asks to be erased as well."""
    return ErasureOnLeave(organization.settings.get(ERASURE_ON_LEAVE, DEFAULT_ERASURE.value))


def _settings(
    before: Organization,
    restriction: DomainRestriction | None,
    device_sign_in: bool | None,
    days: int | None,
    erasure: ErasureOnLeave | None,
) -> dict[str, Any]:
    settings = dict(before.settings)
    if restriction is not None:
        settings[RESTRICTION] = _as_json(restriction)
    if device_sign_in is not None and device_sign_in is not allows_device_sign_in(before):
        settings[DEVICE_SIGN_IN] = device_sign_in
    if days is not None and days != invitation_days_of(before):
        settings[INVITATION_DAYS] = days
    if erasure is not None and erasure is not erasure_on_leave_of(before):
        settings[ERASURE_ON_LEAVE] = erasure.value
    return settings


def _changed(
    before: Organization, invites: InvitesFrom | None, access: GuestAccess | None, settings: dict[str, Any]
) -> Organization:
    return replace(
        before,
        allow_invites_from=before.allow_invites_from if invites is None else invites.value,
        guest_access=before.guest_access if access is None else access.value,
        settings=settings,
    )


def _as_json(restriction: DomainRestriction) -> dict[str, Any]:
    return {"mode": restriction.mode.value, "domains": sorted(domain.name for domain in restriction.domains)}


async def _save(house: House, unit: Unit, before: Organization, wanted: Organization, *, by: Actor) -> Organization:
    after = organizations.save(unit, before, wanted)
    old, new = _told(before), _told(after)
    changes = tuple(name for name in old if old[name] != new[name])
    event = journal.Event(
        Verb.CHANGE_GUEST_SETTINGS,
        before.tenant_id,
        journal.about_organization(before, after, kind="policy"),
        unit.now,
        changes=changes,
        details={"old": {name: old[name] for name in changes}, "new": {name: new[name] for name in changes}},
    )
    await journal.write(house, unit, event, by=by)
    return after


def _told(organization: Organization) -> dict[str, Any]:
    """The settings as the log shows them, under Graph's names."""
    return {
        "allowInvitesFrom": organization.allow_invites_from,
        "guestUserRoleId": organization.guest_access,
        RESTRICTION: _as_json(restriction_of(organization)),
        DEVICE_SIGN_IN: allows_device_sign_in(organization),
        INVITATION_DAYS: invitation_days_of(organization),
        ERASURE_ON_LEAVE: erasure_on_leave_of(organization).value,
    }
