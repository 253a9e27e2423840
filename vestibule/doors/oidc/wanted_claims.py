"""The ``claims`` parameter as it arrives: JSON in a parameter (OpenID Connect Core section 5.5)."""

from vestibule.doors.oidc.errors import ProtocolError
from vestibule.ground import strict_json
from vestibule.rules import claims_requests
from vestibule.rules.claims_requests import Wanted


def read(text: str | None) -> Wanted:
    """What a ``claims`` parameter asks for; nothing when there is none.

    Raises:
        ProtocolError: invalid_request when it is no such thing.
    """
    if not text:
        return Wanted()
    try:
        decoded = strict_json.decode(text.encode(), max_depth=claims_requests.DEEPEST)
    except strict_json.BadJson as bad:
        raise _bad() from bad
    found = claims_requests.read(decoded) if len(text) <= claims_requests.LONGEST else None
    if found is None:
        raise _bad()
    return found


def _bad() -> ProtocolError:
    return ProtocolError("invalid_request", 50101, "The parameter 'claims' is not a claims request in JSON.")
