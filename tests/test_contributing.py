"""CONTRIBUTING.md is true: each example, put into a copy of the code as its one file, passes the conformance tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLE = re.compile(r"`(models/\w+/\w+\.py)`[^\n]*:\n\n```python\n(.*?)```", re.DOTALL)
EXAMPLES = dict(EXAMPLE.findall((ROOT / "CONTRIBUTING.md").read_text()))
SUITES = (
    "tests/models/layers/test_conformance.py",
    "tests/models/data/test_sources.py",
    "tests/models/preprocess/test_steps.py",
    "tests/models/probes/test_probes.py",
    "tests/models/learners/test_conformance.py",
    "tests/server/test_catalog.py",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code with all examples in it, and nothing else changed."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("models", "server", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path, code in EXAMPLES.items():
        assert not (copy / path).exists(), f"{path} exists already: choose another example"
        (copy / path).write_text(code)
    return copy


def called(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_is_an_example_of_each_folder_of_kinds() -> None:
    folders = {Path(path).parent.name for path in EXAMPLES}
    assert folders == {"layers", "data", "preprocess", "probes", "learners"}


def test_the_examples_are_written_as_the_code_is(copy: Path) -> None:
    called(copy, "ruff", "check", *EXAMPLES)
    called(copy, "ruff", "format", "--check", *EXAMPLES)


def test_the_examples_pass_the_conformance_tests_as_they_stand(copy: Path) -> None:
    names = [re.search(r'^    type: Literal\["(\w+)"\]', code, re.MULTILINE)[1] for code in EXAMPLES.values()]
    chosen = " or ".join([*names, "(offered_probes and spiral)"])
    said = called(copy, "pytest", "-p", "no:cacheprovider", "-vv", "-k", chosen, *SUITES)
    for name in names:
        assert f"{name}]" in said, f"no conformance test looked at {name}"
