"""Connected apps are told what becomes of people, and a data removal waits for those that have to answer."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from soak.telling_breakages import (
    every_receiver_in_one_row,
    no_recipients_frozen,
    removal_waits_for_nobody,
    signed_without_the_time,
)
from tests.support import world
from tests.support.app_receiver import AppReceiver, answer, app_receiver
from tests.support.broken import broken
from tests.support.told_office import ToldOffice
from tests.support.world import Place
from vestibule.actions import (
    answering_erasure,
    app_connections,
    apps,
    asking_erasure,
    assigning,
    certifying,
    due,
    erasing,
    guest_settings,
    leaving,
    policies,
    proving_receipts,
    receipt_keys,
    removing,
    restoring,
    sealing,
    telling_connected,
    waiving,
)
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, open_letter
from vestibule.actions.subjects import pairwise
from vestibule.actions.switching import disable, enable
from vestibule.doors.letters.connected import Connected
from vestibule.doors.letters.delivery import Delivery
from vestibule.ground.certificates import for_development
from vestibule.ground.clock import iso
from vestibule.ground.outgoing import Outgoing
from vestibule.rules import connections as rules
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, State, Whom
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.rules.policy import ErasureOnLeave
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import certificates, connections, deliveries, erasures, outbox, recipients
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.recipients import Recipient
from vestibule.worker import Worker

DAYS_30 = timedelta(days=30)


@dataclass
class Office(ToldOffice):
    """An organization with an app that is told by a webhook."""

    receiver: AppReceiver
    app: App
    secret: str

    async def recipients(self, guest: Membership) -> list[Recipient]:
        reading = await self.house.store.read()
        return await waiving.recipients_of(reading, tenant_id=guest.tenant_id, user_id=guest.user_id)


async def an_app(place: Place, name: str = "Travel") -> App:
    return (await apps.create_app(place.house, NewApp(name), tenant_id=place.id, by=operator())).app


async def connect(place: Place, app: App, address: str, **more: Any) -> str:
    given = {"told_of": Whom.EVERYONE, "required": True, **more}
    made = await app_connections.set_connection(
        place.house, Kind.WEBHOOK, tenant_id=place.id, app_id=app.app_id, by=operator(), address=address, **given
    )
    return made.secret or ""


@pytest.fixture
async def receiver(house: House) -> AsyncIterator[AppReceiver]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with app_receiver() as found:
        yield found


@pytest.fixture
async def office(contoso: Place, receiver: AppReceiver) -> Office:
    app = await an_app(contoso)
    return Office(contoso, receiver, app, await connect(contoso, app, receiver.url))


# --- What is told, and how --------------------------------------------------------------------------------------------


@broken(signed_without_the_time)
async def test_a_leave_is_told_once_and_signed(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    assert await office.deliver() == 1
    [told] = office.receiver.told
    gone = await world.again(office.house, sam.tenant_id, sam.user_id)
    assert told == {
        "type": "user.left",
        "timestamp": iso(office.clock.now()),
        "data": {
            "tenantId": office.place.id,
            "clientId": office.app.client_id,
            "subject": pairwise(office.house, sam, office.app),
            "objectId": sam.user_id,
            "sequence": gone.version,
        },
    }
    headers, _ = office.receiver.posts[0]
    assert headers["webhook-timestamp"] == str(int(office.clock.now().timestamp()))
    assert office.receiver.signed_by(office.secret)
    assert await office.deliver() == 0


async def test_each_thing_that_becomes_of_somebody_has_its_event(office: Office, sam: Membership) -> None:
    of: dict[str, Any] = {"tenant_id": sam.tenant_id, "user_id": sam.user_id, "by": office.place.admin}
    for act in (disable, enable, removing.remove, restoring.restore, removing.remove, erasing.purge):
        await act(office.house, **of)
        await office.deliver()
    assert [told["type"] for told in office.receiver.told] == [
        "user.disabled",
        "user.enabled",
        "user.removed",
        "user.restored",
        "user.removed",
        "user.purged",
    ]
    sequences = [told["data"]["sequence"] for told in office.receiver.told]
    assert sequences == sorted(set(sequences))
    assert office.receiver.told[-1]["data"]["eraseBy"] == iso(office.clock.now() + DAYS_30)


async def test_only_the_newest_thing_is_told_to_an_app_that_was_away(office: Office, sam: Membership) -> None:
    office.receiver.manner = answer(503)
    await office.leave(sam)
    assert await office.deliver() == 0
    await restoring.restore(office.house, tenant_id=sam.tenant_id, user_id=sam.user_id, by=office.place.admin)
    office.receiver.manner = "take"
    office.clock.advance(timedelta(hours=1))
    await office.deliver()
    assert [told["type"] for told in office.receiver.told] == ["user.left", "user.restored"]


async def test_who_has_nothing_to_do_with_an_app_is_not_told_of(
    contoso: Place, receiver: AppReceiver, sam: Membership, robin: Membership
) -> None:
    office = Office(contoso, receiver, app := await an_app(contoso), "")
    await connect(contoso, app, receiver.url, told_of=Whom.CONNECTED)
    await assigning.assign_app(
        contoso.house, tenant_id=contoso.id, app_id=app.app_id, user_id=sam.user_id, by=operator()
    )
    for guest in (sam, robin):
        await disable(contoso.house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    await office.deliver()
    assert [told["data"]["objectId"] for told in receiver.told] == [sam.user_id]


async def test_nothing_is_told_of_what_did_not_happen(office: Office, sam: Membership) -> None:
    office.house.faults.arm("audit", 1, 503)
    with pytest.raises(Exception, match="injected"):
        await disable(office.house, tenant_id=sam.tenant_id, user_id=sam.user_id, by=office.place.admin)
    assert await office.deliver() == 0
    assert office.receiver.posts == []


async def test_a_new_secret_signs_at_once_and_the_old_one_for_a_day_beside_it(
    office: Office, sam: Membership, robin: Membership
) -> None:
    made = await app_connections.new_secret(
        office.house, tenant_id=office.place.id, app_id=office.app.app_id, by=office.place.admin
    )
    assert made.secret is not None
    await office.leave(sam)
    await office.deliver()
    assert office.receiver.signed_by(office.secret)
    assert office.receiver.signed_by(made.secret)
    office.clock.advance(rules.OVERLAP)
    await office.leave(robin)
    await office.deliver()
    assert not office.receiver.signed_by(office.secret)
    assert office.receiver.signed_by(made.secret)


# --- Receivers in trouble ---------------------------------------------------------------------------------------------

TROUBLE = {
    "half": State.UNREACHABLE,
    "reset": State.UNREACHABLE,
    "huge": State.SILENT,
    answer(500): State.SILENT,
    answer(429, "Retry-After: 7200"): State.SILENT,
    b"no http at all\r\n\r\n": State.UNREACHABLE,
}


@pytest.mark.parametrize("manner", TROUBLE, ids=lambda one: one if isinstance(one, str) else one[:24].decode())
async def test_a_receiver_in_trouble_is_tried_again_under_the_same_id(
    office: Office, sam: Membership, manner: str | bytes
) -> None:
    office.receiver.manner = manner
    await office.leave(sam)
    assert await office.deliver() == 0
    [one] = await office.recipients(sam)
    assert (one.state, one.tries) == (TROUBLE[manner], 1)
    assert await office.deliver() == 0
    assert len(office.receiver.posts) == 1
    office.receiver.manner = "take"
    office.clock.advance(timedelta(hours=3))
    assert await office.deliver() == 1
    ids = [headers["webhook-id"] for headers, _ in office.receiver.posts]
    assert ids[0] == ids[1]
    [one] = await office.recipients(sam)
    assert one.state == State.DISABLED_ONLY


@pytest.mark.parametrize("manner", ["redirect", answer(400), answer(410)], ids=["redirect", "400", "410"])
async def test_a_refusal_is_not_asked_twice_until_somebody_sends_it_again(
    office: Office, sam: Membership, manner: str | bytes
) -> None:
    office.receiver.manner = manner
    await office.leave(sam)
    await office.deliver()
    office.clock.advance(timedelta(days=1))
    await office.deliver()
    assert len(office.receiver.posts) == 1
    [one] = await office.recipients(sam)
    assert one.state == State.REFUSED
    office.receiver.manner = "take"
    await app_connections.send_again(
        office.house, Kind.WEBHOOK, tenant_id=office.place.id, app_id=office.app.app_id, by=office.place.admin
    )
    assert await office.deliver() == 1
    assert len(office.receiver.posts) == 2


async def test_a_certificate_that_nobody_trusts_is_no_answer(contoso: Place, sam: Membership, tmp_path: Path) -> None:
    contoso.house.outgoing = Outgoing(allow_loopback=True)
    files = for_development(tmp_path, datetime.now(UTC), ["127.0.0.1"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    async with app_receiver(context) as receiver:
        office = Office(contoso, receiver, app := await an_app(contoso), "")
        await connect(contoso, app, receiver.url)
        await office.leave(sam)
        assert await office.deliver() == 0
        assert receiver.posts == []
        [one] = await office.recipients(sam)
        assert one.state == State.UNREACHABLE


async def test_what_it_asks_for_is_given_up_to_the_longest_wait(office: Office, sam: Membership) -> None:
    office.receiver.manner = answer(429, "Retry-After: 7200")
    await office.leave(sam)
    await office.deliver()
    office.clock.advance(timedelta(hours=2) - timedelta(seconds=1))
    await office.deliver()
    assert len(office.receiver.posts) == 1
    office.clock.advance(timedelta(hours=1))
    await office.deliver()
    assert len(office.receiver.posts) == 2


@pytest.mark.parametrize("manner", ["hang", "slow"])
@broken(every_receiver_in_one_row)
async def test_who_hangs_holds_up_nobody(office: Office, sam: Membership, manner: str) -> None:
    office.receiver.manner = manner
    async with app_receiver() as well:
        await connect(office.place, await an_app(office.place, "Well"), well.url)
        await office.leave(sam)
        worker = Connected(office.house)
        assert await worker.begin() == 2
        await asyncio.wait_for(well.came.wait(), 4)  # long before anybody gives up on the other
        assert well.told[0]["type"] == "user.left"
        await asyncio.wait_for(office.receiver.came.wait(), 4)
        assert await worker.begin() == 0
        await worker.let_be(0)


async def test_one_that_always_fails_holds_up_no_other(office: Office, sam: Membership, robin: Membership) -> None:
    await office.leave(sam)
    office.receiver.manner = answer(500)
    await office.deliver()
    office.receiver.manner = "take"
    office.clock.advance(timedelta(hours=1))
    await office.leave(robin)
    await office.deliver()
    assert [told["data"]["objectId"] for told in office.receiver.told] == [sam.user_id, robin.user_id, sam.user_id]


async def test_two_workers_tell_it_once(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    workers = [Connected(office.house) for _ in range(4)]
    assert sum(await asyncio.gather(*(one.deliver_waiting() for one in workers))) == 1
    assert len(office.receiver.posts) == 1


async def test_an_address_of_the_inside_is_refused_and_never_reached(office: Office, sam: Membership) -> None:
    office.house.outgoing = Outgoing(allow_loopback=False)
    await office.leave(sam)
    await office.deliver()
    assert office.receiver.posts == []
    [one] = await office.recipients(sam)
    assert one.state == State.REFUSED


# --- A removal waits --------------------------------------------------------------------------------------------------


@broken(removal_waits_for_nobody, no_recipients_frozen)
async def test_a_silent_app_keeps_a_removal_from_being_complete(office: Office, sam: Membership) -> None:
    office.receiver.manner = answer(503)
    await office.leave(sam)
    await office.purge(sam)
    assert await due.run_due(office.house) == []
    await office.deliver()
    office.clock.advance(DAYS_30)
    await due.run_due(office.house)
    assert isinstance(await office.stage(sam), Purged)
    running = await erasures.find(await office.house.store.read(), sam.tenant_id, sam.user_id)
    assert running is not None
    assert running.state == "waitingForRecipients"
    assert running.due_by <= office.clock.now()
    assert (await world.again(office.house, sam.tenant_id, sam.user_id)).mail is None  # our own data did not wait

    office.receiver.manner = "take"
    office.clock.advance(timedelta(hours=8))
    assert await office.deliver() == 1
    assert [one.verb for one in await due.run_due(office.house)] == ["erase"]
    stage = await office.stage(sam)
    assert isinstance(stage, Erased)
    assert stage.at == office.clock.now()
    [one] = await office.recipients(sam)
    assert (one.state, one.required, one.display_name) == (State.CONFIRMED, True, "Travel")
    reading = await office.house.store.read()
    assert await deliveries.find(reading, sam.tenant_id, office.app.app_id, "webhook", sam.user_id) is None


@pytest.mark.parametrize("way", ["left at once", "granted to who is here"])
async def test_who_is_erased_with_the_leave_is_removed_from_the_apps_too(
    office: Office, sam: Membership, way: str
) -> None:
    here: dict[str, Any] = {"tenant_id": sam.tenant_id, "by": world.at_portal(sam)}
    if way == "left at once":
        await guest_settings.change_guest_settings(
            office.house, tenant_id=sam.tenant_id, by=operator(), erasure_on_leave=ErasureOnLeave.AT_ONCE
        )
        await leaving.leave(office.house, key="at once", erase=True, **here)
    else:
        await policies.change_leave_setting(
            office.house, tenant_id=sam.tenant_id, guests_may_leave=False, by=office.place.admin
        )
        await asking_erasure.ask_erasure(office.house, user_id=sam.user_id, **here)
        await answering_erasure.grant_erasure(
            office.house, tenant_id=sam.tenant_id, user_id=sam.user_id, by=office.place.admin
        )
    assert [one.state for one in await office.recipients(sam)] == [State.WAITING]
    assert await due.run_due(office.house) == []
    assert isinstance(await office.stage(sam), Purged)
    assert await office.deliver() == 1
    [told] = office.receiver.told
    assert (told["type"], told["data"]["eraseBy"]) == ("user.purged", iso(office.clock.now() + DAYS_30))
    assert [one.verb for one in await due.run_due(office.house)] == ["erase"]
    assert isinstance(await office.stage(sam), Erased)
    assert [one.state for one in await office.recipients(sam)] == [State.CONFIRMED]


@pytest.mark.parametrize("end", ["answers", "is waived"])
async def test_no_certificate_until_a_silent_app_answers_or_is_waived(
    office: Office, sam: Membership, end: str
) -> None:
    """And then with what was counted before the data went, and what the app answered."""
    office.receiver.manner = answer(503)
    await office.leave(sam)
    await office.purge(sam)
    await due.run_due(office.house)
    await office.deliver()
    await sealing.seal_waiting(office.house)
    assert await certifying.certify_waiting(office.house) == 0
    if end == "answers":
        office.receiver.manner = "take"
        office.clock.advance(timedelta(hours=8))
        await office.deliver()
    else:
        of: dict[str, Any] = {"tenant_id": sam.tenant_id, "user_id": sam.user_id, "app_id": office.app.app_id}
        await waiving.waive_recipient(
            office.house, Kind.WEBHOOK, why="Switched off in May", by=office.place.admin, **of
        )
    await due.run_due(office.house)
    await sealing.seal_waiting(office.house)
    assert await certifying.certify_waiting(office.house) == 1
    kept = await certificates.find(await office.house.store.read(), sam.tenant_id, sam.user_id)
    assert kept is not None
    keys = proving_receipts.read_keys(json.dumps(await receipt_keys.published(office.house)).encode())
    claims = proving_receipts.prove(kept.signed or "", keys).claims
    [told] = claims["recipients"]
    assert (told["clientId"], told["displayName"], told["required"]) == (office.app.client_id, "Travel", True)
    assert told["state"] == ("confirmed" if end == "answers" else "waived")
    assert told["answeredAt"] is not None
    assert "Switched off" not in json.dumps(claims), "why somebody waived it is the organization's to know"
    counted = {one["what"]: one["count"] for one in claims["removed"] if one["count"]}
    assert sum(counted.values()) > 3, counted


async def test_who_is_waited_for_is_told_to_the_contacts(office: Office, sam: Membership) -> None:
    """After half, three quarters and nine tenths of the 30 days, with what the app answered last."""
    office.receiver.manner = answer(503)
    await office.leave(sam)
    await office.purge(sam)
    began = office.clock.now()
    told = []
    for _ in range(31 * 2):
        await due.run_due(office.house)
        await office.deliver()
        office.clock.advance(timedelta(hours=12))
        done = await due.run_due(office.house)
        told += [(one.at - began) / timedelta(days=1) for one in done if one.verb is Verb.WARN_OF_REMOVALS]
    assert told == [15, 22.5, 27]
    letters = [open_letter(office.house, one) for one in await outbox.waiting(await office.house.store.read(), 100)]
    warned = [one.facts for one in letters if one.kind == LetterKind.DEADLINE_AT_RISK]
    assert [one["failed"] for one in warned] == [[{"system": "Travel (webhook)", "error": "status 503"}]] * 3


async def test_one_round_of_the_worker_asks_and_ends_it(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    office.clock.advance(DAYS_30)
    worker = Worker(office.house, Delivery(office.house, None), connected=Connected(office.house))
    assert [one.verb for one in await worker.tick()] == ["purge", "erase"]
    assert [told["type"] for told in office.receiver.told] == ["user.purged"]
    assert isinstance(await office.stage(sam), Erased)


async def test_two_answers_at_the_same_moment_end_it(office: Office, sam: Membership) -> None:
    async with app_receiver() as well:
        await connect(office.place, await an_app(office.place, "Well"), well.url)
        await office.leave(sam)
        await office.purge(sam)
        assert await due.run_due(office.house) == []
        assert await office.deliver() == 2
    assert [one.verb for one in await due.run_due(office.house)] == ["erase"]


async def test_an_app_that_need_not_answer_is_told_and_not_waited_for(
    contoso: Place, receiver: AppReceiver, sam: Membership
) -> None:
    office = Office(contoso, receiver, app := await an_app(contoso), "")
    await connect(contoso, app, receiver.url, required=False)
    await office.leave(sam)
    await office.purge(sam)
    assert [one.verb for one in await due.run_due(office.house)] == ["erase"]
    assert isinstance(await office.stage(sam), Erased)


async def test_the_acknowledgement_of_the_leave_is_none_of_the_deletion(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    await office.deliver()
    [one] = await office.recipients(sam)
    assert one.state == State.DISABLED_ONLY
    await office.purge(sam)
    [one] = await office.recipients(sam)
    assert one.state == State.WAITING
    await due.run_due(office.house)
    assert isinstance(await office.stage(sam), Purged)


async def test_recipients_are_frozen_at_the_leave(contoso: Place, receiver: AppReceiver, sam: Membership) -> None:
    office = Office(contoso, receiver, app := await an_app(contoso), "")
    await connect(contoso, app, receiver.url, told_of=Whom.CONNECTED)
    assigned = await assigning.assign_app(
        contoso.house, tenant_id=contoso.id, app_id=app.app_id, user_id=sam.user_id, by=operator()
    )
    await office.leave(sam)
    await assigning.unassign_app(
        contoso.house, tenant_id=contoso.id, assignment_id=assigned.assignment_id, by=operator()
    )
    late = await an_app(contoso, "Late")
    await connect(contoso, late, receiver.url)
    await office.purge(sam)
    assert [one.app_id for one in await office.recipients(sam)] == [app.app_id]
    await office.deliver()
    assert [told["data"]["clientId"] for told in receiver.told] == [app.client_id]


async def test_after_a_restore_nobody_has_to_be_told(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    await restoring.restore(office.house, tenant_id=sam.tenant_id, user_id=sam.user_id, by=office.place.admin)
    assert await office.recipients(sam) == []


async def test_a_named_person_waives_a_recipient_with_a_reason(office: Office, sam: Membership) -> None:
    office.receiver.manner = answer(503)
    of: dict[str, Any] = {"tenant_id": sam.tenant_id, "user_id": sam.user_id, "app_id": office.app.app_id}
    await office.leave(sam)
    with pytest.raises(Refused, match="notFound"):
        await waiving.waive_recipient(office.house, Kind.WEBHOOK, why="Closed", by=office.place.admin, **of)
    await office.purge(sam)
    await due.run_due(office.house)
    for why, by, reason in (
        (" ", office.place.admin, Reason.MISSING_VALUE),
        ("x" * 501, office.place.admin, Reason.BAD_VALUE),
        ("Closed", operator(), Reason.NEEDS_PERSON),
        ("Closed", world.program(office.place), Reason.NEEDS_PERSON),
    ):
        with pytest.raises(Refused) as caught:
            await waiving.waive_recipient(office.house, Kind.WEBHOOK, why=why, by=by, **of)
        assert caught.value.reason is reason
    await waiving.waive_recipient(
        office.house, Kind.WEBHOOK, why="The app was switched off in May", by=office.place.admin, **of
    )
    await office.deliver()  # what comes late changes nothing
    [one] = await office.recipients(sam)
    assert (one.state, one.waived_by, one.waived_why) == (
        State.WAIVED,
        office.place.administrator.user_id,
        "The app was switched off in May",
    )
    assert [done.verb for done in await due.run_due(office.house)] == ["erase"]
    with pytest.raises(Refused, match="notFound"):
        await waiving.waive_recipient(office.house, Kind.WEBHOOK, why="Again", by=office.place.admin, **of)


async def test_when_a_connection_is_removed_its_recipients_wait_for_a_waiver(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    await app_connections.remove_connection(
        office.house, Kind.WEBHOOK, tenant_id=office.place.id, app_id=office.app.app_id, by=office.place.admin
    )
    await office.purge(sam)
    await due.run_due(office.house)
    [one] = await office.recipients(sam)
    assert (one.state, one.answer) == (State.UNREACHABLE, "the connection was removed")
    assert isinstance(await office.stage(sam), Purged)
    assert office.receiver.posts == []


async def test_it_is_given_up_after_a_month_and_says_so(office: Office, sam: Membership) -> None:
    office.receiver.manner = answer(503)
    await office.leave(sam)
    for _ in range(200):
        await office.deliver()
        office.clock.advance(timedelta(hours=8))
    many = len(office.receiver.posts)
    assert 60 < many < 130
    reading = await office.house.store.read()
    assert set(await deliveries.states(reading, sam.tenant_id, office.app.app_id, "webhook")) == {"silent"}


# --- Setting it up ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["http://app.example/hook", "ftp://app.example", "hook", "https://a.example/#x"])
async def test_where_an_app_may_be_told(contoso: Place, address: str) -> None:
    app = await an_app(contoso)
    with pytest.raises(Refused) as caught:
        await connect(contoso, app, address)
    assert (caught.value.reason, caught.value.facts["property"]) == (Reason.BAD_VALUE, "address")


async def test_a_change_keeps_what_is_not_named_and_shows_no_secret(office: Office) -> None:
    of: dict[str, Any] = {"tenant_id": office.place.id, "app_id": office.app.app_id, "by": office.place.admin}
    made = await app_connections.set_connection(office.house, Kind.WEBHOOK, required=False, **of)
    assert (made.secret, made.connection.url) == (None, office.receiver.url)
    kept = await connections.find(await office.house.store.read(), office.place.id, office.app.app_id, "webhook")
    assert kept is not None
    assert (kept.required, kept.told_of, kept.url) == (False, "everyone", office.receiver.url)
    assert office.secret.removeprefix("whsec_").encode() not in kept.sealed


async def test_owners_and_readers_may_not_send_people_elsewhere(office: Office, sam: Membership) -> None:
    with pytest.raises(Refused) as caught:
        await app_connections.set_connection(
            office.house,
            Kind.WEBHOOK,
            tenant_id=office.place.id,
            app_id=office.app.app_id,
            by=world.at_portal(sam),
            address="https://elsewhere.example/",
        )
    assert caught.value.reason in {Reason.NOT_ALLOWED, Reason.NOT_FOUND}


async def test_what_is_told_lies_sealed(office: Office, sam: Membership) -> None:
    await office.leave(sam)
    reading = await office.house.store.read()
    one = await deliveries.find(reading, sam.tenant_id, office.app.app_id, "webhook", sam.user_id)
    assert one is not None
    assert b"sam@elsewhere.example" not in one.sealed
    assert telling_connected.open_delivery(office.house, one).mail == "sam@elsewhere.example"


async def test_whoever_waived_is_forgotten_with_their_own_data(office: Office, sam: Membership) -> None:
    boss = await world.member(office.place, "Bo Ss")
    reading = await office.house.store.read()
    office.receiver.manner = answer(503)
    await office.leave(sam)
    await office.purge(sam)
    await due.run_due(office.house)
    [one] = await office.recipients(sam)

    async def work(unit: Any) -> None:
        recipients.waive(unit, one, by=boss.user_id, why="Closed")

    await office.house.store.change(work)
    await removing.remove(office.house, tenant_id=boss.tenant_id, user_id=boss.user_id, by=office.place.admin)
    await office.purge(boss)
    await due.run_due(office.house)
    [one] = await recipients.of_removal(reading, sam.tenant_id, sam.user_id)
    assert one.waived_by == boss.audit_tag
