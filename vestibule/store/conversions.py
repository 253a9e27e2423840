"""Who somebody is to an organization changes while the user object stays: external ones become internal, and back."""

from typing import Final

from sqlalchemy import update

from vestibule.ground.clock import to_us
from vestibule.rules.lifecycle import Present
from vestibule.store.columns import position
from vestibule.store.memberships import STAGES, Membership
from vestibule.store.schema import membership
from vestibule.store.statements import Change, given
from vestibule.store.unit import Unit

_CONVERT: Final = Change(
    update(membership)
    .where(
        membership.c.tenant_id == given("in_tenant"),
        membership.c.user_id == given("of_user"),
        membership.c.version == given("if_version"),
    )
    .values(
        tie=given("tie"),
        person_id=given("person_id"),
        stage=given("stage"),
        stage_at=given("stage_at"),
        upn_key=given("upn_key"),
        epoch=given("epoch"),
        version=given("version"),
        changed=position(),
    )
)


def save(unit: Unit, before: Membership, after: Membership) -> None:
    """Write another tie and another person (or none yet) under the same id, guarded by the version.

    Both are invited or present. Every session, code and token of the user object is dead afterwards: ``after`` has a
    higher epoch.
    """
    stage = after.stage
    unit.write(
        _CONVERT,
        in_tenant=before.tenant_id,
        of_user=before.user_id,
        if_version=before.version,
        tie=after.standing.tie.value,
        person_id=after.person_id,
        stage=STAGES[type(stage)],
        stage_at=to_us(stage.since if isinstance(stage, Present) else stage.at),
        upn_key=after.upn_key,
        epoch=after.epoch,
        version=after.version,
    )
