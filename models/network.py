"""Networks as documents: how layers are wired, which shapes they have, what they cost, how they are built.

`plan` asks PyTorch for the shapes under fake tensors, so that nothing is allocated and nothing is guessed;
`build` makes the module. Both work without a data set: shapes come in, a shape goes out.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from models.errors import DocumentError, OquError, Path, Problem, ShapeError, TooLargeError, WiringError
from models.layers import AnyLayer, Layer
from models.layers.base import Shape, Weighted
from models.lazy import torch
from models.seeds import stream

if TYPE_CHECKING:
    from models.modules import Network as Network

INPUT = "input"
MAX_LAYERS = 500
BYTES = 4
"""Of one number: float32."""
COPIES = 4
"""Of each weight while training: itself, its gradient, and up to two of the optimiser."""


def __getattr__(name: str) -> Any:
    """`Network` is a module of torch: loaded when somebody asks for it."""
    if name == "Network":
        from models.modules import Network

        return Network
    raise AttributeError(name)


class NetworkSpec(BaseModel):
    """A network: a graph of layers written as a list. The last layer is the output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: list[AnyLayer] = Field(min_length=1, max_length=MAX_LAYERS, title="Layers")

    @field_validator("layers", mode="after")
    @classmethod
    def _name(cls, layers: list[Layer]) -> list[Layer]:
        """Give each layer an id, and write `inputs` only where it is not simply the layer before."""
        ids = made_up([layer.type for layer in layers], [layer.id for layer in layers])
        before = [INPUT, *ids]
        return [
            layer.model_copy(
                update={"id": ids[i], "inputs": None if layer.inputs == [before[i]] else layer.inputs}
            )
            for i, layer in enumerate(layers)
        ]

    @property
    def ids(self) -> list[str]:
        """The layers' ids, in the order of the list."""
        return [layer.id or "" for layer in self.layers]

    def inputs_of(self, index: int) -> list[str]:
        """What reaches a layer: ids, `"input"`, or `"input.label"`."""
        return self.layers[index].inputs or [self.layers[index - 1].id or "" if index else INPUT]


def made_up(types: Sequence[str], ids: Sequence[str | None]) -> list[str]:
    """Ids for all: the given ones, else the type and its number in the list, such as `linear_2`."""
    taken = {id for id in ids if id}
    counts: dict[str, int] = {}
    names = []
    for type_, id in zip(types, ids, strict=True):
        counts[type_] = counts.get(type_, 0) + 1
        number = counts[type_]
        while id is None:
            name = f"{type_.lower()}_{number}"
            id = None if name in taken else name
            number += 1
        taken.add(id)
        names.append(id)
    return names


# ---------------------------------------------------------------- wiring


@dataclass(frozen=True)
class Wiring:
    """In which order the layers run, and what is wrong with how they are connected."""

    order: list[int]
    problems: list[Problem]


def wire(spec: NetworkSpec, names: Collection[str] | None = None) -> Wiring:
    """Follow the connections. `names` are the inputs that exist; any when None. Needs no torch."""
    positions: dict[str, int] = {}
    problems = _doubled(spec, positions)
    for index in range(len(spec.layers)):
        problems += _unknown(spec, index, positions, names) + _arity(spec, index)
    before = [
        [positions[name] for name in spec.inputs_of(index) if name in positions]
        for index in range(len(spec.layers))
    ]
    order = _sorted(before)
    if len(order) < len(spec.layers):
        problems.append(_cycle(spec, before, set(order)))
    if not problems:
        problems = _dead_ends(spec, before)
    return Wiring(order, problems)


def _doubled(spec: NetworkSpec, positions: dict[str, int]) -> list[Problem]:
    problems = []
    for index, name in enumerate(spec.ids):
        if name == INPUT:
            error = WiringError(
                "wiring.reserved",
                f'Layer {index + 1} is called "input", the name of the data.',
                hint="Give it another id.",
                path=("layers", index, "id"),
                layer=name,
            )
            problems.append(error.problem)
        elif name in positions:
            error = WiringError(
                "wiring.doubled",
                f"Two layers are called {name!r}: number {positions[name] + 1} and number {index + 1}.",
                hint="Give one of them another id, or leave the id out.",
                path=("layers", index, "id"),
                layer=name,
                first=positions[name],
                second=index,
            )
            problems.append(error.problem)
        else:
            positions[name] = index
    return problems


