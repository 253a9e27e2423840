"""A witness on a port of this machine: C2SP tlog-witness to the letter, and every way of not being one.

It shares nothing with the product: it takes notes apart, checks signatures and consistency proofs (from the definition
in RFC 6962, section 2.1.2) and signs by itself, so that both would have to be wrong in the same way.
"""

import base64
import hashlib
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vestibule.ground.certificates import for_development

DASH = "\N{EM DASH} "
Answer = tuple[int, str, bytes]
TEXT = "text/plain; charset=utf-8"


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:4]


@dataclass
class Witness:
    """A witness.

    Attributes:
        name: what its key is called. private: the key. origin: its https origin. authority: who vouches for that.
        logs: the logs it knows, by origin line, each with the verifier keys it believes.
        seen: the size and root that it cosigned last, of each log.
        asked: every body that came. instead: answers in its place, if set, given what it would have answered.
        held: set while answers may go out. now: its clock.
    """

    name: str = "witness.example/w1"
    private: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"w" * 32))
    origin: str = ""
    authority: str = ""
    logs: dict[str, list[str]] = field(default_factory=dict)
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    instead: Callable[[Answer], Answer] | None = None
    held: threading.Event = field(default_factory=threading.Event)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def vkey(self) -> str:
        """Its verifier key."""
        public = self.private.public_key().public_bytes_raw()
        return f"{self.name}+{key_id(self.name, 4, public).hex()}+{b64(bytes([4]) + public)}"

    @property
    def setting(self) -> str:
        """Key and address, as an operator writes them down."""
        return f"{self.vkey} {self.origin}/prefix"

    def knows(self, origin: str, *keys: str) -> None:
        """Let it know a log."""
        self.logs[origin] = list(keys)

    def answer(self, path: str, body: bytes) -> Answer:
        """What it answers."""
        self.asked.append(body)
        if path != "/prefix/add-checkpoint":
            return 404, TEXT, b"there is nothing here"
        with self.one_at_a_time:
            return self._add(body.decode())

    def _add(self, body: str) -> Answer:
        head, found, note = body.partition("\n\n")
        first, *proof_lines = head.split("\n")
        word, _, digits = first.partition(" ")
        if word != "old" or not digits.isdecimal() or str(int(digits)) != digits or not found or len(proof_lines) > 63:
            return 400, TEXT, b"that is no request"
        text, _, signatures = note.rpartition("\n\n")
        origin, size_line, root_line, *_ = f"{text}\n".split("\n")
        if origin not in self.logs:
            return 404, TEXT, b"unknown log"
        if not self._is_signed(f"{text}\n", signatures, self.logs[origin]):
            return 403, TEXT, b"not signed by a key that is trusted"
        return self._grow(f"{text}\n", origin, int(digits), int(size_line), base64.b64decode(root_line), proof_lines)

    @staticmethod
    def _is_signed(text: str, signatures: str, keys: list[str]) -> bool:
        signed = False
        for vkey in keys:
            name, ident, key = vkey.split("+", 2)
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
            for line in signatures.splitlines():
                said, _, octets = line.removeprefix(DASH).partition(" ")
                raw = base64.b64decode(octets)
                if said == name and raw[:4].hex() == ident:
                    try:
                        public.verify(raw[4:], text.encode())
                    except InvalidSignature:
                        return False
                    signed = True
        return signed

    def _grow(self, text: str, origin: str, old: int, size: int, root: bytes, lines: list[str]) -> Answer:
        if old > size:
            return 400, TEXT, b"the old size is larger"
        known, known_root = self.seen.get(origin, (0, b""))
        if old != known:
            return 409, "text/x.tlog.size", f"{known}\n".encode()
        proof = [base64.b64decode(line, validate=True) for line in lines]
        if size == 0:
            fits = not proof and root == hashlib.sha256(b"").digest()
        else:
            fits = not proof if old == 0 else is_consistent(old, size, known_root, root, proof)
        if not fits:
            return 422, TEXT, b"not consistent"
        self.seen[origin] = (size, root)
        return 200, TEXT, self.line(text).encode()

    def line(self, text: str) -> str:
        """Its cosignature of a checkpoint."""
        at = int(self.now().timestamp())
        public = self.private.public_key().public_bytes_raw()
        signed = self.private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"{DASH}{self.name} {b64(key_id(self.name, 4, public) + struct.pack('>Q', at) + signed)}\n"


def is_consistent(old: int, size: int, old_root: bytes, root: bytes, proof: list[bytes]) -> bool:
    """SUBPROOF of RFC 6962 read backwards: what it splits is put together again, from the last hash to the first."""
    left = list(proof)

    def node(one: bytes, other: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + one + other).digest()

    def both(m: int, n: int, whole: bool) -> tuple[bytes, bytes]:
        if m == n:
            last = old_root if whole else left.pop()
            return last, last
        k = 1 << ((n - 1).bit_length() - 1)
        beside = left.pop()
        if m <= k:
            before, after = both(m, k, whole)
            return before, node(after, beside)
        before, after = both(m - k, n - k, whole=False)
        return node(beside, before), node(beside, after)

    try:
        return both(old, size, whole=True) == (old_root, root) and not left
    except IndexError:
        return False


@contextmanager
def running(witness: Witness, folder: Path) -> Iterator[Witness]:
    """Serve it over https on loopback, on a free port. ``folder`` keeps its certificates."""
    files = for_development(folder, datetime.now(UTC))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, answer = witness.answer(self.path, body)
            if witness.instead is not None:
                status, kind, answer = witness.instead((status, kind, answer))
            witness.held.wait(30)
            self.send_response(status)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(answer))), ("Connection", "close")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever asked did not wait for the answer, or did not believe the certificate."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    witness.origin, witness.authority = f"https://localhost:{server.server_port}", str(files.authority)
    witness.held.set()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield witness
    finally:
        witness.held.set()
        server.shutdown()
        thread.join()
        server.server_close()
