"""What every endpoint of this door works with, and how it finds the organization and the app of a request."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.oidc.errors import ProtocolError, no_such_tenant, repeated, too_large
from vestibule.ground.passwords import Passwords
from vestibule.rules import names
from vestibule.rules.names import TenantKind
from vestibule.store import organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading

LARGEST_BODY: Final = 64 * 1024
LONGEST_VALUE: Final = 16 * 1024
MOST_PARAMETERS: Final = 100


@dataclass(slots=True)
class Desk:
    """The house, its keys, the pool for passwords, and where our script lies (it submits form_post pages)."""

    house: House
    ring: KeyRing
    passwords: Passwords
    script_url: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """The ``{tenant}`` of a path.

    Attributes:
        word: as it was written. alias: common, organizations or consumers; empty for an organization of its own.
        organization: the organization, when one is named.
    """

    word: str
    alias: str
    organization: Organization | None

    @property
    def segment(self) -> str:
        """What goes into the addresses of the metadata: the id, or the alias."""
        return self.alias if self.organization is None else self.organization.tenant_id


async def find_authority(reading: Reading, word: str) -> Authority:
    """The organization that a path names by id, by domain, or by an alias.

    Raises:
        ProtocolError: invalid_tenant (AADSTS90002) when there is no such organization.
    """
    tenant = names.read_tenant(word)
    if tenant is None:
        raise no_such_tenant(word)
    if tenant.kind in {TenantKind.COMMON, TenantKind.ORGANIZATIONS, TenantKind.CONSUMERS}:
        return Authority(word, tenant.kind.value, None)
    if tenant.kind is TenantKind.ID:
        found = await organizations.find(reading, tenant.value)
    else:
        found = await organizations.find_by_domain(reading, tenant.value)
    if found is None:
        raise no_such_tenant(word)
    return Authority(word, "", found)


async def parameters(request: Request, *, query: bool = True, form: bool = True) -> dict[str, str]:
    """The parameters of a request, each at most once, none oversized (RFC 6749 section 3.1).

    Raises:
        ProtocolError: invalid_request.
    """
    pairs: list[tuple[str, str]] = list(request.query_params.multi_items()) if query else []
    if form and request.method == "POST":
        pairs += await _form(request)
    return _once(pairs)


async def _form(request: Request) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise ProtocolError("invalid_request", 900144, "The body must be form-encoded.")
    size = 0
    chunks: list[bytes] = []
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise too_large()
        chunks.append(chunk)
    return _decoded(b"".join(chunks))


def _decoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError as bad:
        raise ProtocolError("invalid_request", 9002313, "The request is malformed.") from bad


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    if len(pairs) > MOST_PARAMETERS:
        raise too_large()
    found: dict[str, str] = {}
    for name, value in pairs:
        if len(value) > LONGEST_VALUE:
            raise too_large()
        if name in found:
            raise repeated(name)
        found[name] = value
    return found
