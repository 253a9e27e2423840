"""Commands about legal holds: set one on a user, lift it, list those that stand."""

from typing import Annotated, Any

import typer

from vestibule.actions import holding
from vestibule.commands import common, naming
from vestibule.commands.common import AsJson, Organization
from vestibule.commands.using import Who
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules import names
from vestibule.rules.actors import operator
from vestibule.store import holds
from vestibule.store.holds import Hold

commands = typer.Typer(no_args_is_help=True, help="Legal holds: while one stands nothing about the user is deleted.")

PAGE = 500
_HEADS = ("hold", "user", "since", "reason", "reference", "state")
Why = Annotated[str, typer.Option("--reason", help="Why, on one line of at most 500 characters.")]


@commands.command("set")
def set_hold(
    user: Who,
    organization: Organization,
    reason: Why,
    reference: Annotated[str | None, typer.Option(help="What the organization calls the case.")] = None,
    as_json: AsJson = False,
) -> None:
    """Keep everything about a user from being deleted, whoever asks for it and whatever is due."""

    async def work(program: Program) -> dict[str, Any]:
        reading = await program.house.store.read()
        tenant_id = (await naming.organization(reading, organization)).tenant_id
        found = await naming.user(reading, tenant_id, user)
        here = {"tenant_id": tenant_id, "user_id": found.user_id}
        made = await holding.set_hold(program.house, reason=reason, reference=reference, by=operator(), **here)
        return _value(made)

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("lift")
def lift_hold(
    user: Who,
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="The id of the hold.")],
    organization: Organization,
    reason: Why,
    as_json: AsJson = False,
) -> None:
    """Lift a hold; what it alone kept from being deleted is due at once."""

    async def work(program: Program) -> dict[str, Any]:
        reading = await program.house.store.read()
        tenant_id = (await naming.organization(reading, organization)).tenant_id
        found = await naming.user(reading, tenant_id, user)
        here = {"tenant_id": tenant_id, "user_id": found.user_id, "hold_id": names.guid(hold) or hold}
        return _value(await holding.lift_hold(program.house, reason=reason, by=operator(), **here))

    value = common.perform(work)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("list")
def list_holds(
    organization: Organization,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only this user's, lifted ones too.")] = None,
    as_json: AsJson = False,
) -> None:
    """The holds that stand."""

    async def work(program: Program) -> list[Hold]:
        reading = await program.house.store.read()
        tenant_id = (await naming.organization(reading, organization)).tenant_id
        if user is not None:
            found = await naming.user(reading, tenant_id, user)
            return await holds.of_user(reading, tenant_id, found.user_id)
        every = await holds.standing(reading, tenant_id, PAGE)
        while len(every) % PAGE == 0 and every:
            more = await holds.standing(reading, tenant_id, PAGE, every[-1].hold_id)
            if not more:
                break
            every += more
        return sorted(every, key=lambda one: (one.set_at, one.hold_id))

    found = common.perform(work)
    rows = [
        (one.hold_id, one.user_id, iso(one.set_at), one.reason, one.reference or "", "" if one.stands else "lifted")
        for one in found
    ]
    common.show_table([_value(one) for one in found], _HEADS, rows, as_json=as_json)


def _value(one: Hold) -> dict[str, Any]:
    return {
        "id": one.hold_id,
        "tenantId": one.tenant_id,
        "userId": one.user_id,
        "reason": one.reason,
        "reference": one.reference,
        "setBy": one.set_by,
        "setAt": iso(one.set_at),
        "liftedBy": one.lifted_by,
        "liftedAt": None if one.lifted_at is None else iso(one.lifted_at),
        "liftedWhy": one.lifted_why,
    }
