"""What a restore brings back, and what it does not."""

from tests.support import world
from tests.support.world import Place
from vestibule.actions import apps, consenting, removing, restoring
from vestibule.actions.house import House
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.store import consents


async def test_no_consent_comes_back(house: House, contoso: Place) -> None:
    new = NewApp(display_name="Notes", delegated_permissions=("User.Read", "openid"))
    made = await apps.create_app(house, new, tenant_id=contoso.id, by=operator())
    here = {"tenant_id": contoso.id, "app_id": made.app.app_id}
    await consenting.consent_for_everybody(house, permissions=["openid"], by=operator(), **here)
    ann, bob = await world.guest(contoso, "ann@elsewhere.example"), await world.guest(contoso, "bob@elsewhere.example")
    for who in (ann, bob):
        by = world.at_portal(who)
        await consenting.consent(house, user_id=who.user_id, permissions=["User.Read"], by=by, **here)

    await removing.remove(house, tenant_id=contoso.id, user_id=ann.user_id, by=operator())
    await restoring.restore(house, tenant_id=contoso.id, user_id=ann.user_id, by=operator())

    reading = await house.store.read()
    assert await consents.names_for(reading, user_id=ann.user_id, **here) == ("openid",)
    assert await consents.names_for(reading, user_id=bob.user_id, **here) == ("openid", "User.Read")
