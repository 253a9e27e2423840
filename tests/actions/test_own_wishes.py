"""What a person does for themselves alone: sign out everywhere, and choose a language."""

from dataclasses import replace

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import signing_in, signing_out, speaking
from vestibule.actions.access import authenticate_session
from vestibule.actions.house import House
from vestibule.rules.actors import Strength
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import people, profiles

ADDRESS = "guest@elsewhere.example"
NOBODY = "00000000-0000-4000-8000-000000000000"


async def language_of(house: House, person_id: str) -> str | None:
    person = await people.find(await house.store.read(), person_id)
    assert person is not None
    return person.preferred_language


async def test_a_member_is_signed_out_by_their_home(house: House, contoso: Place) -> None:
    adele = await world.member(contoso, "Adele Vance")
    fabrikam = await world.organization(house, "Fabrikam")
    there = await world.visitor(fabrikam, adele)
    assert adele.person_id is not None
    opened = [await signing_in.open_session(house, adele.person_id, Strength.PASSWORD) for _ in range(2)]
    await signing_out.sign_out_everywhere(house, person_id=adele.person_id, by=world.at_portal(there))
    reading = await house.store.read()
    assert [await authenticate_session(reading, one.token) for one in opened] == [None, None]
    assert (await world.again(house, contoso.id, adele.user_id)).epoch == adele.epoch + 1
    assert (await world.again(house, fabrikam.id, there.user_id)).epoch == there.epoch
    profile = await profiles.find(reading, contoso.id, adele.user_id)
    assert profile is not None
    assert profile.attributes["signInSessionsValidFromDateTime"] == "2026-03-02T09:30:00Z"
    event = await world.last_event(contoso)
    assert (event.type, event.actor["id"]) == ("session.endAll", adele.user_id)


async def test_somebody_without_a_home_by_each_place_they_are_in(house: House, contoso: Place) -> None:
    fabrikam = await world.organization(house, "Fabrikam")
    guests = [await world.guest(place, ADDRESS) for place in (contoso, fabrikam)]
    person_id = guests[0].person_id
    assert person_id is not None
    opened = await signing_in.open_session(house, person_id, Strength.EMAILED_CODE)
    await signing_out.sign_out_everywhere(house, person_id=person_id, by=world.person_at_pages(person_id))
    assert await authenticate_session(await house.store.read(), opened.token) is None
    for guest in guests:
        assert (await world.again(house, guest.tenant_id, guest.user_id)).epoch == guest.epoch + 1


async def test_nobody_signs_somebody_else_out(house: House, contoso: Place) -> None:
    guest, other = await world.guest(contoso, ADDRESS), await world.guest(contoso, "other@elsewhere.example")
    assert guest.person_id is not None
    for who, by in (
        (guest.person_id, world.at_portal(other)),
        (guest.person_id, contoso.admin),
        (NOBODY, replace(world.at_portal(other), person_id=NOBODY)),
    ):
        with pytest.raises(Refused) as caught:
            await signing_out.sign_out_everywhere(house, person_id=who, by=by)
        assert caught.value.reason is Reason.NOT_FOUND
    assert (await world.again(house, contoso.id, guest.user_id)).epoch == guest.epoch


async def test_a_language_is_the_persons_and_of_no_organization(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    assert guest.person_id is not None
    before = len(await world.events(contoso))
    for tag in ("sv", "sv", "nl"):
        await speaking.choose_language(house, person_id=guest.person_id, language=tag, by=world.at_portal(guest))
    assert await language_of(house, guest.person_id) == "nl"
    assert len(await world.events(contoso)) == before
    other = await world.guest(contoso, "other@elsewhere.example")
    refused = [
        (world.at_portal(other), "sv", Reason.NOT_FOUND),
        (world.at_portal(guest), "x" * 13, Reason.BAD_VALUE),
        (world.at_portal(guest), "", Reason.BAD_VALUE),
    ]
    for by, tag, reason in refused:
        with pytest.raises(Refused) as caught:
            await speaking.choose_language(house, person_id=guest.person_id, language=tag, by=by)
        assert caught.value.reason is reason
    assert await language_of(house, guest.person_id) == "nl"
