"""The rows that one leave writes, taken from a real one, so that yardsticks write the same.

A yardstick puts ids of its own into them; everything else, above all the sizes, stays as the program wrote it.
"""

from typing import Any

from bench import checks
from bench.stand import Stand
from vestibule.store.schema import metadata

Row = dict[str, Any]
INSERTED = ("audit_event", "audit_payload", "audit_pending", "receipt", "idempotency", "letter")


def of_a_leave(stand: Stand) -> dict[str, list[Row]]:
    """Rows by table, each by column. Somebody must have left already."""
    letter = find(stand, "letter", "kind = 'youLeft' ORDER BY letter_id LIMIT 1")[0]
    user = f"user_id = '{letter['user_id']}'"
    receipt = find(stand, "receipt", user)[0]
    tag = find(stand, "membership", f"{user} AND tenant_id = '{letter['tenant_id']}'")[0]["audit_tag"]
    event = find(stand, "audit_event", f"object_tag = '{tag}' AND type = 'membership.leave'")[0]
    which = f"event_id = '{event['event_id']}'"
    return {
        "audit_event": [event],
        "audit_payload": find(stand, "audit_payload", which),
        "audit_pending": [{name: event[name] for name in ("tenant_id", "event_id")}],  # it may be sealed by now
        "receipt": [receipt],
        "idempotency": find(stand, "idempotency", f"owner = '{receipt['person_id']}'"),
        "letter": [letter],
    }


def find(stand: Stand, table: str, where: str) -> list[Row]:
    """Rows of a table with every column by its name."""
    columns = [column.name for column in metadata.tables[table].columns]
    found = checks.rows(stand, f"SELECT {', '.join(columns)} FROM {table} WHERE {where}")
    return [dict(zip(columns, row, strict=True)) for row in found]
