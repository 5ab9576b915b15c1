"""The command `oqu`, called as people call it."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from safetensors import safe_open

from server import cli
from tests.conftest import ROOT, running_server
from tests.running import FOREVER, spiral

TABLE = "size,colour,kind\n" + "".join(
    f"{n},{'red' if n % 3 else 'blue'},{'big' if n > 30 else 'small'}\n" for n in range(60)
)


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def _surroundings(home, tmp_path, monkeypatch):
    for name, value in {"OQU_HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@dataclass
class Said:
    """How a call went."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def oqu(monkeypatch, capsys):
    """Call it as the shell would, but in this process, which has torch loaded already."""

    def called(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["oqu", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            status = 0
        except SystemExit as left:
            status = int(left.code or 0)
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return called


@contextmanager
def started(*arguments: object, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Call it in a process of its own, which is gone at the end."""
    command = [sys.executable, "-m", "server.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def written(folder: Path, document: object) -> Path:
    path = folder / "experiment.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


# --- train --------------------------------------------------------------------------------------


def test_training_ends_with_measurements_and_a_snapshot(oqu, tmp_path):
    done = oqu("train", "spiral", "--epochs", "3", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Completed" in done.stdout and "validation" in done.stdout
    rows = list(csv.DictReader((tmp_path / "out" / "metrics.csv").read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3]
    assert json.loads((tmp_path / "out" / "experiment.json").read_text())["learner"]["epochs"] == 3
    assert str(tmp_path / "out" / "snapshot.safetensors") in done.stdout.replace("\n", "")


def test_a_snapshot_is_exported_as_plain_weights(oqu, tmp_path):
    document = written(tmp_path, spiral(2))
    oqu("train", document, "--out", tmp_path / "out")
    done = oqu("export", tmp_path / "out" / "snapshot.safetensors", "--out", tmp_path / "export")
    assert done.returncode == 0, done.stderr
    with safe_open(tmp_path / "export" / "weights.safetensors", "numpy") as weights:
        assert weights.get_tensor("layers.linear_1.weight").shape == (8, 2)
    assert json.loads((tmp_path / "export" / "experiment.json").read_text())["name"] == "Spiral"


def test_control_c_stops_cleanly_and_says_where_the_snapshot_is(tmp_path):
    document, out = written(tmp_path, spiral(FOREVER)), tmp_path / "out"
    with started("train", document, "--out", out) as process:
        deadline = time.monotonic() + 60
        while not (out / "snapshot.safetensors").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Cancelled" in said and "snapshot.safetensors" in said


def test_a_document_with_mistakes_is_refused_with_all_of_them(oqu, tmp_path):
    done = oqu("train", written(tmp_path, spiral(2, seed=-1, surprise=1)))
    assert done.returncode == 1
    assert "seed" in done.stderr and "surprise" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", '{"seed": NaN}', "\x00"])
def test_a_file_that_is_no_document_is_refused(oqu, tmp_path, content):
    done = oqu("train", written(tmp_path, content))
    assert done.returncode == 1
    assert done.stderr.startswith("oqu: ") and "Traceback" not in done.stderr


def test_data_that_cannot_be_learned_ends_as_failed(oqu, tmp_path):
    done = oqu("train", written(tmp_path, spiral(2, data={"type": "dataset", "name": "nobody"})))
    assert done.returncode == 1
    assert "nobody" in done.stdout + done.stderr and "Traceback" not in done.stderr


# --- check, zoo, openapi, doctor ----------------------------------------------------------------


def test_a_check_shows_shapes_and_cost(oqu):
    done = oqu("check", "spiral")
    assert done.returncode == 0
    assert "linear_1" in done.stdout and "parameters" in done.stdout and "All is well" in done.stdout


def test_a_check_names_the_place_of_each_problem(oqu, tmp_path):
    document = spiral()
    document["networks"]["model"]["layers"].insert(1, {"type": "Conv2d", "out_channels": 3})
    done = oqu("check", written(tmp_path, document))
    assert done.returncode == 1
    assert "networks.model.layers.1" in done.stdout


def test_the_zoo_is_listed(oqu):
    done = oqu("zoo")
    assert done.returncode == 0
    assert {"spiral", "digits-mlp", "digits-cnn"} <= set(done.stdout.split())


def test_a_name_that_is_neither_file_nor_zoo_is_refused_with_the_names_there_are(oqu):
    done = oqu("check", "spirral")
    assert done.returncode == 1
    assert "digits-mlp" in done.stderr


def test_the_contract_is_printed_the_same_each_time(oqu):
    first, second = oqu("openapi"), oqu("openapi")
    assert first.returncode == 0 and first.stdout == second.stdout
    assert "/api/runs" in json.loads(first.stdout)["paths"]


def test_the_doctor_looks_at_everything(oqu, home):
    done = oqu("doctor")
    for word in ("Python", "torch", "cores", "GPU", "g++", "data folder", "disk", "page"):
        assert word in done.stdout
    assert str(home) in done.stdout


@pytest.mark.parametrize(
    "arguments", [["fly"], ["train"], ["serve", "--port", "x"], ["data", "add", "x"], ["--surprise"]]
)
def test_a_wrong_call_is_explained(oqu, arguments):
    done = oqu(*arguments)
    assert done.returncode == 2
    assert "Usage" in done.stderr


# --- data ---------------------------------------------------------------------------------------


def test_data_is_brought_without_a_server_and_is_there_when_one_starts(oqu, tmp_path, home):
    (tmp_path / "flowers.csv").write_text(TABLE)
    done = oqu("data", "add", "flowers", tmp_path / "flowers.csv", "--target", "kind")
    assert done.returncode == 0, done.stderr
    assert "60 rows" in done.stdout and "2 classes" in done.stdout
    assert "flowers" in oqu("data", "list").stdout
    document = spiral(2, data={"type": "dataset", "name": "flowers"}, preprocess=[{"type": "one_hot"}])
    assert oqu("train", written(tmp_path, document), "--out", tmp_path / "out").returncode == 0
    with running_server(tmp_path) as server:
        items = server.client.get("/api/datasets").json()["items"]
        assert [item["name"] for item in items] == ["flowers"]


def test_data_is_brought_through_a_server_that_runs(oqu, tmp_path, home):
    (tmp_path / "flowers.csv").write_text(TABLE)
    with running_server(tmp_path, OQU_TOKEN="s3cret") as server:
        done = oqu("data", "add", "flowers", tmp_path / "flowers.csv", "-o", 'target="kind"')
        assert done.returncode == 0, done.stderr
        headers = {"Authorization": "Bearer s3cret"}
        items = server.client.get("/api/datasets", headers=headers).json()["items"]
        assert [item["state"] for item in items] == ["ready"]
        assert "flowers" in oqu("data", "list").stdout
        assert "runs at" in oqu("doctor").stdout
    assert not (home / "server.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("ragged.csv", "a,b,kind\n1,2,x\n3,4\n", []),
        ("flowers.csv", TABLE, ["--target", "nobody"]),
        ("flowers.csv", TABLE, ["-o", "surprise=1"]),
        ("page.html", "<html>", []),
    ],
)
def test_a_file_that_cannot_be_used_leaves_nothing_behind(oqu, tmp_path, name, content, options):
    (tmp_path / name).write_text(content)
    done = oqu("data", "add", "mine", tmp_path / name, *options)
    assert done.returncode == 1
    assert done.stderr.startswith("oqu: ") and "Traceback" not in done.stderr
    assert "mine" not in oqu("data", "list").stdout


def test_a_file_that_is_not_there_is_said(oqu, tmp_path):
    done = oqu("data", "add", "mine", tmp_path / "nowhere.csv")
    assert done.returncode == 1 and "nowhere.csv" in done.stderr


# --- serve --------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said_in_a_sentence(oqu):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = oqu("serve", "--no-browser", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert "is not free" in done.stderr and "--port" in done.stderr


def test_a_data_folder_in_use_is_said_in_a_sentence(tmp_path):
    with running_server(tmp_path), started("serve", "--no-browser", "--port", "0") as second:
        _, errors = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "Another Oqu" in errors and "Traceback" not in errors


def test_beyond_loopback_a_token_is_made_and_printed_once():
    with started("serve", "--no-browser", "--host", "0.0.0.0", "--port", "0") as process:
        url, token = re.search(r"(http://127\.0\.0\.1:\d+)/\?token=(\S+)", process.stdout.readline()).groups()
        assert len(token) >= 32
        with httpx.Client(base_url=url, timeout=30) as client:
            assert client.get("/api/version").status_code == 401
            bearer = {"Authorization": f"Bearer {token}"}
            assert client.get("/api/version", headers=bearer).status_code == 200
            assert client.get(f"/?token={token}", follow_redirects=True).status_code in (200, 503)
            assert client.get("/api/version").status_code == 200  # by the cookie
        process.terminate()
        said, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert token not in said.replace("for others", "").partition("\n")[2] + errors


def test_control_c_ends_the_server_cleanly():
    with started("serve", "--no-browser", "--port", "0") as process:
        assert "Oqu runs at" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "has stopped" in said and "Traceback" not in errors
