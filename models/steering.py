"""What people do to a run between two of its steps: pause, go on, one step, stop, other settings, look.

`models.control.Control` is the mailbox; here is what each thing in it does.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from models.control import Command, Control, Watch
from models.errors import OquError
from models.events import Controlled, Finding, State, StateChanged
from models.experiment import ControlEntry
from models.probes import look
from models.replay import with_changes
from models.scene import Frame
from models.snapshots import Snapshot
from models.state import RunState

if TYPE_CHECKING:
    from models.events import Event


class Steering:
    """Obeys: commands as they arrive, and those that the document recorded at their steps."""

    def __init__(self, state: RunState, control: Control, *, paused: bool, at: int) -> None:
        """Changes recorded up to step `at` hold already."""
        self.state, self.control = state, control
        self.paused, self.stopped = paused, False
        self.until: Literal["step", "epoch"] | None = None
        """While paused: go on to the end of this."""
        self.said: State = "paused" if paused else "running"
        self._replayed = [entry for entry in state.document.control if entry.step <= at]

    def next_change(self) -> int | None:
        """The next step at which the document records a change."""
        return next(
            (entry.step for entry in self.state.document.control if entry.step > self.state.step), None
        )

    def attend(self) -> Iterator[Event | Snapshot | Frame]:
        """Changes recorded for this step, then the mailbox; blocks while paused."""
        for entry in self.state.document.control:
            if entry.step == self.state.step and entry not in self._replayed:
                self._replayed.append(entry)
                yield from self._change(entry.set)
        while not self.stopped:
            command = self.control.poll()
            if command is None:
                if not self.paused or self.until is not None:
                    return
                command = self.control.wait()
            yield from self._obey(command)
            if self.until is not None:
                return

    def look(self, watches: Iterable[Watch] | None = None) -> Iterator[Frame]:
        """The live pictures of these watches, or of all, of the weights as they are."""
        for watch in list(self.control.watches.values() if watches is None else watches):
            began = time.monotonic()
            yield look(watch.probe, watch.params, self.state.scene(), watch.id)
            self.control.spent(watch, time.monotonic() - began)

    def _obey(self, command: Command) -> Iterator[Event | Snapshot | Frame]:
        """Do one thing that somebody asked for."""
        action, step = command.action, self.state.step
        if action == "snapshot":
            yield self.state.snapshot("recovery")
        elif action == "watch" and command.watch is not None:
            self.control.watches[command.watch.id] = command.watch
            if self.paused:
                yield from self.look([command.watch])
        elif action == "unwatch":
            self.control.watches.pop(command.id, None)
        elif action == "set":
            yield from self._set(command.set)
        elif action == "pace":
            self.control.pace = command.pace
            pace = command.pace.model_dump(mode="json") if command.pace else None
            yield Controlled(action="pace", step=step, set={"run.pace": pace})
        elif action in ("pause", "resume", "step", "epoch", "stop"):
            yield Controlled(action=action, step=step)
            yield from self._move(action)

    def _move(self, action: Literal["pause", "resume", "step", "epoch", "stop"]) -> Iterator[Event | Frame]:
        """Pause, go on, go on for one step or epoch, stop."""
        self.stopped = action == "stop"
        self.paused = action in ("pause", "step", "epoch")
        self.until = action if action in ("step", "epoch") else None
        state: State = "paused" if self.paused else "running"
        if state != self.said and not self.stopped:
            self.said = state
            yield StateChanged(state=state)
        if action == "pause":
            yield from self.look()

    def _set(self, values: dict[str, Any]) -> Iterator[Event]:
        """A live change: recorded at this step, then made. One that cannot be made is said and not recorded."""
        state = self.state
        try:
            entry = ControlEntry(step=state.step, set=values)
        except ValidationError as error:
            yield self._refusal(str(error.errors()[0]["msg"]), "")
            return
        refusals = list(self._change(values))
        yield from refusals
        if refusals:
            return
        self._replayed.append(entry)
        entries = sorted([*state.document.control, entry], key=lambda each: each.step)
        state.document = state.document.model_copy(update={"control": entries})
        yield Controlled(action="set", step=state.step, set=values)

    def _change(self, values: Mapping[str, Any]) -> Iterator[Finding]:
        """Go on with other settings; where that cannot be, say why."""
        try:
            self.state.adjust(with_changes(self.state.experiment, values))
        except OquError as error:
            yield self._refusal(error.problem.detail, error.problem.hint)

    def _refusal(self, detail: str, hint: str) -> Finding:
        state = self.state
        return Finding(code="change_refused", step=state.step, epoch=state.epoch, detail=detail, hint=hint)
