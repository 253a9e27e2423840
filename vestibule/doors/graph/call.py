"""One request on its way through the door: what handlers get, and what they give back."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Receive

from vestibule.actions.authorising import Acting, authorise_reading, is_allowed
from vestibule.actions.carry_out import journal_refusal
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import LARGEST, Body, Mode, decode_object, decode_parameters, read_body
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.odata.options import Asked, Reader, is_eventual, read_options
from vestibule.doors.graph.odata.paging import SkipTokens
from vestibule.doors.graph.routing import BETA, Route
from vestibule.doors.graph.shapes.wire import Values, Wire
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, Target
from vestibule.rules.verbs import Verb
from vestibule.store.remembering import Remembering
from vestibule.store.unit import Reading


class Gone(Exception):
    """The client hung up while it was sending."""


@dataclass(slots=True)
class Desk:
    """What every request needs.

    Attributes:
        house, ring: the house and its signing keys. tokens: makes and opens page tokens.
        passwords: the pool that hashes new passwords.
    """

    house: House
    ring: KeyRing
    tokens: SkipTokens
    passwords: Passwords


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        values: the JSON object; None for an answer without a body, unless there is ``text``.
        text: a plain text instead.
    """

    status: int = 200
    values: Mapping[str, Any] | None = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT: Final = Reply(204)


@dataclass(slots=True)
class Call:
    """One request after its token, its route and its query were read.

    Attributes:
        by: who asks, as the token says. reading: what is read for the answer, of one moment.
        wire: writes answers. path: below the version, as it was sent. parameters: what the path captured.
        asked: the query, read as if the caller may read every property (``narrowed`` asks again when not).
    """

    desk: Desk
    by: Actor
    reading: Reading
    wire: Wire
    route: "Route[Handler]"
    parameters: Mapping[str, str]
    path: str
    query: bytes
    headers: Mapping[str, str]
    receive: Receive
    asked: Asked = field(default_factory=Asked)

    @property
    def house(self) -> House:
        """The house."""
        return self.desk.house

    @property
    def tenant_id(self) -> str:
        """The organization that is spoken to: the token's, never the path's."""
        return self.by.tenant_id or ""

    @property
    def beta(self) -> bool:
        """Whether the caller speaks to ``/beta``."""
        return self.wire.version == BETA

    @property
    def eventual(self) -> bool:
        """Whether advanced queries are asked for."""
        return is_eventual(self.headers.get("consistencylevel"))

    @property
    def anything(self) -> Anything:
        """The organization as a target of rights."""
        return Anything(self.tenant_id)

    def read_query(self) -> None:
        """Read the query. Raises GraphError (400, 501)."""
        if self.route.query is not None:
            self.asked = read_options(self.query, self.route.query, Reader(self.beta, self.eventual))

    def narrowed(self, readable: AbstractSet[str] | None) -> None:
        """Read the query again for somebody who may not read everything. Raises GraphError (400)."""
        if self.route.query is not None and readable is not None:
            self.asked = read_options(self.query, self.route.query, Reader(self.beta, self.eventual, readable))

    async def may_read(self, verb: Verb, on: Target | None = None) -> Acting:
        """Insist on the right to read. Raises Refused."""
        return await authorise_reading(self.reading, self.by, verb, on or self.anything)

    async def is_allowed(self, verb: Verb, on: Target | None = None) -> bool:
        """Whether the right to read is there."""
        return await is_allowed(self.reading, self.by, verb, on or self.anything)

    async def insist(self, verb: Verb, on: Target | None = None, *, user_id: str | None = None) -> Acting:
        """Insist on the right to change something, before the body is looked at.

        The action asks again, in its transaction. A refusal is written down, as the action would.

        Raises Refused.
        """
        try:
            return await authorise_reading(self.reading, self.by, verb, on or self.anything)
        except Refused as refused:
            await self.write_down(verb, refused, user_id=user_id)
            raise

    async def write_down(self, verb: Verb, refused: Refused, *, user_id: str | None = None) -> None:
        """Journal a refusal that no action has seen."""
        await journal_refusal(self.house, verb, refused, by=self.by, tenant_id=self.by.tenant_id, user_id=user_id)

    async def missing(self, verb: Verb, given: str = "") -> Refused:
        """The refusal for something that is not there, after writing it down."""
        refused = Refused(Reason.NOT_FOUND, objectId=given or next(iter(self.parameters.values()), ""))
        await self.write_down(verb, refused)
        return refused

    async def fresh(self) -> Reading:
        """Read anew, after something was changed."""
        self.reading = Remembering(await self.house.store.read())
        return self.reading

    # --- Bodies ---------------------------------------------------------------------------------------------------

    async def json_object(self) -> dict[str, Any]:
        """The JSON object in the body. Raises GraphError (400, 413, 415)."""
        return decode_object(await self._octets(), *self._content())

    async def parameters_object(self) -> dict[str, Any]:
        """The JSON object in the body, which may be absent. Raises GraphError (400, 413, 415)."""
        return decode_parameters(await self._octets(), *self._content())

    async def body(self, entity: Entity, mode: Mode, current: Mapping[str, Any] | None = None) -> Body:
        """The body, checked against the model. Raises GraphError (400, 413, 415)."""
        return read_body(await self.json_object(), entity, mode, beta=self.beta, current=current)

    async def action_body(self, entity: Entity) -> Body:
        """The parameters of an action, which may be absent. Raises GraphError (400, 413, 415)."""
        return read_body(await self.parameters_object(), entity, Mode.CREATE, beta=self.beta)

    def _content(self) -> tuple[str | None, str | None]:
        return self.headers.get("content-type"), self.headers.get("content-encoding")

    async def _octets(self) -> bytes:
        return await read_octets(self.receive, self.headers)

    # --- Answers --------------------------------------------------------------------------------------------------

    def single(self, of: str, entity: Entity, values: Values, *, typed: bool = False, **more: Any) -> Reply:
        """One object as an answer; ``more`` are fields of ``Reply``."""
        select = self.asked.select
        return Reply(values=self.wire.single(of, self.wire.item(entity, values, typed=typed), select), **more)

    def location(self, path: str) -> dict[str, str]:
        """The header that says where a new object is."""
        return {"Location": f"{self.wire.root}{path}"}


Handler = Callable[[Call], Awaitable[Reply]]


async def read_octets(receive: Receive, headers: Mapping[str, str]) -> bytes:
    """The octets of a request's body. Raises GraphError (413) for too many, Gone."""
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > LARGEST:
        raise errors.too_large(LARGEST)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise errors.too_large(LARGEST)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
