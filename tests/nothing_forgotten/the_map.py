"""The tables of ``docs/map.md``: every verb, and where it is on each floor. ``the_pages`` writes them.

Which rule and which action a verb has is said here, by hand; the rest is read from the code: what the action writes,
which doors call it, and what the log calls it.
"""

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from vestibule.rules.activities import event_type, is_audited
from vestibule.rules.verbs import Verb

ROOT: Final = Path(__file__).resolve().parents[2]

_RIGHTS: Final = "rights.py::why_not"
_READS: Final = "authorising.py::authorise_reading"

PLACES: Final[Mapping[str, Mapping[Verb, tuple[str, str]]]] = {
    "The life of a guest": {
        Verb.INVITE: ("policy.py::why_not_invite_from", "inviting.py::invite"),
        Verb.REINVITE: ("invitations.py::expires_at", "inviting.py::invite"),
        Verb.RESET_REDEMPTION: (_RIGHTS, "inviting.py::invite"),
        Verb.INVITE_INTERNAL: (_RIGHTS, "inviting.py::invite"),
        Verb.CONVERT_TO_INTERNAL: (_RIGHTS, "converting.py::convert_to_internal"),
        Verb.REDEEM: ("lifecycle.py::redeem", "redeeming.py::redeem"),
        Verb.DECLINE: ("lifecycle.py::remove", "removing.py::decline"),
        Verb.EXPIRE_INVITATION: ("invitations.py::is_good", "inviting.py::expire"),
        Verb.BLOCK_INVITATIONS: (_RIGHTS, "redeeming.py::block"),
        Verb.ASK_INVITATION: ("policy.py::ask_again_at", "asking.py::ask_invitation"),
        Verb.CONNECT: ("direct_connect.py::why_not_connect", "connecting.py::connect"),
        Verb.LEAVE: ("lifecycle.py::leave", "leaving.py::leave"),
        Verb.REMOVE: ("lifecycle.py::remove", "removing.py::remove"),
        Verb.DISABLE: ("lifecycle.py::disable", "switching.py::disable"),
        Verb.ENABLE: ("lifecycle.py::enable", "switching.py::enable"),
        Verb.RESTORE: ("lifecycle.py::restore", "restoring.py::restore"),
        Verb.PURGE: ("lifecycle.py::purge", "erasing.py::purge"),
        Verb.ERASE: ("lifecycle.py::erase", "erasing.py::erase"),
        Verb.WAIVE_RECIPIENT: ("connections.py::why_waived", "waiving.py::waive_recipient"),
        Verb.SET_HOLD: ("holds.py::reason", "holding.py::set_hold"),
        Verb.LIFT_HOLD: ("holds.py::reason", "holding.py::lift_hold"),
        Verb.ASK_REMOVAL: ("policy.py::ask_again_at", "asking.py::ask_removal"),
        Verb.ASK_RESTORE: ("policy.py::answer_due", "asking.py::ask_restore"),
        Verb.ANSWER_REMOVAL: (_RIGHTS, "answering.py::answer_removal"),
        Verb.ASK_ERASURE: ("policy.py::ask_again_at", "asking_erasure.py::ask_erasure"),
        Verb.WITHDRAW_ERASURE: (_RIGHTS, "asking_erasure.py::withdraw_erasure"),
        Verb.ANSWER_ERASURE: ("person_requests.py::ground", "answering_erasure.py::grant_erasure"),
        Verb.EXTEND_REQUEST: ("person_requests.py::why_not_extend", "answering_erasure.py::extend_request"),
        Verb.FILE_DATA_REQUEST: ("person_requests.py::wish", "data_requests.py::file_request"),
        Verb.WITHDRAW_DATA_REQUEST: (_RIGHTS, "data_requests.py::withdraw_request"),
        Verb.ANSWER_DATA_REQUEST: ("person_requests.py::grounds_for", "answering_data_requests.py::answer_request"),
        Verb.EXTEND_DATA_REQUEST: ("person_requests.py::why_not_extend", "answering_data_requests.py::extend_request"),
        Verb.COLLECT_DATA_COPY: (_RIGHTS, "data_requests.py::collect_copy"),
        Verb.END_DATA_REQUEST: (_RIGHTS, "ending_data_requests.py::end_due"),
    },
    "Lists and data as files": {
        Verb.SUBSCRIBE: ("subscriptions.py::read_resource", "subscribing.py::subscribe"),
        Verb.RENEW_SUBSCRIPTION: ("subscriptions.py::end", "subscribing.py::renew"),
        Verb.UNSUBSCRIBE: (_RIGHTS, "subscribing.py::unsubscribe"),
        Verb.EXPORT_LIST: (_RIGHTS, "exporting.py::export_list"),
        Verb.EXPORT_PERSONAL_DATA: (_RIGHTS, "data_exports.py::export_personal_data"),
    },
    "The organization and its policies": {
        Verb.CREATE_ORGANIZATION: ("names.py::organization_domain", "organizing.py::create_organization"),
        Verb.UPDATE_ORGANIZATION: ("texts.py::text_line", "organizing.py::update_organization"),
        Verb.CHANGE_PRIVACY: ("policy.py::why_not_change_privacy", "policies.py::change_privacy"),
        Verb.CHANGE_LEAVE_SETTING: ("policy.py::why_not_change_leave_setting", "policies.py::change_leave_setting"),
        Verb.CHANGE_GUEST_SETTINGS: (_RIGHTS, "guest_settings.py::change_guest_settings"),
        Verb.SEND_DIGEST: ("digests.py::following", "digests.py::send_digest_due"),
        Verb.WARN_OF_REMOVALS: ("digests.py::next_alarm", "digests.py::warn_of_removals_due"),
        Verb.RESTORE_BACKUP: ("lifecycle.py::purge_again", "restoring_backup.py::come_back"),
        Verb.CHANGE_TERMS: (_RIGHTS, "terms.py::change_terms_of_use"),
        Verb.CHANGE_CROSS_TENANT: ("direct_connect.py::why_not_save", "cross_tenant.py::set_partner"),
        Verb.ADD_DOMAIN: ("names.py::organization_domain", "domains.py::claim_domain"),
        Verb.VERIFY_DOMAIN: (_RIGHTS, "domains.py::verify_domain"),
        Verb.UPDATE_DOMAIN: (_RIGHTS, "domains.py::make_default"),
        Verb.DELETE_DOMAIN: (_RIGHTS, "domains.py::delete_domain"),
        Verb.CREATE_PROVIDER: ("providers.py::read_issuer", "providers.py::create_provider"),
        Verb.UPDATE_PROVIDER: ("providers.py::read_domains", "providers.py::update_provider"),
        Verb.DELETE_PROVIDER: (_RIGHTS, "providers.py::delete_provider"),
    },
    "Users, groups, apps, roles": {
        Verb.CREATE_USER: ("user_properties.py::read", "directory_users.py::create_user"),
        Verb.UPDATE_USER: ("user_properties.py::read", "directory_users.py::update_user"),
        Verb.CREATE_GROUP: ("groups.py::check_new", "grouping.py::create_group"),
        Verb.UPDATE_GROUP: ("groups.py::read", "grouping.py::update_group"),
        Verb.DELETE_GROUP: (_RIGHTS, "grouping.py::delete_group"),
        Verb.RESTORE_GROUP: (_RIGHTS, "grouping.py::restore_group"),
        Verb.PURGE_GROUP: (_RIGHTS, "grouping.py::purge_group"),
        Verb.ADD_MEMBER: (_RIGHTS, "group_members.py::add_member"),
        Verb.REMOVE_MEMBER: (_RIGHTS, "group_members.py::remove_member"),
        Verb.ADD_OWNER: (_RIGHTS, "group_members.py::add_owner"),
        Verb.REMOVE_OWNER: (_RIGHTS, "group_members.py::remove_owner"),
        Verb.CREATE_APP: ("apps.py::read", "apps.py::create_app"),
        Verb.UPDATE_APP: ("apps.py::read", "apps.py::update_app"),
        Verb.DELETE_APP: (_RIGHTS, "deleting_apps.py::delete_app"),
        Verb.RESTORE_APP: (_RIGHTS, "deleting_apps.py::restore_app"),
        Verb.PURGE_APP: (_RIGHTS, "deleting_apps.py::purge_app"),
        Verb.CHANGE_APP_CREDENTIALS: ("permissions.py::is_powerful", "app_credentials.py::add_secret"),
        Verb.CHANGE_CONNECTIONS: ("connections.py::wait", "app_connections.py::set_connection"),
        Verb.ADD_APP_OWNER: ("permissions.py::is_powerful", "app_owners.py::add_app_owner"),
        Verb.REMOVE_APP_OWNER: (_RIGHTS, "app_owners.py::remove_app_owner"),
        Verb.ASSIGN_APP_ROLE: ("apps.py::role_for", "assigning.py::assign_app"),
        Verb.UNASSIGN_APP_ROLE: (_RIGHTS, "assigning.py::unassign_app"),
        Verb.GRANT_SCOPES: ("apps.py::delegated_permissions", "delegating.py::grant_scopes"),
        Verb.REVOKE_SCOPES: (_RIGHTS, "delegating.py::revoke_scopes"),
        Verb.ASSIGN_ROLE: (_RIGHTS, "assigning.py::assign_role"),
        Verb.UNASSIGN_ROLE: (_RIGHTS, "assigning.py::unassign_role"),
        Verb.CREATE_ROLE: ("rights.py::may_hand_on", "role_definitions.py::create_role"),
        Verb.UPDATE_ROLE: ("role_actions.py::read_actions", "role_definitions.py::update_role"),
        Verb.DELETE_ROLE: (_RIGHTS, "role_definitions.py::delete_role"),
    },
    "Access reviews and shared profiles": {
        Verb.CREATE_REVIEW: ("review_shapes.py::read_scope", "reviewing.py::create_review"),
        Verb.START_REVIEW: ("reviews.py::next_start", "review_rounds.py::open_due"),
        Verb.UPDATE_REVIEW: ("review_shapes.py::read_settings", "reviewing.py::update_review"),
        Verb.DELETE_REVIEW: (_RIGHTS, "reviewing.py::delete_review"),
        Verb.STOP_REVIEW: ("reviews.py::is_open", "reviewing.py::stop_review"),
        Verb.REMIND_REVIEWERS: ("reviews.py::remind_at", "deciding.py::send_reminder"),
        Verb.DECIDE_REVIEW: ("reviews.py::is_open", "deciding.py::decide"),
        Verb.APPLY_REVIEW: ("reviews.py::denied", "applying.py::apply_decisions"),
        Verb.CHANGE_REVIEW_POLICY: (_RIGHTS, "review_rights.py::change_review_policy"),
        Verb.CREATE_HISTORY: ("review_histories.py::read_history", "review_histories.py::create_history"),
        Verb.DELETE_HISTORY: (_RIGHTS, "review_histories.py::delete_history"),
        Verb.MAKE_HISTORY: ("review_histories.py::next_run", "review_histories.py::make_due"),
        Verb.DOWNLOAD_HISTORY: (_RIGHTS, "review_histories.py::give_address"),
        Verb.REMOVE_SHARED: (_RIGHTS, "sharing.py::remove_inbound"),
        Verb.EXPORT_SHARED: (_RIGHTS, "data_exports.py::export_shared_profile"),
    },
    "Signing in": {
        Verb.SIGN_IN: ("lifecycle.py::may_sign_in", "signing_in.py::open_session"),
        Verb.SIGN_OUT_EVERYWHERE: (_RIGHTS, "directory_users.py::revoke_sign_in_sessions"),
        Verb.END_ORGANIZATION_SIGN_INS: (_RIGHTS, "ending_sign_ins.py::end_organization_sign_ins"),
        Verb.END_APP_SIGN_INS: (_RIGHTS, "ending_sign_ins.py::end_app_sign_ins"),
        Verb.CONSENT: ("apps.py::delegated_permissions", "consenting.py::consent"),
        Verb.ACCEPT_TERMS: (_RIGHTS, "terms.py::accept_terms"),
        Verb.DECLINE_TERMS: (_RIGHTS, "terms.py::decline_terms"),
        Verb.SET_PASSWORD: ("passwords.py::weakness", "directory_users.py::set_password"),
        Verb.ADD_SIGN_IN_METHOD: (_RIGHTS, "second_factors.py::confirm_authenticator"),
        Verb.CHANGE_SIGN_IN_METHOD: (_RIGHTS, "passkeys.py::rename_passkey"),
        Verb.REMOVE_SIGN_IN_METHOD: (_RIGHTS, "second_factors.py::remove_authenticator"),
    },
    "Reading": {verb: (_RIGHTS, _READS) for verb in Verb if verb.value.startswith("read")},
}
"""Per group of verbs: the rule that says whether, and the action that does it, below ``rules/`` and ``actions/``."""

