"""Figures for Prometheus at ``/metrics``: what is asked of this process, and what waits in the database.

Nothing names a person or an organization. Requests are counted per process; what waits is read when somebody asks.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response
from starlette.types import Message, Send

from vestibule.actions.house import House
from vestibule.ground.clock import Stopwatch
from vestibule.ground.witnesses import Witness
from vestibule.rules.witnesses import State
from vestibule.store import audit_log, deployments, memberships, outbox, witnesses
from vestibule.store.unit import Reading

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STAGES: Final = {"deleted": "purge", "purged": "erase"}


@dataclass(slots=True)
class Meter:
    """What is counted, and how it is told.

    Attributes:
        house: where what waits is read from.
        registry: of this meter alone, so that two in one process do not meet.
    """

    house: House
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _requests: Counter = field(init=False)
    _seconds: Histogram = field(init=False)
    _letters: Gauge = field(init=False)
    _oldest: Gauge = field(init=False)
    _late: Gauge = field(init=False)
    _worker: Gauge = field(init=False)
    _sealing: Gauge = field(init=False)
    _unwitnessed: Gauge = field(init=False)
    _witnessed: Gauge = field(init=False)

    def __post_init__(self) -> None:
        mine = self.registry
        self._requests = Counter(
            "vestibule_requests", "Requests that were answered.", ("door", "method", "status"), registry=mine
        )
        self._seconds = Histogram(
            "vestibule_request_seconds",
            "From a request to the end of its answer.",
            ("door",),
            buckets=_BUCKETS,
            registry=mine,
        )
        self._letters = Gauge("vestibule_letters_waiting", "Letters that have not gone out.", registry=mine)
        self._oldest = Gauge("vestibule_letters_oldest_seconds", "How long the oldest of them waits.", registry=mine)
        self._late = Gauge(
            "vestibule_due_late_seconds", "How late the next due work is; 0 in time.", ("verb",), registry=mine
        )
        self._worker = Gauge("vestibule_worker_seen_seconds", "How long ago a worker was here.", registry=mine)
        self._sealing = Gauge(
            "vestibule_audit_unsealed_seconds", "How long the oldest audit event waits to be sealed.", registry=mine
        )
        self._unwitnessed = Gauge(
            "vestibule_audit_unwitnessed_seconds",
            "How long the log that waits longest for this witness has waited.",
            ("witness",),
            registry=mine,
        )
        self._witnessed = Gauge(
            "vestibule_audit_witness_logs",
            "How many audit logs stand how with a witness; ahead, forked and damaged are findings.",
            ("witness", "state"),
            registry=mine,
        )
        ProcessCollector(registry=self.registry)

    def counted(self, door: str, method: str, send: Send) -> Send:
        """The same ``send``, which counts the answer when it has ended."""
        watch = Stopwatch()
        known = method if method in _METHODS else "other"
        status = 0

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._requests.labels(door, known, str(status)).inc()
                self._seconds.labels(door).observe(watch.seconds())

        return counting

    async def answer(self) -> Response:
        """Everything as Prometheus reads it. Raises Unavailable when the database cannot be read."""
        await self._look(await self.house.store.read())
        return Response(generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _look(self, reading: Reading) -> None:
        count, oldest = await outbox.backlog(reading)
        self._letters.set(count)
        self._oldest.set(_since(oldest, reading.now))
        for stage, verb in _STAGES.items():
            following = await memberships.next_due(reading, stage, 1)
            # Data removal follows a permanent deletion at once; its deadline is 30 days later.
            self._late.labels(verb).set(_since(following[0][0] if following else None, reading.now))
        self._sealing.set(_since(await audit_log.oldest_waiting(reading), reading.now))
        for witness in self.house.witnesses:
            await self._look_at(reading, witness)
        deployment = await deployments.find(reading)
        seen = None if deployment is None else deployment.worker_seen
        self._worker.set(_since(seen, reading.moment.machine) if seen is not None else float("inf"))

    async def _look_at(self, reading: Reading, witness: Witness) -> None:
        """How the logs stand with a witness. These are times of the machine, whatever lifecycle time is."""
        _, oldest = await witnesses.behind(reading, str(witness.key))
        found = await witnesses.states(reading, str(witness.key))
        waits = [oldest, *(one.since for one in found.values())]
        self._unwitnessed.labels(witness.name).set(max(_since(one, reading.moment.machine) for one in waits))
        for state in State:
            self._witnessed.labels(witness.name, state.value).set(found[state].logs if state in found else 0)


def _since(then: datetime | None, now: datetime) -> float:
    """Seconds from a moment until now; 0 when there is none, or it is still to come."""
    return 0.0 if then is None else max(timedelta(0), now - then).total_seconds()
