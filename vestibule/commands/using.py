"""Commands about users: the life of a guest and of a member, by the operator."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from vestibule.actions import (
    directory_users,
    erasing,
    inviting,
    leaving,
    removing,
    restoring,
    second_factors,
    switching,
)
from vestibule.actions.credentials import hashed
from vestibule.actions.house import House
from vestibule.actions.user_objects import NewMember
from vestibule.commands import common, naming, previewing
from vestibule.commands.common import AsJson, Failure, Organization
from vestibule.commands.organizing import PasswordFile
from vestibule.ground.clock import iso
from vestibule.program import Program
from vestibule.rules import lifecycle, names
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Erased, Invited, Present, Purged
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships, users
from vestibule.store.hanging import Hanging
from vestibule.store.listing import Asked, Page
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading
from vestibule.store.users import User

commands = typer.Typer(no_args_is_help=True, help="Users: create or invite, list, show, and the steps of their life.")

PAGE = 500
HandOvers = Annotated[
    list[str] | None,
    typer.Option(
        "--hand-over",
        metavar="OBJECT=USER",
        help="Who owns from now on what they own alone; repeatable.",
    ),
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Only say what would go, and what nobody else owns; nothing is changed.")
]
Who = Annotated[str, typer.Argument(metavar="USER", help="Their id, user principal name or mail address.")]


@commands.command("create")
def create(
    *,
    organization: Organization,
    name: Annotated[str | None, typer.Option(help="Display name.")] = None,
    upn: Annotated[str | None, typer.Option(help="A member: their user principal name.")] = None,
    mail: Annotated[str | None, typer.Option(help="A member: their mail address.")] = None,
    password_file: PasswordFile = None,
    invite: Annotated[str | None, typer.Option(metavar="EMAIL", help="A guest: the address to invite.")] = None,
    redirect_url: Annotated[str | None, typer.Option(help="A guest: where they land after accepting.")] = None,
    send: Annotated[bool, typer.Option(help="A guest: send the invitation by mail.")] = False,
    message: Annotated[str | None, typer.Option(help="A guest: a message in the letter.")] = None,
    start_fresh: Annotated[bool, typer.Option(help="A guest: though a deleted one could be restored.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a member (--upn), or invite a guest (--invite)."""
    if (upn is None) == (invite is None):
        common.misused("say either --upn for a member or --invite for a guest")
    if upn is not None and name is None:
        common.misused("a member needs --name")
    given = common.read_password(password_file)

    async def member(program: Program) -> dict[str, Any]:
        found = await naming.organization(await program.house.store.read(), organization)
        known = (upn or "", name or "", found.display_name, found.initial_domain)
        password = None if given is None else await hashed(program.passwords, given, names=known)
        nickname = (upn or "").partition("@")[0]
        new = NewMember(name or "", upn or "", nickname, password, properties={"mail": mail} if mail else None)
        made = await directory_users.create_user(program.house, new, tenant_id=found.tenant_id, by=operator())
        return await _value(await program.house.store.read(), made)

    async def guest(program: Program) -> dict[str, Any]:
        found = await naming.organization(await program.house.store.read(), organization)
        landing = redirect_url or f"{program.house.public_url}/myaccount/organizations"
        asked = inviting.check(
            invite or "", landing, display_name=name, message=message, sends=send, start_fresh=start_fresh
        )
        sent = await inviting.invite(program.house, asked, tenant_id=found.tenant_id, by=operator())
        reading = await program.house.store.read()
        made = await naming.user(reading, found.tenant_id, sent.user_id)
        return await _value(reading, made) | {"inviteRedeemUrl": sent.redeem_url, "completed": sent.completed}

    value = common.perform(guest if upn is None else member)
    common.show(value, common.shown(value), as_json=as_json)


