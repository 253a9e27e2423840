"""What is named in a domain: users by their names and addresses, deleted ones too, and apps by what they are called.

They come in four sections, each walked in the order of an index, so that a page begins where the one before ended.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select

from vestibule.rules.apis import is_below
from vestibule.store.schema import app_identifier, membership, profile, profile_word
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading

USER: Final = "user"
APP: Final = "app"


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that is named in a domain.

    Attributes:
        kind: user or app. id: the user's, or that of the application object.
        position: behind which a further page begins: its section, and its place there.
    """

    kind: str
    id: str
    position: tuple[int, str]


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'")


_in_domain = given("pattern")
_living = and_(membership.c.stage.in_([_text("invited"), _text("present")]), membership.c.tie != _text("directConnect"))
_named_like = or_(app_identifier.c.uri.like(given("at")), app_identifier.c.uri.like(given("below")))
"""Whether the domain may be the host of an https name, or end it: what is found is looked at again."""
_of_user = and_(profile.c.tenant_id == membership.c.tenant_id, profile.c.user_id == membership.c.user_id)


def _walking(selecting: Select[Any], place: Any) -> Query:
    return Query(selecting.where(place > given("after")).order_by(place).limit(given("limit")))


_BY_NAME: Final = _walking(
    select(membership.c.user_id, membership.c.upn_key).where(
        membership.c.tenant_id == given("tenant_id"), membership.c.upn_key.like(_in_domain)
    ),
    membership.c.upn_key,
)
_BY_MAIL: Final = _walking(
    select(profile_word.c.user_id, profile_word.c.user_id)
    .join(
        membership,
        and_(membership.c.tenant_id == profile_word.c.tenant_id, membership.c.user_id == profile_word.c.user_id),
    )
    .join(profile, _of_user)
    .where(
        profile_word.c.tenant_id == given("tenant_id"),
        profile_word.c.word == given("name"),
        profile.c.mail_key.like(_in_domain),
        or_(membership.c.upn_key.is_(None), membership.c.upn_key.not_like(_in_domain)),
        _living,
    ),
    profile_word.c.user_id,
)
_DELETED: Final = _walking(
    select(membership.c.user_id, membership.c.user_id)
    .join(profile, _of_user)
    .where(
        membership.c.tenant_id == given("tenant_id"),
        membership.c.stage == _text("deleted"),
        membership.c.tie != _text("directConnect"),
        or_(func.lower(profile.c.user_principal_name).like(_in_domain), profile.c.mail_key.like(_in_domain)),
    ),
    membership.c.user_id,
)
_APPS: Final = _walking(
    select(app_identifier.c.app_id, app_identifier.c.app_id)
    .distinct()
    .where(app_identifier.c.tenant_id == given("tenant_id"), _named_like),
    app_identifier.c.app_id,
)
_NAMES_OF: Final = Query(
    select(app_identifier.c.app_id, app_identifier.c.uri).where(
        app_identifier.c.tenant_id == given("tenant_id"), among(app_identifier.c.app_id, "app_ids")
    )
)
SECTIONS: Final = ((USER, _BY_NAME), (USER, _BY_MAIL), (USER, _DELETED), (APP, _APPS))
"""Living users by their names, and by their addresses alone; deleted users; apps."""


async def page(
    reading: Reading, tenant_id: str, domain: str, limit: int, after: tuple[int, str] | None = None
) -> list[Reference]:
    """What is named in a domain of an organization, from behind a position."""
    first, place = after or (0, "")
    found: list[Reference] = []
    for number in range(first, len(SECTIONS)):
        found += await _of_section(reading, tenant_id, domain, limit - len(found), (number, place))
        if len(found) >= limit:
            break
        place = ""
    return found


async def _of_section(
    reading: Reading, tenant_id: str, domain: str, limit: int, after: tuple[int, str]
) -> list[Reference]:
    number, place = after
    kind, query = SECTIONS[number]
    found: list[Reference] = []
    while True:
        values = _values(query, domain) | {"tenant_id": tenant_id, "after": place, "limit": limit - len(found)}
        rows: Any = await reading.all(query, **values)
        named = None if kind == USER else await _named_below(reading, tenant_id, domain, [row[0] for row in rows])
        wanted = limit - len(found)
        found += [Reference(kind, row[0], (number, row[1])) for row in rows if named is None or row[0] in named]
        if len(rows) < wanted or len(found) >= limit:
            return found
        place = rows[-1][1]


def _values(query: Query, domain: str) -> dict[str, Any]:
    if query is _APPS:
        return {"at": f"https://{domain}%", "below": f"https://%.{domain}%"}
    return {"pattern": f"%@{domain}"} | ({"name": domain} if query is _BY_MAIL else {})


async def _named_below(reading: Reading, tenant_id: str, domain: str, app_ids: list[str]) -> set[str]:
    rows: Any = await reading.all(_NAMES_OF, tenant_id=tenant_id, app_ids=app_ids) if app_ids else []
    return {row[0] for row in rows if is_below(row[1], domain)}
