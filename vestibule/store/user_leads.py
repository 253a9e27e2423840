"""Where to begin when a filter of *All users* leaves few of many.

A list walks an index in its order and asks each user whether they fit. Where few do, that would ask nearly everybody
for one page. So the few are counted first, up to a bound, and looked up before anything else is asked of them.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from vestibule.rules.filters import And, Compare, Filter, Op, Path, Some
from vestibule.store import memberships
from vestibule.store.columns import by_no_index
from vestibule.store.listing import Scope
from vestibule.store.schema import membership, person, person_membership, profile, sponsor
from vestibule.store.statements import Query, given
from vestibule.store.unit import Reading
from vestibule.store.users import EVERYBODY

RARE: Final = 1_000
"""What no more users have is looked up first."""

HERE: Final = "here"
ELSEWHERE: Final = "elsewhere"
EMAIL: Final = memberships.MAIL
NOBODY: Final = "nobody"

TIE: Final[Path] = ("tie",)
PROVIDER: Final[Path] = ("provider",)
SPONSORS: Final[Path] = ("sponsors",)


@dataclass(frozen=True, slots=True)
class Lead:
    """What few users have, and what is therefore looked up before anything else is asked of them.

    Attributes:
        scope: everybody who has it. counting: how many they are, up to ``most``; None where that is known otherwise.
        value: what they have, where the scope does not say so itself.
    """

    scope: Scope
    counting: Query | None = None
    value: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """What its statements are given besides the filter's own."""
        return {"lead": self.value} if self.value else {}


_here: Final = given("tenant_id")
_SAID: Final = given("lead")
_of_type: Select[Any] = select(profile.c.user_id).where(profile.c.tenant_id == _here, profile.c.user_type == _SAID)
_stood_for: Select[Any] = select(sponsor.c.user_id).where(sponsor.c.tenant_id == _here, sponsor.c.sponsor_id == _SAID)
_vouched_for: Select[Any] = (
    select(person_membership.c.user_id)
    .join(person, person.c.person_id == person_membership.c.person_id)
    .where(person.c.issuer == _SAID)
)


def _counting(found: Select[Any]) -> Query:
    return Query(select(func.count()).select_from(found.limit(given("most")).subquery()))


def _with(name: str, *conditions: ColumnElement[bool]) -> Scope:
    """Those of them who are here: that is asked of each, since an index of it would give everybody."""
    stage = by_no_index(membership.c.stage)
    return Scope(name, (stage.in_([literal_column("'invited'"), literal_column("'present'")]), *conditions))


BY_STATE: Final = Lead(EVERYBODY)
"""For accounts that are disabled or wait: who is here comes first."""

BY_WORD: Final = Lead(_with("users with a word"))
"""For a word of the filter that few have."""


LEADS: Final[dict[Path, Lead]] = {
    TIE: Lead(
        _with("users from there", membership.c.tie == _SAID),
        _counting(select(membership.c.user_id).where(membership.c.tenant_id == _here, membership.c.tie == _SAID)),
    ),
    ("userType",): Lead(_with("users of a type", membership.c.user_id.in_(_of_type)), _counting(_of_type)),
    SPONSORS: Lead(
        _with("users for whom somebody stands", membership.c.user_id.in_(_stood_for)), _counting(_stood_for)
    ),
    # People of all organizations are counted: whoever vouches for few of them vouches for few here.
    PROVIDER: Lead(
        _with(
            "users for whom a provider vouches",
            membership.c.user_id.in_(_vouched_for.where(by_no_index(person_membership.c.tenant_id) == _here)),
        ),
        _counting(_vouched_for),
    ),
}
"""By what can be asked for; the value is still missing."""


async def lead_of(reading: Reading, tenant_id: str, wanted: Filter | None) -> Lead | None:
    """What of a filter few users have, if anything; the filter is still to be asked.

    Texts of the filter are written here as they are kept: a lead knows no other case of them.
    """
    parts = wanted.parts if isinstance(wanted, And) else () if wanted is None else (wanted,)
    for path, value in filter(None, map(_asks_for, parts)):
        lead = LEADS[path]
        assert lead.counting is not None
        row = await reading.one(lead.counting, tenant_id=tenant_id, lead=value, most=RARE + 1)
        if row is not None and row[0] <= RARE:
            return replace(lead, value=value)
    return None


def _asks_for(part: Filter) -> tuple[Path, str] | None:
    match part:
        case Some(path, Compare(("id",), Op.EQ, str(value))) | Compare(path, Op.EQ, str(value)) if path in LEADS:
            return None if path == PROVIDER and value in {HERE, ELSEWHERE, NOBODY} else (path, value)
    return None
