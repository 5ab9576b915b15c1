"""All benchmarks, one table, written to benchmarks/RESULTS.md: python -m benchmarks [NAME ...]."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.pairs import Row, table

NAMES = ("training", "start", "page")
RESULTS = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    """The machine in one line."""
    import torch

    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}"


def main(names: list[str]) -> None:
    """Run the benchmarks named, or all, and write their table."""
    rows: list[Row] = []
    for name in names or NAMES:
        print(f"{name} ...", flush=True)
        rows += importlib.import_module(f"benchmarks.{name}").run()
    text = f"# Results\n\n{machine()}. Medians and ranges of paired runs; `make bench` repeats them.\n\n{table(rows)}\n"
    print(table(rows))
    if not names:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
