"""Everything people can choose is described, and docs/reference.md says it as the code does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from scripts import reference
from server.catalog import collect
from server.cli import app
from server.settings import Settings


def commands(command: Any = None, name: str = "oqu") -> Iterator[tuple[str, Any]]:
    command = command or get_command(app)
    yield name, command
    for inner, each in getattr(command, "commands", {}).items():
        yield from commands(each, f"{name} {inner}")


COMMANDS = dict(commands())


def test_the_reference_is_what_the_code_says() -> None:
    committed = reference.REFERENCE.read_text()
    assert committed == reference.generate(), "run `make types` and commit docs/reference.md"


def test_the_reference_has_every_family_every_kind_every_setting_and_every_command() -> None:
    text, catalog = reference.generate(), collect()
    assert reference.FAMILIES.keys() == {family for family, entries in catalog.items() if entries}
    for entry in (entry for entries in catalog.values() for entry in entries):
        assert f"`{entry['type']}`\n" in text
    assert all(f"`OQU_{name.upper()}`" in text for name in Settings.model_fields)
    assert all(f"`{name}" in text for name, command in COMMANDS.items() if not hasattr(command, "commands"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_each_of_its_options_has_words(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    silent = [each.name for each in command.params if not getattr(each, "help", None)]
    assert not silent
