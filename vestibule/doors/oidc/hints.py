"""Former id_tokens as hints: which app a request comes from, and whom it means (``id_token_hint``)."""

from dataclasses import dataclass
from typing import Final

from vestibule.actions.access import SignedIn, issuer, session_id
from vestibule.actions.choosing import has_session
from vestibule.doors.oidc.desk import Desk
from vestibule.ground import signing
from vestibule.rules.names import CONSUMERS_ID

_ALGORITHMS: Final = frozenset({"RS256", "ES256"})


@dataclass(frozen=True, slots=True)
class Hint:
    """What an id_token that we signed says, however old it is.

    Attributes:
        client_id: the app it was made for. tenant_id, user_id: whom it is about. session_id: the browser session.
    """

    client_id: str
    tenant_id: str
    user_id: str
    subject: str
    session_id: str


async def read(desk: Desk, text: str | None) -> Hint | None:
    """The hint, or None when it is none of ours: an unsigned or foreign one means nothing."""
    if not text:
        return None
    try:
        claims = await desk.ring.verify(text, algorithms=_ALGORITHMS, typ="JWT")
    except signing.BadToken:
        return None
    found = Hint(*(str(claims.get(name, "")) for name in ("aud", "tid", "oid", "sub", "sid")))
    return found if claims.get("iss") == issuer(desk.house, found.tenant_id) else None


def is_about(hint: Hint, signed_in: SignedIn) -> bool:
    """Whether a hint means whoever is signed in: this session, or one of their accounts."""
    if hint.session_id and hint.session_id == session_id(signed_in.session):
        return True
    if hint.tenant_id == CONSUMERS_ID:
        return hint.user_id == signed_in.person.person_id
    here = signed_in.at(hint.tenant_id)
    return here is not None and has_session(here) and here.user_id == hint.user_id