@commands.command("list")
def list_all(
    organization: Organization,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those who can still be restored.")] = False,
    as_json: AsJson = False,
) -> None:
    """Who is there, or who was deleted and can be restored."""

    async def work(program: Program) -> list[dict[str, Any]]:
        reading = await program.house.store.read()
        tenant_id = (await naming.organization(reading, organization)).tenant_id
        found: list[dict[str, Any]] = []
        asked = Asked(PAGE)
        while True:
            page = await _page(reading, tenant_id, asked, deleted=deleted)
            found += [user_value(one.membership, one, reading) for one in page.items]
            if page.position is None:
                return found
            asked = Asked(PAGE, after=page.position)

    found = common.perform(work)
    rows = [(one["id"], one["state"], one["userType"] or "", one["displayName"], one["mail"] or "") for one in found]
    common.show_table(found, ("ID", "STATE", "TYPE", "NAME", "MAIL"), rows, as_json=as_json)


@commands.command("show")
def show(user: Who, organization: Organization, as_json: AsJson = False) -> None:
    """One user: where they stand and until when."""

    async def work(_house: House, reading: Reading, found: Membership) -> dict[str, Any]:
        return await _value(reading, found)

    _act(work, organization, user, as_json=as_json)


@commands.command("disable")
def disable(user: Who, organization: Organization, as_json: AsJson = False) -> None:
    """Block an account; its sessions and tokens are dead at once."""

    async def work(house: House, _reading: Reading, found: Membership) -> dict[str, Any]:
        await switching.disable(house, tenant_id=found.tenant_id, user_id=found.user_id, by=operator())
        return await _again(house, found)

    _act(work, organization, user, as_json=as_json)


@commands.command("reset-sign-in")
def reset_sign_in(user: Who, organization: Organization, as_json: AsJson = False) -> None:
    """Take passkeys, authenticator app and recovery codes off a member who has lost them; their sessions end."""

    async def work(house: House, _reading: Reading, found: Membership) -> dict[str, Any]:
        await second_factors.reset_second_factors(
            house, tenant_id=found.tenant_id, user_id=found.user_id, by=operator()
        )
        return await _again(house, found)

    _act(work, organization, user, as_json=as_json)


@commands.command("enable")
def enable(user: Who, organization: Organization, as_json: AsJson = False) -> None:
    """Unblock an account."""

    async def work(house: House, _reading: Reading, found: Membership) -> dict[str, Any]:
        await switching.enable(house, tenant_id=found.tenant_id, user_id=found.user_id, by=operator())
        return await _again(house, found)

    _act(work, organization, user, as_json=as_json)


async def _heirs(reading: Reading, of: Membership, given: list[str] | None) -> dict[str, str]:
    """Who owns what from now on, from ``OBJECT=USER``. Raises Failure."""
    found = {}
    for one in given or []:
        object_id, equals, user = one.partition("=")
        thing = names.guid(object_id)
        if not equals or thing is None:
            raise common.Failure(f"--hand-over {one}: say OBJECT=USER, the id of a group or app and its new owner")
        found[thing] = (await naming.user(reading, of.tenant_id, user)).user_id
    return found


