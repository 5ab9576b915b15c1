"""Every way of learning, through its registry; and the supervised step against finite differences."""

from __future__ import annotations

import json

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from models.data import NoDoor
from models.data.base import DataInfo
from models.engine import Eager, Phase
from models.kinds import kinds
from models.learners import Learner
from models.learners.base import Costs, Place, evaluation_period
from models.learners.supervised import SupervisedSession
from models.prepare import prepare
from models.scene import networks_of
from models.snapshots import decode, encode
from tests.models.learning import ended, experiment, parse, rows, said, same_tensors, snapshots

DOCUMENTS = {
    name: {**kind.example, "learner": {**kind.example.get("learner", {}), "type": name}}
    for name, kind in kinds(Learner).items()
}


@pytest.mark.parametrize("name", kinds(Learner))
def test_a_learner_survives_the_round_trip_and_explains_itself(name: str) -> None:
    learner = parse(DOCUMENTS[name]).learner
    assert type(learner).model_validate_json(learner.model_dump_json()) == learner
    entry = type(learner).entry()
    assert entry["help"] and entry["title"] and json.dumps(entry)
    assert learner.roles and learner.tasks


@pytest.mark.parametrize("name", kinds(Learner))
def test_a_learner_names_the_shapes_of_each_role(name: str) -> None:
    info = DataInfo(task="classification", form="points", shape=(2,), classes=("a", "b"))
    learner = parse(DOCUMENTS[name]).learner
    assert learner.shapes(info).keys() == set(learner.roles)


@pytest.mark.parametrize("name", kinds(Learner))
def test_a_learner_learns_and_resumes_bit_for_bit(name: str) -> None:
    whole = said(parse(DOCUMENTS[name]))
    assert ended(whole).state == "completed"
    snapshot = next(each for each in snapshots(whole) if each.meta["row"])
    again = said(parse(DOCUMENTS[name]), resume=decode(encode(snapshot)))
    assert rows(again) == rows(whole, after=snapshot.step)
    assert same_tensors(snapshots(again)[-1], snapshots(whole)[-1])


def session(**learner: object) -> SupervisedSession:
    what = experiment(dict(learner))
    prepared = prepare(what, NoDoor())
    place = Place(
        experiment=what,
        prepared=prepared,
        networks=networks_of(what, what.learner.shapes(prepared.info)),
        device=torch.device("cpu"),
        engine=Eager(),
        costs=Costs(4, 24, 64),
        frozen=frozenset(),
    )
    found = what.learner.session(place)
    assert isinstance(found, SupervisedSession)
    return found


def test_gradients_are_those_of_finite_differences() -> None:
    one = session(l1=0.01, l2=0.02)
    network = one.network.double().eval()
    batch = tuple(part.double() if part.is_floating_point() else part for part in next(one.batches(0, 0)))
    phase = one._phase
    minimised, reported = phase.objective(*batch)
    minimised.backward()
    assert minimised > reported
    for parameter in network.parameters():
        flat, gradient = parameter.data.view(-1), parameter.grad.view(-1)
        for i in range(0, len(flat), 3):
            values = []
            for shift in (1e-6, -1e-6):
                flat[i] += shift
                values.append(phase.objective(*batch)[0].item())
                flat[i] -= shift
            assert gradient[i].item() == pytest.approx((values[0] - values[1]) / 2e-6, abs=1e-7)


def test_the_objective_can_be_traced_as_a_function_of_tensors() -> None:
    one = session(l2=0.01)
    batch = next(one.batches(0, 0))
    traced = make_fx(one._phase.objective)(*batch)
    torch.manual_seed(5)
    expected = one._phase.objective(*batch)
    torch.manual_seed(5)
    assert torch.allclose(traced(*batch)[0], expected[0])


@pytest.mark.parametrize("limit", [{"clip_norm": 0.01}, {"clip_value": 0.001}])
def test_gradients_are_clipped(limit: dict[str, float]) -> None:
    one = session(**limit)
    one.step(next(one.batches(0, 0)), 0, 0)
    gradients = torch.cat([p.grad.flatten() for p in one.network.parameters() if p.grad is not None])
    assert gradients.norm() <= 0.0100001 if "clip_norm" in limit else gradients.abs().max() <= 0.001


def test_an_epoch_shows_every_row_once_in_an_order_of_its_own() -> None:
    one = session(batch_size=5)
    orders = [torch.cat([x for x, _ in one.batches(epoch, 0)]) for epoch in (0, 1, 0)]
    assert len(orders[0]) == one.rows == 42
    assert torch.equal(orders[0], orders[2]) and not torch.equal(orders[0], orders[1])
    assert torch.equal(orders[0].sort(0).values, orders[1].sort(0).values)
    rest = torch.cat([x for x, _ in one.batches(0, 10)])
    assert torch.equal(rest, orders[0][10:])


def test_a_batch_is_as_large_as_asked_for() -> None:
    assert [len(x) for x, _ in session(batch_size=20).batches(0, 0)] == [20, 20, 2]
    assert [len(x) for x, _ in session(batch_size="full").batches(0, 0)] == [42]
    assert session(batch_size=1).steps_per_epoch == 42


def test_evaluations_cost_less_than_a_fifth_by_the_rule() -> None:
    tiny, large = Costs(5, 100, 100), Costs(10, 10**6, 10**5)
    assert evaluation_period(tiny, rows=250, steps=25, evaluated=500) == 1
    assert evaluation_period(tiny, rows=250, steps=1, evaluated=500) >= 5
    for costs, steps in ((tiny, 1), (tiny, 3), (large, 10)):
        period = evaluation_period(costs, rows=250, steps=steps, evaluated=500)
        epoch = steps * costs.step_seconds(250 // steps)
        assert costs.evaluation_seconds(500) <= 0.2 * period * epoch


def test_an_engine_reports_the_loss_before_the_step() -> None:
    weight = torch.nn.Parameter(torch.tensor(2.0))

    def objective(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        loss = (weight * x - 1).square().mean()
        return loss, loss

    for needs_closure in (False, True):
        kind = torch.optim.LBFGS if needs_closure else torch.optim.SGD
        phase = Phase(objective, kind([weight], lr=0.1), [weight], needs_closure=needs_closure)
        x = torch.ones(3)
        before = objective(x)[1].item()
        assert Eager().step(phase, x).item() == before > objective(x)[1].item()
