"""One event loop and one warm fork server for all tests that need processes: torch is imported once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from server.forks import ForkServer


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="session")
def forks(runner: asyncio.Runner) -> Iterator[ForkServer]:
    """The fork server."""
    warm = ForkServer()
    runner.run(warm.start())
    yield warm
    runner.run(warm.close())