ALSO: Final[Mapping[Verb, tuple[str, ...]]] = {
    Verb.PURGE: ("erasing.py::purge_due",),
    Verb.ADD_DOMAIN: ("organizing.py::add_domain",),
    Verb.DELETE_DOMAIN: ("force_deleting.py::force_delete_domain",),
    Verb.CREATE_APP: ("service_principals.py::create_principal",),
    Verb.UPDATE_APP: ("service_principals.py::update_principal",),
    Verb.DELETE_APP: ("service_principals.py::delete_principal",),
    Verb.RESTORE_APP: ("service_principals.py::restore_principal",),
    Verb.PURGE_APP: ("deleting_apps.py::purge_app_due", "service_principals.py::purge_principal"),
    Verb.CHANGE_APP_CREDENTIALS: (
        "app_credentials.py::remove_secret",
        "app_credentials.py::add_key_credential",
        "app_credentials.py::remove_key_credential",
        "app_credentials.py::set_key_credentials",
    ),
    Verb.CHANGE_CONNECTIONS: (
        "app_connections.py::new_secret",
        "app_connections.py::remove_connection",
        "app_connections.py::send_again",
        "streams.py::create_stream",
        "streams.py::change_stream",
        "streams.py::set_status",
    ),
    Verb.ASSIGN_APP_ROLE: (
        "assigning_groups.py::assign_group",
        "app_roles.py::grant_role",
        "app_roles.py::set_permissions",
    ),
    Verb.UNASSIGN_APP_ROLE: ("assigning_groups.py::unassign_group", "app_roles.py::revoke_role"),
    Verb.GRANT_SCOPES: ("delegating.py::change_scopes",),
    Verb.CHANGE_CROSS_TENANT: (
        "cross_tenant.py::set_default",
        "cross_tenant.py::reset_default",
        "cross_tenant.py::delete_partner",
    ),
    Verb.STOP_REVIEW: (
        "reviewing.py::stop_instance",
        "review_stages.py::stop_stage",
        "review_rounds.py::go_on_due",
    ),
    Verb.UPDATE_REVIEW: ("review_stages.py::update_stage",),
    Verb.DECIDE_REVIEW: (
        "deciding.py::decide_all",
        "deciding.py::accept_recommendations",
        "deciding.py::reset_decisions",
    ),
    Verb.APPLY_REVIEW: ("applying.py::apply_due",),
    Verb.REMOVE: ("applying.py::delete_due",),
    Verb.REMOVE_SHARED: ("sharing.py::remove_outbound",),
    Verb.PURGE_GROUP: ("grouping.py::purge_group_due",),
    Verb.CONSENT: ("consenting.py::consent_for_everybody",),
    Verb.SIGN_IN: (
        "signing_in.py::open_organization",
        "signing_in.py::prove_password",
        "mailbox_codes.py::prove_code",
        "federating.py::finish",
        "asserting.py::finish",
        "second_steps.py::prove_password",
        "second_steps.py::prove_app_code",
        "second_steps.py::prove_recovery_code",
        "second_steps.py::enrolled",
        "passkeys.py::prove_passkey",
    ),
    Verb.ADD_SIGN_IN_METHOD: ("second_factors.py::make_recovery_codes", "passkeys.py::add_passkey"),
    Verb.REMOVE_SIGN_IN_METHOD: ("passkeys.py::remove_passkey", "second_factors.py::reset_second_factors"),
    Verb.READ_SELF: ("authorising.py::insist_themselves",),
    Verb.READ_OWN_ORGANIZATIONS: ("authorising.py::insist_themselves",),
}
"""Further actions of a verb: other ways to do it, and time doing it."""

