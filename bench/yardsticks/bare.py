"""Bare HTTP: the same server library with an application that answers the same octets to everything.

What a case stays behind it is what the service itself costs.

    python -m bench.yardsticks.bare PORT ANSWER_FILE
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tests.support.ports import free_port

_UP_WITHIN_S = 20


@contextmanager
def serving(answer: bytes) -> Iterator[int]:
    """Serve ``answer``; gives the port."""
    port = free_port()
    with tempfile.NamedTemporaryFile() as file:
        file.write(answer)
        file.flush()
        process = subprocess.Popen([sys.executable, "-m", __name__, str(port), file.name])
        try:
            _wait(port)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _wait(port: int) -> None:
    ends = time.perf_counter() + _UP_WITHIN_S
    while time.perf_counter() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the bare server did not come up")


def main(arguments: list[str]) -> None:
    body = Path(arguments[1]).read_bytes()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(arguments[0]),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
