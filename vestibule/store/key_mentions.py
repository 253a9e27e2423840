"""Who mentions subject keys: every organization, every membership until its person is erased, every data request."""

from sqlalchemy import select

from vestibule.store.schema import data_request, membership, organization
from vestibule.store.statements import Query, among
from vestibule.store.unit import Reading

_MENTIONS = tuple(
    Query(select(table.c.subject_key_id).where(among(table.c.subject_key_id, "key_ids")))
    for table in (organization, membership, data_request)
)


async def mentioned(reading: Reading, key_ids: list[str]) -> set[str]:
    """Those of these ids that a row mentions. It reads whole tables."""
    return {str(row[0]) for query in _MENTIONS for row in await reading.all(query, key_ids=key_ids)}
