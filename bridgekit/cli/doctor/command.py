"""`bridgekit doctor`: would it work? Runs the checks and says each finding with its fix."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.doctor.calls import calls
from bridgekit.cli.doctor.content_scan import content_scan
from bridgekit.cli.doctor.credentials import credentials
from bridgekit.cli.doctor.database import database
from bridgekit.cli.doctor.encrypted import device, rooms
from bridgekit.cli.doctor.homeserver import homeserver
from bridgekit.cli.doctor.installation import configuration, what_may
from bridgekit.cli.doctor.lent_tokens import lent_tokens
from bridgekit.cli.doctor.links import links
from bridgekit.cli.doctor.networks import from_fault, network
from bridgekit.cli.doctor.policy_lists import policy_lists
from bridgekit.cli.doctor.puppets import puppets
from bridgekit.cli.doctor.registration import agree, registration
from bridgekit.cli.doctor.surroundings import outside
from bridgekit.cli.doctor.unheard import silent
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.init.questions import not_a_user
from bridgekit.cli.logs import silence
from bridgekit.cli.options import DEFAULT, AsJSON, ConfigPath, load
from bridgekit.cli.output import as_data, console, count, show_findings, show_json
from bridgekit.configuration.config import Config
from bridgekit.configuration.differences import secrets_of
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import ConfigError
from bridgekit.mistakes.of_installations import CHECK_FAILED

Registration = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The registration to compare [registration.yaml beside the config]."
    ),
]
HomeserverConfig = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Synapse's homeserver.yaml (or a folder), to see what it loads."
    ),
]
Events = Annotated[
    bool,
    typer.Option("--events", help="Have an event sent, too: makes a room for a moment."),
]
Who = Annotated[
    str | None,
    typer.Option("--as", metavar="USER", help="Say what this user may do, like @you:example.org."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no homeserver and no network.")]

_SHORTEST_SECRET = 8  # a shorter one would blot out parts of ordinary words
Area = tuple[str, AsyncIterator[Finding]]


class Found(NamedTuple):
    """A finding, and what it is about."""

    area: str
    finding: Finding


def doctor(
    config: ConfigPath = DEFAULT,
    registration: Registration = None,
    homeserver_config: HomeserverConfig = None,
    who: Who = None,
    *,
    events: Events = False,
    offline: Offline = False,
    as_json: AsJSON = False,
) -> None:
    """Check the configuration, the homeserver and each network.

    Has the homeserver call back, too. Changes nothing (but with --events), and may run beside the
    bridge. Each finding comes with its fix and a name that docs/mistakes.md explains; the exit code
    is 4 if there is an error.

    \b
    Examples:
      bridgekit doctor
      bridgekit doctor -c /etc/bridgekit/config.yaml
      bridgekit doctor --registration /etc/synapse/bridgekit.yaml
      bridgekit doctor --homeserver-config /etc/matrix-synapse/homeserver.yaml
      bridgekit doctor --offline --json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    silence()
    if who is not None and (why := not_a_user(who)):
        raise Failure(Exit.USAGE, f"--as: {why}")
    asked = _Asked(config, registration, homeserver_config, who, events, offline)
    found = asyncio.run(_all(asked, as_json=as_json))
    by_severity = Counter(one.finding.severity for one in found)
    errors, warnings = by_severity[Severity.ERROR], by_severity[Severity.WARNING]
    if as_json:
        _show_json(found, errors, warnings)
    else:
        typer.echo(f"{count(errors, 'error')}, {count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(Exit.FOUND)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says."""

    config: Path
    registration: Path | None
    homeserver: Path | None
    who: str | None
    events: bool
    offline: bool


async def _all(asked: _Asked, *, as_json: bool) -> list[Found]:
    """Every finding; shown area by area, since some take their time."""
    everything: list[Found] = []
    try:
        config = load(asked.config)
    except ConfigError as error:
        faults = [Found("Configuration", from_fault(fault)) for fault in error.faults]
        return _shown(faults, as_json=as_json)  # everything else would follow from these
    secrets = [one for one in secrets_of(config) if len(one) >= _SHORTEST_SECRET]
    for area, findings in _areas(asked, config, everything):
        waiting = nullcontext() if as_json else console().status(f"{area} …")
        with waiting:
            found = [Found(area, _without(secrets, one)) async for one in _whole(findings)]
        everything += _shown(found, as_json=as_json)
    return everything


def _without(secrets: Sequence[str], finding: Finding) -> Finding:
    """What others say of a failure may quote what it was about: an address with a token in it."""
    for secret in secrets:
        text, fix, why = (
            said.replace(secret, "…") for said in (finding.text, finding.fix, finding.why)
        )
        finding = replace(finding, text=text, fix=fix, why=why)
    return finding


def _areas(asked: _Asked, config: Config, sofar: list[Found]) -> Iterator[Area]:
    """What is looked at, in this order."""
    refusing: set[str] = set()  # networks, once their calls were looked at
    yield "Configuration", _said(f"{asked.config.absolute()} has no faults.", configuration(config))
    if asked.who is not None:
        yield "Permissions", _said(None, what_may(config, asked.who))
    yield "Registration", registration(config, asked.registration, asked.homeserver)
    if not asked.offline:
        files_agree = agree([one.finding for one in sofar if one.area == "Registration"])
        yield "Homeserver", homeserver(config, files_agree=files_agree, events=asked.events)
        yield "Rooms", rooms(config)
        yield "Surroundings", outside(config)
        if config.double_puppets:
            yield "Double puppets", puppets(config)
        if config.moderation.lists:
            yield "Policy lists", policy_lists(config)
    yield "Database", database(config, offline=asked.offline)
    yield "Credentials", credentials(config)
    if config.scan.on:
        yield "Content scan", content_scan(config)
    if config.encryption.on:
        yield "Encryption", device(config, offline=asked.offline)
    if not asked.offline:
        yield "Access tokens", lent_tokens(config)
        yield "Links", links(config)
        yield "Chats", silent(config)
        yield "Webhooks", calls(config, refusing)
    for name, one in config.networks.items():
        if not asked.offline or issubclass(one.adapter, StandIn):  # that asks nobody
            public, refuses = config.appservice.public_url, name in refusing
            yield f"Network {name}", network(one, public, refuses=refuses)


async def _said(sentence: str | None, findings: Iterator[Finding]) -> AsyncIterator[Finding]:
    if sentence is not None:
        yield Finding(Severity.OK, sentence)
    for finding in findings:
        yield finding


async def _whole(findings: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """A check that fails is a finding, too: never the end of the others."""
    try:
        async for finding in findings:
            yield finding
    except Exception as error:  # noqa: BLE001 (see above)
        yield CHECK_FAILED.found(f"This check failed: {type(error).__name__}: {error}")


def _shown(found: list[Found], *, as_json: bool) -> list[Found]:
    if found and not as_json:
        typer.echo(typer.style(found[0].area, bold=True))
        show_findings(console(), [one.finding for one in found])
    return found


def _show_json(found: list[Found], errors: int, warnings: int) -> None:
    findings = [{"area": one.area, **as_data(one.finding)} for one in found]
    show_json({"findings": findings, "errors": errors, "warnings": warnings})
