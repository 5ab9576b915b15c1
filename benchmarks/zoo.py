"""Train every zoo experiment with five seeds and print floor and figure: python -m benchmarks.zoo [SLUG ...].

Imported data come from OQU_ZOO_DATA, else ../shared/data: sign-language-digits.zip and mnist-10k/ with the IDX
pair. Without them those rows are left out and said to be. `--seeds N` measures fewer seeds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

os.environ.setdefault("OMP_NUM_THREADS", "1")

from models import zoo
from models.data import Dataset, NoDoor
from models.errors import DataError
from models.events import Ended, Finding, Progress
from models.experiment import Experiment
from models.importing import import_files, open_dataset
from models.training import train

SOURCE = Path(os.environ.get("OQU_ZOO_DATA", Path(__file__).parents[2] / "shared" / "data"))
SETS = {
    "sign-language": ["sign-language-digits.zip"],
    "mnist10k": ["mnist-10k/*images*", "mnist-10k/*labels*"],
}


@dataclass(frozen=True)
class Floor:
    """What an experiment must reach on rows it has not seen, or the finding that it must bring."""

    column: str = ""
    least: float | None = None
    most: float | None = None
    seconds: float = 30
    of_all: bool = False
    """The mean of the seeds counts, not each."""
    finding: str = ""

    def met(self, values: list[float]) -> bool:
        """Whether all seeds, or their mean, are on the right side."""
        values = [mean(values)] if self.of_all else values
        return all(
            (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
            for value in values
        )

    def __str__(self) -> str:
        if self.finding:
            return f"{self.finding} named, {self.seconds:g} s"
        bound = f">= {self.least:g}" if self.least is not None else f"< {self.most:g}"
        return f"{self.column} {bound}{' (mean)' if self.of_all else ''}, {self.seconds:g} s"


FLOORS = {
    "spiral": Floor("val_loss", most=0.1, seconds=20),
    "circle": Floor("val_accuracy", least=0.95),
    "xor": Floor("val_accuracy", least=0.95),
    "gauss": Floor("val_accuracy", least=0.95),
    "moons": Floor("val_accuracy", least=0.95),
    "blobs": Floor("val_accuracy", least=0.95),
    "checkerboard": Floor("val_accuracy", least=0.9),
    "sine": Floor("val_r2", least=0.9),
    "regression-plane": Floor("val_r2", least=0.95),
    "vanishing-gradients": Floor(finding="vanishing_gradients"),
    "iris": Floor("val_accuracy", least=0.9),
    "wine": Floor("val_accuracy", least=0.9),
    "breast-cancer": Floor("val_accuracy", least=0.93),
    "diabetes": Floor("val_r2", least=0.3),
    "digits-mlp": Floor("val_accuracy", least=0.97, seconds=10, of_all=True),
    "digits-cnn": Floor("val_accuracy", least=0.98, of_all=True),
    "logistic-sign-language": Floor("val_accuracy", least=0.92, of_all=True),
    "sign-language-cnn": Floor("val_accuracy", least=0.93, seconds=120, of_all=True),
    "mnist-cnn": Floor("val_accuracy", least=0.98, seconds=60),
}


class Door(NoDoor):
    """Opens the sets that were imported for this measurement."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        object.__setattr__(self, "folder", folder)

    def imported(self, name: str, sha256: str | None) -> Dataset:
        """The set of that name. Raises DataError where it is not here."""
        folder: Path = self.folder / name  # type: ignore[attr-defined]
        return open_dataset(folder) if folder.exists() else super().imported(name, sha256)


def import_all(folder: Path) -> None:
    """Bring in what is there."""
    for name, patterns in SETS.items():
        files = [path for pattern in patterns for path in sorted(SOURCE.glob(pattern))]
        if len(files) == len(patterns):
            import_files(files, [path.name for path in files], {}, folder / name)


@dataclass(frozen=True)
class Result:
    """One run."""

    values: dict[str, float | int | None]
    findings: tuple[str, ...]
    ended: Ended
    seconds: float


def result(experiment: Experiment, door: NoDoor) -> Result:
    """Train to the end; the columns of the last evaluation."""
    began, values, found, ended = time.perf_counter(), {}, [], None
    for said in train(experiment, data=door):
        if isinstance(said, Progress) and said.series == "epoch":
            values = {name: column[-1] for name, column in said.columns.items()}
        elif isinstance(said, Finding):
            found.append(said.code)
        elif isinstance(said, Ended):
            ended = said
    if ended is None:
        raise RuntimeError("a run ended without saying so")
    return Result(values, tuple(found), ended, time.perf_counter() - began)


def lines(slugs: list[str], seeds: int, door: NoDoor) -> Iterator[str]:
    """One line per experiment, as soon as it is measured."""
    for slug in slugs:
        experiment, floor = zoo.experiment(slug), FLOORS[slug]
        try:
            experiment.data.describe(door)
        except DataError:
            yield f"| {slug} | {floor} | not measured: its data are not in {SOURCE} | | | |"
            continue
        runs = [
            result(experiment.model_copy(update={"seed": experiment.seed + i}), door) for i in range(seeds)
        ]
        slowest, named = (
            max(run.seconds for run in runs),
            sorted({code for run in runs for code in run.findings}),
        )
        if floor.finding:
            met = all(floor.finding in run.findings for run in runs)
            figure = f"{sum(floor.finding in run.findings for run in runs)} of {seeds}"
        else:
            values = [float(run.values.get(floor.column) or float("nan")) for run in runs]
            met = floor.met(values)
            figure = f"{mean(values):.4f} ({min(values):.4f} to {max(values):.4f})"
        met = met and all(run.ended.state == "completed" for run in runs) and slowest <= floor.seconds
        yield f"| {slug} | {floor} | {figure} | {slowest:.1f} s | {'yes' if met else 'NO'} | {', '.join(named)} |"


def main(arguments: list[str]) -> None:
    """Print the table."""
    seeds = 5
    if "--seeds" in arguments:
        at = arguments.index("--seeds")
        seeds = int(arguments[at + 1])
        arguments = arguments[:at] + arguments[at + 2 :]
    slugs = arguments or [item["slug"] for item in zoo.items()]
    print(
        f"| slug | floor | figure over {seeds} seeds | slowest | met | findings |\n|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        import_all(Path(folder))
        for line in lines(slugs, seeds, Door(Path(folder))):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
