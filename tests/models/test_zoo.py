"""The zoo: every experiment is whole, and begins to learn."""

from __future__ import annotations

import pytest

from models import zoo
from models.errors import DocumentError
from models.experiment import canonical, changed, parse
from tests.models.learning import ended, rows, said

FIXED = {
    *("spiral", "circle", "xor", "gauss", "moons", "blobs", "checkerboard", "iris", "wine", "breast-cancer"),
    *("diabetes", "sine", "regression-plane", "digits-mlp", "digits-cnn", "vanishing-gradients"),
    *("logistic-sign-language", "sign-language-cnn", "mnist-cnn"),
}
SLUGS = [item["slug"] for item in zoo.items()]
BUNDLED = [slug for slug in SLUGS if zoo.document(slug)["data"]["type"] != "dataset"]


def test_the_systems_of_the_syllabus_are_there_and_the_spiral_comes_first() -> None:
    assert set(SLUGS) >= FIXED and SLUGS[0] == "spiral"
    for item in zoo.items():
        assert all(item[key] for key in ("slug", "name", "summary", "tags", "level"))


@pytest.mark.parametrize("slug", SLUGS)
def test_an_experiment_parses_and_is_the_same_written_out(slug: str) -> None:
    experiment = zoo.experiment(slug)
    assert canonical(parse(experiment.model_dump(mode="json"))) == canonical(experiment)


@pytest.mark.parametrize("slug", BUNDLED)
def test_an_experiment_begins_to_learn(slug: str) -> None:
    run = said(changed(zoo.experiment(slug), {"learner.epochs": 1, "learner.schedule": None}))
    assert ended(run).state == "completed"
    assert [row.columns["epoch"][0] for row in rows(run) if row.series == "epoch"] == [0, 1]


def test_the_spiral_is_learnt() -> None:
    last = rows(said(zoo.experiment("spiral")))[-1].columns
    assert last["val_loss"][0] < 0.1 and last["val_accuracy"][0] > 0.95


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(DocumentError) as caught:
        zoo.experiment("spirale")
    assert "spiral" in caught.value.problem.hint
