"""What pydantic says about a document, in sentences a beginner understands: where, what, and what to do."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from models.documents import MAX_PROBLEMS, kind_of
from models.errors import DocumentError, Problem
from models.network import made_up, meant

Place = tuple[str | int, ...]

_NOUNS = {
    "layers": "layer",
    "data": "data source",
    "preprocess": "preprocessing step",
    "learner": "way of learning",
    "loss": "loss",
    "optimizer": "optimiser",
    "schedule": "schedule",
    "init": "initialiser",
}
_TYPES = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list [...]",
    "tuple_type": "a list [...]",
    "dict_type": "an object {...}",
    "model_type": "an object {...}",
    "model_attributes_type": "an object {...}",
    "none_required": "null",
    "finite_number": "a finite number",
}
_LIMITS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
    "multiple_of": ("a multiple of", "multiple_of"),
}
_LENGTHS = {
    "too_long": ("at most", "max_length", "entries"),
    "too_short": ("at least", "min_length", "entries"),
    "string_too_long": ("at most", "max_length", "characters"),
    "string_too_short": ("at least", "min_length", "characters"),
}
_SINGULAR = {"entries": "entry", "characters": "character"}


_RATE = "The learning rate is a setting of the optimiser: learner.optimizer.lr."
_ELSEWHERE = {
    "lr": _RATE,
    "learning_rate": _RATE,
    "momentum": "Momentum is a setting of the optimiser SGD: learner.optimizer.momentum.",
    "epochs": "It is a setting of the learner: learner.epochs.",
    "batch_size": "It is a setting of the learner: learner.batch_size.",
    "optimizer": "It is a setting of the learner: learner.optimizer.",
    "loss": "It is a setting of the learner: learner.loss.",
    "layers": "Layers stand in a network: networks.model.layers.",
    "activation": 'An activation is a layer of its own: {"type": "ReLU"} after this one.',
    "units": "It is called out_features.",
    "in_features": "Leave it out: what reaches the layer decides it.",
    "in_channels": "Leave it out: what reaches the layer decides it.",
    "input_shape": "Leave it out: what reaches the layer decides it.",
}
"""What people write who know another library, and where it stands here."""


def explain(error: ValidationError, document: Mapping[str, Any], model: type[BaseModel]) -> list[Problem]:
    """One problem for each place, in the order of the document. `model` is what the document should be."""
    groups: dict[Place, list[Mapping[str, Any]]] = {}
    for fault in error.errors(include_url=False):
        groups.setdefault(_place(fault["loc"], document), []).append(fault)
    return [
        _problem(path, faults, document, model)
        for path, faults in groups.items()
        if not _is_branch(path, faults, groups)
    ][:MAX_PROBLEMS]


def _place(loc: Sequence[str | int], document: Any) -> Place:
    """pydantic's place without the names of union members in it: a path in the document itself."""
    path: list[str | int] = []
    node: Any = document
    for i, part in enumerate(loc):
        if _holds(node, part):
            node = node[part]
        elif not (
            isinstance(node, dict) and i == len(loc) - 1 and node.get("type") != part and part != "[key]"
        ):
            continue  # the tag of a kind, or a member of a union
        path.append(part)
    return tuple(path)


def _holds(node: Any, part: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, dict) and part in node


def _is_branch(path: Place, faults: Sequence[Mapping[str, Any]], groups: Mapping[Place, Any]) -> bool:
    """Whether this is only the member of a union that was not meant: another one went deeper."""
    deeper = any(other[: len(path)] == path and len(other) > len(path) for other in groups)
    return deeper and all(fault["type"] in _TYPES or fault["type"] == "literal_error" for fault in faults)


def _problem(
    path: Place, faults: Sequence[Mapping[str, Any]], document: Mapping[str, Any], model: type[BaseModel]
) -> Problem:
    sharp = [fault for fault in faults if fault["type"] not in _TYPES and fault["type"] != "literal_error"]
    fault = (sharp or faults)[0]
    layer = layer_at(path, document)
    owner, field = _declared(model, document, path)
    subject = _subject(path, document, layer)
    value = _value(document, path)
    words, hint, params = _said(fault, faults, path, owner, field, subject, value)
    if not hint and fault["type"] != "value_error":
        hint = _described(field)
    return DocumentError(
        f"document.{fault['type']}", words, hint=hint, path=path, layer=layer, **params
    ).problem


