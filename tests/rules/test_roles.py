"""The directory roles, against the published ids and tables."""

import pytest

from vestibule.rules import roles
from vestibule.rules.names import guid
from vestibule.rules.roles import (
    ANYONE,
    LEAST_ROLE,
    ROLE_GROUP_VERBS,
    ROLE_VERBS,
    ROLES,
    SELF_FIELDS,
    SENSITIVE_FIELDS,
    WITHOUT_POWER,
    may_write,
    reach,
)
from vestibule.rules.verbs import Verb

# Microsoft Entra, built-in roles: template id and name.
PUBLISHED = """
62e90394-69f5-4237-9190-012177145e10 Global Administrator
f2ef992c-3afb-46b9-b7cf-a126ee74c451 Global Reader
fe930be7-5e62-47db-91af-98c3a49a38b1 User Administrator
95e79109-95c0-4d8e-aee3-d01accf2d47b Guest Inviter
be2f45a1-457d-42af-a067-6ec1fa63bc45 External Identity Provider Administrator
6e591065-9bad-43ed-90f3-e9424366d2f0 External ID User Flow Administrator
e8611ab8-c189-46e8-94e1-60213ab1f814 Privileged Role Administrator
7be44c8a-adaf-4e2a-84d6-ab2649e08a13 Privileged Authentication Administrator
c4e39bd9-1100-46d3-8c65-fb160da0071f Authentication Administrator
729827e3-9c14-49f7-bb1b-9608f156bbb8 Helpdesk Administrator
194ae4cb-b126-40b2-bd5b-6091b380977d Security Administrator
5f2222b1-57c3-48ba-8ad5-d4759f1fde6f Security Operator
5d6b6bb7-de71-4623-b4af-96380a352509 Security Reader
4a5d8f65-41da-4de4-8968-e035b65339cf Reports Reader
45d8d3c5-c802-45c6-b32a-1d70b5e1e86e Identity Governance Administrator
59d46f88-662b-457b-bceb-5c3809e5908f Lifecycle Workflows Administrator
fdd7a751-b60b-444a-984c-02652fe8fa1c Groups Administrator
88d8e3e3-8f55-4a1e-953a-9b9898b8876b Directory Readers
9360feb5-f418-4baa-8175-e2a00bac4301 Directory Writers
9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3 Application Administrator
158c047a-c907-4556-b7ef-446551a6b5f7 Cloud Application Administrator
b1be1c3e-b65d-4f19-8427-f6fa0d97feb9 Conditional Access Administrator
b0f54661-2d74-4c50-afa3-1ec803f12efe Billing Administrator
8329153b-31d0-4727-b945-745eb3bc5f31 Domain Name Administrator
69091246-20e8-4a56-aa4d-066075b2a7a8 Teams Administrator
112ca1a2-15ad-4102-995e-45b0bc479a6a Tenant Creator
966707d0-3269-4727-9be2-8c3a10f19b9d Password Administrator
790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b Message Center Reader
75934031-6c7e-415a-99d7-48dbd49e875e Usage Summary Reports Reader
b6a27b2b-f905-4b2e-81b5-0d90e0ef1fdb Entra Backup Administrator
f42252d9-5400-4d7b-b9ef-cc582dbb8577 Entra Backup Reader
17315797-102d-40b4-93e0-432062caca18 Compliance Administrator
""".strip().splitlines()

# Microsoft Graph, users: "Who can perform sensitive actions".
USER_ADMINISTRATOR_REACHES = {
    "Directory Readers",
    "Guest Inviter",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "Groups Administrator",
    "Helpdesk Administrator",
    "User Administrator",
}
AUTHENTICATION_ADMINISTRATOR_REACHES = {
    "Directory Readers",
    "Guest Inviter",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "Authentication Administrator",
}


def names(ids) -> set[str]:
    return {ROLES[role].name for role in ids}


@pytest.mark.parametrize("line", PUBLISHED)
def test_every_published_role_is_here_by_its_id(line: str):
    template_id, _, name = line.partition(" ")
    assert ROLES[template_id].name == name


def test_beyond_them_there_is_one_of_our_own():
    published = {line.split(" ")[0] for line in PUBLISHED}
    assert names(set(ROLES) - published) == {"Privacy Reader"}


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_a_role_has_an_id_a_name_a_sentence_and_verbs(role):
    assert guid(role.template_id) == role.template_id
    assert role.about.endswith(".")
    assert role.about.count(". ") == 0
    assert role.template_id in ROLE_VERBS
    assert [other.name for other in ROLES.values() if other.name == role.name] == [role.name]


