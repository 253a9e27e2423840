"""Whom an app serves: Graph's ``signInAudience``, and what ``common``, ``organizations`` and ``consumers`` stand for.

An app belongs to the organization it is registered in. One that says so serves other organizations too, where its
people or an administrator consent to it, and people without a home organization. For guests the organization has to
be named: an alias sends a person home.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused

COMMON: Final = "common"
ORGANIZATIONS: Final = "organizations"
CONSUMERS: Final = "consumers"


class Audience(StrEnum):
    """Graph's ``signInAudience``."""

    ONE = "AzureADMyOrg"
    SEVERAL = "AzureADMultipleOrgs"
    EVERYBODY = "AzureADandPersonalMicrosoftAccount"
    PERSONAL = "PersonalMicrosoftAccount"


def audience_of(attributes: Mapping[str, Any]) -> Audience:
    """The audience that an app's properties name; its own organization when they name none."""
    value = attributes.get("signInAudience")
    return Audience(value) if value in list(Audience) else Audience.ONE


def serves(audience: Audience, own: str, tenant_id: str) -> bool:
    """Whether an app of the organization ``own`` signs people in to ``tenant_id``."""
    if tenant_id == CONSUMERS_ID:
        return audience in {Audience.EVERYBODY, Audience.PERSONAL}
    return tenant_id == own or audience in {Audience.SEVERAL, Audience.EVERYBODY}


def home_for(alias: str, home_tenant: str | None) -> str:
    """The organization that an alias means for a person: where they are at home.

    Raises:
        Refused: NOT_FOUND when the alias does not serve them: ``consumers`` those with a home organization,
            ``organizations`` those without.
    """
    if home_tenant is None and alias in {COMMON, CONSUMERS}:
        return CONSUMERS_ID
    if home_tenant is not None and alias in {COMMON, ORGANIZATIONS}:
        return home_tenant
    raise Refused(Reason.NOT_FOUND, alias=alias)
