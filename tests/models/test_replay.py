"""Which settings can change while a run learns."""

import pytest

from models.check import check
from models.data import NoDoor
from models.errors import ControlError
from models.experiment import parse
from models.replay import live_settings, refuse_other_weights, with_changes
from tests.models.learning import document, experiment


def changed(values, given=None):
    """Make the change as a server does: settings first, then the weights they need."""
    now = parse(given) if given else experiment()
    wanted = with_changes(now, values)
    before, after = (check(each.model_dump(mode="json"), NoDoor()) for each in (now, wanted))
    refuse_other_weights(now, values, before, after)
    return wanted


def test_numbers_of_the_learner_and_of_layers_can_change():
    wanted = changed({"learner.optimizer.lr": 0.5, "networks.model.layers.2.p": 0.4, "learner.batch_size": 5})
    assert (wanted.learner.optimizer.lr, wanted.learner.batch_size) == (0.5, 5)


@pytest.mark.parametrize(
    "path, value", [("networks.model.layers.0.out_features", 9), ("data.samples", 80), ("seed", 4)]
)
def test_what_cannot_change_is_refused_with_what_can(path, value):
    with pytest.raises(ControlError) as error:
        changed({path: value})
    problem = error.value.problem
    assert path in problem.detail
    assert problem.where.path == tuple(int(part) if part.isdigit() else part for part in path.split("."))
    assert "learner.optimizer.lr" in problem.hint and "networks.model.layers.2.p" in problem.params["live"]


def test_a_width_that_changes_the_layers_after_it_names_them():
    with pytest.raises(ControlError, match="linear_1, linear_2 would need other weights"):
        changed({"networks.model.layers.0.out_features": 9})


def test_batches_of_one_row_are_refused_where_a_layer_needs_more():
    given = document()
    given["networks"]["model"]["layers"].insert(1, {"type": "BatchNorm1d"})
    with pytest.raises(ControlError, match="batches have one row"):
        changed({"learner.batch_size": 1}, given)


def test_every_setting_that_is_said_to_be_live_is():
    now = experiment()
    for path in live_settings(now):
        node = now.model_dump(mode="json")
        for part in path.split("."):
            node = node[int(part) if isinstance(node, list) else part]
        assert changed({path: node}) == now
