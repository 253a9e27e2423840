"""A guest's life at an app that takes provider commands: over TLS, each token checked, whatever it supports."""

from datetime import timedelta
from typing import Any

import pytest

from soak.command_breakages import (
    activated_before_they_accepted,
    archived_is_deleted,
    the_newest_thing_alone,
    tokens_for_whoever_has_them,
)
from tests.doors.commands.conftest import Office
from tests.support import world
from tests.support.broken import broken
from tests.support.relying_party import ALL
from vestibule.actions import assigning, credentials, directory_users, signing_out
from vestibule.rules.connections import State, Whom
from vestibule.rules.lifecycle import Deleted, Erased, Purged
from vestibule.store.memberships import Membership


async def test_an_app_is_asked_what_it_supports_when_it_is_connected(office: Office) -> None:
    assert office.there.calls == ["metadata"]
    [token] = office.there.tokens
    assert token["metadata"] == {
        "claims_supported": ["sub", "name", "given_name", "family_name", "preferred_username", "email"]
    }
    assert "sub" not in token
    one = await office.connection()
    assert one.commands == " ".join(name for name in ALL if name != "metadata")
    assert one.asked_at == office.clock.now()
    assert one.claims is None


@broken(tokens_for_whoever_has_them)
async def test_a_life_from_the_invitation_to_the_erasure(office: Office) -> None:
    guest = await world.guest(office.place, "kim@elsewhere.example", "Kim Rivers")
    await office.deliver()
    subject = office.subject(guest)
    account = office.there.accounts[subject]
    assert (account["state"], account["claims"]["name"]) == ("active", "Kim Rivers")
    assert account["claims"]["email"] == "kim@elsewhere.example"
    office.there.sessions.add(subject)
    await office.disable(guest)
    assert (office.state(guest), subject in office.there.sessions) == ("suspended", False)
    await office.enable(guest)
    assert office.state(guest) == "active"
    await office.leave(guest)
    assert office.state(guest) == "archived"
    assert await office.answered(guest) == (State.DISABLED_ONLY, "archive: status 200, archived")
    await office.restore(guest)
    assert office.state(guest) == "active"
    await office.remove(guest)
    assert isinstance(await office.stage(guest), Deleted)
    await office.purge(guest)
    assert office.state(guest) == "unknown"
    assert await office.answered(guest) == (State.CONFIRMED, "delete: status 200, unknown")
    assert isinstance(await office.stage(guest), Erased)
    assert office.did == [
        "activate", "suspend", "reactivate", "maintain", "archive", "restore", "maintain", "archive", "delete",
    ]  # fmt: skip
    assert office.there.said_no == []
    assert len({token["jti"] for token in office.there.tokens}) == len(office.there.tokens)
    assert not office.there.accounts


async def test_time_alone_deletes_there_too(office: Office, sam: Membership) -> None:
    office.has(sam)
    await office.leave(sam)
    office.clock.advance(timedelta(days=31))
    await office.stage(sam)
    await office.deliver()
    assert office.state(sam) == "unknown"
    assert isinstance(await office.stage(sam), Erased)


async def test_who_is_assigned_has_an_account_before_they_come(unconnected: Office, sam: Membership) -> None:
    await unconnected.connect(address=unconnected.there.url, told_of=Whom.CONNECTED)
    await unconnected.deliver()
    assert unconnected.state(sam) == "unknown"
    await assigning.assign_app(unconnected.house, user_id=sam.user_id, **unconnected.of)
    await unconnected.deliver()
    assert unconnected.state(sam) == "active"
    assert unconnected.there.accounts[unconnected.subject(sam)]["claims"]["name"] == "Sam Rivers"


async def test_a_changed_profile_is_maintained(office: Office, sam: Membership) -> None:
    office.has(sam)
    await rename(office, sam, displayName="Sam Brook", givenName="Sam", surname="Brook")
    await office.deliver()
    claims = office.there.accounts[office.subject(sam)]["claims"]
    assert (claims["name"], claims["given_name"], claims["family_name"]) == ("Sam Brook", "Sam", "Brook")
    await rename(office, sam, jobTitle="Miller")
    await office.deliver()
    assert office.did == ["maintain"]


