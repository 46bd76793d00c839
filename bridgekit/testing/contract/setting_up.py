"""The contract: what an operator does: a set-up at the provider, and a changed configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.adapter import Field
from bridgekit.adapter_supports import Finding, Severity, SupportsReload, SupportsSetup
from bridgekit.errors import BridgekitError
from bridgekit.sign_in.redirects import callback_url
from bridgekit.stand_in_host import with_no_bridge
from bridgekit.testing.contract.network import FakeNetwork
from bridgekit.testing.contract.saying import expect_heard, expect_said
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import NETWORK, Stage
from bridgekit.testing.contract.story import Broken


class SettingUp:
    """What is to be made at the provider, the fake's `setting_up` has made."""

    @scenario(SupportsSetup, "setting_up")
    async def test_setting_up_ends_well_where_all_is_well(self, stage: Stage) -> None:
        """Whoever does all that the set-up says is told of no error, and is told something."""
        operator = await _sets_up(stage)
        if operator.errors:
            raise Broken(f"All was done as it should be, and the set-up says: {operator.errors}.")
        if not operator.told:
            raise Broken("The set-up has said nothing: show what is to be done, report what is so.")

    @scenario(SupportsSetup, "setting_up", "refuse")
    async def test_setting_up_finds_out_what_is_refused(self, stage: Stage) -> None:
        """What an operator typed is tried out: where the network refuses it, that is an error."""
        await stage.network.refuse()
        operator = await _sets_up(stage)
        if not operator.errors:
            raise Broken("The network refuses the login, and the set-up has no error.")

    @scenario(SupportsReload, "reconfigure")
    async def test_a_changed_configuration_is_taken_over_at_work(self, stage: Stage) -> None:
        """A changed configuration is taken over while the bridge runs (`SupportsReload`)."""
        await stage.says("before it")
        await stage.heard("before it")
        changed = await stage.network.reconfigure()
        adapter: Any = stage.at_work
        await adapter.reload(changed)
        stage.story.tell("the adapter has been given another configuration")
        await stage.says("after it")
        await stage.heard("after it")
        await stage.said("bob", "so I hear")
        await stage.seen("so I hear")
        await stage.quiet()
        expect_heard(stage, ["before it", "after it"])
        expect_said(stage, ["so I hear"])


class Operator:
    """A `Guide` in front of which the author's operator sits."""

    def __init__(self, network: FakeNetwork, public_url: str | None) -> None:
        self.callback_url = None if public_url is None else callback_url(public_url)
        self._network = network
        self.told: list[str] = []
        self.errors: list[str] = []

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        return await self._network.setting_up(*fields)

    async def show(self, text: str) -> None:
        self.told.append(text)

    async def report(self, finding: Finding) -> None:
        self.told.append(finding.text)
        if finding.severity is Severity.ERROR:
            self.errors.append(finding.text)


async def _sets_up(stage: Stage) -> Operator:
    """As the command does it, in a process of its own, while the bridge is at work."""
    public_url = stage.rig.config.appservice.public_url
    operator = Operator(stage.network, public_url)
    adapter: Any = with_no_bridge(stage.adapter, stage.network.settings, NETWORK, public_url)
    try:
        await adapter.setup(operator)
    except BridgekitError as error:  # the command ends with its sentence
        operator.errors.append(str(error))
    for line in operator.told:
        stage.story.tell(f"the operator reads: {line}")
    return operator