def _said(
    fault: Mapping[str, Any],
    faults: Sequence[Mapping[str, Any]],
    path: Place,
    owner: type[BaseModel] | None,
    field: FieldInfo | None,
    subject: str,
    value: Any,
) -> tuple[str, str, dict[str, Any]]:
    """Sentence, hint and facts."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in ("union_tag_invalid", "union_tag_not_found") or (
        kind == "literal_error" and path[-1] == "type"
    ):
        return _unknown_kind(path, value, context, field)
    if kind == "extra_forbidden":
        known = [name for name in owner.model_fields if name != "type"] if owner else []
        place = f" in {subject.partition(' of ')[2]}" if " of " in subject else ""
        words = f"There is no setting {path[-1]!r}{place}."
        hint = _ELSEWHERE.get(str(path[-1]), "") if path[-1] not in known else ""
        hint = hint or meant(str(path[-1]), known) or f"Its settings are {', '.join(known)}."
        return words, hint, {"known": known}
    if kind == "missing":
        return f"{subject} is missing.", _described(field) or f"Add {path[-1]!r}.", {"name": path[-1]}
    if kind in _LIMITS:
        least, key = _LIMITS[kind]
        words = f"{subject} must be {least} {_number(context[key])}, but is {kind_of(value)}."
        return words, _range(field), {"limit": context[key], "actual": value}
    if kind in _LENGTHS:
        least, key, unit = _LENGTHS[kind]
        units = unit if context[key] != 1 else _SINGULAR[unit]
        words = f"{subject} must have {least} {_number(context[key])} {units}, but has {_length(value):,}."
        hint = 'Begin with {"type": "Linear"}.' if path[-1:] == ("layers",) and least == "at least" else ""
        return words, hint, {"limit": context[key], "actual": _length(value)}
    if kind == "string_pattern_mismatch":
        words = f"{subject} is {kind_of(value)}, but may hold only letters, digits and _, a letter first."
        return words, "Choose a name such as conv_1.", {"actual": value}
    if kind == "value_error":
        return f"{subject}: {context.get('error', fault['msg'])}.", "", {}
    expected = _expected(faults)
    if not expected:
        return f"{subject}: {fault['msg']}.", "", {}
    hint = meant(value, _choices(faults)) if isinstance(value, str) else ""
    if "number" in expected and isinstance(value, str) and _is_number(value):
        hint = f"Write it without quotes: {value.strip()}."
    return f"{subject} must be {expected}, but is {kind_of(value)}.", hint, {"expected": expected}


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*-?\d+(\.\d+)?([eE][-+]?\d+)?\s*", text) is not None


def _unknown_kind(
    path: Place, value: Any, context: Mapping[str, Any], field: FieldInfo | None
) -> tuple[str, str, dict[str, Any]]:
    names = [part for part in path if isinstance(part, str) and part != "type"]
    noun = _NOUNS.get(names[-1] if names else "", "kind")
    listed = context.get("expected_tags", context.get("expected", ""))
    known = [name.strip().strip("'") for name in listed.replace(" or ", ", ").split(",") if name.strip()]
    known = known or (_tags(field.annotation) if field else [])
    name = value.get("type") if isinstance(value, Mapping) else value
    choices = f"There are {', '.join(known)}." if known else ""
    if not isinstance(name, str):
        return f"This {noun} has no type.", choices or 'Add "type" with the name of a kind.', {"known": known}
    guess = meant(name, known)
    return (
        f"There is no {noun} called {name!r}.",
        f"{guess} {choices}".strip(),
        {"name": name, "known": known},
    )


def _tags(annotation: Any) -> list[str]:
    """The names of the kinds that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        tag = annotation.model_fields.get("type")
        return [tag.default] if tag and isinstance(tag.default, str) else []
    return [name for member in get_args(annotation) for name in _tags(member)]


def _expected(faults: Sequence[Mapping[str, Any]]) -> str:
    """What might stand here, from all members of a union."""
    phrases = []
    for fault in faults:
        if fault["type"] in _TYPES:
            phrases.append(_TYPES[fault["type"]])
        elif fault["type"] == "literal_error":
            expected = str(fault["ctx"]["expected"])
            phrases.append(f"one of {expected}" if " or " in expected else expected)
    return " or ".join(dict.fromkeys(phrases))


