from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions.app_credentials import add_secret, remove_secret
from vestibule.actions.app_roles import set_permissions
from vestibule.actions.apps import Registered, create_app, update_app
from vestibule.actions.assigning import assign_app
from vestibule.actions.consenting import consent, consent_for_everybody
from vestibule.actions.deleting_apps import delete_app, purge_app, restore_app
from vestibule.actions.granting import check_secret
from vestibule.actions.house import House
from vestibule.actions.removing import remove
from vestibule.actions.restoring import restore
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import APPLICATION_ADMINISTRATOR
from vestibule.store import apps, consents, hanging
from vestibule.store.apps import App

GUID = "11111111-2222-3333-4444-555555555555"
ROLE = {"id": "99999999-2222-3333-4444-555555555555", "value": "Task.Write", "displayName": "Writers"}


async def _app(place: Place, **more: Any) -> Registered:
    consented = more.pop("grant_admin_consent", False)
    new = NewApp(more.pop("display_name", "Expenses"), **more)
    return await create_app(place.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=consented)


async def _now(place: Place, app: App) -> App | None:
    return await apps.find(await place.house.store.read(), place.id, app.app_id)


async def test_an_app_gets_a_secret_that_is_shown_once(house: House, contoso: Place):
    made = await _app(
        contoso,
        redirect_uris=("https://app.example/cb", "http://localhost:5000/cb"),
        logout_uris=("https://app.example/bye",),
        application_permissions=("user.read.all", "Group.Read.All"),
        delegated_permissions=("User.Read", "openid"),
        app_roles=(ROLE,),
        client_id=GUID.upper(),
        grant_admin_consent=True,
    )
    assert made.secret is not None
    assert len(made.secret.text) == 43
    reading = await house.store.read()
    found = await apps.find_by_client_id(reading, GUID)
    assert found == made.app
    assert await apps.find_by_principal(reading, contoso.id, found.service_principal_id) == found
    assert found.permissions == ["User.Read.All", "Group.Read.All"]
    assert found.app_roles[0]["allowedMemberTypes"] == ["User"]
    assert await consents.names_for(reading, contoso.id, found.app_id, "anybody") == ("User.Read", "openid")
    assert await check_secret(reading, found, made.secret.text)
    for wrong in ("", made.secret.text[:-1], made.secret.text + "x", made.secret.text[:3]):
        assert not await check_secret(reading, found, wrong)
    kept = (await apps.secrets(reading, contoso.id, found.app_id))[0]
    assert made.secret.text not in repr(kept)
    assert kept.hint == made.secret.text[:3]
    told = await world.last_event(contoso)
    assert told.record["facts"]["clientId"] == GUID
    assert made.secret.text not in str(told)


async def test_without_consent_an_app_only_asks(house: House, contoso: Place):
    made = await _app(contoso, application_permissions=("User.Read.All",), delegated_permissions=("User.Read",))
    assert made.app.permissions == []
    assert made.app.delegated == ["User.Read"]
    assert await consents.of_app(await house.store.read(), contoso.id, made.app.app_id) == []


async def test_a_public_app_has_no_secret(house: House, contoso: Place):
    made = await _app(contoso, public=True, redirect_uris=("http://localhost", "msauth.com.example.app://auth"))
    assert made.secret is None
    with pytest.raises(Refused) as refused:
        await add_secret(house, tenant_id=contoso.id, app_id=made.app.app_id, by=operator())
    assert refused.value.reason is Reason.BAD_VALUE


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"redirect_uris": ("javascript:alert(1)",)}, "redirectUris"),
        ({"redirect_uris": ("javascript://x/%0aalert(1)",), "public": True}, "redirectUris"),
        ({"redirect_uris": ("data:text/html,x",), "public": True}, "redirectUris"),
        ({"redirect_uris": ("http://app.example/cb",)}, "redirectUris"),
        ({"redirect_uris": ("https://app.example/*",)}, "redirectUris"),
        ({"redirect_uris": ("https://*.app.example/",)}, "redirectUris"),
        ({"redirect_uris": ("https://app.example/#x",)}, "redirectUris"),
        ({"redirect_uris": ("https://user@app.example/",)}, "redirectUris"),
        ({"redirect_uris": ("https://app.example\\@evil.example/",)}, "redirectUris"),
        ({"redirect_uris": ("https://app.example/\t",)}, "redirectUris"),
        ({"redirect_uris": ("my.app://cb",)}, "redirectUris"),
        ({"spa_redirect_uris": ("my.app://cb",), "public": True}, "redirectUris"),
        ({"logout_uris": ("//evil.example",)}, "redirectUris"),
        ({"redirect_uris": ("https://app.example/" + "a" * 2048,)}, "redirectUris"),
        ({"application_permissions": ("Nothing.Such",)}, "applicationPermissions"),
        ({"application_permissions": ("User.Read",)}, "applicationPermissions"),
        ({"delegated_permissions": ("Group.Create",)}, "delegatedPermissions"),
        ({"client_id": "not-a-guid"}, "appId"),
        ({"client_id": "00000003-0000-0000-c000-000000000000"}, "appId"),
        ({"id_token_alg": "none"}, "id_token_alg"),
        ({"app_roles": ({"value": "x"},)}, "appRoles"),
        ({"app_roles": (ROLE, ROLE)}, "appRoles"),
        ({"app_roles": ({**ROLE, "value": "two words"},)}, "appRoles"),
        ({"app_roles": ({**ROLE, "allowedMemberTypes": ["Robot"]},)}, "appRoles"),
        ({"display_name": ""}, "displayName"),
        ({"public": True, "application_permissions": ("User.Read.All",)}, "public"),
    ],
)
async def test_what_no_app_is_made_from(house: House, contoso: Place, wrong: dict[str, Any], named: str):
    with pytest.raises(Refused) as refused:
        await _app(contoso, **wrong)
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.BAD_VALUE, named)
    assert await apps.everyone(await house.store.read(), contoso.id) == []