def _unknown(
    spec: NetworkSpec, index: int, positions: Mapping[str, int], names: Collection[str] | None
) -> list[Problem]:
    problems = []
    for place, name in enumerate(spec.inputs_of(index)):
        is_input = name == INPUT or name.startswith(f"{INPUT}.")
        if name in positions or (is_input and (names is None or name in names)):
            continue
        known = [*(names or [INPUT]), *(other for other in positions if other != spec.ids[index])]
        error = WiringError(
            "wiring.unknown",
            f"{spec.ids[index]} takes its input from {name!r}, which does not exist.",
            hint=meant(name, known) or f"There are: {', '.join(known[:20])}.",
            path=("layers", index, "inputs", place),
            layer=spec.ids[index],
            name=name,
            known=known,
        )
        problems.append(error.problem)
    return problems


def _arity(spec: NetworkSpec, index: int) -> list[Problem]:
    layer, count = spec.layers[index], len(spec.inputs_of(index))
    least, most = layer.arity
    if least <= count <= most:
        return []
    if count > most:
        expected = "one input" if most == 1 else f"at most {most} inputs"
        hint = "Join its inputs with Add or Concatenate first." if most == 1 else "Join them in two steps."
    else:
        expected = f"at least {least} inputs"
        hint = 'Name them, such as "inputs": ["linear_1", "linear_2"].'
    error = WiringError(
        "wiring.arity",
        f"{layer.type} {layer.id} needs {expected} but gets {count}.",
        hint=hint,
        path=("layers", index, "inputs"),
        layer=layer.id,
        expected=list(layer.arity),
        actual=count,
    )
    return [error.problem]


def _sorted(before: Sequence[Sequence[int]]) -> list[int]:
    """Indices so that each comes after what it needs, else in the order of the list; short if there is a cycle."""
    after: list[list[int]] = [[] for _ in before]
    for index, needs in enumerate(before):
        for need in needs:
            after[need].append(index)
    missing = [len(needs) for needs in before]
    ready = [index for index, count in enumerate(missing) if count == 0]
    order = []
    while ready:
        index = min(ready)
        ready.remove(index)
        order.append(index)
        for follower in after[index]:
            missing[follower] -= 1
            if missing[follower] == 0:
                ready.append(follower)
    return order


def _cycle(spec: NetworkSpec, before: Sequence[Sequence[int]], ordered: set[int]) -> Problem:
    """Walk back among the layers that never became ready until one comes again."""
    index = min(set(range(len(before))) - ordered)
    walk: list[int] = []
    while index not in walk:
        walk.append(index)
        index = min(need for need in before[index] if need not in ordered)
    circle = walk[walk.index(index) :][::-1]
    names = [spec.ids[i] for i in circle]
    error = WiringError(
        "wiring.cycle",
        f"These layers wait for each other in a circle: {' -> '.join([*names, names[0]])}.",
        hint="Remove one of these connections: data must flow from the input to the output.",
        path=("layers", min(circle), "inputs"),
        layer=spec.ids[min(circle)],
        layers=names,
    )
    return error.problem


def _dead_ends(spec: NetworkSpec, before: Sequence[Sequence[int]]) -> list[Problem]:
    reached: set[int] = set()
    queue = [len(spec.layers) - 1]
    while queue:
        index = queue.pop()
        if index not in reached:
            reached.add(index)
            queue.extend(before[index])
    return [
        WiringError(
            "wiring.dead_end",
            f"{spec.ids[index]} leads nowhere: the output, {spec.ids[-1]}, does not depend on it.",
            hint="Connect it to a later layer, or remove it. The last layer of the list is the output.",
            path=("layers", index),
            layer=spec.ids[index],
        ).problem
        for index in range(len(spec.layers))
        if index not in reached
    ]


def meant(name: str, known: Collection[str]) -> str:
    """ "Did you mean ...?", or nothing where no known name is near."""
    lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return f"Did you mean {lower[near[0]]!r}?" if near else ""


# ---------------------------------------------------------------- shapes and cost


class LayerPlan(BaseModel):
    """One layer as it will be: shapes without the batch, and what it costs for one example."""

    model_config = ConfigDict(frozen=True)

    id: str
    type: str
    inputs: list[str] = Field(description="Where its inputs come from")
    input_shapes: list[Shape | None] = []
    output_shape: Shape | None = None
    parameters: int = 0
    multiply_adds: int = 0
    activation_bytes: int = 0


class NetworkPlan(BaseModel):
    """A network as it will be. Where something is wrong, the rest is planned as far as it goes."""

    model_config = ConfigDict(frozen=True)

    layers: list[LayerPlan]
    parameters: int = 0
    multiply_adds: int = Field(0, description="For one example, forward")
    memory_bytes: int = Field(
        0, description="While training: weights, gradients, optimiser, activations of a batch"
    )
    output_shape: Shape | None = None
    errors: list[Problem] = []


@dataclass(frozen=True)
class _Cost:
    output: Shape
    parameters: int
    multiply_adds: int


