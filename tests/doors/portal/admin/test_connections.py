"""*Connections* of an app, and the page of one data removal, with what the apps answered."""

import json
import re

from tests.doors.portal.admin.conftest import Office
from tests.doors.portal.admin.test_apps import registered
from tests.support import world
from tests.support.app_receiver import answer, app_receiver
from vestibule.actions import app_connections, due, erasing, waiving
from vestibule.actions.access import issuer
from vestibule.doors.letters.connected import Connected
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.connections import Kind, State
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import connections
from vestibule.store.apps import App
from vestibule.store.memberships import Membership


async def webhook(office: Office, app: App, address: str) -> str:
    """Set up a webhook by hand, and return the secret that the page shows once."""
    await office.open(log_paths.app(app.app_id, "connections/webhook"))
    made = await office.browser.press("Save", address=address, told_of="everyone", required="yes")
    assert made.response.status_code == 200
    shown = re.search(r'id="webhook-secret" dir="ltr">(whsec_[A-Za-z0-9+/=]+)<', made.response.text)
    assert shown is not None
    return shown[1]


async def gone(office: Office, name: str = "Ada") -> Membership:
    """Somebody who is deleted for good, whose own data are gone."""
    [guest] = await office.deleted(name)
    house = office.town.house
    await erasing.purge(house, tenant_id=office.contoso.id, user_id=guest.user_id, by=office.contoso.admin)
    await due.run_due(house)
    return guest


async def test_a_webhook_is_added_and_its_secret_is_shown_once(office: Office):
    app = await registered(office)
    assert "This app isn&#39;t told when people leave." in (await office.open(log_paths.app(app.app_id))).response.text
    secret = await webhook(office, app, "https://expenses.example/told")
    again = await office.open(log_paths.app(app.app_id, "connections"))
    assert secret not in again.response.text
    assert "https://expenses.example/told" in again.text
    assert "Everybody in the organization" in again.text
    assert "Signed webhook" in (await office.open(log_paths.app(app.app_id))).text
    await office.open(log_paths.app(app.app_id, "connections"))
    other = await office.browser.press("New secret")
    assert secret not in other.response.text
    assert "whsec_" in other.response.text
    await office.open(log_paths.app(app.app_id, "connections"))
    asked = await office.browser.follow("Remove Signed webhook")
    assert "Remove Signed webhook?" in asked.text
    assert "go on waiting until a named person waives it" in asked.text
    assert "Signed webhook" in (await office.browser.follow("Cancel")).text
    await office.browser.follow("Remove Signed webhook")
    away = await office.browser.press("Remove")
    assert "This app isn't told." in away.text
    gone = await office.open(log_paths.app(app.app_id, "connections/webhook/remove"))
    assert "This app isn't told." in gone.text


async def test_what_cannot_be_asked_is_said_at_its_field(office: Office):
    app = await registered(office)
    await office.open(log_paths.app(app.app_id, "connections/webhook"))
    wrong = await office.browser.press("Save", address="http://expenses.example/told")
    assert wrong.response.status_code == 422
    assert "Enter an address that begins with https://." in wrong.text
    await office.open(log_paths.app(app.app_id, "connections/scim"))
    wrong = await office.browser.press("Save", address="https://expenses.example/scim", token="two words")
    assert wrong.response.status_code == 422
    assert "Enter the token that the SCIM server gave you." in wrong.text
    assert (await office.open(log_paths.app(app.app_id, "connections/pigeon"))).response.status_code == 404


async def test_the_token_of_a_scim_server_is_kept_and_never_shown(office: Office):
    app = await registered(office)
    form = await office.open(log_paths.app(app.app_id, "connections/scim"))
    page = await office.browser.press("Save", address="https://expenses.example/scim", token="hush-hush")
    form = await office.open(log_paths.app(app.app_id, "connections/scim"))
    assert "hush-hush" not in page.response.text + form.response.text
    await office.browser.press("Save", address="https://expenses.example/v2", token="")
    one = await connections.find(await office.town.house.store.read(), office.contoso.id, app.app_id, "scim")
    assert one is not None
    assert (one.url, b"hush-hush" in one.sealed) == ("https://expenses.example/v2", False)


