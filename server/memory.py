"""Memory: how much this machine has, and how much more a process may take."""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path


def machine_memory() -> int:
    """Bytes that this machine, or this container, has."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text()))
    return total


def limit_memory(headroom: int) -> None:
    """Let this process take at most that many bytes more than it has now.

    Private writable memory is what is limited: address space would count torch's reservations and the
    mapped data sets too, resident memory could only be watched, and one allocation is enough to be killed.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:  # not Linux: no such limit
        return
    now = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (now + headroom, hard))