async def test_a_client_id_is_taken_once_in_the_deployment_and_is_nobodys_id(house: House, contoso: Place):
    fabrikam = await world.organization(house, "Fabrikam")
    await _app(contoso, client_id=GUID)
    for place, client_id in ((fabrikam, GUID), (contoso, contoso.administrator.user_id)):
        with pytest.raises(Refused) as refused:
            await _app(place, client_id=client_id)
        assert refused.value.reason is Reason.DUPLICATE_VALUE


async def test_registering_asks_for_a_right_and_consenting_for_more(house: House, contoso: Place):
    from vestibule.actions import assigning

    adele, builder = await world.member(contoso), await world.member(contoso, "Bob Builder")
    await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=APPLICATION_ADMINISTRATOR, user_id=builder.user_id, by=operator()
    )
    new = NewApp("Expenses", application_permissions=("User.ReadWrite.All",))
    with pytest.raises(Refused) as refused:
        await create_app(house, new, tenant_id=contoso.id, by=world.at_portal(adele))
    assert refused.value.reason is Reason.NOT_ALLOWED
    by = world.at_portal(builder)
    made = await create_app(house, new, tenant_id=contoso.id, by=by)
    for attempt in (
        create_app(house, new, tenant_id=contoso.id, by=by, grant_admin_consent=True),
        set_permissions(
            house,
            tenant_id=contoso.id,
            app_id=made.app.app_id,
            application_permissions=["User.ReadWrite.All"],
            by=by,
        ),
        consent_for_everybody(
            house, tenant_id=contoso.id, app_id=made.app.app_id, permissions=["User.ReadWrite.All"], by=by
        ),
        create_app(house, NewApp("P", public=True, password_grant=True), tenant_id=contoso.id, by=contoso.admin),
        update_app(
            house, tenant_id=contoso.id, app_id=made.app.app_id, changes={"password_grant": True}, by=contoso.admin
        ),
    ):
        with pytest.raises(Refused) as more:
            await attempt
        assert more.value.reason is Reason.NOT_ALLOWED
    after = await set_permissions(
        house,
        tenant_id=contoso.id,
        app_id=made.app.app_id,
        application_permissions=["user.readwrite.all"],
        by=contoso.admin,
    )
    assert after.permissions == ["User.ReadWrite.All"]
    assert await _now(contoso, made.app) == after


async def test_whoever_registers_an_app_owns_it(house: House, contoso: Place):
    from vestibule.actions import assigning

    builder = await world.member(contoso, "Bob Builder")
    held = await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=APPLICATION_ADMINISTRATOR, user_id=builder.user_id, by=operator()
    )
    by = world.at_portal(builder)
    made = await create_app(house, NewApp("Expenses"), tenant_id=contoso.id, by=by)
    other = await _app(contoso, display_name="Other")
    await assigning.unassign_role(house, tenant_id=contoso.id, assignment_id=held.assignment_id, by=operator())
    await update_app(house, tenant_id=contoso.id, app_id=made.app.app_id, changes={"display_name": "Costs"}, by=by)
    with pytest.raises(Refused) as refused:
        await update_app(house, tenant_id=contoso.id, app_id=other.app.app_id, changes={"display_name": "X"}, by=by)
    assert refused.value.reason is Reason.NOT_ALLOWED