async def test_a_stream_is_added_paused_and_removed(office: Office):
    app = await registered(office)
    of = "connections/ssf"
    page = await office.open(log_paths.app(app.app_id, "connections"))
    assert "Add Shared Signals stream" in page.text
    await office.open(log_paths.app(app.app_id, of))
    wrong = await office.browser.press("Save", method="push", address="http://expenses.example/told")
    assert (wrong.response.status_code, "begins with https://" in wrong.text) == (422, True)
    wrong = await office.browser.press("Save", address="https://expenses.example/told", reason="x" * 501)
    assert (wrong.response.status_code, "Enter one line" in wrong.text) == (422, True)
    reading = await office.town.house.store.read()
    assert await connections.find(reading, office.contoso.id, app.app_id, "ssf") is None
    page = await office.browser.press("Save", reason="", authorization="Bearer hush-hush", required="yes")
    assert "hush-hush" not in page.response.text
    for words in ("Shared Signals stream", "https://expenses.example/told", "Pushed to its address", "Enabled"):
        assert words in page.text
    form = await office.open(log_paths.app(app.app_id, of))
    assert "hush-hush" not in form.response.text
    page = await office.browser.press("Save", method="poll", status="paused", reason="We look into it")
    for words in ("Collected by the app", "Paused We look into it"):
        assert words in page.text
    assert "expenses.example" not in page.text
    one = await connections.find(await office.town.house.store.read(), office.contoso.id, app.app_id, "ssf")
    assert one is not None
    assert (one.method, one.status, one.required, one.url) == ("poll", "paused", True, "")
    assert app_connections.token_of(office.town.house, one) == "Bearer hush-hush"
    await office.browser.follow("Remove Shared Signals stream")
    page = await office.browser.press("Remove")
    assert "This app isn't told." in page.text


async def test_what_an_app_supports_is_asked_and_shown(office: Office):
    house = office.town.house
    house.outgoing = Outgoing(allow_loopback=True)
    app = await registered(office)
    async with app_receiver() as receiver:
        page = await office.open(log_paths.app(app.app_id, "connections"))
        assert "Add Provider commands" in page.text
        form = await office.open(log_paths.app(app.app_id, "connections/commands"))
        assert "draft 02" in form.text
        wrong = await office.browser.press("Save", address="http://expenses.example/command")
        assert (wrong.response.status_code, "begins with https://" in wrong.text) == (422, True)
        await app_connections.set_connection(
            house, Kind.COMMANDS, tenant_id=office.contoso.id, app_id=app.app_id, by=operator(), address=receiver.url
        )
        page = await office.open(log_paths.app(app.app_id, "connections"))
        assert "Not asked yet" in page.text
        receiver.manner = answer(404)
        await Connected(house).deliver_waiting()
        page = await office.open(log_paths.app(app.app_id, "connections"))
        assert "Failing metadata: status 404" in page.text
        said = {
            "context": {"iss": issuer(house, office.contoso.id), "tenant": office.contoso.id},
            "commands_supported": ["metadata", "delete", "archive", "dance"],
        }
        receiver.manner = answer(200, "Content-Type: application/json", body=json.dumps(said).encode())
        await office.browser.press("Send again to Provider commands")
        await Connected(house).deliver_waiting()
    page = await office.open(log_paths.app(app.app_id, "connections"))
    assert "archive, delete" in page.text
    assert "dance" not in page.text
    assert "Failing" not in page.text
    await office.browser.follow("Remove Provider commands")
    assert "This app isn't told." in (await office.browser.press("Remove")).text


async def test_who_may_only_read_sees_no_address_and_no_button(office: Office):
    app = await registered(office)
    await webhook(office, app, "https://expenses.example/told?key=secret")
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    office.holds = False
    page = await office.open(log_paths.app(app.app_id, "connections"))
    assert "Signed webhook" in page.text
    assert "expenses.example" not in page.text
    assert "connections/webhook" not in page.response.text.partition("<main")[2]
    for of in ("connections/webhook", "connections/webhook/remove"):
        assert (await office.open(log_paths.app(app.app_id, of))).response.status_code == 403


