"""Answering who asked to be removed, and writing down who takes a list along."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import answering, asking, exporting, policies, removing
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import outbox, requests
from vestibule.store.memberships import Membership


def push(house: House, step: timedelta) -> None:
    """Let time pass."""
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def refusal(awaitable: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value


async def asked(contoso: Place) -> Membership:
    """A guest who may not leave on their own, and asked to be removed."""
    guest = await world.guest(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id}
    await policies.change_leave_setting(contoso.house, guests_may_leave=False, by=contoso.admin, **here)
    await asking.ask_removal(contoso.house, user_id=guest.user_id, by=world.at_portal(guest), **here)
    return guest


async def answer_of(contoso: Place, guest: Membership) -> str | None:
    found = await requests.of_membership(await contoso.house.store.read(), contoso.id, guest.user_id)
    return found["removal"].answer


async def test_kept_is_said_told_and_written_down_once(house: House, contoso: Place) -> None:
    guest = await asked(contoso)
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": contoso.admin}
    before = len(await outbox.waiting(await house.store.read(), 100))
    kept = await answering.answer_removal(house, message="Until June.", **act)
    assert (kept.answer, await answer_of(contoso, guest)) == ("kept", "kept")
    assert len(await outbox.waiting(await house.store.read(), 100)) == before + 1
    event = await world.last_event(contoso)
    assert (event.type, event.record["facts"]) == ("membership.answerRemoval", {"answer": "kept"})
    assert event.subject["id"] == guest.user_id
    assert (await refusal(answering.answer_removal(house, **act))).reason is Reason.WRONG_STAGE
    assert len(await outbox.waiting(await house.store.read(), 100)) == before + 1


async def test_who_was_kept_may_ask_again_after_a_week(house: House, contoso: Place) -> None:
    guest = await asked(contoso)
    await answering.answer_removal(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    ask: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    assert (await refusal(asking.ask_removal(house, **ask))).reason is Reason.ALREADY_THERE
    push(house, timedelta(days=7))
    await asking.ask_removal(house, **ask)
    assert await answer_of(contoso, guest) is None


async def test_who_may_not_answer_changes_nothing(house: House, contoso: Place) -> None:
    guest = await asked(contoso)
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id}
    assert (
        await refusal(answering.answer_removal(house, by=world.at_portal(guest), **act))
    ).reason is Reason.NOT_ALLOWED
    other = await world.organization(house, "Fabrikam")
    assert (await refusal(answering.answer_removal(house, by=other.admin, **act))).reason is Reason.NOT_FOUND
    assert await answer_of(contoso, guest) is None


@pytest.mark.parametrize("message", ["x" * 1001, "a\x00b"])
async def test_what_no_letter_can_say_is_refused_before_anything_is(house: House, contoso: Place, message: str) -> None:
    guest = await asked(contoso)
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": contoso.admin}
    assert (await refusal(answering.answer_removal(house, message=message, **act))).reason is Reason.BAD_VALUE
    assert await answer_of(contoso, guest) is None


async def test_removing_is_the_other_answer(house: House, contoso: Place) -> None:
    guest = await asked(contoso)
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert await answer_of(contoso, guest) == "removed"
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": contoso.admin}
    assert (await refusal(answering.answer_removal(house, **act))).reason is Reason.WRONG_STAGE


async def test_an_export_is_written_down_with_its_length(house: House, contoso: Place) -> None:
    act: dict[str, Any] = {"tenant_id": contoso.id, "what": "deletedUsers", "rows": 7, "reads": Verb.READ_DELETED}
    await exporting.export_list(house, by=contoso.admin, **act)
    event = await world.last_event(contoso)
    assert (event.type, event.record["facts"]) == ("list.export", {"list": "deletedUsers", "rows": 7})
    guest = await world.guest(contoso)
    assert (await refusal(exporting.export_list(house, by=world.at_portal(guest), **act))).reason is Reason.NOT_ALLOWED
    refused = await world.last_event(contoso)
    assert (refused.type, refused.reason) == ("list.export", "notAllowed")
