"""The checks of `doctor` that need no homeserver: each yields findings and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from bridgekit.adapter_supports import Finding, Severity, SupportsDoctor
from bridgekit.bridge import database_url
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.link_check import unconnected
from bridgekit.configuration.registration_check import compare
from bridgekit.configuration.registration_check import load as load_registration
from bridgekit.configuration.settings import SQLiteFile
from bridgekit.configuration.stand_in import StandIn
from bridgekit.errors import ConfigError, DatabaseError
from bridgekit.facts import AttachmentKind
from bridgekit.store.beside import reading
from bridgekit.store.jobs import Jobs

BESIDE = "registration.yaml"


def from_fault(fault: str) -> Finding:
    """Faults say what is wrong; what to do."""
    what, _, fix = fault.rpartition("; ")
    return Finding(Severity.ERROR, what, fix) if what else Finding(Severity.ERROR, fault)


def configuration(config: Config) -> Iterator[Finding]:
    """What the configuration leaves out and something that it asks for needs."""
    if config.appservice.public_url is not None:
        return
    files = [name for name, network in config.networks.items() if _links_files(network)]
    pages = [
        name for name, network in config.networks.items() if network.fallbacks.long_text == "link"
    ]
    for what, names in (
        ("files that people on Matrix send are not offered as links on", files),
        ("long texts become no pages on", pages),
    ):
        if names:
            yield Finding(
                Severity.WARNING,
                f"appservice.public_url is not set, so {what} {', '.join(names)}.",
                "Set it to an address where the world reaches the bridge, or `fallbacks` of "
                f"{', '.join(names)} to what needs no link.",
            )


def _links_files(network: Network) -> bool:
    """Whether it becomes links what its network does not take, by what the adapter says of all."""
    if issubclass(network.adapter, StandIn):
        return False  # what it takes, nobody knows
    taken = network.adapter.manifest.limits.attachments
    chosen = network.fallbacks.model_dump()
    return any(chosen[kind.value] == "link" for kind in AttachmentKind if kind not in taken)


async def registration(config: Config, given: Path | None) -> AsyncIterator[Finding]:
    """Compare the file that the homeserver should have with what the configuration says."""
    path = given or config.path.with_name(BESIDE)
    if given is None and not path.exists():
        yield Finding(
            Severity.WARNING,
            f"Not compared: there is no {path}.",
            "Name the homeserver's copy with --registration.",
        )
        return
    try:
        faults = compare(config, load_registration(path))
    except ConfigError as error:
        faults = list(error.faults)
    for fault in faults:
        yield from_fault(fault)
    if not faults:
        yield Finding(Severity.OK, f"{path} belongs to the configuration.")


async def database(config: Config) -> AsyncIterator[Finding]:
    """Read it, without making or changing it."""
    where = config.database
    if isinstance(where, SQLiteFile) and not where.path.exists():
        yield _to_be_made(where.path)
        return
    try:
        async with reading(database_url(config)) as reader:
            listed = await Jobs(reader).listed()
    except DatabaseError as error:
        for fault in error.faults:
            yield from_fault(fault)
        return
    yield Finding(Severity.OK, "It can be read.")
    if isinstance(where, SQLiteFile) and where.path.stat().st_mode & 0o077:
        yield Finding(
            Severity.WARNING,
            f"Others on this machine may read {where.path}, which holds what people wrote.",
            f"chmod 600 {where.path}*",
        )
    dead = sum(one.dead for one in listed)
    if dead:
        yield Finding(
            Severity.WARNING,
            f"{count(dead, 'message')} failed and can be sent again.",
            "See `bridgekit queue`; retry or drop them.",
        )


def _to_be_made(path: Path) -> Finding:
    if not path.parent.is_dir():
        return Finding(
            Severity.ERROR, f"{path} cannot be made: its folder does not exist.", "Make the folder."
        )
    return Finding(Severity.OK, f"{path} does not exist yet; the bridge makes it.")


async def network(settings: Network) -> AsyncIterator[Finding]:
    """What the network's adapter itself can tell."""
    if issubclass(settings.adapter, StandIn):
        finding = from_fault(settings.adapter.why)
        yield replace(finding, text=f"{finding.text}: this network stays off, others run.")
        return
    title = settings.adapter.manifest.title
    try:
        adapter = unconnected(settings.adapter, settings.adapter_config)
        if not isinstance(adapter, SupportsDoctor):
            yield Finding(Severity.OK, f"The adapter for {title} has no checks of its own.")
            return
        async for finding in adapter.check():
            yield finding
    except Exception as error:  # noqa: BLE001 (an adapter's failure is a finding; others go on)
        yield Finding(
            Severity.ERROR,
            f"The check of the adapter for {title} failed: {type(error).__name__}: {error}",
            "Report this to the adapter's author.",
        )
