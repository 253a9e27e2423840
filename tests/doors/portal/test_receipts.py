from dataclasses import replace
from datetime import timedelta

import pytest

from tests.browser.stories import NOW, RECEIPT_OF_ADATUM
from vestibule.doors.portal.views.receipts import ReceiptState, receipt_text
from vestibule.doors.web.words import words

DAY = timedelta(days=1)
LATE = replace(RECEIPT_OF_ADATUM, left_at=NOW - 40 * DAY, restorable_until=NOW - 10 * DAY)
END = RECEIPT_OF_ADATUM.restorable_until
assert END is not None


@pytest.mark.parametrize(
    ("receipt", "at", "state", "deleted"),
    [
        (RECEIPT_OF_ADATUM, NOW, ReceiptState.RESTORABLE, None),
        (RECEIPT_OF_ADATUM, END - timedelta(milliseconds=1), ReceiptState.RESTORABLE, None),
        (RECEIPT_OF_ADATUM, END, ReceiptState.PURGED, END),
        (replace(RECEIPT_OF_ADATUM, purged_at=NOW + DAY), NOW + 2 * DAY, ReceiptState.PURGED, NOW + DAY),
        (replace(LATE, erased_at=NOW), NOW, ReceiptState.ERASED, LATE.restorable_until),
        (replace(LATE, restored_at=NOW - 20 * DAY), NOW, ReceiptState.RESTORED, None),
        (replace(RECEIPT_OF_ADATUM, restorable_until=None), NOW, ReceiptState.PURGED, None),
    ],
)
def test_where_the_account_stands_follows_from_the_time(receipt, at, state, deleted):
    assert receipt.state_at(at) is state
    assert receipt.permanently_deleted_at(at) == deleted


def test_the_receipt_as_text():
    assert receipt_text(RECEIPT_OF_ADATUM, words("en", "pages"), NOW) == (
        "You left Adatum Corporation\n"
        "\n"
        "Reference: VL-7KQ2-M9XT\n"
        "Organization: Adatum Corporation (adatum.example)\n"
        "Left on: 20 November 2026 at 19:00 UTC (2026-11-20T19:00:00Z)\n"
        "Can be restored until: 20 December 2026 at 19:00 UTC (2026-12-20T19:00:00Z)\n"
        "Data removed by: 19 January 2027 at 19:00 UTC (2027-01-19T19:00:00Z)\n"
        "State: Deleted, can be restored\n"
    )


def test_the_receipt_as_text_in_swedish_after_the_end():
    text = receipt_text(LATE, words("sv", "pages"), NOW)
    assert "Permanent borttaget den: 10 november 2026 kl. 19:00 UTC (2026-11-10T19:00:00Z)\n" in text
    assert text.startswith("Du har lämnat Adatum Corporation\n")
    assert text.endswith("Status: Permanent borttaget\n")
