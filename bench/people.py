"""Many people at once: two organizations in which everybody is a member here and a guest there.

Person number ``n`` has ids that can be worked out from ``n``, so that hand-written SQL and pgbench can name them too.
They look like other ids and sort like them: in the order in which the people came.

Organizations, their administrators and apps are made through the actions. People come through the store's bulk
inserts, ten thousand at a time, with every row that an invited and redeemed guest has, subject keys included.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, MetaData, Table, create_mock_engine

from vestibule.actions import apps, journal, organizing
from vestibule.actions.apps import Registered
from vestibule.actions.credentials import HashedPassword, hashed
from vestibule.actions.organizing import FirstAdministrator, NewOrganization
from vestibule.actions.user_objects import home_issuer
from vestibule.ground.clock import to_us
from vestibule.program import Program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.policy import GUEST_ACCESS, INVITES_FROM
from vestibule.store import schema
from vestibule.store.bulk import Step, filling
from vestibule.store.keys import KEYS_SCHEMA
from vestibule.store.memberships import Membership

CHUNK = 10_000
LISTED = 2_000
"""So many people belong to three organizations more, so that a list of organizations has five entries."""
PASSWORD = "A bench is for sitting 47"  # noqa: S105 - of invented people
PEOPLE_PER_ORGANIZATION = 100
KINDS = ("person", "guest", "member", "guestKey", "memberKey", "family", "elsewhere", "tenant", "event")


def id_of(kind: str, number: int, place: int = 0) -> str:
    """The id of something of person ``number``; ``place`` tells several organizations apart."""
    return f"{KINDS.index(kind) + 1:08d}-0000-7000-8{place:03d}-{number:012d}"


def stride(people: int) -> int:
    """A step that visits everybody once, in an order in which neighbours are far apart."""
    step = 7_919 if people % 7_919 else 7_907
    return step if people > 1 else 1


@dataclass(frozen=True, slots=True)
class Place:
    """An organization with its administrator."""

    tenant_id: str
    domain: str
    administrator: Membership


@dataclass(slots=True)
class Cast:
    """Who is there.

    Attributes:
        people: how many. home: where they are members. host: where they are guests. others: three more.
        companion: a public app of home, with Organizations.Leave. tools: a confidential app of host. admin_app: a
            public app of host for its administrator.
        password: everybody's, hashed; the first ``LISTED`` have one. generation: of the database.
        born: microseconds, when everybody came.
    """

    people: int
    home: Place
    host: Place
    others: list[Place]
    companion: Registered
    tools: Registered
    admin_app: Registered
    password: str
    generation: str
    born: int = 0

    def person(self, turn: int) -> int:
        """The number of the person whose turn it is, neighbours far apart."""
        return turn * stride(self.people) % self.people


async def settle(program: Program, people: int) -> Cast:
    """Make the organizations and apps."""
    password = await hashed(program.passwords, PASSWORD, names=())
    places = [await _organization(program, name, password) for name in ("Contoso", "Fabrikam", *_OTHERS)]
    home, host = places[0], places[1]
    delegated = ("User.Read", "Organizations.Leave", "openid", "profile", "email", "offline_access")
    companion = NewApp(
        "Companion",
        public=True,
        password_grant=True,
        redirect_uris=("http://localhost",),
        delegated_permissions=delegated,
    )
    tools = NewApp("Directory Tools", application_permissions=("User.Read.All",))
    admin_app = NewApp(
        "Administration",
        public=True,
        redirect_uris=("http://localhost",),
        delegated_permissions=("User.Read.All", "User.Read", "User.DeleteRestore.All"),
    )
    return Cast(
        people=people,
        home=home,
        host=host,
        others=places[2:],
        password=password.encoded,
        companion=await _app(program, home, companion),
        tools=await _app(program, host, tools),
        admin_app=await _app(program, host, admin_app),
        generation=program.opened.generation,
    )


_OTHERS = ("Woodgrove", "Litware", "Tailspin")


async def _organization(program: Program, name: str, password: HashedPassword) -> Place:
    domain = f"{name.lower()}.example"
    new = NewOrganization(
        name, domain, privacy_contact=f"privacy@{domain}", privacy_statement=f"https://{domain}/privacy"
    )
    first = FirstAdministrator(f"admin@{domain}", password)
    made = await organizing.create_organization(program.house, new, by=operator(), administrator=first)
    assert made.administrator is not None
    return Place(made.organization.tenant_id, domain, made.administrator)


async def _app(program: Program, place: Place, new: NewApp) -> Registered:
    return await apps.create_app(program.house, new, tenant_id=place.tenant_id, by=operator(), grant_admin_consent=True)


async def fill(program: Program, cast: Cast, *, first: int = 0) -> None:
    """Let people ``first`` and later come, up to ``cast.people``.

    The indexes are gone meanwhile: they are sorted at the end, instead of being written to all over for each chunk.
    """
    cast.born = cast.born or to_us(program.house.clock.now() - timedelta(days=100))
    indexes = _Indexes(program.opened.store.dialect)
    await program.opened.store.run_steps(indexes.dropping())
    for start in range(first, cast.people, CHUNK):
        numbers = range(start, min(start + CHUNK, cast.people))
        keys = _Rows(_keys_table(program), program.opened.keys.store.dialect, created_at=cast.born)
        tables = _Tables(program.opened.store.dialect)
        for number in numbers:
            _one(program, cast, number, tables, keys)
            if number % PEOPLE_PER_ORGANIZATION == 0:
                _another_organization(cast, number, tables)
        await program.opened.keys.store.run_steps([keys.step()])
        await program.opened.store.run_steps(list(tables.steps()))
    await program.opened.store.run_steps(indexes.creating())


_FILLED: Final = (
    schema.person,
    schema.membership,
    schema.profile,
    schema.person_membership,
    schema.subject_index,
    schema.token_family,
)


class _Indexes:
    """The indexes of the tables that people come into, as statements; primary keys are none of them."""

    def __init__(self, dialect: str) -> None:
        self._engine = create_mock_engine(f"{dialect}://", self._keep)
        self._indexes = [index for table in _FILLED for index in sorted(table.indexes, key=lambda one: str(one.name))]
        self._said: list[Step] = []

    def dropping(self) -> list[Step]:
        return self._steps([index.drop for index in self._indexes])

    def creating(self) -> list[Step]:
        return self._steps([index.create for index in self._indexes])

    def _steps(self, acts: list[Callable[[Any], None]]) -> list[Step]:
        self._said = []
        for act in acts:
            act(self._engine)
        return self._said

    def _keep(self, ddl: Any, *_: Any, **__: Any) -> None:
        self._said.append(Step(str(ddl.compile(dialect=self._engine.dialect))))


def _keys_table(program: Program) -> Table:
    if program.opened.keys.store.dialect == "sqlite":
        return schema.subject_key
    return schema.subject_key.to_metadata(MetaData(), schema=KEYS_SCHEMA)


def _unsaid(column: Column[Any]) -> int | None:
    """What a column holds when nothing is said of it: the places in the order of commits are long ago."""
    return 0 if column.info.get("kind") == "position" else None


class _Rows:
    """Rows for one table: what is the same in all of them, and what is not."""

    def __init__(self, table: Table, dialect: str, **same: Any) -> None:
        self._table, self._dialect = table, dialect
        self._same: dict[str, Any] = {column.name: _unsaid(column) for column in table.columns} | same
        self._rows: list[list[Any]] = []

    def add(self, **own: Any) -> None:
        self._rows.append([*(self._same | own).values()])

    def step(self) -> Step:
        return filling(self._table, self._dialect, self._rows)


class _Tables:
    """The tables that people come into, by name."""

    def __init__(self, dialect: str) -> None:
        self._rows: dict[str, _Rows] = {}
        self._dialect = dialect

    def __getitem__(self, table: Table) -> _Rows:
        if table.name not in self._rows:
            self._rows[table.name] = _Rows(table, self._dialect)
        return self._rows[table.name]

    def steps(self) -> Iterator[Step]:
        return (rows.step() for rows in self._rows.values())


def _one(program: Program, cast: Cast, number: int, tables: _Tables, keys: _Rows) -> None:
    person_id, member_id = id_of("person", number), id_of("member", number)
    tables[schema.person].add(
        person_id=person_id,
        issuer=home_issuer(program.house, cast.home.tenant_id),
        subject=member_id,
        home_tenant=cast.home.tenant_id,
        home_user=member_id,
        version=1,
        created_at=cast.born,
    )
    _belongs(program, cast, cast.home, number, tables, keys, member_id, id_of("memberKey", number), tie="home")
    _belongs(program, cast, cast.host, number, tables, keys, id_of("guest", number), id_of("guestKey", number))
    for at, place in enumerate(cast.others if number < LISTED else []):
        _belongs(
            program,
            cast,
            place,
            number,
            tables,
            keys,
            id_of("elsewhere", number, at),
            id_of("guestKey", number, at + 1),
        )
    if number < LISTED:
        tables[schema.credential].add(person_id=person_id, kind="password", secret=cast.password, changed_at=cast.born)
    tables[schema.token_family].add(
        tenant_id=cast.home.tenant_id,
        family_id=id_of("family", number),
        user_id=member_id,
        expires_at=cast.born + 400 * 86_400_000_000,
    )


def _another_organization(cast: Cast, number: int, tables: _Tables) -> None:
    """Somebody else's organization, so that there are as many as a deployment of this size has."""
    tenant_id, domain = id_of("tenant", number), f"tenant{number}.example"
    tables[schema.organization].add(
        tenant_id=tenant_id,
        display_name=f"Organization {number}",
        initial_domain=domain,
        country="",
        notification_language="en",
        time_zone="UTC",
        guests_may_leave=True,
        asks_why=False,
        allow_invites_from=INVITES_FROM.value,
        guest_access=GUEST_ACCESS.value,
        settings="{}",
        subject_key_id=id_of("memberKey", number),
        version=1,
        created_at=cast.born,
        epoch=0,
    )
    tables[schema.domain].add(tenant_id=tenant_id, name=domain, is_default=True, is_initial=True, verified_at=cast.born)


