"""The experiment: one JSON document with data, networks, learner and seed. Enough to repeat a result.

    experiment = parse(Path("spiral.json").read_bytes())
    digest(experiment)      # its name: the hash of its canonical form

A document is data: nothing in it is executed, and every type is looked up in a fixed registry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from models.control import Pace
from models.data import AnyData
from models.documents import load
from models.errors import ControlError, DocumentError, Problem
from models.explain import explain
from models.layers.base import Identifier, Reference
from models.learners import AnyLearner
from models.network import NetworkSpec, meant, placed, wire
from models.preprocess import AnyPreprocess
from models.seeds import stream as stream

VERSION = 1
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From the version of its key to the next: old documents are brought up to date when they are read."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Start(_Part):
    """Weights to begin with: those of another run's snapshot."""

    snapshot: str = Field(pattern=r"^[0-9a-f]{64}$", title="Snapshot", description="Its sha256")
    layers: dict[Reference, Reference] | None = Field(
        None,
        max_length=500,
        title="Layers",
        description="Our layers and theirs, as layer or as role.layer; all of equal name and shape when absent",
    )
    frozen: list[Reference] = Field(
        [], max_length=500, title="Frozen layers", description="Their weights stay as they are"
    )


class ControlEntry(_Part):
    """Settings changed while a run was learning, so that a replay repeats it."""

    step: int = Field(ge=0, title="Step", description="The change holds from this step on")
    set: dict[Annotated[str, Field(max_length=200)], JsonValue] = Field(
        min_length=1, max_length=100, title="Changes", description="New values by path"
    )


class RunSettings(_Part):
    """How a run is executed, not what: no part of the hash."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", title="Device")
    threads: int | None = Field(
        None, ge=1, le=256, title="Threads", description="One is fastest for small networks"
    )
    engine: Literal["auto", "eager"] = Field("auto", title="Engine", json_schema_extra={"advanced": True})
    pace: Pace | None = Field(None, title="Pace", description="Full speed when absent")
    paused: bool = Field(False, title="Start paused", description="To go on step by step")
    time_limit_seconds: float | None = Field(
        None, gt=0, le=30 * 24 * 3600, title="Time limit", json_schema_extra={"unit": "s"}
    )
    notes: str = Field("", max_length=10_000, title="Notes")


class Experiment(_Part):
    """All that decides what is learnt, and how it is run."""

    version: Literal[1] = 1
    name: str = Field("", max_length=120, title="Name")
    seed: int = Field(0, ge=0, lt=2**32, title="Seed", description="The same seed gives the same result")
    data: AnyData = Field(title="Data")
    preprocess: list[AnyPreprocess] = Field([], max_length=20, title="Preprocessing")
    networks: dict[Identifier, NetworkSpec] = Field(min_length=1, max_length=8, title="Networks")
    learner: AnyLearner = Field(title="Learner")
    start: Start | None = Field(None, title="Start from")
    control: list[ControlEntry] = Field([], max_length=10_000, title="Changes while learning")
    run: RunSettings = Field(default_factory=RunSettings, title="Run")


def parse(document: bytes | str | dict[str, Any]) -> Experiment:
    """The experiment that a document describes. Raises DocumentError with all problems at once."""
    experiment, problems = read(document)
    if problems or experiment is None:
        raise DocumentError.of(problems)
    return experiment


def read(document: bytes | str | dict[str, Any]) -> tuple[Experiment | None, list[Problem]]:
    """The experiment as far as it can be made of the document, and everything that is wrong with it.

    Raises DocumentError only for what is no JSON object at all. Needs neither torch nor data.
    """
    loaded, problems = load(document)
    if problems:
        return None, problems
    experiment, problems = _validated(loaded)
    if experiment is not None:
        problems = [*_roles(experiment), *_wired(experiment), *_start(experiment), *_controlled(experiment)]
    return experiment, problems


def _validated(loaded: dict[str, Any]) -> tuple[Experiment | None, list[Problem]]:
    upgraded, problem = _upgraded(loaded)
    if problem is not None:
        return None, [problem]
    try:
        # as JSON: strict about numbers in quotes, yet lists may be tuples
        return Experiment.model_validate_json(json.dumps(upgraded), strict=True), []
    except ValidationError as error:
        return None, explain(error, upgraded, Experiment)


def _upgraded(document: dict[str, Any]) -> tuple[dict[str, Any], Problem | None]:
    """The document in today's version."""
    version = document.get("version", 1)
    if isinstance(version, int) and version > VERSION:
        error = DocumentError(
            "document.newer",
            f"The document has version {version}; this Oqu knows versions up to {VERSION}.",
            hint="Update Oqu, or export the experiment from the newer one again.",
            path=("version",),
        )
        return document, error.problem
    while isinstance(version, int) and version in UPGRADES:
        document = {**UPGRADES[version](document), "version": version + 1}
        version += 1
    return document, None


