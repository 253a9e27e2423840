"""Settings become a house with everything around it but its doors: what serving and each command begin with."""

from dataclasses import dataclass
from pathlib import Path

from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.graph.notifications import Notifications
from vestibule.doors.letters.connected import Connected
from vestibule.doors.letters.delivery import Delivery
from vestibule.doors.letters.notices import Notices
from vestibule.doors.web import accent
from vestibule.ground import destroyed_keys
from vestibule.ground.chance import Chance, SystemChance
from vestibule.ground.clock import Clock, SystemClock
from vestibule.ground.countries import Countries
from vestibule.ground.destroyed_keys import DestroyedKeys
from vestibule.ground.known_passwords import KnownPasswords
from vestibule.ground.mail import SmtpTransport, Transport
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.passwords import Passwords
from vestibule.ground.sealed_files import fingerprint
from vestibule.ground.sealing import KeyFile, Sealer
from vestibule.ground.witnesses import read_witnesses
from vestibule.settings import Settings
from vestibule.store.opening import Opened, open_store, prepare
from vestibule.worker import Worker


@dataclass(slots=True)
class Program:
    """A house with everything around it.

    Attributes:
        passwords: the pool that hashes. ring: the signing keys. worker: due work and letters.
    """

    settings: Settings
    opened: Opened
    house: House
    ring: KeyRing
    passwords: Passwords
    worker: Worker

    async def close(self) -> None:
        """Close what was opened, in reverse."""
        self.passwords.close()
        await self.opened.close()


async def open_program(
    settings: Settings,
    *,
    serving: bool = False,
    emulator_wanted: bool = False,
    migrate: bool = False,
    clock: Clock | None = None,
    chance: Chance | None = None,
) -> Program:
    """Open the database and put the parts together.

    Args:
        settings: the settings.
        serving: this process serves a SQLite file, alone.
        emulator_wanted: ``--emulator`` was said: a new database is stamped, another one refused.
        migrate: bring the database to this version (an embedded SQLite file does it by itself when served).
        clock, chance: others than the machine's, for tests.

    Raises:
        Unavailable, WrongStamp, BadAddress, BadKeyFile: with what to do.
    """
    clock, chance = clock or SystemClock(), chance or SystemChance()
    transport: Transport | None = SmtpTransport(settings.smtp_url) if settings.smtp_url else None
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealer = Sealer(KeyFile(settings.key_path).read_or_create(chance), chance)
    opened = await open_store(settings.database_url or None, settings.data, clock, sealer=sealer, serving=serving)
    try:
        if migrate or emulator_wanted or (serving and opened.store.dialect == "sqlite"):
            await prepare(opened, emulator=emulator_wanted, chance=chance)
        opened.require_ready()
    except BaseException:
        await opened.close()
        raise
    outgoing = Outgoing(
        allow_loopback=settings.allow_loopback_targets, extra_ca=settings.extra_ca, dns_server=settings.dns_server
    )
    house = House(
        store=opened.store,
        keys=opened.keys,
        clock=clock,
        chance=chance,
        sealer=sealer,
        public_url=settings.origin,
        emulator=opened.emulator,
        service_name=settings.service_name,
        mail_from=settings.mail_from,
        outgoing=outgoing,
        witnesses=read_witnesses(settings.audit_witnesses, outgoing.check),
        countries=Countries(Path(settings.countries) if settings.countries else None),
        journal=DestroyedKeys(settings.data / destroyed_keys.NAME, fingerprint(sealer), clock),
    )
    ring = KeyRing(house)
    delivery = Delivery(house, transport, settings.operated_by, Notices(house, ring), accent.accent(settings.accent))
    known = KnownPasswords(Path(settings.breached_passwords) if settings.breached_passwords else None)
    passwords = Passwords(chance, known=known)
    return Program(
        settings,
        opened,
        house,
        ring,
        passwords,
        Worker(house, delivery, notifications=Notifications(house), connected=Connected(house, ring=ring)),
    )
