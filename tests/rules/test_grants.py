"""Scopes in every spelling, origins of pages, redirect addresses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules import grants
from vestibule.rules.claims_requests import Wanted, read

ORIGIN = "https://vestibule.example:8443"


def asked(text: str) -> grants.Asked:
    found = grants.read_scopes(text, origin=ORIGIN)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "https://graph.microsoft.com/",
        "https://vestibule.example:8443/",
        "https://vestibule.example/",
        "HTTPS://Vestibule.example:8443/",
        "00000003-0000-0000-c000-000000000000/",
    ],
)
def test_the_graph_api_has_many_names(resource: str):
    found = asked(f"{resource}User.Read openid")
    assert (found.resource, found.several, found.openid) == (None, False, ("openid",))
    assert found.permissions == (("user.read", f"{resource}User.Read"),)


def test_one_resource_at_a_time():
    assert not asked("User.Read https://vestibule.example/Mail.Read").several
    assert not asked("api://x/a api://x/b api://X//c").several
    assert asked("User.Read api://x/a").several
    assert asked("api://x/a api://y/a").several
    assert asked("api://x/.default").resource == "api://x"


def test_two_slashes_are_a_resource_that_ends_in_one():
    found = asked("https://vestibule.example:8443//.default")
    assert (found.resource, found.audience) == (None, "https://vestibule.example:8443/")


@given(st.text(max_size=300))
def test_whatever_is_sent_is_read_or_refused(text: str):
    found = grants.read_scopes(text, origin=ORIGIN)
    if found is not None:
        assert all(name == name.lower() for name, _ in found.permissions)
        assert set(found.openid) <= set(grants.OPENID_SCOPES)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://App.example/cb", "https://app.example"),
        ("https://app.example:443/cb", "https://app.example"),
        ("https://app.example:8443/cb", "https://app.example:8443"),
        ("http://localhost:5173/cb", "http://localhost"),
        ("http://[::1]:5173", "http://[::1]"),
    ],
)
def test_the_origin_of_a_page(address: str, origin: str):
    assert grants.origin_of(address) == origin
    assert grants.read_origin(address.removesuffix("/cb")) == origin


@pytest.mark.parametrize(
    "header", ["null", "", "app.example", "https://", "https://a b", "https://a/", "ftp://a", "https://a:99999"]
)
def test_what_is_no_origin(header: str):
    assert grants.read_origin(header) is None


def test_a_claims_request():
    wanted = {"id_token": {"email": None, "acr": {"essential": True, "value": "1"}, "sub": {"value": "s"}, "x": None}}
    assert read(wanted) == Wanted(("email",), "s", frozenset({"1"}))
    assert read({"access_token": {"xms_cc": {"values": ["CP1"]}}}) == Wanted()
    assert read({"id_token": None}) == Wanted()
    assert read({"id_token": {"acr": {"values": ["1"]}}}) == Wanted(), "not essential"
    odd: list[Any] = [[], None, "x", {"id_token": "x"}, {"id_token": {"acr": "1"}}]
    assert [read(one) for one in odd] == [None] * len(odd)


@pytest.mark.parametrize("given", ["http://[", "http://[::1", "http://localhost]/cb", "http://localhost:1:2/cb", ""])
def test_what_cannot_be_read_is_no_redirect_address(given: str):
    registered = ("http://localhost/cb", "http://[::1]/cb")
    assert not grants.redirect_matches(registered, given)
    assert grants.redirect_matches(registered, "http://localhost:5000/cb")
