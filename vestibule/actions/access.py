"""Access: one gate for every door. Who stands behind a bearer token or a session, if anybody still does.

A token or session is only a claim about the past. Whether it is good is asked of the membership now: is it present,
enabled here and at home, and still in the epoch that the token was born in? So leaving, disabling, deleting,
signing out everywhere and a new password end every token on the next request, and nothing has to be swept. The
organization and the app have an epoch too, so that everything that was given in one, or to one, can be ended.

Tokens live by the machine's clock, because foreign programs check them. So that old ones die when lifecycle time is
pushed, they remember the offset at their birth and end once lifecycle time reaches their end plus that offset.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from vestibule.actions import accounts
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, KeyRing
from vestibule.ground import signing
from vestibule.ground.clock import from_us
from vestibule.rules import grants, lifecycle
from vestibule.rules.actors import Actor, ActorKind, Strength
from vestibule.rules.audiences import audience_of, serves
from vestibule.rules.lifecycle import Tie
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import apps, hanging, memberships, people, sessions, terms, tokens
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.people import Person
from vestibule.store.sessions import BrowserSession, OrganizationSession
from vestibule.store.unit import Moment, Reading

ACCESS_LIFE: Final = timedelta(minutes=60)
LEEWAY: Final = timedelta(seconds=60)
TYPE: Final = "at+jwt"
IDLE: Final = timedelta(hours=1)
IDLE_WITH_ROLE: Final = timedelta(minutes=30)
"""The same for whoever holds a directory role in an organization that the session is open in."""

# Our own claims, short because they travel with every request: the epochs here (``epoch_at``) and at home, the clock's
# offset at birth in microseconds, the database's generation, the person, the family of tokens it belongs to.
EPOCH: Final = "v_ep"
HOME_EPOCH: Final = "v_he"
OFFSET: Final = "v_of"
GENERATION: Final = "v_gn"
PERSON: Final = "v_pn"
STRENGTH: Final = "v_st"
FAMILY: Final = "v_fm"
FAMILY_TENANT: Final = "v_ft"  # where the family is kept, when that is another organization: it began at home


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in in a browser.

    Attributes:
        session: the browser's session. person: who it is.
        home: the membership in the home organization; None without one.
        open_in: the memberships whose organization this browser is signed in to, by organization.
        held_back: the same where the organization's terms of use wait to be accepted: nothing is open there, yet the
            person has proved enough to leave it.
    """

    session: BrowserSession
    person: Person
    home: Membership | None
    open_in: dict[str, Membership]
    held_back: dict[str, Membership] = field(default_factory=dict)

    def at(self, tenant_id: str) -> Membership | None:
        """The membership by which they proved who they are to an organization, whether they may go on there or not."""
        return self.open_in.get(tenant_id) or self.held_back.get(tenant_id)

    @property
    def strength(self) -> Strength:
        """How they proved who they are."""
        return Strength(self.session.strength)


def secret_hash(secret: str) -> str:
    """How an opaque token is kept: these have 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def session_id(session: BrowserSession) -> str:
    """What apps know a browser session by (``sid``): it stays while the session's token changes, and is no secret."""
    return hashlib.sha256(f"sid {session.form_key}".encode()).hexdigest()[:32]


def is_over(moment: Moment, end: datetime, offset_at_birth: int) -> bool:
    """Whether something born at that offset has ended, by the machine's clock or because lifecycle time was pushed."""
    return moment.machine >= end or moment.now >= end + timedelta(microseconds=offset_at_birth)


def epoch_at(app: App, account: Membership) -> int:
    """What a code or token that an app gets for somebody remembers of its birth.

    It is the sum of what ends it: the epochs of the membership, of the organization and of the app. Each only goes up.
    """
    return account.access_epoch + app.epoch


async def own_epoch(reading: Reading, app: App) -> int:
    """The same for what an app gets for itself: the epochs of its organization and of the app."""
    found = await apps.find_with_tenant(reading, app.client_id)
    return app.epoch if found is None else app.epoch + found[1]


async def authenticate_session(reading: Reading, token: str | None) -> SignedIn | None:
    """Who is signed in with this session cookie; None when nobody is any more."""
    return await session_that_stands(reading, secret_hash(token)) if token else None


async def session_that_stands(reading: Reading, session_hash: str) -> SignedIn | None:
    """The same by the hash of the cookie's token, for work that goes on in the name of a session."""
    found = await sessions.find(reading, session_hash)
    if found is None or found.generation != reading.moment.generation:
        return None
    if is_over(reading.moment, found.expires_at, found.offset_at_birth):
        return None
    person = await people.find(reading, found.person_id)
    if person is None:
        return None
    home = await home_of(reading, person)
    if person.home_tenant is not None and not _home_stands(reading, home, found.home_epoch):
        return None
    here = await _open_in(reading, found, home)
    if await _is_idle(reading, found, here):
        return None
    waiting = await terms.unanswered(reading, {tenant_id: guest.user_id for tenant_id, guest in here.items()})
    held_back = {tenant_id: here.pop(tenant_id) for tenant_id in waiting}
    return SignedIn(found, person, home, here, held_back)


