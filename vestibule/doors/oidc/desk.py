"""What every endpoint of this door works with, and how it finds the organization and the parameters of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from vestibule.actions.choosing import Where
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.oidc.errors import ProtocolError, missing, no_such_tenant, repeated, too_large
from vestibule.doors.web.pages import Pages
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.passwords import Passwords
from vestibule.rules import names
from vestibule.rules.names import CONSUMERS_ID, TenantKind
from vestibule.store import organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading

LARGEST_BODY: Final = 64 * 1024
LARGEST_QUERY: Final = 64 * 1024
LONGEST_VALUE: Final = 16 * 1024
MOST_PARAMETERS: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Desk:
    """The house, its keys, the pool for passwords, and the pages for people.

    Attributes:
        static: where style and script lie. operator: who runs the service, for the footer; may be empty.
        pages: made from ``static``.
    """

    house: House
    ring: KeyRing
    passwords: Passwords
    static: StaticFiles
    operator: str = ""
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        """Compile the shared pages once."""
        self.pages = Pages({}, self.static)


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

    @property
    def where(self) -> Where:
        """The same as what an app signs people in to."""
        return Where("" if self.organization is None else self.organization.tenant_id, self.alias)

    @property
    def tenant_id(self) -> str | None:
        """The organization, or the id that stands for people without one; None where it depends on the person."""
        if self.organization is not None:
            return self.organization.tenant_id
        return CONSUMERS_ID if self.alias == TenantKind.CONSUMERS.value else None


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


async def parameters(request: Request) -> dict[str, str]:
    """The parameters of a request for a person, in its address and its body, each at most once, none oversized.

    Raises:
        ProtocolError: invalid_request (RFC 6749 section 3.1).
    """
    pairs = _query(request)
    if request.method == "POST":
        pairs += await _form(request)
    return _once(pairs)


async def form(request: Request) -> dict[str, str]:
    """The parameters of a request from a program: those of the body.

    Nothing that counts comes in the address, where it would be written to logs (RFC 6749 section 2.3.1): a parameter
    that is in both is refused, and so is a secret in the address alone; anything else there is left alone.

    Raises:
        ProtocolError: invalid_request.
    """
    in_address = {name for name, _ in _query(request)}
    found = _once(await _form(request))
    doubled = in_address & (set(found) | _SECRET)
    if doubled:
        raise repeated(min(doubled & set(found), default=min(doubled)))
    return found


_SECRET: Final = frozenset({"client_secret", "client_assertion", "code", "refresh_token", "password", "assertion"})


def needed(given: Mapping[str, str], *wanted: str) -> tuple[str, ...]:
    """The values of parameters that have to be there.

    Raises:
        ProtocolError: invalid_request for the first that is missing or empty.
    """
    for name in wanted:
        if not given.get(name):
            raise missing(name)
    return tuple(given[name] for name in wanted)


def _query(request: Request) -> list[tuple[str, str]]:
    raw: bytes = request.scope.get("query_string", b"")
    if len(raw) > LARGEST_QUERY:
        raise too_large()
    return _decoded(raw)


async def _form(request: Request) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != _FORM:
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
