"""What a provider that speaks SAML may be registered as, and what its assertions must say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vestibule.ground.assertions import Assertion, Confirmation, Window
from vestibule.rules import saml
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.saml import LEEWAY, PERSISTENT, UNSPECIFIED

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HERE, US, THEM, ASKED = "https://id.example/acs", "https://id.example/sp", "https://idp.example", "_asked"
TENANT = "0193b1f0-0000-7000-8000-000000000001"
MINUTE = timedelta(minutes=1)


def window(begin: timedelta | None = -MINUTE, end: timedelta | None = 5 * MINUTE) -> Window:
    return Window(None if begin is None else NOW + begin, None if end is None else NOW + end)


GOOD = Assertion(
    response_signed=False,
    response_issuer=THEM,
    response_to=ASKED,
    destination=HERE,
    assertion_id="_a",
    issuer=THEM,
    issued_at=NOW,
    name_id="pat-1",
    name_id_format=PERSISTENT,
    for_service=None,
    confirmations=(Confirmation(saml.BEARER, HERE, ASKED, window(None)),),
    window=window(),
    audiences=((US,),),
    sessions=(None,),
    attributes={"mail": ("pat@partner.example",)},
)


def why_not_for_us(found: Assertion) -> str | None:
    return saml.why_not_for_us(found, issuer=THEM, entity_id=US, answer_to=HERE, request_id=ASKED)


def why_not_now(found: Assertion, now: datetime = NOW) -> tuple[str | None, datetime]:
    return saml.why_not_now(found, answer_to=HERE, request_id=ASKED, now=now)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"response_issuer": None}, None),
        ({"destination": None}, None),
        ({"audiences": (("urn:x", US), (US,))}, None),
        ({"issuer": "https://other.example"}, "issuer"),
        ({"response_issuer": "https://other.example"}, "issuer"),
        ({"response_to": None}, "request"),
        ({"response_to": "_other"}, "request"),
        ({"destination": f"{HERE}/more"}, "destination"),
        ({"destination": ""}, "destination"),
        ({"destination": None, "response_signed": True}, "destination"),
        ({"audiences": ()}, "audience"),
        ({"audiences": ((f"{US}/",),)}, "audience"),
        ({"audiences": ((US,), ("urn:x",))}, "audience"),
        ({"sessions": ()}, "statement"),
    ],
)
def test_whom_an_assertion_is_for(changed: dict[str, Any], why: str | None) -> None:
    assert why_not_for_us(replace(GOOD, **changed)) == why


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"for_service": US}, None),
        ({"for_service": "urn:other"}, "name"),
        ({"name_id": None}, "name"),
        ({"name_id": ""}, "name"),
        ({"name_id": "pat\n1"}, "name"),
        ({"name_id": "p" * 257}, "name"),
        ({"name_id_format": None}, "nameFormat"),
        ({"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "nameFormat"),
    ],
)
def test_which_names_last(changed: dict[str, Any], why: str | None) -> None:
    assert saml.why_no_name(replace(GOOD, **changed), entity_id=US, wanted=PERSISTENT) == why


def test_a_name_without_a_format_is_of_an_unspecified_one() -> None:
    """SAML 2.0 Core section 8.3.1."""
    assert saml.why_no_name(replace(GOOD, name_id_format=None), entity_id=US, wanted=UNSPECIFIED) is None
    assert saml.why_no_name(GOOD, entity_id=US, wanted=UNSPECIFIED) == "nameFormat"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"confirmations": ()}, "confirmation"),
        ({"confirmations": (Confirmation("urn:other", HERE, ASKED, window()),)}, "confirmation"),
        ({"confirmations": (Confirmation(saml.BEARER, f"{HERE}/", ASKED, window()),)}, "confirmation"),
        ({"confirmations": (Confirmation(saml.BEARER, HERE, None, window()),)}, "confirmation"),
        ({"confirmations": (Confirmation(saml.BEARER, HERE, ASKED, window(None, None)),)}, "confirmation"),
        ({"confirmations": (Confirmation(saml.BEARER, HERE, ASKED, window(2 * MINUTE)),)}, "expired"),
        ({"window": window(2 * MINUTE)}, "expired"),
        ({"window": window(None, -2 * MINUTE)}, "expired"),
        ({"sessions": (None, NOW - 2 * MINUTE)}, "expired"),
        ({"issued_at": NOW + 2 * MINUTE}, "notYet"),
        ({"confirmations": (Confirmation(saml.BEARER, HERE, ASKED, window(None, timedelta(hours=25))),)}, "claims"),
    ],
)  # fmt: skip
def test_an_assertion_that_does_not_hold_now(changed: dict[str, Any], why: str) -> None:
    assert why_not_now(replace(GOOD, **changed))[0] == why


def test_it_holds_to_the_microsecond_and_its_id_is_remembered_as_long() -> None:
    end, instant = NOW + 5 * MINUTE + LEEWAY, timedelta(microseconds=1)
    assert why_not_now(GOOD) == (None, end)
    assert why_not_now(GOOD, end - instant)[0] is None
    assert why_not_now(GOOD, end)[0] == "expired"
    begin = NOW - MINUTE - LEEWAY
    early = replace(GOOD, issued_at=begin)
    assert why_not_now(early, begin)[0] is None
    assert why_not_now(early, begin - instant)[0] == "expired"


def test_an_address_is_one_or_none() -> None:
    assert saml.address_in(GOOD, None) == "pat@partner.example"
    assert saml.address_in(GOOD, "other") is None
    two = replace(GOOD, attributes={**GOOD.attributes, "email": ("other@partner.example",)})
    assert saml.address_in(two, None) is None
    assert saml.address_in(two, "email") == "other@partner.example"
    same = replace(GOOD, attributes={"mail": ("a@b.example",), "email": ("a@b.example",)})
    assert saml.address_in(same, None) == "a@b.example"


def test_an_issuer_is_one_organizations_own() -> None:
    kept = saml.issuer_of(TENANT, "urn:partner:idp")
    assert kept != saml.issuer_of(TENANT.replace("1", "2"), "urn:partner:idp")
    assert saml.shown_issuer(kept) == "urn:partner:idp"
    assert saml.shown_issuer("https://login.example/v2.0") == "https://login.example/v2.0"


@pytest.mark.parametrize("text", ["urn:x", "https://idp.example/metadata", "http://adfs.example/adfs/services/trust"])
def test_what_an_entity_id_may_be(text: str) -> None:
    assert saml.read_entity_id(text) == text


@pytest.mark.parametrize("text", ["", "partner", ":x", "urn:", "urn:a b", "urn:ö", "urn:x\n", "urn:" + "x" * 1024])
def test_what_is_no_entity_id(text: str) -> None:
    with pytest.raises(Refused) as caught:
        saml.read_entity_id(text)
    assert (caught.value.reason, caught.value.facts["property"]) == (Reason.BAD_VALUE, "issuerUri")


@pytest.mark.parametrize(
    ("text", "loopback", "good"),
    [
        ("https://idp.example/sso?x=1", False, True),
        ("http://127.0.0.1:8080/sso", True, True),
        ("http://127.0.0.1:8080/sso", False, False),
        ("http://idp.example/sso", True, False),
        ("https://idp.example/sso#x", False, False),
        ("https://user@idp.example/sso", False, False),
        ("javascript:alert(1)", True, False),
        ("https://idp.example/" + "x" * 2048, False, False),
    ],
)
def test_what_an_address_may_be(text: str, loopback: bool, good: bool) -> None:
    if good:
        assert saml.read_address(text, what="passiveSignInUri", allow_loopback=loopback) == text
        return
    with pytest.raises(Refused) as caught:
        saml.read_address(text, what="passiveSignInUri", allow_loopback=loopback)
    assert caught.value.facts["property"] == "passiveSignInUri"