async def has_gone_idle(reading: Reading, token: str | None) -> bool:
    """Whether the browser of this cookie is signed out for no other reason than that nobody used it."""
    found = await sessions.find(reading, secret_hash(token)) if token else None
    if found is None or found.generation != reading.moment.generation:
        return False
    if is_over(reading.moment, found.expires_at, found.offset_at_birth):
        return False
    person = await people.find(reading, found.person_id)
    home = None if person is None else await home_of(reading, person)
    if person is None or (person.home_tenant is not None and not _home_stands(reading, home, found.home_epoch)):
        return False
    return await _is_idle(reading, found, await _open_in(reading, found, home))


def last_use(session: BrowserSession) -> datetime:
    """The lifecycle time at which a session was used last, as far as it is written down: at most a minute early."""
    return session.used_at or session.signed_in_at + timedelta(microseconds=session.offset_at_birth)


@dataclass(frozen=True, slots=True)
class Ending:
    """When a session ends by time alone.

    Attributes:
        at: lifecycle time. by_rest: because nobody uses it, so using it puts the end off.
    """

    at: datetime
    by_rest: bool


async def ending_of(reading: Reading, signed_in: SignedIn) -> Ending:
    """When a session ends if nobody uses it from now on."""
    session = signed_in.session
    has_role = await _holds_role(reading, {**signed_in.open_in, **signed_in.held_back})
    rest = last_use(session) + (IDLE_WITH_ROLE if has_role else IDLE)
    day = day_ends(reading.moment, session)
    return Ending(min(rest, day), by_rest=rest < day)


def day_ends(moment: Moment, session: BrowserSession) -> datetime:
    """The lifecycle time at which a session ends, used or not: the one that ``is_over`` goes by."""
    by_machine = moment.now + (session.expires_at - moment.machine)
    return min(by_machine, session.expires_at + timedelta(microseconds=session.offset_at_birth))


async def _is_idle(reading: Reading, session: BrowserSession, here: dict[str, Membership]) -> bool:
    """Whether nobody used the session for too long. Roles are looked up only in the half hour in which they matter."""
    rested = reading.now - last_use(session)
    if rested < IDLE_WITH_ROLE or rested >= IDLE:
        return rested >= IDLE
    return await _holds_role(reading, here)


async def _holds_role(reading: Reading, here: dict[str, Membership]) -> bool:
    for guest in here.values():
        if await hanging.roles(reading, guest.tenant_id, guest.user_id):
            return True
    return False


async def home_of(reading: Reading, person: Person) -> Membership | None:
    """The person's membership in their home organization of this deployment."""
    if person.home_tenant is None or person.home_user is None:
        return None
    return await memberships.find(reading, person.home_tenant, person.home_user)


def _home_stands(reading: Reading, home: Membership | None, epoch: int) -> bool:
    return home is not None and home.access_epoch == epoch and lifecycle.may_sign_in(home.standing, reading.now)


async def _open_in(reading: Reading, session: BrowserSession, home: Membership | None) -> dict[str, Membership]:
    found: dict[str, Membership] = {} if home is None else {home.tenant_id: home}
    for opened in await sessions.organizations_of(reading, session.session_hash):
        guest = await memberships.find(reading, opened.tenant_id, opened.user_id)
        if guest is not None and _stands(reading, guest, opened):
            found[opened.tenant_id] = guest
    return found


def _stands(reading: Reading, guest: Membership, opened: OrganizationSession) -> bool:
    return guest.access_epoch == opened.epoch and lifecycle.may_sign_in(guest.standing, reading.now)


def actor_of(signed_in: SignedIn, tenant_id: str, *, network: str, request_id: str) -> Actor:
    """The person acting in our own pages, in the name of an organization they are signed in to (or none)."""
    here = signed_in.open_in.get(tenant_id)
    return Actor(
        kind=ActorKind.PERSON,
        tenant_id=tenant_id if here is not None else None,
        user_id=None if here is None else here.user_id,
        person_id=signed_in.person.person_id,
        client_id="vestibule-pages",
        through_pages=True,
        strength=signed_in.strength,
        network=network,
        request_id=request_id,
    )


# --- Bearer tokens ------------------------------------------------------------------------------------------------


async def authenticate_bearer(
    house: House, ring: KeyRing, reading: Reading, token: str, *, network: str = "", request_id: str = ""
) -> Actor:
    """Who stands behind an access token for the Graph API.

    Raises:
        Refused: NOT_SIGNED_IN, with the fact ``why``: empty, malformed, expired, audience or revoked.
    """
    claims = await read_access_token(house, ring, reading, token)
    if not grants.is_graph(str(claims.get("aud", "")), origin=house.public_url):
        raise _dead("audience")
    tenant_id, client_id = str(claims["tid"]), str(claims["appid"])
    base = Actor(ActorKind.APP, tenant_id=tenant_id, client_id=client_id, network=network, request_id=request_id)
    app = await app_behind(reading, claims)
    if claims.get("idtyp") == "app":
        return _app_actor(app, claims, base)
    return _person_actor(await account_behind(reading, app, claims), claims, base)


