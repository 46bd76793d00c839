"""`bridgekit doctor`: would it work? Runs the checks and says each finding with its fix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.checks import configuration, database, from_fault, network, registration
from bridgekit.cli.exits import Exit
from bridgekit.cli.homeserver_checks import homeserver
from bridgekit.cli.link_checks import links
from bridgekit.cli.logs import silence
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import console, count, show_findings, show_json
from bridgekit.errors import ConfigError

Registration = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The registration to compare [registration.yaml beside the config]."
    ),
]


class Found(NamedTuple):
    """A finding, and what it is about."""

    area: str
    finding: Finding


def doctor(
    config: ConfigPath = DEFAULT, registration: Registration = None, *, as_json: AsJSON = False
) -> None:
    """Check the configuration, the homeserver and each network.

    Has the homeserver call back, too. Changes nothing, and may run beside the bridge. Each finding
    comes with its fix; the exit code is 4 if there is an error.

    \b
    Examples:
      bridgekit doctor
      bridgekit doctor -c /etc/bridgekit/config.yaml
      bridgekit doctor --registration /etc/synapse/bridgekit.yaml
      bridgekit doctor --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    silence()
    found = asyncio.run(_all(config, registration, as_json=as_json))
    errors = sum(one.finding.severity is Severity.ERROR for one in found)
    warnings = sum(one.finding.severity is Severity.WARNING for one in found)
    if as_json:
        _show_json(found, errors, warnings)
    else:
        typer.echo(f"{count(errors, 'error')}, {count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(Exit.FOUND)


async def _all(config: Path, registration: Path | None, *, as_json: bool) -> list[Found]:
    """Every finding; shown area by area, since some take their time."""
    everything: list[Found] = []
    area: list[Found] = []
    async for found in _findings(config, registration):
        if area and area[0].area != found.area:
            everything += _done(area, as_json=as_json)
            area = []
        area.append(found)
    return everything + _done(area, as_json=as_json)


def _done(area: list[Found], *, as_json: bool) -> list[Found]:
    if not as_json:
        for name, found in groupby(area, key=lambda one: one.area):
            typer.echo(name)
            show_findings(console(), [one.finding for one in found])
    return area


async def _findings(path: Path, given: Path | None) -> AsyncIterator[Found]:
    try:
        config = load(path)
    except ConfigError as error:
        for fault in error.faults:
            yield Found("Configuration", from_fault(fault))
        return  # everything else would follow from these
    yield Found("Configuration", Finding(Severity.OK, f"{path} has no faults."))
    for finding in configuration(config):
        yield Found("Configuration", finding)
    checks = {
        "Registration": registration(config, given),
        "Homeserver": homeserver(config),
        "Database": database(config),
        "Links": links(config),
        **{f"Network {name}": network(one) for name, one in config.networks.items()},
    }
    for area, findings in checks.items():
        async for finding in findings:
            yield Found(area, finding)


def _show_json(found: list[Found], errors: int, warnings: int) -> None:
    findings = [
        {
            "area": one.area,
            "severity": one.finding.severity.value,
            "text": one.finding.text,
            "fix": one.finding.fix or None,
        }
        for one in found
    ]
    show_json({"findings": findings, "errors": errors, "warnings": warnings})
