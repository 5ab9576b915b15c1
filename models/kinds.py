"""A kind is one file with one small class: subclassing registers it, its fields are its settings.

    class Dropout(Layer):
        \"\"\"Zeroes a random part of its input while training.\"\"\"
        type: Literal["Dropout"] = "Dropout"
        p: float = Field(0.5, ge=0, lt=1, title="Probability", description="Share of values set to zero")

The class's docstring is its help, `type` its name in documents, and JSON Schema, form, docs and
conformance tests follow from the fields.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

_registry: dict[str, dict[str, type[Kind]]] = {}


class Kind(BaseModel):
    """Base of everything a document can name by `type`: strict, frozen, no NaN, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    family: ClassVar[str] = ""
    title: ClassVar[str] = ""
    category: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        field = cls.model_fields.get("type")
        if field is None or not isinstance(field.default, str):
            return
        kinds = _registry.setdefault(cls.family, {})
        known = kinds.get(field.default)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise RuntimeError(f"two kinds of {cls.family} are called {field.default!r}: {known} and {cls}")
        kinds[field.default] = cls

    @classmethod
    def help(cls) -> str:
        """What it does, in words: the docstring."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def entry(cls) -> dict[str, Any]:
        """The kind's line in the catalogue."""
        name = cls.model_fields["type"].default
        return {
            "type": name,
            "title": cls.title or name,
            "help": cls.help(),
            "category": cls.category,
            "key": f"{cls.family}.{name}",
            "schema": cls.model_json_schema(),
        }


K = TypeVar("K", bound=Kind)


def scan(package: str, path: Iterable[str]) -> None:
    """Import every module of a folder of kinds, so that they register. Called by its `__init__`."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")


def kinds(base: type[K]) -> dict[str, type[K]]:
    """The registered kinds of a family, by type, in the order of their names."""
    return dict(sorted(_registry.get(base.family, {}).items()))  # type: ignore[arg-type]


def entries(family: str) -> list[dict[str, Any]]:
    """The catalogue's lines of a family, in the order of names; none where no such kind is registered."""
    return [kind.entry() for _, kind in sorted(_registry.get(family, {}).items())]


def union(base: type[Kind]) -> Any:
    """The closed, tagged union of a family's kinds, for use as a field's type."""
    members = list(kinds(base).values())
    if len(members) == 1:
        return members[0]
    return Annotated[reduce(or_, members), Field(discriminator="type")]
