"""`oqu export`: a snapshot as plain weights with the document that they belong to."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from models.errors import SnapshotError
from server.address import running
from server.client import Client
from server.errors import NotFoundError
from server.settings import Settings
from server.store.base import LOCAL


def export(source: str, out: Path, console: Console) -> int:
    """Write weights.safetensors and experiment.json from a snapshot's file, or a run's newest snapshot."""
    from safetensors.torch import save_file

    from models.scene import scene_of
    from models.snapshots import decode

    snapshot = decode(_content(source))
    scene = scene_of(snapshot)
    out.mkdir(parents=True, exist_ok=True)
    for role, network in scene.networks.items():
        several = len(scene.networks) > 1
        path = out / (f"weights-{role}.safetensors" if several else "weights.safetensors")
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path)
        console.print(f"Weights:    {path}", soft_wrap=True)
    document = out / "experiment.json"
    document.write_text(scene.experiment.model_dump_json(indent=2) + "\n", encoding="utf-8")
    console.print(f"Experiment: {document}", soft_wrap=True)
    return 0


def _content(source: str) -> bytes:
    path = Path(source)
    if path.is_file():
        return path.read_bytes()
    from server.files import Files

    settings = Settings()
    address = running(settings.home)
    if address is not None:
        items = Client(address).ask("GET", f"/api/runs/{source}/snapshots")["items"]
        hashes = [item["sha256"] for item in items]
    else:
        hashes = asyncio.run(_hashes(settings, source))
    if not hashes:
        raise SnapshotError(
            "snapshot.none", "This run has no snapshot yet.", hint="Let it learn for a while."
        )
    return Files(settings.home / "files").open(hashes[-1])


async def _hashes(settings: Settings, run_id: str) -> list[str]:
    from server.files import HomeLock
    from server.store.sql import SqlStore

    lock = HomeLock(settings.home)
    lock.acquire()
    store = SqlStore(settings.database)
    try:
        await store.open()
        await store.get_run(LOCAL, run_id)
        return [snapshot.sha256 for snapshot in await store.snapshots(run_id)]
    except NotFoundError as error:
        raise NotFoundError(
            "export.unknown",
            f"{run_id} is neither a snapshot's file nor a run.",
            hint="oqu train prints where its snapshot is; the page shows a run's id in its address.",
        ) from error
    finally:
        await store.close()
        lock.release()