async def read_access_token(house: House, ring: KeyRing, reading: Reading, token: str) -> dict[str, Any]:
    """The claims of an access token that we signed and that its time has not ended, whoever it is for.

    Raises:
        Refused: NOT_SIGNED_IN, as ``authenticate_bearer``.
    """
    if not token:
        raise _dead("empty")
    try:
        claims = await ring.verify(token, algorithms=frozenset({ES256}), typ=TYPE)
    except signing.BadToken as bad:
        raise _dead("malformed") from bad
    if not isinstance(claims.get("appid"), str) or claims.get("iss") != issuer(house, str(claims.get("tid", ""))):
        raise _dead("malformed")
    _check_time(reading.moment, claims)
    if claims.get(GENERATION) != reading.moment.generation:
        raise _dead("revoked")
    return claims


def _check_time(moment: Moment, claims: dict[str, Any]) -> None:
    end, offset, starts = claims.get("exp"), claims.get(OFFSET), claims.get("nbf")
    if not (isinstance(end, int) and isinstance(offset, int) and isinstance(starts, int)):
        raise _dead("malformed")
    if is_over(moment, from_us(end * 1_000_000), offset) or from_us(starts * 1_000_000) > moment.machine + LEEWAY:
        raise _dead("expired")


async def app_behind(reading: Reading, claims: dict[str, Any]) -> App:
    """The app that a token was given to, while it is enabled. Raises Refused (NOT_SIGNED_IN, revoked)."""
    its_own = claims.get("idtyp") == "app"
    app = await (_with_its_own if its_own else _with_somebodys)(reading, claims)
    if app is None or not app.enabled:
        raise _dead("revoked")
    elsewhere = claims["tid"] not in {app.tenant_id, CONSUMERS_ID}
    served = not its_own and serves(audience_of(app.attributes), app.tenant_id, str(claims["tid"]))
    if elsewhere and not served:
        raise _dead("revoked")
    return app


async def _with_its_own(reading: Reading, claims: dict[str, Any]) -> App | None:
    """The app that a token of its own names, while neither the app's nor the organization's epoch has changed."""
    found = await apps.find_with_tenant(reading, str(claims["appid"]))
    if found is None or found[0].epoch + found[1] != claims.get(EPOCH, 0):
        return None
    return found[0]


async def _with_somebodys(reading: Reading, claims: dict[str, Any]) -> App | None:
    """The app that somebody's token names; ``account_behind`` asks for the epoch."""
    return await apps.find_by_client_id(reading, str(claims["appid"]))


async def account_behind(reading: Reading, app: App, claims: dict[str, Any]) -> Membership:
    """The account that a token is about, while it is the one it was made for and nothing has ended it.

    Args:
        reading: what is kept. app: the one that the token was given to, as ``app_behind`` found it. claims: verified.

    Raises:
        Refused: NOT_SIGNED_IN, revoked.
    """
    tenant_id = str(claims["tid"])
    guest = await accounts.find(reading, tenant_id, str(claims.get("oid", "")))
    if guest is None or guest.person_id is None or guest.person_id != claims.get(PERSON):
        raise _dead("revoked")
    kept_at = str(claims.get(FAMILY_TENANT, tenant_id))
    family = await tokens.find_family(reading, kept_at, str(claims.get(FAMILY, "")))
    if family is None or family.ended_at is not None:
        raise _dead("revoked")
    same = epoch_at(app, guest) == claims.get(EPOCH) and guest.home_epoch == claims.get(HOME_EPOCH)
    if not same or not lifecycle.may_sign_in(guest.standing, reading.now):
        raise _dead("revoked")
    return guest


def _app_actor(app: App, claims: dict[str, Any], base: Actor) -> Actor:
    """An app acts in its own organization, with what is granted to it now and was when the token was made."""
    now_granted = {name.lower() for name in app.permissions}
    carried = {str(name).lower() for name in claims.get("roles", [])}
    return Actor(
        ActorKind.APP,
        tenant_id=base.tenant_id,
        client_id=base.client_id,
        permissions=frozenset(now_granted & carried),
        network=base.network,
        request_id=base.request_id,
    )


def _person_actor(guest: Membership, claims: dict[str, Any], base: Actor) -> Actor:
    without_object = guest.standing.tie is Tie.DIRECT_CONNECT or guest.tenant_id == CONSUMERS_ID
    return Actor(
        ActorKind.PERSON,
        tenant_id=base.tenant_id,
        user_id=None if without_object else guest.user_id,
        person_id=guest.person_id,
        client_id=base.client_id,
        scopes=frozenset(str(claims.get("scp", "")).lower().split()),
        strength=Strength(str(claims.get(STRENGTH, Strength.NONE.value))),
        network=base.network,
        request_id=base.request_id,
    )


def issuer(house: House, tenant_id: str) -> str:
    """The issuer of an organization's tokens."""
    return f"{house.public_url}/{tenant_id}/v2.0"


def _dead(why: str) -> Refused:
    return Refused(Reason.NOT_SIGNED_IN, why=why)