async def test_a_removal_shows_who_is_silent_and_a_named_person_waives_it(office: Office):
    house = office.town.house
    house.outgoing = Outgoing(allow_loopback=True)
    app = await registered(office)
    async with app_receiver() as receiver:
        receiver.manner = answer(503)
        await webhook(office, app, receiver.url)
        guest = await gone(office)
        await Connected(house).deliver_waiting()
    label = (await office.again(guest)).audit_tag[:12]
    listed = await office.open(paths.DATA_REMOVAL)
    assert "Failed" in listed.text
    assert "1 of 2" in listed.text
    assert re.search(r"Expenses: .*status 503", listed.text)
    assert f"/{guest.user_id}" not in (await office.open(f"{paths.DATA_REMOVAL}?state=waiting")).response.text
    assert f"/{guest.user_id}" in (await office.open(f"{paths.DATA_REMOVAL}?state=failed")).response.text
    assert "Failing" in (await office.open(paths.APPS)).text
    assert f'href="{paths.removal(guest.user_id)}"' in listed.response.text
    page = await office.open(paths.removal(guest.user_id))
    assert label in page.text
    assert "Ada" not in page.text
    assert "Silent" in page.text
    assert "status 503" in page.text
    wrong = await office.browser.press("Waive Expenses", reason=" ")
    assert wrong.response.status_code == 422
    page = await office.open(paths.removal(guest.user_id))
    waived = await office.browser.press("Waive Expenses", reason="Its supplier went bankrupt")
    assert f"Waived by {office.boss.display_name}: Its supplier went bankrupt" in waived.text
    assert "/waive" not in waived.response.text
    await due.run_due(house)
    assert "Done on" in (await office.open(paths.removal(guest.user_id))).text


async def test_an_overdue_recipient_is_marked_in_words_and_sent_again(office: Office):
    house = office.town.house
    house.outgoing = Outgoing(allow_loopback=True)
    app = await registered(office)
    async with app_receiver() as receiver:
        receiver.manner = answer(403)
        await webhook(office, app, receiver.url)
        guest = await gone(office)
        await Connected(house).deliver_waiting()
        await office.days_pass(31)
        assert "Overdue" in (await office.open(f"{paths.DATA_REMOVAL}?due=late")).text
        page = await office.open(paths.removal(guest.user_id))
        assert "Overdue" in page.text
        assert "Refused" in page.text
        receiver.manner = "take"
        await office.browser.press("Send again to Expenses")
        await Connected(house).deliver_waiting()
    await due.run_due(house)
    [one] = await waiving.recipients_of(await house.store.read(), tenant_id=office.contoso.id, user_id=guest.user_id)
    assert one.state == State.CONFIRMED
    page = await office.open(paths.removal(guest.user_id))
    assert "Overdue" not in page.text
    assert "Confirmed" in page.text


async def test_all_that_failed_is_retried_at_once(office: Office):
    house = office.town.house
    house.outgoing = Outgoing(allow_loopback=True)
    app = await registered(office)
    async with app_receiver() as receiver:
        receiver.manner = answer(403)
        await webhook(office, app, receiver.url)
        for name in ("Ada", "Ben"):
            await gone(office, name)
        await Connected(house).deliver_waiting()
        receiver.manner = "take"
        await office.open(paths.DATA_REMOVAL)
        assert "1 connection is asked again." in (await office.browser.press("Retry failed")).text
        await Connected(house).deliver_waiting()
        await office.open(paths.DATA_REMOVAL)
        assert "2 data removals are done." in (await office.browser.press("Run now")).text
    page = await office.open(paths.DATA_REMOVAL)
    assert page.response.text.count(">2 of 2<") == 2
    assert "No app failed that a data removal waits for." in (await office.browser.press("Retry failed")).text
    assert "On" in (await office.open(paths.APPS)).text


async def test_a_removal_of_nobody_is_not_there(office: Office):
    guest = await world.guest(office.contoso)
    assert (await office.open(paths.removal(guest.user_id))).response.status_code == 404
