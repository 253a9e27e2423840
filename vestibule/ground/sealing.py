"""Secrets at rest: the key-encryption key in a file beside the database, and what is sealed, wrapped and keyed with it.

The database never holds the key-encryption key, and the key never seals data itself: every use has a subkey of its own
(HKDF, RFC 5869, named by a label). Data is sealed with AES-256-GCM (NIST SP 800-38D) under keys which are stored
wrapped (AES key wrap, RFC 3394). Low-entropy values that must be found again, such as addresses and codes, are kept as
keyed hashes (HMAC-SHA-256, RFC 2104).
"""

import base64
import binascii
import contextlib
import hmac
import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from vestibule.ground.chance import Chance

KEY_OCTETS: Final = 32
_NONCE_OCTETS: Final = 12
_TAG_OCTETS: Final = 16
_OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO
_WRAPPING: Final = "key wrap"


class CannotOpen(Exception):
    """A sealed value or wrapped key cannot be opened: another key, another context, or changed octets; no more said."""

    def __init__(self) -> None:
        super().__init__("cannot be opened: another key, another context, or changed")


class BadKeyFile(Exception):
    """The key file cannot be used; the message says why and what to do."""


class KeyFile:
    """The file that holds the key-encryption key: 32 random octets in base64, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> bytes:
        """Return the 32 octets.

        Raises:
            FileNotFoundError: there is no such file.
            BadKeyFile: others may read it, it cannot be read, or it does not hold a key.
        """
        try:
            # Without O_NONBLOCK a pipe in its place would hold up the start.
            handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except PermissionError as error:
            msg = f"the key file {self.path} cannot be read: give it to the account that runs Vestibule (chown)"
            raise BadKeyFile(msg) from error
        try:
            # Asked of the open file, so that nobody can put another in its place in between.
            self._refuse_if_unsafe(os.fstat(handle).st_mode)
            return self._decoded(os.read(handle, 1024))
        finally:
            os.close(handle)

    def create(self, chance: Chance) -> bytes:
        """Make a new key, write it, and return its 32 octets.

        The file appears complete and durable or not at all, and never replaces another one.

        Raises:
            FileExistsError: there is a file already.
        """
        key = chance.octets(KEY_OCTETS)
        draft = self.path.with_name(f".{self.path.name}.{chance.token(9)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64encode(key) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, fails when the name is taken.
            os.link(draft, self.path)
        finally:
            draft.unlink()
        self._keep_name()
        return key

    def read_or_create(self, chance: Chance) -> bytes:
        """Return the key, made now if there is none; of several processes that start at once, all get the same one.

        Raises:
            BadKeyFile: there is a file, and it cannot be used.
        """
        with contextlib.suppress(FileNotFoundError):
            return self.read()
        try:
            return self.create(chance)
        except FileExistsError:
            return self.read()

    def _refuse_if_unsafe(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            msg = f"the key file {self.path} is not a file"
            raise BadKeyFile(msg)
        if mode & _OTHERS_MAY:
            msg = (
                f"the key file {self.path} is open to other accounts (mode {stat.S_IMODE(mode):04o}): "
                f"run chmod 600 {self.path}, and if others could have read it, treat the key as known to them"
            )
            raise BadKeyFile(msg)

    def _decoded(self, text: bytes) -> bytes:
        try:
            key = binascii.a2b_base64(text.strip(), strict_mode=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_OCTETS:
            msg = (
                f"the key file {self.path} does not hold a key (32 octets in base64): put back the right file from its "
                "backup; without it nothing that was sealed can be opened"
            )
            raise BadKeyFile(msg)
        return key

    def _keep_name(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Sealer:
    """Seals, wraps and keys with the key-encryption key ``kek`` (32 octets).

    Nonces and new keys come from ``chance``: with a seeded one the result is repeatable and protects nothing.
    """

    def __init__(self, kek: bytes, chance: Chance) -> None:
        _check_key(kek)
        self._kek = kek
        self._chance = chance
        self._subkeys: dict[str, bytes] = {}

    def new_key(self) -> bytes:
        """Return a new data key, 32 octets."""
        return self._chance.octets(KEY_OCTETS)

    def wrap(self, key: bytes) -> bytes:
        """Return a data key as it may be stored: 8 octets longer, with integrity (RFC 3394).

        Raises:
            ValueError: the key is not 32 octets.
        """
        _check_key(key)
        return aes_key_wrap(self.derive(_WRAPPING), key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the data key that ``wrap`` wrapped.

        Raises:
            CannotOpen: wrapped with another key, or changed.
        """
        try:
            key = aes_key_unwrap(self.derive(_WRAPPING), wrapped)
            _check_key(key)
        except (InvalidUnwrap, ValueError):
            raise CannotOpen from None
        return key

    def seal(self, key: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Encrypt with AES-256-GCM under a random 96-bit nonce.

        Args:
            key: 32 octets; not more than 2**32 values are sealed with one key (SP 800-38D, section 8.3).
            plaintext: what is to be kept secret.
            aad: the context it belongs to, not kept in the result and needed again to open it.

        Returns:
            Nonce, ciphertext and tag: 28 octets more than the plaintext.

        Raises:
            ValueError: the key is not 32 octets.
        """
        _check_key(key)
        nonce = self._chance.octets(_NONCE_OCTETS)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)

    def open(self, key: bytes, sealed: bytes, aad: bytes) -> bytes:
        """Return what ``seal`` sealed with the same key and context.

        Raises:
            CannotOpen: another key, another context, or changed octets.
            ValueError: the key is not 32 octets.
        """
        _check_key(key)
        if len(sealed) < _NONCE_OCTETS + _TAG_OCTETS:
            raise CannotOpen
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], aad)
        except InvalidTag:
            raise CannotOpen from None

    def derive(self, label: str) -> bytes:
        """Return the subkey of that name, 32 octets: the same for the same key-encryption key, unrelated to others."""
        subkey = self._subkeys.get(label)
        if subkey is None:
            info = f"vestibule/{label}".encode()
            subkey = HKDF(hashes.SHA256(), KEY_OCTETS, salt=None, info=info).derive(self._kek)
            self._subkeys[label] = subkey
        return subkey

    def mac(self, label: str, message: bytes) -> bytes:
        """Return the HMAC-SHA-256 of a message under the subkey of that name, 32 octets."""
        return hmac.digest(self.derive(label), message, "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one, other)


def _check_key(key: bytes) -> None:
    if len(key) != KEY_OCTETS:
        msg = f"a key has {KEY_OCTETS} octets, not {len(key)}"
        raise ValueError(msg)