async def test_update_checks_the_whole_app(house: House, contoso: Place):
    made = await _app(contoso, redirect_uris=("https://app.example/cb",))
    here: dict[str, Any] = {"tenant_id": contoso.id, "app_id": made.app.app_id, "by": contoso.admin}
    changes: dict[str, Any] = {"display_name": "Costs", "enabled": False, "redirect_uris": ["https://app.example/cb"]}
    after = await update_app(house, changes=changes, **here)
    assert (after.display_name, after.enabled, after.version) == ("Costs", False, 2)
    assert (await world.last_event(contoso)).record["changes"] == ["display_name", "enabled"]
    assert await update_app(house, changes=changes, **here) == after
    public = await update_app(
        house, changes={"public": True, "redirect_uris": ["my.app://cb", "http://localhost"]}, **here
    )
    assert public.public
    for wrong, reason in (
        ({"public": False}, Reason.BAD_VALUE),  # the address by a scheme of its own is in the way
        ({"client_id": GUID}, Reason.READ_ONLY),
        ({"permissions": ["User.Read.All"]}, Reason.READ_ONLY),
        ({"enabled": "yes"}, Reason.BAD_VALUE),
        ({"shoeSize": 43}, Reason.BAD_VALUE),
    ):
        with pytest.raises(Refused) as refused:
            await update_app(house, changes=wrong, **here)
        assert refused.value.reason is reason
    assert await _now(contoso, made.app) == public


async def test_secrets_come_and_go_and_run_out(house: House, contoso: Place):
    made = await _app(contoso)
    here: dict[str, Any] = {"tenant_id": contoso.id, "app_id": made.app.app_id, "by": contoso.admin}
    soon = await add_secret(house, expires_at=house.clock.now() + timedelta(hours=1), **here)
    assert made.secret is not None
    assert await check_secret(await house.store.read(), made.app, soon.text)
    house.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    reading = await house.store.read()
    assert not await check_secret(reading, made.app, soon.text)
    assert await check_secret(reading, made.app, made.secret.text)
    await remove_secret(house, secret_id=made.secret.secret_id, **here)
    assert not await check_secret(await house.store.read(), made.app, made.secret.text)
    with pytest.raises(Refused) as refused:
        await remove_secret(house, secret_id=made.secret.secret_id, **here)
    assert refused.value.reason is Reason.NOT_FOUND


async def test_an_app_that_is_deleted_for_good_takes_everything_with_it(house: House, contoso: Place):
    made = await _app(contoso, delegated_permissions=("User.Read",), grant_admin_consent=True)
    adele, ann = await world.member(contoso), await world.guest(contoso)
    for user in (adele, ann):
        await assign_app(
            house, tenant_id=contoso.id, app_id=made.app.service_principal_id, user_id=user.user_id, by=contoso.admin
        )
    await remove(house, tenant_id=contoso.id, user_id=ann.user_id, by=contoso.admin)
    act: dict[str, Any] = {"tenant_id": contoso.id, "app_id": made.app.app_id, "by": contoso.admin}
    await delete_app(house, **act)
    reading = await house.store.read()
    assert await apps.find_by_client_id(reading, made.app.client_id) is None
    assert len(await apps.secrets(reading, contoso.id, made.app.app_id)) == 1
    await purge_app(house, **act)
    reading = await house.store.read()
    assert await apps.secrets(reading, contoso.id, made.app.app_id) == []
    assert await consents.of_app(reading, contoso.id, made.app.app_id) == []
    assert await hanging.everything(reading, contoso.id, adele.user_id) == []
    report = await restore(house, tenant_id=contoso.id, user_id=ann.user_id, by=contoso.admin)
    assert [(item.thing.name, item.why_not) for item in report.items] == [("Expenses", "gone")]
    for again in (delete_app, restore_app, purge_app):
        with pytest.raises(Refused) as refused:
            await again(house, **act)
        assert refused.value.reason is Reason.NOT_FOUND


async def test_people_consent_for_themselves_and_add_to_it(house: House, contoso: Place):
    made, ann = await _app(contoso, display_name="Calendar"), await world.guest(contoso)
    other = await world.guest(contoso, "bob@elsewhere.example")
    here: dict[str, Any] = {"tenant_id": contoso.id, "app_id": made.app.app_id}
    by = world.at_portal(ann)
    await consent_for_everybody(house, permissions=["openid"], by=contoso.admin, **here)
    assert await consent(house, user_id=ann.user_id, permissions=["user.read"], by=by, **here) == (
        "openid",
        "User.Read",
    )
    told = await world.last_event(contoso)
    assert told.record["facts"]["scopes"] == ["User.Read"]
    assert "Calendar" not in str(told.record)
    events = len(await world.events(contoso))
    await consent(house, user_id=ann.user_id, permissions=["User.Read"], by=by, **here)
    assert len(await world.events(contoso)) == events
    names = await consent(house, user_id=ann.user_id, permissions=["Organizations.Leave"], by=by, **here)
    assert names == ("openid", "User.Read", "Organizations.Leave")
    reading = await house.store.read()
    assert await consents.names_for(reading, contoso.id, made.app.app_id, other.user_id) == ("openid",)
    for wrong in (
        consent(house, user_id=other.user_id, permissions=["User.Read"], by=by, **here),
        consent(house, user_id=other.user_id, permissions=["User.Read"], by=contoso.admin, **here),
    ):
        with pytest.raises(Refused):
            await wrong
    await consent_for_everybody(house, permissions=[], by=contoso.admin, **here)
    reading = await house.store.read()
    assert await consents.names_for(reading, contoso.id, made.app.app_id, other.user_id) == ()