def plan(
    spec: NetworkSpec,
    inputs: Mapping[str, Shape],
    output: Shape | None,
    *,
    batch: int | None = None,
    memory_limit: int | None = None,
) -> NetworkPlan:
    """Shapes and cost of every layer, and everything that is wrong; never raises for a bad network.

    `inputs` are the shapes by name, `"input"` and such as `"input.label"`; `output` is what the target
    needs; `batch` is the rows of one step. Errors are placed from `("layers", i, ...)` on.
    """
    wiring = wire(spec, inputs)
    layers = _sized(spec, wiring, output)
    shapes: dict[str, Shape | None] = dict(inputs)
    problems = list(wiring.problems)
    broken = {problem.where.path[1] for problem in problems}
    plans: dict[int, LayerPlan] = {}
    for index in wiring.order:
        if spec.ids[index] in shapes:
            continue  # a doubled id: the first one counts
        sources = spec.inputs_of(index)
        reaching = [shapes.get(name) for name in sources]
        line = LayerPlan(id=spec.ids[index], type=layers[index].type, inputs=sources, input_shapes=reaching)
        known = [shape for shape in reaching if shape is not None]
        if len(known) == len(reaching) and index not in broken:
            line = _planned(line, layers[index], known, index, batch, problems)
        plans[index] = line
        shapes[line.id] = line.output_shape
    lines = [plans.get(i) or _unplanned(spec, i) for i in range(len(spec.layers))]
    if not problems and output is not None and lines[-1].output_shape != output:
        problems.append(_wrong_output(spec, lines[-1], output))
    whole = _summed(lines, inputs, batch or 1)
    if memory_limit is not None and whole.memory_bytes > memory_limit:
        problems.append(_too_large(whole, memory_limit, batch or 1))
    return whole.model_copy(update={"errors": problems})


def _unplanned(spec: NetworkSpec, index: int) -> LayerPlan:
    sources = spec.inputs_of(index)
    return LayerPlan(
        id=spec.ids[index], type=spec.layers[index].type, inputs=sources, input_shapes=[None] * len(sources)
    )


def _sized(spec: NetworkSpec, wiring: Wiring, output: Shape | None) -> list[Layer]:
    """The layers, with the size that the target needs filled in, walking back from the output."""
    layers: list[Layer] = list(spec.layers)
    if wiring.problems:
        return layers
    index, wanted = len(layers) - 1, output
    while wanted is not None:
        layers[index] = layers[index].sized(wanted)
        wanted = layers[index].wants(wanted)
        sources = spec.inputs_of(index)
        if len(sources) != 1 or sources[0] not in spec.ids:
            break
        index = spec.ids.index(sources[0])
    return layers


def _planned(
    line: LayerPlan,
    layer: Layer,
    shapes: Sequence[Shape],
    index: int,
    batch: int | None,
    problems: list[Problem],
) -> LayerPlan:
    try:
        cost = _cost(layer, shapes)
        if batch is not None:
            layer.check_batch(shapes, batch)
    except OquError as error:
        setting = error.problem.params.get("setting")
        problems.append(placed(error.problem, ("layers", index, *([setting] if setting else []))))
        return line
    size = _count(cost.output) * BYTES
    return line.model_copy(
        update={
            "output_shape": cost.output,
            "parameters": cost.parameters,
            "multiply_adds": cost.multiply_adds,
            "activation_bytes": size,
        }
    )


def _cost(layer: Layer, shapes: Sequence[Shape]) -> _Cost:
    """What PyTorch says about this layer. Raises ShapeError and TooLargeError."""
    layer.check(shapes)
    settings = layer.model_dump_json(exclude={"id", "inputs", "init"})
    try:
        return _measured(settings, tuple(shapes))
    except OquError:
        raise
    except Exception as error:  # whatever PyTorch refuses is the document's fault, and said in its words
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "overflow" in words.lower() or isinstance(error, OverflowError | MemoryError):
            raise TooLargeError(
                "too_large.layer",
                f"{layer.type} {layer.id} is too large for any machine (input {_joined(shapes)}).",
                hint="Choose smaller sizes.",
                layer=layer.id,
            ) from error
        raise layer.misfit(
            f"cannot take {_joined(shapes)}; PyTorch says: {words}",
            "Change its settings, or what reaches it.",
            actual=list(shapes),
        ) from error


