"""What every page of this door works with: the desk, and the visit, which is one request at it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vestibule.actions import carry_out, signing_in
from vestibule.actions.abroad import Abroad
from vestibule.actions.access import SignedIn, actor_of, authenticate_session, has_gone_idle
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.signing_in import Opened
from vestibule.doors.portal import account_menu, forms, paths, speech, staying
from vestibule.doors.portal.forms import BadForm
from vestibule.doors.portal.kept import Kept
from vestibule.doors.portal.pages import portal_pages
from vestibule.doors.web import visits
from vestibule.doors.web.cookies import Wishes, read_wishes
from vestibule.doors.web.errors import ErrorKind, ErrorPage, Part
from vestibule.doors.web.form_tokens import FIELD, FormTokens, same_origin
from vestibule.doors.web.frame import Account, Frame, Site, View
from vestibule.doors.web.pages import FRAGMENT_HEADER, FragmentView, Pages
from vestibule.doors.web.static_files import StaticFiles
from vestibule.doors.web.words import Words
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.sign_ins import Whence
from vestibule.rules.verbs import Verb
from vestibule.store.memberships import Membership
from vestibule.store.sessions import SignInRequest
from vestibule.store.unit import Reading

CLIENT: Final = "vestibule-pages"
FLOW: Final = "flow"
NEXT: Final = "next"
NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


class NeedsSignIn(Exception):
    """The page is for somebody who is signed in; the visitor is sent to sign in and comes back."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What all visits share.

    Attributes:
        house, ring, passwords: the house, its signing keys, the pool that hashes.
        pages, static: how pages are made, and where style and script lie.
        origins: the origins our pages are served from; a form that comes from elsewhere is refused.
        tokens: makes and checks form tokens. operator: who runs the service, for the footer; may be empty.
        abroad: what is known of other identity providers.
    """

    house: House
    ring: KeyRing
    passwords: Passwords
    pages: Pages
    static: StaticFiles
    origins: frozenset[str]
    tokens: FormTokens
    abroad: Abroad
    operator: str = ""


def open_desk(
    house: House, ring: KeyRing, passwords: Passwords, *, static: StaticFiles, origins: Iterable[str], operator: str
) -> Desk:
    """Put a desk together; its form tokens get a key of their own."""
    tokens = FormTokens(house.sealer.derive("form-tokens"))
    pages, abroad = portal_pages(static), Abroad(house)
    return Desk(house, ring, passwords, pages, static, frozenset(origins), tokens, abroad, operator)


@dataclass(slots=True)
class Visit:
    """One request, and the answer that is being made for it.

    Attributes:
        desk, request: where and what. wishes: what this browser was told once. browser: the browser's own token.
        words: the language of the answer.
        reading: what is read for it, of one moment. Not there before ``open``.
        signed_in: who is signed in; None for nobody.
        current: the membership in the organization whose context the pages are in; None for none.
        account: the account menu's data, in the two portals only.
        flow, handle: the sign-in under way and its handle; None and empty without one.
        going_to: the page of ours that a sign-in which has not begun leads to; empty for My Account.
        kept: cookies for the answer.
        sink: takes what a job writes, when a job makes this visit and nobody waits for its answer.
    """

    desk: Desk
    request: Request
    wishes: Wishes
    browser: str
    words: Words
    _reading: Reading | None = None
    signed_in: SignedIn | None = None
    current: Membership | None = None
    account: Account | None = None
    flow: SignInRequest | None = None
    handle: str = ""
    going_to: str = ""
    kept: Kept = field(default_factory=Kept)
    sink: object | None = None

    @classmethod
    def begin(cls, desk: Desk, request: Request) -> "Visit":
        """What can be known without the database."""
        port = visits.listener_port(request)
        wishes = read_wishes(request.cookies, host=request.url.hostname or "", port=port)
        browser = visits.browser_token(request) or desk.house.chance.token()
        return cls(desk, request, wishes, browser, speech.of_browser(request, wishes.language))

    async def open(self) -> None:
        """Read who is here, which sign-in is under way, and which language that gives."""
        await self.fresh()
        self.signed_in = await authenticate_session(self.reading, visits.session_token(self.request))
        if self.signed_in is not None:
            self.current = _current(self.signed_in, visits.organization_id(self.request))
        query = self.request.query_params
        await self.take_flow(query.get(FLOW) or query.get("request") or "")
        self.going_to = paths.own_path(query.get(NEXT, "")) or ""
        if self.part is not Part.SIGN_IN:
            here = None if self.current is None else self.current.tenant_id
            self.words = await speech.of_portal(self.reading, self.request, self.wishes.language, self.signed_in, here)
            if self.signed_in is not None:
                self.account = await account_menu.account_of(self.reading, self.signed_in, self.current)

    # --- What is known -------------------------------------------------------------------------------------------

    @property
    def house(self) -> House:
        """The house."""
        return self.desk.house

    @property
    def reading(self) -> Reading:
        """What is read for this answer."""
        if self._reading is None:
            msg = "the visit has not been opened"
            raise RuntimeError(msg)
        return self._reading

    async def fresh(self) -> Reading:
        """Read anew, after something was changed."""
        self._reading = await self.house.store.read()
        return self._reading

    @property
    def who(self) -> SignedIn:
        """Who is signed in. Raises NeedsSignIn when nobody is."""
        if self.signed_in is None:
            raise NeedsSignIn
        return self.signed_in

    @property
    def now(self) -> datetime:
        """The present moment of the lifecycle."""
        return self.house.clock.now() if self._reading is None else self._reading.now

    @property
    def network(self) -> str:
        """The visitor's network address."""
        return visits.network_of(self.request)

    @property
    def whence(self) -> Whence:
        """The same with what the browser calls itself, for the sign-in log."""
        return visits.whence_of(self.request)

    @property
    def reference(self) -> str:
        """The reference of this request, shown on error pages and written to the log."""
        return str(self.request.scope.setdefault("request_id", self.house.chance.guid()))

    @property
    def part(self) -> Part:
        """Which part of the service this page belongs to."""
        first = self.request.url.path.split("/", 2)[1].lower()
        if first == "admin":
            return Part.ADMIN_CENTER
        return Part.MY_ACCOUNT if first in {"myaccount", "help", "privacy"} else Part.SIGN_IN

    def captured(self, name: str) -> str:
        """What the path holds at ``{name}``."""
        return str(self.request.path_params[name])

    def actor(self, tenant_id: str | None = None) -> Actor:
        """Who acts: the signed-in person, in the name of an organization they are signed in to (or none).

        Args:
            tenant_id: the organization that is meant; the current one when it is not named.
        """
        if self.signed_in is None:
            return Actor(
                ActorKind.PERSON,
                client_id=CLIENT,
                through_pages=True,
                network=self.network,
                request_id=self.reference,
            )
        meant = tenant_id or ("" if self.current is None else self.current.tenant_id)
        return actor_of(self.signed_in, meant, network=self.network, request_id=self.reference)

    # --- The sign-in under way ------------------------------------------------------------------------------------

    async def take_flow(self, handle: str) -> SignInRequest | None:
        """Find the sign-in under way by its handle; it also has a say in the language of the pages."""
        if not handle:
            return None
        self.flow = await signing_in.find(self.house, self.reading, handle, self.browser)
        self.handle = handle if self.flow is not None else ""
        if self.flow is not None and self.part is Part.SIGN_IN:
            self.words = await speech.of_sign_in(self.reading, self.request, self.wishes.language, self.flow)
        return self.flow

    # --- Forms ----------------------------------------------------------------------------------------------------

    @property
    def form_token(self) -> str:
        """Goes into every form of this visit's page: bound to the session, or to the browser before sign-in."""
        return self.desk.tokens.make(*self._bound_to())

    def _bound_to(self) -> tuple[str, str]:
        if self.signed_in is not None:
            return ("session", self.signed_in.session.form_key)
        return ("browser", self.browser)

    async def form(self, *, verb: Verb | None = None, tenant_id: str | None = None) -> dict[str, str]:
        """The posted form, each field once.

        Args:
            verb: what the form would have done, and ``tenant_id`` where: a refusal is journalled there when the
                person is signed in to that organization.
            tenant_id: see ``verb``.

        Raises:
            BadForm: unreadable, from another site, or made for another session. Nothing was changed.
        """
        return forms.once(await self.form_fields(verb=verb, tenant_id=tenant_id))

    async def form_fields(self, *, verb: Verb | None = None, tenant_id: str | None = None) -> list[tuple[str, str]]:
        """The same as pairs, for forms with several fields of one name. Raises as ``form``."""
        try:
            fields = await forms.read_fields(self.request)
            self._check(fields)
        except BadForm:
            await self._write_down(verb, tenant_id)
            raise
        return [(name, value) for name, value in fields if name != FIELD]

    def _check(self, fields: list[tuple[str, str]]) -> None:
        if not same_origin(self.request.headers, self.desk.origins):
            raise BadForm("from another site")
        token = next((value for name, value in fields if name == FIELD), None)
        if not self.desk.tokens.fits(token, *self._bound_to()):
            typed = {name: value for name, value in fields if name != FIELD}
            raise BadForm("made for another session", typed, stale=True)

    async def _write_down(self, verb: Verb | None, tenant_id: str | None) -> None:
        if verb is None or tenant_id is None or self.signed_in is None or tenant_id not in self.signed_in.open_in:
            return
        by = self.actor(tenant_id)
        refused = Refused(Reason.NOT_ALLOWED)
        await carry_out.journal_refusal(self.house, verb, refused, by=by, tenant_id=tenant_id, user_id=by.user_id)

    # --- Answers --------------------------------------------------------------------------------------------------

    def frame(self) -> Frame:
        """What surrounds a page of this visit."""
        return Frame(
            words=self.words,
            path=self.request.url.path,
            now=self.now,
            query=self._query(),
            form_token=self.form_token,
            account=self.account,
            display=self.wishes.display,
            shortcuts=self.wishes.shortcuts,
            site=Site(product=self.house.service_name, operator=self.desk.operator),
            ask_after=None if self.signed_in is None else staying.ask_after(self.reading.moment, self.signed_in),
        )

    def page(self, view: View, status: int = 200, *, form_targets: Iterable[str] = ()) -> Response:
        """The page as an answer; its fragment when our script asks for it to lay it over another page.

        Args:
            view: what it shows. status: the HTTP status.
            form_targets: where its forms may end besides our own origin, see ``headers.content_policy``.
        """
        if status == 200 and self.request.headers.get(FRAGMENT_HEADER) == "dialog" and hasattr(view, "fragment"):
            return self.desk.pages.fragment_response(cast("FragmentView", view), self.frame())
        return self.desk.pages.response(view, self.frame(), status, form_targets=form_targets)

    def problem(self, kind: ErrorKind, status: int, **facts: Any) -> Response:
        """An error page. ``facts`` are fields of ``ErrorPage``."""
        shown = {"part": self.part, "flow": self.handle, **facts}
        return self.page(ErrorPage(kind=kind, reference=self.reference, at=self.now, **shown), status)

    def redirect(self, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> Response:
        """Go on with GET (303) at an address of ours; ``query`` is added to it."""
        return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303, NO_STORE)

    def to_flow(self, path: str, **more: str) -> Response:
        """Go on at a page of the sign-in under way, or of one that has not begun."""
        kept = {FLOW: self.handle} if self.handle else {NEXT: self.going_to} if self.going_to else {}
        return self.redirect(path, {**kept, **more})

    async def went_idle(self) -> bool:
        """Whether the browser is signed out because nobody used it for too long."""
        return self.signed_in is None and await has_gone_idle(self.reading, visits.session_token(self.request))

    async def look_again(self) -> None:
        """Read anew who is signed in, and to what, after that was changed."""
        self.signed_in = await authenticate_session(await self.fresh(), visits.session_token(self.request))

    def signed_in_as(self, opened: Opened) -> None:
        """The browser has a new session."""
        self.signed_in = opened.signed_in
        self.kept.session = opened.token

    def signed_out(self) -> None:
        """The browser's session ended."""
        self.signed_in, self.current, self.account = None, None, None
        self.kept.session = ""

    def in_context_of(self, tenant_id: str) -> None:
        """From now on the pages are in this organization's context."""
        self.kept.organization = tenant_id
        if self.signed_in is not None:
            self.current = self.signed_in.open_in.get(tenant_id)

    def in_no_context_of(self, tenant_id: str) -> None:
        """The pages are in this organization's context no longer."""
        if visits.organization_id(self.request) == tenant_id:
            self.kept.organization = ""

    def settle(self, response: Response) -> Response:
        """Put the cookies on the answer."""
        return self.kept.put(self.request, response, self.browser)

    def _query(self) -> tuple[tuple[str, str], ...]:
        """The query of the page's own address; after a form, the sign-in under way belongs to it."""
        query = [(name, value) for name, value in self.request.query_params.multi_items() if name != "lang"]
        if self.handle and not any(name in {FLOW, "request"} for name, _ in query):
            query.append((FLOW, self.handle))
        if self.going_to and not self.handle and not any(name == NEXT for name, _ in query):
            query.append((NEXT, self.going_to))
        return tuple(query)


