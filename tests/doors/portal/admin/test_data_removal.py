"""*Data removal*: what is under way, what is late, what is done."""

import json

import msgspec

from tests.doors.portal.admin.conftest import Office
from tests.support.pages import Page
from vestibule.actions import certifying, erasing, proving_receipts, receipt_keys, sealing
from vestibule.doors.portal.admin import paths
from vestibule.rules.lifecycle import Purged
from vestibule.rules.retention import STEPS
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import certificates


async def purged(office: Office, *names: str) -> list[str]:
    """Guests who are deleted for good; their labels."""
    labels = []
    for guest in await office.deleted(*names):
        await erasing.purge(
            office.town.house,
            tenant_id=office.contoso.id,
            user_id=guest.user_id,
            by=office.contoso.admin,
        )
        now = await office.again(guest)
        assert isinstance(now.stage, Purged)
        labels.append(now.audit_tag[:12])
    return labels


def labels_of(page: Page) -> list[str]:
    body = page.response.text.partition("<tbody")[2].partition("</tbody>")[0]
    return [part.partition("</code>")[0] for part in body.split('<code class="whole" dir="ltr">')[1:]]


async def test_nothing_is_due(office: Office):
    assert "No data removal is due." in (await office.open(paths.DATA_REMOVAL)).text


async def test_people_have_labels_and_late_ones_are_marked_in_words(office: Office):
    [first] = await purged(office, "Ada")
    await office.days_pass(25)
    [second] = await purged(office, "Ben")
    page = await office.open(paths.DATA_REMOVAL)
    assert labels_of(page) == [first, second]
    assert "Ada" not in page.text
    assert "Running" in page.text
    assert labels_of(await office.open(f"{paths.DATA_REMOVAL}?due=7")) == [first]
    await office.days_pass(6)
    page = await office.open(f"{paths.DATA_REMOVAL}?due=late")
    assert labels_of(page) == [first]
    assert "Overdue" in page.text


async def test_what_is_done_comes_last_and_can_be_left_out(office: Office):
    [ada] = await office.deleted("Ada")
    await erasing.purge(office.town.house, tenant_id=office.contoso.id, user_id=ada.user_id, by=office.contoso.admin)
    label = (await office.again(ada)).audit_tag[:12]
    await erasing.erase(office.town.house, tenant_id=office.contoso.id, user_id=ada.user_id)
    [other] = await purged(office, "Ben")
    assert labels_of(await office.open(paths.DATA_REMOVAL)) == [other, label]
    page = await office.open(f"{paths.DATA_REMOVAL}?state=done")
    assert labels_of(page) == [label]
    assert labels_of(await office.open(f"{paths.DATA_REMOVAL}?state=running")) == [other]


async def test_a_removal_that_is_done_has_a_certificate_for_whoever_may_see_the_page(office: Office):
    house = office.town.house
    [ada] = await office.deleted("Ada")
    await erasing.purge(house, tenant_id=office.contoso.id, user_id=ada.user_id, by=office.contoso.admin)
    label = (await office.again(ada)).audit_tag[:12]
    link, address = f"Download certificate of {label}", paths.CERTIFICATE.format(id=ada.user_id)
    assert link not in (await office.open(paths.DATA_REMOVAL)).links
    assert (await office.open(address)).status == 404
    await erasing.erase(house, tenant_id=office.contoso.id, user_id=ada.user_id)
    await sealing.seal_waiting(house)
    await certifying.certify_waiting(house)
    page = await office.open(paths.DATA_REMOVAL)
    assert page.links[link] == address
    answer = await office.browser.http.get(address)
    keys = proving_receipts.read_keys(msgspec.json.encode(await receipt_keys.published(house)))
    said = proving_receipts.prove(answer.text, keys).claims
    assert (said["reference"], said["organization"]["id"]) == (None, office.contoso.id)
    assert "Ada" not in json.dumps(said)
    elsewhere = office.town.fabrikam.id
    assert await certificates.find(await house.store.read(), elsewhere, ada.user_id) is None


async def test_run_now_takes_the_steps_that_the_page_of_one_lists(office: Office):
    [ada] = await office.deleted("Ada")
    await erasing.purge(office.town.house, tenant_id=office.contoso.id, user_id=ada.user_id, by=office.contoso.admin)
    page = await office.open(paths.removal(ada.user_id))
    assert page.text.count("Not yet") == len(STEPS)
    await office.open(paths.DATA_REMOVAL)
    assert "1 data removal is done." in (await office.browser.press("Run now")).text
    assert "Everything that can be done now is done." in (await office.browser.press("Run now")).text
    page = await office.open(paths.removal(ada.user_id))
    assert "Not yet" not in page.text
    assert "1 of 1" in (await office.open(paths.DATA_REMOVAL)).text


async def test_who_may_not_delete_permanently_has_no_button_and_no_way(office: Office):
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    office.holds = False
    page = await office.open(paths.DATA_REMOVAL)
    assert "Run now" not in page.text
    assert "Retry failed" not in page.text
    for address in (paths.REMOVALS_NOW, paths.REMOVALS_AGAIN):
        assert (await office.browser.http.post(address)).status_code == 403
