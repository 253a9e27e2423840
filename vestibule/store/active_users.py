"""Users as they are listed when somebody asks when they signed in last."""

from typing import Final

from sqlalchemy import and_

from vestibule.rules.filters import Filter
from vestibule.store import filtering, users
from vestibule.store.filtering import Fields
from vestibule.store.listing import Asked, Listing, Page
from vestibule.store.schema import membership, sign_in_activity
from vestibule.store.unit import Reading
from vestibule.store.users import EVERYBODY, User

ACTIVITY: Final = "signInActivity"
FIELDS: Final[Fields] = {
    **users.FIELDS,
    (ACTIVITY, "lastSignInDateTime"): filtering.time(sign_in_activity.c.last_at),
    (ACTIVITY, "lastNonInteractiveSignInDateTime"): filtering.time(sign_in_activity.c.last_quiet_at),
    (ACTIVITY, "lastSuccessfulSignInDateTime"): filtering.time(sign_in_activity.c.last_success_at),
}
"""What users can be filtered by here, by Graph's names."""

_here = and_(sign_in_activity.c.tenant_id == membership.c.tenant_id, sign_in_activity.c.user_id == membership.c.user_id)
_USERS: Final = Listing(
    users.selecting().outerjoin(sign_in_activity, _here),
    width=len(users.selecting().selected_columns),
    make=users.from_row,
    fields=FIELDS,
)


async def page(reading: Reading, tenant_id: str, asked: Asked) -> Page[User]:
    """A page of those who are invited or present."""
    return await _USERS.page(reading, EVERYBODY, asked, tenant_id=tenant_id)


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many of those who are invited or present."""
    return await _USERS.count(reading, EVERYBODY, wanted, tenant_id=tenant_id)
