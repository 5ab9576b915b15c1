"""A pair of IDX files, as MNIST comes in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from numpy.typing import NDArray
from pydantic import Field

from models import idx
from models.data.base import DataInfo
from models.errors import DataError
from models.importing.base import MOST_ROWS, Importer, Source
from models.importing.folder import ArrayFile
from models.importing.meaning import Choice, Facts, facts_of, shown


class Idx(Importer):
    """Two IDX files, one of inputs and one of labels, gzipped or not: the format of MNIST.

    Which is which is told by their sizes: labels have one value per row.
    """

    title: ClassVar[str] = "IDX pair"
    category: ClassVar[str] = "Arrays"

    type: Literal["idx"] = "idx"
    task: Choice = Field("auto", title="Task")

    def write(self, sources: Sequence[Source], into: Path) -> DataInfo:
        """The inputs block by block."""
        inputs, labels = _pair(sources)
        targets = idx.read(labels.path, labels.name)
        with idx.opened(inputs.path, inputs.name) as file:
            header = idx.read_header(file, inputs.name)
            facts = self._facts(header, targets)
            with ArrayFile(into / "inputs.npy", facts.info.dtype, facts.info.shape) as out:
                for block in idx.blocks(file, header, inputs.name):
                    out.append(facts.arranged(block))
        facts.write_targets(into)
        return facts.info

    def look(self, sources: Sequence[Source]) -> dict[str, Any]:
        """The first rows; all labels are counted."""
        inputs, labels = _pair(sources)
        targets = idx.read(labels.path, labels.name)
        with idx.opened(inputs.path, inputs.name) as file:
            header = idx.read_header(file, inputs.name)
            facts = self._facts(header, targets)
            first = next(idx.blocks(file, header, inputs.name))
        return {**shown(facts, first), "options": self.model_dump()}

    def _facts(self, header: idx.Header, targets: NDArray[Any]) -> Facts:
        return facts_of(header.shape, header.dtype, targets, task=self.task, channels="auto")


def _pair(sources: Sequence[Source]) -> tuple[Source, Source]:
    """The file of inputs and the file of labels."""
    if len(sources) != 2:
        raise DataError(
            "import.idx_pair",
            f"IDX data are two files, one of inputs and one of labels; here {'is' if len(sources) == 1 else 'are'} "
            f"{len(sources)}.",
            hint="Choose both files together.",
        )
    headers = []
    for source in sources:
        with idx.opened(source.path, source.name) as file:
            headers.append(idx.read_header(file, source.name))
    rows = [header.shape[0] for header in headers]
    if rows[0] != rows[1]:
        raise DataError(
            "import.rows_differ",
            f"{sources[0].name} has {rows[0]} rows, {sources[1].name} has {rows[1]}.",
            hint="Choose inputs and labels that belong together.",
        )
    if not 0 < rows[0] <= MOST_ROWS:
        raise DataError(
            "import.rows", f"{sources[0].name} has {rows[0]} rows; 1 to {MOST_ROWS} can be imported."
        )
    order = sorted((0, 1), key=lambda i: (len(headers[i].shape), headers[i].row_bytes))
    if len(headers[order[0]].shape) > 2 or len(headers[order[1]].shape) == 1:
        raise DataError(
            "import.idx_roles",
            "One of the two files must hold labels, one value per row, and the other more than that.",
            hint="Choose the file of images and the file of labels.",
        )
    return sources[order[1]], sources[order[0]]
