"""The door to data outside a document: nothing is fetched unasked, nothing unchecked is used."""

from __future__ import annotations

import functools
import hashlib
import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models.errors import DataError
from server.doors import FolderDoor


def test_a_door_without_a_folder_refuses_in_words(tmp_path):
    for door in (FolderDoor(None), FolderDoor(tmp_path)):
        with pytest.raises(DataError, match="oqu data add"):
            door.imported("../../etc", None)
        with pytest.raises(DataError, match=r"gone|no imported"):
            door.imported("x", "f" * 64)
        with pytest.raises(DataError):
            door.imported("x", "../../etc/passwd")
        with pytest.raises(DataError):
            door.downloaded("http://127.0.0.1:9/x", "f" * 64, "x")


FILE = b"images" * 1000
SHA = hashlib.sha256(FILE).hexdigest()


@pytest.fixture
def web(tmp_path):
    """A web server with one file."""
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "images.gz").write_bytes(FILE)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_happens_only_when_asked_for_and_once(tmp_path, web):
    with pytest.raises(DataError, match="not here yet"):
        FolderDoor(tmp_path).downloaded(f"{web}/images.gz", SHA, "images.gz")
    assert not (tmp_path / "downloads").exists()
    path = FolderDoor(tmp_path, downloads=True).downloaded(f"{web}/images.gz", SHA, "images.gz")
    assert path.read_bytes() == FILE
    assert FolderDoor(tmp_path).downloaded("http://127.0.0.1:9/gone", SHA, "images.gz") == path


def test_a_download_from_a_mirror_goes_by_file_name(tmp_path, web):
    door = FolderDoor(tmp_path, mirror=f"{web}/", downloads=True)
    assert door.downloaded("http://127.0.0.1:9/gone/images.gz", SHA, "images.gz").read_bytes() == FILE


def test_a_folder_is_a_mirror_too_and_needs_no_asking(tmp_path, web):
    door = FolderDoor(tmp_path, mirror=str(tmp_path / "web"))
    assert door.downloaded("http://127.0.0.1:9/gone", SHA, "images.gz").read_bytes() == FILE
    with pytest.raises(DataError, match="mirror"):
        door.downloaded("http://127.0.0.1:9/gone", "f" * 64, "images.gz")
    with pytest.raises(DataError, match="not here"):
        door.downloaded("http://127.0.0.1:9/gone", "f" * 64, "other.gz")


@pytest.mark.parametrize("name, sha256", [("missing.gz", SHA), ("images.gz", "f" * 64)])
def test_a_download_that_fails_or_is_another_file_is_said(tmp_path, web, name, sha256):
    door = FolderDoor(tmp_path, downloads=True)
    with pytest.raises(DataError, match="could not be downloaded"):
        door.downloaded(f"{web}/{name}", sha256, name)
    assert not (tmp_path / "downloads" / sha256).exists()


def test_the_door_imports_no_database():
    code = "import sys, server.doors; sys.exit('sqlalchemy' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0
