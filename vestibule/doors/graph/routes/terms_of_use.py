"""Terms of use: what people have to accept before they come in. Our own: Graph's agreements are Conditional Access."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vestibule.actions import terms
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model import TERMS_OF_USE as POLICY
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import BETA, Route
from vestibule.doors.graph.shapes.policies import TERMS, TermsView
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules import terms as rules
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.terms import Document
from vestibule.rules.verbs import Verb
from vestibule.store import terms as kept

_OF: Final = "policies/termsOfUse"
_DOCUMENTS: Final = rules.PROPERTY


async def get_terms(call: Call) -> Reply:
    """The terms that are in force."""
    await call.may_read(Verb.READ_POLICIES)
    return call.single(_OF, POLICY, TERMS.values(await _view(call), call.asked.select))


async def update_terms(call: Call) -> Reply:
    """Say what people have to accept: the documents that are given, and no others; an empty list withdraws them."""
    await call.insist(Verb.CHANGE_TERMS)
    current = as_sent(TERMS.everything(await _view(call), beta=True))
    values = (await call.body(POLICY, Mode.UPDATE, current)).values
    if _DOCUMENTS in values:
        documents = _read(values[_DOCUMENTS])
        await terms.change_terms_of_use(call.house, tenant_id=call.tenant_id, documents=documents, by=call.by)
    return NO_CONTENT


def _read(given: Sequence[Mapping[str, Any]]) -> dict[str, Document]:
    """The documents by language. Raises Refused (BAD_VALUE)."""
    found: dict[str, Document] = {}
    for one in given:
        language = rules.language(str(one.get("language", "")))
        if language in found:
            raise Refused(Reason.BAD_VALUE, property=_DOCUMENTS, why="twice")
        found[language] = rules.document(text=one.get("text"), link=one.get("link"))
    return found


async def _view(call: Call) -> TermsView:
    return TermsView(await kept.in_force(call.reading, call.tenant_id))


_AT: Final = "/policies/termsOfUse"
_ONE: Final = Collection(POLICY, options=frozenset({"select", "format"}), single=True)
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        get_terms,
        versions=(BETA,),
        verb=Verb.READ_POLICIES,
        query=_ONE,
        summary="What people have to accept before they come in",
    ),
    Route(
        "PATCH",
        _AT,
        update_terms,
        versions=(BETA,),
        verb=Verb.CHANGE_TERMS,
        body=POLICY,
        status=204,
        summary="Say what people have to accept before they come in",
    ),
]
