"""Which guests of another organization may come in, and which of our people may be guests there.

The lists are those of direct connect (``direct_connect.Setting``); what the system says is the other way round: until
an organization decides otherwise, everybody may be invited from everywhere (Microsoft Graph, *b2bCollaborationInbound*
and *b2bCollaborationOutbound*). They hold between organizations of this deployment: somebody who proves a mailbox or
comes from another provider has no organization here that could say anything outwards.

Beside them stand what one organization takes from another on trust (*inboundTrust*), and whether people who come over
are asked to agree first (*automaticUserConsentSettings*).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vestibule.rules.direct_connect import (
    ANY_APP,
    ANYBODY,
    Access,
    AccessList,
    Setting,
    direct_connect_allows,
)
from vestibule.rules.refusals import Reason

SYSTEM_DEFAULT: Final = Setting(
    people=AccessList(Access.ALLOWED, frozenset({ANYBODY})),
    apps=AccessList(Access.ALLOWED, frozenset({ANY_APP})),
)
"""What holds until an organization says otherwise: everybody may come, to every app."""


def why_not_collaborate(
    *, outbound: Setting, inbound: Setting, user_id: str, group_ids: Collection[str], app_id: str | None = None
) -> Reason | None:
    """Return why somebody may not be a guest, or not use an app as one; None when they may.

    Args:
        outbound: what the home organization says about the one that invites.
        inbound: what that organization says about the home organization.
        user_id: the person's user object at home; empty for somebody who is not known there.
        group_ids: the groups at home that the person is in.
        app_id: the app's client id; None to ask whether there could be any app at all.
    """
    for setting in (outbound, inbound):
        met = _some_app(setting.apps) if app_id is None else app_id
        if not direct_connect_allows(setting, user_id, group_ids, met):
            return Reason.COLLABORATION_FORBIDDEN
    return None


def _some_app(apps: AccessList) -> str:
    """An app that the list lets pass, if there is one; else one that it does not."""
    if apps.access is Access.BLOCKED:
        return ""
    return next((entry.target for entry in sorted(apps.entries, key=lambda one: one.target)), "")


# --- Trust and consent ------------------------------------------------------------------------------------------------

TRUST: Final = "isMfaAccepted"
DEVICE_TRUST: Final = ("isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted")
"""Graph's members about devices. Nothing is known of devices here, so that nothing about them can be trusted."""

CONSENT_IN: Final = "inboundAllowed"
CONSENT_OUT: Final = "outboundAllowed"


def trusts_second_factor(partner: Mapping[str, object] | None, default: Mapping[str, object] | None) -> bool:
    """Whether a second factor that was given at home counts here: the partner's own setting, else the default's."""
    found = default if partner is None else partner
    return bool(found and found.get(TRUST))


def skips_consent(home: Mapping[str, object] | None, here: Mapping[str, object] | None) -> bool:
    """Whether people are not asked to review permissions when they come: the home organization lets them go so
    (``outboundAllowed``), and this one take them so (``inboundAllowed``). The default lets nobody.
    """
    return bool(home and home.get(CONSENT_OUT) and here and here.get(CONSENT_IN))


# --- Where an invited person proves who they are ----------------------------------------------------------------------


class Source(StrEnum):
    """Where somebody may be at home: Graph's ``b2bIdentityProvidersType``."""

    ORGANIZATION = "azureActiveDirectory"
    FEDERATION = "externalFederation"
    SOCIAL = "socialIdentityProviders"
    CODE = "emailOneTimePasscode"
    ACCOUNT = "microsoftAccount"
    CONFIGURED = "defaultConfiguredIdp"


PRECEDENCE: Final = (Source.FEDERATION, Source.ORGANIZATION, Source.SOCIAL)
"""The order in which homes are looked for. A domain belongs to one organization or to one provider, never to both, so
that any order finds the same; it is kept for programs that write it.
"""

FALLBACKS: Final = (Source.CONFIGURED, Source.CODE)
"""How somebody is known who belongs to none of these: by an emailed code, which is also what is set up at first."""


@dataclass(frozen=True, slots=True)
class Redemption:
    """In which order an invited person's home is looked for, and what is done when there is none."""

    order: tuple[Source, ...] = PRECEDENCE
    fallback: Source = Source.CONFIGURED