def test_the_verbs_are_those_of_known_roles():
    assert set(ROLE_VERBS) == set(ROLES)
    assert set(ROLE_GROUP_VERBS) <= set(ROLES)


def test_whoever_lacks_a_right_is_told_a_role_that_has_it():
    granted = frozenset[Verb]().union(*ROLE_VERBS.values())
    assert set(LEAST_ROLE) == granted
    for verb, role in LEAST_ROLE.items():
        assert verb in ROLE_VERBS[role], verb
        stronger = [name for name in ROLE_VERBS if verb in ROLE_VERBS[name]]
        assert role != roles.GLOBAL_ADMINISTRATOR or stronger == [role], verb


def test_readers_change_nothing():
    for role in (roles.GLOBAL_READER, roles.REPORTS_READER, roles.SECURITY_READER, roles.DIRECTORY_READERS):
        assert all(verb.value.startswith("read") for verb in ROLE_VERBS[role])
    everything = {verb for verb in Verb if verb.value.startswith("read")} - {
        Verb.READ_SELF,
        Verb.READ_OWN_ORGANIZATIONS,
        Verb.READ_EXPORTS,  # of what is kept about somebody: for who may ask for one
    }
    assert ROLE_VERBS[roles.GLOBAL_READER] == everything
    assert Verb.READ_AUDIT in ROLE_VERBS[roles.REPORTS_READER]


def test_the_global_administrator_has_what_any_role_has():
    assert ROLE_VERBS[roles.GLOBAL_ADMINISTRATOR] == frozenset[Verb]().union(*ROLE_VERBS.values())


@pytest.mark.parametrize("verb", [Verb.REMOVE, Verb.DISABLE, Verb.ENABLE, Verb.SET_PASSWORD, Verb.UPDATE_USER])
def test_who_may_act_on_whom(verb: Verb):
    assert names(reach(roles.USER_ADMINISTRATOR, verb)) == USER_ADMINISTRATOR_REACHES
    assert names(reach(roles.AUTHENTICATION_ADMINISTRATOR, verb)) == AUTHENTICATION_ADMINISTRATOR_REACHES
    assert reach(roles.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, verb) == ANYONE == frozenset(ROLES)
    assert reach(roles.GLOBAL_ADMINISTRATOR, verb) == ANYONE
    assert reach(roles.HELPDESK_ADMINISTRATOR, verb) == WITHOUT_POWER


@pytest.mark.parametrize("verb", [Verb.RESTORE, Verb.PURGE])
def test_restoring_and_purging_reach_no_admin_role_below_the_highest_two(verb: Verb):
    highest = {roles.GLOBAL_ADMINISTRATOR, roles.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR}
    for role in ROLES:
        assert reach(role, verb) == (ANYONE if role in highest else WITHOUT_POWER)
    assert not any("Administrator" in name for name in names(WITHOUT_POWER))


def test_the_sensitive_properties_are_graphs_and_the_two_that_lead_to_sign_in():
    graph = {"accountEnabled", "businessPhones", "mobilePhone", "otherMails", "onPremisesImmutableId"}
    graph |= {"passwordProfile", "userPrincipalName"}
    assert graph | {"mail", "identities"} == SENSITIVE_FIELDS
    assert SELF_FIELDS.isdisjoint(SENSITIVE_FIELDS | {"userType", "displayName"})


def test_directory_writers_write_nothing_sensitive():
    for field in SENSITIVE_FIELDS:
        assert not may_write(roles.DIRECTORY_WRITERS, frozenset({"displayName", field}))
        assert may_write(roles.USER_ADMINISTRATOR, frozenset({"displayName", field}))
    assert may_write(roles.DIRECTORY_WRITERS, frozenset({"displayName", "jobTitle"}))


def test_authentication_administrators_write_only_what_people_sign_in_with():
    assert may_write(roles.AUTHENTICATION_ADMINISTRATOR, frozenset({"mobilePhone", "otherMails"}))
    assert not may_write(roles.AUTHENTICATION_ADMINISTRATOR, frozenset({"displayName"}))
    assert not may_write(roles.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, frozenset({"mobilePhone", "jobTitle"}))
