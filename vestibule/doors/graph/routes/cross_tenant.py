"""Cross-tenant access settings: the policy, its default, and what is said about single organizations."""

from typing import Any, Final

from vestibule.actions import cross_tenant
from vestibule.actions.cross_tenant_shapes import redemption_of
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.cross_tenant import CROSS_TENANT_DEFAULT, CROSS_TENANT_PARTNER, CROSS_TENANT_POLICY
from vestibule.doors.graph.odata.options import SELECTED, Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import (
    CROSS_TENANT_DEFAULTS,
    CROSS_TENANT_PARTNERS,
    CROSS_TENANT_POLICIES,
    Plain,
)
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.collaboration import CONSENT_IN, CONSENT_OUT, DEVICE_TRUST
from vestibule.rules.collaboration import TRUST as MFA
from vestibule.rules.names import guid
from vestibule.rules.verbs import Verb
from vestibule.store import cross_tenant as kept
from vestibule.store.cross_tenant import CONSENT, REDEMPTION, SYSTEM, TRUST, Settings, Towards

_OF: Final = "policies/crossTenantAccessPolicy"
_POLICY: Final[Plain] = {
    "id": "crossTenantAccessPolicy",
    "displayName": "CrossTenantAccessPolicy",
    "definition": [],
    "allowedCloudEndpoints": [],
}
_REDEMPTION_TYPE: Final = "#microsoft.graph.defaultInvitationRedemptionIdentityProviderConfiguration"


async def get_policy(call: Call) -> Reply:
    """The policy itself: a name, and the other clouds it reaches, which are none."""
    await call.may_read(Verb.READ_POLICIES)
    return call.single(_OF, CROSS_TENANT_POLICY, CROSS_TENANT_POLICIES.values(_POLICY, call.asked.select))


async def update_policy(call: Call) -> Reply:
    """The name and the clouds are what they are: a program may send them back, and nothing else."""
    await call.insist(Verb.CHANGE_CROSS_TENANT)
    await call.body(CROSS_TENANT_POLICY, Mode.UPDATE, as_sent(CROSS_TENANT_POLICIES.everything(_POLICY)))
    return NO_CONTENT


async def get_default(call: Call) -> Reply:
    """What holds towards every organization without settings of its own."""
    await call.may_read(Verb.READ_POLICIES)
    values = CROSS_TENANT_DEFAULTS.values(await _default(call), call.asked.select)
    return call.single(f"{_OF}/default", CROSS_TENANT_DEFAULT, values)


async def update_default(call: Call) -> Reply:
    """Change what holds by default."""
    await call.insist(Verb.CHANGE_CROSS_TENANT)
    current = as_sent(CROSS_TENANT_DEFAULTS.everything(await _default(call)))
    values = (await call.body(CROSS_TENANT_DEFAULT, Mode.UPDATE, current)).values
    await cross_tenant.set_default(call.house, tenant_id=call.tenant_id, changes=values, by=call.by)
    return NO_CONTENT


async def reset_default(call: Call) -> Reply:
    """Go back to what the system says."""
    await call.insist(Verb.CHANGE_CROSS_TENANT)
    await cross_tenant.reset_default(call.house, tenant_id=call.tenant_id, by=call.by)
    return NO_CONTENT


async def list_partners(call: Call) -> Reply:
    """Every organization with settings of its own."""
    await call.may_read(Verb.READ_POLICIES)
    found = await kept.partners(call.reading, call.tenant_id)
    return answer_small(call, f"{_OF}/partners", [(CROSS_TENANT_PARTNERS, _partner(one)) for one in found])


async def create_partner(call: Call) -> Reply:
    """Say something about an organization of its own."""
    await call.insist(Verb.CHANGE_CROSS_TENANT)
    values = dict((await call.body(CROSS_TENANT_PARTNER, Mode.CREATE)).values)
    partner_id = values.pop("tenantId")
    made = await cross_tenant.set_partner(
        call.house, tenant_id=call.tenant_id, partner_id=partner_id, changes=values, by=call.by, must_be_new=True
    )
    location = call.location(f"/{_OF}/partners/{made.partner_id}")
    values = CROSS_TENANT_PARTNERS.values(_partner(made))
    return call.single(f"{_OF}/partners", CROSS_TENANT_PARTNER, values, status=201, headers=location)


async def get_partner(call: Call) -> Reply:
    """What is said about one organization; null where the default holds."""
    await call.may_read(Verb.READ_POLICIES)
    found = await _find(call, Verb.READ_POLICIES)
    values = CROSS_TENANT_PARTNERS.values(_partner(found), call.asked.select)
    return call.single(f"{_OF}/partners", CROSS_TENANT_PARTNER, values)