async def test_a_new_name_and_a_new_password_at_once_are_both_told(office: Office) -> None:
    member = await world.member(office.place, "Kim Rivers")
    office.has(member)
    await directory_users.update_user(
        office.house,
        changes={"displayName": "Kim Brook"},
        password=credentials.HashedPassword("not a hash"),
        tenant_id=member.tenant_id,
        user_id=member.user_id,
        by=office.place.admin,
    )
    await office.deliver()
    assert office.did == ["maintain", "invalidate"]
    assert office.there.accounts[office.subject(member)]["claims"]["name"] == "Kim Brook"


async def test_an_app_is_told_of_no_more_claims_than_it_wants(office: Office, sam: Membership) -> None:
    office.there.metadata = {"claims_supported": ["sub", "email", "shoe_size"]}
    await office.send_again()
    assert (await office.connection()).claims == "email"
    office.has(sam)
    await rename(office, sam, displayName="Sam Brook")
    await office.deliver()
    assert office.there.accounts[office.subject(sam)]["claims"] == {"email": "sam@elsewhere.example"}


async def test_who_is_signed_out_everywhere_is_signed_out_there(office: Office, sam: Membership) -> None:
    office.has(sam)
    await sign_out(office, sam)
    await office.deliver()
    assert (office.did, office.there.sessions) == (["invalidate"], set())
    office.has(sam, "suspended")
    await sign_out(office, sam)
    await office.deliver()
    told = await office.told(sam)
    assert told is not None
    assert (told.state, told.answer) == (State.CONFIRMED, "invalidate: status 409, suspended")


async def test_what_ended_sessions_is_told_though_they_are_back(office: Office, sam: Membership) -> None:
    """Disabled and enabled again while the app was away: the account stays, its sessions do not."""
    office.has(sam)
    office.there.manner = "reset"
    await office.disable(sam)
    await rename(office, sam, displayName="Sam Brook")
    await office.enable(sam)
    office.there.manner = "take"
    assert await office.later(timedelta(hours=1)) == 1
    assert office.did == ["maintain", "invalidate"]
    assert office.there.accounts[office.subject(sam)]["claims"]["name"] == "Sam Brook"
    assert office.there.sessions == set()


@broken(the_newest_thing_alone)
async def test_a_changed_name_does_not_take_the_place_of_more(office: Office, sam: Membership) -> None:
    office.has(sam)
    await office.disable(sam)
    office.there.manner = "reset"
    await office.enable(sam)
    await rename(office, sam, displayName="Sam Brook")
    await sign_out(office, sam)
    office.there.manner = "take"
    office.there.done.clear()
    await office.later(timedelta(hours=1))
    assert office.did == ["reactivate", "maintain", "invalidate"]


# --- Apps that support less -------------------------------------------------------------------------------------------


async def test_without_archive_the_account_is_suspended(office: Office, sam: Membership) -> None:
    await supports(office, "suspend", "reactivate", "delete")
    office.has(sam)
    await office.leave(sam)
    assert await office.answered(sam) == (State.DISABLED_ONLY, "suspend: status 200, suspended")
    await office.restore(sam)
    assert office.state(sam) == "active"
    await office.remove(sam)
    await office.purge(sam)
    assert office.did == ["suspend", "reactivate", "suspend", "delete"]
    assert isinstance(await office.stage(sam), Erased)


async def test_without_suspend_the_account_is_archived(office: Office, sam: Membership) -> None:
    await supports(office, "archive", "restore", "delete")
    office.has(sam)
    await office.disable(sam)
    await office.enable(sam)
    assert office.did == ["archive", "restore"]


