"""The page's own catalogue, so that tests find things by the words a person sees."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

ENGLISH = Path(__file__).parent.parent.parent / "frontend" / "src" / "i18n" / "en"


@cache
def catalogue() -> dict[str, Any]:
    """All files of the English catalogue as one."""
    merged: dict[str, Any] = {}
    for file in sorted(ENGLISH.glob("*.json")):
        for place, words in json.loads(file.read_text()).items():
            merged.setdefault(place, {}).update(words)
    return merged


def t(key: str, **params: object) -> str:
    """The sentence of a key, its parameters filled in."""
    found: Any = catalogue()
    for part in key.split("."):
        found = found[part]
    for name, value in params.items():
        found = found.replace("{{" + name + "}}", str(value))
    return str(found)


def like(key: str) -> re.Pattern[str]:
    """A pattern for the sentence of a key, whatever its parameters are."""
    return re.compile(re.sub(r"\\\{\\\{\w+\\\}\\\}", ".*", re.escape(t(key))))
