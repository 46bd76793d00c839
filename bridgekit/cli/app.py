"""The `bridgekit` command: its subcommands, and how what they raise becomes an exit code."""

import sys
from importlib.metadata import version
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from bridgekit.cli import adapters, dev, doctor, init, new_adapter, queue, registration, run, trace
from bridgekit.cli.exits import expected
from bridgekit.printable import printable_lines


class Commands(TyperGroup):
    """Says expected errors as sentences, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            failure = expected(error)
            if failure is None:
                raise
            typer.echo(printable_lines(str(failure)), err=True)
            raise typer.Exit(failure.code) from error


app = typer.Typer(
    cls=Commands,
    help="Connects Matrix to other chat networks.",
    subcommand_metavar="COMMAND",
    epilog="Exit codes: 0 done, 1 unexpected failure, 2 wrong command line, 3 faulty config, "
    "4 doctor found an error, or nothing of that name was found, 5 unusable database, "
    "6 address in use, 130 stopped at once. Each command has examples: bridgekit run --help",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # help is plain text, so that examples keep their lines
    pretty_exceptions_enable=False,  # a traceback with local variables would show secrets
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"bridgekit {version('matrix-bridgekit')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _asked: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda value: _version(asked=value),
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Connects Matrix to other chat networks."""


app.command("init")(init.init)
app.command("registration")(registration.registration)
app.command("run")(run.run)
app.command("doctor")(doctor.doctor)
app.command("adapters")(adapters.adapters)
app.command("new-adapter")(new_adapter.new_adapter)
app.command("dev")(dev.dev)
app.add_typer(queue.app, name="queue")
app.command("trace")(trace.trace)


def main() -> None:
    """The console script. What a terminal cannot show is spelt out, never an error."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail(stream)
    app(prog_name="bridgekit")


def _never_fail(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
