"""The `bridgekit` command: its subcommands, and how what they raise becomes an exit code."""

import sys
from importlib.metadata import version
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

from bridgekit.cli import adapters, dev, do, new_adapter, run, setup, sign_in
from bridgekit.cli.added import added, command_of
from bridgekit.cli.database import backup
from bridgekit.cli.database import command as database
from bridgekit.cli.doctor.command import doctor
from bridgekit.cli.exits import expected
from bridgekit.cli.init.command import init
from bridgekit.cli.looking import changes, ghosts, logins, portals, stats, trace
from bridgekit.cli.queue import command as queue
from bridgekit.cli.registrations import command as registration
from bridgekit.cli.registrations.comparing import compare
from bridgekit.cli.registrations.rotating import rotate
from bridgekit.printable import printable_lines


class Commands(TyperGroup):
    """Ours and those of adapters. Says expected errors as sentences, without a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *added()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is None and (point := added().get(cmd_name)):
            command = command_of(point)
        return command

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


app.command("init")(init)
registration.app.command("compare")(compare)
registration.app.command("rotate")(rotate)
app.add_typer(registration.app, name="registration")
app.command("run")(run.run)
app.command("doctor")(doctor)
app.command("setup")(setup.setup)
app.command("adapters")(adapters.adapters)
app.command("new-adapter")(new_adapter.new_adapter)
app.command("dev")(dev.dev)
app.command("sign-in")(sign_in.sign_in)
app.command("do", context_settings=do.WORDS)(do.do)
app.add_typer(queue.app, name="queue")
app.command("trace")(trace.trace)
app.command("changes")(changes.changes)
app.command("portals")(portals.portals)
app.command("logins")(logins.logins)
app.command("ghosts")(ghosts.ghosts)
app.command("stats")(stats.stats)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(database.app, name="database")


def main() -> None:
    """The console script. What a terminal cannot show is spelt out, never an error."""
    for stream in (sys.stdout, sys.stderr):
        _never_fail(stream)
    app(prog_name="bridgekit")


def _never_fail(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
