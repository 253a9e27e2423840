"""Which users a form is about: those that are ticked, or everybody who matches the filters."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from vestibule.doors.portal.admin.gate import Admin
from vestibule.rules import names
from vestibule.store import users
from vestibule.store.users import User


@dataclass(frozen=True, slots=True)
class Picked:
    """A selection.

    Attributes:
        ids: user ids, each once, in the order they came. every: all that match ``filters`` are meant instead.
        filters: the query of the filters.
    """

    ids: tuple[str, ...]
    every: bool = False
    filters: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The filters as an address gives them."""
        return dict(parse_qsl(self.filters))

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The fields that say the same in the next form."""
        if self.every:
            return [("pick", "all"), ("of", self.filters)]
        return [("id", one) for one in self.ids]


def picked(fields: list[tuple[str, str]]) -> Picked:
    """The selection in a query or a form; whatever is no id is left out."""
    ids = [names.guid(value) for name, value in fields if name == "id"]
    given = dict(fields)
    return Picked(
        tuple(dict.fromkeys(one for one in ids if one is not None)),
        every=given.get("pick") == "all",
        filters=given.get("of", ""),
    )


async def users_of(admin: Admin, ids: tuple[str, ...]) -> list[User]:
    """Those of them that exist in the organization, in the order of the selection."""
    found = {user.membership.user_id: user for user in await users.find_many(admin.reading, admin.tenant_id, list(ids))}
    return [found[one] for one in ids if one in found]
