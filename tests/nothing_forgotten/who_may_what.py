"""Writes out the whole answer of ``vestibule.rules.rights``: who may do what, on whom.

    python -m tests.nothing_forgotten.who_may_what

writes ``who_may_what.txt`` anew. Read the difference before committing it: it is the change of rights.

The answer is asked of the one question that every door asks (``why_not``), not read from the tables behind it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

from vestibule.rules.actors import Actor, ActorKind, Strength
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.policy import GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason
from vestibule.rules.rights import AS_MEMBER, AS_THE_APP, Here, sight, why_not
from vestibule.rules.roles import ROLES, SELF_FIELDS, SENSITIVE_FIELDS
from vestibule.rules.targets import Anything, OnApp, OnGroup, OnReview, OnUser, Target
from vestibule.rules.verbs import Verb

FILE = Path(__file__).with_name("who_may_what.txt")

HOME = "11111111-1111-4111-8111-111111111111"
ELSEWHERE = "22222222-2222-4222-8222-222222222222"
ME = "33333333-3333-4333-8333-333333333333"
SOMEBODY = "44444444-4444-4444-8444-444444444444"
THING = "55555555-5555-4555-8555-555555555555"
HERE = Here(InvitesFrom.EVERYONE, GuestAccess.LIMITED, guest=False)

ON_USERS = (
    Verb.REMOVE,
    Verb.DISABLE,
    Verb.ENABLE,
    Verb.RESTORE,
    Verb.PURGE,
    Verb.SET_PASSWORD,
    Verb.SIGN_OUT_EVERYWHERE,
    Verb.UPDATE_USER,
    Verb.READ_USERS,
    Verb.READ_DELETED,
    Verb.LEAVE,
    Verb.REDEEM,
    Verb.DECLINE,
    Verb.BLOCK_INVITATIONS,
    Verb.ASK_INVITATION,
    Verb.CONNECT,
    Verb.ASK_REMOVAL,
    Verb.ASK_RESTORE,
    Verb.ANSWER_REMOVAL,
    Verb.ASK_ERASURE,
    Verb.WITHDRAW_ERASURE,
    Verb.ANSWER_ERASURE,
    Verb.EXTEND_REQUEST,
    Verb.SIGN_IN,
    Verb.CONSENT,
    Verb.ACCEPT_TERMS,
    Verb.DECLINE_TERMS,
    Verb.ADD_SIGN_IN_METHOD,
    Verb.CHANGE_SIGN_IN_METHOD,
    Verb.REMOVE_SIGN_IN_METHOD,
    Verb.READ_SELF,
    Verb.READ_OWN_ORGANIZATIONS,
    Verb.RESET_REDEMPTION,
    Verb.INVITE_INTERNAL,
    Verb.CONVERT_TO_INTERNAL,
    Verb.EXPORT_PERSONAL_DATA,
    Verb.EXPORT_SHARED,
    Verb.ERASE,
    Verb.EXPIRE_INVITATION,
)
ON_GROUPS = (
    Verb.CREATE_GROUP,
    Verb.UPDATE_GROUP,
    Verb.DELETE_GROUP,
    Verb.RESTORE_GROUP,
    Verb.PURGE_GROUP,
    Verb.ADD_MEMBER,
    Verb.REMOVE_MEMBER,
    Verb.ADD_OWNER,
    Verb.REMOVE_OWNER,
    Verb.READ_GROUPS,
    Verb.READ_DELETED_GROUPS,
)
ON_APPS = (
    Verb.CREATE_APP,
    Verb.UPDATE_APP,
    Verb.DELETE_APP,
    Verb.RESTORE_APP,
    Verb.PURGE_APP,
    Verb.CHANGE_APP_CREDENTIALS,
    Verb.CHANGE_CONNECTIONS,
    Verb.ADD_APP_OWNER,
    Verb.REMOVE_APP_OWNER,
    Verb.ASSIGN_APP_ROLE,
    Verb.UNASSIGN_APP_ROLE,
    Verb.GRANT_SCOPES,
    Verb.REVOKE_SCOPES,
    Verb.END_APP_SIGN_INS,
    Verb.READ_APPS,
)
ON_REVIEWS = (
    Verb.CREATE_REVIEW,
    Verb.UPDATE_REVIEW,
    Verb.DELETE_REVIEW,
    Verb.STOP_REVIEW,
    Verb.REMIND_REVIEWERS,
    Verb.DECIDE_REVIEW,
    Verb.APPLY_REVIEW,
    Verb.READ_REVIEWS,
)
ON_ANYTHING = tuple(verb for verb in Verb if verb not in {*ON_USERS, *ON_GROUPS, *ON_APPS})
FIELDS = (frozenset({"displayName"}), *(frozenset({name}) for name in sorted(SENSITIVE_FIELDS | SELF_FIELDS)))


# --- Actors and targets --------------------------------------------------------------------------------------------


def person(
    *roles: str,
    scopes: Iterable[str] | None = None,
    strength: Strength = Strength.PASSWORD,
    tenant: str | None = HOME,
    user: str | None = ME,
) -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        tenant_id=tenant,
        user_id=user,
        person_id="me",
        through_pages=scopes is None,
        scopes=frozenset(scopes or ()),
        strength=strength,
        roles=frozenset(roles),
    )


def program(*permissions: str, roles: Iterable[str] = ()) -> Actor:
    return Actor(
        kind=ActorKind.APP,
        tenant_id=HOME,
        client_id=THING,
        permissions=frozenset(permissions),
        roles=frozenset(roles),
    )


def user(
    *roles: str,
    external: bool = True,
    privileged: bool = False,
    fields: frozenset[str] = frozenset(),
    mine: bool = False,
    tenant: str = HOME,
) -> OnUser:
    return OnUser(
        tenant_id=tenant,
        user_id=ME if mine else SOMEBODY,
        person_id="me" if mine else "somebody",
        external=external,
        roles=frozenset(roles),
        in_privileged_group=privileged,
        fields=fields,
    )


def group(*, owned: bool = False, role_assignable: bool = False) -> OnGroup:
    return OnGroup(HOME, THING, owned, role_assignable)


def app(*, owned: bool = False, grants_api: bool = False, powerful: bool = False) -> OnApp:
    return OnApp(HOME, THING, owned, grants_api, powerful)


def review(*, reviewer: bool = False, of_role: bool = False, owned: bool = False) -> OnReview:
    return OnReview(HOME, reviewer, of_role, owned)


def may(by: Actor, verb: Verb, on: Target, here: Here = HERE) -> bool:
    return why_not(by, verb, on, here) is None


# --- On whom, in words ---------------------------------------------------------------------------------------------


def ways(verb: Verb) -> Iterator[tuple[str, frozenset[str]]]:
    """The verb by name, once for each property that makes a difference."""
    if verb is not Verb.UPDATE_USER:
        yield verb.value, frozenset()
        return
    for fields in FIELDS:
        yield f"{verb.value} {'+'.join(fields)}", fields


def users_reached(by: Actor, verb: Verb, fields: frozenset[str]) -> str:
    """Which users ``by`` reaches with a verb: where from, with which roles, in which groups."""
    origins = [
        word
        for word, external in (("external", True), ("internal", False))
        if may(by, verb, user(external=external, fields=fields))
    ]
    if not origins:
        return ""
    external = origins[0] == "external"
    held = [role for role in ROLES if may(by, verb, user(role, external=external, fields=fields))]
    if len(held) == len(ROLES):
        holding = "any role"
    elif held:
        holding = "no role, or " + ", ".join(ROLES[role].name for role in held)
    else:
        holding = "no role"
    privileged = may(by, verb, user(external=external, privileged=True, fields=fields))
    groups = "" if privileged else "; not in a group that may hold roles"
    return f"{' and '.join(origins)} users with {holding}{groups}"


def things_reached(by: Actor, verb: Verb, kinds: Iterable[tuple[str, Target]]) -> str:
    return ", ".join(word for word, on in kinds if may(by, verb, on))


def reached(by: Actor, verb: Verb, fields: frozenset[str]) -> str:
    if verb in ON_USERS:
        return users_reached(by, verb, fields)
    if verb in ON_GROUPS:
        kinds = (("groups", group()), ("groups that may hold roles", group(role_assignable=True)))
        return things_reached(by, verb, kinds)
    if verb in {Verb.ASSIGN_APP_ROLE, Verb.UNASSIGN_APP_ROLE, Verb.GRANT_SCOPES, Verb.REVOKE_SCOPES}:
        return things_reached(by, verb, (("apps", app()), ("Graph permissions", app(grants_api=True))))
    if verb in AS_THE_APP:
        return things_reached(by, verb, (("apps", app()), ("apps that may change things", app(powerful=True))))
    if verb in ON_REVIEWS:
        return things_reached(by, verb, (("reviews", review()), ("reviews of directory roles", review(of_role=True))))
    if verb in ON_APPS:
        return things_reached(by, verb, (("apps", app()),))
    return "yes" if may(by, verb, Anything(HOME)) else ""


# --- The sections --------------------------------------------------------------------------------------------------


def by_role() -> Iterator[str]:
    """For each verb the roles that grant it, beyond what a member may do without one."""
    for verb in Verb:
        for name, fields in ways(verb):
            yield f"\n{name}"
            before = reached(person(), verb, fields)
            if before:
                yield f"  (every member): {before}"
            lines = [
                f"  {role.name}: {what}"
                for role in ROLES.values()
                if (what := reached(person(role.template_id), verb, fields)) != before
            ]
            yield from lines
            if not before and not lines:
                yield "  no role"


def without_role() -> Iterator[str]:
    everyone = InvitesFrom.EVERYONE
    kinds: list[tuple[str, Actor, Here]] = [
        ("member", person(), HERE),
        *((f"guest, {access.name}", person(), Here(everyone, access, guest=True)) for access in GuestAccess),
        ("direct connect user", person(user=None), Here(everyone, GuestAccess.LIMITED, guest=True)),
    ]
    for word, by, here in kinds:
        yield f"\n{word} (sees of others: {sight(by, here).name})"
        yield f"  themselves: {', '.join(own_verbs(by, here))}"
        yield f"  another user by id: {listed(by, user(), here, ON_USERS)}"
        yield f"  another group or app by id: {listed_things(by, here)}"
        yield f"  lists, the organization, something new: {listed(by, Anything(HOME), here, Verb)}"
        yield f"  a group they own: {listed(by, group(owned=True), here, ON_GROUPS)}"
        privileged = group(owned=True, role_assignable=True)
        yield f"  a group they own that may hold roles: {listed(by, privileged, here, ON_GROUPS)}"
        weak = replace(by, strength=Strength.EMAILED_CODE)
        yield f"  the same on an emailed code alone: {listed(weak, privileged, here, ON_GROUPS)}"
        yield f"  an app they own: {listed(by, app(owned=True), here, ON_APPS)}"
        yield f"  one that may change things: {listed(by, app(owned=True, powerful=True), here, ON_APPS)}"
        yield f"  the same on an emailed code alone: {listed(weak, app(owned=True, powerful=True), here, ON_APPS)}"
        yield f"  a review that asks them: {listed(by, review(reviewer=True), here, ON_REVIEWS)}"
        asked = review(reviewer=True, of_role=True)
        yield f"  one of a directory role that asks them: {listed(by, asked, here, ON_REVIEWS)}"
        yield f"  a review of a group they own, where owners may: {listed(by, review(owned=True), here, ON_REVIEWS)}"
        yield f"  reading another user: {word_for(by, user(), here, Verb.READ_USERS)}"
        yield f"  deleting another user: {word_for(by, user(), here, Verb.REMOVE)}"


def own_verbs(by: Actor, here: Here) -> Iterator[str]:
    for verb in ON_USERS:
        for name, fields in ways(verb):
            if may(by, verb, user(mine=True, fields=fields), here):
                yield name


def listed(by: Actor, on: Target, here: Here, verbs: Iterable[Verb]) -> str:
    return ", ".join(verb.value for verb in verbs if may(by, verb, on, here)) or "nothing"


def listed_things(by: Actor, here: Here) -> str:
    reads = ((Verb.READ_GROUPS, group()), (Verb.READ_APPS, app()))
    return ", ".join(verb.value for verb, on in reads if may(by, verb, on, here)) or "nothing"


def word_for(by: Actor, on: Target, here: Here, verb: Verb) -> str:
    reason = why_not(by, verb, on, here)
    return "allowed" if reason is None else reason.value


def inviting() -> Iterator[str]:
    inviters: tuple[tuple[str, Callable[[], Actor], bool], ...] = (
        ("guest", person, True),
        ("member", person, False),
        *((role.name, lambda role=role: person(role.template_id), True) for role in ROLES.values()),
        ("program with User.Invite.All", lambda: program("user.invite.all"), True),
        ("program with User.ReadWrite.All", lambda: program("user.readwrite.all"), True),
        ("program with Directory.ReadWrite.All", lambda: program("directory.readwrite.all"), True),
    )
    for policy in InvitesFrom:
        yield f"\nallowInvitesFrom {policy.value}"
        for kind, fields in (("as guest", frozenset[str]()), ("as member", frozenset({AS_MEMBER}))):
            allowed = [
                word
                for word, make, guest in inviters
                if may(make(), Verb.INVITE, Anything(HOME, fields), Here(policy, GuestAccess.LIMITED, guest=guest))
            ]
            yield f"  {kind}: {', '.join(allowed) or 'nobody'}"


def by_delegated_permission() -> Iterator[str]:
    """What a token lets a Global Administrator do: the most that the permission can ever give."""
    admin = next(iter(ROLES))
    for name, permission in PERMISSIONS.items():
        if permission.delegated_id is None:
            continue
        by = person(admin, scopes={name})
        yield f"\n{permission.name} (sees of others: {sight(by, HERE).name})"
        yield f"  {', '.join(granted(by)) or 'nothing'}"
        yield f"  on themselves: {', '.join(own_verbs(person(scopes={name}), HERE)) or 'nothing'}"


def granted(by: Actor) -> Iterator[str]:
    for verb in Verb:
        for name, fields in ways(verb):
            if reached(by, verb, fields):
                yield name


def by_application_permission() -> Iterator[str]:
    for name, permission in PERMISSIONS.items():
        if permission.application_id is None:
            continue
        by = program(name)
        yield f"\n{permission.name} (sees of others: {sight(by, HERE).name})"
        lines = [
            f"  {way}: {what}" for verb in Verb for way, fields in ways(verb) if (what := reached(by, verb, fields))
        ]
        yield from lines or ["  nothing"]
        owned = [verb.value for verb in ON_APPS if may(by, verb, app(owned=True)) and not may(by, verb, app())]
        if owned:
            yield f"  on apps it owns: {', '.join(owned)}"


def nobody_else() -> Iterator[str]:
    """Rules that hold for every role: what would be left of it."""
    for role in ROLES.values():
        weak = person(role.template_id, strength=Strength.EMAILED_CODE)
        plain = person(strength=Strength.EMAILED_CODE)
        differing = [v.value for v in Verb for _, f in ways(v) if reached(weak, v, f) != reached(plain, v, f)]
        yield f"{role.name} on an emailed code alone: {', '.join(differing) or 'no more than without the role'}"
    foreign = [
        f"{role.name}: {verb.value}"
        for role, verb in product(ROLES.values(), Verb)
        for on in (user(tenant=ELSEWHERE), Anything(ELSEWHERE))
        if why_not(person(role.template_id), verb, on, HERE) is not Reason.NOT_FOUND
    ]
    yield f"Any role of another organization: {', '.join(foreign) or 'NOT_FOUND for every verb'}"
    theirs = [verb.value for verb in Verb if may(person(), verb, user(mine=True, tenant=ELSEWHERE))]
    yield f"A person in another organization they belong to, on themselves: {', '.join(theirs)}"


SECTIONS = (
    ("People with a role, signed in with more than an emailed code", by_role),
    ("People without a role", without_role),
    ("Inviting", inviting),
    ("Delegated permissions, held by the program of a Global Administrator", by_delegated_permission),
    ("Application permissions", by_application_permission),
    ("For every role", nobody_else),
)


def answer() -> str:
    """The whole answer as text."""
    parts = [
        "Who may do what. Written by `python -m tests.nothing_forgotten.who_may_what`.",
        "A change here is a change of rights: read it before you commit it.",
        "The worker and the operator at the command line may do everything.",
    ]
    for title, section in SECTIONS:
        parts += ["", "=" * len(title), title, "=" * len(title), *section()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    FILE.write_text(answer(), encoding="utf-8")
