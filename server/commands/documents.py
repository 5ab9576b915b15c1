"""How commands find the experiment that was meant: a file, or a name of the zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.errors import DocumentError


def read(source: str) -> bytes:
    """The document's bytes. Raises DocumentError, with the names there are."""
    path = Path(source)
    if path.is_file():
        return path.read_bytes()
    from models import zoo
    from server.plain import encode

    slugs = [str(item["slug"]) for item in zoo.items()]
    if source in slugs:
        document: Any = zoo.experiment(source)
        return encode(document if isinstance(document, dict) else document.model_dump(mode="json"))
    raise DocumentError(
        "document.not_found",
        f"{source} is neither a file nor an experiment of the zoo.",
        hint=f"The zoo has: {', '.join(slugs)}.",
    )
