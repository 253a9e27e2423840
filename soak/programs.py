"""The program itself as processes: ``vestibule serve`` and ``vestibule worker``, started, killed, stopped."""

import contextlib
import os
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.ports import free_port

RUN = "from vestibule.cli import main; main()"
STOP_S = 10.0


@dataclass(slots=True)
class Serving:
    """A server on an emulator database with its worker, and for PostgreSQL one more worker beside it.

    Attributes:
        data, url: the data folder, and the PostgreSQL database or nothing. port, plain_port: where it listens.
    """

    data: Path
    url: str
    port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Where browsers and programs reach it, and what it calls itself."""
        return f"https://localhost:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """What a client believes who knows the server's own authority."""
        return ssl.create_default_context(cafile=str(self.data / "ca.pem"))

    def start(self) -> None:
        """Start the processes; they may not be ready yet."""
        ports = ("--port", str(self.port), "--http-port", str(self.plain_port))
        self.processes = [self._popen("serve", "--emulator", "--tls-dev", *ports)]
        if self.url:
            self.processes.append(self._popen("worker"))

    def ready_within(self, seconds: float) -> float | None:
        """Wait until it says that it is ready. Returns the seconds that took, or None when it does not come."""
        begun = time.monotonic()
        with httpx.Client(base_url=f"http://localhost:{self.plain_port}", timeout=2) as client:
            while (passed := time.monotonic() - begun) < seconds:
                with contextlib.suppress(httpx.TransportError):
                    if client.get("/readyz").status_code == httpx.codes.OK:
                        return passed
                time.sleep(0.02)
        return None

    def kill(self) -> int:
        """End every process with SIGKILL. Returns how many there were."""
        for process in self.processes:
            process.kill()
            process.wait()
        ended = len(self.processes)
        self.processes = []
        return ended

    def stop(self) -> list[str]:
        """End every process with SIGTERM. Returns what is wrong with how they ended."""
        found = []
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                status = process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                found.append("a process did not end within ten seconds of SIGTERM")
            else:
                found += [f"a process ended with status {status} on SIGTERM: {self.last_words()}"] if status else []
        self.processes = []
        return found

    def last_words(self) -> str:
        """The end of what the processes wrote."""
        path = self.data / "log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    def _popen(self, *arguments: str) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
        mine = {"VESTIBULE_DATA": str(self.data), "VESTIBULE_PUBLIC_URL": self.origin}
        if self.url:
            mine["VESTIBULE_DATABASE_URL"] = self.url
        with (self.data / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", RUN, *arguments], env={**kept, **mine}, stdout=log, stderr=subprocess.STDOUT
            )