def _belongs(
    program: Program,
    cast: Cast,
    place: Place,
    number: int,
    tables: _Tables,
    keys: _Rows,
    user_id: str,
    key_id: str,
    *,
    tie: str = "guest",
) -> None:
    """Everything that one membership consists of."""
    sealer, tenant_id, is_home = program.house.sealer, place.tenant_id, tie == "home"
    key = sealer.new_key()
    tag = journal.tag_of(key)
    keys.add(key_id=key_id, wrapped=sealer.wrap(key))
    mail = f"person{number}@{cast.home.domain}"
    upn = mail if is_home else f"person{number}_{cast.home.domain}#EXT#@{place.domain}"
    tables[schema.membership].add(
        tenant_id=tenant_id,
        user_id=user_id,
        person_id=id_of("person", number),
        tie=tie,
        stage="present",
        enabled=True,
        stage_at=cast.born,
        upn_key=upn.lower(),
        epoch=1,
        version=1,
        audit_tag=tag,
        subject_key_id=key_id,
        created_at=cast.born,
        self_service=False,
        held=0,
    )
    tables[schema.profile].add(
        tenant_id=tenant_id,
        user_id=user_id,
        user_principal_name=upn,
        display_name=f"Person {number}",
        display_name_key=f"person {number}",
        mail=mail,
        mail_key=mail,
        user_type="Member" if is_home else "Guest",
        given_name="Person",
        surname=str(number),
        creation_type=None if is_home else "Invitation",
        external_user_state=None if is_home else "Accepted",
        external_user_state_at=None if is_home else cast.born,
        attributes='{"mailNickname":"person"}',
    )
    tables[schema.person_membership].add(person_id=id_of("person", number), tenant_id=tenant_id, user_id=user_id)
    tables[schema.subject_index].add(tenant_id=tenant_id, tag=tag, object_id=user_id)


