"""Change notifications go out (Graph, *Receive change notifications through webhooks*).

The worker looks, for each subscription, what lies behind its place in the order of commits, and posts it. Only when
the other side took all of it the place moves on. So nothing is written for a change, nothing is missed, and nothing is
sent twice but what was not answered; such a notice keeps its id. Notices say ids; queues of them there are none.

Who is behind a subscription is asked before each delivery, and of everyone once a minute: a program or a person who may
not read any more is told nothing more. A receiver that does not answer is tried again for four hours.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from vestibule.actions.access import is_over
from vestibule.actions.authorising import Acting, authorise_reading, on_user
from vestibule.actions.grouping import owns
from vestibule.actions.house import House
from vestibule.actions.subscribing import client_state, end, who_asks
from vestibule.doors.graph import notices
from vestibule.doors.graph.notices import Notice
from vestibule.doors.graph.routes.group_members import shows_members_to
from vestibule.ground.outgoing import OutgoingFailure
from vestibule.rules import subscriptions as rules
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Refused
from vestibule.rules.targets import Anything, OnGroup, Target
from vestibule.rules.verbs import Verb
from vestibule.store import feed, groups, memberships, subscriptions
from vestibule.store.feed import ChangedMember, Window
from vestibule.store.subscriptions import Subscription
from vestibule.store.unit import Reading, Unavailable, Unit

SIGNATURE: Final = "X-Vestibule-Signature"
GIVE_UP: Final = timedelta(hours=4)
WAITS: Final = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300, 600, 900, 1800))
WARN: Final = timedelta(minutes=30)
CHECK_EVERY: Final = timedelta(minutes=1)
MOVE_ON_AFTER: Final = 100_000  # so far behind a place may stay without anything to tell
AT_ONCE: Final = 100
TOGETHER: Final = 100
AT_A_TIME: Final = 8
LEASE: Final = timedelta(minutes=5)
DEADLINE: Final = 10.0
_PAGE: Final = 1_000
_LARGEST: Final = 64 * 1024
_REMOVED: Final = "subscriptionRemoved"
_MISSED: Final = "missed"
_REAUTHORIZE: Final = "reauthorizationRequired"
_READS: Final = {rules.USERS: Verb.READ_USERS, rules.GROUPS: Verb.READ_GROUPS}

log = structlog.get_logger(__name__)


class _NotTaken(Exception):
    """The other side did not take it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What there is to tell: ``gone`` when it was the last of what the subscription is about."""

    notices: list[Notice]
    gone: bool = False


@dataclass(slots=True)
class Notifications:
    """How programs are told. house: the house. checked_at: when everybody was asked for the right last."""

    house: House
    checked_at: datetime | None = None
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_A_TIME))

    async def deliver_waiting(self) -> int:
        """Tell every program what waits for it. Returns how many deliveries were taken."""
        reading = await self.house.store.read()
        found = await subscriptions.waiting(reading, limit=AT_ONCE)
        if not found:
            return 0
        now = reading.moment.machine
        check = self.checked_at is None or abs(now - self.checked_at) >= CHECK_EVERY
        order, until = await feed.horizon(reading)
        taken = 0
        while found:
            taken += sum(await asyncio.gather(*(self._serve(one, order, until, check=check) for one in found)))
            if len(found) < AT_ONCE:
                break
            found = await subscriptions.waiting(reading, limit=AT_ONCE, after=found[-1].subscription_id)
        if check:
            self.checked_at = now
        return taken

    async def _serve(self, one: Subscription, order: str, until: int, *, check: bool) -> int:
        async with self._gate:
            try:
                return await self._look(one, order, until, check=check)
            except Unavailable:
                return (
                    0  # another worker has it, or it was changed meanwhile, or the next round finds the database back
                )
            except Exception as failure:
                log.exception("notification_failed", subscription_id=one.subscription_id, kind=type(failure).__name__)
                return 0

    async def _look(self, one: Subscription, order: str, until: int, *, check: bool) -> int:
        reading = await self.house.store.read()
        if is_over(reading.moment, one.expires_at, one.offset_at_birth):
            await self._drop(one)
            return 0
        missed = one.missed or one.feed != order or one.place > until
        window = Window(until if missed and not one.missed else one.place, until)
        anything = window.since < until and await self._is_anything(reading, one, window)
        warn = one.lifecycle_url is not None and not one.warned and _ends_soon(one, reading.moment.machine)
        if not (anything or missed or warn or check):
            await self._move_on(one, order, window)
            return 0
        acting = await _acting(reading, one)
        if acting is None:
            return await self._end(one)
        if not (anything or missed or warn):
            return 0
        return await self._tell(reading, acting, replace(one, feed=order), window, missed=missed, warn=warn)

    async def _is_anything(self, reading: Reading, one: Subscription, window: Window) -> bool:
        """Whether anything at all changed there, whoever may know."""
        ids = [one.object_id] if one.object_id else None
        if one.kind == rules.USERS:
            return bool(await feed.users(reading, one.tenant_id, window, limit=1, ids=ids))
        if await feed.groups(reading, one.tenant_id, window, limit=1, ids=ids):
            return True
        return bool(await feed.members(reading, one.tenant_id, window, limit=1, ids=ids))

    # --- Telling ------------------------------------------------------------------------------------------------------

    async def _tell(
        self, reading: Reading, acting: Acting, one: Subscription, window: Window, *, missed: bool, warn: bool
    ) -> int:
        token = self.house.chance.token(12)
        await self._claim(one, token)
        found = await _found(reading, acting, one, window)
        wanted = [notice for notice in found.notices if notice["changeType"] in one.change_types]
        taken = 0
        try:
            for start in range(0, len(wanted), TOGETHER):
                await self._post(one, one.notification_url, wanted[start : start + TOGETHER])
                taken += 1
            for event in (*([_MISSED] if missed else []), *([_REAUTHORIZE] if warn else [])):
                if one.lifecycle_url is not None:
                    await self._post(one, one.lifecycle_url, [notices.lifecycle(one, event)])
                    taken += 1
        except _NotTaken as failure:
            await self._put_off(one, window, str(failure))
            return taken
        if found.gone:
            await self._drop(one)
        else:
            told = replace(one, place=window.until, missed=False, warned=one.warned or warn)
            await self._save(one, replace(told, tries=0, failing_since=None))
        return taken

    async def _post(self, one: Subscription, address: str, told: Sequence[Notice]) -> None:
        """One delivery. Raises _NotTaken."""
        state = client_state(self.house, one)
        octets = notices.body(told, state)
        try:
            answer = await self.house.outgoing.request(
                "POST",
                address,
                headers={"Content-Type": "application/json; charset=utf-8", **self._signed(octets, state)},
                body=octets,
                largest=_LARGEST,
                deadline=DEADLINE,
            )
        except OutgoingFailure as failure:
            raise _NotTaken(str(failure)) from failure
        if not 200 <= answer.status < 300:
            raise _NotTaken(f"status {answer.status}")

    def _signed(self, octets: bytes, state: str | None) -> dict[str, str]:
        """When it was sent, and a keyed hash over that and the body; the key is what the program told us alone."""
        if not state:
            return {}
        at = int(self.house.clock.now().timestamp())
        mac = hmac.new(state.encode(), b"%d." % at + octets, hashlib.sha256).hexdigest()
        return {SIGNATURE: f"t={at},v1={mac}"}

    async def _put_off(self, one: Subscription, window: Window, why: str) -> None:
        """Try again later; after four hours in vain, go on without, and say so when somebody listens."""
        now = (await self.house.store.moment()).now
        since = one.failing_since or now
        wait = now + WAITS[min(one.tries, len(WAITS) - 1)]
        after = replace(one, tries=one.tries + 1, failing_since=since, not_before=wait)
        if now - since >= GIVE_UP:
            given_up = replace(after, place=window.until, missed=one.lifecycle_url is not None)
            after = replace(given_up, tries=0, failing_since=None)
        log.warning("notification_waits", subscription_id=one.subscription_id, tries=one.tries + 1, error=why)
        await self._save(one, after)

    async def _end(self, one: Subscription) -> int:
        """Whoever was behind it may not know any more: it is over, and the program hears that much."""
        await self._claim(one, self.house.chance.token(12))
        taken = 0
        if one.lifecycle_url is not None:
            try:
                await self._post(one, one.lifecycle_url, [notices.lifecycle(one, _REMOVED)])
                taken = 1
            except _NotTaken as failure:
                log.warning("notification_refused", subscription_id=one.subscription_id, error=str(failure))
        await self._drop(one)
        return taken

    async def _move_on(self, one: Subscription, order: str, window: Window) -> None:
        """Nothing happened for long: the next look need not begin so far back."""
        if window.until - one.place >= MOVE_ON_AFTER:
            await self._save(one, replace(one, feed=order, place=window.until))

    # --- Writing down -------------------------------------------------------------------------------------------------

    async def _claim(self, one: Subscription, token: str) -> None:
        async def work(unit: Unit) -> None:
            subscriptions.claim(unit, one, token, unit.moment.machine + LEASE)

        await self.house.store.change(work)

    async def _save(self, before: Subscription, after: Subscription) -> None:
        async def work(unit: Unit) -> None:
            free = replace(after, version=before.version + 1, lease_token=None, lease_until=None)
            subscriptions.save(unit, before, free)

        await self.house.store.change(work)

    async def _drop(self, one: Subscription) -> None:
        await end(self.house, one)


# --- What there is to tell, and who may know --------------------------------------------------------------------------


async def _acting(reading: Reading, one: Subscription) -> Acting | None:
    """Who is behind a subscription, while they may read what it is about."""
    by = await who_asks(reading, one)
    if by is None:
        return None
    try:
        return await authorise_reading(reading, by, _READS[one.kind], await _target(reading, by, one))
    except Refused:
        return None


async def _target(reading: Reading, by: Actor, one: Subscription) -> Target:
    anything = Anything(one.tenant_id)
    if not one.object_id:
        return anything
    if one.kind == rules.USERS:
        user = await memberships.find(reading, one.tenant_id, one.object_id)
        return anything if user is None else await on_user(reading, user, verb=Verb.READ_USERS)
    group = await groups.find(reading, one.tenant_id, one.object_id)
    if group is None:
        return anything
    owned = await owns(reading, by, one.tenant_id, "group", group.group_id)
    return OnGroup(one.tenant_id, group.group_id, owned=owned, role_assignable=group.assignable_to_role)


async def _found(reading: Reading, acting: Acting, one: Subscription, window: Window) -> _Found:
    ids = [one.object_id] if one.object_id else None
    if one.kind == rules.USERS:

        async def users(after: Any) -> list[Any]:
            return await feed.users(reading, one.tenant_id, window, limit=_PAGE, after=after, ids=ids)

        told = notices.of_users(one, await _all(users, lambda last: (last.place, last.user_id)), reading.now)
        return _Found(told, gone=_is_gone(one, told))

    async def changed(after: Any) -> list[Any]:
        return await feed.groups(reading, one.tenant_id, window, limit=_PAGE, after=after, ids=ids)

    async def came_and_went(after: Any) -> list[Any]:
        return await feed.members(reading, one.tenant_id, window, limit=_PAGE, after=after, ids=ids)

    found = await _all(changed, lambda last: (last.place, last.group_id))
    members = await _all(came_and_went, lambda last: (last.group_id, last.user_id))
    shown = await _shown(reading, acting, one, members)
    told = notices.of_groups(one, [] if one.members else found, shown, reading.now)
    return _Found(told, gone=bool(one.object_id) and any(not group.here and group.due is None for group in found))


async def _all(page: Callable[[Any], Awaitable[list[Any]]], place: Callable[[Any], Any]) -> list[Any]:
    found: list[Any] = []
    while True:
        more = await page(place(found[-1]) if found else None)
        found += more
        if len(more) < _PAGE:
            return found


def _is_gone(one: Subscription, told: Sequence[Notice]) -> bool:
    return bool(one.object_id) and any(notice["changeType"] == rules.DELETED for notice in told)


async def _shown(
    reading: Reading, acting: Acting, one: Subscription, members: Sequence[ChangedMember]
) -> list[ChangedMember]:
    """Those whose coming and going whoever is behind it may see."""
    wanted = list(dict.fromkeys(member.group_id for member in members))
    found = await groups.find_many(reading, one.tenant_id, wanted)
    seen = {group.group_id for group in found if await shows_members_to(reading, acting, group)}
    return [member for member in members if member.group_id in seen]


def _ends_soon(one: Subscription, now: datetime) -> bool:
    return one.expires_at - now <= WARN