@lru_cache(maxsize=8192)
def _measured(settings: str, shapes: tuple[Shape, ...]) -> _Cost:
    """Build one layer under fake tensors and run it once on a batch of two."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.utils.flop_counter import FlopCounterMode

    layer = _adapter().validate_json(settings)
    batch = 2  # one would let mistakes with the batch's dimension through
    with FakeTensorMode(), torch.no_grad(), FlopCounterMode(display=False) as counter:
        module = layer.build(shapes).eval()
        result = module(*(torch.empty((batch, *shape)) for shape in shapes))
    return _Cost(
        output=tuple(int(size) for size in result.shape[1:]),
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        multiply_adds=counter.get_total_flops() // (2 * batch),
    )


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Layer]:
    return TypeAdapter(AnyLayer)


def _count(shape: Shape) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _joined(shapes: Sequence[Shape]) -> str:
    return " and ".join(str(shape) for shape in shapes)


def _summed(lines: list[LayerPlan], inputs: Mapping[str, Shape], batch: int) -> NetworkPlan:
    parameters = sum(line.parameters for line in lines)
    activations = sum(line.activation_bytes for line in lines)
    given = sum(_count(shape) * BYTES for shape in inputs.values())
    return NetworkPlan(
        layers=lines,
        parameters=parameters,
        multiply_adds=sum(line.multiply_adds for line in lines),
        # an activation is kept for the backward pass, and its gradient has the same size
        memory_bytes=parameters * BYTES * COPIES + batch * (given + 2 * activations),
        output_shape=lines[-1].output_shape,
    )


def _wrong_output(spec: NetworkSpec, line: LayerPlan, output: Shape) -> Problem:
    error = ShapeError(
        "shape.output",
        f"{line.type} {line.id} is the output and yields {line.output_shape}, but the target needs {output}.",
        hint="End with a Linear layer without out_features: it gets the size that the target needs."
        if len(output) == 1
        else "Change the last layers until they yield this shape.",
        path=("layers", len(spec.layers) - 1),
        layer=line.id,
        expected=output,
        actual=line.output_shape,
    )
    return error.problem


def _too_large(whole: NetworkPlan, limit: int, batch: int) -> Problem:
    costs = [line.parameters * COPIES * BYTES + 2 * batch * line.activation_bytes for line in whole.layers]
    index = costs.index(max(costs))
    largest = whole.layers[index]
    error = TooLargeError(
        "too_large",
        f"Training needs about {amount(whole.memory_bytes)} of memory ({whole.parameters:,} weights, "
        f"{batch:,} example{'s' if batch > 1 else ''} at once), more than the {amount(limit)} there are. "
        f"The largest part is {largest.id} with {amount(costs[index])}.",
        hint=f"Choose smaller sizes for {largest.id}"
        + (", or a smaller batch_size." if batch * largest.activation_bytes * 2 > costs[index] / 2 else "."),
        path=("layers", index),
        layer=largest.id,
        memory_bytes=whole.memory_bytes,
        limit_bytes=limit,
        parameters=whole.parameters,
    )
    return error.problem


def amount(count: float) -> str:
    """Bytes in words: 1.5 MB."""
    units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    while count >= 1000 and len(units) > 1:
        count /= 1000
        units.pop(0)
    return f"{count:,.0f} bytes" if units[0] == "bytes" else f"{count:,.1f} {units[0]}"


def placed(problem: Problem, prefix: Path) -> Problem:
    """The same problem, with its path continued to the left."""
    where = problem.where.model_copy(update={"path": (*prefix, *problem.where.path)})
    return problem.model_copy(update={"where": where})


# ---------------------------------------------------------------- building


def build(
    spec: NetworkSpec,
    inputs: Mapping[str, Shape],
    output: Shape | None,
    seed: int,
    *,
    batch: int | None = None,
    memory_limit: int | None = None,
) -> Network:
    """The module, on the CPU. Initial weights depend on the seed and each layer's id alone.

    Raises WiringError, ShapeError or TooLargeError with all problems, before anything is allocated;
    without a limit, what the machine has. The global random state is left as it was.
    """
    from models.modules import Network, Step

    whole = plan(spec, inputs, output, batch=batch, memory_limit=memory_limit or machine_memory())
    if whole.errors:
        raise raised(whole.errors)
    wiring = wire(spec, inputs)
    layers = _sized(spec, wiring, output)
    steps, modules = [], {}
    for index in wiring.order:
        line = whole.layers[index]
        shapes = [shape for shape in line.input_shapes if shape is not None]
        modules[line.id] = _begun(layers[index], shapes, seed)
        steps.append(Step(line.id, tuple(line.inputs)))
    return Network(steps, modules, spec.ids[-1])


def _begun(layer: Layer, shapes: Sequence[Shape], seed: int) -> torch.nn.Module:
    """One layer with its initial weights, drawn from its own stream."""
    own = stream(seed, f"init/{layer.id}")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(own)
        module = layer.build(shapes)
    if isinstance(layer, Weighted) and layer.init is not None:
        layer.init.apply(module, torch.Generator().manual_seed(own))
    return module


def raised(problems: Sequence[Problem]) -> DocumentError:
    """The exception for these problems: the class is the first one's."""
    classes = {kind.__name__: kind for kind in (WiringError, ShapeError, TooLargeError)}
    return classes.get(problems[0].error, DocumentError).of(problems)


def machine_memory() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
