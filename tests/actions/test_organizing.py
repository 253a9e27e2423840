from tests.support import world
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.store import hanging, organizations, people
from vestibule.store.memberships import GLOBAL_ADMINISTRATOR


async def test_an_organization_begins_with_domain_key_and_administrator(house: House, contoso: Place):
    reading = await house.store.read()
    found = await organizations.find_by_domain(reading, "contoso.example")
    assert found == contoso.organization
    assert await house.keys.find(found.subject_key_id) is not None
    admin = contoso.administrator
    assert admin.user_principal_name == "admin@contoso.example"
    assert await hanging.roles(reading, contoso.id, admin.user_id) == {GLOBAL_ADMINISTRATOR}
    person = await people.find_by_identity(reading, f"https://vestibule.example/{contoso.id}/v2.0", admin.user_id)
    assert person is not None
    assert person.home_user == admin.user_id
    again = await world.again(house, contoso.id, admin.user_id)
    assert again == admin
