"""Tables: CSV, with whatever delimiter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataInfo, Feature, Task
from models.errors import DataError
from models.importing.base import SHOWN_ROWS, Importer, Source, by_number, few, one_file
from models.importing.folder import ArrayFile
from models.importing.meaning import Choice
from models.importing.survey import Column, batches, survey, tidy, to_numbers
from models.importing.text import Header, Layout, layout_of, refuse_unreadable

if TYPE_CHECKING:
    import pyarrow as pa

TARGET_NAMES = ("target", "label", "class", "outcome", "species", "diagnosis", "survived", "category")
MOST_CATEGORIES = 100


@dataclass(frozen=True)
class Plan:
    """How the columns become arrays."""

    layout: Layout
    target: Column
    features: tuple[Column, ...]
    info: DataInfo


class Csv(Importer):
    """A table: a row per example, a column per feature, and one column that is to be foretold.

    Delimiter, header, types, target and task are found where they are not given. Missing values stay
    missing (see `impute`); rows without a target are left out; categories are kept by name.
    """

    title: ClassVar[str] = "Table (CSV)"
    category: ClassVar[str] = "Tables"

    type: Literal["csv"] = "csv"
    target: str | None = Field(
        None, max_length=300, title="Column to foretell", description="Found by its name, else the last one"
    )
    task: Choice = Field("auto", title="Task")
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None, title="Delimiter", description="Found when absent"
    )
    header: Header = Field("auto", title="First row holds the names")
    leave_out: list[str] = Field([], max_length=2000, title="Columns to leave out")

    def write(self, sources: Sequence[Source], into: Path) -> DataInfo:
        """A second reading, block by block, now that the columns are known."""
        source = one_file(sources, "A table")
        plan = self._plan(source)
        classes = plan.info.classes
        with (
            ArrayFile(into / "inputs.npy", "float32", plan.info.shape) as inputs,
            ArrayFile(
                into / "targets.npy", "int64" if classes else "float32", () if classes else (1,)
            ) as targets,
        ):
            for batch in batches(source, plan.layout):
                wanted = _column(batch, plan.target, classes, plan.layout)
                there = ~np.isnan(wanted)
                columns = [
                    _column(batch, column, feature.categories, plan.layout)[there]
                    for column, feature in zip(plan.features, plan.info.features, strict=True)
                ]
                inputs.append(np.stack(columns, axis=1))
                targets.append(wanted[there] if classes else wanted[there, None])
        return plan.info

    def look(self, sources: Sequence[Source]) -> dict[str, Any]:
        """The first rows as they are written, and what was found out about each column."""
        source = one_file(sources, "A table")
        plan = self._plan(source)
        first = next(batches(source, plan.layout)).slice(0, SHOWN_ROWS)
        chosen = [*plan.features, plan.target]
        counts = plan.target.values if plan.info.classes else None
        return {
            "info": plan.info.model_dump(mode="json"),
            "options": {
                **self.model_dump(),
                "target": plan.target.name,
                "task": plan.info.task,
                "delimiter": plan.layout.delimiter,
                "header": "yes" if plan.layout.header else "no",
            },
            "columns": [_described(column) for column in chosen],
            "rows": [list(row.values()) for row in first.select([c.place for c in chosen]).to_pylist()],
            "balance": {name: counts[name] for name in plan.info.classes} if counts else {},
            "problems": list(plan.info.problems),
        }

    def _plan(self, source: Source) -> Plan:
        odd = refuse_unreadable(source)
        layout = layout_of(source, self.delimiter, self.header)
        columns, rows = survey(source, layout)
        target = self._target(columns)
        task = self._task(target, rows)
        features, problems = _features([c for c in columns if c is not target], self.leave_out)
        rows_used = rows - (target.missing if task == "classification" else rows - target.numbers)
        problems = [*odd, *layout.problems, *_target_problems(target, rows - rows_used), *problems]
        if not features:
            raise DataError(
                "import.no_features",
                f"Besides {target.name!r}, no column of {source.name} can be learnt from.",
                hint=" ".join(problems[:3]) or "Choose another column to foretell.",
                path=("options", "target"),
            )
        classes = tuple(sorted(target.values or {}, key=by_number)) if task == "classification" else ()
        if len(classes) == 1:
            problems.append(f"Every row has the class {classes[0]!r}: a classifier needs two.")
        plain = all(column.numeric for column in features) and len(features) <= 2
        info = DataInfo(
            task=task,
            form="points" if plain else "table",
            shape=(len(features),),
            classes=classes,
            targets=() if classes else (target.name,),
            features=tuple(_feature(column) for column in features),
            rows=rows_used,
            problems=few(problems),
        )
        return Plan(layout, target, tuple(features), info)

    def _target(self, columns: Sequence[Column]) -> Column:
        """The column asked for, or found. Raises DataError where it cannot be one."""
        by_name = {column.name: column for column in columns}
        if self.target is not None and self.target not in by_name:
            raise DataError(
                "import.no_target",
                f"There is no column {self.target!r}.",
                hint=f"Columns are {', '.join(list(by_name)[:20])}.",
                path=("options", "target"),
                column=self.target,
            )
        if self.target is not None:
            return by_name[self.target]
        usual = {name.lower(): column for name, column in by_name.items()}
        left = [column for column in columns if column.name not in self.leave_out]
        return next((usual[name] for name in TARGET_NAMES if name in usual and usual[name] in left), left[-1])

    def _task(self, target: Column, rows: int) -> Task:
        """Text and few whole numbers are classes. Raises DataError where the target is neither."""
        values = target.values
        if not target.present:
            raise _bad_target(target, "is empty")
        if self.task == "regression" or (self.task == "auto" and target.numeric and not _few(target, rows)):
            if not target.numeric:
                raise _bad_target(
                    target,
                    f"holds text, {target.stray[1]!r} in row {target.stray[0]}" if target.stray else "",
                )
            return "regression"
        if values is None or (not target.numeric and len(values) > max(MOST_CATEGORIES, target.present // 2)):
            raise _bad_target(target, "has too many different values to be classes")
        return "classification"


def _few(target: Column, rows: int) -> bool:
    """Whole numbers of which there are so few that they must be classes."""
    if target.values is None or not target.whole:
        return False
    kinds = len(target.values)
    named = target.name.lower() in ("label", "class", "species", "diagnosis", "survived", "category")
    return kinds <= 2 or kinds <= min(20, rows // 5) or (named and kinds <= MOST_CATEGORIES)


def _features(columns: Sequence[Column], leave_out: Sequence[str]) -> tuple[list[Column], list[str]]:
    """The columns to learn from, and what is to be said of them and of the others."""
    features: list[Column] = []
    problems: list[str] = []
    for column in columns:
        if column.name in leave_out:
            continue
        if not column.present:
            problems.append(f"Column {column.name!r} is left out: it is empty.")
        elif column.is_index:
            problems.append(f"Column {column.name!r} is left out: it holds row numbers.")
        elif not column.numeric and _all_different(column):
            problems.append(
                f"Column {column.name!r} is left out: it holds text that differs in nearly every row."
            )
        else:
            features.append(column)
            problems += _remarks(column)
    return features, problems


def _all_different(column: Column) -> bool:
    kinds = len(column.values) if column.values is not None else column.present
    return kinds > MOST_CATEGORIES or (kinds > 20 and kinds > column.present // 2)


def _remarks(column: Column) -> list[str]:
    said = []
    if column.missing:
        said.append(
            f"Column {column.name!r} has no value in {column.missing} of {column.missing + column.present} rows."
        )
    if column.numeric and column.stray:
        stray, (row, text) = column.present - column.numbers, column.stray
        said.append(
            f"Column {column.name!r}: {stray} cells are no numbers and count as missing, "
            f"{text!r} in row {row} the first."
        )
    return said


def _target_problems(target: Column, left_out: int) -> list[str]:
    return [f"{left_out} rows are left out: they have no {target.name!r}."] if left_out else []


def _feature(column: Column) -> Feature:
    if column.numeric:
        return Feature(name=column.name, missing=column.missing + column.present - column.numbers)
    categories = tuple(sorted(column.values or {}, key=by_number))
    return Feature(name=column.name, kind="category", categories=categories, missing=column.missing)


def _described(column: Column) -> dict[str, Any]:
    """A column for the preview."""
    facts: dict[str, Any] = {**_feature(column).model_dump(mode="json"), "present": column.present}
    facts["categories"] = facts["categories"][:20]
    facts["different"] = None if column.values is None else len(column.values)
    return {**facts, "low": column.low, "high": column.high} if column.numeric else facts


def _column(
    batch: pa.RecordBatch, column: Column, categories: Sequence[str], layout: Layout
) -> NDArray[np.float64]:
    """A column's cells as numbers or as the indices of their categories; NaN where missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = tidy(batch.column(column.place))
    if not categories:
        return to_numbers(cells, layout.delimiter != ",")
    codes = pc.index_in(cells, pa.array(categories, pa.string()), skip_nulls=True)
    out: NDArray[np.float64] = pc.cast(codes, pa.float64()).to_numpy(zero_copy_only=False)
    return out


def _bad_target(target: Column, why: str) -> DataError:
    return DataError(
        "import.bad_target",
        f"Column {target.name!r} cannot be foretold: it {why}.",
        hint="Choose another column, or another task.",
        path=("options", "target"),
        column=target.name,
    )
