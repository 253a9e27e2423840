"""What this service can do: ServiceProviderConfig, ResourceTypes, Schemas (RFC 7644, section 4, and RFC 9865)."""

from typing import Any, Final

from vestibule.doors.scim.bodies import LARGEST
from vestibule.doors.scim.errors import not_found
from vestibule.doors.scim.model import Kind, Schema
from vestibule.doors.scim.schemas import KINDS, SCHEMAS

CONFIG: Final = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE: Final = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA: Final = "urn:ietf:params:scim:schemas:core:2.0:Schema"
LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

PAGE: Final = 100
LARGEST_PAGE: Final = 500
MOST_BULK: Final = 100
"""Operations of one bulk request."""


def config(root: str) -> dict[str, Any]:
    """What is offered."""
    return {
        "schemas": [CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": True, "maxOperations": MOST_BULK, "maxPayloadSize": LARGEST},
        "filter": {"supported": True, "maxResults": LARGEST_PAGE},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": PAGE,
            "maxPageSize": LARGEST_PAGE,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "An access token of this organization, from its token endpoint.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{root}/ServiceProviderConfig"},
    }


def resource_types(root: str) -> dict[str, Any]:
    """The kinds of resources."""
    return _listed([_resource_type(kind, root) for kind in KINDS])


def resource_type(root: str, name: str) -> dict[str, Any]:
    """One kind of resources. Raises ScimError (404)."""
    found = next((kind for kind in KINDS if kind.name.lower() == name.lower()), None)
    if found is None:
        raise not_found(name)
    return _resource_type(found, root)


def schemas(root: str) -> dict[str, Any]:
    """The schemas."""
    return _listed([_schema(one, root) for one in SCHEMAS])


def schema(root: str, urn: str) -> dict[str, Any]:
    """One schema. Raises ScimError (404)."""
    found = next((one for one in SCHEMAS if one.id.lower() == urn.lower()), None)
    if found is None:
        raise not_found(urn)
    return _schema(found, root)


def _listed(found: list[dict[str, Any]]) -> dict[str, Any]:
    many = len(found)
    return {"schemas": [LIST], "totalResults": many, "itemsPerPage": many, "startIndex": 1, "Resources": found}


def _resource_type(kind: Kind, root: str) -> dict[str, Any]:
    return {
        "schemas": [RESOURCE_TYPE],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.about,
        "schema": kind.schema.id,
        "schemaExtensions": [{"schema": one.id, "required": False} for one in kind.extensions],
        "meta": {"resourceType": "ResourceType", "location": f"{root}/ResourceTypes/{kind.name}"},
    }


def _schema(one: Schema, root: str) -> dict[str, Any]:
    return {
        "schemas": [SCHEMA],
        "id": one.id,
        "name": one.name,
        "description": one.about,
        "attributes": [attribute.described() for attribute in one.attributes],
        "meta": {"resourceType": "Schema", "location": f"{root}/Schemas/{one.id}"},
    }
