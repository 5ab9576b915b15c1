"""Writes docs/reference.md, every kind and setting there is, from the code: python scripts/reference.py [--check]."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
REFERENCE = ROOT / "docs" / "reference.md"

FAMILIES = {
    "layers": "Layers",
    "data": "Data",
    "preprocess": "Preprocessing",
    "learners": "Learners",
    "losses": "Losses",
    "optimizers": "Optimisers",
    "schedules": "Schedules",
    "initializers": "Initial weights",
    "probes": "Probes",
    "imports": "Imports",
}
SHARED = {
    "layers": ("id", "inputs", "init"),
    "data": ("validation_fraction", "test_fraction", "seed"),
}
"""Settings that a family's kinds have in common, told once."""

HEAD = """# Reference

Everything an experiment can name, with its settings; then the server's settings and the commands. Written by
`make types` from the code, where each is declared: change it there.
"""


def generate() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *kinds(), *settings(), *commands()])


def kinds() -> Iterator[str]:
    """A section per family, its common settings first."""
    from server.catalog import collect

    catalog = collect()
    for family, title in FAMILIES.items():
        yield f"## {title}\n"
        shared = SHARED.get(family, ())
        if shared:
            every = {name: field for entry in catalog[family] for name, field in fields(entry).items()}
            yield "Settings of all, where they make sense:\n"
            yield from table({name: every[name] for name in shared})
        for entry in catalog[family]:
            title = "" if entry["title"] == entry["type"] else f"{entry['title']}, "
            yield f"### {title}`{entry['type']}`\n\n{entry['help']}\n"
            own = {name: field for name, field in fields(entry).items() if name not in shared}
            if own:
                yield from table(own, entry["schema"].get("required", ()))


def fields(entry: dict[str, Any]) -> dict[str, Any]:
    """A kind's settings as JSON Schema."""
    found: dict[str, Any] = entry["schema"]["properties"]
    return {name: field for name, field in found.items() if name != "type"}


def table(found: dict[str, Any], required: Iterable[str] = ()) -> Iterator[str]:
    """A row for each setting."""
    yield "| setting | takes | default | |\n| --- | --- | --- | --- |"
    for name, field in found.items():
        said = ". ".join(words for words in (field["title"], field.get("description")) if words)
        default = f"`{short(field['default'])}`" if "default" in field else ""
        default = "must be given" if name in required else default
        yield f"| `{name}` | {takes(field)} | {default} | {cell(said)} |"
    yield ""


def takes(field: dict[str, Any]) -> str:
    """What may be given, in words."""
    if "discriminator" in field:
        return "a kind, by its `type`"
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(takes(option) for option in options))
    if "const" in field or "enum" in field:
        return ", ".join(f"`{cell(json.dumps(value))}`" for value in field.get("enum", [field.get("const")]))
    if field.get("type") == "array":
        return listed(field)
    words = {"integer": "whole number", "string": "text", "boolean": "true or false"}
    kind = words.get(field.get("type", ""), field.get("type", "settings"))
    return " ".join([kind, *limits(field), *([field["unit"]] if "unit" in field else [])])


def listed(field: dict[str, Any]) -> str:
    """A list of so many things, or of different ones."""
    parts = [takes(part) for part in field.get("prefixItems", ())]
    if not parts:
        return f"list of {takes(field.get('items', {}))}"
    return f"[{', '.join(parts)}]" if len(set(parts)) > 1 else f"list of {len(parts)}: {parts[0]}"


def limits(field: dict[str, Any]) -> Iterator[str]:
    """Between which a number must lie."""
    if "minimum" in field and "maximum" in field:
        yield f"{field['minimum']:,.15g} to {field['maximum']:,.15g}"
        return
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    found = [f"{sign} {field[key]:,.15g}" for key, sign in signs.items() if key in field]
    if found:
        yield " and ".join(found)


def short(value: Any) -> str:
    """A default on one line."""
    text = json.dumps(value, ensure_ascii=False)
    return cell(text if len(text) <= 60 else text[:57] + "...")


def cell(text: str) -> str:
    """Text that ends no cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def settings() -> Iterator[str]:
    """What an operator can choose."""
    from server.settings import Settings

    schema = Settings.model_json_schema()["properties"]
    yield "## Settings of the server\n\nEnvironment variables; `oqu serve` takes some of them as options.\n"
    yield from table({f"OQU_{name.upper()}": field for name, field in schema.items()})


def commands() -> Iterator[str]:
    """What can be typed in a terminal."""
    from typer.main import get_command

    from server.cli import app

    yield "## Commands\n\n| command | does |\n| --- | --- |"
    yield from _under("oqu", get_command(app))
    yield ""


def _under(called: str, command: Any) -> Iterator[str]:
    """A command with its arguments and options, or the commands of a group."""
    inner: dict[str, Any] = getattr(command, "commands", {})
    for name, each in inner.items():
        yield from _under(f"{called} {name}", each)
    if inner:
        return
    parts = [
        (each.metavar or str(each.name).upper())
        if each.param_type_name == "argument"
        else f"[{each.opts[0]}]"
        for each in command.params
        if each.name != "help"
    ]
    yield f"| `{cell(' '.join([called, *parts]))}` | {cell(command.help)} |"


def main() -> None:
    """Write it, or with --check fail when what is committed is stale."""
    fresh = generate()
    if "--check" not in sys.argv:
        REFERENCE.parent.mkdir(exist_ok=True)
        REFERENCE.write_text(fresh)
    elif not REFERENCE.exists() or REFERENCE.read_text() != fresh:
        sys.exit("docs/reference.md is stale: run `make types` and commit what it wrote.")


if __name__ == "__main__":
    main()
