"""One request on its way through the door: what handlers get, and what they give back."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Receive

from vestibule.actions.authorising import Acting, authorise_reading
from vestibule.actions.carry_out import journal_refusal
from vestibule.actions.house import House
from vestibule.doors.scim.bodies import LARGEST, decode_object
from vestibule.doors.scim.errors import too_large
from vestibule.doors.scim.projecting import Wanted, read_wanted
from vestibule.rules import rights
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.rights import Sight
from vestibule.rules.targets import Anything, Target
from vestibule.rules.verbs import Verb
from vestibule.store.remembering import Remembering
from vestibule.store.unit import Reading

_TAG: Final = re.compile(r'(?:W/)?"[^"]*"')


class Gone(Exception):
    """The client hung up while it was sending."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``values`` is the JSON object, None for an answer without a body."""

    status: int = 200
    values: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT: Final = Reply(204)
NOT_MODIFIED: Final = 304


@dataclass(slots=True)
class Call:
    """One request after its token and its path were read.

    Attributes:
        house: the house. by: who asks. reading: what is read for the answer, of one moment.
        resource_id: the id in the path, in lower case. query: the parameters by lower-case name.
        given: the body of a part of a bulk request; None when the body is still to be received.
    """

    house: House
    by: Actor
    reading: Reading
    resource_id: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    receive: Receive
    given: dict[str, Any] | None = None

    @property
    def tenant_id(self) -> str:
        """The organization: the token's and the path's, which are the same."""
        return self.by.tenant_id or ""

    @property
    def root(self) -> str:
        """The address below which everything of the organization lies."""
        return root_of(self.house.public_url, self.tenant_id)

    @property
    def wanted(self) -> Wanted:
        """Which attributes the answer shall hold. Raises ScimError (400)."""
        return read_wanted(self.query.get("attributes"), self.query.get("excludedattributes"))

    # --- Rights ---------------------------------------------------------------------------------------------------

    async def may_read(self, verb: Verb, on: Target | None = None) -> None:
        """Insist on the right to read everything: nobody comes here to look up a colleague. Raises Refused."""
        acting = await self._acting(verb, on)
        if verb is Verb.READ_USERS and rights.sight(acting.by, acting.here) is not Sight.ALL:
            raise Refused(Reason.NOT_ALLOWED)

    async def insist(self, *verbs: Verb, on: Target | None = None, user_id: str | None = None) -> None:
        """Insist on the right to one of several changes, before the body is looked at.

        The action asks again, in its transaction, for exactly what is changed. A refusal is written down.

        Raises Refused.
        """
        for verb in verbs[1:]:
            try:
                await self._acting(verb, on)
            except Refused:
                continue
            return
        try:
            await self._acting(verbs[0], on)
        except Refused as refused:
            await journal_refusal(self.house, verbs[0], refused, by=self.by, tenant_id=self.tenant_id, user_id=user_id)
            raise

    async def _acting(self, verb: Verb, on: Target | None) -> Acting:
        """Who acts, when they have the right. This door is for programs and administrators: what people may do as who
        they are (members invite, owners manage their group) they do elsewhere.
        """
        acting = await authorise_reading(self.reading, self.by, verb, on or Anything(self.tenant_id))
        by = acting.by
        if by.kind is ActorKind.PERSON and verb not in rights.role_verbs(by):
            raise Refused(Reason.NOT_ALLOWED)
        return acting

    async def missing(self, verb: Verb) -> Refused:
        """The refusal for something that is not there, after writing it down."""
        refused = Refused(Reason.NOT_FOUND, objectId=self.resource_id)
        await journal_refusal(self.house, verb, refused, by=self.by, tenant_id=self.tenant_id)
        return refused

    # --- What was sent --------------------------------------------------------------------------------------------

    async def body(self) -> dict[str, Any]:
        """The JSON object in the body. Raises ScimError (400, 413, 415)."""
        if self.given is not None:
            return self.given
        raw = await read_octets(self.receive, self.headers)
        return decode_object(raw, self.headers.get("content-type"), self.headers.get("content-encoding"))

    def is_known(self, tag: str) -> bool:
        """Whether the client has this version already (``If-None-Match``)."""
        return _names(self.headers.get("if-none-match"), tag) is True

    def fits(self, tag: str) -> bool:
        """Whether this is the version that the client means to change (``If-Match``)."""
        return _names(self.headers.get("if-match"), tag) is not False

    async def fresh(self) -> Reading:
        """Read anew, after something was changed."""
        self.reading = Remembering(await self.house.store.read())
        return self.reading


Handler = Callable[[Call], Awaitable[Reply]]


def root_of(origin: str, tenant_id: str) -> str:
    """The address below which everything of an organization lies."""
    return f"{origin}/scim/{tenant_id}/v2"


async def read_octets(receive: Receive, headers: Mapping[str, str]) -> bytes:
    """The body. Raises ScimError (413) for more than this door reads, and Gone when the client hangs up."""
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > LARGEST:
        raise too_large(LARGEST)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise too_large(LARGEST)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _names(header: str | None, tag: str) -> bool | None:
    """Whether a condition names a version; None without one. Tags are compared weakly (RFC 9110, section 8.8.3.2)."""
    if header is None:
        return None
    if header.strip() == "*":
        return True
    weak = tag.removeprefix("W/")
    return any(found.removeprefix("W/") == weak for found in _TAG.findall(header))
