"""Subscriptions to change notifications: create, list, get, renew, end (Graph, *subscription resource type*).

Who may read something may subscribe to it. Everybody sees and ends their own: those of the same program, for the same
person.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Final

from vestibule.actions import subscribing
from vestibule.actions.subscribing import NewSubscription
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.subscription import SUBSCRIPTION
from vestibule.doors.graph.odata.options import SELECTED, Collection
from vestibule.doors.graph.routes.finding import find_living, user_target
from vestibule.doors.graph.routes.group_members import group_target
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import SUBSCRIPTIONS, Plain
from vestibule.ground.clock import to_us
from vestibule.ground.outgoing import TargetRefused
from vestibule.rules import subscriptions as rules
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.subscriptions import Wanted
from vestibule.rules.verbs import Verb
from vestibule.store import groups, subscriptions
from vestibule.store.subscriptions import Subscription

_OF: Final = "subscriptions"
_READS: Final = {rules.USERS: Verb.READ_USERS, rules.GROUPS: Verb.READ_GROUPS}
_WHY: Final = {
    "away": "The request did not bring an answer in time.",
    "status": "The endpoint did not answer with HTTP 200.",
    "answer": "The endpoint did not answer with the validation token as text/plain.",
}


async def create_subscription(call: Call) -> Reply:
    """Be told of changes at an address that says it wants to be."""
    async with _written_down(call, Verb.SUBSCRIBE):
        await _may_read_anything(call)
    values = (await call.body(SUBSCRIPTION, Mode.CREATE)).values
    wanted = rules.read_resource(values["resource"])
    if wanted is None:
        raise _invalid("resource", "Only users, groups, one of them, and the members of a group can be subscribed to.")
    async with _written_down(call, Verb.SUBSCRIBE):
        await _may_read(call, wanted)
    new = _new(call, values, wanted)
    try:
        made = await subscribing.subscribe(call.house, new, tenant_id=call.tenant_id, by=call.by)
    except Refused as refused:
        raise _refused(refused) from refused
    view = {**_view(made), "clientState": new.client_state}
    location = call.location(f"/{_OF}/{made.subscription_id}")
    return call.single(_OF, SUBSCRIPTION, SUBSCRIPTIONS.values(view), status=201, headers=location)


async def list_subscriptions(call: Call) -> Reply:
    """The caller's own."""
    await _may_read_anything(call)
    found = await subscriptions.of_app(call.reading, call.tenant_id, call.by.client_id)
    views = [(SUBSCRIPTIONS, _view(one)) for one in found if subscribing.belongs(one, call.by)]
    return answer_small(call, _OF, views)


async def get_subscription(call: Call) -> Reply:
    """One of the caller's own."""
    return call.single(_OF, SUBSCRIPTION, SUBSCRIPTIONS.values(_view(await _find(call)), call.asked.select))


async def renew_subscription(call: Call) -> Reply:
    """Be told for longer, or at another address."""
    async with _written_down(call, Verb.RENEW_SUBSCRIPTION):
        found = await _find(call)
    values = (await call.body(SUBSCRIPTION, Mode.UPDATE)).values
    async with _written_down(call, Verb.RENEW_SUBSCRIPTION):
        await _may_read(call, Wanted(found.kind, found.object_id, found.members), known=True)
    ends = _end(call, values["expirationDateTime"]) if "expirationDateTime" in values else None
    address = values.get("notificationUrl")
    if address is not None:
        _check_address(call, "notificationUrl", address)
    try:
        after = await subscribing.renew(call.house, found, by=call.by, ends=ends, notification_url=address)
    except Refused as refused:
        raise _refused(refused) from refused
    return call.single(_OF, SUBSCRIPTION, SUBSCRIPTIONS.values(_view(after)))


async def reauthorize_subscription(call: Call) -> Reply:
    """Let it go on with the right that the caller has now."""
    async with _written_down(call, Verb.RENEW_SUBSCRIPTION):
        found = await _find(call)
        await _may_read(call, Wanted(found.kind, found.object_id, found.members), known=True)
    await subscribing.renew(call.house, found, by=call.by)
    return NO_CONTENT


async def delete_subscription(call: Call) -> Reply:
    """Be told no more."""
    async with _written_down(call, Verb.UNSUBSCRIBE):
        found = await _find(call)
    await subscribing.unsubscribe(call.house, found, by=call.by)
    return NO_CONTENT


# --- Inside -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _written_down(call: Call, verb: Verb) -> AsyncIterator[None]:
    """Journal a refusal, since the right that is asked is one to read."""
    try:
        yield
    except Refused as refused:
        await call.write_down(verb, refused)
        raise


async def _find(call: Call) -> Subscription:
    await _may_read_anything(call)
    named = guid(call.parameters["subscription"])
    found = None if named is None else await subscriptions.find(call.reading, call.tenant_id, named)
    if found is None or not subscribing.belongs(found, call.by):
        raise Refused(Reason.NOT_FOUND, objectId=call.parameters["subscription"])
    return found


