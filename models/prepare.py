"""From a document's data to what a learner takes: load, split by seed, fit the steps on training rows, apply.

What was fitted is small and travels in every snapshot; `restore` gives the same transform without the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.data.base import DataDoor, DataInfo, Dataset, DataSource
from models.encoding import encode
from models.errors import DataError
from models.preprocess.base import Floats, Preprocess, State
from models.seeds import stream

if TYPE_CHECKING:
    from models.experiment import Experiment

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """Some of the rows, ready to learn from.

    `rows` (n,) say which of the source's; `inputs` (n, *shape) float32, or uint8 for images that no step
    touched; `targets` (n,) int64 classes or (n, k) float32.
    """

    rows: Rows
    inputs: NDArray[Any]
    targets: NDArray[Any]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Transform:
    """The way of a row from what people write to what the network takes."""

    raw_info: DataInfo
    info: DataInfo
    steps: tuple[Preprocess, ...]
    state: list[State]

    def encode(self, rows: Sequence[Any]) -> NDArray[Any]:
        """Rows as lists, objects or pixels, as the array `transform` takes."""
        return encode(rows, self.raw_info)

    def transform(self, raw: NDArray[Any]) -> NDArray[Any]:
        """Raw rows (N, *raw shape) after every step. Raises DataError where a value is missing at the end."""
        if not self.steps:
            out = raw
        else:
            out = as_floats(raw)
            info = self.raw_info
            for step, state in zip(self.steps, self.state, strict=True):
                out = step.apply(out, info, state).astype(np.float32, copy=False)
                info = step.info(info)
        refuse_missing(out, self.info)
        return out


@dataclass(frozen=True)
class Prepared(Transform):
    """Everything a learner needs of its data. `source` is as it was loaded, before the split."""

    source: Dataset
    parts: Mapping[str, Part]


def prepare(experiment: Experiment, door: DataDoor) -> Prepared:
    """The data of an experiment, split and preprocessed. Raises DataError."""
    return prepare_parts(experiment.data, experiment.preprocess, experiment.seed, door)


def prepare_parts(source: DataSource, steps: Sequence[Preprocess], seed: int, door: DataDoor) -> Prepared:
    """The same from the parts of the document that matter. Raises DataError."""
    data = load(source, seed, door)
    refuse_unusable(data)
    split = split_rows(data, source.validation_fraction, source.test_fraction, stream(seed, "split"))
    train = np.asarray(data.inputs[split["train"]])
    state, info, train = fit(steps, train, data.info)
    info = info.model_copy(update={"problems": (*info.problems, *remarks(train, info))})
    transform = Transform(data.info, info, tuple(steps), state)
    refuse_missing(train, info)
    parts = {
        name: Part(
            rows,
            train if name == "train" else transform.transform(np.asarray(data.inputs[rows])),
            np.asarray(data.targets[rows]),
        )
        for name, rows in split.items()
    }
    return Prepared(data.info, info, transform.steps, state, data, parts)


def load(source: DataSource, seed: int, door: DataDoor) -> Dataset:
    """The rows of a source, from the stream of seeds that is its own."""
    return source.load(stream(seed if source.seed is None else source.seed, "data"), door)


def restore(experiment: Experiment, raw_info: DataInfo, state: Sequence[State]) -> Transform:
    """The transform of a snapshot: what was fitted, without the data it was fitted on."""
    return restore_parts(experiment.preprocess, raw_info, state)


def restore_parts(steps: Sequence[Preprocess], raw_info: DataInfo, state: Sequence[State]) -> Transform:
    """The same from the steps alone."""
    return Transform(raw_info, facts(steps, raw_info), tuple(steps), list(state))


def facts(steps: Sequence[Preprocess], info: DataInfo) -> DataInfo:
    """The facts after the steps. Needs no data."""
    for place, step in enumerate(steps):
        with at(place):
            info = step.info(info)
    return info.model_copy(update={"dtype": "float32"}) if steps else info


@contextmanager
def at(place: int) -> Iterator[None]:
    """What goes wrong within is the fault of the step at this place in the document."""
    try:
        yield
    except DataError as error:
        where = error.problem.where.model_copy(update={"path": ("preprocess", place)})
        error.problem = error.problem.model_copy(update={"where": where})
        raise


def fit(
    steps: Sequence[Preprocess], inputs: NDArray[Any], info: DataInfo
) -> tuple[list[State], DataInfo, NDArray[Any]]:
    """Each step fitted on what the one before it makes of the training rows."""
    if not steps:
        return [], info, inputs
    states: list[State] = []
    out = as_floats(inputs)
    for place, step in enumerate(steps):
        with at(place):
            after = step.info(info)
            states.append(step.fit(out, info))
            out = step.apply(out, info, states[-1]).astype(np.float32, copy=False)
            info = after
    return states, info.model_copy(update={"dtype": "float32"}), out


def as_floats(inputs: NDArray[Any]) -> Floats:
    """Float32 as the steps take it: pixels of 0 to 255 become 0 to 1, as they would in the network."""
    if inputs.dtype == np.uint8:
        floats: Floats = np.multiply(inputs, np.float32(1 / 255), dtype=np.float32)
        return floats
    return inputs.astype(np.float32, copy=False)


def split_rows(data: Dataset, validation: float, test: float, seed: int) -> dict[str, Rows]:
    """Which rows learn, which watch, and which are kept for the exam. In equal shares of each class."""
    random = np.random.default_rng(seed)
    rows: dict[str, list[Rows]] = {"train": [], "validation": [], "test": []}
    for group in groups(data):
        shuffled = random.permutation(group)
        for_validation, for_test = shares(len(group), validation, test)
        rows["validation"].append(shuffled[:for_validation])
        rows["test"].append(shuffled[for_validation : for_validation + for_test])
        rows["train"].append(shuffled[for_validation + for_test :])
    return {name: random.permutation(np.concatenate(some)) for name, some in rows.items()}


def groups(data: Dataset) -> list[Rows]:
    """The rows of each class; of a regression, all rows."""
    if data.info.task == "regression":
        return [np.arange(len(data.inputs))]
    order = np.argsort(data.targets, kind="stable")
    starts = np.searchsorted(data.targets[order], np.arange(1, len(data.info.classes)))
    return [group for group in np.split(order, starts) if len(group)]


def shares(rows: int, validation: float, test: float) -> tuple[int, int]:
    """How many of these rows validate and test: one each at least where asked for; one is left to learn."""
    wanted = [max(round(rows * share), 1) if share else 0 for share in (validation, test)]
    while sum(wanted) > rows - 1:
        largest = 0 if wanted[0] >= wanted[1] else 1
        wanted[largest] -= 1
    return wanted[0], wanted[1]


def refuse_unusable(data: Dataset) -> None:
    """Nothing to learn from: no rows, one row, one class, values that are not finite."""
    rows = len(data.inputs)
    if rows == 0:
        raise DataError(
            "data.empty", "The data set has no rows.", hint="Choose or import data with rows.", path=("data",)
        )
    if rows == 1:
        raise DataError(
            "data.one_row", "The data set has one row.", hint="Learning needs at least two.", path=("data",)
        )
    if data.info.task == "classification":
        present = np.unique(data.targets)
        if len(present) < 2:
            name = data.info.classes[int(present[0])]
            raise DataError(
                "data.one_class",
                f"Every row belongs to the class {name!r}.",
                hint="A classifier needs at least two classes to tell apart.",
                path=("data",),
                name=name,
            )
        return
    bad = np.argwhere(~np.isfinite(data.targets))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        name = data.info.targets[column] if data.info.targets else str(column)
        raise DataError(
            "data.target_missing",
            f"Row {row} has no value for the target {name!r}.",
            hint="Remove such rows, or choose another target.",
            path=("data",),
            row=row,
            column=name,
        )


def refuse_missing(inputs: NDArray[Any], info: DataInfo) -> None:
    """A network cannot take what is not there: name the first column with a hole."""
    if inputs.dtype == np.uint8 or not len(inputs):
        return
    if np.isfinite(inputs).all():
        return
    flat = ~np.isfinite(inputs.reshape(len(inputs), -1))
    row, column = (int(i) for i in np.argwhere(flat)[0])
    name = info.features[column].name if len(info.features) == flat.shape[1] else str(column)
    count = int(flat[:, column].sum())
    infinite = bool(np.isinf(inputs.reshape(len(inputs), -1)[:, column]).any())
    raise DataError(
        "data.infinite" if infinite else "data.missing",
        f"Column {name!r} {'is infinite' if infinite else 'has no value'} in {count} of {len(inputs)} rows.",
        hint="Check the column's values."
        if infinite
        else 'Add {"type": "impute"} to preprocess, or leave the column out.',
        path=("preprocess",),
        row=row,
        column=name,
        count=count,
    )


def remarks(train: NDArray[Any], info: DataInfo) -> list[str]:
    """What is allowed but worth knowing, in words: columns that never change, categories taken as numbers."""
    if not info.features or len(info.shape) != 1 or not len(train):
        return []
    constant = np.flatnonzero((train == train[:1]).all(0))
    said = [
        f"Column {info.features[i].name!r} has the same value in every training row." for i in constant[:20]
    ]
    codes = [feature.name for feature in info.features if feature.kind == "category"]
    said += [
        f"Column {name!r} holds categories and goes in as 0, 1, 2 …; one_hot keeps them apart."
        for name in codes[:20]
    ]
    return said
