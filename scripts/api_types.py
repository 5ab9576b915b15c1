"""Writes the page's API types from the server's OpenAPI document: python scripts/api_types.py [--check]."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
TYPES = ROOT / "frontend" / "src" / "api" / "types.ts"


def generate() -> str:
    """The types as TypeScript."""
    from hatch_build import FRONTEND, npm

    with tempfile.TemporaryDirectory() as folder:
        document, types = Path(folder) / "openapi.json", Path(folder) / "types.ts"
        with document.open("wb") as file:
            subprocess.run([sys.executable, "-m", "server.cli", "openapi"], stdout=file, cwd=ROOT, check=True)
        command, environment = npm()
        tool = ["exec", "--no", "--", "openapi-typescript", str(document), "-o", str(types)]
        subprocess.run(
            [*command, *tool], cwd=FRONTEND, env=environment, check=True, stdout=subprocess.DEVNULL
        )
        return types.read_text()


def main() -> None:
    """Write them, or with --check fail when those committed are stale."""
    fresh = generate()
    if "--check" not in sys.argv:
        TYPES.write_text(fresh)
    elif not TYPES.exists() or TYPES.read_text() != fresh:
        sys.exit("The page's API types are stale: run `make types` and commit what it wrote.")


if __name__ == "__main__":
    main()