def _choices(faults: Sequence[Mapping[str, Any]]) -> list[str]:
    listed = ", ".join(fault["ctx"]["expected"] for fault in faults if fault["type"] == "literal_error")
    return [name.strip().strip("'") for name in listed.replace(" or ", ", ").split(",") if name.strip()]


def _subject(path: Place, document: Mapping[str, Any], layer: str | None) -> str:
    """`out_features of Linear linear_1`, `lr of Adam`."""
    if not path:
        return "The experiment"
    owner = ""
    for length in range(len(path), 0, -1):
        node = _value(document, path[:length])
        if isinstance(node, Mapping) and isinstance(node.get("type"), str):
            owner = str(node["type"]) + (f" {layer}" if layer is not None and length == 4 else "")
            if length == len(path):
                return owner
            break
    name = f"{path[-2]}[{path[-1]}]" if isinstance(path[-1], int) and len(path) > 1 else str(path[-1])
    return f"{name} of {owner}" if owner else name


def layer_at(path: Place, document: Mapping[str, Any]) -> str | None:
    """The id of the layer that a path leads into, made up as the network does where it has none."""
    if len(path) < 4 or path[0] != "networks" or path[2] != "layers" or not isinstance(path[3], int):
        return None
    layers = _value(document, path[:3])
    if not isinstance(layers, list):
        return None
    objects = [layer if isinstance(layer, dict) else {} for layer in layers]
    ids = [layer.get("id") for layer in objects]
    names = made_up(
        [str(layer.get("type", "layer")) for layer in objects],
        [id if isinstance(id, str) else None for id in ids],
    )
    return names[path[3]]


def _value(document: Any, path: Place) -> Any:
    node = document
    for part in path:
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | dict) else 0


def _described(field: FieldInfo | None) -> str:
    if field is None or not field.description:
        return ""
    return f"{field.title}: {field.description}." if field.title else f"{field.description}."


def _number(value: float) -> str:
    """1,000,000 and 0.5, without the .0 of whole numbers."""
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def _range(field: FieldInfo | None) -> str:
    """The bounds of a setting, where both are known."""
    if field is None:
        return ""
    bounds: dict[str, Any] = {}
    for fact in _facts(field):
        for name in ("ge", "gt", "le", "lt"):
            if getattr(fact, name, None) is not None:
                bounds[name] = getattr(fact, name)
    if not ({"ge", "gt"} & bounds.keys() and {"le", "lt"} & bounds.keys()):
        return _described(field)
    low = f"of at least {_number(bounds['ge'])}" if "ge" in bounds else f"above {_number(bounds['gt'])}"
    high = f"at most {_number(bounds['le'])}" if "le" in bounds else f"below {_number(bounds['lt'])}"
    return f"Choose a value {low} and {high}."


def _facts(field: FieldInfo) -> list[Any]:
    facts = list(field.metadata)
    for member in (field.annotation, *get_args(field.annotation)):
        if get_origin(member) is Annotated:
            for extra in get_args(member)[1:]:
                facts += extra.metadata if isinstance(extra, FieldInfo) else [extra]
    return facts


def _declared(
    model: type[BaseModel], document: Any, path: Place
) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The model and the field that a path leads to, as far as they are declared."""
    annotation: Any = model
    owner: type[BaseModel] | None = None
    field: FieldInfo | None = None
    for i, part in enumerate(path):
        annotation = _member(annotation, _value(document, path[:i]))
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            owner, field = annotation, annotation.model_fields.get(str(part))
            if field is None:
                return owner, None
            annotation = field.annotation
        elif get_origin(annotation) in (list, tuple, dict):
            annotation = get_args(annotation)[-1]
        else:
            return owner, field
    return owner, field


def _member(annotation: Any, node: Any) -> Any:
    """The member of a union that a value was meant to be."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    members = [_member(member, node) for member in get_args(annotation) if member is not type(None)]
    if isinstance(node, Mapping):
        for member in members:
            if not (isinstance(member, type) and issubclass(member, BaseModel)):
                continue
            tag = member.model_fields.get("type")
            if tag is None or tag.default == node.get("type"):
                return member
    if isinstance(node, list):
        return next((member for member in members if get_origin(member) in (list, tuple)), members[0])
    return members[0]
