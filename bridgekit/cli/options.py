"""What the commands have in common: the config that they read, `--json`, how to go on."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from bridgekit.configuration import config, plugins

DEFAULT = Path("config.yaml")

ConfigPath = Annotated[
    Path, typer.Option("-c", "--config", metavar="FILE", help="The bridge's configuration.")
]
OwnConfig = Annotated[
    Path | None,
    typer.Option("-c", "--config", metavar="FILE", help="The bridge's configuration."),
]
Limit = Annotated[int, typer.Option(min=1, help="List at most so many.")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def again(words: str, path: Path) -> str:
    """Another command for the same configuration, as it can be typed where this one was."""
    option = "" if path == DEFAULT else f" -c {shlex.quote(str(path))}"
    return f"{_as_called()} {words}{option}"


def _as_called() -> str:
    """The command as it was typed, which may be one that no shell would find by its name."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m bridgekit.cli"
    if called.name != "bridgekit" or shutil.which("bridgekit") == str(called):
        return "bridgekit"
    return shlex.quote(str(called))


def load(path: Path) -> config.Config:
    """The configuration, with what the environment sets; `ConfigError` holds every fault."""
    return config.load(path, os.environ, plugins.adapters())