async def let_go(program: Program, cast: Cast, numbers: list[int]) -> None:
    """Let these guests have left long enough ago to be purged now, each with the audit event of their leave."""
    dialect, tenant_id = program.opened.store.dialect, cast.host.tenant_id
    left, due = cast.born + _DAY_US, cast.born + 31 * _DAY_US
    for start in range(0, len(numbers), CHUNK):
        tables = _Tables(dialect)
        chosen = numbers[start : start + CHUNK]
        for number in chosen:
            _event_of_leaving(tables, tenant_id, number, left)
        gone = Step(_GONE[dialect], [(left + n, due + n, tenant_id, id_of("guest", n)) for n in chosen])
        await program.opened.store.run_steps([*tables.steps(), gone])


_DAY_US = 86_400_000_000
_SET = "stage = 'deleted', cause = 'left', was = 'present', was_at = stage_at, upn_key = NULL, epoch = 2, version = 2"
_GONE = {
    "sqlite": f"UPDATE membership SET {_SET}, stage_at = ?, due_at = ? WHERE tenant_id = ? AND user_id = ?",
    "postgresql": f"UPDATE membership SET {_SET}, stage_at = $1, due_at = $2 WHERE tenant_id = $3 AND user_id = $4",
}


def _event_of_leaving(tables: _Tables, tenant_id: str, number: int, at: int) -> None:
    event_id = id_of("event", number)
    tables[schema.audit_event].add(
        tenant_id=tenant_id,
        event_id=event_id,
        record=f"{number:012d}".encode() * 60,
        leaf=f"{number:032d}".encode(),
        type="membership.leave",
        outcome="success",
        at=at,
        object_tag=f"{number:032d}",
        actor_tag=f"{number:032d}",
        correlation_id=event_id,
    )
    for part, key_id in (("subject", id_of("guestKey", number)), ("actor", id_of("memberKey", number))):
        tables[schema.audit_payload].add(
            tenant_id=tenant_id, event_id=event_id, part=part, key_id=key_id, ciphertext=f"{number:08d}".encode() * 30
        )
    tables[schema.audit_pending].add(tenant_id=tenant_id, event_id=event_id)
