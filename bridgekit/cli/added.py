"""Subcommands that installed adapters add: Typer applications in the group `bridgekit.commands`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import typer

from bridgekit.cli.exits import Exit, Failure
from bridgekit.configuration.plugins import DISTRIBUTION

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "bridgekit.commands"


def added() -> dict[str, EntryPoint]:
    """By name, in the order of their names; none is imported yet."""
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def command_of(point: EntryPoint) -> Any:  # of click, which typer has within itself
    """The command; one that cannot be loaded says so when it is run, and stops no other."""
    try:
        command = typer.main.get_command(point.load())
    except Exception as error:  # noqa: BLE001 (another distribution's: whatever it is, it is said)
        command = typer.main.get_command(_unusable(_why(point, error)))
        command.hidden = isinstance(error, ModuleNotFoundError)  # of an extra that nobody wanted
    command.name = point.name
    return command


def _why(point: EntryPoint, error: Exception) -> str:
    failed = f"{point.name} cannot be used: {point.value} failed with {type(error).__name__}"
    if isinstance(error, ModuleNotFoundError):
        return f"{failed}: there is no {error.name}. {_install(point)}"
    return f"{failed}. Reinstall the distribution that it belongs to."


def _install(point: EntryPoint) -> str:
    package, *within = point.module.split(".")
    if package == "bridges" and within:  # an adapter of our own, which is an extra
        return f"Install what it needs with: pip install '{DISTRIBUTION}[{within[0]}]'"
    return "Install what it needs, maybe an extra."


def _unusable(why: str) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command(help=why)
    def fail() -> None:
        raise Failure(Exit.USAGE, why)

    return app
