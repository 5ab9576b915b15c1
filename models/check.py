"""Everything that can be said of a document before it runs: errors at their place, shapes, cost, facts of the data.

Called while people type, so what is slow is remembered: shapes by layer, data by their part of the document.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.data import AnyData
from models.data.base import DataDoor, DataInfo, DataSource
from models.documents import load
from models.errors import DocumentError, OquError, Path, Problem
from models.experiment import Experiment, digest, read
from models.layers import AnyLayer
from models.learners import AnyLearner
from models.learners.base import Learner, Shapes
from models.network import NetworkPlan, NetworkSpec, machine_memory, placed, plan
from models.prepare import facts, prepare_parts
from models.preprocess import AnyPreprocess
from models.preprocess.base import Preprocess
from models.probes import offered
from models.remarks import remarks

LOOKED_AT = 20_000
"""Larger sets are not prepared for a check: their facts are known, the rest shows when the run begins."""


def check(document: Any, door: DataDoor, memory_limit: int | None = None) -> dict[str, Any]:
    """What the page shows beside a document: errors, shapes and cost per layer, facts of the data, digest,
    remarks on what works but hardly as meant, and the probes that make sense.

    `data` are the facts after preprocessing. Never raises for what is wrong inside the document;
    DocumentError only where there is no JSON object at all.
    """
    experiment, problems = read(document)
    parts = _whole(experiment) if experiment is not None else _salvaged(load(document)[0])
    looked, found = _looked_at(parts, door)
    problems += found
    shapes, found = _shapes(parts.learner, looked)
    problems += found
    batch = _batch(parts.learner, looked)
    networks: dict[str, NetworkPlan] = {}
    for role, network in parts.networks.items():
        inputs, output = shapes.get(role, ({}, None))
        networks[role] = plan(
            network, inputs, output, batch=batch, memory_limit=memory_limit or machine_memory()
        )
        if role in shapes and role not in parts.cut:
            problems += [placed(problem, ("networks", role)) for problem in networks[role].errors]
    if not problems and networks and not any(network.parameters for network in networks.values()):
        problems.append(_nothing_learns(next(iter(networks))))
    return {
        "errors": [problem.model_dump(mode="json") for problem in _unlike(problems)],
        "networks": {
            role: network.model_dump(mode="json", exclude={"errors"}) for role, network in networks.items()
        },
        "data": looked.info.model_dump(mode="json") if looked is not None else None,
        "digest": digest(experiment) if experiment is not None and not problems else None,
        "remarks": [remark.model_dump(mode="json") for remark in remarks(experiment)] if experiment else [],
        "probes": offered(experiment, looked.raw) if experiment is not None and looked is not None else [],
    }


# ---------------------------------------------------------------- parts of a document


@dataclass
class _Parts:
    """What could be read of a document."""

    seed: int = 0
    data: DataSource | None = None
    preprocess: list[Preprocess] | None = None
    learner: Learner | None = None
    networks: dict[str, NetworkSpec] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    """Roles whose list of layers ends before the first that could not be read."""


def _whole(experiment: Experiment) -> _Parts:
    return _Parts(
        experiment.seed, experiment.data, experiment.preprocess, experiment.learner, experiment.networks
    )


def _salvaged(document: dict[str, Any]) -> _Parts:
    """The parts of a broken document that are whole, so that one wrong field does not hide the rest."""
    seed = document.get("seed", 0)
    parts = _Parts(
        seed if isinstance(seed, int) else 0,
        _read(AnyData, document.get("data")),
        _read(list[AnyPreprocess], document.get("preprocess", [])),
        _read(AnyLearner, document.get("learner")),
    )
    networks = document.get("networks")
    for role, network in networks.items() if isinstance(networks, dict) else ():
        layers = network.get("layers") if isinstance(network, dict) else None
        good = _leading(layers if isinstance(layers, list) else [])
        spec = _read(NetworkSpec, {"layers": good})
        if spec is not None:
            parts.networks[role] = spec
        if spec is None or good != layers:
            parts.cut.add(role)
    return parts


def _leading(layers: list[Any]) -> list[Any]:
    """The layers before the first that cannot be read."""
    for index, layer in enumerate(layers):
        if _read(AnyLayer, layer) is None:
            return layers[:index]
    return layers


def _read(kind: Any, part: Any) -> Any:
    try:
        return _adapter(kind).validate_json(json.dumps(part), strict=True)
    except (ValidationError, ValueError, TypeError):
        return None


def _adapter(kind: Any) -> TypeAdapter[Any]:
    adapter = _adapters.get(repr(kind))
    if adapter is None:
        adapter = _adapters[repr(kind)] = TypeAdapter(kind)
    return adapter


_adapters: dict[str, TypeAdapter[Any]] = {}


# ---------------------------------------------------------------- data


@dataclass(frozen=True)
class _Looked:
    """The data as the networks will see them."""

    info: DataInfo
    rows: int
    """Of the training part."""
    raw: DataInfo
    """Before preprocessing."""


_seen: OrderedDict[tuple[str, ...], tuple[_Looked, list[Problem]]] = OrderedDict()


def _looked_at(parts: _Parts, door: DataDoor) -> tuple[_Looked | None, list[Problem]]:
    """The facts about the data after preprocessing, and what is wrong with them."""
    if parts.data is None or parts.preprocess is None:
        return None, []
    try:
        raw = parts.data.describe(door)
        known = _Looked(facts(parts.preprocess, raw), _training_rows(parts.data, raw.rows), raw)
    except OquError as error:
        return None, [_at(error.problem, ("data",))]
    if raw.rows > LOOKED_AT:
        return known, []
    steps = json.dumps([step.model_dump(mode="json") for step in parts.preprocess])
    key = (parts.data.model_dump_json(), steps, str(parts.seed), raw.model_dump_json())
    if key not in _seen:
        _seen[key] = _prepared(parts.data, parts.preprocess, parts.seed, door, known)
        while len(_seen) > 64:
            _seen.popitem(last=False)
    return _seen[key]


def _prepared(
    source: DataSource, steps: list[Preprocess], seed: int, door: DataDoor, known: _Looked
) -> tuple[_Looked, list[Problem]]:
    try:
        prepared = prepare_parts(source, steps, seed, door)
    except OquError as error:
        return known, [_at(error.problem, ("data",))]
    return _Looked(prepared.info, len(prepared.parts["train"]), known.raw), []


def _training_rows(source: DataSource, rows: int) -> int:
    return max(1, round(rows * (1 - source.validation_fraction - source.test_fraction)))


# ---------------------------------------------------------------- what belongs together


def _shapes(learner: Learner | None, looked: _Looked | None) -> tuple[dict[str, Shapes], list[Problem]]:
    """What each role takes and must yield, and whether learner and data belong together."""
    if learner is None or looked is None:
        return {}, []
    if learner.tasks and looked.info.task not in learner.tasks:
        error = DocumentError(
            "learner.task",
            f"The {learner.type} learner cannot learn {looked.info.task}.",
            hint=f"Choose data for {' or '.join(learner.tasks)}, or another learner.",
            path=("learner", "type"),
        )
        return {}, [error.problem]
    try:
        return learner.shapes(looked.info), []
    except OquError as error:
        return {}, [_at(error.problem, ("learner",))]


def _batch(learner: Learner | None, looked: _Looked | None) -> int | None:
    """Rows of one step."""
    size = getattr(learner, "batch_size", None)
    if looked is None or size is None:
        return size if isinstance(size, int) else None
    return looked.rows if size == "full" else min(size, looked.rows)


def _nothing_learns(role: str) -> Problem:
    return DocumentError(
        "learner.nothing",
        "The network has no weights that could learn.",
        hint="Add a Linear layer.",
        path=("networks", role),
    ).problem


def _at(problem: Problem, path: Path) -> Problem:
    """A problem that does not say where it is, placed."""
    return problem if problem.where.path else placed(problem, path)


def _unlike(problems: list[Problem]) -> list[Problem]:
    """Each problem once."""
    return list({(problem.key, problem.where.path): problem for problem in problems}.values())