@broken(archived_is_deleted)
async def test_without_delete_it_stays_disabled_only_and_the_removal_waits(office: Office, sam: Membership) -> None:
    await supports(office, "suspend", "archive", "restore")
    office.has(sam)
    await office.remove(sam)
    await office.purge(sam)
    assert await office.answered(sam) == (State.DISABLED_ONLY, "archive: status 409, archived")
    assert isinstance(await office.stage(sam), Purged)
    office.there.supported.append("delete")  # it learned to; asked what it supports before it is told again
    await office.send_again()
    assert (await office.answered(sam))[0] == State.CONFIRMED
    assert isinstance(await office.stage(sam), Erased)


async def test_where_only_sessions_can_be_ended_they_are_and_it_is_a_refusal(office: Office, sam: Membership) -> None:
    await supports(office, "invalidate", "delete")
    office.has(sam)
    await office.leave(sam)
    assert (await office.answered(sam))[0] == State.REFUSED
    assert office.there.sessions == set()
    await office.restore(sam)
    assert await office.told(sam) is None  # there is nothing that it could do
    await office.remove(sam)
    await office.purge(sam)
    assert (await office.answered(sam))[0] == State.CONFIRMED


async def test_an_app_that_supports_nothing_refuses(office: Office, sam: Membership) -> None:
    await supports(office)
    office.has(sam)
    office.there.calls.clear()
    await office.leave(sam)
    assert await office.answered(sam) == (State.REFUSED, "the app supports no command for it")
    assert office.there.calls == []


async def test_what_it_never_can_do_is_not_told(office: Office, sam: Membership) -> None:
    await supports(office, "suspend", "delete")
    before = len(office.there.calls)
    await rename(office, sam, displayName="Sam Brook")
    await sign_out(office, sam)
    await world.guest(office.place, "kim@elsewhere.example")
    await office.deliver()
    assert len(office.there.calls) == before


# --- Accounts that are elsewhere than was thought ---------------------------------------------------------------------


@pytest.mark.parametrize("state", ["active", "suspended", "archived", "unknown"])
async def test_wherever_an_account_is_it_is_brought_where_it_shall_be(
    office: Office, sam: Membership, state: str
) -> None:
    def starts() -> None:
        office.there.accounts.clear()
        if state != "unknown":
            office.has(sam, state)

    for act, ends in [
        (office.disable, {"suspended", "archived", "unknown"}),
        (office.enable, {"active"}),
        (office.leave, {"archived", "unknown"}),
        (office.restore, {"active"}),
        (office.remove, {"archived", "unknown"}),
        (office.purge, {"unknown"}),
    ]:
        starts()
        await act(sam)
        assert office.state(sam) in ends, act
        told = await office.told(sam)
        assert told is not None
        assert told.state == State.CONFIRMED, (act, told.answer)
    assert isinstance(await office.stage(sam), Erased)


async def test_who_is_restored_and_disabled_here_is_not_active_there(office: Office, sam: Membership) -> None:
    office.has(sam)
    await office.disable(sam)
    await office.remove(sam)
    await office.restore(sam)
    assert office.state(sam) == "archived"
    await office.enable(sam)
    assert office.state(sam) == "active"


@broken(activated_before_they_accepted)
async def test_a_guest_who_has_not_accepted_gets_no_account(office: Office) -> None:
    guest, _ = await world.invited(office.place, "kim@elsewhere.example")
    await office.disable(guest)
    await office.enable(guest)
    assert office.state(guest) == "unknown"
    told = await office.told(guest)
    assert told is not None
    assert told.state == State.CONFIRMED


async def supports(office: Office, *commands: str) -> None:
    """From now on the app supports these, and says so when it is asked again."""
    office.there.supported = ["metadata", *commands]
    await office.send_again()


async def rename(office: Office, guest: Membership, **properties: Any) -> None:
    await directory_users.update_user(
        office.house, changes=properties, tenant_id=guest.tenant_id, user_id=guest.user_id, by=office.place.admin
    )


async def sign_out(office: Office, guest: Membership) -> None:
    now = await world.again(office.house, guest.tenant_id, guest.user_id)

    async def work(unit: Any) -> None:
        await signing_out.end_sessions(office.house, unit, now, by=office.place.admin)

    await office.house.change(work)
