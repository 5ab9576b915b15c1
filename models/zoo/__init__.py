"""Experiments shipped with Oqu: one JSON file each, `{"summary", "tags", "level", "order", "experiment"}`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import DocumentError

if TYPE_CHECKING:
    from models.experiment import Experiment


@cache
def _shelf() -> dict[str, dict[str, Any]]:
    """Every file, in the order in which to read them."""
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(__file__).parent.glob("*.json")}
    return dict(sorted(files.items(), key=lambda entry: (entry[1]["order"], entry[0])))


def items() -> list[dict[str, Any]]:
    """What there is: slug, name, summary, tags and level of each."""
    return [
        {
            "slug": slug,
            "name": item["experiment"]["name"],
            **{key: item[key] for key in ("summary", "tags", "level")},
        }
        for slug, item in _shelf().items()
    ]


def document(slug: str) -> dict[str, Any]:
    """The experiment as it was written, without defaults. Raises DocumentError."""
    if slug not in _shelf():
        raise DocumentError(
            "zoo.unknown",
            f"The zoo has no experiment called {slug!r}.",
            hint=f"There are: {', '.join(_shelf())}.",
            slug=slug,
        )
    found: dict[str, Any] = json.loads(json.dumps(_shelf()[slug]["experiment"]))
    return found


def experiment(slug: str) -> Experiment:
    """The experiment, parsed. Raises DocumentError."""
    from models.experiment import parse

    return parse(document(slug))
