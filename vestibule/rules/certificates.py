"""What a signed receipt and a certificate of data removal say. Neither holds anything of the person's profile.

Both are JSON Web Signatures in compact form (RFC 7515), each with a ``typ`` of its own. The names of their claims are
those of the leave API where it has the same; the rest is in docs/receipts.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vestibule.rules.retention import KEPT, ROWS_GO, How, Step

RECEIPT_TYPE: Final = "vestibule-leave-receipt+jwt"
CERTIFICATE_TYPE: Final = "vestibule-erasure-certificate+jwt"
MOST_RECIPIENTS: Final = 200
"""So many recipients are named; how many more there are is said beside them."""
OWN: Final = frozenset(
    {"person_mailbox", "credential", "passkey", "authenticator_app", "recovery_code", "browser_session"}
)
"""Tables of what is the person's own: it goes with their last membership, when they have no home organization."""


def receipt_claims(
    *,
    reference: str,
    organization: Mapping[str, str],
    kind: str,
    left_at: str,
    restorable_until: str | None,
    data_removed_by: str,
) -> dict[str, Any]:
    """What a receipt says, with the times of its page (ISO 8601). Whoever signs adds issuer and time of signing."""
    return {
        "jti": reference,
        "reference": reference,
        "organization": dict(organization),
        "kind": kind,
        "leftAt": left_at,
        "restorableUntil": restorable_until,
        "dataRemovedBy": data_removed_by,
    }


def organization_claim(tenant_id: str, display_name: str, domain: str) -> dict[str, str]:
    """Which organization it is about."""
    return {"id": tenant_id, "displayName": display_name, "domain": domain}


def removed_claim(counts: Mapping[str, int], *, own: bool) -> list[dict[str, Any]]:
    """What was removed: each kind of data in the order in which it went, with how many records of it there were.

    Args:
        counts: records by table. Kinds whose records stay, with the person's part of them emptied, have no count.
        own: what is the person's own over all organizations went too, because this was their last.
    """
    told: set[str] = set()
    found: list[dict[str, Any]] = []
    for one in KEPT:
        if one.step is None or (one.table in OWN and not own):
            continue
        counted = one.how in ROWS_GO and one.table in counts and one.table not in told
        told.add(one.table)
        found.append(
            {
                "step": one.step.value,
                "what": one.what,
                "how": one.how.value,
                "count": counts[one.table] if counted else None,
            }
        )
    return found


def counts_by_step(counts: Mapping[str, int]) -> dict[Step, int]:
    """How many records each step removes."""
    by_table = {one.table: one.step for one in reversed(KEPT) if one.step is not None and one.how in ROWS_GO}
    found = dict.fromkeys(Step, 0)
    for table, count in counts.items():
        found[by_table[table]] += count
    return found


def kept_claim() -> list[dict[str, str]]:
    """What is kept about anybody whose data is removed: what, on which ground, until when."""
    return [
        {"what": one.what, "ground": one.why, "until": one.until}
        for one in KEPT
        if one.step is None and one.how in {How.STAYS, How.RUNS_OUT} and one.table != "seed_snapshot"
    ]


def recipients_claim(recipients: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The recipients, and how many more there are than are named."""
    return {
        "recipients": [dict(one) for one in recipients[:MOST_RECIPIENTS]],
        "furtherRecipients": max(0, len(recipients) - MOST_RECIPIENTS),
    }
