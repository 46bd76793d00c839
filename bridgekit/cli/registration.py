"""`bridgekit registration`: prints what the homeserver must know of the bridge."""

from pathlib import Path
from typing import Annotated

import typer

from bridgekit.cli.files import write_new
from bridgekit.cli.options import DEFAULT, ConfigPath, load
from bridgekit.configuration.registration import build

Output = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write it there instead; never overwrites."),
]


def registration(config: ConfigPath = DEFAULT, output: Output = None) -> None:
    """Print the registration that belongs to the configuration.

    Give it to the homeserver and restart that; registration/README.md says how. It holds tokens:
    keep it from other users.

    \b
    Examples:
      bridgekit registration
      bridgekit registration -c /etc/bridgekit/config.yaml
      bridgekit registration --output registration.yaml
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    text = build(load(config)).to_yaml()
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_new({output: text})
        typer.echo(f"Wrote {output}, which only you can read.")
