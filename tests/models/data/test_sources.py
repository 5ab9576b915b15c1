"""Every data source, through its registry: a new one is covered the moment its file exists."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from models.data import AnyData, DataInfo, Dataset, DataSource, NoDoor
from models.data.cifar10 import MEMBERS
from models.errors import DataError
from models.kinds import kinds

SOURCES = kinds(DataSource)
ADAPTER = TypeAdapter(AnyData)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


class LocalDoor:
    """A real door on a folder: small files under the names of the big ones, and one imported set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        random = np.random.default_rng(0)
        for part, rows in (("train", 300), ("t10k", 50)):
            images = random.integers(0, 256, (rows, 28, 28), np.uint8)
            labels = (np.arange(rows) % 10).astype(np.uint8)
            (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
            (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
        with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
            for name in MEMBERS:
                rows = random.integers(0, 256, (20, 3073), np.uint8)
                rows[:, 0] = np.arange(20) % 10
                member = tarfile.TarInfo(name)
                member.size = rows.size
                archive.addfile(member, io.BytesIO(rows.tobytes()))

    def imported(self, name: str, sha256: str | None) -> Dataset:
        info = DataInfo(task="classification", form="vector", shape=(2,), classes=("a", "b", "c"), rows=9)
        inputs = np.arange(18, dtype=np.float32).reshape(9, 2)
        return Dataset(info, inputs, np.arange(9, dtype=np.int64) % 3)

    def downloaded(self, url: str, sha256: str, name: str) -> Path:
        assert len(sha256) == len(hashlib.sha256().hexdigest())
        return self.folder / name


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    return LocalDoor(tmp_path_factory.mktemp("mirror"))


def of(name: str) -> DataSource:
    return ADAPTER.validate_python({"type": name, "name": "mine"} if name == "dataset" else {"type": name})


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_in_the_catalogue_with_help_and_a_schema(name):
    entry = SOURCES[name].entry()
    assert entry["help"] and entry["title"] != name and entry["category"] and entry["key"] == f"data.{name}"
    json.dumps(entry)
    for field in SOURCES[name].model_fields.values():
        assert field.annotation is not None


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_survives_the_way_through_json(name):
    source = of(name)
    assert ADAPTER.validate_json(source.model_dump_json()) == source


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_refuses_what_it_does_not_know(name):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python({**of(name).model_dump(), "colour": "red"})


@pytest.mark.parametrize("name", SOURCES)
def test_the_facts_agree_with_the_arrays(name, door):
    data = of(name).load(3, door)
    small = name in ("mnist", "fashion_mnist", "cifar10")  # the mirror holds fewer than the real files
    assert data.inputs.shape == (data.inputs.shape[0] if small else data.info.rows, *data.info.shape)
    assert data.inputs.dtype == np.dtype(data.info.dtype)
    assert len(data.targets) == len(data.inputs)
    if data.info.task == "classification":
        assert data.targets.dtype == np.int64
        assert set(np.unique(data.targets)) == set(range(len(data.info.classes)))
    else:
        assert data.targets.dtype == np.float32
        assert data.targets.shape[1] == len(data.info.targets)
        assert np.isfinite(data.targets).all()
    if data.info.features:
        assert len(data.info.features) == data.info.shape[0]
    assert np.isfinite(data.inputs).all()


@pytest.mark.parametrize("name", SOURCES)
def test_describing_says_what_loading_finds(name, door):
    source = of(name)
    assert source.describe(door) == source.load(3, door).info


@pytest.mark.parametrize("name", SOURCES)
def test_the_same_seed_gives_the_same_data(name, door):
    once, again = (of(name).load(5, door) for _ in range(2))
    np.testing.assert_array_equal(once.inputs, again.inputs)
    np.testing.assert_array_equal(once.targets, again.targets)


@pytest.mark.parametrize("name", [name for name in SOURCES if "noise" in SOURCES[name].model_fields])
def test_another_seed_gives_other_data(name):
    once, again = (of(name).load(seed, NoDoor()) for seed in (1, 2))
    assert not np.array_equal(once.inputs, again.inputs)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "dataset"])
def test_what_lies_outside_is_refused_where_no_door_is_open(name):
    with pytest.raises(DataError):
        of(name).load(0, NoDoor())


def test_validation_and_test_part_leave_something_to_learn_from():
    with pytest.raises(ValidationError, match="together must be less than 1"):
        ADAPTER.validate_python({"type": "spiral", "validation_fraction": 0.5, "test_fraction": 0.5})


def test_a_limit_takes_that_many_images_by_seed(door):
    source = ADAPTER.validate_python({"type": "mnist", "limit": 100})
    some, others = source.load(1, door), source.load(2, door)
    assert some.inputs.shape == (100, 1, 28, 28) and some.info.rows == 100
    assert not np.array_equal(some.inputs, others.inputs)


def test_a_class_filter_keeps_these_classes_in_the_order_given(door):
    source = ADAPTER.validate_python({"type": "dataset", "name": "mine", "classes": ["c", "a"]})
    data = source.load(0, door)
    assert data.info.classes == ("c", "a") and data.info.rows == 6
    np.testing.assert_array_equal(data.inputs[:, 0], [0, 4, 6, 10, 12, 16])
    np.testing.assert_array_equal(data.targets, [1, 0, 1, 0, 1, 0])


@pytest.mark.parametrize("more", [{"classes": ["b", "a"]}, {"limit": 4}, {"classes": ["b", "a"], "limit": 5}])
def test_describing_a_part_of_a_set_counts_its_rows(door, more):
    source = ADAPTER.validate_python({"type": "dataset", "name": "mine", **more})
    assert source.describe(door) == source.load(0, door).info


def test_a_class_that_is_not_there_is_named_with_those_that_are(door):
    source = ADAPTER.validate_python({"type": "dataset", "name": "mine", "classes": ["a", "z"]})
    with pytest.raises(DataError, match=r"no class 'z'. Its classes are a, b, c") as caught:
        source.load(0, door)
    assert caught.value.problem.where.path == ("data", "classes", 1)
