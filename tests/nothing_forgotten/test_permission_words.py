"""Every delegated permission of our own API has a sentence where people are asked for it, none its raw name."""

from datetime import UTC, datetime

from vestibule.doors.portal.views.devices import ReviewDevice
from vestibule.doors.portal.views.permissions import PERMISSIONS as WORDS
from vestibule.doors.portal.views.sign_in import REDEMPTION, ReviewPermissions
from vestibule.rules.permissions import PERMISSIONS

DELEGATED = tuple(one.name for one in PERMISSIONS.values() if one.delegated_id is not None)


def test_no_delegated_permission_is_shown_by_its_raw_name():
    consent = ReviewPermissions(email="ana@fabrikam.example", permissions=DELEGATED)
    device = ReviewDevice(
        account="ana@fabrikam.example",
        app="Screen",
        place="Contoso",
        permissions=DELEGATED,
        asked_at=datetime(2026, 1, 1, tzinfo=UTC),
        network="",
    )
    for page in (consent, device):
        assert page.unknown == ()
        assert len(page.known) == len(DELEGATED)
        assert not set(page.known) & set(DELEGATED)


def test_each_has_words_of_its_own_and_there_are_no_words_for_what_does_not_exist():
    assert set(WORDS) == {name.lower() for name in DELEGATED} | set(REDEMPTION)
    assert len(set(WORDS.values())) == len(WORDS)


def test_a_scope_of_another_api_is_shown_as_its_app_wrote_it():
    page = ReviewPermissions(email="ana@fabrikam.example", permissions=("User.Read", "Orders.Read"))
    assert page.unknown == ("Orders.Read",)
