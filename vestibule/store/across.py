"""What is looked up across organizations, by the person it belongs to: one statement for each kind of thing.

A person sees what is theirs wherever it is, whether or not they can get into that organization. Nothing here finds
anything of somebody else.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, literal_column, select, union

from vestibule.ground.clock import from_us
from vestibule.store import memberships
from vestibule.store.apps import APPS, App
from vestibule.store.columns import by_no_index
from vestibule.store.invitations import INVITATIONS, Invitation
from vestibule.store.memberships import Membership
from vestibule.store.organizations import ORGANIZATIONS, Organization
from vestibule.store.requests import REQUESTS, GuestRequest
from vestibule.store.schema import (
    app,
    app_assignment,
    audit_event,
    group,
    group_assignment,
    group_member,
    guest_request,
    invitation,
    invitation_block,
    membership,
    organization,
    person_invitation,
    person_membership,
    receipt,
)
from vestibule.store.statements import Query, among, given
from vestibule.store.unit import Reading

RESTORED: Final = "membership.restore"
SIGNED_IN: Final = "signIn"


def _text(value: str) -> Any:
    return literal_column(f"'{value}'")


def _same(one: Table, other: Table) -> ColumnElement[bool]:
    return and_(one.c.tenant_id == other.c.tenant_id, one.c.user_id == other.c.user_id)


_mine = person_membership.c.person_id == given("person_id")
_about_membership = and_(
    audit_event.c.tenant_id == membership.c.tenant_id, audit_event.c.object_tag == membership.c.audit_tag
)
# Said of an index, SQLite would begin with everything that was ever done so, or well, in the organization.
_happened = by_no_index(audit_event.c.outcome) == _text("success")
_type = by_no_index(audit_event.c.type)
_events: Select[Any] = (
    select(membership.c.tenant_id, membership.c.user_id, func.max(audit_event.c.at).label("at"))
    .select_from(
        person_membership.join(membership, _same(membership, person_membership)).join(audit_event, _about_membership)
    )
    .where(_mine, _type == given("of_type"), _happened)
    .group_by(membership.c.tenant_id, membership.c.user_id)
)
_LATEST: Final = Query(_events)
_RESTORED: Final = Query(
    select(receipt.c.receipt_id, func.min(audit_event.c.at))
    .select_from(receipt.join(membership, _same(membership, receipt)).join(audit_event, _about_membership))
    .where(
        receipt.c.person_id == given("person_id"),
        _type == _text(RESTORED),
        audit_event.c.at >= receipt.c.left_at,
        _happened,
    )
    .group_by(receipt.c.receipt_id)
)
_left = (
    select(receipt.c.tenant_id, receipt.c.user_id)
    .where(receipt.c.person_id == given("person_id"))
    .distinct()
    .subquery("left_places")
)
_OF_RECEIPTS: Final = Query(
    memberships.selecting().join(
        _left, and_(_left.c.tenant_id == membership.c.tenant_id, _left.c.user_id == membership.c.user_id)
    )
)
_AWAITED: Final = Query(
    memberships.selecting()
    .join(person_invitation, _same(person_invitation, membership))
    .where(among(person_invitation.c.address_mac, "address_macs"))
)
_OPEN: Final = Query(
    select(*INVITATIONS.columns)
    .join(person_invitation, _same(person_invitation, invitation))
    .where(among(person_invitation.c.address_mac, "address_macs"), invitation.c.state == _text("open"))
    .order_by(invitation.c.created_at.desc())
)
_BLOCKS: Final = Query(
    select(*ORGANIZATIONS.columns)
    .distinct()
    .join(invitation_block, invitation_block.c.tenant_id == organization.c.tenant_id)
    .where(among(invitation_block.c.address_mac, "address_macs"))
)
_REQUESTS: Final = Query(
    select(*REQUESTS.columns).join(person_membership, _same(person_membership, guest_request)).where(_mine)
)
_is_present: Final = exists(
    select(literal_column("1")).where(
        _same(membership, person_membership), by_no_index(membership.c.stage) == _text("present")
    )
)
_themselves: Select[Any] = (
    select(app_assignment.c.tenant_id, app_assignment.c.app_id)
    .select_from(person_membership.join(app_assignment, _same(app_assignment, person_membership)))
    .where(_mine, _is_present, app_assignment.c.struck.is_(None))
)
_in_groups: Select[Any] = (
    select(group_assignment.c.tenant_id, group_assignment.c.app_id)
    .select_from(
        person_membership.join(group_member, _same(group_member, person_membership))
        .join(group, and_(group.c.tenant_id == group_member.c.tenant_id, group.c.group_id == group_member.c.group_id))
        .join(
            group_assignment,
            and_(
                group_assignment.c.tenant_id == by_no_index(group_member.c.tenant_id),
                group_assignment.c.group_id == group_member.c.group_id,
            ),
        )
    )
    .where(_mine, _is_present, group_member.c.struck.is_(None), group.c.deleted_at.is_(None))
)
_theirs: Final = union(_themselves, _in_groups).subquery("theirs")
_APPS: Final = Query(
    select(*APPS.columns).join_from(
        _theirs, app, and_(app.c.tenant_id == _theirs.c.tenant_id, app.c.app_id == _theirs.c.app_id)
    )
)


async def latest(reading: Reading, person_id: str, of_type: str) -> dict[tuple[str, str], datetime]:
    """When something last happened to each of a person's memberships, by (organization, user).

    Args:
        reading: where to read. person_id: whose. of_type: a type of the log, such as ``SIGNED_IN`` or ``RESTORED``.
    """
    rows = await reading.all(_LATEST, person_id=person_id, of_type=of_type)
    return {(tenant_id, user_id): from_us(at) for tenant_id, user_id, at in rows}


async def restored(reading: Reading, person_id: str) -> dict[str, datetime]:
    """When the account of a departure came back, by receipt; a departure that was not undone is not in it."""
    rows = await reading.all(_RESTORED, person_id=person_id)
    return {receipt_id: from_us(at) for receipt_id, at in rows}


async def of_receipts(reading: Reading, person_id: str) -> list[Membership]:
    """Every membership that a person holds a receipt of, erased ones too."""
    return [memberships.from_row(row) for row in await reading.all(_OF_RECEIPTS, person_id=person_id)]


async def awaited(reading: Reading, address_macs: list[str]) -> list[Membership]:
    """User objects that wait for whoever proves one of these mailboxes."""
    return [memberships.from_row(row) for row in await reading.all(_AWAITED, address_macs=address_macs)]


async def open_invitations(reading: Reading, address_macs: list[str]) -> list[Invitation]:
    """Open invitations that wait for one of these mailboxes, newest first; whether time has ended one is not asked."""
    return await INVITATIONS.all(reading, _OPEN, address_macs=address_macs)


async def blocked(reading: Reading, address_macs: list[str]) -> list[Organization]:
    """The organizations that may not invite the owner of these mailboxes."""
    return await ORGANIZATIONS.all(reading, _BLOCKS, address_macs=address_macs)


async def requests(reading: Reading, person_id: str) -> list[GuestRequest]:
    """Everything a person has asked organizations for."""
    return await REQUESTS.all(reading, _REQUESTS, person_id=person_id)


async def apps(reading: Reading, person_id: str) -> list[App]:
    """The apps that a person is assigned to, themselves or through groups, wherever they are present; in no order."""
    return await APPS.all(reading, _APPS, person_id=person_id)