def _roles(experiment: Experiment) -> list[Problem]:
    """The networks must be those that the learner trains."""
    needed, given = experiment.learner.roles, experiment.networks
    problems = []
    for role in needed:
        if role not in given:
            error = DocumentError(
                "document.role_missing",
                f"The {experiment.learner.type} learner needs a network called {role!r}.",
                hint=f"Add it under networks. There is: {', '.join(given)}.",
                path=("networks", role),
                name=role,
            )
            problems.append(error.problem)
    for role in given:
        if role not in needed:
            error = DocumentError(
                "document.role_unknown",
                f"The {experiment.learner.type} learner has no use for a network called {role!r}.",
                hint=meant(role, needed) or f"It trains: {', '.join(needed)}.",
                path=("networks", role),
                name=role,
            )
            problems.append(error.problem)
    return problems


def _wired(experiment: Experiment) -> list[Problem]:
    return [
        placed(problem, ("networks", role))
        for role, network in experiment.networks.items()
        for problem in wire(network).problems
    ]


def _start(experiment: Experiment) -> list[Problem]:
    """The layers that begin with other weights must be ours."""
    start = experiment.start
    if start is None:
        return []
    known = {f"{role}.{id}" for role, network in experiment.networks.items() for id in network.ids}
    known |= {id for network in experiment.networks.values() for id in network.ids}
    named: list[tuple[str, str | int]] = [("layers", name) for name in start.layers or {}]
    named += [("frozen", i) for i in range(len(start.frozen))]
    problems = []
    for key, place in named:
        name = place if isinstance(place, str) else start.frozen[place]
        if name not in known:
            error = DocumentError(
                "document.start_unknown",
                f"There is no layer called {name!r} in this experiment.",
                hint=meant(name, known) or f"There are: {', '.join(sorted(known)[:20])}.",
                path=("start", key, place),
                name=name,
            )
            problems.append(error.problem)
    return problems


def _controlled(experiment: Experiment) -> list[Problem]:
    """Every recorded change must be one that could have been made."""
    problems = []
    last = 0
    now = experiment.model_copy(update={"control": []})
    for index, entry in enumerate(experiment.control):
        if entry.step < last:
            error = DocumentError(
                "document.control_order",
                f"The change at step {entry.step} stands after the one at step {last}.",
                hint="Sort the changes by step.",
                path=("control", index, "step"),
            )
            problems.append(error.problem)
        last = max(last, entry.step)
        try:
            now = changed(now, entry.set)
        except ControlError as error:
            problems.append(
                error.problem.model_copy(
                    update={
                        "where": error.problem.where.model_copy(update={"path": ("control", index, "set")})
                    }
                )
            )
    return problems


def canonical(experiment: Experiment) -> bytes:
    """What the experiment says, all defaults written out: one form for one meaning, without name and run."""
    content = experiment.model_dump(mode="json", exclude={"name", "run"})
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(experiment: Experiment) -> str:
    """The experiment's name among all: the sha256 of its canonical form."""
    return hashlib.sha256(canonical(experiment)).hexdigest()


def changed(experiment: Experiment, changes: Mapping[str, Any]) -> Experiment:
    """The experiment with other values at these paths, such as `learner.optimizer.lr`.

    A part of a path is a key, the number of an entry, or the id of a layer. Raises ControlError.
    """
    document = experiment.model_dump(mode="json")
    for path, value in changes.items():
        _put(document, path, value)
    made, problems = read(document)
    if problems or made is None:
        problem = problems[0]
        error = ControlError("control.value", problem.detail, hint=problem.hint, **problem.params)
        error.problem = error.problem.model_copy(update={"where": problem.where})
        raise error
    return made


def _put(document: Any, path: str, value: Any) -> None:
    node, parts = document, path.split(".")
    for i, part in enumerate(parts):
        key: str | int | None = part if isinstance(node, dict) and part in node else None
        known = list(node) if isinstance(node, dict) else []
        if isinstance(node, list):
            known = [
                str(entry.get("id") or j) if isinstance(entry, dict) else str(j)
                for j, entry in enumerate(node)
            ]
            if part in known:
                key = known.index(part)
            elif part.isascii() and part.isdigit() and int(part) < len(node):
                key = int(part)
        if key is None:
            raise ControlError(
                "control.unknown",
                f"There is no setting {path!r}: {part!r} is unknown.",
                hint=meant(part, known)
                or (f"Here stand: {', '.join(known[:20])}." if known else "Nothing stands below."),
                path=parts[:i],
                name=path,
            )
        if i == len(parts) - 1:
            node[key] = value
        else:
            node = node[key]