def sign_in_path(visit: Visit) -> str:
    """Where somebody signs in to come back to the page they asked for."""
    path = visit.request.url.path
    if visit.request.method not in {"GET", "HEAD"}:
        return paths.SIGN_IN
    query = visit.request.url.query
    return f"{paths.SIGN_IN}?{urlencode({NEXT: f'{path}?{query}' if query else path})}"


def where_one_was(visit: Visit) -> str:
    """The page somebody is on: the one they ask for, or the one whose form they send. It may not be one of ours."""
    url = visit.request.url
    if visit.request.method not in {"GET", "HEAD"}:
        try:
            sent_from = urlsplit(visit.request.headers.get("referer", ""))
        except ValueError:  # no address at all
            return ""
        ours = f"{sent_from.scheme}://{sent_from.netloc}" in visit.desk.origins
        return (sent_from.path + (f"?{sent_from.query}" if sent_from.query else "")) if ours else ""
    return url.path + (f"?{url.query}" if url.query else "")


def _current(signed_in: SignedIn, wish: str) -> Membership | None:
    """The organization this browser last chose, else the home organization, else any that is open."""
    home = signed_in.person.home_tenant or ""
    return signed_in.open_in.get(wish) or signed_in.open_in.get(home) or next(iter(signed_in.open_in.values()), None)
