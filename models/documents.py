"""JSON from outside made into a plain object, strictly: what is doubled, not finite, too deep or too big is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from models.errors import DocumentError, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_PROBLEMS = 100
"""So many are reported of one document."""


class _Object(dict[str, Any]):
    """An object that remembers which of its keys came twice."""

    doubled: tuple[str, ...] = ()


def load(document: bytes | str | dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The object, and what is wrong with it as JSON.

    Raises DocumentError where there is no object at all: not JSON, another value, too big or too deep.
    """
    value = document if isinstance(document, dict) else _decoded(document)
    if not isinstance(value, dict):
        raise DocumentError(
            "document.no_object",
            f"An experiment is a JSON object {{...}}, but this is {kind_of(value)}.",
            hint="Begin with { and end with }.",
        )
    return value, _problems(value)


def _decoded(document: bytes | str) -> Any:
    raw = document.encode(errors="surrogatepass") if isinstance(document, str) else document
    if len(raw) > MAX_BYTES:
        raise DocumentError(
            "document.too_big",
            f"The document has {len(raw):,} bytes, more than the {MAX_BYTES:,} allowed.",
            hint="Import data as a data set instead of writing it into the experiment.",
            actual=len(raw),
            limit=MAX_BYTES,
        )
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_pairs)
    except UnicodeDecodeError as error:
        raise DocumentError(
            "document.encoding",
            f"The document is not UTF-8 text (byte {error.start}).",
            hint="Save it as UTF-8.",
        ) from error
    except json.JSONDecodeError as error:
        raise DocumentError(
            "document.json",
            f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            hint="Look there for a missing comma, quote or bracket.",
            row=error.lineno,
            column=str(error.colno),
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # a whole number of thousands of digits
        raise DocumentError("document.number", "A number has too many digits.", hint="Shorten it.") from error


def _pairs(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        made.doubled = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
    return made


def _too_deep() -> DocumentError:
    return DocumentError(
        "document.too_deep",
        f"The document is nested more than {MAX_DEPTH} levels deep.",
        hint="Experiments need fewer than ten levels: look for brackets too many.",
        limit=MAX_DEPTH,
    )


def _problems(value: dict[str, Any]) -> list[Problem]:
    problems = []
    for path, found in _walk(value, ()):
        if len(path) > MAX_DEPTH:
            raise _too_deep()
        error = _fault(path, found)
        if error is not None:
            problems.append(error.problem)
    return problems[:MAX_PROBLEMS]


def _walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    if len(path) > MAX_DEPTH:
        return
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    for key, inner in items:
        yield from _walk(inner, (*path, key))


def _fault(path: tuple[str | int, ...], found: Any) -> DocumentError | None:
    if isinstance(found, float) and not math.isfinite(found):
        return DocumentError(
            "document.not_finite",
            f"{path[-1]} is {found}, which is no number to calculate with.",
            hint="Write an ordinary number.",
            path=path,
        )
    if isinstance(found, _Object) and found.doubled:
        key = found.doubled[0]
        return DocumentError(
            "document.doubled_key",
            f"{key!r} is written twice in one object.",
            hint="Keep one of the two.",
            path=(*path, key),
            name=key,
        )
    keys = list(found) if isinstance(found, dict) else []
    if any(not isinstance(key, str) for key in keys):
        return DocumentError("document.key", "A key is not text.", hint="Write keys in quotes.", path=path)
    if any(not _is_clean(text) for text in [found, *keys] if isinstance(text, str)):
        return DocumentError(
            "document.character",
            "A text holds a character that cannot be stored.",
            hint="Remove NUL characters and halves of surrogate pairs.",
            path=path,
        )
    if found is not None and not isinstance(found, str | int | float | bool | dict | list | tuple):
        return DocumentError(
            "document.value", f"{type(found).__name__} is nothing that JSON can hold.", path=path
        )
    return None


def _is_clean(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def kind_of(value: Any) -> str:
    """A JSON value in words: what was found instead of what was expected."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {json.dumps(value if len(value) <= 40 else value[:40] + '…', ensure_ascii=False)}"
    if isinstance(value, int | float):
        return f"{value}"[:40]
    return "a list" if isinstance(value, list | tuple) else "an object"
