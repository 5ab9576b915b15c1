"""Live pictures that people look at: asked for once by each watcher, drawn once for all who ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.control import Command, Watch
from server.errors import TooManyError
from server.executors.base import Executor

MAX_WATCHES = 32


@dataclass
class _Watched:
    """A live picture that somebody asked for, and how many did."""

    watch: Watch
    watchers: int = 1


class Watches:
    """The live pictures of all runs, by run."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._runs: dict[str, dict[int, _Watched]] = {}
        self._number = 0

    def add(self, run_id: str, probe: str, params: dict[str, Any]) -> int:
        """One watcher more. Gives the id in the frames. Raises TooManyError."""
        watches = self._runs.get(run_id, {})
        for watched in watches.values():
            if (watched.watch.probe, watched.watch.params) == (probe, params):
                watched.watchers += 1
                return watched.watch.id
        if len(watches) >= MAX_WATCHES:
            raise TooManyError(
                "watch.too_many", f"At most {MAX_WATCHES} live pictures of one run.", hint="Close some."
            )
        self._number += 1
        watch = Watch(self._number, probe, params)
        self._runs.setdefault(run_id, {})[watch.id] = _Watched(watch)
        self._executor.control(run_id, Command("watch", watch=watch, id=watch.id))
        return watch.id

    def remove(self, run_id: str, watch_id: int) -> None:
        """One watcher less; the last one ends the pictures."""
        watches = self._runs.get(run_id, {})
        watched = watches.get(watch_id)
        if watched is None:
            return
        watched.watchers -= 1
        if watched.watchers == 0:
            del watches[watch_id]
            self._executor.control(run_id, Command("unwatch", id=watch_id))
            if not watches:
                del self._runs[run_id]

    def of(self, run_id: str) -> list[Watch]:
        """What a worker of this run has to draw."""
        return [watched.watch for watched in self._runs.get(run_id, {}).values()]

    def forget(self, run_id: str) -> None:
        """The run has ended."""
        self._runs.pop(run_id, None)
