"""The catalogue explains everything in it: a kind or a setting without words fails here."""

from __future__ import annotations

import pytest

from models.data.base import DataSource
from models.importing.base import Importer
from models.initializers import Initializer
from models.kinds import Kind, kinds
from models.layers import Layer
from models.learners import Learner
from models.losses import Loss
from models.optimizers import Optimizer
from models.preprocess import Preprocess
from models.probes import Probe
from models.schedules import Schedule
from server.catalog import collect

CATALOG = collect()
BASES: tuple[type[Kind], ...] = (
    *(DataSource, Importer, Initializer, Layer, Learner, Loss, Optimizer, Preprocess, Probe, Schedule),
)
KINDS = {f"{base.family}-[{name}]": kind for base in BASES for name, kind in kinds(base).items()}


def test_the_catalogue_lists_every_kind_of_every_family() -> None:
    keys = {entry["key"] for entries in CATALOG.values() for entry in entries}
    assert keys == {kind.entry()["key"] for kind in KINDS.values()}
    assert [family for family, entries in CATALOG.items() if not entries] == ["exports"]


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_and_each_of_its_settings_has_words(name: str) -> None:
    kind = KINDS[name]
    first = kind.help().partition("\n\n")[0]
    assert first.endswith((".", "?", ":", ")")), "the docstring begins with a sentence"
    untitled = [name for name, field in kind.model_fields.items() if name != "type" and not field.title]
    assert not untitled, "a form and the reference need their titles"
