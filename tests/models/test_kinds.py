"""How kinds register, describe themselves, and refuse."""

from __future__ import annotations

import subprocess
import sys
from typing import ClassVar, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from models.kinds import Kind, kinds, union
from models.layers import Layer


class Fruit(Kind):
    """Base of a family for these tests."""

    family: ClassVar[str] = "fruit"
    type: str


class Apple(Fruit):
    """Red or green.

    Grows on trees.
    """

    type: Literal["Apple"] = "Apple"
    weight: float = Field(100, gt=0, le=1000, title="Weight", json_schema_extra={"unit": "g"})


class Pear(Fruit):
    """Green or yellow."""

    title: ClassVar[str] = "A pear"
    category: ClassVar[str] = "soft"
    type: Literal["Pear"] = "Pear"


def test_subclassing_registers_and_bases_do_not() -> None:
    assert kinds(Fruit) == {"Apple": Apple, "Pear": Pear}


def test_the_union_tells_kinds_apart_by_type() -> None:
    adapter: TypeAdapter[Fruit] = TypeAdapter(union(Fruit))
    assert adapter.validate_python({"type": "Pear"}) == Pear()
    with pytest.raises(ValidationError, match="Plum"):
        adapter.validate_python({"type": "Plum"})


def test_two_kinds_of_one_name_stop_the_start() -> None:
    with pytest.raises(RuntimeError, match="two kinds of fruit are called 'Apple'"):

        class Another(Fruit):
            type: Literal["Apple"] = "Apple"


def test_a_kinds_entry_is_made_from_its_declaration() -> None:
    entry = Apple.entry()
    assert entry["help"] == "Red or green.\n\nGrows on trees."
    assert entry["title"] == "Apple"
    assert entry["key"] == "fruit.Apple"
    weight = entry["schema"]["properties"]["weight"]
    assert (weight["exclusiveMinimum"], weight["maximum"], weight["default"], weight["unit"]) == (
        0,
        1000,
        100,
        "g",
    )
    assert Pear.entry()["title"] == "A pear"
    assert Pear.entry()["category"] == "soft"


@pytest.mark.parametrize(
    "bad", [{"colour": "red"}, {"weight": float("nan")}, {"weight": float("inf")}, {"weight": 0}]
)
def test_kinds_refuse_unknown_settings_and_numbers_that_are_none(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Apple.model_validate(bad)


def test_kinds_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Apple().weight = 3


def test_declaring_all_kinds_does_not_load_torch() -> None:
    code = "import sys, models.data, models.preprocess, models.learners; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_layer_that_the_first_issue_names_is_here() -> None:
    named = (
        "Linear Conv1d Conv2d ConvTranspose2d MaxPool2d AvgPool2d AdaptiveAvgPool2d Upsample Flatten Unflatten "
        "BatchNorm1d BatchNorm2d LayerNorm GroupNorm Dropout Dropout2d Sigmoid Tanh ReLU LeakyReLU ELU GELU SiLU "
        "Softplus Softmax Step Sine Identity Add Concatenate Multiply Features"
    )
    assert set(named.split()) <= set(kinds(Layer))
