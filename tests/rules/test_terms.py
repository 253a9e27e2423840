import pytest

from vestibule.rules import terms
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.terms import Document


def test_a_document_is_a_text_or_a_link() -> None:
    text = terms.document(text="Be kind.\r\n\r\nBe brief.\n")
    assert (text, text.as_kept()) == (Document(text="Be kind.\n\nBe brief."), {"text": "Be kind.\n\nBe brief."})
    link = terms.document(link="https://contoso.example/terms")
    assert link.as_kept() == {"link": "https://contoso.example/terms"}
    assert [terms.of_kept(one.as_kept()) for one in (text, link)] == [text, link]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "textOrLink"),
        ({"text": "a", "link": "https://contoso.example/"}, "textOrLink"),
        ({"text": " \n"}, "blank"),
        ({"text": "a" * 50_001}, "tooLong"),
        ({"text": "over\u202ethere"}, "hiddenCharacter"),
        ({"link": "http://contoso.example/terms"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://user@contoso.example/"}, "link"),
        ({"link": "https://contoso.example/" + "a" * 2048}, "link"),
    ],
)
def test_what_is_no_document(given: dict[str, str], why: str) -> None:
    with pytest.raises(Refused) as caught:
        terms.document(**given)
    assert (caught.value.reason, caught.value.facts["why"]) == (Reason.BAD_VALUE, why)


def test_languages() -> None:
    assert terms.language("NL") == "nl"
    with pytest.raises(Refused):
        terms.language("de")


@pytest.mark.parametrize(
    ("available", "wanted", "of_organization", "chosen"),
    [
        (["en", "nl", "sv"], "sv", "nl", "sv"),
        (["en", "nl"], "sv", "nl", "nl"),
        (["en", "sv"], "nl", "nl", "en"),
        (["sv"], "nl", "en", "sv"),
    ],
)
def test_the_nearest_language_is_shown(available: list[str], wanted: str, of_organization: str, chosen: str) -> None:
    assert terms.best(available, wanted=wanted, of_organization=of_organization) == chosen
