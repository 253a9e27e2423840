"""*Connections* of an app: how it is told what becomes of people, how that goes, and sending again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import app_connections as acting
from vestibule.doors.portal.admin import log_paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages import app_commands, app_stream
from vestibule.doors.portal.admin.pages.app import CONNECTED, GONE, find_app
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.rules.connections import Kind, State, Whom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import connections, deliveries
from vestibule.store.apps import App
from vestibule.store.connections import Connection

KINDS: Final = {Kind(kind): name for kind, name in CONNECTED.items()}
STATES: Final = {
    State.WAITING: N_("Waiting for an answer"),
    State.DISABLED_ONLY: N_("Disabled only"),
    State.CONFIRMED: N_("Confirmed"),
    State.REFUSED: N_("Refused"),
    State.SILENT: N_("Silent"),
    State.UNREACHABLE: N_("Unreachable"),
    State.WAIVED: N_("Waived"),
}
_FAILED: Final = (State.REFUSED, State.DISABLED_ONLY, State.SILENT, State.UNREACHABLE)
_AT: Final = {
    "address": "address",
    "scimToken": "token",
    "authorization_header": "authorization",
    "reason": "reason",
}
_WRONG: Final = {
    "address": N_("Enter an address that begins with https://."),
    "token": N_("Enter the token that the SCIM server gave you."),
    "authorization": N_("Enter letters, digits and signs in one line, at most 4,096."),
    "reason": N_("Enter one line of at most 500 characters, or none."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One connection of an app.

    Attributes:
        kind, name: what it is. address: where; empty for who may not change it. everyone: it is told of everybody.
        counts: of how many people it stands where, in words. last: when it was told something last.
        rests_until: until when it is left alone; None when it is not. failed: there is something to send again.
        stream: of a stream, how it goes; None of the others. commands: of provider commands, likewise.
    """

    kind: str
    name: str
    address: str
    everyone: bool
    required: bool
    counts: tuple[tuple[str, int], ...]
    last: datetime | None
    rests_until: datetime | None
    failed: bool
    stream: app_stream.Shown | None = None
    commands: app_commands.Shown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionsPage(View):
    """The page. ``missing``: the kinds that the app does not have. ``secret``: a webhook's new one, shown once."""

    template: ClassVar[str] = "portal/admin/app_connections.html"
    app: App
    lines: tuple[Line, ...]
    missing: tuple[tuple[str, str], ...]
    may_change: bool
    said: Said | None = None
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPage(View):
    """The form of one connection. ``typed``: by field. ``there``: the app has one of this kind."""

    template: ClassVar[str] = "portal/admin/app_connection.html"
    app: App
    kind: str
    name: str
    typed: Mapping[str, str]
    there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveConnectionPage(View):
    """The form that asks whether a connection is to be removed, and the dialog."""

    template: ClassVar[str] = "portal/admin/remove_connection.html"
    fragment: ClassVar[str] = "portal/admin/remove_connection_dialog.html"
    app: App
    kind: str
    name: str


async def lines_of(admin: Admin, app: App) -> tuple[Line, ...]:
    """Every connection of an app, and how it goes."""
    found = await connections.of_app(admin.reading, app.tenant_id, app.app_id)
    return tuple([await _line(admin, one) for one in found])


async def show(admin: Admin) -> Response:
    """The page."""
    return await _page(admin, await find_app(admin))


async def ask(admin: Admin) -> Response:
    """The form of one connection, as it is or new."""
    app, kind = await find_app(admin), _kind(admin)
    one = await connections.find(admin.reading, app.tenant_id, app.app_id, kind.value)
    if not admin.may(Verb.CHANGE_CONNECTIONS):
        raise Refused(Reason.NOT_ALLOWED)
    typed = {
        "address": "" if one is None else one.url,
        "told_of": Whom.CONNECTED.value if one is None else one.told_of,
        "required": "yes" if one is not None and one.required else "",
    } | (app_stream.typed_of(one) if kind is Kind.SSF else {})
    return _form(admin, app, kind, typed, there=one is not None)


async def save(admin: Admin) -> Response:
    """Save what was typed. The secret of a new webhook is shown once, on the page that follows."""
    app, kind = await find_app(admin), _kind(admin)
    form = await admin.visit.form(verb=Verb.CHANGE_CONNECTIONS, tenant_id=admin.tenant_id)
    there = await connections.find(admin.reading, app.tenant_id, app.app_id, kind.value) is not None
    more = app_stream.FIELDS if kind is Kind.SSF else ()
    typed = {name: form.get(name, "") for name in ("address", "told_of", "required", *more)}
    try:
        if kind is Kind.SSF:
            await app_stream.save(admin, app, typed, form.get("authorization", ""), there=there)
            made = None
        else:
            made = await _set(admin, app, kind, typed, form.get("token", "").strip(), there=there)
    except Refused as refused:
        at = _AT.get(str(refused.facts.get("property")))
        if at is None:
            raise
        return _form(admin, app, kind, typed, there=there, problem=Problem(_WRONG[at], at))
    if made is not None and made.secret is not None:
        return await _page(admin, app, secret=made.secret)
    say(admin.visit, Said(N_("Saved.")))
    return admin.visit.redirect(log_paths.app(app.app_id, "connections"))


