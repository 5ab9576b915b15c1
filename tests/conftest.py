"""What all tests share: one torch thread, fixed seeds, the real data beside the project, a real server."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: two spinning threads cost more than they give

import httpx
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("OQU_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    random.seed(0)
    np.random.seed(0)


@pytest.fixture(scope="session")
def mnist() -> list[Path]:
    """MNIST's 10,000 test images and labels as IDX files."""
    files = [DATA / "mnist-10k" / f"t10k-{part}-ubyte.gz" for part in ("images-idx3", "labels-idx1")]
    if not all(file.exists() for file in files):
        pytest.skip("MNIST is not here: put its files in ../shared/data/mnist-10k or set OQU_TEST_DATA")
    return files


@pytest.fixture(scope="session")
def sign_language() -> Path:
    """The sign-language digits as a zip of class folders."""
    file = DATA / "sign-language-digits.zip"
    if not file.exists():
        pytest.skip(
            "The sign-language digits are not here: put the zip in ../shared/data or set OQU_TEST_DATA"
        )
    return file


@dataclass
class Server:
    """A real Oqu server in a process of its own."""

    url: str
    home: Path
    process: subprocess.Popen[str]
    client: httpx.Client

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self.client.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def start_server(home: Path, log: Path, port: int = 0, **settings: str) -> Server:
    """Start Oqu on a free port and wait until it answers."""
    environment = {**os.environ, "OQU_HOME": str(home), **settings}
    command = [sys.executable, "-m", "server.cli", "serve", "--no-browser", "--port", str(port)]
    with log.open("a") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        addresses = re.findall(r"http://127\.0\.0\.1:\d+", log.read_text())
        if addresses:
            client = httpx.Client(base_url=addresses[-1], timeout=30)
            try:
                if client.get("/api/health").status_code == 200:
                    return Server(addresses[-1], home, process, client)
            except httpx.TransportError:
                client.close()
        time.sleep(0.02)
    process.kill()
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-4000:]}")


@contextmanager
def running_server(folder: Path, **settings: str) -> Iterator[Server]:
    """A server with a home of its own, stopped at the end."""
    server = start_server(folder / "home", folder / "server.log", **settings)
    try:
        yield server
    finally:
        server.client.close()
        server.process.terminate()
        try:
            server.process.wait(20)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that tests share, with an empty home."""
    with running_server(tmp_path_factory.mktemp("oqu")) as started:
        yield started
