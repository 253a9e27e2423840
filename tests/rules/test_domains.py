"""Domains are read strictly and never folded; the package ``idna`` is the independent judge."""

import unicodedata

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.domains import Domain, domain, read_domain
from vestibule.rules.refusals import Reason, Refused

WORD_SIGNS = st.characters(min_codepoint=0x80, categories=["Ll", "Lo", "Lm", "Mn", "Mc", "Nd"])
LABELS = st.text(WORD_SIGNS, min_size=1, max_size=6) | st.text(st.sampled_from("aåäößéñ-0я中"), min_size=1, max_size=12)
ALIKE = [range(0x3400, 0xA000), range(0xAC00, 0xD7A4)]  # Han and Hangul: one of many letters of one kind
PLAIN = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("contoso.example", "contoso.example", "contoso.example"),
        ("Contoso.EXAMPLE", "contoso.example", "contoso.example"),
        ("cüre53.de", "xn--cre53-kva.de", "cüre53.de"),
        ("Cüre53.DE", "xn--cre53-kva.de", "cüre53.de"),
        ("XN--CRE53-KVA.de", "xn--cre53-kva.de", "cüre53.de"),
        ("faß.de", "xn--fa-hia.de", "faß.de"),
        ("bücher.例え.jp", "xn--bcher-kva.xn--r8jz45g.jp", "bücher.例え.jp"),
        ("עברית.co.il", "xn--5dbqzzl.co.il", "עברית.co.il"),
        ("a" * 63 + ".test", "a" * 63 + ".test", "a" * 63 + ".test"),
    ],
)
def test_a_domain_is_kept_in_a_labels_and_shown_in_its_script(text: str, name: str, shown: str):
    found = read_domain(text)
    assert found == Domain(name)
    assert found.shown == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "contoso.example.",
        ".contoso.example",
        "contoso..example",
        "-contoso.example",
        "contoso-.example",
        "con_toso.example",
        "con toso.example",
        "contoso.example\n",
        "contoso.example/x",
        "user@contoso.example",
        "127.0.0.1",
        "10.1",
        "contoso.0x7f",
        "[127.0.0.1]",
        "a" * 64 + ".example",
        ".".join(["abcdefg"] * 33),
        "ab--cd.example",  # places three and four are kept for A-labels
        "xn--.example",
        "xn--zz--.example",
        "xn--a.example",
        "xn--cre53-kvA\u0301.de",
        "xn--Cre53-kva\u00fc.de",
        "xn--contoso-.example",  # decodes to plain letters
        "CÜRE53.de",  # a capital beyond A to Z would have to be folded
        "cu\u0308re53.de",  # not composed
        "\u212aelvin.de",  # Kelvin sign
        "\uff43ontoso.example",  # full width
        "contoso\u3002example",  # ideographic full stop
        "contoso\uff0eexample",
        "ﬁnance.example",  # ligature
        "a\u200db.example",  # joiner
        "con\u00adtoso.example",  # soft hyphen
        "a\u0301\u0301".replace("\u0301", "\ufe0f") + ".example",  # variation selector
        "\u0301a.example",  # a mark without a letter
        "l\u00b7l.example",  # allowed by IDNA2008 in context only
        "\u05d0a.example",  # two directions in one label
        "1\u05d0.example",
        "\u0661\u06f1.example",  # two sets of Arabic digits
        "☃.example",
    ],
)
def test_what_is_not_plainly_a_domain_is_none(text: str):
    assert read_domain(text) is None
    with pytest.raises(Refused) as refused:
        domain(text, what="initialDomain")
    assert refused.value.reason is Reason.BAD_VALUE
    assert refused.value.facts["property"] == "initialDomain"


def test_look_alikes_are_different_domains():
    pairs = [
        ("cüre53.de", "cure53.de"),
        ("faß.de", "fass.de"),
        ("dotl\u0131ss.de", "dotliss.de"),
        ("\u0430.de", "a.de"),
    ]
    for one, other in pairs:
        assert read_domain(one) != read_domain(other)


@given(LABELS)
def test_what_is_accepted_idna_2008_accepts_with_the_same_a_label(label: str):
    found = read_domain(f"{label}.example")
    if found is None:
        return
    assert found.name == idna.encode(f"{label}.example").decode()
    assert found.shown == idna.decode(found.name) == f"{label}.example"


def test_every_letter_that_is_accepted_alone_is_accepted_by_idna_2008():
    wrong = []
    for point in range(0x80, 0x20000):
        if any(point in block for block in ALIKE):
            continue
        sign = chr(point)
        found = read_domain(f"{sign}.example") if unicodedata.category(sign) not in {"Cs", "Cn"} else None
        if found is None:
            continue
        try:
            agreed = idna.encode(f"{sign}.example").decode() == found.name
        except idna.IDNAError:
            agreed = False
        if not agreed:
            wrong.append(f"U+{point:04X}")
    assert wrong == []


@given(st.lists(PLAIN, min_size=2, max_size=5))
def test_reading_what_is_stored_or_shown_gives_the_same_domain(labels: list[str]):
    found = read_domain(".".join(labels))
    if found is None:
        return
    assert read_domain(found.name) == read_domain(found.shown) == read_domain(found.name.upper()) == found


@given(st.lists(LABELS | PLAIN, min_size=2, max_size=4))
def test_no_two_spellings_that_differ_beyond_a_to_z_meet_in_one_domain(labels: list[str]):
    text = ".".join(labels)
    found = read_domain(text)
    if found is None:
        return
    assert text in {found.shown, found.name}


@given(st.text(max_size=300))
def test_reading_never_fails(text: str):
    found = read_domain(text)
    assert found is None or read_domain(found.name) == found


@given(st.from_regex(r"xn--[a-z0-9-]{0,60}", fullmatch=True))
def test_an_a_label_is_the_one_spelling_of_its_u_label(label: str):
    found = read_domain(f"{label}.example")
    if found is not None:
        assert idna.encode(found.shown).decode() == found.name == f"{label}.example"
