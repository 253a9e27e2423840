"""Who may do what: the cases that matter most, one by one. The whole answer is in tests/nothing_forgotten."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.nothing_forgotten.who_may_what import ELSEWHERE, HERE, HOME, app, group, person, program, user
from vestibule.rules import roles
from vestibule.rules.actors import Strength, operator, system
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.policy import GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.rights import (
    AS_MEMBER,
    OPERATOR_VERBS,
    OWN_VERBS,
    Anything,
    Here,
    Sight,
    effective_roles,
    insist,
    reaches_members,
    sight,
    why_not,
)
from vestibule.rules.roles import (
    EXTERNAL_IDP_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    GROUPS_ADMINISTRATOR,
    GUEST_INVITER,
    HELPDESK_ADMINISTRATOR,
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    REPORTS_READER,
    ROLES,
    USER_ADMINISTRATOR,
)
from vestibule.rules.targets import OnUser, Target
from vestibule.rules.verbs import Verb

GUEST = Here(InvitesFrom.EVERYONE, GuestAccess.LIMITED, guest=True)
RESTRICTED = Here(InvitesFrom.EVERYONE, GuestAccess.RESTRICTED, guest=True)
ROLE_IDS = st.sampled_from(sorted(ROLES))
VERBS = st.sampled_from(sorted(Verb))
NOT_ALLOWED, NOT_FOUND = Reason.NOT_ALLOWED, Reason.NOT_FOUND


def refusal(by, verb: Verb, on: Target, here: Here = HERE) -> Reason | None:
    return why_not(by, verb, on, here)


# --- Everybody ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", Verb)
def test_the_worker_and_the_operator_may_do_everything(verb: Verb):
    for by in (system(), operator()):
        assert refusal(by, verb, user(GLOBAL_ADMINISTRATOR, external=False)) is None
        assert refusal(by, verb, Anything(HOME)) is None
        assert sight(by, HERE) is Sight.ALL
        assert reaches_members(by, verb)


@pytest.mark.parametrize("verb", sorted(OPERATOR_VERBS))
def test_what_the_operator_or_time_does_nobody_asks_for_at_a_door(verb: Verb):
    everything = frozenset(PERMISSIONS)
    assert refusal(person(*ROLES), verb, Anything(HOME)) is NOT_ALLOWED
    assert refusal(person(*ROLES, scopes=everything), verb, user()) is NOT_ALLOWED
    assert refusal(program(*everything, roles=ROLES), verb, user()) is NOT_ALLOWED


# --- What is one's own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", sorted(OWN_VERBS))
def test_what_belongs_to_the_person_belongs_to_nobody_else(verb: Verb):
    assert refusal(person(strength=Strength.EMAILED_CODE), verb, user(mine=True), RESTRICTED) is None
    assert refusal(person(), verb, user(mine=True, tenant=ELSEWHERE)) is None
    assert refusal(person(tenant=None, user=None), verb, user(mine=True)) is None
    assert refusal(person(*ROLES), verb, user()) is NOT_ALLOWED
    assert refusal(person(*ROLES), verb, user(tenant=ELSEWHERE)) is NOT_FOUND
    assert refusal(program(*PERMISSIONS), verb, user()) is Reason.NEEDS_PERSON


def test_leaving_with_a_token_takes_the_permission_to_leave():
    for tenant in (HOME, ELSEWHERE):
        mine = user(mine=True, tenant=tenant)
        assert refusal(person(scopes={"organizations.leave"}), Verb.LEAVE, mine) is None
        assert refusal(person(scopes={"user.readwrite.all"}), Verb.LEAVE, mine) is NOT_ALLOWED
        assert refusal(person(scopes=()), Verb.LEAVE, mine) is NOT_ALLOWED
    everything_else = frozenset(PERMISSIONS) - {"organizations.leave"}
    assert refusal(person(GLOBAL_ADMINISTRATOR, scopes=everything_else), Verb.LEAVE, user(mine=True)) is NOT_ALLOWED


@pytest.mark.parametrize("field", ["emailVerified", "externalUserState", "userType", "accountEnabled", "mail"])
def test_nobody_makes_more_of_themselves(field: str):
    mine = user(mine=True, fields=frozenset({field, "preferredLanguage"}))
    assert refusal(person(), Verb.UPDATE_USER, mine) is NOT_ALLOWED
    assert refusal(person(scopes={"user.readwrite"}), Verb.UPDATE_USER, mine) is NOT_ALLOWED
    assert refusal(person(), Verb.UPDATE_USER, replace(mine, fields=frozenset({"preferredLanguage"}))) is None


def test_a_user_without_a_person_belongs_to_nobody():
    waiting = OnUser(HOME, "6" * 8, None, external=True, roles=frozenset(), in_privileged_group=False)
    nobody = replace(person(), person_id=None, user_id=None)
    assert refusal(nobody, Verb.LEAVE, waiting) is not None
    assert refusal(person(), Verb.LEAVE, waiting) is NOT_ALLOWED


# --- Other organizations --------------------------------------------------------------------------------------------


@given(ROLE_IDS, VERBS)
def test_a_role_ends_at_the_border(role: str, verb: Verb):
    for on in (user(tenant=ELSEWHERE), Anything(ELSEWHERE)):
        assert refusal(person(role), verb, on) is NOT_FOUND
        assert refusal(person(role, scopes=PERMISSIONS), verb, on) is NOT_FOUND


@given(VERBS)
def test_a_program_ends_at_the_border(verb: Verb):
    expected = Reason.NEEDS_PERSON if verb in OWN_VERBS else NOT_FOUND
    assert refusal(program(*PERMISSIONS, roles=ROLES), verb, user(tenant=ELSEWHERE)) is expected
    assert refusal(program(*PERMISSIONS, roles=ROLES), verb, Anything(ELSEWHERE)) is expected


# --- The roles that the lifecycle needs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "verb", "on", "reason"),
    [
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.CHANGE_LEAVE_SETTING, Anything(HOME), None),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.RESTORE, user(), None),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.PURGE, user(), None),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.RESTORE, user(external=False), NOT_ALLOWED),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.PURGE, user(external=False), NOT_ALLOWED),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.READ_DELETED, user(external=False), NOT_ALLOWED),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.PURGE, user(GLOBAL_ADMINISTRATOR), NOT_ALLOWED),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.REMOVE, user(), NOT_ALLOWED),
        (EXTERNAL_IDP_ADMINISTRATOR, Verb.CHANGE_PRIVACY, Anything(HOME), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.RESTORE, user(external=False), None),
        (USER_ADMINISTRATOR, Verb.PURGE, user(), None),
        (USER_ADMINISTRATOR, Verb.PURGE, user(GUEST_INVITER), None),
        (USER_ADMINISTRATOR, Verb.PURGE, user(HELPDESK_ADMINISTRATOR), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.RESTORE, user(USER_ADMINISTRATOR), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.REMOVE, user(USER_ADMINISTRATOR), None),
        (USER_ADMINISTRATOR, Verb.REMOVE, user(GLOBAL_ADMINISTRATOR), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.DISABLE, user(GUEST_INVITER, GLOBAL_READER), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.DISABLE, user(privileged=True), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.CHANGE_LEAVE_SETTING, Anything(HOME), NOT_ALLOWED),
        (USER_ADMINISTRATOR, Verb.ASSIGN_ROLE, user(), NOT_ALLOWED),
        (PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, Verb.REMOVE, user(GLOBAL_ADMINISTRATOR), None),
        (PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, Verb.PURGE, user(), NOT_ALLOWED),
        (GLOBAL_ADMINISTRATOR, Verb.PURGE, user(GLOBAL_ADMINISTRATOR, privileged=True), None),
        (GLOBAL_ADMINISTRATOR, Verb.CHANGE_PRIVACY, Anything(HOME), None),
        (GUEST_INVITER, Verb.INVITE, Anything(HOME), None),
        (GUEST_INVITER, Verb.REMOVE, user(), NOT_ALLOWED),
        (GLOBAL_READER, Verb.READ_DELETED, Anything(HOME), None),
        (GLOBAL_READER, Verb.READ_AUDIT, Anything(HOME), None),
        (GLOBAL_READER, Verb.RESTORE, user(), NOT_ALLOWED),
        (REPORTS_READER, Verb.READ_AUDIT, Anything(HOME), None),
        (REPORTS_READER, Verb.READ_DELETED, Anything(HOME), NOT_ALLOWED),
        (PRIVILEGED_ROLE_ADMINISTRATOR, Verb.ASSIGN_ROLE, user(), None),
        (HELPDESK_ADMINISTRATOR, Verb.SIGN_OUT_EVERYWHERE, user(), None),
        (HELPDESK_ADMINISTRATOR, Verb.SIGN_OUT_EVERYWHERE, user(HELPDESK_ADMINISTRATOR), NOT_ALLOWED),
        (HELPDESK_ADMINISTRATOR, Verb.DISABLE, user(), NOT_ALLOWED),
    ],
)
def test_a_role_does_its_part_and_no_more(role: str, verb: Verb, on: Target, reason: Reason | None):
    assert refusal(person(role), verb, on) is reason
    if reason is None:
        assert refusal(person(), verb, on, replace(HERE, invites=InvitesFrom.ADMINS_AND_INVITERS)) is not None


def test_lists_leave_members_out_for_whoever_acts_on_external_users_only():
    assert not reaches_members(person(EXTERNAL_IDP_ADMINISTRATOR), Verb.READ_DELETED)
    assert reaches_members(person(EXTERNAL_IDP_ADMINISTRATOR, GLOBAL_READER), Verb.READ_DELETED)
    assert reaches_members(program("user.read.all"), Verb.READ_DELETED)
    assert refusal(person(EXTERNAL_IDP_ADMINISTRATOR), Verb.READ_DELETED, Anything(HOME)) is None


# --- An emailed code alone ------------------------------------------------------------------------------------------


@given(ROLE_IDS, VERBS, st.sampled_from([Strength.EMAILED_CODE, Strength.NONE]), st.booleans())
def test_no_role_takes_effect_on_an_emailed_code_alone(role: str, verb: Verb, strength: Strength, token: bool):
    scopes = frozenset(PERMISSIONS) if token else None
    weak = person(role, strength=strength, scopes=scopes)
    plain = person(strength=strength, scopes=scopes)
    assert effective_roles(weak) == frozenset()
    for on in (user(), user(external=False), Anything(HOME), group(role_assignable=True), app(grants_api=True)):
        without = refusal(plain, verb, on, GUEST)
        with_role = refusal(weak, verb, on, GUEST)
        assert (with_role is None) == (without is None)
        if with_role is not without:
            assert with_role is Reason.STRONGER_SIGN_IN
            assert refusal(replace(weak, strength=Strength.PASSWORD), verb, on, GUEST) is None
    assert sight(weak, GUEST) == sight(plain, GUEST)


def test_whoever_could_with_a_stronger_sign_in_is_told_so():
    weak = person(GLOBAL_ADMINISTRATOR, strength=Strength.EMAILED_CODE)
    assert refusal(weak, Verb.REMOVE, user()) is Reason.STRONGER_SIGN_IN
    assert refusal(person(strength=Strength.EMAILED_CODE), Verb.REMOVE, user()) is NOT_ALLOWED
    for strength in (Strength.PASSWORD, Strength.FEDERATED, Strength.MULTI_FACTOR):
        assert refusal(replace(weak, strength=strength), Verb.REMOVE, user()) is None


# --- The token and the person both ----------------------------------------------------------------------------------


@given(ROLE_IDS, VERBS, st.sets(st.sampled_from(sorted(PERMISSIONS)), max_size=4))
def test_a_token_never_gives_more_than_the_person_may(role: str, verb: Verb, scopes: set[str]):
    for on in (user(), user(mine=True), user(GLOBAL_ADMINISTRATOR), Anything(HOME), group(), app(owned=True)):
        if refusal(person(role, scopes=scopes), verb, on) is None:
            assert refusal(person(role), verb, on) is None
        if refusal(person(scopes=scopes), verb, on) is None:
            assert refusal(person(), verb, on) is None


def test_the_permission_without_the_role_does_nothing():
    scopes = {"user.readwrite.all", "user.deleterestore.all"}
    assert refusal(person(scopes=scopes), Verb.REMOVE, user()) is NOT_ALLOWED
    assert refusal(person(USER_ADMINISTRATOR, scopes=scopes), Verb.REMOVE, user()) is None


def test_the_role_without_the_permission_does_nothing():
    assert refusal(person(GLOBAL_ADMINISTRATOR, scopes={"user.read"}), Verb.REMOVE, user()) is NOT_ALLOWED
    assert refusal(person(GLOBAL_ADMINISTRATOR, scopes=()), Verb.READ_USERS, user()) is NOT_ALLOWED


# --- Programs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [Verb.REMOVE, Verb.DISABLE, Verb.ENABLE, Verb.SET_PASSWORD, Verb.RESTORE, Verb.PURGE])
def test_a_program_touches_no_holder_of_a_role_unless_it_holds_one_that_may(verb: Verb):
    by = program("user.readwrite.all")
    assert refusal(by, verb, user()) is None
    assert refusal(by, verb, user(roles.DIRECTORY_READERS)) is NOT_ALLOWED
    assert refusal(by, verb, user(privileged=True)) is NOT_ALLOWED
    strong = program("user.readwrite.all", roles={GLOBAL_ADMINISTRATOR})
    assert refusal(strong, verb, user(GLOBAL_ADMINISTRATOR, privileged=True)) is None
    some = program("user.readwrite.all", roles={USER_ADMINISTRATOR})
    assert refusal(some, verb, user(roles.DIRECTORY_READERS)) is None
    assert refusal(some, verb, user(GLOBAL_ADMINISTRATOR)) is NOT_ALLOWED


def test_a_program_that_gives_roles_decides_on_those_of_a_deleted_user():
    by = program("user.deleterestore.all", "rolemanagement.readwrite.directory")
    holder = user(roles.REPORTS_READER)
    assert refusal(by, Verb.RESTORE, holder) is None
    assert refusal(by, Verb.PURGE, holder) is None
    assert refusal(by, Verb.RESTORE, user(GLOBAL_ADMINISTRATOR)) is None


def test_a_program_that_gives_roles_removes_and_switches_whom_a_user_administrator_may():
    by = program("user.readwrite.all", "rolemanagement.readwrite.directory")
    reader, administrator = user(roles.REPORTS_READER), user(GLOBAL_ADMINISTRATOR)
    for verb in (Verb.REMOVE, Verb.DISABLE, Verb.ENABLE):
        assert refusal(by, verb, reader) is None
        assert refusal(by, verb, administrator) is NOT_ALLOWED
        assert refusal(by, verb, user(roles.REPORTS_READER, privileged=True)) is NOT_ALLOWED
    password = frozenset({"passwordProfile"})
    assert refusal(by, Verb.UPDATE_USER, replace(reader, fields=password)) is NOT_ALLOWED


def test_a_role_of_a_program_gives_it_no_verb():
    assert refusal(program(roles=ROLES), Verb.REMOVE, user()) is NOT_ALLOWED


def test_a_program_writes_ordinary_properties_of_anybody():
    on = user(GLOBAL_ADMINISTRATOR, fields=frozenset({"jobTitle"}))
    assert refusal(program("user.readwrite.all"), Verb.UPDATE_USER, on) is None
    with_mail = replace(on, fields=frozenset({"jobTitle", "mail"}))
    assert refusal(program("user.readwrite.all"), Verb.UPDATE_USER, with_mail) is NOT_ALLOWED


# --- Inviting -------------------------------------------------------------------------------------------------------

FORBIDDEN = Reason.INVITING_FORBIDDEN
NONE, ADMINS, MEMBERS, ALL = InvitesFrom


@pytest.mark.parametrize(
    ("invites", "guest", "member", "inviter", "administrator"),
    [
        (NONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        (ADMINS, FORBIDDEN, FORBIDDEN, None, None),
        (MEMBERS, FORBIDDEN, None, None, None),
        (ALL, None, None, None, None),
    ],
)
@pytest.mark.parametrize("verb", [Verb.INVITE, Verb.REINVITE])
def test_who_may_invite(verb, invites, guest, member, inviter, administrator):
    def answer(*held: str, guest: bool) -> Reason | None:
        return refusal(person(*held), verb, Anything(HOME), Here(invites, GuestAccess.LIMITED, guest=guest))

    assert answer(guest=True) is guest
    assert answer(guest=False) is member
    assert answer(GUEST_INVITER, guest=True) is inviter
    assert answer(GLOBAL_ADMINISTRATOR, guest=False) is administrator


def test_a_guest_inviter_on_an_emailed_code_alone_is_told_to_sign_in_stronger():
    here = Here(ADMINS, GuestAccess.LIMITED, guest=True)
    weak = person(GUEST_INVITER, strength=Strength.EMAILED_CODE)
    assert refusal(weak, Verb.INVITE, Anything(HOME), here) is Reason.STRONGER_SIGN_IN


@pytest.mark.parametrize(
    ("permission", "invites", "reason"),
    [
        ("user.invite.all", NONE, FORBIDDEN),
        ("user.invite.all", ADMINS, None),
        ("user.readwrite.all", ADMINS, FORBIDDEN),
        ("directory.readwrite.all", ADMINS, FORBIDDEN),
        ("user.readwrite.all", MEMBERS, None),
        ("user.invite.all", ALL, None),
        ("user.read.all", ALL, NOT_ALLOWED),
    ],
)
def test_programs_that_invite(permission: str, invites: InvitesFrom, reason: Reason | None):
    here = Here(invites, GuestAccess.LIMITED, guest=True)
    assert refusal(program(permission), Verb.INVITE, Anything(HOME), here) is reason


def test_an_external_member_is_invited_by_a_global_administrator():
    as_member = Anything(HOME, frozenset({AS_MEMBER}))
    assert refusal(person(GLOBAL_ADMINISTRATOR), Verb.INVITE, as_member) is None
    assert refusal(person(USER_ADMINISTRATOR, GUEST_INVITER), Verb.INVITE, as_member) is NOT_ALLOWED
    assert refusal(person(), Verb.INVITE, as_member) is NOT_ALLOWED
    weak = person(GLOBAL_ADMINISTRATOR, strength=Strength.EMAILED_CODE)
    assert refusal(weak, Verb.INVITE, as_member) is Reason.STRONGER_SIGN_IN
    assert refusal(program("user.invite.all"), Verb.INVITE, as_member) is NOT_ALLOWED
    assert refusal(program("user.readwrite.all"), Verb.INVITE, as_member) is None


def test_somebody_who_is_no_user_here_invites_nobody():
    assert refusal(person(user=None), Verb.INVITE, Anything(HOME), GUEST) is FORBIDDEN


# --- Reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "here", "seen"),
    [
        (person(), HERE, Sight.ALL),
        (person(), Here(ALL, GuestAccess.AS_MEMBER, guest=True), Sight.ALL),
        (person(), GUEST, Sight.KNOWN),
        (person(), RESTRICTED, Sight.SELF),
        (person(roles.DIRECTORY_READERS), RESTRICTED, Sight.ALL),
        (person(user=None), GUEST, Sight.SELF),
        (person(scopes={"user.read"}), HERE, Sight.SELF),
        (person(scopes={"user.readbasic.all"}), HERE, Sight.BASIC),
        (person(scopes={"user.readbasic.all"}), GUEST, Sight.KNOWN),
        (person(scopes={"user.readbasic.all", "user.read.all"}), HERE, Sight.ALL),
        (person(scopes={"openid"}), HERE, Sight.NOTHING),
        (program("user.read.all"), HERE, Sight.ALL),
        (program("user.readbasic.all"), HERE, Sight.BASIC),
        (program(), HERE, Sight.NOTHING),
    ],
)
def test_how_much_a_reader_sees(by, here: Here, seen: Sight):
    assert sight(by, here) is seen


def test_a_limited_guest_reads_by_id_and_lists_nothing():
    assert refusal(person(), Verb.READ_USERS, user(), GUEST) is None
    assert refusal(person(), Verb.READ_USERS, Anything(HOME), GUEST) is NOT_ALLOWED
    assert refusal(person(), Verb.READ_GROUPS, Anything(HOME), GUEST) is NOT_ALLOWED
    assert refusal(person(), Verb.READ_ORGANIZATION, Anything(HOME), GUEST) is None


def test_a_restricted_guest_does_not_learn_who_else_exists():
    for verb in (Verb.READ_USERS, Verb.REMOVE, Verb.UPDATE_USER, Verb.LEAVE):
        assert refusal(person(), verb, user(), RESTRICTED) is NOT_FOUND
    assert refusal(person(), Verb.READ_GROUPS, group(), RESTRICTED) is NOT_FOUND
    assert refusal(person(), Verb.READ_USERS, user(mine=True), RESTRICTED) is None
    assert refusal(person(), Verb.REMOVE, user(mine=True), RESTRICTED) is NOT_ALLOWED
    assert refusal(person(), Verb.READ_USERS, Anything(HOME), RESTRICTED) is NOT_ALLOWED


@given(ROLE_IDS, VERBS)
def test_reading_is_not_writing(role: str, verb: Verb):
    readers = {GLOBAL_READER, REPORTS_READER, roles.SECURITY_READER, roles.DIRECTORY_READERS, roles.PRIVACY_READER}
    if role in readers and not verb.value.startswith("read"):
        for on in (user(), group(), app(), Anything(HOME)):
            assert refusal(person(role), verb, on, replace(HERE, invites=NONE)) is not None


@given(ROLE_IDS, VERBS, st.sampled_from([HERE, GUEST, RESTRICTED]))
def test_what_is_refused_on_anything_is_refused_on_every_user(role: str, verb: Verb, here: Here):
    if verb in OWN_VERBS or verb in {Verb.READ_USERS, Verb.READ_GROUPS, Verb.READ_APPS, Verb.READ_ROLES}:
        return
    if refusal(person(role), verb, Anything(HOME), here) is not None:
        for on in (user(), user(external=False), user(role)):
            assert refusal(person(role), verb, on, here) is not None


# --- Groups and apps ------------------------------------------------------------------------------------------------


def test_owners_manage_their_group():
    for verb in (Verb.ADD_MEMBER, Verb.REMOVE_MEMBER, Verb.UPDATE_GROUP, Verb.ADD_OWNER, Verb.DELETE_GROUP):
        assert refusal(person(), verb, group(owned=True), GUEST) is None
        assert refusal(person(), verb, group(), GUEST) is NOT_ALLOWED
    assert refusal(person(), Verb.PURGE_GROUP, group(owned=True)) is NOT_ALLOWED
    assert refusal(person(scopes={"user.read"}), Verb.ADD_MEMBER, group(owned=True)) is NOT_ALLOWED


def test_a_group_that_may_hold_roles_is_managed_by_whoever_gives_roles():
    privileged = group(role_assignable=True)
    assert refusal(person(GROUPS_ADMINISTRATOR), Verb.ADD_MEMBER, privileged) is NOT_ALLOWED
    assert refusal(person(USER_ADMINISTRATOR), Verb.ADD_MEMBER, privileged) is NOT_ALLOWED
    assert refusal(person(PRIVILEGED_ROLE_ADMINISTRATOR), Verb.ADD_MEMBER, privileged) is None
    assert refusal(person(PRIVILEGED_ROLE_ADMINISTRATOR), Verb.ADD_MEMBER, group()) is NOT_ALLOWED
    assert refusal(person(), Verb.ADD_MEMBER, group(owned=True, role_assignable=True)) is None
    weak = person(strength=Strength.EMAILED_CODE)
    assert refusal(weak, Verb.ADD_MEMBER, group(owned=True, role_assignable=True)) is Reason.STRONGER_SIGN_IN
    assert refusal(weak, Verb.ADD_MEMBER, group(owned=True)) is None


def test_a_program_needs_two_permissions_for_such_a_group():
    privileged = group(role_assignable=True)
    assert refusal(program("group.readwrite.all"), Verb.ADD_MEMBER, privileged) is NOT_ALLOWED
    assert refusal(program("rolemanagement.readwrite.directory"), Verb.ADD_MEMBER, privileged) is NOT_ALLOWED
    both = program("group.readwrite.all", "rolemanagement.readwrite.directory")
    assert refusal(both, Verb.ADD_MEMBER, privileged) is None
    assert refusal(program("group.read.all"), Verb.READ_GROUPS, privileged) is None


def test_graph_permissions_are_given_by_whoever_gives_roles():
    graph = app(grants_api=True)
    assert refusal(person(roles.APPLICATION_ADMINISTRATOR), Verb.ASSIGN_APP_ROLE, app()) is None
    assert refusal(person(roles.APPLICATION_ADMINISTRATOR), Verb.ASSIGN_APP_ROLE, graph) is NOT_ALLOWED
    assert refusal(person(PRIVILEGED_ROLE_ADMINISTRATOR), Verb.ASSIGN_APP_ROLE, graph) is None
    assert refusal(person(), Verb.ASSIGN_APP_ROLE, app(owned=True)) is NOT_ALLOWED


def test_a_program_manages_the_apps_it_owns():
    by = program("application.readwrite.ownedby")
    assert refusal(by, Verb.DELETE_APP, app(owned=True)) is None
    assert refusal(by, Verb.DELETE_APP, app()) is NOT_ALLOWED
    assert refusal(by, Verb.CREATE_APP, Anything(HOME)) is None


# --- Insisting ------------------------------------------------------------------------------------------------------


def test_a_refusal_names_the_role_that_would_do():
    with pytest.raises(Refused) as refused:
        insist(person(), Verb.CHANGE_LEAVE_SETTING, Anything(HOME), HERE)
    assert refused.value.reason is NOT_ALLOWED
    assert refused.value.facts["role"] == EXTERNAL_IDP_ADMINISTRATOR
    with pytest.raises(Refused) as hidden:
        insist(person(), Verb.REMOVE, user(), RESTRICTED)
    assert hidden.value.reason is NOT_FOUND
    assert hidden.value.facts["role"] is None
    insist(person(GLOBAL_ADMINISTRATOR), Verb.REMOVE, user(), HERE)


def test_roles_that_nobody_knows_take_no_effect():
    unknown = person("99999999-9999-4999-8999-999999999999")
    assert effective_roles(unknown) == frozenset()
    assert refusal(unknown, Verb.REMOVE, user()) is NOT_ALLOWED
    assert refusal(person(USER_ADMINISTRATOR), Verb.REMOVE, user("99999999-9999-4999-8999-999999999999")) is NOT_ALLOWED


def test_who_may_act_as_an_app_that_may_change_things():
    powerful, plain = app(powerful=True), app()
    for verb in (Verb.CHANGE_APP_CREDENTIALS, Verb.ADD_APP_OWNER):
        for role in (roles.APPLICATION_ADMINISTRATOR, roles.CLOUD_APPLICATION_ADMINISTRATOR):
            assert refusal(person(role), verb, plain) is None
            assert refusal(person(role), verb, powerful) is NOT_ALLOWED
        for role in (roles.GLOBAL_ADMINISTRATOR, roles.PRIVILEGED_ROLE_ADMINISTRATOR):
            assert refusal(person(role), verb, powerful) is None
        assert refusal(person(), verb, app(owned=True, powerful=True)) is None
        weak = person(strength=Strength.EMAILED_CODE)
        assert refusal(weak, verb, app(owned=True)) is None
        assert refusal(weak, verb, app(owned=True, powerful=True)) is not None
        assert refusal(program("application.readwrite.all"), verb, plain) is None
        assert refusal(program("application.readwrite.all"), verb, powerful) is NOT_ALLOWED
        both = program("application.readwrite.all", "approleassignment.readwrite.all")
        assert refusal(both, verb, powerful) is None
        assert refusal(program("application.readwrite.ownedby"), verb, app(owned=True, powerful=True)) is None
        assert refusal(program("application.readwrite.ownedby"), verb, plain) is NOT_ALLOWED
    assert refusal(person(roles.APPLICATION_ADMINISTRATOR), Verb.UPDATE_APP, powerful) is None


def test_scopes_of_the_api_itself_are_granted_like_its_roles():
    graph = app(grants_api=True)
    for verb in (Verb.GRANT_SCOPES, Verb.REVOKE_SCOPES):
        assert refusal(person(roles.APPLICATION_ADMINISTRATOR), verb, app()) is None
        assert refusal(person(roles.APPLICATION_ADMINISTRATOR), verb, graph) is NOT_ALLOWED
        assert refusal(person(roles.PRIVILEGED_ROLE_ADMINISTRATOR), verb, graph) is None
        assert refusal(person(), verb, app(owned=True)) is NOT_ALLOWED
        assert refusal(program("delegatedpermissiongrant.readwrite.all"), verb, graph) is None
