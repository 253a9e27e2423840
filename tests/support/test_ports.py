import socket
import subprocess
import sys
from pathlib import Path

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]


def test_what_is_taken_is_passed_over():
    first = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first + 1))
        assert free_port() > first + 1


def test_processes_begin_at_places_of_their_own():
    code = "from tests.support.ports import free_port; print(free_port())"
    found = {subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) for _ in range(2)}
    assert len(found | {f"{free_port()}\n"}) == 3
