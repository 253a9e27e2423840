"""*Data removal*: what is under way, what is late, what is done."""

from tests.doors.portal.admin.conftest import Office
from tests.support.pages import Page
from vestibule.actions import erasing
from vestibule.doors.portal.admin import paths
from vestibule.rules.lifecycle import Purged


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
