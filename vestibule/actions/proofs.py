"""What somebody proved within one sign-in, beside who they are: that a mailbox is theirs.

The proof stands in the sign-in under way, sealed, for the one person and the one browser of it, and ends with it. It
never makes a mailbox part of a person: whoever has another provider as their home is who that provider says, and an
address that they show once is an address.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from vestibule.store.sessions import SignInRequest

_PROVED: Final = "proved"


def with_proof(request: SignInRequest, *, person_id: str, mac: str, tenant_id: str) -> SignInRequest:
    """The sign-in with a proof.

    Args:
        request: the sign-in. person_id: whose proof. mac: keyed hash of the address.
        tenant_id: the organization whose provider vouches for the address; empty when a code was typed.
    """
    proof: Mapping[str, Any] = {"person": person_id, "mac": mac, "tenant": tenant_id}
    return replace(request, facts={**request.facts, _PROVED: proof})


def proven(request: SignInRequest | None, *, person_id: str, tenant_id: str) -> str | None:
    """The keyed hash of the address that this person proved here, as far as this organization believes it."""
    kept = None if request is None else request.facts.get(_PROVED)
    if not isinstance(kept, Mapping) or kept.get("person") != person_id:
        return None
    return str(kept["mac"]) if kept.get("tenant") in ("", tenant_id) else None