@commands.command("leave")
def leave(
    user: Who,
    organization: Organization,
    hand_over: HandOvers = None,
    preview: Preview = False,
    erase: Annotated[
        bool, typer.Option("--erase", help="They ask to be erased too: at once or after review, as the setting says.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a guest leave who asked for it, by the rules that hold for themselves. Prints the receipt."""

    async def work(house: House, reading: Reading, found: Membership) -> dict[str, Any]:
        if preview:
            return await previewing.before_leaving(reading, found)
        departure = await leaving.leave(
            house,
            tenant_id=found.tenant_id,
            user_id=found.user_id,
            by=operator(),
            key=house.chance.guid(),
            hand_over=await _heirs(reading, found, hand_over),
            erase=erase,
        )
        return departure.answer

    _act(work, organization, user, as_json=as_json)


@commands.command("delete")
def delete(
    user: Who,
    organization: Organization,
    hand_over: HandOvers = None,
    preview: Preview = False,
    as_json: AsJson = False,
) -> None:
    """Delete a user; for 30 days they can be restored."""

    async def work(house: House, reading: Reading, found: Membership) -> dict[str, Any]:
        if preview:
            return await previewing.before_deleting(reading, found)
        heirs = await _heirs(reading, found, hand_over)
        await removing.remove(house, tenant_id=found.tenant_id, user_id=found.user_id, by=operator(), hand_over=heirs)
        return await _again(house, found)

    _act(work, organization, user, as_json=as_json)


@commands.command("restore")
def restore(
    user: Who,
    organization: Organization,
    new_upn: Annotated[str | None, typer.Option(help="When somebody else has the user principal name now.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Leave out a group, app or role. Can be repeated.")
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Leave out every group, app and role.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a deleted user back, with groups, apps and roles, and say what did not come back."""
    left_out = {one.lower() for one in without or ()}

    def wants(thing: Hanging) -> bool:
        return not alone and thing.target_id not in left_out

    async def work(house: House, _reading: Reading, found: Membership) -> dict[str, Any]:
        report = await restoring.restore(
            house, tenant_id=found.tenant_id, user_id=found.user_id, by=operator(), new_upn=new_upn, wants=wants
        )
        back = [_thing(item) for item in report.items if item.why_not is None]
        lost = [_thing(item) | {"why": item.why_not} for item in report.items if item.why_not is not None]
        return await _again(house, found) | {"returned": back, "notReturned": lost}

    _act(work, organization, user, as_json=as_json)


@commands.command("purge")
def purge(user: Who, organization: Organization, as_json: AsJson = False) -> None:
    """Delete a deleted user for good, now; the removal of their data follows at once."""

    async def work(house: House, _reading: Reading, found: Membership) -> dict[str, Any]:
        await erasing.purge(house, tenant_id=found.tenant_id, user_id=found.user_id, by=operator())
        await erasing.erase(house, tenant_id=found.tenant_id, user_id=found.user_id)
        return await _again(house, found)

    _act(work, organization, user, as_json=as_json)


def _act(
    work: Callable[[House, Reading, Membership], Awaitable[dict[str, Any]]],
    organization: str,
    user: str,
    *,
    as_json: bool,
) -> None:
    async def run(program: Program) -> dict[str, Any]:
        reading = await program.house.store.read()
        tenant_id = (await naming.organization(reading, organization)).tenant_id
        found = await naming.user(reading, tenant_id, user)
        try:
            return await work(program.house, reading, found)
        except Refused as refused:
            if refused.reason is not Reason.NOT_FOUND:
                raise
            # The user was found, so what the action did not find is somebody in the stage that it needs.
            raise Refused(Reason.WRONG_STAGE) from refused

    value = common.perform(run)
    common.show(value, common.shown(value), as_json=as_json)


async def _again(house: House, before: Membership) -> dict[str, Any]:
    reading = await house.store.read()
    found = await memberships.find(reading, before.tenant_id, before.user_id)
    if found is None:
        raise Failure("the user is gone")
    return await _value(reading, found)


async def _value(reading: Reading, found: Membership) -> dict[str, Any]:
    return user_value(found, await naming.object_of(reading, found), reading)


async def _page(reading: Reading, tenant_id: str, asked: Asked, *, deleted: bool) -> Page[User]:
    if deleted:
        return await users.page_deleted(reading, tenant_id, asked)
    return await users.page(reading, tenant_id, asked)


def user_value(of: Membership, object_: User | None, reading: Reading) -> dict[str, Any]:
    """A user as commands print them; names and addresses only while their data is there."""
    stage = lifecycle.stage_at(of.standing, reading.now)
    profile = None if object_ is None else object_.profile
    until = lifecycle.restorable_until(stage) if isinstance(stage, Deleted) else None
    removed_by = None if isinstance(stage, Invited | Present) else lifecycle.data_removed_by(stage)
    return {
        "id": of.user_id,
        "tenantId": of.tenant_id,
        "kind": of.standing.tie.value,
        "state": _STATES[type(stage)],
        "displayName": of.display_name if profile is None else profile.display_name,
        "userPrincipalName": of.user_principal_name or None,
        "mail": of.mail,
        "userType": of.user_type or None,
        "accountEnabled": of.standing.enabled_here,
        "onHold": of.standing.held,
        "restorableUntil": None if until is None else iso(until),
        "dataRemovedBy": None if removed_by is None else iso(removed_by),
    }


_STATES = {Invited: "invited", Present: "present", Deleted: "deleted", Purged: "purged", Erased: "erased"}


def _thing(item: restoring.Returned) -> dict[str, Any]:
    return {"what": item.thing.kind.value, "id": item.thing.target_id, "name": item.thing.name}
