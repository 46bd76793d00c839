"""What the commands have in common: the config that they read, and `--json`."""

import os
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


def load(path: Path) -> config.Config:
    """The configuration, with what the environment sets; `ConfigError` holds every fault."""
    return config.load(path, os.environ, plugins.adapters())
