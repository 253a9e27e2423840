import pytest

from vestibule.doors.web.language import Choice, accepted, for_portal, for_sign_in, lookup


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("sv", "sv"),
        ("sv-FI", "sv"),
        ("nl-BE", "nl"),
        ("NL_be", "nl"),
        ("nl-Latn-BE-x-private", "nl"),
        ("en-XA", "en"),
        ("nb", None),
        ("*", None),
        ("", None),
        ("x" * 5000, None),
        ("sv\r\nSet-Cookie: a=b", None),
        ("../sv", None),
    ],
)
def test_a_range_is_looked_up_by_shortening_it(wish, language):
    assert lookup(wish) == language


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("sv-FI,sv;q=0.9,en;q=0.8", ["sv-FI", "sv", "en"]),
        ("en;q=0.2, nl;q=0.9", ["nl", "en"]),
        ("nl;q=0, sv", ["sv"]),
        ("nl;q=7, sv;level=1, en", ["en"]),
        ("da, *;q=0.5", ["da", "*"]),
        ("", [""]),
    ],
)
def test_the_header_is_read_by_weight(header, ranges):
    assert accepted(header) == ranges


def test_a_sign_in_page_asks_cookie_request_browser_organization_english():
    wishes = {"chosen": "sv", "ui_locales": "nl fr", "accept_language": "en-GB", "organization": "nl"}
    assert for_sign_in(**wishes) == Choice("sv")
    assert for_sign_in(**{**wishes, "chosen": "tlh"}) == Choice("nl")
    assert for_sign_in(**{**wishes, "chosen": "", "ui_locales": "fr de"}) == Choice("en")
    assert for_sign_in(accept_language="da;q=0.5, fi", organization="sv") == Choice("sv")
    assert for_sign_in() == Choice("en")


def test_a_portal_page_asks_cookie_person_browser_organization_english():
    wishes = {"chosen": "sv", "preferred": "nl-NL", "accept_language": "en", "organization": "sv"}
    assert for_portal(**wishes) == Choice("sv")
    assert for_portal(**{**wishes, "chosen": ""}) == Choice("nl")
    assert for_portal(accept_language="nl-BE", organization="sv") == Choice("nl")
    assert for_portal(accept_language="zh", organization="sv") == Choice("sv")


def test_english_is_american_only_when_the_browser_begins_with_it():
    assert for_portal(accept_language="en-US,en;q=0.9") == Choice("en", american=True)
    assert for_portal(accept_language="en,en-US;q=0.9") == Choice("en", american=False)
