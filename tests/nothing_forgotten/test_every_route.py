"""Every route of the Graph door, called as everybody: the answers that were agreed, and what each leaves in the log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.nothing_forgotten import every_route
from tests.nothing_forgotten.every_route import WHO, Heard
from tests.nothing_forgotten.every_route_asked import RECIPES, unfilled
from tests.support.graph import graph_door
from tests.support.houses import sqlite_house
from tests.support.provider import served_provider
from tests.support.stage import stage
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.routing import Route
from vestibule.rules.activities import EVENTS, event_type, is_audited

INSTANCE = "/identityGovernance/accessReviews/definitions/{review}/instances/{instance}"

# Routes whose verb changes something, and that leave no event when they succeed, each with its reason.
LEAVES_NOTHING = {
    ("PATCH", "/policies/crossTenantAccessPolicy"): "its name and clouds are fixed, and may be sent back as they are",
    ("POST", "/domains/{domain}/verify"): "only an emulator database proves by asking; what is proven already stays so",
    ("POST", "/domains/{domain}/promote"): "every proven domain is a root domain already",
    ("POST", f"{INSTANCE}/acceptRecommendations"): "nothing is recommended about a guest who has just come",
    ("POST", f"{INSTANCE}/stages/{{stage}}/acceptRecommendations"): "the same",
    ("POST", "/directoryRoles"): "every role is there from the start, so activating one changes nothing",
}

# Routes that are one way of several to do something; the log tells them apart when they succeed.
WAYS = {
    ("POST", "/groups/{group}/appRoleAssignments"): "group",
    ("DELETE", "/groups/{group}/appRoleAssignments/{assignment}"): "group",
    ("PUT", "/users/{user}/manager/$ref"): "manager",
    ("DELETE", "/users/{user}/manager/$ref"): "manager",
    ("POST", "/users/{user}/sponsors/$ref"): "addSponsor",
    ("DELETE", "/users/{user}/sponsors/{sponsor}/$ref"): "removeSponsor",
    ("POST", "/me/changePassword"): "own",
    ("POST", "/domains"): "claim",
    ("DELETE", "/domains/{domain}"): "claim",
    ("POST", "/applications"): "application",
    ("POST", "/servicePrincipals"): "principal",
    **{
        (method, f"{principal}{below}"): way
        for principal in ("/servicePrincipals/{principal}", "/servicePrincipals(appId={client})")
        for method, below, way in (
            ("PATCH", "", "principal"),
            ("DELETE", "", "principal"),
            ("POST", "/appRoleAssignments", "app"),
            ("DELETE", "/appRoleAssignments/{assignment}", "app"),
        )
    },
    ("PATCH", "/oauth2PermissionGrants/{grant}"): "change",
    ("POST", "/policies/crossTenantAccessPolicy/default/resetToSystemDefault"): "resetDefault",
    ("POST", "/policies/crossTenantAccessPolicy/partners"): "addPartner",
    ("PATCH", "/policies/crossTenantAccessPolicy/partners/{partner}"): "updatePartner",
    ("DELETE", "/policies/crossTenantAccessPolicy/partners/{partner}"): "deletePartner",
    ("POST", f"{INSTANCE}/resetDecisions"): "reset",
    ("POST", f"{INSTANCE}/stages/{{stage}}/stop"): "stage",
}

# Routes that leave an event in another organization's log as well.
THERE_TOO = {
    ("POST", "/directory/outboundSharedUserProfiles/{user}/tenants/{tenant}/removePersonalData"): "membership.remove",
}

# What everybody who may ask at all is answered, about their own organization or about any.
OF_NO_ORGANIZATION = ("{role}", "{policy}", "{on}", "findTenantInformation")

Answers = list[tuple[Route[Handler], dict[str, Heard]]]


@pytest.fixture(scope="module")
async def answers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Answers]:
    """What everybody heard from every route, in one house."""
    folder: Path = tmp_path_factory.mktemp("every-route")
    async with sqlite_house(folder) as house, graph_door(house) as graph, served_provider(house.clock) as foreign:
        on = await every_route.beside(await stage(graph), foreign)
        programs = await every_route.programs_of(on)
        yield [(route, await every_route.ask_everybody(route, on, programs)) for route in TABLE]


def test_every_route_can_be_called():
    assert unfilled() == [], "tell tests/nothing_forgotten/every_route_asked.py how to call it"
    known = {(route.method, route.pattern) for route in TABLE}
    assert set(RECIPES) - known == set()
    assert set(LEAVES_NOTHING) - known == set()


def test_every_route_says_what_it_does():
    assert [f"{route.method} {route.pattern}" for route in TABLE if route.verb is None or not route.summary] == []


def test_the_answers_are_those_that_were_agreed(answers: Answers):
    agreed = every_route.FILE.read_text(encoding="utf-8")
    written = every_route.as_text([every_route.line(route, heard) for route, heard in answers])
    assert written == agreed, "rights changed; `python -m tests.nothing_forgotten.every_route` writes them down"


def test_nobody_hears_anything(answers: Answers):
    assert {heard["nobody"].status for _, heard in answers} == {401}


def test_who_holds_the_role_is_served(answers: Answers):
    unserved = [route.pattern for route, heard in answers if heard["holder"].status != route.status]
    assert unserved == []


def test_an_app_without_permissions_is_refused(answers: Answers):
    # /me without a person is no question of rights.
    assert {heard["idle"].status for _, heard in answers} == {400, 403}
    asked_wrongly = {route.pattern.split("/")[1] for route, heard in answers if heard["idle"].status == 400}
    assert asked_wrongly == {"me"}


def test_another_organizations_administrator_hears_of_nothing_here(answers: Answers):
    # What is named by an id of this organization is not there; a path without an id is about their own organization.
    for route, heard in answers:
        if "{" in route.pattern and not any(one in route.pattern for one in OF_NO_ORGANIZATION):
            assert heard["stranger"].status == 404, route.pattern


@pytest.mark.parametrize("name", WHO)
def test_a_change_leaves_one_event_and_a_reading_none(answers: Answers, name: str):
    wrong = []
    for route, heard in answers:
        expected = _expected(route, heard[name])
        left = [(event.type, event.outcome) for event in heard[name].events]
        if sorted(left) != sorted(expected):
            wrong.append(f"{route.method} {route.pattern} {heard[name].status}: {left}, not {expected}")
    assert wrong == []


def _expected(route: Route[Handler], heard: Heard) -> list[tuple[str, str]]:
    """The events that an answer goes with; nobody is written down for being nobody, nor a request that says nothing."""
    if route.verb is None or not is_audited(route.verb) or heard.status == 401:
        return []
    if heard.status < 400:
        way = WAYS.get((route.method, route.pattern), "")
        there = THERE_TOO.get((route.method, route.pattern))
        also = [(there, "success")] if there else []
        here = [(event_type(route.verb, way), "success")]
        return [] if (route.method, route.pattern) in LEAVES_NOTHING else here + also
    if heard.status == 400:
        return [(event.type, "failure") for event in heard.events]
    return [(event_type(route.verb), "failure")]


def test_every_event_is_shown_in_the_log(answers: Answers):
    left = {event.type for _, heard in answers for one in heard.values() for event in one.events}
    assert len(left) > 20
    # A wrong password is shown in the sign-in log instead.
    assert [type_ for type_ in left - {"signIn"} if not EVENTS[type_]] == []