VIA: Final[Mapping[Verb, tuple[str, ...]]] = {
    Verb.CONNECT: ("choosing.py::connect_if_shared",),
    Verb.INVITE: ("arriving.py::guest_arrives", "provisioning.py::create_guest"),
    Verb.CREATE_USER: ("arriving.py::member_arrives", "provisioning.py::create_member"),
    Verb.UPDATE_USER: ("provisioning.py::update_user",),
    Verb.REMOVE: ("provisioning.py::remove",),
    Verb.CREATE_GROUP: ("provisioning.py::create_group",),
    Verb.UPDATE_GROUP: ("provisioning.py::update_group",),
    Verb.ADD_MEMBER: ("provisioning.py::change_members",),
    Verb.REMOVE_MEMBER: ("provisioning.py::change_members",),
    Verb.DISABLE: ("directory_users.py::update_user", "provisioning.py::update_user"),
    Verb.ENABLE: ("directory_users.py::update_user", "provisioning.py::update_user"),
    Verb.SET_PASSWORD: ("directory_users.py::update_user",),
}
"""Actions by which a door reaches a verb in another way: ``accountEnabled`` and a password in a PATCH, an import."""

OUTSIDE: Final = ("doors", "commands", "demo", "importing")
TOP: Final = ("worker.py", "app.py", "seeded.py")


