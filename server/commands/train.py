"""`oqu train`: the same learning as in the browser, in the terminal, driven directly."""

from __future__ import annotations

import csv
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from models import events
from models.control import Command, Control
from server.worker import ended_by

if TYPE_CHECKING:
    from models.experiment import Experiment
    from models.snapshots import Snapshot

SHOWN = ("train_loss", "val_loss", "val_accuracy", "val_rmse")
CODES = {"completed": 0, "failed": 1, "cancelled": 130}


class Training:
    """What a run in the terminal leaves behind and shows."""

    def __init__(self, experiment: Experiment, out: Path, console: Console) -> None:
        self._experiment = experiment
        self._out = out
        self._console = console
        self._rows: dict[str, list[dict[str, Any]]] = {"epoch": [], "step": []}
        self._snapshot: Path | None = None
        self._ended: events.Ended | None = None
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=console,
        )

    def run(self, start: Snapshot | None = None) -> int:
        """Train to the end; gives the exit status."""
        from models.training import train
        from server.doors import FolderDoor
        from server.settings import Settings

        settings = Settings()
        door = FolderDoor(settings.home, None, settings.mirror, downloads=settings.downloads)
        control = Control()
        self._out.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        epochs = getattr(self._experiment.learner, "epochs", None)
        name = self._experiment.name or "experiment"
        with self._bar, _interruptible(control):
            task = self._bar.add_task(name, total=epochs, numbers="")
            try:
                for said in train(self._experiment, data=door, control=control, start=start):
                    self._take(said, task)
            except Exception as error:  # train() foresaw all else
                traceback.print_exc()
                self._take(ended_by(error), task)
        return self._conclude(time.monotonic() - begun)

    def _take(self, said: Any, task: Any) -> None:
        match said:
            case events.Progress():
                self._progress(said, task)
            case events.Prepared():
                parts = ", ".join(f"{count:,} {part}" for part, count in said.parts.items() if count)
                self._bar.print(f"{said.parameters:,} parameters; {parts}; on {said.device}")
            case events.Finding():
                words = " ".join(part for part in (said.detail, said.hint) if part) or said.code
                self._bar.print(f"[yellow]epoch {said.epoch}: {words}[/yellow]")
            case events.Ended():
                self._ended = said
            case _ if hasattr(said, "tensors"):
                self._keep(said)

    def _progress(self, block: events.Progress, task: Any) -> None:
        rows = [
            dict(zip(block.columns, row, strict=True)) for row in zip(*block.columns.values(), strict=True)
        ]
        self._rows[block.series] += rows
        if block.series == "epoch" and rows:
            last = rows[-1]
            shown = [name for name in SHOWN if last.get(name) is not None]
            numbers = "  ".join(f"{name.replace('_', ' ')} {last[name]:.4g}" for name in shown)
            self._bar.update(task, completed=last.get("epoch"), numbers=numbers)

    def _keep(self, snapshot: Snapshot) -> None:
        from models.snapshots import encode

        path = self._out / "snapshot.safetensors"
        part = path.with_suffix(".part")
        part.write_bytes(encode(snapshot))
        part.replace(path)
        self._snapshot = path

    def _conclude(self, seconds: float) -> int:
        ended = self._ended or events.Ended(
            state="failed", reason="internal", detail="It ended without a word."
        )
        (self._out / "experiment.json").write_text(
            self._experiment.model_dump_json(indent=2) + "\n", encoding="utf-8"
        )
        self._write_metrics()
        colour = {"completed": "green", "failed": "red"}.get(ended.state, "yellow")
        words = " ".join(part for part in (ended.detail, ended.hint) if part)
        reason = f" ({ended.reason})" if ended.reason else ""
        self._console.print(
            f"[{colour}]{ended.state.capitalize()}{reason}[/{colour}] after {seconds:.1f} s. {words}"
        )
        if ended.state != "failed":
            self._table(ended)
        if self._snapshot is not None:
            self._console.print(f"Last snapshot: {self._snapshot}", soft_wrap=True)
        self._console.print(f"Measurements:  {self._out / 'metrics.csv'}", soft_wrap=True)
        return CODES[ended.state]

    def _table(self, ended: events.Ended) -> None:
        last = self._rows["epoch"][-1] if self._rows["epoch"] else {}
        names = dict.fromkeys(name.partition("_")[2] for name in last if name.startswith(("train_", "val_")))
        table = Table("", "training", "validation", *(["test"] if ended.test else []), box=None)
        for name in names:
            values = [last.get(f"train_{name}"), last.get(f"val_{name}")]
            values += [ended.test.get(name)] if ended.test else []
            table.add_row(name, *("" if value is None else f"{value:.4g}" for value in values))
        if names:
            self._console.print(table)

    def _write_metrics(self) -> None:
        rows = self._rows["epoch"] or self._rows["step"]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with (self._out / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)


@contextmanager
def _interruptible(control: Control) -> Iterator[None]:
    """Ctrl-C asks for a clean stop at the next step; the second one ends at once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        control.put(Command("stop"))
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def train(source: str, out: Path | None, changes: dict[str, Any], console: Console) -> int:
    """Train what a file or a slug says; gives the exit status. Raises OquError where it cannot begin."""
    from models.experiment import changed, digest, parse
    from server.commands.documents import read
    from server.settings import Settings

    experiment = parse(read(source))
    experiment = changed(experiment, {"run.pace": None, "run.paused": False, **changes})
    folder = out or Settings().home / "trained" / f"{Path(source).stem}-{digest(experiment)[:8]}"
    return Training(experiment, folder, console).run(_start(experiment))


def _start(experiment: Experiment) -> Snapshot | None:
    """The snapshot that the document begins with, from the data folder."""
    if experiment.start is None:
        return None
    from models.snapshots import decode
    from server.files import Files
    from server.settings import Settings

    return decode(Files(Settings().home / "files").open(experiment.start.snapshot))
