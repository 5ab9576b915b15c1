"""ARCHITECTURE.md names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text()
TABLES = re.findall(r"\| of `(\w+)/` \|(.*?)\n\n", TEXT, re.DOTALL)
MODULES = [
    Path(folder, name)
    for folder, table in TABLES
    for row in table.splitlines()
    for name in re.findall(r"`(\w+)/?`", row.split("|")[1] if "|" in row else "")
]
FILES = re.findall(r"`((?:models|server|frontend)/[\w/.-]+)`", TEXT)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_it_names_is_there(module: Path) -> None:
    assert (ROOT / module).is_dir() or (ROOT / module).with_suffix(".py").is_file()


@pytest.mark.parametrize("name", FILES)
def test_a_file_it_names_is_there(name: str) -> None:
    assert (ROOT / name).exists() or (ROOT / f"{name}.py").exists()


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = re.findall(r"^(\d+)\. \*\*", TEXT, re.MULTILINE)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
