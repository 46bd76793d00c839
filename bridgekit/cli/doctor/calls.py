"""The check of `doctor` on webhooks: what calls the running bridge has refused of late."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bridgekit.adapter_supports import Finding
from bridgekit.cli import running
from bridgekit.cli.output import count
from bridgekit.configuration.config import Config
from bridgekit.mistakes.of_installations import CALLS_REFUSED
from bridgekit.provisioning.api import PATH
from bridgekit.reasons import Reason


async def calls(config: Config) -> AsyncIterator[Finding]:
    """Only the bridge itself knows; where it does not run, nothing is called either."""
    answer = await running.ask(config, f"{PATH}/do", {"words": ["stats"]})
    if answer is None or answer[0] != running.RUNS:
        return
    for one in answer[1]["events"]:
        if one["outcome"] == Reason.FORGED and one["lately"]:
            refused = count(one["lately"], "call")
            yield CALLS_REFUSED.found(
                f"In the last hour the bridge has refused {refused} to the webhook of "
                f"{one['network']}, without the secret of that network."
            )
