"""`oqu doctor`: is everything here that Oqu needs, and what does it have to work with."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.errors import OquError
from server.address import running
from server.page import STATIC
from server.settings import Settings

FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `good` is None where it matters little."""

    name: str
    value: str
    good: bool | None = True


def doctor(console: Console) -> int:
    """Print all findings; 1 where something must be mended."""
    found = [finding for look in LOOKS for finding in look(Settings())]
    marks = {True: "[green]ok[/green]", False: "[red]mend[/red]", None: "[yellow]note[/yellow]"}
    table = Table("", "", "", box=None, show_header=False)
    for finding in found:
        table.add_row(marks[finding.good], finding.name, escape(finding.value))
    console.print(table)
    return 1 if any(finding.good is False for finding in found) else 0


def _versions(_: Settings) -> Iterator[Finding]:
    yield Finding("Python", platform.python_version(), platform.python_version_tuple() >= ("3", "11"))
    for package in ("oqu", "torch", "numpy", "fastapi", "pydantic"):
        try:
            yield Finding(package, version(package))
        except PackageNotFoundError:
            yield Finding(package, "is not installed: make setup", good=False)


def _machine(_: Settings) -> Iterator[Finding]:
    import torch

    yield Finding(
        "cores", f"{os.cpu_count()}; torch would use {torch.get_num_threads()} threads, a run uses one"
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding("memory", f"{memory / 2**30:.1f} GiB")
    if torch.cuda.is_available():
        yield Finding("GPU", torch.cuda.get_device_name(0))
    else:
        yield Finding("GPU", "none that torch can use; everything works on the CPU", good=None)
    compiler = shutil.which("g++")
    yield Finding(
        "g++", compiler or "not found: steps cannot be compiled, training is slower", bool(compiler) or None
    )


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            yield Finding("data folder", str(home))
    except OSError as error:
        yield Finding("data folder", f"{home} cannot be written ({error.strerror}): set OQU_HOME", good=False)
        return
    free = shutil.disk_usage(home).free
    yield Finding("disk", f"{free / 1e9:.1f} GB free", free > FREE_BYTES)


def _server(settings: Settings) -> Iterator[Finding]:
    try:
        address = running(settings.home)
    except OquError as error:
        yield Finding("server", str(error), good=None)
        return
    if address is not None:
        yield Finding("server", f"runs at {address.url}")
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            yield Finding("port", f"{settings.port} is free")
        except OSError:
            yield Finding("port", f"{settings.port} is taken: oqu serve --port 8001", good=False)


def _page(_: Settings) -> Iterator[Finding]:
    built = (STATIC / "index.html").exists()
    yield Finding("page", "built" if built else "not built: make setup", built)


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_versions, _machine, _home, _server, _page)
