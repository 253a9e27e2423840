"""What an app may be called as an API: only what is the organization's, and the app's own."""

from vestibule.actions.house import House
from vestibule.rules import apis, grants
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.unit import Reading


async def insist_own(house: House, reading: Reading, tenant_id: str, client_id: str, uris: list[str]) -> None:
    """Insist that an app may be called this: by its own client id, a name of ``api://``, or a host under one of the
    organization's verified domains.

    Raises:
        Refused: BAD_VALUE with the property ``identifierUris``; DUPLICATE_VALUE when another app is called so.
    """
    for uri in uris:
        if grants.is_graph(uri, origin=house.public_url) or apis.foreign_client_id(uri, client_id):
            raise apis.bad_uri()
        host = apis.host_of(uri)
        if host is not None and not await _is_ours(reading, tenant_id, host):
            raise Refused(Reason.BAD_VALUE, property=apis.URIS, why="domain")


async def _is_ours(reading: Reading, tenant_id: str, host: str) -> bool:
    """Whether a host lies at or below a verified domain of the organization."""
    labels = host.split(".")
    for place in range(len(labels) - 1):
        owner = await organizations.find_domain(reading, ".".join(labels[place:]))
        if owner is not None:
            return owner.tenant_id == tenant_id and owner.verified_at is not None
    return False
