"""The configuration as it is in force: whoever asks here has what was reloaded meanwhile, too."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.configuration.config import Config
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.configuration.settings import MembersSettings
from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.ids import NetworkName


@dataclass(slots=True)
class InForce:
    """Replaced as a whole; the networks in it stay those that were there at the start."""

    config: Config

    def members(self, network: NetworkName) -> MembersSettings:
        return self.config.networks[network].members

    def sync(self, network: NetworkName) -> SyncSettings:
        return self.config.networks[network].sync

    def inbox(self, network: NetworkName) -> InboxSettings:
        return self.config.networks[network].inbox

    def waiting(self) -> WaitingSettings:
        return self.config.waiting
