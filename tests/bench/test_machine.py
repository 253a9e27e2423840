"""What is read from /proc while processes come and go: a database's connections close whenever they like."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bench import machine

BUSY = "import time; begun = time.process_time()\nwhile time.process_time() < begun + 0.2: pass"


@contextmanager
def processes_coming_and_going() -> Iterator[None]:
    """Children of this process that end at once, one after the other."""
    enough = threading.Event()

    def go_on() -> None:
        while not enough.is_set():
            subprocess.run(["/bin/true"], check=True)

    helpers = [threading.Thread(target=go_on) for _ in range(2)]
    for helper in helpers:
        helper.start()
    try:
        yield
    finally:
        enough.set()
        for helper in helpers:
            helper.join()


def test_a_child_is_in_the_family_and_so_is_its_child() -> None:
    with subprocess.Popen(
        ["/bin/sh", "-c", "/bin/sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        found = machine.family(os.getpid())
        os.kill(grandchild, 15)
    assert found[0] == os.getpid()
    assert {child.pid, grandchild} <= set(found)


def test_a_process_that_ends_meanwhile_is_passed_over() -> None:
    with processes_coming_and_going():
        for _ in range(3_000):
            assert os.getpid() in machine.family(os.getpid())
            machine.cpu_seconds(os.getpid())


def test_one_that_is_gone_has_no_descendants_and_no_time() -> None:
    with subprocess.Popen(["/bin/true"]) as gone:
        gone.wait()
    assert machine.family(gone.pid) == [gone.pid]
    assert machine.cpu_seconds(gone.pid) == 0
    assert machine.held_mib(gone.pid) == 0


def test_time_of_a_child_stays_counted_when_it_has_ended() -> None:
    before = machine.cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert machine.cpu_seconds(os.getpid()) - before >= 0.2
