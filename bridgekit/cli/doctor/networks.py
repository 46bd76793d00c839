"""The checks of `doctor` on networks: what a network's own adapter can tell."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bridgekit.adapter_supports import Finding, Severity, SupportsDoctor
from bridgekit.configuration.config import Network
from bridgekit.configuration.puppet_settings import OF_THE_BRIDGE
from bridgekit.configuration.stand_in import StandIn
from bridgekit.mistakes.of_installations import (
    ADAPTER_UNUSABLE,
    CALLS_REFUSED,
    CHECK_FAILED,
    CONFIG_FAULT,
)
from bridgekit.mistakes.of_people import DP_REUSES_MAIN
from bridgekit.stand_in_host import with_no_bridge
from bridgekit.webhooks import PATH


def from_fault(fault: str) -> Finding:
    """A fault of the configuration says what is wrong; what to do."""
    what, _, fix = fault.rpartition("; ")
    if OF_THE_BRIDGE in what:
        return DP_REUSES_MAIN.found(what)
    return CONFIG_FAULT.found(what or fault, fix if what else "")


async def network(
    settings: Network, public_url: str | None, *, refuses: bool = False
) -> AsyncIterator[Finding]:
    """What the network's adapter itself can tell. `refuses`: the bridge has refused its calls."""
    if issubclass(settings.adapter, StandIn):
        what, _, fix = settings.adapter.why.rpartition("; ")
        yield ADAPTER_UNUSABLE.found(f"{(what or fix).rstrip('.')}.", fix if what else "")
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
            yield _in_doubt(finding, settings.name) if refuses else finding
    except Exception as error:  # noqa: BLE001 (an adapter's failure is a finding; others go on)
        yield CHECK_FAILED.found(
            f"The check of the adapter for {title} failed: {type(error).__name__}: {error}",
            "Report this to the adapter's author.",
        )


def _in_doubt(finding: Finding, network: str) -> Finding:
    """An address of ours is not right as it is while what calls there is refused."""
    if finding.severity is not Severity.OK or f"{PATH}/{network}" not in finding.text:
        return finding
    return CALLS_REFUSED.found(finding.text)
