"""What the machine says of itself and of processes; everything from /proc, so on Linux only."""

import os
import platform
import time
from pathlib import Path
from typing import Any

import apsw

_TICKS = os.sysconf("SC_CLK_TCK")
_IN_MEMORY = {"tmpfs", "ramfs"}
_ENDED = (FileNotFoundError, ProcessLookupError)  # a process may end between any two looks at it


def about() -> dict[str, Any]:
    """Processor, cores, memory, kernel, versions, and how busy the machine was when the run began."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memoryGiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
        "load": round(os.getloadavg()[0], 2),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def flush_us(folder: Path, times: int = 200) -> int:
    """How long a write of 4 KiB and its flush to the disk take in this folder: the median, in microseconds."""
    path, took = folder / "flush-probe", []
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(times):
            begun = time.perf_counter_ns()
            os.pwrite(handle, os.urandom(4096), 0)
            os.fdatasync(handle)
            took.append(time.perf_counter_ns() - begun)
    finally:
        os.close(handle)
        path.unlink()
    return sorted(took)[times // 2] // 1_000


def is_in_memory(folder: Path) -> bool:
    """Whether the folder lies in a file system that never reaches a disk; figures from there mean nothing."""
    best, kind = "", ""
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, at, type_, *_ = line.split(" ")
        if folder.resolve().is_relative_to(at) and len(at) >= len(best):
            best, kind = at, type_
    return kind in _IN_MEMORY


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of everything below it."""
    return sum(_ticks(one) for one in family(pid)) / _TICKS


def held_mib(pid: int) -> float:
    """Memory of a process and of everything below it in MiB; what several share is counted once (PSS)."""
    total = 0
    for one in family(pid):
        for line in _read(one, "smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def family(pid: int) -> list[int]:
    """A process and all its descendants; one that ends while it is looked at has none."""
    found = [pid]
    for parent in found:  # grows while it is walked
        found += _children(parent)
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in _threads(pid):
        found += [int(child) for child in _read(pid, f"task/{thread}/children").split()]
    return found


def _threads(pid: int) -> list[str]:
    try:
        return [thread.name for thread in Path(f"/proc/{pid}/task").iterdir()]
    except _ENDED:
        return []


def _ticks(pid: int) -> int:
    """Its own time and that of its ended children: without it a database whose connections close would grow younger."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return sum(int(one) for one in fields[11:15])


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8")
    except _ENDED:
        return ""
