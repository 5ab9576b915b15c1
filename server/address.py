"""Where the server of a data folder answers: a small file beside its lock, for other commands on this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from server.errors import ConflictError
from server.files import HomeLock

FILE = "server.json"


@dataclass(frozen=True)
class Address:
    """Where it answers, and the token it asks for."""

    url: str
    token: str | None = None


@contextmanager
def announced(home: Path, address: Address) -> Iterator[None]:
    """Tell other commands of this user while the server runs."""
    path = home / FILE
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    content = orjson.dumps({"url": address.url, "token": address.token})
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def in_use(home: Path) -> bool:
    """Whether a server works in this data folder."""
    if not (home / "oqu.lock").exists():
        return False
    lock = HomeLock(home)
    try:
        lock.acquire()
    except ConflictError:
        return True
    lock.release()
    return False


def running(home: Path) -> Address | None:
    """The server that works in this data folder; None when there is none."""
    if not in_use(home):
        return None
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Address(**orjson.loads((home / FILE).read_bytes()))
    raise ConflictError(
        "home.in_use",
        "An Oqu works in this data folder, but does not say at which address.",
        hint="Wait until it has started, or point OQU_HOME at another folder.",
    )
