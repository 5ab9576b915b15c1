"""Which columns of a table a step works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from models.data.base import DataInfo
from models.errors import DataError

ColumnName = Annotated[str, Field(max_length=300)]


def chosen_field(description: str) -> Any:
    """The field for a step's columns, by name."""
    return Field(None, min_length=1, max_length=2000, title="Columns", description=description)


def chosen(
    names: Sequence[str] | None, info: DataInfo, kind: Literal["number", "category"] | None = None
) -> list[int]:
    """Their places, in order. Absent names mean all of the kind. Raises DataError for one that does not fit."""
    columns = {feature.name: i for i, feature in enumerate(info.features)}
    if names is None:
        return [i for i, feature in enumerate(info.features) if kind in (None, feature.kind)]
    for name in names:
        if name not in columns:
            raise DataError(
                "preprocess.unknown_column",
                f"There is no column {name!r}.",
                hint=f"Columns are {', '.join(list(columns)[:20])}."
                if columns
                else "The data have no columns.",
                path=("preprocess",),
                column=name,
            )
        if kind not in (None, info.features[columns[name]].kind):
            held = "numbers" if kind == "category" else "categories"
            raise DataError(
                "preprocess.column_kind",
                f"Column {name!r} holds {held}.",
                hint=f"Choose a column of {'categories' if kind == 'category' else 'numbers'}.",
                path=("preprocess",),
                column=name,
            )
    return sorted(columns[name] for name in set(names))
