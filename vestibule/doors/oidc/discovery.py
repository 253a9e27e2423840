"""Metadata and keys (OpenID Connect Discovery 1.0, RFC 8414), instance discovery and the user realm."""

from typing import Any, Final

from vestibule.doors.oidc.clients import METHODS
from vestibule.doors.oidc.desk import Authority, Desk, find_authority
from vestibule.doors.oidc.errors import ProtocolError
from vestibule.doors.oidc.tokens import GRANTS
from vestibule.rules import names
from vestibule.rules.names import CONSUMERS_ID
from vestibule.store import organizations

_SIGNED: Final = ("RS256", "PS256", "ES256")
_CLAIMS: Final = (
    "sub", "iss", "aud", "exp", "iat", "nbf", "auth_time", "acr", "amr", "nonce", "preferred_username", "name",
    "given_name", "family_name", "tid", "oid", "ver", "at_hash", "email", "idp", "sid", "roles", "acct",
)  # fmt: skip


async def first_metadata(desk: Desk, word: str) -> dict[str, Any]:
    """The same for clients of the first version: with the endpoints that take a resource. The issuer stays."""
    found = await metadata(desk, word)
    names = ("authorization_endpoint", "token_endpoint")
    return found | {name: found[name].replace("/oauth2/v2.0/", "/oauth2/") for name in names}


async def metadata(desk: Desk, word: str) -> dict[str, Any]:
    """The metadata document of an organization or an alias."""
    authority = await find_authority(await desk.house.store.read(), word)
    origin = desk.house.public_url
    base = f"{origin}/{authority.segment}"
    return {
        "issuer": _issuer(authority, origin),
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "userinfo_endpoint": f"{origin}/oidc/userinfo",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "introspection_endpoint": f"{base}/oauth2/v2.0/introspect",
        "revocation_endpoint": f"{base}/oauth2/v2.0/revoke",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(_SIGNED),
        "introspection_endpoint_auth_methods_supported": [one for one in METHODS if one != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": list(_SIGNED),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(_SIGNED),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": list(_CLAIMS),
        "prompt_values_supported": ["none", "login", "select_account", "consent"],
        "ui_locales_supported": ["en", "nl", "sv"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": True,
        "acr_values_supported": ["0", "1"],
        "http_logout_supported": True,
        "frontchannel_logout_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "tenant_region_scope": None,
        "cloud_instance_name": origin.removeprefix("https://"),
        "cloud_graph_host_name": origin.removeprefix("https://"),
        "msgraph_host": origin.removeprefix("https://"),
    }


def _issuer(authority: Authority, origin: str) -> str:
    if authority.organization is not None:
        return f"{origin}/{authority.organization.tenant_id}/v2.0"
    if authority.alias == "consumers":
        return f"{origin}/{CONSUMERS_ID}/v2.0"
    return f"{origin}/{{tenantid}}/v2.0"


async def keys(desk: Desk, word: str) -> dict[str, Any]:
    """The public keys; the same for every organization of the deployment."""
    await find_authority(await desk.house.store.read(), word)
    return {"keys": await desk.ring.public()}


def instance(desk: Desk, authorization_endpoint: str) -> dict[str, Any]:
    """Authority validation: this deployment knows itself and nobody else.

    Raises:
        ProtocolError: invalid_instance for a foreign host.
    """
    origin = desk.house.public_url
    host = origin.removeprefix("https://")
    name = host.partition(":")[0]
    start = authorization_endpoint.removeprefix("https://")
    asked, _, rest = start.partition("/")
    if authorization_endpoint == start or asked not in {host, name} or not rest:
        raise ProtocolError("invalid_instance", 50049, "Unknown or invalid instance.")
    tenant = rest.partition("/")[0]
    return {
        "tenant_discovery_endpoint": f"{origin}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": sorted({host, name})}],
    }


async def realm(desk: Desk, user: str) -> dict[str, Any]:
    """How the user name's domain signs in: always here, never federated.

    Raises:
        ProtocolError: a domain that nobody here owns, answered as 404.
    """
    principal = names.read_principal_name(user)
    owner = None
    if principal is not None:
        owner = await organizations.find_domain(await desk.house.store.read(), principal.domain.name)
    if principal is None or owner is None:
        raise ProtocolError("invalid_request", 90002, "Nothing is known of this domain.", 404)
    return {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": principal.domain.name,
        "cloud_instance_name": desk.house.public_url.removeprefix("https://"),
        "cloud_audience_urn": "urn:federation:vestibule",
    }
