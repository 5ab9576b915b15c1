"""Importing: files as people have them become arrays with facts. One format per file of this folder.

A set is a folder of three files: inputs.npy, targets.npy (memory mapped when used) and info.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.data.base import DataInfo
from models.errors import DataError
from models.importing.base import Importer, Source
from models.importing.folder import digest, open_dataset, write_info
from models.importing.recognise import recognise
from models.kinds import kinds, scan

scan(__name__, __path__)

__all__ = ["Importer", "digest", "import_files", "open_dataset", "preview", "recognise"]


def import_files(
    files: Sequence[Path], names: Sequence[str], options: Mapping[str, Any], into: Path
) -> DataInfo:
    """Write the set into the folder, which is made. Reads and writes in pieces. Raises DataError.

    `names` are those people gave their files; `options` the importer's fields, `type` among them or found.
    """
    importer, sources = _chosen(files, names, options)
    into.mkdir(parents=True, exist_ok=True)
    info = importer.write(sources, into)
    write_info(info, into)
    return info


def preview(files: Sequence[Path], names: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """What an import would give: format, facts, columns or thumbnails, classes, problems. Writes nothing."""
    importer, sources = _chosen(files, names, options)
    return {"format": importer.type, **importer.look(sources)}


def _chosen(
    files: Sequence[Path], names: Sequence[str], options: Mapping[str, Any]
) -> tuple[Importer, list[Source]]:
    if not files or len(files) != len(names):
        raise DataError("import.nothing", "There is no file to import.", hint="Choose one or two files.")
    known = kinds(Importer)
    format_ = options.get("type") or recognise(files, names)
    if format_ not in known:
        raise DataError(
            "import.unknown_format",
            f"There is no import format {str(format_)[:40]!r}.",
            hint=f"Known are {', '.join(known)}.",
            path=("options", "type"),
        )
    try:
        importer = known[format_].model_validate({**options, "type": format_})
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            "import.option",
            f"The option {'.'.join(map(str, first['loc']))} does not fit: {first['msg']}.",
            hint="See the format's fields in the catalogue.",
            path=("options", *first["loc"]),
        ) from error
    sources = [Source(path, name[:200]) for path, name in zip(files, names, strict=True)]
    return importer, sources
