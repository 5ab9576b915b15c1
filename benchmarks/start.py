"""What a person waits for: server start to first page, submission to first event."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time

import httpx
from websockets.sync.client import connect

from benchmarks.pairs import Row
from models import zoo


def start(home: str) -> tuple[subprocess.Popen[bytes], str, float]:
    """A server, its address, and the seconds until its page was answered."""
    command = [sys.executable, "-m", "server.cli", "serve", "--no-browser", "--port", "0"]
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "OQU_HOME": home}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(rb"http://127\.0\.0\.1:\d+", line):
            url = found.group().decode()
            break
    while True:
        try:
            if httpx.get(url).status_code == 200:
                return process, url, time.perf_counter() - began
        except httpx.TransportError:
            time.sleep(0.005)


def first_event(url: str) -> float:
    """Milliseconds from submitting the spiral to its first progress on a websocket."""
    experiment = zoo.document("spiral")
    began = time.perf_counter()
    run = httpx.post(f"{url}/api/runs", json=experiment).raise_for_status().json()["id"]
    with connect(f"{url.replace('http', 'ws')}/api/runs/{run}/live?after=0", origin=url) as socket:  # type: ignore[arg-type]
        for message in socket:
            if any(event["kind"] == "progress" for event in json.loads(message)):
                break
    elapsed = time.perf_counter() - began
    httpx.post(f"{url}/api/runs/{run}/control", json={"action": "stop"})
    return 1_000 * elapsed


def run() -> list[Row]:
    """Five starts, ten submissions on a warm server."""
    starts = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as home:
            process, url, seconds = start(home)
            starts.append(seconds)
            process.terminate()
            process.wait()
    with tempfile.TemporaryDirectory() as home:
        process, url, _ = start(home)
        time.sleep(6)  # the fork server has warmed up
        events = [first_event(url) for _ in range(10)]
        process.terminate()
        process.wait()
    return [
        Row("server start to first page", "Oqu", tuple(starts), "s"),
        Row("submitted to first progress on the socket", "Oqu", tuple(events), "ms"),
    ]
