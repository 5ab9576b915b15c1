"""Files by content hash: whole or not there, compared when read, orphans swept; one server per folder."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models.errors import SnapshotError
from server import files as module
from server.errors import ConflictError, StorageError
from server.files import Files, HomeLock


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path / "files")


def names(files):
    return sorted(path.name for path in files.folder.glob("??/*"))


def test_what_was_put_is_read_again_under_its_hash(files, tmp_path):
    sha256 = files.put(b"weights")
    assert sha256 == hashlib.sha256(b"weights").hexdigest()
    assert files.open(sha256) == b"weights" and files.verify(sha256).read_bytes() == b"weights"
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)
    assert files.open(files.put(tmp_path / "big")) == b"x" * 3_000_000


def test_the_same_content_is_one_file(files):
    assert files.put(b"weights") == files.put(b"weights")
    assert len(names(files)) == 1


def test_many_threads_may_put_the_same(files):
    threads = [threading.Thread(target=files.put, args=(b"w" * 100_000,)) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert names(files) == [hashlib.sha256(b"w" * 100_000).hexdigest()]


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"X" + b[1:], lambda b: b""])
def test_a_damaged_file_is_noticed_and_mended_by_the_same_content(files, damage):
    sha256 = files.put(b"weights")
    path = files.path_of(sha256)
    path.write_bytes(damage(b"weights"))
    for read in (files.open, files.verify):
        with pytest.raises(SnapshotError, match="damaged"):
            read(sha256)
    files.put(b"weights")
    assert files.open(sha256) == b"weights"


def test_a_deleted_file_is_said_to_be_gone(files):
    sha256 = files.put(b"weights")
    files.delete(sha256)
    files.delete(sha256)
    for read in (files.open, files.verify):
        with pytest.raises(SnapshotError, match="gone"):
            read(sha256)


@pytest.mark.parametrize(
    "name", ["", "../../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "0" * 64 + "/x"]
)
def test_no_other_name_becomes_a_path(files, name):
    for use in (files.path_of, files.open, files.delete):
        with pytest.raises(SnapshotError):
            use(name)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_words_and_leaves_nothing(files, monkeypatch, code):
    def full(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(StorageError, match="disk is full") as caught:
        files.put(b"weights")
    assert caught.value.problem.key == "error.disk_full" and caught.value.status == 507
    assert names(files) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_real_full_disk_is_recognised(tmp_path):
    with (
        pytest.raises(StorageError, match="disk is full"),
        module.disk(tmp_path),
        Path("/dev/full").open("wb", 0) as full,
    ):
        full.write(b"x")


def test_a_disk_that_gives_back_something_else_is_not_trusted(files, monkeypatch):
    write = module._write
    monkeypatch.setattr(module, "_write", lambda path, content: write(path, b"something else"))
    with pytest.raises(StorageError):
        files.put(b"weights")
    assert names(files) == []


def test_what_is_renamed_was_forced_to_the_disk_before_and_its_name_after(files, monkeypatch):
    order = []
    fsync, rename = os.fsync, module.Path.rename
    monkeypatch.setattr(
        module.os, "fsync", lambda fd: (order.append(str(Path(f"/proc/self/fd/{fd}").readlink())), fsync(fd))
    )
    monkeypatch.setattr(module.Path, "rename", lambda a, b: (order.append("rename"), rename(a, b)))
    sha256 = files.put(b"weights")
    at = order.index("rename")
    assert order[at - 1].endswith(".part")
    assert order[at + 1] == str(files.path_of(sha256).parent)


def test_orphans_are_swept_once_they_are_old(files):
    kept, orphan = files.put(b"kept"), files.put(b"orphan")
    part = files.path_of(orphan).with_suffix(".part")
    part.write_bytes(b"half")
    assert files.sweep({kept}) == 0, "somebody may be about to write the row"
    assert files.sweep({kept}, older_than=-1) == 2
    assert names(files) == [kept]


def test_an_old_orphan_that_is_put_again_is_young(files):
    sha256 = files.put(b"weights")
    os.utime(files.path_of(sha256), (1, 1))
    files.put(b"weights")
    assert files.sweep(set()) == 0
    os.utime(files.path_of(sha256), (1, 1))
    assert files.sweep(set()) == 1


HOLDER = """
import sys, time
from pathlib import Path
from server.files import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_data_folder_has_one_server_until_that_dies(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        lock = HomeLock(tmp_path)
        with pytest.raises(ConflictError, match=str(holder.pid)):
            lock.acquire()
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        holder.stdout.close()
    lock.acquire()
    lock.release()
    lock.acquire()
    lock.release()
