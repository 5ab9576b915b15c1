"""A zip of class folders with pictures in them."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from models.data.base import DataInfo
from models.errors import DataError
from models.importing.archive import Archive, DamagedEntryError, opened
from models.importing.base import (
    MOST_CLASSES,
    MOST_PIXELS,
    SHOWN_IMAGES,
    SHOWN_SIDE,
    Importer,
    Source,
    by_number,
    few,
    one_file,
)
from models.importing.folder import ArrayFile

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp")
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}
PAPERS = ("readme", "license", "licence")
COMMON_SIDE = 64
PROBED = 50

Pixels = NDArray[np.uint8]
Item = tuple[zipfile.ZipInfo, str]
"""An entry of the archive, and its class."""


class Images(Importer):
    """A zip with a folder per class and pictures in them: PNG, JPEG, BMP, GIF (first frame), WebP.

    All come to one size, in grey or colour. The class folders may lie within another folder, and
    within `train` and `test`, which are taken together. A bad picture is reported; the rest goes in.
    """

    title: ClassVar[str] = "Pictures in class folders (zip)"
    category: ClassVar[str] = "Images"

    type: Literal["images"] = "images"
    size: int | None = Field(
        None,
        ge=4,
        le=512,
        title="Side in pixels",
        description="When absent: as they are, if all alike and not above 64, else 64",
    )
    color: Literal["grey", "rgb"] = Field("grey", title="Colour")
    fit: Literal["stretch", "crop"] = Field(
        "stretch", title="Pictures that are not square", description="Stretched, or cut to the middle"
    )

    def write(self, sources: Sequence[Source], into: Path) -> DataInfo:
        """One picture after the other, in the order of their names."""
        problems: list[str] = []
        with opened(one_file(sources, "A zip of pictures")) as archive:
            items, classes = self._items(archive, problems)
            info = self._info(archive, items, classes)
            codes: list[int] = []
            with ArrayFile(into / "inputs.npy", "uint8", info.shape) as inputs:
                for pixels, name in self._decoded(archive, items, info.shape, problems):
                    inputs.append(pixels[None])
                    codes.append(classes.index(name))
        refuse_none(codes, problems)
        with ArrayFile(into / "targets.npy", "int64", ()) as targets:
            targets.append(np.array(codes, dtype=np.int64))
        return info.model_copy(update={"rows": len(codes), "problems": few(problems)})

    def look(self, sources: Sequence[Source]) -> dict[str, Any]:
        """Counts by class from the names alone, and a few pictures of each class."""
        problems: list[str] = []
        with opened(one_file(sources, "A zip of pictures")) as archive:
            items, classes = self._items(archive, problems)
            info = self._info(archive, items, classes)
            small = (info.shape[0], *(min(side, SHOWN_SIDE) for side in info.shape[1:]))
            some = list(self._decoded(archive, _spread(items, classes), small, problems))
        refuse_none(some, problems)
        info = info.model_copy(update={"rows": len(items), "problems": few(problems)})
        counts = Counter(name for _, name in items)
        return {
            "info": info.model_dump(mode="json"),
            "options": {**self.model_dump(), "size": info.shape[1]},
            "images": {
                "shape": list(small),
                "pixels": [pixels.ravel().tolist() for pixels, _ in some],
                "classes": [name for _, name in some],
            },
            "balance": {name: counts[name] for name in classes},
            "problems": list(info.problems),
        }

    def _items(self, archive: Archive, problems: list[str]) -> tuple[list[Item], list[str]]:
        """The pictures in the order of their names, and the classes in theirs."""
        pictures = [e for e in archive.entries if e.filename.lower().endswith(ENDINGS)]
        pictures.sort(key=lambda entry: entry.filename)
        others = [e.filename for e in archive.entries if not e.filename.lower().endswith(ENDINGS)]
        others = [name for name in others if not PurePosixPath(name).name.lower().startswith(PAPERS)]
        if others:
            problems.append(f"{len(others)} other files were passed over, {others[0]!r} the first.")
        folders = class_folders([entry.filename for entry in pictures])
        items = [(entry, name) for entry, name in zip(pictures, folders, strict=True) if name]
        if len(items) < len(pictures):
            loose = next(e.filename for e, name in zip(pictures, folders, strict=True) if not name)
            problems.append(
                f"{len(pictures) - len(items)} pictures lie in no class folder and are left out, {loose!r} the first."
            )
        if not items:
            raise DataError(
                "import.no_pictures",
                f"{archive.name} has no pictures in class folders.",
                hint="Make a folder per class, put the pictures in, and zip these folders.",
                file=archive.name,
            )
        classes = sorted({name for _, name in items}, key=by_number)
        if len(classes) > MOST_CLASSES:
            raise DataError(
                "import.too_many_classes", f"{len(classes)} class folders; {MOST_CLASSES} are the most."
            )
        if len(classes) == 1:
            problems.append(f"There is one class only, {classes[0]!r}: a classifier needs two.")
        return items, classes

    def _info(self, archive: Archive, items: Sequence[Item], classes: Sequence[str]) -> DataInfo:
        height, width = (self.size, self.size) if self.size else _common_size(archive, items[:PROBED])
        return DataInfo(
            task="classification",
            form="image",
            shape=(3 if self.color == "rgb" else 1, height, width),
            dtype="uint8",
            classes=tuple(classes),
        )

    def _decoded(
        self, archive: Archive, items: Sequence[Item], shape: tuple[int, ...], problems: list[str]
    ) -> Iterator[tuple[Pixels, str]]:
        for entry, name in items:
            try:
                yield decode(archive.read(entry), shape, self.fit), name
            except (PictureError, DamagedEntryError) as error:
                problems.append(f"{entry.filename!r} is left out: {error}.")


class PictureError(Exception):
    """Why a picture could not be read."""


def decode(content: bytes, shape: tuple[int, ...], fit: Literal["stretch", "crop"] = "stretch") -> Pixels:
    """The pixels (C, H, W) of a picture, brought to a size. Raises PictureError."""
    from PIL import ImageOps

    channels, height, width = shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata; sizes are checked
        picture = _open(content)
        try:
            picture = _plain(ImageOps.exif_transpose(picture)).convert("L" if channels == 1 else "RGB")
            if picture.size != (width, height):
                size = (width, height)
                picture = ImageOps.fit(picture, size) if fit == "crop" else picture.resize(size)
            pixels = np.asarray(picture, dtype=np.uint8)
        except Exception as error:  # Pillow's decoders raise whatever they meet
            raise PictureError("its pixels are damaged") from error
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def _open(content: bytes) -> Image.Image:
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureError(f"it has more than {MOST_PIXELS // 1_000_000} million pixels") from error
    except Exception as error:
        raise PictureError("it is no PNG, JPEG, BMP, GIF or WebP") from error
    if picture.width * picture.height > MOST_PIXELS:
        raise PictureError(f"it has more than {MOST_PIXELS // 1_000_000} million pixels")
    return picture


def _plain(picture: Image.Image) -> Image.Image:
    """Without a palette, and with 8 bits per pixel: 16-bit grey is divided, not cut off."""
    from PIL import Image

    if picture.mode.startswith("I"):
        return Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    return picture.convert("RGBA") if picture.mode == "P" else picture


def _common_size(archive: Archive, items: Sequence[Item]) -> tuple[int, int]:
    """Height and width of the first pictures if they are alike and small; else the usual one."""
    sizes = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for entry, _ in items:
            try:
                picture = _open(archive.read(entry))
            except (PictureError, DamagedEntryError):
                continue
            sizes.add((picture.height, picture.width))
    if len(sizes) == 1 and min(size := sizes.pop()) >= 4 and max(size) <= COMMON_SIDE:
        return size
    return COMMON_SIDE, COMMON_SIDE


def class_folders(names: Sequence[str]) -> list[str]:
    """The class of each path: its first folder, after folders that all share and `train`/`test`."""
    paths = [PurePosixPath(name.replace("\\", "/")).parts for name in names]
    while _deep(paths) and len({path[0] for path in paths if len(path) > 1}) == 1:
        paths = [path[1:] for path in paths]
    if _deep(paths) and all(path[0].lower() in PARTS for path in paths if len(path) > 1):
        paths = [path[1:] for path in paths]
    return [path[0] if len(path) > 1 else "" for path in paths]


def _deep(paths: Sequence[tuple[str, ...]]) -> bool:
    """Whether there are folders within folders."""
    return any(len(path) > 2 for path in paths)


def _spread(items: Sequence[Item], classes: Sequence[str]) -> list[Item]:
    """A few pictures of each class."""
    each = max(1, SHOWN_IMAGES // len(classes))
    left = dict.fromkeys(classes, each)
    chosen: list[Item] = []
    for item in items:
        if left[item[1]] > 0 and len(chosen) < SHOWN_IMAGES:
            left[item[1]] -= 1
            chosen.append(item)
    return chosen


def refuse_none(good: Sequence[object], problems: Sequence[str]) -> None:
    """An import of nothing is none."""
    if not good:
        raise DataError(
            "import.no_good_pictures",
            f"No picture could be read. {problems[0] if problems else ''}".strip(),
            hint="PNG, JPEG, BMP, GIF and WebP are understood.",
        )
