"""The annotations around objects (OData JSON Format 4.01, section 4), and the octets of an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from vestibule.doors.graph.model.property import Entity

Values = dict[str, Any]
_encode: Final = msgspec.json.Encoder().encode
_KEPT_WITHOUT_METADATA: Final = ("@odata.nextLink", "@odata.deltaLink", "@odata.count")


class Metadata(StrEnum):
    """How much an answer says about itself (OData JSON Format 4.01, section 3.1)."""

    NONE = "none"
    MINIMAL = "minimal"
    FULL = "full"


def wanted_metadata(accept: str | None) -> Metadata:
    """What the header ``Accept`` asks for; minimal when it says nothing that we know."""
    for part in (accept or "").lower().split(","):
        for parameter in part.split(";")[1:]:
            name, _, value = parameter.strip().partition("=")
            if name.strip() == "odata.metadata" and value.strip() in set(Metadata):
                return Metadata(value.strip())
    return Metadata.MINIMAL


@dataclass(frozen=True, slots=True)
class Wire:
    """How answers to one request are annotated.

    Attributes:
        origin: our https origin, as configured; never taken from the request.
        version: ``v1.0`` or ``beta``.
        metadata: how much the answer says about itself.
    """

    origin: str
    version: str
    metadata: Metadata = Metadata.MINIMAL

    @property
    def root(self) -> str:
        """The address below which everything lies."""
        return f"{self.origin}/{self.version}"

    @property
    def content_type(self) -> str:
        """The type of an answer."""
        return (
            f"application/json;odata.metadata={self.metadata.value};odata.streaming=true;"
            "IEEE754Compatible=false;charset=utf-8"
        )

    def context(self, of: str, select: Sequence[str] | None = None, *, single: bool = False) -> str:
        """``@odata.context``: what the answer holds, and which properties were selected."""
        selected = "" if select is None else f"({','.join(select)})"
        return f"{self.root}/$metadata#{of}{selected}{'/$entity' if single else ''}"

    def item(self, entity: Entity, values: Values, *, typed: bool = False) -> Values:
        """One object, with its type when its place does not say it (mixed lists, casts, ``metadata=full``)."""
        if self.metadata is Metadata.NONE or not (typed or self.metadata is Metadata.FULL):
            return values
        annotated: Values = {"@odata.type": f"#{entity.type}"}
        if self.metadata is Metadata.FULL and "id" in values:
            annotated["@odata.id"] = f"{self.root}/directoryObjects/{values['id']}"
        return annotated | values

    def single(self, of: str, values: Values, select: Sequence[str] | None = None) -> Values:
        """An answer with one object."""
        return self._dressed({"@odata.context": self.context(of, select, single=True), **values})

    def listed(
        self,
        of: str,
        items: Iterable[Values],
        select: Sequence[str] | None = None,
        *,
        count: int | None = None,
        next_link: str | None = None,
        delta_link: str | None = None,
    ) -> Values:
        """An answer with a list: ``count`` of all pages when it was asked for, ``next_link`` when there is more,
        ``delta_link`` where what changes later is told.
        """
        answer: Values = {"@odata.context": self.context(of, select)}
        if count is not None:
            answer["@odata.count"] = count
        if next_link is not None:
            answer["@odata.nextLink"] = next_link
        if delta_link is not None:
            answer["@odata.deltaLink"] = delta_link
        answer["value"] = list(items)
        return self._dressed(answer)

    def scalar(self, type_: str, value: object) -> Values:
        """An answer with a bare value: ``Edm.Boolean``, ``Collection(Edm.String)``."""
        return self._dressed({"@odata.context": self.context(type_), "value": value})

    def bare(self, answer: Values) -> Values:
        """An answer that is annotated already; without its annotations when none are wanted."""
        return self._dressed(answer)

    def _dressed(self, answer: Values) -> Values:
        if self.metadata is not Metadata.NONE:
            return answer
        return {
            name: value
            for name, value in answer.items()
            if not name.startswith("@odata.") or name in _KEPT_WITHOUT_METADATA
        }


def encoded(answer: Mapping[str, Any] | str) -> bytes:
    """The octets; moments are written in UTC with ``Z``."""
    return _encode(answer)


def as_sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as a client reads them, to compare what it sends back."""
    sent: dict[str, Any] = msgspec.to_builtins(values)
    return sent