@dataclass(slots=True)
class Module:
    """One file of code: its functions, and what the names in it stand for."""

    name: str
    tree: ast.Module
    imported: dict[str, str] = field(default_factory=dict)
    defined: dict[str, ast.stmt] = field(default_factory=dict)

    @property
    def top(self) -> dict[str, ast.stmt]:
        """What stands at the top of the file: functions, classes and constants by their names."""
        if not self.defined:
            for node in self.tree.body:
                match node:
                    case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                        self.defined[node.name] = node
                    case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                        self.defined[name] = node
        return self.defined


@cache
def modules() -> dict[str, Module]:
    """Every module of the product by its dotted name."""
    found = {}
    for path in sorted((ROOT / "vestibule").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = _read(name, path)
    return found


def _read(name: str, path: Path) -> Module:
    module = Module(name, ast.parse(path.read_text(encoding="utf-8")))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                module.imported[one.asname or one.name] = f"{node.module}.{one.name}"
        elif isinstance(node, ast.Import):
            for one in node.names:
                module.imported[one.asname or one.name] = one.name
    return module


def exists(floor: str, place: str) -> bool:
    """Whether ``file.py::function`` is there, below a floor's folder."""
    file, _, function = place.partition("::")
    module = modules().get(f"vestibule.{floor}.{file.removesuffix('.py')}")
    return module is not None and isinstance(module.top.get(function), ast.FunctionDef | ast.AsyncFunctionDef)


def named(module: Module, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(dotted name, node) of everything that stands in ``node`` and was imported or is defined in this module."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            target = module.imported.get(part.value.id)
            if target is not None:
                yield f"{target}.{part.attr}", part
        elif isinstance(part, ast.Name):
            if part.id in module.imported:
                yield module.imported[part.id], part
            elif part.id in module.top:
                yield f"{module.name}.{part.id}", part


# --- What an action writes --------------------------------------------------------------------------------------------


@cache
def writes(place: str) -> frozenset[str]:
    """The store modules that an action writes to, or lets others write to, ``audit`` left out: every action does."""
    file, _, function = place.partition("::")
    found: set[str] = set()
    _collect(f"vestibule.actions.{file.removesuffix('.py')}.{function}", found, set())
    return frozenset(found - {"audit"})


def _collect(dotted: str, found: set[str], seen: set[str]) -> None:
    if dotted in seen:
        return
    seen.add(dotted)
    module_name, _, function = dotted.rpartition(".")
    module = modules().get(module_name)
    node = None if module is None else module.top.get(function)
    if module is None or node is None:
        return
    for name, _ in named(module, node):
        if name.startswith("vestibule.actions."):
            _collect(name, found, seen)
    found |= set(_written(module, node))


def _written(module: Module, node: ast.AST) -> Iterator[str]:
    """Store modules that are handed the unit in a call that writes."""
    for call in ast.walk(node):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
            continue
        first, owner = call.args[0], call.func.value
        if not (isinstance(first, ast.Name) and first.id == "unit" and isinstance(owner, ast.Name)):
            continue
        target = module.imported.get(owner.id, "")
        if target.startswith("vestibule.store.") and _is_write(target, call.func.attr):
            yield target.split(".")[2]


def _is_write(target: str, function: str) -> bool:
    """Whether a call writes: a function of the store that hands the unit something, or a method of a list of rows."""
    if function in {"guard", "find", "all", "one"}:
        return False
    module = modules().get(target)
    if module is None:  # a list of rows such as ``holdings.ROLES``
        return True
    node = module.top.get(function)
    return node is not None and any(_hands_over(target, part) for part in ast.walk(node))


def _hands_over(target: str, part: ast.AST) -> bool:
    match part:
        case ast.Call(func=ast.Attribute(attr="write" | "insert")):
            return True
        case ast.Call(func=ast.Name(id=other), args=[ast.Name(id="unit"), *_]):
            return _is_write(target, other)
    return False


# --- Which doors call it ----------------------------------------------------------------------------------------------


@cache
def _callers() -> dict[str, frozenset[str]]:
    """For each dotted name of an action: the files outside the actions that name it."""
    found: dict[str, set[str]] = {}
    for module in modules().values():
        parts = module.name.split(".")
        if len(parts) < 2 or not (parts[1] in OUTSIDE or f"{parts[1]}.py" in TOP):
            continue
        for name, _ in named(module, module.tree):
            found.setdefault(name, set()).add(_file(module.name))
    return {name: frozenset(files) for name, files in found.items()}


def _file(module: str) -> str:
    path = ROOT.joinpath(*module.split("."))
    inside = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return str(inside.relative_to(ROOT / "vestibule"))


def doors(verb: Verb) -> list[str]:
    """The files that call the verb's action, or ask for its right where it only reads."""
    called: set[str] = set()
    for place in (*actions(verb), *VIA.get(verb, ())):
        dotted = f"vestibule.actions.{place.replace('.py::', '.')}"
        called |= _through(dotted)
    if not is_audited(verb):
        called = set(_callers().get(f"vestibule.rules.verbs.Verb.{verb.name}", ()))
    return sorted(file for file in called if not file.startswith("demo/"))


def _through(dotted: str) -> set[str]:
    """Callers of an action; what time does is called by ``due``, which the worker calls."""
    files = set(_callers().get(dotted, ()))
    for name in ("due", "reviews_due", "histories_due"):
        part = modules()[f"vestibule.actions.{name}"]
        if any(found == dotted for found, _ in named(part, part.tree)):
            files.add("worker.py")
    return files


# --- The tables -------------------------------------------------------------------------------------------------------


def actions(verb: Verb) -> tuple[str, ...]:
    """Every action of a verb, the first one first."""
    place = next(found[verb] for found in PLACES.values() if verb in found)
    return (place[1], *ALSO.get(verb, ()))


_WAYS: Final = ("", "addPartner", "updatePartner", "deletePartner", "resetDefault", "group", "app", "own")


def types(verb: Verb) -> list[str]:
    """What the log calls the verb."""
    found = []
    for way in (*_WAYS, "deny", "dontKnow", "reset", "auto", "decision"):
        with suppress(KeyError):
            found.append(event_type(verb, way))
    return found


def tables() -> str:
    """Everything between the two marks of the page."""
    return "\n".join(_table(heading, places) for heading, places in PLACES.items())


def _table(heading: str, places: Mapping[Verb, tuple[str, str]]) -> str:
    reading = heading == "Reading"
    head = "| Verb | Rule | Action | Writes | Called by | In the log |\n|---|---|---|---|---|---|\n"
    if reading:
        head = "| Verb | Rule | Asked by |\n|---|---|---|\n"
    rows = [_reading(verb) if reading else _row(verb, rule) for verb, (rule, _) in places.items()]
    return f"### {heading}\n\n{head}" + "".join(rows)


def _row(verb: Verb, rule: str) -> str:
    written = sorted({module for place in actions(verb) for module in writes(place)})
    cells = [
        f"`{verb.value}`",
        f"`{rule}`",
        _listed(actions(verb)),
        _listed(written),
        _listed(doors(verb)) or "no door yet",
        _listed(types(verb)),
    ]
    return f"| {' | '.join(cells)} |\n"


def _reading(verb: Verb) -> str:
    return f"| `{verb.value}` | `{_RIGHTS}` | {_listed(doors(verb)) or 'no door yet'} |\n"


def _listed(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)