async def update_partner(call: Call) -> Reply:
    """Change what is said about one organization; null lets the default hold again."""
    await call.insist(Verb.CHANGE_CROSS_TENANT)
    found = await _find(call, Verb.CHANGE_CROSS_TENANT)
    current = as_sent(CROSS_TENANT_PARTNERS.everything(_partner(found)))
    values = (await call.body(CROSS_TENANT_PARTNER, Mode.UPDATE, current)).values
    await cross_tenant.set_partner(
        call.house, tenant_id=call.tenant_id, partner_id=found.partner_id, changes=values, by=call.by
    )
    return NO_CONTENT


async def delete_partner(call: Call) -> Reply:
    """Say nothing of its own about an organization any more."""
    await call.insist(Verb.CHANGE_CROSS_TENANT)
    found = await _find(call, Verb.CHANGE_CROSS_TENANT)
    await cross_tenant.delete_partner(call.house, tenant_id=call.tenant_id, partner_id=found.partner_id, by=call.by)
    return NO_CONTENT


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _find(call: Call, verb: Verb) -> Settings:
    named = guid(call.parameters["partner"])
    found = None if named is None else await kept.find(call.reading, call.tenant_id, named)
    if found is None:
        raise await call.missing(verb)
    return found


async def _default(call: Call) -> Plain:
    """The default with every value that holds, its own and the system's."""
    found = await kept.find(call.reading, call.tenant_id)
    setting = {} if found is None else found.setting
    holds = Towards(None, found)
    return {
        "id": "default",
        "isServiceDefault": not setting,
        **{name: kept.as_json(holds.direction(name)) for name in SYSTEM},
        TRUST: _trust(setting.get(TRUST, {})),
        CONSENT: {CONSENT_IN: False, CONSENT_OUT: False},
        "tenantRestrictions": None,
        REDEMPTION: {"@odata.type": _REDEMPTION_TYPE, **redemption_of(setting)},
    }


def _partner(settings: Settings) -> Plain:
    setting = settings.setting
    consent = setting.get(CONSENT) or {}
    return {
        "id": settings.partner_id,
        "tenantId": settings.partner_id,
        "isServiceProvider": None,
        "isInMultiTenantOrganization": False,
        **{name: setting.get(name) for name in SYSTEM},
        TRUST: _trust(setting[TRUST]) if TRUST in setting else None,
        CONSENT: {name: consent.get(name) for name in (CONSENT_IN, CONSENT_OUT)},
        "tenantRestrictions": None,
    }


def _trust(kept_flags: dict[str, Any]) -> dict[str, bool]:
    return {MFA: bool(kept_flags.get(MFA)), **dict.fromkeys(DEVICE_TRUST, False)}


_AT: Final = f"/{_OF}"
_DEFAULT: Final = f"{_AT}/default"
_PARTNERS: Final = f"{_AT}/partners"
_ONE: Final = f"{_PARTNERS}/{{partner}}"
_READ: Final = Verb.READ_POLICIES
_CHANGE: Final = Verb.CHANGE_CROSS_TENANT
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        get_policy,
        verb=_READ,
        query=Collection(CROSS_TENANT_POLICY, options=SELECTED, single=True),
        summary="The cross-tenant access policy",
    ),
    Route(
        "PATCH",
        _AT,
        update_policy,
        verb=_CHANGE,
        body=CROSS_TENANT_POLICY,
        status=204,
        summary="Send the cross-tenant access policy back as it is",
    ),
    Route(
        "GET",
        _DEFAULT,
        get_default,
        verb=_READ,
        query=Collection(CROSS_TENANT_DEFAULT, options=SELECTED, single=True),
        summary="What holds towards organizations without settings of their own",
    ),
    Route(
        "PATCH",
        _DEFAULT,
        update_default,
        verb=_CHANGE,
        body=CROSS_TENANT_DEFAULT,
        status=204,
        summary="Say what holds towards organizations without settings of their own",
    ),
    Route(
        "POST",
        f"{_DEFAULT}/resetToSystemDefault",
        reset_default,
        verb=_CHANGE,
        status=204,
        summary="Let the system's default hold again",
    ),
    Route(
        "GET",
        _PARTNERS,
        list_partners,
        verb=_READ,
        query=Collection(CROSS_TENANT_PARTNER, options=SELECTED | {"top", "skiptoken"}, directory=False),
        summary="Organizations with settings of their own",
    ),
    Route(
        "POST",
        _PARTNERS,
        create_partner,
        verb=_CHANGE,
        body=CROSS_TENANT_PARTNER,
        status=201,
        summary="Give an organization settings of its own",
    ),
    Route(
        "GET",
        _ONE,
        get_partner,
        verb=_READ,
        query=Collection(CROSS_TENANT_PARTNER, options=SELECTED, single=True),
        summary="The settings towards an organization",
    ),
    Route(
        "PATCH",
        _ONE,
        update_partner,
        verb=_CHANGE,
        body=CROSS_TENANT_PARTNER,
        status=204,
        summary="Change the settings towards an organization",
    ),
    Route("DELETE", _ONE, delete_partner, verb=_CHANGE, status=204, summary="Let the default hold towards it again"),
]
