"""Data sets that people bring: streamed in, imported, kept by content, found again without a database."""

from __future__ import annotations

import asyncio
import hashlib
import io

import numpy as np
import pytest

from models.errors import DataError
from models.events import Ended
from server.datasets import MAX_FILES, Datasets, read_blocks
from server.doors import FolderDoor
from server.errors import ConflictError, NotFoundError, TooLargeBody
from server.helper import TABLE
from server.settings import Settings
from server.store.sql import SqlStore

pytestmark = pytest.mark.anyio

CSV = b"height,width,species\n" + b"".join(
    b"%d.5,%d,%s\n" % (i, i % 7, b"iris" if i % 2 else b"rose") for i in range(40)
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def here(name, payload, deadline=None):
    """The helper's own functions, in a thread of this process."""
    return await asyncio.to_thread(TABLE[name], payload)


@pytest.fixture
async def datasets(tmp_path):
    settings = Settings(home=tmp_path / "home", upload_bytes=100_000)
    store = SqlStore(settings.database)
    await store.open()
    kept = Datasets(store, settings, here)
    await kept.open()
    kept.store, kept.home = store, settings.home
    yield kept
    await store.close()


async def stream(content: bytes, size: int = 7):
    for i in range(0, len(content), size):
        yield content[i : i + size]


async def ready(datasets, name="flowers", content=CSV, options=None, owner="local"):
    made = await datasets.create(owner, name)
    await datasets.receive(owner, made.id, f"{name}.csv", stream(content))
    return await datasets.finish(owner, made.id, options or {"target": "species"})


def left(datasets) -> list[str]:
    """What lies in the data folder besides the database."""
    folders = (datasets.home / "datasets", datasets.home / "uploads")
    return sorted(path.name for folder in folders for path in folder.iterdir())


async def run_with(datasets, sha256):
    document = '{"data":{"type":"dataset","name":"flowers","sha256":"' + sha256 + '"}}'
    run, _ = await datasets.store.create_run("local", document, "d", "n", None)
    return run


async def test_a_file_is_streamed_in_looked_at_and_imported(datasets):
    made = await datasets.create("local", " flowers ")
    assert (made.name, made.state) == ("flowers", "empty")
    (upload,) = await datasets.receive("local", made.id, "flowers.csv", stream(CSV))
    assert (upload.name, upload.size, upload.sha256) == (
        "flowers.csv",
        len(CSV),
        hashlib.sha256(CSV).hexdigest(),
    )
    assert await datasets.uploads("local", made.id) == [upload]
    assert (await datasets.preview("local", "flowers"))["format"] == "csv"
    record = await datasets.finish("local", made.id, {"target": "species"})
    assert record.state == "ready" and record.info["rows"] == 40 and record.size > 0
    opened = FolderDoor(datasets.home).imported("flowers", record.sha256)
    assert opened.info.classes == ("iris", "rose") or opened.info.classes == ("rose", "iris")
    assert opened.inputs.shape == (40, 2) and isinstance(opened.inputs, np.memmap)


async def test_a_set_of_two_files_is_imported(datasets):
    made = await datasets.create("local", "arrays")
    for name, array in (("x.npy", np.eye(10, 3, dtype="f4")), ("y.npy", np.arange(10) % 2)):
        buffer = io.BytesIO()
        np.save(buffer, array)
        await datasets.receive("local", made.id, name, stream(buffer.getvalue(), 100))
    record = await datasets.finish("local", made.id)
    assert record.info["rows"] == 10
    assert FolderDoor(datasets.home).names() == {"arrays": record.sha256}


async def test_the_same_content_is_kept_once_and_as_long_as_somebody_has_it(datasets):
    first, second = await ready(datasets, "one"), await ready(datasets, "two")
    assert first.sha256 == second.sha256
    await datasets.delete("local", "one")
    assert FolderDoor(datasets.home).imported("two", None).info.rows == 40
    await datasets.delete("local", "two")
    assert left(datasets) == ["names.json"] and FolderDoor(datasets.home).names() == {}


async def test_other_options_make_other_content_in_its_place(datasets):
    first = await ready(datasets)
    again = await datasets.finish("local", "flowers", {"target": "width"})
    assert again.sha256 != first.sha256
    assert first.sha256 not in left(datasets) and again.sha256 in left(datasets)


async def test_a_file_after_an_import_begins_anew(datasets):
    await ready(datasets)
    (only,) = await datasets.receive("local", "flowers", "other.csv", stream(CSV[:200]))
    assert only.name == "other.csv"
    assert (await datasets.store.get_dataset("local", "flowers")).state == "ready", "usable meanwhile"


async def test_a_file_of_the_same_name_is_replaced(datasets):
    made = await datasets.create("local", "flowers")
    for content in (b"a,b\n1,2\n", CSV):
        (only,) = await datasets.receive("local", made.id, "f.csv", stream(content))
    assert only.size == len(CSV)
    assert len(list((datasets.home / "uploads" / made.id).iterdir())) == 2, "the file and the list"


async def test_too_much_is_refused_while_it_streams_and_leaves_nothing(datasets):
    made = await datasets.create("local", "big")
    taken = 0

    async def endless():
        nonlocal taken
        while True:
            taken += 1000
            yield b"x" * 1000

    with pytest.raises(TooLargeBody):
        await datasets.receive("local", made.id, "a", endless())
    assert taken <= 102_000
    await datasets.receive("local", made.id, "half", stream(b"x" * 60_000, 1000))
    with pytest.raises(TooLargeBody):
        await datasets.receive("local", made.id, "other half", stream(b"x" * 60_000, 1000))
    assert [upload.name for upload in await datasets.uploads("local", made.id)] == ["half"]
    assert len(list((datasets.home / "uploads" / made.id).iterdir())) == 2


async def test_a_stream_that_breaks_off_leaves_nothing(datasets):
    made = await datasets.create("local", "flowers")

    async def broken():
        yield CSV[:50]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await datasets.receive("local", made.id, "f.csv", broken())
    assert await datasets.uploads("local", made.id) == []
    assert list((datasets.home / "uploads" / made.id).iterdir()) == []
    with pytest.raises(ConflictError):
        await datasets.preview("local", made.id)
    with pytest.raises(ConflictError):
        await datasets.finish("local", made.id)


@pytest.mark.parametrize(
    "name", ["../../../evil.csv", "/etc/passwd", "a\0b.csv", "\ud800.csv", "", "ә" * 500]
)
async def test_no_name_that_was_sent_becomes_a_path(datasets, name):
    before = {path for path in datasets.home.parent.rglob("*") if "evil" in path.name}
    made = await datasets.create("local", name or "x")
    (upload,) = await datasets.receive("local", made.id, name, stream(CSV))
    assert 1 <= len(upload.name) <= 200
    folder = datasets.home / "uploads" / made.id
    assert all(len(path.name) == 16 or path.name == "files.json" for path in folder.iterdir())
    assert {path for path in datasets.home.parent.rglob("*") if "evil" in path.name} == before


async def test_a_set_has_not_too_many_files(datasets):
    made = await datasets.create("local", "many")
    for i in range(MAX_FILES):
        await datasets.receive("local", made.id, f"{i}.csv", stream(b"a"))
    with pytest.raises(ConflictError):
        await datasets.receive("local", made.id, "one more", stream(b"a"))


async def test_a_failed_import_says_why_and_can_be_tried_again(datasets):
    made = await datasets.create("local", "flowers")
    await datasets.receive("local", made.id, "flowers.csv", stream(CSV))
    with pytest.raises(DataError):
        await datasets.finish("local", made.id, {"target": "colour"})
    assert (await datasets.store.get_dataset("local", made.id)).state == "empty"
    assert left(datasets) == sorted([made.id, "names.json"])
    assert (await datasets.finish("local", made.id, {"target": "species"})).state == "ready"


async def test_all_in_one_from_files_of_this_machine(datasets, tmp_path):
    (tmp_path / "flowers.csv").write_bytes(CSV)
    record = await datasets.add("local", "flowers", [tmp_path / "flowers.csv"], {"target": "species"})
    assert record.state == "ready"
    (tmp_path / "bad.npy").write_bytes(b"no array")
    with pytest.raises(DataError):
        await datasets.add("local", "bad", [tmp_path / "bad.npy"])
    with pytest.raises(NotFoundError):
        await datasets.store.get_dataset("local", "bad")
    assert b"".join([block async for block in read_blocks(tmp_path / "flowers.csv")]) == CSV


async def test_a_set_needs_a_name_that_is_free(datasets):
    with pytest.raises(DataError):
        await datasets.create("local", "  ")
    await datasets.create("local", "flowers")
    with pytest.raises(ConflictError):
        await datasets.create("local", "flowers ")


async def test_content_stays_while_a_run_can_be_looked_at(datasets):
    record = await ready(datasets)
    run = await run_with(datasets, record.sha256)
    with pytest.raises(ConflictError):
        await datasets.delete("local", "flowers")
    await datasets.store.append(run.id, 0, [Ended(state="cancelled")])
    await datasets.delete("local", "flowers")
    door = FolderDoor(datasets.home)
    assert door.imported("flowers", record.sha256).info.rows == 40
    with pytest.raises(DataError):
        door.imported("flowers", None)
    await datasets.store.delete_run("local", run.id)
    await datasets.open()
    assert left(datasets) == ["names.json"]


async def test_a_start_removes_what_a_crash_left_and_keeps_the_rest(datasets):
    record = await ready(datasets)
    (datasets.home / "datasets" / ".import-dead").mkdir()
    (datasets.home / "datasets" / ("f" * 64)).mkdir()
    (datasets.home / "datasets" / "names.json.dead.part").write_bytes(b"half")
    (datasets.home / "datasets" / "names.json").unlink()
    (datasets.home / "uploads" / "deadbeef").mkdir()
    (datasets.home / "uploads" / record.id / "cut off").write_bytes(b"half")
    await datasets.open()
    assert left(datasets) == sorted([record.id, record.sha256, "names.json"])
    assert FolderDoor(datasets.home).imported("flowers", None).info.rows == 40
    await datasets.receive("local", "flowers", "a.csv", stream(CSV))
    assert not (datasets.home / "uploads" / record.id / "cut off").exists()


async def test_several_imports_at_once_do_not_disturb_each_other(datasets):
    async def one(i: int):
        content = CSV + b"%d.0,1,rose\n" % i
        return await ready(datasets, f"set {i}", content)

    records = await asyncio.gather(*(one(i) for i in range(6)))
    assert len({record.sha256 for record in records}) == 6
    door = FolderDoor(datasets.home)
    assert [door.imported(f"set {i}", records[i].sha256).info.rows for i in range(6)] == [41] * 6


async def test_the_door_knows_an_owners_own_names_only(datasets):
    record = await ready(datasets, owner="ann")
    assert FolderDoor(datasets.home, owner="ann").imported("flowers", None).info.rows == 40
    with pytest.raises(DataError, match="flowers"):
        FolderDoor(datasets.home).imported("flowers", None)
    assert FolderDoor(datasets.home, owner="ann").names() == {"flowers": record.sha256}


async def test_the_door_takes_a_jobs_folders(datasets):
    record = await ready(datasets)
    folders = {"mine": datasets.home / "datasets" / record.sha256}
    assert FolderDoor(None, folders).imported("mine", record.sha256).info.rows == 40
    with pytest.raises(DataError, match="mine"):
        FolderDoor(None, folders).imported("another", None)
    with pytest.raises(DataError) as caught:
        FolderDoor(None, folders).imported("mine", "f" * 64)
    assert caught.value.problem.where.path == ("data", "sha256")
