"""The check of `doctor` on webhooks: what calls the running bridge has refused of late."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bridgekit.adapter_supports import Finding
from bridgekit.cli import running
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_installations import BRIDGE_SILENT, CALLS_REFUSED
from bridgekit.provisioning.api import PATH
from bridgekit.reasons import Reason


async def calls(config: Config, refusing: set[str]) -> AsyncIterator[Finding]:
    """Only the bridge itself knows; where it does not run, nothing is called either.

    The networks whose calls it refuses are put into `refusing`.
    """
    asked = {"words": ["stats"]}
    answer = await running.ask(config, f"{PATH}/do", asked, patience=running.SHORT)
    if answer is None and await running.answers(config) in (0, running.RUNS):
        yield _silent(config)
    if answer is None or answer[0] != running.RUNS:
        return
    for one in answer[1]["events"]:
        if one["outcome"] == Reason.FORGED and one["lately"]:
            refusing.add(one["network"])
            refused = count(one["lately"], "call")
            yield CALLS_REFUSED.found(
                f"In the last hour the bridge has refused {refused} to the webhook of "
                f"{one['network']}, without the secret of that network."
            )


def _silent(config: Config) -> Finding:
    address = running.shown(config.appservice.listen)
    seconds = running.SHORT.total
    return BRIDGE_SILENT.found(
        f"What listens on {address} did not say within {seconds:.0f} s which calls it has refused."
    )
