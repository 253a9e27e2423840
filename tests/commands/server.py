"""The real server in a process of its own."""

import signal
import ssl
import subprocess
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

import httpx

_SECONDS = 60


class Server:
    """One running ``vestibule serve``.

    Args:
        command: how it is started. environment: everything it knows of the environment.
    """

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def until(self, words: str) -> str:
        """Wait until it says a line with these words on standard error; returns the line."""
        while True:
            try:
                line = self._lines.get(timeout=_SECONDS)
            except Empty:
                line = None
            if line is None:
                raise AssertionError(f"the server did not say {words!r}:\n{''.join(self.said)}")
            if words in line:
                return line

    def ready(self) -> "Server":
        """Wait until it serves."""
        self.until("serving at")
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to end. Returns the exit status and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        return self.wait(), time.monotonic() - began

    def wait(self) -> int:
        """The exit status, once it has ended."""
        status = self.process.wait(_SECONDS)
        self._listener.join(_SECONDS)
        return status

    def kill(self) -> None:
        """End it, however it is."""
        if self.process.poll() is None:
            self.process.kill()
            self.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    @property
    def out(self) -> str:
        """What it said on standard output, once it has ended."""
        return "" if self.process.stdout is None else self.process.stdout.read()

    @property
    def err(self) -> str:
        """What it said on standard error so far."""
        return "".join(self.said)

    def _listen(self) -> None:
        if self.process.stderr is not None:
            for line in self.process.stderr:
                self.said.append(line)
                self._lines.put(line)
        self._lines.put(None)


def client(port: int, authority: Path | None = None) -> httpx.Client:
    """A program that asks a server on this machine, over TLS when its authority is given."""
    scheme, verify = (
        ("http", False) if authority is None else ("https", ssl.create_default_context(cafile=str(authority)))
    )
    return httpx.Client(base_url=f"{scheme}://localhost:{port}", verify=verify, timeout=_SECONDS, trust_env=False)
