"""Whom an app serves, and what an alias means for a person."""

import pytest

from vestibule.rules.audiences import Audience, audience_of, home_for, serves
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused

OWN, OTHER = "own", "other"


@pytest.mark.parametrize(
    ("audience", "served"),
    [
        (Audience.ONE, {OWN}),
        (Audience.SEVERAL, {OWN, OTHER}),
        (Audience.EVERYBODY, {OWN, OTHER, CONSUMERS_ID}),
        (Audience.PERSONAL, {OWN, CONSUMERS_ID}),
    ],
)
def test_whom_an_app_serves(audience: Audience, served: set[str]):
    assert {one for one in (OWN, OTHER, CONSUMERS_ID) if serves(audience, OWN, one)} == served


@pytest.mark.parametrize("value", [None, "", "azureadmultipleorgs", 7, ["AzureADMultipleOrgs"], "Everyone"])
def test_what_is_no_audience_is_the_narrowest(value: object):
    assert audience_of({"signInAudience": value}) is Audience.ONE
    assert audience_of({}) is Audience.ONE


@pytest.mark.parametrize(
    ("alias", "home", "meant"),
    [
        ("common", "home", "home"),
        ("common", None, CONSUMERS_ID),
        ("organizations", "home", "home"),
        ("organizations", None, None),
        ("consumers", "home", None),
        ("consumers", None, CONSUMERS_ID),
        ("", "home", None),
    ],
)
def test_an_alias_sends_people_home(alias: str, home: str | None, meant: str | None):
    if meant is not None:
        assert home_for(alias, home) == meant
        return
    with pytest.raises(Refused) as refused:
        home_for(alias, home)
    assert refused.value.reason is Reason.NOT_FOUND
