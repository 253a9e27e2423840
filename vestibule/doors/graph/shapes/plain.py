"""Objects that are shown from a mapping with the model's own names: roles, apps, assignments, domains.

Moments in the mapping are integer microseconds, as in the attributes of users and groups.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.doors.graph.model.app import (
    APP_ROLE_ASSIGNMENT,
    APPLICATION,
    PERMISSION_GRANT,
    SERVICE_PRINCIPAL,
)
from vestibule.doors.graph.model.cross_tenant import (
    B2B_MANAGEMENT_POLICY,
    CROSS_TENANT_DEFAULT,
    CROSS_TENANT_PARTNER,
    CROSS_TENANT_POLICY,
    INBOUND_PROFILE,
    OUTBOUND_PROFILE,
    TENANT_INFORMATION,
    TENANT_REFERENCE,
)
from vestibule.doors.graph.model.data_export import DATA_EXPORT
from vestibule.doors.graph.model.domain import DNS_RECORD, DOMAIN
from vestibule.doors.graph.model.identity_provider import OPENID_CONNECT, SAML_PROVIDER
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.model.review import REVIEW, REVIEW_DECISION, REVIEW_INSTANCE, REVIEW_STAGE, REVIEWER
from vestibule.doors.graph.model.review_history import REVIEW_HISTORY, REVIEW_HISTORY_INSTANCE, REVIEW_POLICY
from vestibule.doors.graph.model.role import DIRECTORY_ROLE, ROLE_ASSIGNMENT, ROLE_DEFINITION, ROLE_TEMPLATE
from vestibule.doors.graph.model.subscription import SUBSCRIPTION
from vestibule.doors.graph.shapes.picking import Shape

Plain = Mapping[str, Any]


def _shape(entity: Entity) -> Shape[Plain]:
    return Shape(entity, {}, lambda view: view)


DIRECTORY_ROLES: Final = _shape(DIRECTORY_ROLE)
ROLE_TEMPLATES: Final = _shape(ROLE_TEMPLATE)
ROLE_DEFINITIONS: Final = _shape(ROLE_DEFINITION)
ROLE_ASSIGNMENTS: Final = _shape(ROLE_ASSIGNMENT)
APPLICATIONS: Final = _shape(APPLICATION)
SERVICE_PRINCIPALS: Final = _shape(SERVICE_PRINCIPAL)
APP_ROLE_ASSIGNMENTS: Final = _shape(APP_ROLE_ASSIGNMENT)
DATA_EXPORTS: Final = _shape(DATA_EXPORT)
DOMAINS: Final = _shape(DOMAIN)
SUBSCRIPTIONS: Final = _shape(SUBSCRIPTION)
DNS_RECORDS: Final = _shape(DNS_RECORD)
PERMISSION_GRANTS: Final = _shape(PERMISSION_GRANT)
PROVIDERS: Final = _shape(OPENID_CONNECT)
SAML_PROVIDERS: Final = _shape(SAML_PROVIDER)
CROSS_TENANT_POLICIES: Final = _shape(CROSS_TENANT_POLICY)
CROSS_TENANT_DEFAULTS: Final = _shape(CROSS_TENANT_DEFAULT)
CROSS_TENANT_PARTNERS: Final = _shape(CROSS_TENANT_PARTNER)
TENANTS: Final = _shape(TENANT_INFORMATION)
INBOUND_PROFILES: Final = _shape(INBOUND_PROFILE)
OUTBOUND_PROFILES: Final = _shape(OUTBOUND_PROFILE)
TENANT_REFERENCES: Final = _shape(TENANT_REFERENCE)
B2B_MANAGEMENT: Final = _shape(B2B_MANAGEMENT_POLICY)
REVIEWS: Final = _shape(REVIEW)
REVIEW_INSTANCES: Final = _shape(REVIEW_INSTANCE)
REVIEW_STAGES: Final = _shape(REVIEW_STAGE)
REVIEW_DECISIONS: Final = _shape(REVIEW_DECISION)
REVIEWERS: Final = _shape(REVIEWER)
REVIEW_HISTORIES: Final = _shape(REVIEW_HISTORY)
REVIEW_HISTORY_INSTANCES: Final = _shape(REVIEW_HISTORY_INSTANCE)
REVIEW_POLICIES: Final = _shape(REVIEW_POLICY)
