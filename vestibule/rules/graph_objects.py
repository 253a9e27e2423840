"""Objects of the Graph API that are stored nowhere: its service principal, and what apps are granted there.

Their ids are worked out from what they are about, so that they are the same whenever somebody looks.
"""

import hashlib

from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.permissions import PERMISSIONS


def graph_principal_id(tenant_id: str) -> str:
    """The id of the Graph API's service principal in an organization."""
    return _id(f"service principal {GRAPH_APP_ID} in {tenant_id}")


def graph_assignment_id(app_id: str, role_id: str) -> str:
    """The id of the assignment by which an app has a permission of the Graph API for itself."""
    return _id(f"application permission {role_id} of {app_id}")


def dns_record_id(tenant_id: str, domain: str) -> str:
    """The id of the record by which an organization proves a domain."""
    return _id(f"proof of {domain} for {tenant_id}")


def permission_of_role(role_id: str) -> str | None:
    """The name of the application permission with this id."""
    return next((one.name for one in PERMISSIONS.values() if one.application_id == role_id), None)


def _id(of: str) -> str:
    digest = hashlib.sha256(of.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
