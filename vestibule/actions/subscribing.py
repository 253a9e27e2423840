"""Programs that want to be told of changes: subscribe, renew, end.

Who may read something may subscribe to it, for as long as they may read it: ``who_asks`` says who that is now. An
address is asked whether it wants to be told before anything is kept (Graph, *Receive change notifications through
webhooks*, notification endpoint validation).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from vestibule.actions import accounts, journal
from vestibule.actions.access import epoch_at, own_epoch
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.ground.outgoing import OutgoingFailure
from vestibule.rules import lifecycle
from vestibule.rules import subscriptions as rules
from vestibule.rules.actors import Actor, ActorKind, Strength, system
from vestibule.rules.names import CONSUMERS_ID
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.subscriptions import Wanted
from vestibule.rules.verbs import Verb
from vestibule.store import apps, consents, feed, subscriptions
from vestibule.store.subscriptions import Subscription
from vestibule.store.unit import Reading, Unit

SEALED_FOR: Final = "subscriptions"
ANSWER_WITHIN: Final = 10.0
_LARGEST: Final = 4 * 1024


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What is asked for; ``ends`` as ``rules.subscriptions.end`` gave it."""

    wanted: Wanted
    resource: str
    changes: tuple[str, ...]
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    tls: str
    ends: datetime


async def subscribe(house: House, new: NewSubscription, *, tenant_id: str, by: Actor) -> Subscription:
    """Tell a program of changes from now on. The right to read has been asked.

    Raises:
        Refused: NOT_ALLOWED, ``why`` tooMany, beyond 100 of a program or 1,000 in an organization; BAD_VALUE when an
            address does not answer as it has to (``check_receiver``).
    """
    reading = await house.store.read()
    await _insist_on_room(reading, tenant_id, by)
    await check_receiver(house, new.notification_url, "notificationUrl")
    if new.lifecycle_url is not None:
        await check_receiver(house, new.lifecycle_url, "lifecycleNotificationUrl")
    return await keep(house, new, tenant_id=tenant_id, by=by)


async def keep(house: House, new: NewSubscription, *, tenant_id: str, by: Actor) -> Subscription:
    """Keep what a program asks for, whose addresses want to be told. Raises Refused (NOT_ALLOWED) as ``subscribe``."""
    subscription_id = house.chance.guid()

    async def work(unit: Unit) -> Subscription:
        await _insist_on_room(unit, tenant_id, by)
        order, place = await feed.horizon(unit)
        made = await _made(house, unit, subscription_id, new, tenant_id, by)
        made = replace(made, feed=order, place=place)
        subscriptions.insert(unit, made)
        await _tell(house, unit, Verb.SUBSCRIBE, made, by=by)
        return made

    return await attempt(house, Verb.SUBSCRIBE, work, by=by, tenant_id=tenant_id)


async def renew(
    house: House,
    found: Subscription,
    *,
    by: Actor,
    ends: datetime | None = None,
    notification_url: str | None = None,
) -> Subscription:
    """Let a subscription go on, with the right that the caller has now, until another time or at another address.

    Raises:
        Refused: NOT_FOUND when it is over meanwhile; BAD_VALUE as ``check_receiver``.
    """
    if notification_url is not None:
        await check_receiver(house, notification_url, "notificationUrl")

    async def work(unit: Unit) -> Subscription:
        before = await subscriptions.find(unit, found.tenant_id, found.subscription_id)
        if before is None or not belongs(before, by):
            raise Refused(Reason.NOT_FOUND)
        after = await _with_right_of(unit, before, by)
        after = replace(
            after,
            expires_at=ends or before.expires_at,
            offset_at_birth=_offset(unit) if ends is not None else before.offset_at_birth,
            notification_url=notification_url or before.notification_url,
            not_before=unit.now if notification_url is not None else before.not_before,
            warned=False,
            version=before.version + 1,
        )
        subscriptions.save(unit, before, after)
        await _tell(house, unit, Verb.RENEW_SUBSCRIPTION, after, by=by)
        return after

    return await attempt(house, Verb.RENEW_SUBSCRIPTION, work, by=by, tenant_id=found.tenant_id)


async def unsubscribe(house: House, found: Subscription, *, by: Actor) -> None:
    """Tell a program no more, because it says so. Does nothing when it is over meanwhile."""

    async def work(unit: Unit) -> None:
        if await subscriptions.find(unit, found.tenant_id, found.subscription_id) is not None:
            subscriptions.drop(unit, found.tenant_id, found.subscription_id)
            await _tell(house, unit, Verb.UNSUBSCRIBE, found, by=by)

    await attempt(house, Verb.UNSUBSCRIBE, work, by=by, tenant_id=found.tenant_id)


async def end(house: House, found: Subscription) -> None:
    """Tell a program no more, because its time is over, it does not answer, or may not know any more."""

    async def work(unit: Unit) -> None:
        if await subscriptions.find(unit, found.tenant_id, found.subscription_id) is not None:
            subscriptions.drop(unit, found.tenant_id, found.subscription_id)
            await _tell(house, unit, Verb.UNSUBSCRIBE, found, by=system(), way="end")

    await house.change(work)


async def _tell(house: House, unit: Unit, verb: Verb, one: Subscription, *, by: Actor, way: str = "") -> None:
    organization = await find_organization(unit, one.tenant_id)
    after = one.version + 1 if verb is Verb.UNSUBSCRIBE else one.version
    subject = journal.about_thing(organization, "subscription", one.subscription_id, one.resource, after - 1, after)
    facts = {"clientId": one.client_id, "changeTypes": list(one.change_types)}
    await journal.write(house, unit, journal.Event(verb, one.tenant_id, subject, unit.now, facts=facts, way=way), by=by)


