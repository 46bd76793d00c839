"""`bridgekit registration compare`: the configuration, the file, and what the homeserver has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from bridgekit.adapter_supports import Finding
from bridgekit.cli.doctor.homeserver import homeserver
from bridgekit.cli.doctor.registration import agree
from bridgekit.cli.doctor.registration import registration as file_checks
from bridgekit.cli.logs import silence
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import console, show_findings
from bridgekit.cli.registrations.command import end

File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The registration [registration.yaml beside the config]."),
]


def compare(file: File = None, config: ConfigPath = DEFAULT, *, as_json: AsJSON = False) -> None:
    """Compare configuration, file and homeserver.

    The homeserver is asked: whether it knows the token, by which name, which users it lets the
    bridge be, where and with which token it calls back. Each difference is said with its fix.

    \b
    Examples:
      bridgekit registration compare
      bridgekit registration compare /etc/synapse/bridgekit.yaml
      bridgekit registration compare -c /etc/bridgekit/config.yaml --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    silence()
    loaded = load(config)

    async def all_of(findings: AsyncIterator[Finding]) -> list[Finding]:
        return [finding async for finding in findings]

    async def both() -> list[tuple[str, list[Finding]]]:
        of_file = await all_of(file_checks(loaded, file))
        of_server = await all_of(homeserver(loaded, files_agree=agree(of_file)))
        return [("The file", of_file), ("The homeserver", of_server)]

    found: list[tuple[str, Finding]] = []
    for area, findings in asyncio.run(both()):
        found += [(area, one) for one in findings]
        if not as_json:
            typer.echo(area)
            show_findings(console(), findings)
    end(found, as_json=as_json)
