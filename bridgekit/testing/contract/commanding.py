"""The contract: the commands that only this network has."""

from __future__ import annotations

from bridgekit.supports import SupportsCommands
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken, shortened

_PREFIX = "!bridge"


class Commanding:
    """`SupportsCommands`, typed in the room; what each answers, the fake's `commands` say."""

    @scenario(SupportsCommands)
    async def test_commands_of_the_network_are_answered(self, stage: Stage) -> None:
        """Commands of the network's own are answered where they are typed."""
        typed, client = stage.network.commands, stage.client
        if not typed:
            raise Lacking("the network's `commands` names none")
        assert isinstance(client, SupportsCommands)  # noqa: S101 (the scenario needs it)
        untried = {one.name for one in client.commands} - {one.split()[0] for one in typed}
        if untried:
            raise Broken(f"Nobody types {sorted(untried)}: put them into the fake's `commands`.")
        for line, words in typed.items():
            await stage.says(f"{_PREFIX} {line}")
            await stage.until(
                lambda words=words: any(words in one for one in stage.here.notices()),  # type: ignore[misc]
                f"Alice types {shortened(line)}, and is answered with {shortened(words)}",
            )
