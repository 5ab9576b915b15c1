"""`oqu check`: everything that can be said of an experiment before it runs."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def check(source: str, console: Console) -> int:
    """Print shapes, cost and problems; 0 where there are none."""
    from models.check import check as judge
    from server.commands.documents import read
    from server.doors import FolderDoor
    from server.settings import Settings

    settings = Settings()
    answer = judge(read(source), FolderDoor(settings.home, None, settings.mirror), None)
    for role, network in answer["networks"].items():
        console.print(_network(role, network))
        console.print(
            f"{network['parameters']:,} parameters, {network['multiply_adds']:,} multiply-adds for one example, "
            f"about {network['memory_bytes'] / 1e6:.1f} MB while it trains"
        )
    for colour, family in (("red", "errors"), ("yellow", "remarks")):
        for problem in answer[family]:
            place = ".".join(str(part) for part in problem["where"]["path"])
            console.print(f"[{colour}]{escape(place or problem['error'])}[/]: {escape(problem['detail'])}")
            if problem["hint"]:
                console.print(f"  {escape(problem['hint'])}")
    if not answer["errors"]:
        console.print(f"[green]All is well.[/green] Its name is {answer['digest'][:12]}.")
    return 1 if answer["errors"] else 0


def _network(role: str, network: dict[str, Any]) -> Table:
    table = Table("layer", "type", "in", "out", "parameters", title=role, title_justify="left", box=None)
    for layer in network["layers"]:
        table.add_row(
            layer["id"],
            layer["type"],
            "  ".join(_shape(shape) for shape in layer["input_shapes"]),
            _shape(layer["output_shape"]),
            f"{layer['parameters']:,}",
        )
    return table


def _shape(shape: list[int] | None) -> str:
    return "?" if shape is None else " x ".join(str(size) for size in shape)