async def _set(admin: Admin, app: App, kind: Kind, typed: Mapping[str, str], token: str, *, there: bool) -> acting.Made:
    return await acting.set_connection(
        admin.visit.house,
        kind,
        tenant_id=app.tenant_id,
        app_id=app.app_id,
        by=admin.by,
        address=typed["address"],
        told_of=Whom.EVERYONE if typed["told_of"] == Whom.EVERYONE.value else Whom.CONNECTED,
        required=typed["required"] == "yes",
        token=token or None if there or kind is not Kind.SCIM else token,
    )


async def new_secret(admin: Admin) -> Response:
    """Give the webhook another secret, and show it."""
    app = await find_app(admin)
    await admin.visit.form(verb=Verb.CHANGE_CONNECTIONS, tenant_id=admin.tenant_id)
    made = await acting.new_secret(admin.visit.house, tenant_id=app.tenant_id, app_id=app.app_id, by=admin.by)
    return await _page(admin, app, secret=made.secret or "")


async def ask_remove(admin: Admin) -> Response:
    """Whether a connection is to be removed; without such a one, the page of those that there are."""
    app, kind = await find_app(admin), _kind(admin)
    if not admin.may(Verb.CHANGE_CONNECTIONS):
        raise Refused(Reason.NOT_ALLOWED)
    if await connections.find(admin.reading, app.tenant_id, app.app_id, kind.value) is None:
        return admin.visit.redirect(log_paths.app(app.app_id, "connections"))
    return admin.visit.page(RemoveConnectionPage(app=app, kind=kind.value, name=KINDS[kind]))


async def remove(admin: Admin) -> Response:
    """Tell the app no more."""
    app, kind = await find_app(admin), _kind(admin)
    return await _act(
        admin,
        app,
        lambda: acting.remove_connection(
            admin.visit.house, kind, tenant_id=app.tenant_id, app_id=app.app_id, by=admin.by
        ),
        N_("The app is told no more this way."),
    )


async def send_again(admin: Admin) -> Response:
    """Send again what the app did not take."""
    app, kind = await find_app(admin), _kind(admin)
    return await _act(
        admin,
        app,
        lambda: acting.send_again(admin.visit.house, kind, tenant_id=app.tenant_id, app_id=app.app_id, by=admin.by),
        N_("It is sent again."),
    )


async def _act(admin: Admin, app: App, act: Callable[[], Awaitable[None]], sentence: str) -> Response:
    await admin.visit.form(verb=Verb.CHANGE_CONNECTIONS, tenant_id=admin.tenant_id)
    try:
        await act()
    except Refused as refused:
        if refused.reason is not Reason.NOT_FOUND:
            raise
        return await _page(admin, app, problem=GONE)
    say(admin.visit, Said(sentence))
    return admin.visit.redirect(log_paths.app(app.app_id, "connections"))


async def _page(admin: Admin, app: App, *, secret: str = "", problem: Problem | None = None) -> Response:
    lines = await lines_of(admin, app)
    there = {one.kind for one in lines}
    return admin.visit.page(
        ConnectionsPage(
            app=app,
            lines=lines,
            missing=tuple((kind.value, name) for kind, name in KINDS.items() if kind.value not in there),
            may_change=admin.may(Verb.CHANGE_CONNECTIONS),
            said=heard(admin.visit),
            secret=secret,
            problems=() if problem is None else (problem,),
        ),
        200 if problem is None else 409,
    )


def _form(
    admin: Admin, app: App, kind: Kind, typed: Mapping[str, str], *, there: bool, problem: Problem | None = None
) -> Response:
    page = ConnectionPage(
        app=app,
        kind=kind.value,
        name=KINDS[kind],
        typed=typed,
        there=there,
        problems=() if problem is None else (problem,),
    )
    return admin.visit.page(page, 200 if problem is None else 422)


async def _line(admin: Admin, one: Connection) -> Line:
    states = await deliveries.states(admin.reading, one.tenant_id, one.app_id, one.kind)
    commands = await app_commands.shown(admin.reading, one) if one.kind == Kind.COMMANDS.value else None
    return Line(
        kind=one.kind,
        name=KINDS[Kind(one.kind)],
        address=one.url if admin.may(Verb.CHANGE_CONNECTIONS) else "",
        everyone=one.told_of == Whom.EVERYONE.value,
        required=one.required,
        counts=tuple((words, states[state.value][0]) for state, words in STATES.items() if state.value in states),
        last=max((last for _, last in states.values() if last is not None), default=None),
        rests_until=one.not_before if one.tries and one.not_before > admin.reading.now else None,
        failed=any(state.value in states for state in _FAILED) or one.tries > 0 or bool(commands and commands.failure),
        stream=await app_stream.shown(admin.reading, one) if one.stream_id is not None else None,
        commands=commands,
    )


def _kind(admin: Admin) -> Kind:
    try:
        return Kind(admin.visit.captured("kind"))
    except ValueError:
        raise Refused(Reason.NOT_FOUND) from None
