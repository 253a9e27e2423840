"""Letters to whose password was changed, and who was signed out everywhere: whoever did it."""

from typing import Any

import pytest

from tests.support import world
from tests.support.world import PASSWORD, Place
from vestibule.actions import directory_users, posting, signing_out
from vestibule.actions.house import House
from vestibule.store import outbox
from vestibule.store.memberships import Membership

KINDS = {"passwordChanged", "signedOutEverywhere"}


async def _letters(house: House) -> list[tuple[str, str, dict[str, Any]]]:
    waiting = await outbox.waiting(await house.store.read(), 100)
    found = [posting.open_letter(house, one) for one in waiting]
    return [(one.kind, one.recipient, one.facts) for one in found if one.kind in KINDS]


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    return await world.member(contoso, mail="adele@mailbox.example")


@pytest.mark.parametrize("own", [True, False])
async def test_a_new_password_is_told(contoso: Place, adele: Membership, own: bool) -> None:
    by = world.at_portal(adele) if own else contoso.admin
    here = {"tenant_id": contoso.id, "user_id": adele.user_id}
    await directory_users.set_password(contoso.house, **here, password=PASSWORD, by=by, own=own)
    ((kind, to, facts),) = await _letters(contoso.house)
    assert (kind, to) == ("passwordChanged", "adele@mailbox.example")
    assert (facts["byReader"], facts["organization"]) == (own, "Contoso")


async def test_signing_out_everywhere_is_told_once(contoso: Place, adele: Membership) -> None:
    fabrikam = await world.organization(contoso.house, "Fabrikam")
    await world.visitor(fabrikam, adele)
    await signing_out.sign_out_everywhere(contoso.house, person_id=adele.person_id or "", by=world.at_portal(adele))
    ((kind, to, facts),) = await _letters(contoso.house)
    assert (kind, to, facts["byReader"]) == ("signedOutEverywhere", "adele@mailbox.example", True)


async def test_an_administrator_who_signs_somebody_out_is_told_of(contoso: Place, adele: Membership) -> None:
    here = {"tenant_id": contoso.id, "user_id": adele.user_id}
    await directory_users.revoke_sign_in_sessions(contoso.house, **here, by=contoso.admin)
    ((kind, _, facts),) = await _letters(contoso.house)
    assert (kind, facts["byReader"]) == ("signedOutEverywhere", False)


async def test_who_has_no_home_reads_it_in_the_mailbox_they_proved(contoso: Place) -> None:
    guest = await world.guest(contoso, "sam@mailbox.example")
    await signing_out.sign_out_everywhere(contoso.house, person_id=guest.person_id or "", by=world.at_portal(guest))
    assert [(kind, to) for kind, to, _ in await _letters(contoso.house)] == [
        ("signedOutEverywhere", "sam@mailbox.example")
    ]


async def test_whoever_waits_to_accept_an_invitation_has_nothing_to_be_signed_out_of(contoso: Place) -> None:
    waiting, _ = await world.invited(contoso, "sam@mailbox.example")
    here = {"tenant_id": contoso.id, "user_id": waiting.user_id}
    await directory_users.revoke_sign_in_sessions(contoso.house, **here, by=contoso.admin)
    assert await _letters(contoso.house) == []