async def _may_read_anything(call: Call) -> None:
    """Insist that the caller reads users or groups at all, if only themselves. Raises Refused."""
    own = None if call.by.user_id is None else await find_living(call, call.by.user_id)
    for verb in (Verb.READ_USERS, Verb.READ_GROUPS):
        with suppress(Refused):
            await call.may_read(verb)
            return
    await call.may_read(Verb.READ_USERS, await user_target(call, own, Verb.READ_USERS))


async def _may_read(call: Call, wanted: Wanted, *, known: bool = False) -> None:
    """Insist that the caller reads it, and that it is there unless it is ``known``. Raises Refused."""
    verb = _READS[wanted.kind]
    if not wanted.object_id:
        await call.may_read(verb)
        return
    if wanted.kind == rules.USERS:
        user = await find_living(call, wanted.object_id)
        await call.may_read(verb, await user_target(call, user, verb))
        is_there = user is not None
    else:
        group = await groups.find(call.reading, call.tenant_id, wanted.object_id)
        await call.may_read(verb, await group_target(call, group))
        is_there = group is not None and group.is_live
    if not is_there and not known:
        raise Refused(Reason.NOT_FOUND, objectId=wanted.object_id)


def _new(call: Call, values: Any, wanted: Wanted) -> NewSubscription:
    if values.get("includeResourceData"):
        raise _invalid("includeResourceData", "Notifications about users and groups carry ids only.")
    changes = rules.read_changes(values["changeType"])
    if changes is None:
        raise _invalid("changeType", "Users and groups can be subscribed to with 'updated' and 'deleted'.")
    address, lifecycle = values["notificationUrl"], values.get("lifecycleNotificationUrl")
    _check_address(call, "notificationUrl", address)
    if lifecycle is not None:
        _check_address(call, "lifecycleNotificationUrl", lifecycle)
        if not rules.same_host(address, lifecycle):
            message = "lifecycleNotificationUrl has to be on the same host as notificationUrl."
            raise _invalid("lifecycleNotificationUrl", message)
    return NewSubscription(
        wanted=wanted,
        resource=values["resource"],
        changes=changes,
        notification_url=address,
        lifecycle_url=lifecycle,
        client_state=values.get("clientState"),
        tls=values.get("latestSupportedTlsVersion") or "v1_2",
        ends=_end(call, values["expirationDateTime"]),
    )


def _end(call: Call, asked: datetime) -> datetime:
    found = rules.end(asked, call.reading.moment.machine)
    if found is None:
        minutes = int(rules.LONGEST.total_seconds() // 60)
        message = f"Subscription expiration can only be {minutes} minutes in the future."
        raise GraphError(400, "ExtensionError", message, target="expirationDateTime")
    return found


def _check_address(call: Call, name: str, address: str) -> None:
    try:
        call.house.outgoing.check(address)
    except TargetRefused as refused:
        raise _invalid(name, f"{name} has to be an https address: {refused}.") from refused


def _invalid(name: str, message: str) -> GraphError:
    return GraphError(400, "InvalidRequest", message, target=name)


def _refused(refused: Refused) -> Exception:
    why = str(refused.facts.get("why"))
    if refused.reason is Reason.BAD_VALUE and why in _WHY:
        message = f"Subscription validation request failed. {_WHY[why]}"
        return GraphError(400, "ValidationError", message, target=str(refused.facts["property"]))
    if refused.reason is Reason.NOT_ALLOWED and why == "tooMany":
        return errors.denied("The number of subscriptions has reached its limit.")
    return refused


def _view(one: Subscription) -> Plain:
    """A subscription; what its program wants to recognise us by is not told again."""
    return {
        "id": one.subscription_id,
        "applicationId": one.client_id,
        "changeType": ",".join(one.change_types),
        "creatorId": one.user_id,
        "expirationDateTime": to_us(one.expires_at),
        "includeResourceData": False,
        "latestSupportedTlsVersion": one.tls,
        "lifecycleNotificationUrl": one.lifecycle_url,
        "notificationUrl": one.notification_url,
        "resource": one.resource,
    }


_AT: Final = f"/{_OF}"
_ONE: Final = f"{_AT}/{{subscription}}"
_LISTED: Final = Collection(SUBSCRIPTION, options=SELECTED | {"top", "skiptoken"}, directory=False)
_SINGLE: Final = Collection(SUBSCRIPTION, options=SELECTED, single=True)
_READ: Final = Verb.READ_USERS
_BEGIN: Final = Verb.SUBSCRIBE
_RENEW: Final = Verb.RENEW_SUBSCRIPTION
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", _AT, list_subscriptions, verb=_READ, query=_LISTED, summary="List one's own subscriptions"),
    Route("POST", _AT, create_subscription, verb=_BEGIN, body=SUBSCRIPTION, status=201, summary="Be told of changes"),
    Route("GET", _ONE, get_subscription, verb=_READ, query=_SINGLE, summary="Get a subscription"),
    Route("PATCH", _ONE, renew_subscription, verb=_RENEW, body=SUBSCRIPTION, summary="Be told for longer"),
    Route("POST", f"{_ONE}/reauthorize", reauthorize_subscription, verb=_RENEW, status=204, summary="Go on with it"),
    Route("DELETE", _ONE, delete_subscription, verb=Verb.UNSUBSCRIBE, status=204, summary="Be told no more"),
]
