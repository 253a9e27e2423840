"""Addresses, user principal names and {tenant}: one strict reader each."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soak.sign_in_breakages_invitations import any_sign_in_an_address, domains_are_folded
from tests.support.broken import broken
from vestibule.rules.domains import Domain
from vestibule.rules.names import (
    CONSUMERS_ID,
    RESERVED_NAMES,
    Address,
    TenantKind,
    TenantName,
    address,
    deleted_principal_name,
    guest_nickname,
    guest_principal_name,
    guid,
    key,
    member_principal_name,
    organization_domain,
    read_address,
    read_principal_name,
    read_tenant,
)
from vestibule.rules.refusals import Reason, Refused

GUID = "0b4c9a5e-1f7d-4d3e-9a51-6f3f1c2d7e80"
HOST = Domain("fabrikam.example")

LOCALS = st.from_regex(r"[A-Za-z0-9_+]([A-Za-z0-9_+-]{0,5}(\.[A-Za-z0-9_+-]{1,5})?[A-Za-z0-9_+])?", fullmatch=True)
DOMAINS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?\.(example|test|de)", fullmatch=True)
ADDRESSES = st.builds(lambda local, domain: f"{local}@{domain}", LOCALS, DOMAINS)


def read(text: str) -> Address:
    found = read_address(text)
    assert found is not None
    return found


# --- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mailbox", "shown"),
    [
        ("adele@contoso.example", "adele@contoso.example", "adele@contoso.example"),
        ("Adele.Vance@Contoso.Example", "Adele.Vance@contoso.example", "Adele.Vance@contoso.example"),
        ("ann+fabrikam@contoso.example", "ann+fabrikam@contoso.example", "ann+fabrikam@contoso.example"),
        ("_ann_b-c@contoso.example", "_ann_b-c@contoso.example", "_ann_b-c@contoso.example"),
        ("julian@cüre53.de", "julian@xn--cre53-kva.de", "julian@cüre53.de"),
        ("julian@xn--cre53-kva.de", "julian@xn--cre53-kva.de", "julian@cüre53.de"),
        ("a" * 64 + "@contoso.example", "a" * 64 + "@contoso.example", "a" * 64 + "@contoso.example"),
    ],
)
def test_an_address_keeps_its_text_and_names_one_mailbox(text: str, mailbox: str, shown: str):
    found = read(text)
    assert (found.text, found.mailbox, found.shown) == (text, mailbox, shown)
    assert found.key == mailbox.lower()


@pytest.mark.parametrize("sign", sorted("~!#$%^&*()=[]{}\\/|;:'\"<>?, \t\r\n\x00\x7f`"))
def test_what_graph_refuses_is_refused(sign: str):
    assert read_address(f"an{sign}n@contoso.example") is None
    assert read_address(f"ann@con{sign}toso.example") is None
    assert read_address(f"ann@contoso.example{sign}") is None
    assert read_address(f"{sign}ann@contoso.example") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@contoso.example",
        "ann@localhost",
        "ann@contoso.example.",
        "ann@@contoso.example",
        "a@evil.test@allowed.test",
        '"a@evil.test"@allowed.test',
        '"ann"@allowed.test',
        "ann(comment)@allowed.test",
        "ann@allowed.test(comment)",
        "Ann <ann@allowed.test>",
        "<ann@allowed.test>",
        "=?utf-8?q?ann=40evil.test?=@allowed.test",
        "ann%evil.test@allowed.test",
        "evil.test!ann@allowed.test",
        "@evil.test:ann@allowed.test",
        "ann@evil.test,bob@allowed.test",
        "ann@evil.test;bob@allowed.test",
        "ann@evil.test bob@allowed.test",
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "ann\uff20evil.test@allowed.test",
        "ann\uff20allowed.test",
        "ann@xn--zz--.test",
        ".ann@allowed.test",
        "ann.@allowed.test",
        "-ann@allowed.test",
        "ann-@allowed.test",
        "a..n@allowed.test",
        "än@allowed.test",
        "an\u0131@allowed.test",
        "\u212aay@allowed.test",
        "ann\u200b@allowed.test",
        "ann@allowed.test\nBcc: bob@evil.test",
        "a" * 65 + "@allowed.test",
        "ann@" + ".".join(["a" * 62] * 4) + ".test",
    ],
)
@broken(any_sign_in_an_address, case="ann%")
def test_what_is_not_plainly_a_mailbox_is_none(text: str):
    assert read_address(text) is None
    with pytest.raises(Refused) as refused:
        address(text, what="invitedUserEmailAddress")
    assert refused.value.reason is Reason.BAD_VALUE
    assert refused.value.facts["property"] == "invitedUserEmailAddress"


@pytest.mark.parametrize("length", [52, 72, 73, 254, 255, 320])
def test_long_addresses_are_whole_or_refused(length: int):
    domain = ".".join(["d" * 50] * 4) + ".test"  # 208
    text = (
        "a" * min(64, length - 10) + "@contoso.test" if length < 80 else "a" * (length - len(domain) - 1) + "@" + domain
    )
    found = read_address(text)
    assert (found is None) if length > 254 else (found is not None and found.mailbox == text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("julian@cüre53.de", "julian@cure53.de"),
        ("i@contoso.example", "\u0131@contoso.example"),
        ("k@contoso.example", "\u212a@contoso.example"),
        ("ann@faß.de", "ann@fass.de"),
        ("ann@contoso.example", "ann@contoso.exampl\u00e9"),
        ("ann+a@contoso.example", "ann@contoso.example"),
        ("a.nn@contoso.example", "ann@contoso.example"),
    ],
)
@broken(domains_are_folded, case="fass")
def test_addresses_that_only_look_alike_never_match(one: str, other: str):
    first, second = read_address(one), read_address(other)
    assert first is not None
    assert second is None or first.key != second.key


def test_composed_and_decomposed_never_meet():
    assert read_address("julian@cu\u0308re53.de") is None


@given(ADDRESSES)
def test_case_of_a_to_z_is_all_that_the_key_forgets(text: str):
    found = read(text)
    assert found.key == read(text.upper()).key == read(text.lower()).key
    assert found.text == text


@given(ADDRESSES, ADDRESSES)
def test_two_addresses_have_one_key_only_when_they_are_one_but_for_case(one: str, other: str):
    assert (read(one).key == read(other).key) == (one.lower() == other.lower())


@given(st.text(st.sampled_from(string.printable + "\u00fc\u0131\u212a\uff20\u200b"), max_size=40))
def test_reading_an_address_never_fails_and_never_moves_the_at_sign(text: str):
    found = read_address(text)
    if found is not None:
        assert text.count("@") == 1
        assert text.partition("@")[0] == found.local
        assert read_address(found.mailbox) is not None


def test_the_key_changes_a_to_z_only():
    assert key("ABCxyz\u212a\u0130ßÄ") == "abcxyz\u212a\u0130ßÄ"


# --- User principal names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("invited", "upn", "nickname"),
    [
        ("a@contoso.com", "a_contoso.com#EXT#@fabrikam.example", "a_contoso.com#EXT#"),
        ("Ann.Lee+x@contoso.com", "Ann.Lee+x_contoso.com#EXT#@fabrikam.example", "Ann.Lee+x_contoso.com#EXT#"),
        ("julian@cüre53.de", "julian_xn--cre53-kva.de#EXT#@fabrikam.example", "julian_xn--cre53-kva.de#EXT#"),
    ],
)
def test_a_guest_is_named_after_the_mailbox(invited: str, upn: str, nickname: str):
    named = guest_principal_name(read(invited), HOST)
    assert named.text == upn
    assert named.is_guest
    assert guest_nickname(read(invited)) == nickname


@given(ADDRESSES, ADDRESSES)
def test_two_mailboxes_never_give_one_guest_name(one: str, other: str):
    first, second = read(one), read(other)
    same = guest_principal_name(first, HOST).key == guest_principal_name(second, HOST).key
    assert same == (first.key == second.key)


@given(ADDRESSES)
def test_a_guest_name_is_read_back(invited: str):
    named = guest_principal_name(read(invited), HOST)
    assert read_principal_name(named.text) == named
    gone = read_principal_name(deleted_principal_name(GUID, named.text))
    assert gone is not None
    assert gone.text == "0b4c9a5e1f7d4d3e9a516f3f1c2d7e80" + named.text


@pytest.mark.parametrize("text", ["adele@contoso.example", "o'brien@contoso.example", "a-b_c!d#e^f~g@contoso.example"])
def test_a_member_name(text: str):
    named = member_principal_name(text)
    assert named.text == text
    assert not named.is_guest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "adele",
        "adele@",
        "@contoso.example",
        "adele.@contoso.example",
        "adele vance@contoso.example",
        "adele+x@contoso.example",
        "adèle@contoso.example",
        "a@b@contoso.example",
        "a" * 65 + "@contoso.example",
        "ann_contoso.com#EXT#@fabrikam.example",
        "ann_contoso.com#ext#@fabrikam.example",
        "#EXT#ann@fabrikam.example",
        "adele@localhost",
    ],
)
def test_what_cannot_name_a_member_is_refused(text: str):
    with pytest.raises(Refused) as refused:
        member_principal_name(text)
    assert refused.value.facts["property"] == "userPrincipalName"


def test_names_are_unique_without_regard_to_case():
    one, other = read_principal_name("Adele@Contoso.Example"), read_principal_name("adele@contoso.example")
    assert one is not None
    assert other is not None
    assert one.key == other.key == "adele@contoso.example"
    assert one.text == "Adele@contoso.example"


# --- Ids and {tenant} -----------------------------------------------------------------------------------------------


def test_ids_compare_in_lower_case():
    assert guid(GUID.upper()) == GUID
    wrong = [
        "",
        GUID[:-1],
        GUID + "0",
        GUID.replace("-", ""),
        "{" + GUID + "}",
        GUID + "\n",
        GUID.replace("0", "\u0660"),
    ]
    assert [guid(text) for text in wrong] == [None] * len(wrong)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (GUID.upper(), TenantKind.ID, GUID),
        ("Contoso.Example", TenantKind.DOMAIN, "contoso.example"),
        ("cüre53.de", TenantKind.DOMAIN, "xn--cre53-kva.de"),
        ("common", TenantKind.COMMON, "common"),
        ("Organizations", TenantKind.ORGANIZATIONS, "organizations"),
        ("consumers", TenantKind.CONSUMERS, CONSUMERS_ID),
        (CONSUMERS_ID.upper(), TenantKind.CONSUMERS, CONSUMERS_ID),
    ],
)
def test_what_stands_for_an_organization(text: str, kind: TenantKind, value: str):
    assert read_tenant(text) == TenantName(kind, value)


@pytest.mark.parametrize(
    "text", ["", "contoso", "contoso.example.", "v1.0", "openapi.json", "a/b", "..", "\uff43ommon"]
)
def test_what_names_no_organization(text: str):
    assert read_tenant(text) is None


def test_no_organization_hides_one_of_our_own_addresses():
    for name in RESERVED_NAMES:
        with pytest.raises(Refused):
            organization_domain(name)
    assert organization_domain("Contoso.Example") == Domain("contoso.example")
    assert sorted(RESERVED_NAMES) == sorted(name.lower() for name in RESERVED_NAMES)
