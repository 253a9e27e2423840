"""An app that is told while processes are killed: what it heard, and what may not be in it.

It lives in the process that kills, in a thread of its own, and takes whatever comes.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from soak.laws import Facts
from tests.support.app_receiver import AppReceiver, app_receiver
from vestibule.rules.connections import Event

_PURGED = Event.PURGED.value


@contextmanager
def listening() -> Iterator[AppReceiver]:
    """An app on a port of this machine that takes what it is told, until the end of the block."""
    ready, found = threading.Event(), []
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def listen() -> None:
        async with app_receiver() as receiver:
            found.append(receiver)
            stop.append((asyncio.get_running_loop(), asyncio.Event()))
            ready.set()
            await stop[0][1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(listen()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join()


def heard(ear: AppReceiver, facts: Facts) -> Iterator[str]:
    """What the app was told wrongly, doubly or not at all, once everything is done."""
    told: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    said: dict[str, bytes] = {}
    for headers, body in list(ear.posts):
        id_, data = headers["webhook-id"], msgspec.json.decode(body)
        if said.setdefault(id_, body) != body:
            yield f"{id_} was told twice, and otherwise the second time"
        told[data["data"]["objectId"]].append((id_, data["data"]["sequence"], data["type"]))
    for who, messages in told.items():
        sequences = [sequence for _, sequence, _ in messages]
        if sequences != sorted(sequences):
            yield f"the app was told something older of {who} after something newer: {messages}"
        purged = {id_ for id_, _, event in messages if event == _PURGED}
        if len(purged) > 1:
            yield f"the app was told {len(purged)} times that {who} is gone for good"
    yield from _missing(facts, {who: {event for _, _, event in messages} for who, messages in told.items()})


def _missing(facts: Facts, told: dict[str, set[str]]) -> Iterator[str]:
    stages = {(row["tenant_id"], row["user_id"]): row["stage"] for row in facts.tables["membership"]}
    for row in facts.tables["removal_recipient"]:
        who = row["tenant_id"], row["user_id"]
        if stages.get(who) != "erased":
            continue
        if row["state"] != "confirmed":
            yield f"the data of {who[1]} is gone, and an app that has to confirm is {row['state']}"
        elif _PURGED not in told.get(who[1], set()):
            yield f"an app confirmed that {who[1]} is gone, and was never told"
    waiting = [row["user_id"] for row in facts.tables["delivery"] if row["state"] == "waiting"]
    if waiting:
        yield f"the app was not told of {waiting}"
