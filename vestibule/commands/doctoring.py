"""Examining a deployment: what is right, what is not, and how to mend it."""

import asyncio
import os
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from vestibule.commands import common, logs
from vestibule.commands.common import Failure
from vestibule.commands.findings import Finding
from vestibule.commands.witnessed import witnesses_of
from vestibule.ground.clock import SystemClock
from vestibule.ground.mail import SmtpTransport
from vestibule.ground.sealing import BadKeyFile
from vestibule.program import Program, open_program
from vestibule.proxies import Proxies
from vestibule.settings import BadSetting, Settings, load
from vestibule.store import deployments
from vestibule.store.opening import BadAddress, NotMigrated
from vestibule.store.unit import Unavailable

SEEN_WITHIN: Final = timedelta(minutes=1)
SOON: Final = timedelta(days=14)
CLOCK_MAY_DIFFER: Final = timedelta(seconds=5)
WAIT_S: Final = 5.0


def examine() -> list[Finding]:
    """Look at everything; what cannot be looked at because of something before is left out."""
    try:
        settings = load(os.environ)
        Proxies(settings.trusted_proxies)
    except BadSetting as bad:
        return [Finding("configuration", "bad", str(bad), "Correct the setting that is named.")]
    logs.begin("error")
    found = [Finding("configuration", "ok", f"data in {settings.data}, links say {settings.origin}")]
    found += asyncio.run(_database(settings))
    found += [_mail(settings), *_certificates(settings)]
    return found


async def _database(settings: Settings) -> list[Finding]:
    try:
        common.insist_on_database(settings)
        program = await open_program(settings)
    except Failure as missing:
        mend = "Run `vestibule init`, or `vestibule migrate`; or set VESTIBULE_DATA to the folder where it is."
        return [Finding("database", "bad", str(missing), mend)]
    except NotMigrated as early:
        return [Finding("database", "bad", str(early), "Run `vestibule migrate`.")]
    except (Unavailable, BadAddress) as away:
        return [Finding("database", "bad", str(away), "Check VESTIBULE_DATABASE_URL and that the server runs.")]
    except (BadKeyFile, OSError) as wrong:
        return [Finding("database", "bad", str(wrong), "Check VESTIBULE_KEY_FILE, and who owns the data folder.")]
    try:
        found = [await _kind(program), await _worker(program), await _clock(program)]
        return [*found, *await witnesses_of(program.house)]
    except Unavailable as away:
        return [Finding("database", "bad", str(away), "Try again; if it stays so, look at the database's own log.")]
    finally:
        await program.close()


async def _kind(program: Program) -> Finding:
    stamped = ", an emulator database" if program.house.emulator else ""
    return Finding("database", "ok", f"{program.opened.store.dialect}, at this version{stamped}")


async def _worker(program: Program) -> Finding:
    deployment = await deployments.find(await program.house.store.read())
    now = program.house.clock.now()
    seen = None if deployment is None else deployment.worker_seen
    if seen is not None and now - seen < SEEN_WITHIN:
        return Finding("worker", "ok", "seen within the last minute")
    told = "was never seen" if seen is None else f"was last seen at {seen:%Y-%m-%d %H:%M} UTC"
    return Finding("worker", "note", told, "Run `vestibule serve` or `vestibule worker`; nothing falls due without it.")


async def _clock(program: Program) -> Finding:
    deployment = await deployments.find(await program.house.store.read())
    moment = await program.house.store.moment()
    if deployment is not None and deployment.created_at > moment.machine + CLOCK_MAY_DIFFER:
        mend = "Set the machine's clock (timedatectl); deadlines and tokens depend on it."
        return Finding("clock", "bad", "the machine's clock is earlier than when the database was made", mend)
    ahead = f", lifecycle time is {moment.offset} ahead" if moment.offset else ""
    return Finding("clock", "ok", f"{moment.machine:%Y-%m-%d %H:%M:%S} UTC{ahead}")


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        mend = "Set VESTIBULE_SMTP_URL; until then letters wait (an emulator database captures them)."
        return Finding("mail", "note", "no mail server is set", mend)
    server = SmtpTransport(settings.smtp_url).server
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=WAIT_S):
            return Finding("mail", "ok", f"{server} answers")
    except OSError as failure:
        mend = "Check VESTIBULE_SMTP_URL and the way to the mail server."
        return Finding("mail", "bad", f"{server} does not answer: {failure}", mend)


def _certificates(settings: Settings) -> list[Finding]:
    found = []
    for name in ("ca.pem", "localhost.pem"):
        file = settings.data / name
        if file.exists():
            found.append(_certificate(file))
    if settings.extra_ca:
        found.append(_extra(Path(settings.extra_ca)))
    return found or [
        Finding("certificates", "ok", "none in the data folder; TLS is given to `serve`, or ends before it")
    ]


def _certificate(file: Path) -> Finding:
    renew = f"Delete {file} and start `vestibule serve --tls-dev` again."
    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as failure:
        return Finding("certificates", "bad", f"{file} cannot be read: {failure}", renew)
    left = ends - SystemClock().now()
    if left < timedelta(0):
        return Finding("certificates", "bad", f"{file} ended on {ends:%Y-%m-%d}", renew)
    if left < SOON:
        return Finding("certificates", "note", f"{file} ends on {ends:%Y-%m-%d}", renew)
    return Finding("certificates", "ok", f"{file.name} is good until {ends:%Y-%m-%d}")


def _extra(file: Path) -> Finding:
    try:
        ssl.create_default_context(cafile=str(file))
    except (OSError, ssl.SSLError) as failure:
        mend = "VESTIBULE_EXTRA_CA names a file of PEM certificates."
        return Finding("certificates", "bad", f"{file} cannot be used: {failure}", mend)
    return Finding("certificates", "ok", f"{file} is used for outgoing calls")
