"""*Data removal*: what is under way, what is late, what is done."""

import json

import msgspec

from tests.doors.portal.admin.conftest import Office
from tests.support.pages import Page
from vestibule.actions import certifying, erasing, proving_receipts, receipt_keys, sealing
from vestibule.doors.portal.admin import paths
from vestibule.rules.lifecycle import Purged
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
    return [part.partition("</code>")[0] for part in body.split('<code dir="ltr">')[1:]]


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
