"""Memberships: a person's user object in one organization, as the lifecycle sees it.

The row is turned into a ``Membership`` here and nowhere else; ``STAGES`` and ``_stage`` are the one place where
stages become columns and columns become stages.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, case, exists, literal_column, or_, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.rules.lifecycle import Cause, Deleted, Erased, Invited, Present, Purged, Stage, Standing, Tie, is_final
from vestibule.rules.saml import shown_issuer
from vestibule.store import organizations
from vestibule.store.columns import by_no_index, position
from vestibule.store.schema import (
    HAS_DEADLINE,
    identity_provider,
    membership,
    organization,
    person,
    person_membership,
    profile,
    role_assignment,
)
from vestibule.store.statements import Change, Guard, Query, Row, among, given, inserting
from vestibule.store.unit import Reading, Unit

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"  # the role's template id, the same everywhere
MAIL: Final = "mail"  # the issuer of people who prove a mailbox by code
_home = membership.alias("home")
_home_profile = profile.alias("home_profile")


@dataclass(frozen=True, slots=True)
class Membership:
    """One membership with what a decision about it needs.

    Attributes:
        tenant_id: the organization. user_id: the user object in it (for direct connect: the person's id there).
        person_id: who it is; None until the invitation is redeemed.
        standing: tie, stage and whether the account is enabled here and at home.
        epoch: raised when whatever is open for this membership ends.
        home_epoch: ``access_epoch`` of the home organization's account; 0 without one.
        version: for guarded saves.
        audit_tag: the label in the audit log. subject_key_id: the key that opens its personal parts, until erased.
        self_service: they left by choice, so only a new explicit invitation brings them back.
        home_display_name, home_mail: from the account in the home organization of this deployment, when there is one.
        administrator: holds the role Global Administrator here.
        provider: who vouches for somebody who has their home neither here nor in a mailbox; None for everybody else.
        tenant_epoch: raised when everything that is open in the organization ends.
        display_name, user_principal_name, mail, user_type, preferred_language: from the profile; empty or None
            once there is none.
    """

    tenant_id: str
    user_id: str
    person_id: str | None
    standing: Standing
    epoch: int
    home_epoch: int
    version: int
    audit_tag: str
    subject_key_id: str | None
    self_service: bool
    created_at: datetime
    home_tenant: str | None
    home_user: str | None
    upn_key: str | None
    display_name: str
    user_principal_name: str
    mail: str | None
    user_type: str
    preferred_language: str | None
    home_display_name: str | None
    home_mail: str | None
    administrator: bool
    provider: str | None = None
    tenant_epoch: int = 0

    @property
    def access_epoch(self) -> int:
        """What sessions, codes and tokens remember of their birth: those born in an older one are dead.

        Both parts only ever go up, so that their sum is the same only while neither did.
        """
        return self.epoch + self.tenant_epoch

    @property
    def contact(self) -> str | None:
        """Where letters go: the address the organization knows, else the one at home."""
        return self.mail or self.home_mail

    @property
    def stage(self) -> Stage:
        """Where in the life this membership is."""
        return self.standing.stage


_COLUMNS: Final = (
    membership.c.tenant_id,
    membership.c.user_id,
    membership.c.person_id,
    membership.c.tie,
    membership.c.stage,
    membership.c.stage_at,
    membership.c.due_at,
    membership.c.cause,
    membership.c.was,
    membership.c.was_at,
    membership.c.enabled,
    _home.c.enabled.label("home_enabled"),
    _home.c.stage.label("home_stage"),
    membership.c.epoch,
    (_home.c.epoch + organizations.epoch_of(person.c.home_tenant)).label("home_epoch"),
    membership.c.version,
    membership.c.audit_tag,
    membership.c.subject_key_id,
    membership.c.self_service,
    membership.c.created_at,
    person.c.home_tenant,
    person.c.home_user,
    membership.c.upn_key,
    profile.c.display_name,
    profile.c.user_principal_name,
    profile.c.mail,
    profile.c.user_type,
    person.c.preferred_language,
    _home_profile.c.display_name.label("home_display_name"),
    _home_profile.c.mail.label("home_mail"),
    exists(
        select(literal_column("1"))
        .where(
            role_assignment.c.tenant_id == membership.c.tenant_id,
            role_assignment.c.user_id == membership.c.user_id,
            role_assignment.c.role_id == literal_column(f"'{GLOBAL_ADMINISTRATOR}'"),
            role_assignment.c.struck.is_(None),
        )
        .correlate(membership)  # not with those whose role a list is about
    ).label("administrator"),
    # Who comes from another provider, or proves a mailbox, is at home there for as long as this very organization takes
    # people from it.
    or_(
        person.c.issuer.is_(None),
        person.c.home_tenant.is_not(None),
        and_(
            person.c.issuer == literal_column(f"'{MAIL}'"),
            ~exists(
                select(literal_column("1")).where(
                    organization.c.tenant_id == membership.c.tenant_id, organization.c.refuses_codes
                )
            ),
        ),
        exists(
            select(literal_column("1")).where(
                identity_provider.c.tenant_id == membership.c.tenant_id,
                identity_provider.c.issuer == person.c.issuer,
                identity_provider.c.enabled,
            )
        ),
    ).label("vouched"),
    person.c.issuer.label("person_issuer"),
    organizations.epoch_of(membership.c.tenant_id).label("tenant_epoch"),
    membership.c.held,
    membership.c.released_at,
)


def selecting() -> Select[Any]:
    """The columns of a ``Membership`` with their joins, for other look-ups to narrow down."""
    return select(*_COLUMNS).select_from(
        membership.outerjoin(person, person.c.person_id == membership.c.person_id)
        .outerjoin(_home, and_(_home.c.tenant_id == person.c.home_tenant, _home.c.user_id == person.c.home_user))
        .outerjoin(
            _home_profile,
            and_(_home_profile.c.tenant_id == person.c.home_tenant, _home_profile.c.user_id == person.c.home_user),
        )
        .outerjoin(
            profile, and_(profile.c.tenant_id == membership.c.tenant_id, profile.c.user_id == membership.c.user_id)
        )
    )


_FIND = Query(selecting().where(membership.c.tenant_id == given("tenant_id"), membership.c.user_id == given("user_id")))
_FIND_BY_UPN = Query(
    selecting().where(membership.c.tenant_id == given("tenant_id"), membership.c.upn_key == given("upn_key"))
)
_FIND_MANY = Query(
    selecting().where(membership.c.tenant_id == given("tenant_id"), among(membership.c.user_id, "user_ids"))
)
_by_person = selecting().join(
    person_membership,
    and_(person_membership.c.tenant_id == membership.c.tenant_id, person_membership.c.user_id == membership.c.user_id),
)
_OF_PERSON = Query(_by_person.where(person_membership.c.person_id == given("person_id")))
_OF_PERSON_HERE = Query(
    _by_person.where(
        person_membership.c.person_id == given("person_id"), person_membership.c.tenant_id == given("tenant_id")
    )
)
_BY_MAIL = Query(  # few have it: who has it comes first, and not everybody in the order in which they came
    selecting()
    .where(profile.c.tenant_id == given("tenant_id"), profile.c.mail_key == given("mail_key"))
    .order_by(by_no_index(membership.c.created_at).desc())
)
# Which ones they are comes first, so that only those are joined with what else is known of them.
_not_held = membership.c.held == literal_column("0")
_due_now = (
    select(membership.c.tenant_id, membership.c.user_id)
    .where(membership.c.stage == given("stage"), membership.c.due_at <= given("until"), HAS_DEADLINE, _not_held)
    .order_by(membership.c.due_at, membership.c.user_id)
    .limit(given("limit"))
    .subquery("due_now")
)
DUE = Query(
    selecting()
    .join(_due_now, and_(_due_now.c.tenant_id == membership.c.tenant_id, _due_now.c.user_id == membership.c.user_id))
    .order_by(membership.c.due_at, membership.c.user_id)
)
_NEXT_DUE = Query(
    select(membership.c.due_at, membership.c.tenant_id, membership.c.user_id, membership.c.released_at)
    .where(membership.c.stage == given("stage"), HAS_DEADLINE, _not_held)
    .order_by(membership.c.due_at)
    .limit(given("limit"))
)

_INSERT = inserting(membership)
_MOVE = Change(
    update(membership)
    .where(
        membership.c.tenant_id == given("in_tenant"),
        membership.c.user_id == given("of_user"),
        membership.c.version == given("if_version"),
        # Not as the bare column: PostgreSQL would look for everybody in that stage, when its statistics are from a day
        # on which nobody was.
        membership.c.stage.concat(literal_column("''")) == given("if_stage"),
        # Said once more than the rule says it, so that no step passes a hold that somebody forgot to ask about.
        or_(membership.c.held == literal_column("0"), given("is_final") == literal_column("0")),
    )
    .values(
        stage=given("stage"),
        enabled=given("enabled"),
        stage_at=given("stage_at"),
        due_at=given("due_at"),
        cause=given("cause"),
        was=given("was"),
        was_at=given("was_at"),
        upn_key=given("upn_key"),
        epoch=given("epoch"),
        version=given("version"),
        self_service=given("self_service"),
        person_id=given("person_id"),
        subject_key_id=given("subject_key_id"),
        changed=case((given("tells") == literal_column("1"), position()), else_=membership.c.changed),
        moved=case((given("comes_or_goes") == literal_column("1"), position()), else_=membership.c.moved),
    )
)
_touching = (
    update(membership)
    .where(
        membership.c.tenant_id == given("in_tenant"),
        membership.c.user_id == given("of_user"),
        membership.c.version == given("if_version"),
    )
    .values(version=given("version"), epoch=given("epoch"), upn_key=given("upn_key"))
)
_TOUCH = Change(_touching.values(changed=position()))
_TOUCH_UNSEEN = Change(_touching)
_HOLD = Change(_touching.values(held=given("held"), released_at=given("released_at")))
_UNCHANGED = Guard(
    select(literal_column("1"))
    .where(
        membership.c.tenant_id == given("tenant_id"),
        membership.c.user_id == given("user_id"),
        membership.c.version == given("version"),
    )
    .with_for_update(read=True)
)

_HERE: Final = (Invited, Present)
STAGES: Final = {Invited: "invited", Present: "present", Deleted: "deleted", Purged: "purged", Erased: "erased"}


async def find(reading: Reading, tenant_id: str, user_id: str) -> Membership | None:
    """The membership with this id in this organization, whatever its stage."""
    row = await reading.one(_FIND, tenant_id=tenant_id, user_id=user_id)
    return None if row is None else from_row(row)


async def find_by_upn(reading: Reading, tenant_id: str, upn_key: str) -> Membership | None:
    """The membership that holds this user principal name now (lower case); deleted ones hold none."""
    row = await reading.one(_FIND_BY_UPN, tenant_id=tenant_id, upn_key=upn_key)
    return None if row is None else from_row(row)


async def find_many(reading: Reading, tenant_id: str, user_ids: list[str]) -> list[Membership]:
    """Those of these ids that exist, in no particular order."""
    return [from_row(row) for row in await reading.all(_FIND_MANY, tenant_id=tenant_id, user_ids=user_ids)]


async def of_person_here(reading: Reading, tenant_id: str, person_id: str) -> list[Membership]:
    """What this person is or was in this organization (several after a fresh start)."""
    rows = await reading.all(_OF_PERSON_HERE, tenant_id=tenant_id, person_id=person_id)
    return [from_row(row) for row in rows]


async def of_person(reading: Reading, person_id: str) -> list[Membership]:
    """Every membership of a person: the one look-up across organizations."""
    return [from_row(row) for row in await reading.all(_OF_PERSON, person_id=person_id)]


async def by_mail(reading: Reading, tenant_id: str, mail_key: str) -> list[Membership]:
    """Memberships whose profile has this address (lower case), newest first, deleted ones included."""
    return [from_row(row) for row in await reading.all(_BY_MAIL, tenant_id=tenant_id, mail_key=mail_key)]


async def due(reading: Reading, stage: str, until: datetime, limit: int) -> list[Membership]:
    """Memberships in ``stage`` whose due time is ``until`` or earlier, oldest deadline first; none that is held."""
    return [from_row(row) for row in await reading.all(DUE, stage=stage, until=to_us(until), limit=limit)]


async def next_due(reading: Reading, stage: str, limit: int) -> list[tuple[datetime, str, str]]:
    """The next deadlines: (when, organization, user). Those that are held have none while they are."""
    rows = await reading.all(_NEXT_DUE, stage=stage, limit=limit)
    return [(from_us(max(due_at, freed or 0)), tenant_id, user_id) for due_at, tenant_id, user_id, freed in rows]


def insert(unit: Unit, new: Membership) -> None:
    """Write a new membership."""
    unit.write(_INSERT, **_facts(new), **_identity(new))


def save_move(unit: Unit, before: Membership, after: Membership) -> None:
    """Write a step of the life, guarded by the version and the stage it was decided on."""
    facts = _facts(after)
    facts.pop("audit_tag")
    facts.pop("tie")
    facts.pop("created_at")
    unit.write(
        _MOVE,
        in_tenant=before.tenant_id,
        of_user=before.user_id,
        if_version=before.version,
        if_stage=STAGES[type(before.stage)],
        is_final=int(is_final(before.stage, after.stage)),
        tells=int(not isinstance(after.stage, Erased)),  # after the purge there is nothing more to tell of
        comes_or_goes=int(isinstance(before.stage, _HERE) is not isinstance(after.stage, _HERE)),
        **facts,
    )


def touch(
    unit: Unit, before: Membership, *, epoch: int | None = None, upn_key: str | None = None, seen: bool = True
) -> None:
    """Raise the version (and the epoch, when access ends) without a step of the life.

    ``seen``: the user object itself changes; else only what hangs on it, and nobody is told of the user.
    """
    unit.write(
        _TOUCH if seen else _TOUCH_UNSEEN,
        in_tenant=before.tenant_id,
        of_user=before.user_id,
        if_version=before.version,
        version=before.version + 1,
        epoch=before.epoch if epoch is None else epoch,
        upn_key=before.upn_key if upn_key is None else upn_key,
    )


def hold(unit: Unit, before: Membership, *, holds: int, released_at: datetime | None) -> None:
    """Say how many legal holds stand, and when the last was lifted. Whoever decided on what was before is stale."""
    unit.write(
        _HOLD,
        in_tenant=before.tenant_id,
        of_user=before.user_id,
        if_version=before.version,
        version=before.version + 1,
        epoch=before.epoch,
        upn_key=before.upn_key,
        held=holds,
        released_at=None if released_at is None else to_us(released_at),
    )


def guard(unit: Unit, seen: Membership) -> None:
    """Insist that nothing about this membership changes before the unit commits."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, user_id=seen.user_id, version=seen.version)


def from_row(row: Row) -> Membership:
    """A row of ``selecting()`` as a Membership."""
    (
        tenant_id, user_id, person_id, tie, stage, stage_at, due_at, cause, was, was_at, enabled,
        home_enabled, home_stage, epoch, home_epoch, version, audit_tag, subject_key_id, self_service, created_at,
        home_tenant, home_user, upn_key, display_name, user_principal_name, mail, user_type, preferred_language,
        home_display_name, home_mail, administrator, vouched, person_issuer, tenant_epoch, held, released_at,
    ) = row  # fmt: skip
    at_home = bool(vouched) and (home_enabled is None or (bool(home_enabled) and home_stage == "present"))
    return Membership(
        tenant_id=tenant_id,
        user_id=user_id,
        person_id=person_id,
        standing=Standing(
            Tie(tie),
            _stage(stage, stage_at, due_at, cause, was, was_at),
            bool(enabled),
            at_home,
            held=bool(held),
            released_at=None if released_at is None else from_us(released_at),
        ),
        epoch=epoch,
        home_epoch=home_epoch or 0,
        version=version,
        audit_tag=audit_tag,
        subject_key_id=subject_key_id,
        self_service=bool(self_service),
        created_at=from_us(created_at),
        home_tenant=home_tenant,
        home_user=home_user,
        upn_key=upn_key,
        display_name=display_name or "",
        user_principal_name=user_principal_name or "",
        mail=mail,
        user_type=user_type or "",
        preferred_language=preferred_language,
        home_display_name=home_display_name,
        home_mail=home_mail,
        administrator=bool(administrator),
        provider=None if home_tenant is not None or person_issuer in {None, MAIL} else shown_issuer(person_issuer),
        tenant_epoch=tenant_epoch or 0,
    )


def _stage(
    stage: str, stage_at: int, due_at: int | None, cause: str | None, was: str | None, was_at: int | None
) -> Stage:
    at = from_us(stage_at)
    match stage:
        case "invited":
            return Invited(at)
        case "present":
            return Present(at)
        case "deleted":
            before = Present(from_us(was_at or 0)) if was == "present" else Invited(from_us(was_at or 0))
            return Deleted(at, from_us(due_at or 0), Cause(cause or ""), before)
        case "purged":
            return Purged(at, from_us(due_at or 0), Cause(cause or ""))
        case _:
            return Erased(at)


def _facts(of: Membership) -> dict[str, Any]:
    stage_at, due_at, cause, was = _moments(of.stage)
    return {
        "tie": of.standing.tie.value,
        "stage": STAGES[type(of.stage)],
        "enabled": of.standing.enabled_here,
        "stage_at": to_us(stage_at),
        "due_at": None if due_at is None else to_us(due_at),
        "cause": cause,
        "was": None if was is None else STAGES[type(was)],
        "was_at": None if was is None else to_us(was.since if isinstance(was, Present) else was.at),
        "upn_key": of.upn_key,
        "epoch": of.epoch,
        "version": of.version,
        "audit_tag": of.audit_tag,
        "subject_key_id": of.subject_key_id,
        "created_at": to_us(of.created_at),
        "self_service": of.self_service,
        "person_id": of.person_id,
        "held": 0,
        "released_at": None,
    }


def _identity(of: Membership) -> dict[str, Any]:
    return {"tenant_id": of.tenant_id, "user_id": of.user_id}


def _moments(stage: Stage) -> tuple[datetime, datetime | None, str | None, Invited | Present | None]:
    match stage:
        case Present(since=since):
            return since, None, None, None
        case Deleted() as deleted:
            return deleted.at, deleted.purge_due, deleted.cause.value, deleted.was
        case Purged() as purged:
            return purged.at, purged.removal_due, purged.cause.value, None
        case Invited(at=at) | Erased(at=at):
            return at, None, None, None
