"""What apps publish as APIs."""

from typing import Any

import pytest

from vestibule.rules import apis
from vestibule.rules.refusals import Reason, Refused

ID = "11111111-2222-4333-8444-555555555555"


def test_a_scope_is_made_whole():
    (found,) = apis.scopes([{"id": ID.upper(), "value": "Orders.Read", "adminConsentDisplayName": "See orders"}])
    assert (found["id"], found["type"], found["isEnabled"]) == (ID, "User", True)
    assert (found["adminConsentDisplayName"], found["userConsentDescription"]) == ("See orders", None)
    assert apis.published([found, {**found, "value": "Off", "isEnabled": False}]) == {"orders.read": "Orders.Read"}


@pytest.mark.parametrize(
    "given",
    [
        [{"id": "x", "value": "a"}],
        [{"id": ID}],
        [{"id": ID, "value": ""}],
        [{"id": ID, "value": "a b"}],
        [{"id": ID, "value": "a/b"}],
        [{"id": ID, "value": ".default"}],
        [{"id": ID, "value": "OpenID"}],
        [{"id": ID, "value": "offline_access"}],
        [{"id": ID, "value": "a", "type": "Everybody"}],
        [{"id": ID, "value": "a", "isEnabled": "yes"}],
        [{"id": ID, "value": "a", "adminConsentDescription": 7}],
        [{"id": ID, "value": "a"}, {"id": ID, "value": "b"}],
        [{"id": ID, "value": "a"}, {"id": ID.replace("1", "2"), "value": "A"}],
        ["a"],
    ],
)
def test_scopes_that_cannot_be(given: list[Any]):
    with pytest.raises(Refused) as refused:
        apis.scopes(given)
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.BAD_VALUE, "oauth2PermissionScopes")


@pytest.mark.parametrize("name", [ID, ID.upper(), f"api://{ID}", f"api://{ID.upper()}/"])
def test_a_client_id_is_a_name_of_its_own(name: str):
    assert apis.client_id_of(name) == ID
    assert apis.client_id_of("api://orders") is None
    assert apis.foreign_client_id(f"api://{ID}/x", ID) is False
    assert apis.foreign_client_id(f"api://{ID}/x", "other") is True
