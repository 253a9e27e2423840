"""What describes the transmitter (SSF 1.0, section 7.1), and one stream (section 8.1.1)."""

from typing import Any

from vestibule.actions.access import issuer
from vestibule.actions.house import House
from vestibule.rules import signals as rules
from vestibule.rules.signals import Method
from vestibule.store.connections import Connection


def transmitter(house: House, tenant_id: str) -> dict[str, Any]:
    """The metadata of an organization's transmitter; its issuer is the one of its id_tokens.

    There are no endpoints for subjects: of whom an app is told is the organization's decision.
    """
    return {
        "spec_version": "1_0",
        "issuer": issuer(house, tenant_id),
        "jwks_uri": f"{house.public_url}/{tenant_id}/discovery/v2.0/keys",
        "delivery_methods_supported": [Method.PUSH.urn, Method.POLL.urn],
        "configuration_endpoint": address(house, tenant_id, "stream"),
        "status_endpoint": address(house, tenant_id, "status"),
        "verification_endpoint": address(house, tenant_id, "verify"),
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}, {"spec_urn": "urn:ietf:rfc:6750"}],
        "default_subjects": "ALL",
        "critical_subject_members": [],
    }


def stream(house: House, one: Connection) -> dict[str, Any]:
    """The configuration of a stream. What we say in the Authorization header when we push is not shown."""
    method = Method(one.method or "")
    asked = {} if one.events is None else {"events_requested": one.events.split()}
    described = {} if one.description is None else {"description": one.description}
    pushed = one.url if method is Method.PUSH else address(house, one.tenant_id, "poll")
    return {
        "stream_id": one.stream_id,
        "iss": issuer(house, one.tenant_id),
        "aud": one.client_id,
        "delivery": {"method": method.urn, "endpoint_url": pushed},
        "events_supported": list(rules.SUPPORTED),
        **asked,
        "events_delivered": [each for each in rules.SUPPORTED if each in rules.delivered(one.events)],
        **described,
    }


def status(one: Connection) -> dict[str, Any]:
    """The status of a stream (section 8.1.2)."""
    why = {} if one.reason is None else {"reason": one.reason}
    return {"stream_id": one.stream_id, "status": one.status, **why}


def address(house: House, tenant_id: str, what: str) -> str:
    """The address of an endpoint."""
    return f"{house.public_url}/{tenant_id}/ssf/{what}"
