"""The command `oqu`: serve, train, check, and bring data, from a terminal.

oqu                              start and open the browser
oqu train spiral                 learn in the terminal
oqu data add flowers iris.csv    import a CSV file, a zip of class folders, an IDX pair, npz or npy

It ends with 0 where all went well, 1 where it did not, 2 for a wrong call, 130 where it was interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.errors import DocumentError, OquError, Problem

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    help="A self-hosted playground for neural networks.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
data = typer.Typer(help="Data sets of your own.", no_args_is_help=True)
app.add_typer(data, name="data")

Host = Annotated[str | None, typer.Option(help="Address to listen at; any but loopback asks for a token")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the browser")]
Source = Annotated[str, typer.Argument(metavar="FILE|SLUG", help="A JSON file, or a name of the zoo")]


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Without a command: start the server and open the browser."""
    from server.log import configure

    configure()
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(host: Host = None, port: Port = None, no_browser: NoBrowser = False) -> None:
    """Start the server, print its address, open the browser."""
    from server.commands import serve as command
    from server.settings import Settings

    given: dict[str, Any] = {"host": host, "port": port}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    command.serve(settings, browser=not no_browser)


@app.command()
def train(
    source: Source,
    out: Annotated[Path | None, typer.Option(help="Folder for snapshot, document and measurements")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Other than the document says")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Other than the document says")] = None,
) -> None:
    """Learn in the terminal. Ctrl-C stops cleanly and keeps the last snapshot."""
    from server.commands.train import train as command

    given = {"learner.epochs": epochs, "seed": seed}
    _leave(
        command(source, out, {name: value for name, value in given.items() if value is not None}, _console())
    )


@app.command()
def check(source: Source) -> None:
    """Shapes, cost and every problem of an experiment, without running it."""
    from server.commands.check import check as command

    _leave(command(source, _console()))


@app.command()
def zoo() -> None:
    """List the experiments that come with Oqu."""
    from rich.table import Table

    from models import zoo as shelf

    table = Table("slug", "level", "about", box=None)
    for item in shelf.items():
        table.add_row(str(item["slug"]), str(item["level"]), str(item["summary"]))
    _console().print(table)


@data.command("add")
def data_add(
    name: Annotated[str, typer.Argument(help="How experiments will call it")],
    files: Annotated[list[Path], typer.Argument(help="CSV, zip of class folders, IDX pair, npz or npy")],
    target: Annotated[str | None, typer.Option(help="Column to predict (CSV)")] = None,
    task: Annotated[str | None, typer.Option(help="classification or regression (CSV)")] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Side of the pictures in pixels")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Any other setting, as NAME=VALUE")
    ] = None,
) -> None:
    """Import files. Works beside a running server too, through its API."""
    from server.commands.data import add

    given: dict[str, Any] = {"target": target, "task": task, "size": size}
    options = {key: value for key, value in given.items() if value is not None}
    _leave(add(name, files, options | _options(option or []), _console()))


@data.command("list")
def data_list() -> None:
    """List the data sets."""
    from server.commands.data import show

    _leave(show(_console()))


@app.command()
def export(
    source: Annotated[str, typer.Argument(metavar="SNAPSHOT|RUN", help="A snapshot's file, or a run's id")],
    out: Annotated[Path, typer.Option(help="Folder to write into")] = Path("export"),
) -> None:
    """Write a snapshot's weights (safetensors) and its experiment (JSON)."""
    from server.commands.export import export as command

    _leave(command(source, out, _console()))


@app.command()
def doctor() -> None:
    """Look whether everything is here that Oqu needs."""
    from server.commands.doctor import doctor as command

    _leave(command(_console()))


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from server.app import create_app
    from server.openapi import text
    from server.settings import Settings

    sys.stdout.write(text(create_app(Settings(home=Path("unused")))))


def _options(given: list[str]) -> dict[str, Any]:
    """NAME=VALUE, the value as JSON where it is, else as text."""
    import orjson

    options: dict[str, Any] = {}
    for entry in given:
        name, separator, value = entry.partition("=")
        if not separator:
            raise typer.BadParameter(f"{entry}: write NAME=VALUE")
        try:
            options[name] = orjson.loads(value)
        except orjson.JSONDecodeError:
            options[name] = value
    return options


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _leave(status: int) -> None:
    if status:
        raise typer.Exit(status)


def _say(problem: Problem) -> None:
    place = ".".join(str(part) for part in problem.where.path)
    row = f"row {problem.where.row}: " if problem.where.row is not None else ""
    print(f"oqu: {place + ': ' if place else ''}{row}{problem.detail}", file=sys.stderr)
    if problem.hint:
        print(f"     {problem.hint}", file=sys.stderr)


def main() -> None:
    """What `oqu` calls."""
    try:
        app()
    except OquError as error:
        problems = error.problems if isinstance(error, DocumentError) else ()
        for problem in problems or (error.problem,):
            _say(problem)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
