"""Password hashes: argon2id (RFC 9106) in a small pool of threads, never on the event loop.

19 MiB of memory, two passes, one lane: the first choice of the OWASP password storage cheat sheet; about 20 ms of one
core. The pool has a thread a core and a short queue. When the queue is full the caller hears at once that the service
is busy, so a flood of sign-ins costs other requests as little as possible; on Linux the threads also yield to them
(measured on two cores: a task of 0.2 ms beside a flood had p99 1.1 ms, without yielding 3.9 ms, alone 0.3 ms).
"""

import asyncio
import base64
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from argon2.exceptions import VerificationError, VerifyMismatchError
from argon2.low_level import Type, hash_secret, verify_secret

from vestibule.ground.chance import Chance
from vestibule.ground.known_passwords import KnownPasswords

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
LONGEST: Final = 1024
"""The longest password in octets of UTF-8. Longer ones are refused, nothing is ever cut off (NIST SP 800-63B-4)."""

_SALT_OCTETS: Final = 16
_HASH_OCTETS: Final = 32
_PREFIX: Final = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"
_LESS_URGENT: Final = 10

_T = TypeVar("_T")


class Busy(Exception):
    """Too many passwords are waiting to be hashed: try again in a second."""


class PasswordTooLong(ValueError):
    """The password has more than 1024 octets, or is not text that can be encoded."""


class Passwords:
    """Hashes and checks passwords.

    Args:
        chance: where salts come from.
        workers: threads, by default one for each core.
        waiting: how many may wait for a thread before ``Busy`` is raised.
        known: the passwords that nobody may choose; by default the common ones.
    """

    def __init__(
        self,
        chance: Chance,
        *,
        workers: int | None = None,
        waiting: int = 32,
        known: KnownPasswords | None = None,
    ) -> None:
        count = workers or os.cpu_count() or 1
        self._chance = chance
        self._known = known or KnownPasswords()
        self._room = threading.BoundedSemaphore(count + waiting)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="passwords", initializer=_yield_to_requests)
        # Octets that are nobody's hash: checking against them costs what a real check costs and never succeeds.
        self._nobody = _encoded(chance.octets(_SALT_OCTETS), chance.octets(_HASH_OCTETS))

    async def hash(self, password: str) -> str:
        """Return the hash to store: argon2id in the encoded form ``$argon2id$v=19$…``.

        Raises:
            PasswordTooLong: more than 1024 octets.
            Busy: the queue is full.
        """
        secret, salt = _prepared(password), self._chance.octets(_SALT_OCTETS)
        return await self._in_pool(lambda: _hash(secret, salt))

    async def is_known(self, password: str) -> bool:
        """Whether everybody who guesses would try this password, because it is common or was breached.

        Raises:
            Busy: the queue is full.
        """
        return await self._in_pool(lambda: self._known.contains(password))

    async def verify(self, stored: str, password: str) -> bool:
        """Whether the password is the one that was hashed; one that is too long never is.

        Raises:
            ValueError: ``stored`` is not an argon2id hash.
            Busy: the queue is full.
        """
        try:
            secret = _prepared(password)
        except PasswordTooLong:
            return False
        return await self._in_pool(lambda: _verify(stored, secret))

    async def verify_nothing(self, password: str) -> bool:
        """Take as long as ``verify`` takes and return False: for a name that nobody has.

        Raises:
            Busy: the queue is full.
        """
        return await self.verify(self._nobody, password)

    def close(self) -> None:
        """Finish what runs, drop what waits, end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _in_pool(self, work: Callable[[], _T]) -> _T:
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            future = self._pool.submit(work)
        except BaseException:
            self._room.release()
            raise
        # Also when the caller has gone: a running hash keeps its place until it is done.
        future.add_done_callback(self._leave_room)
        return await asyncio.wrap_future(future)

    def _leave_room(self, _: Future[_T]) -> None:
        self._room.release()


def needs_rehash(stored: str) -> bool:
    """Whether a stored hash was made with other parameters than today's, and is to be replaced at the next sign-in."""
    return not stored.startswith(_PREFIX)


def _prepared(password: str) -> bytes:
    # The same password typed on two keyboards may come composed or decomposed: NIST SP 800-63B-4, section 3.1.1.2,
    # asks for NFKC or NFKD before hashing. The limit holds before and after, since NFKC can make text longer.
    try:
        short = len(password) <= LONGEST and len(password.encode()) <= LONGEST
        secret = unicodedata.normalize("NFKC", password).encode() if short else None
    except UnicodeEncodeError:
        secret = None
    if secret is None:
        msg = f"a password has at most {LONGEST} octets"
        raise PasswordTooLong(msg)
    return secret


def _hash(secret: bytes, salt: bytes) -> str:
    return hash_secret(secret, salt, PASSES, MEMORY_KIB, LANES, _HASH_OCTETS, Type.ID).decode("ascii")


def _verify(stored: str, secret: bytes) -> bool:
    try:
        return verify_secret(stored.encode("ascii"), secret, Type.ID)
    except VerifyMismatchError:
        return False
    except (VerificationError, UnicodeEncodeError) as error:
        msg = "the stored value is not an argon2id hash"
        raise ValueError(msg) from error


def _encoded(salt: bytes, digest: bytes) -> str:
    parts = [base64.b64encode(octets).rstrip(b"=").decode("ascii") for octets in (salt, digest)]
    return _PREFIX + "$".join(parts)


def _yield_to_requests() -> None:
    if sys.platform == "linux":
        # On Linux the priority belongs to the thread; elsewhere it would slow the whole process.
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(_LESS_URGENT, os.getpriority(os.PRIO_PROCESS, thread)))
