"""Takes over a changed configuration while the bridge runs, and says what needs a restart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bridgekit.adapter_supports import SupportsReload
from bridgekit.clock import Clock
from bridgekit.configuration.config import Config
from bridgekit.configuration.config import Network as NetworkConfig
from bridgekit.configuration.differences import Difference, differences
from bridgekit.configuration.in_force import InForce
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.errors import ConfigError
from bridgekit.ids import NetworkName
from bridgekit.lanes.journey import millis
from bridgekit.networks import Networks
from bridgekit.operating.starts import RELOAD
from bridgekit.options import options_of
from bridgekit.permissions.permissions import Permissions
from bridgekit.store.changes import note
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

_GUARD = frozenset({"circles", "sender_burst", "sender_rate", "chat_burst", "chat_rate", "pause"})
_SECTIONS: Mapping[str, frozenset[str]] = {  # and what of each is in force at once
    "media": frozenset(MediaSettings.model_fields),
    "moderation": _GUARD,
    "operations": frozenset({"log_level"}),
    "waiting": frozenset({"most", "warn"}),
}
_OF_NETWORKS = frozenset({"fallbacks", "expire_after", "history", "relay", "inbox", "sync"})
_MEMBERS = frozenset({"joins_per_second", "new_ghosts_per_hour"})


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What was taken over, and what is only after a restart."""

    taken: Sequence[Difference]
    later: Sequence[Difference]


@dataclass(slots=True)
class Reloading:
    """`read` reads the configuration anew; `level` sets how much the log says; `rights` has
    everybody keep only what they may by the rules that are in force now; `listed` has the chats of
    a network listed anew.

    What is compared with is what runs: a setting that waits for a restart is named every time.
    """

    in_force: InForce
    permissions: Permissions
    networks: Networks
    moderation: Callable[[ModerationSettings], None]
    media: Callable[[MediaSettings], None]
    listed: Callable[[NetworkName], None]
    rights: Callable[[], Awaitable[None]]
    writer: Writer
    clock: Clock
    read: Callable[[], Config] | None = None
    level: Callable[[str], None] | None = None

    @property
    def config(self) -> Config:
        """What runs."""
        return self.in_force.config

    async def reload(self) -> Reloaded:
        """Raises `ConfigError` with every fault of the new one; nothing is changed then."""
        if self.read is None:
            raise ConfigError("This bridge was started without a configuration file.")
        new = self.read()
        found = differences(self.config, new)
        reloaded = await self._adapters(new, {one for one in found if _of_adapter(one)})
        taken = [one for one in found if one in reloaded or self._live(one, new)]
        self._take(new, taken)
        if any(one.place[0] == "permissions" for one in taken):
            await self.rights()
        rest = [one for one in found if one not in taken]
        at = millis(self.clock)
        waits = ", ".join(one.name for one in rest)
        notes = [note(at, "setting changed", str(one)) for one in taken]
        notes.append(note(at, RELOAD, waits))
        await self.writer.write(Rows(*(change for one in notes for change in one.changes)))
        for one in taken:  # whoever reloads wants to see it, however little the log is to say
            log.warning("setting changed", what=str(one))
        for one in rest:
            log.warning("a changed setting needs a restart", what=str(one))
        if self.level is not None:
            self.level(self.config.operations.log_level)
        return Reloaded(taken, rest)

    def _live(self, one: Difference, new: Config) -> bool:
        match one.place:
            case ("permissions", *_):
                return True
            case ("operations", "log_level"):
                return self.level is not None
            case ("networks", name, "members", setting):
                return setting in _MEMBERS and self._runs(NetworkName(name), new)
            case ("networks", name, section, *_):
                return section in _OF_NETWORKS and self._runs(NetworkName(name), new)
            case (section, name, *_):
                return name in _SECTIONS.get(section, ())
        return False

    def _runs(self, name: NetworkName, new: Config) -> bool:
        """Whether the network was there at the start, and is there still."""
        return self.networks.get(name) is not None and name in new.networks

    def _take(self, new: Config, taken: Sequence[Difference]) -> None:
        """What runs is the old one but for these."""
        tops = {one.place[0] for one in taken}
        mixed: dict[str, Any] = {
            section: _mixed(getattr(self.config, section), getattr(new, section), live)
            for section, live in _SECTIONS.items()
            if section in tops
        }
        if "permissions" in tops:
            mixed["permissions"] = new.permissions
        networks = dict(self.config.networks)
        for name in {NetworkName(one.place[1]) for one in taken if one.place[0] == "networks"}:
            networks[name] = self._network(networks[name], new.networks[name], taken)
        self.in_force.config = replace(self.config, networks=networks, **mixed)
        self._tell(taken)

    def _tell(self, taken: Sequence[Difference]) -> None:
        """Those who keep what they were given are given it again."""
        tops = {one.place[0] for one in taken}
        if "permissions" in tops:
            self.permissions.replace(self.config.permissions)
        if "moderation" in tops:
            self.moderation(self.config.moderation)
        if "media" in tops:
            self.media(self.config.media)
        for name in {one.place[1] for one in taken if one.place[2:3] == ("sync",)}:
            self.listed(NetworkName(name))

    def _network(
        self, old: NetworkConfig, new: NetworkConfig, taken: Sequence[Difference]
    ) -> NetworkConfig:
        members = _mixed(old.members, new.members, _MEMBERS)
        sections = {name: getattr(new, name) for name in _OF_NETWORKS}
        mixed = replace(old, members=members, **sections)
        if any(_of_adapter(one) and one.place[1] == old.name for one in taken):
            mixed = replace(mixed, adapter_config=new.adapter_config)
        network = self.networks.get(old.name)
        if network is not None:
            chosen = options_of(
                mixed.fallbacks, mixed.expire_after, mixed.history, mixed.relay, mixed.inbox.invite
            )
            self.networks.add([replace(network, options=chosen)])
        return mixed

    async def _adapters(self, new: Config, of_adapters: set[Difference]) -> set[Difference]:
        """What the adapters themselves have taken over."""
        taken: set[Difference] = set()
        for name in {NetworkName(one.place[1]) for one in of_adapters}:
            network, settings = self.networks.get(name), new.networks.get(name)
            if network is None or settings is None or name not in self.config.networks:
                continue
            if not isinstance(network.adapter, SupportsReload):
                continue
            try:
                await network.adapter.reload(settings.adapter_config)
            except ConfigError as error:  # not while it runs: so it is named with what waits
                log.warning("the adapter needs a restart", network=name, why=str(error))
            else:
                taken |= {one for one in of_adapters if one.place[1] == name}
        return taken


def _mixed(old: Any, new: Any, live: frozenset[str]) -> Any:
    """The old section with what of the new one is in force at once."""
    return old.model_copy(update={name: getattr(new, name) for name in live})


def _of_adapter(one: Difference) -> bool:
    return one.place[0] == "networks" and one.place[2:3] == ("adapter_config",)