def belongs(one: Subscription, by: Actor) -> bool:
    """Whether it is the caller's: the same program, for the same person."""
    return one.client_id == by.client_id and one.user_id == by.user_id


async def who_asks(reading: Reading, one: Subscription) -> Actor | None:
    """Who is behind a subscription, with what they are granted now; None when nobody is any more.

    The same questions as of a token: is the program there and enabled, is the person still the one it was made for,
    and has nothing ended their access since.
    """
    app = await apps.find_by_client_id(reading, one.client_id)
    if app is None or not app.enabled:
        return None
    carried = frozenset(one.carried)
    base = Actor(ActorKind.APP, tenant_id=one.tenant_id, client_id=one.client_id)
    if one.user_id is None:
        if app.tenant_id != one.tenant_id or await own_epoch(reading, app) != one.epoch:
            return None
        return replace(base, permissions=carried & frozenset(name.lower() for name in app.permissions))
    who = await accounts.find(reading, one.tenant_id, one.user_id)
    if who is None or who.person_id != one.person_id:
        return None
    if (epoch_at(app, who), who.home_epoch) != (one.epoch, one.home_epoch):
        return None
    if not lifecycle.may_sign_in(who.standing, reading.now):
        return None
    agreed = await consents.names_for(reading, one.tenant_id, app.app_id, one.user_id)
    return replace(
        base,
        kind=ActorKind.PERSON,
        user_id=one.user_id,
        person_id=one.person_id,
        scopes=carried & frozenset(name.lower() for name in agreed),
        strength=Strength(one.strength),
    )


async def check_receiver(house: House, address: str, name: str) -> None:
    """Ask an address whether it wants to be told: it has to answer with the token that it is sent.

    Raises:
        Refused: BAD_VALUE of the property ``name`` with ``why``: away, status, answer. Nothing of the answer is told.
    """
    token = f"Validation: {house.chance.token(24)}"
    mark = "&" if "?" in address else "?"
    try:
        answer = await house.outgoing.request(
            "POST",
            f"{address}{mark}validationToken={quote(token, safe='')}",
            headers={"Content-Type": "text/plain; charset=utf-8", "Content-Length": "0"},
            largest=_LARGEST,
            deadline=ANSWER_WITHIN,
        )
    except OutgoingFailure as failure:
        raise Refused(Reason.BAD_VALUE, property=name, why="away") from failure
    if answer.status != 200:
        raise Refused(Reason.BAD_VALUE, property=name, why="status")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/plain" or answer.body != token.encode():
        raise Refused(Reason.BAD_VALUE, property=name, why="answer")


def client_state(house: House, one: Subscription) -> str | None:
    """What the program wants to recognise us by."""
    if one.sealed_state is None:
        return None
    key = house.sealer.derive(SEALED_FOR)
    return house.sealer.open(key, one.sealed_state, one.subscription_id.encode()).decode()


async def _insist_on_room(reading: Reading, tenant_id: str, by: Actor) -> None:
    if len(await subscriptions.of_app(reading, tenant_id, by.client_id)) >= rules.MOST_OF_APP:
        raise Refused(Reason.NOT_ALLOWED, why="tooMany")
    if await subscriptions.count(reading, tenant_id) >= rules.MOST_HERE:
        raise Refused(Reason.NOT_ALLOWED, why="tooMany")


async def _made(
    house: House, unit: Unit, subscription_id: str, new: NewSubscription, tenant_id: str, by: Actor
) -> Subscription:
    sealed = None
    if new.client_state is not None:
        key = house.sealer.derive(SEALED_FOR)
        sealed = house.sealer.seal(key, new.client_state.encode(), subscription_id.encode())
    made = Subscription(
        tenant_id=tenant_id,
        subscription_id=subscription_id,
        client_id=by.client_id,
        user_id=by.user_id,
        person_id=by.person_id,
        carried=[],
        strength=by.strength.value,
        epoch=0,
        home_epoch=0,
        kind=new.wanted.kind,
        object_id=new.wanted.object_id,
        members=new.wanted.members,
        resource=new.resource,
        change_types=list(new.changes),
        notification_url=new.notification_url,
        lifecycle_url=new.lifecycle_url,
        sealed_state=sealed,
        tls=new.tls,
        expires_at=new.ends,
        offset_at_birth=_offset(unit),
        created_at=unit.now,
        feed="",
        place=0,
        not_before=unit.now,
    )
    return await _with_right_of(unit, made, by)


async def _with_right_of(unit: Unit, one: Subscription, by: Actor) -> Subscription:
    """The subscription with what the caller's token carries, and born in the epoch of their account and program."""
    carried = sorted(by.scopes if by.kind is ActorKind.PERSON else by.permissions)
    app = await apps.find_by_client_id(unit, by.client_id)
    if app is None:
        raise Refused(Reason.NOT_SIGNED_IN)
    if by.kind is not ActorKind.PERSON or by.user_id is None or by.tenant_id == CONSUMERS_ID:
        return replace(one, carried=carried, epoch=await own_epoch(unit, app))
    who = await accounts.find(unit, one.tenant_id, by.user_id)
    if who is None:
        raise Refused(Reason.NOT_SIGNED_IN)
    epoch = epoch_at(app, who)
    return replace(one, carried=carried, strength=by.strength.value, epoch=epoch, home_epoch=who.home_epoch)


def _offset(unit: Unit) -> int:
    return int(unit.moment.offset.total_seconds() * 1_000_000)
