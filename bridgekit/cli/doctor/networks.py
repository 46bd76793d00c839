"""The checks of `doctor` on networks: what a network's own adapter can tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from bridgekit.adapter_supports import Finding, Severity, SupportsDoctor
from bridgekit.configuration.config import Network
from bridgekit.configuration.puppet_settings import OF_THE_BRIDGE
from bridgekit.configuration.stand_in import StandIn
from bridgekit.mistakes.of_installations import CHECK_FAILED, CONFIG_FAULT
from bridgekit.mistakes.of_people import DP_REUSES_MAIN
from bridgekit.stand_in_host import with_no_bridge


def from_fault(fault: str) -> Finding:
    """A fault of the configuration says what is wrong; what to do."""
    what, _, fix = fault.rpartition("; ")
    if OF_THE_BRIDGE in what:
        return DP_REUSES_MAIN.found(what)
    return CONFIG_FAULT.found(what or fault, fix)


async def network(settings: Network, public_url: str | None) -> AsyncIterator[Finding]:
    """What the network's adapter itself can tell."""
    if issubclass(settings.adapter, StandIn):
        finding = from_fault(settings.adapter.why)
        yield replace(finding, text=f"{finding.text}: this network stays off, others run.")
        return
    title = settings.adapter.manifest.title
    try:
        adapter = with_no_bridge(
            settings.adapter, settings.adapter_config, settings.name, public_url, settings.links
        )
        if not isinstance(adapter, SupportsDoctor):
            yield Finding(Severity.OK, f"The adapter for {title} has no checks of its own.")
            return
        async for finding in adapter.check():
            yield finding
    except Exception as error:  # noqa: BLE001 (an adapter's failure is a finding; others go on)
        yield CHECK_FAILED.found(
            f"The check of the adapter for {title} failed: {type(error).__name__}: {error}",
            "Report this to the adapter's author.",
        )
