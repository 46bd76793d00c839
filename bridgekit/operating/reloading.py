"""Takes over a changed configuration while the bridge runs, and says what needs a restart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from bridgekit.adapter_supports import SupportsReload
from bridgekit.clock import Clock
from bridgekit.configuration.config import Config
from bridgekit.configuration.config import Network as NetworkConfig
from bridgekit.configuration.differences import Difference, differences
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.configuration.settings import MembersSettings
from bridgekit.errors import ConfigError
from bridgekit.ids import NetworkName
from bridgekit.lanes.journey import millis
from bridgekit.networks import Networks
from bridgekit.options import options_of
from bridgekit.permissions.permissions import Permissions
from bridgekit.store.changes import note
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

_OPTIONS = frozenset({"fallbacks", "expire_after", "history", "relay", "inbox"})
_MEMBERS = frozenset({"joins_per_second", "new_ghosts_per_hour"})
_GUARD = frozenset({"circles", "sender_burst", "sender_rate", "chat_burst", "chat_rate", "pause"})


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What was taken over, and what is only after a restart."""

    taken: Sequence[Difference]
    later: Sequence[Difference]


@dataclass(slots=True)
class Reloading:
    """`read` reads the configuration anew; `level` sets how much the log says; `rights` has
    everybody keep only what they may by the rules that are in force now.

    What is compared with is what runs: a setting that waits for a restart is named every time.
    """

    config: Config
    permissions: Permissions
    networks: Networks
    limits: dict[NetworkName, MembersSettings]
    moderation: Callable[[ModerationSettings], None]
    rights: Callable[[], Awaitable[None]]
    writer: Writer
    clock: Clock
    read: Callable[[], Config] | None = None
    level: Callable[[str], None] | None = None

    async def reload(self) -> Reloaded:
        """Raises `ConfigError` with every fault of the new one; nothing is changed then."""
        if self.read is None:
            raise ConfigError("This bridge was started without a configuration file.")
        new = self.read()
        found = differences(self.config, new)
        reloaded = await self._adapters(new, {one for one in found if _of_adapter(one)})
        taken = [one for one in found if one in reloaded or self._live(one)]
        self._take(new, taken)
        if any(one.place[0] == "permissions" for one in taken):
            await self.rights()
        rest = [one for one in found if one not in taken]
        at = millis(self.clock)
        notes = [note(at, "setting changed", str(one)) for one in taken]
        await self.writer.write(Rows(*(change for one in notes for change in one.changes)))
        for one in taken:
            log.info("setting changed", what=str(one))
        for one in rest:
            log.warning("a changed setting needs a restart", what=str(one))
        return Reloaded(taken, rest)

    def _live(self, one: Difference) -> bool:
        match one.place:
            case ("permissions", *_):
                return True
            case ("operations", "log_level"):
                return self.level is not None
            case ("moderation", name, *_):
                return name in _GUARD
            case ("networks", name, "members", setting):
                return setting in _MEMBERS and NetworkName(name) in self.limits
            case ("networks", name, section, *_):
                return section in _OPTIONS and self.networks.get(NetworkName(name)) is not None
        return False

    def _take(self, new: Config, taken: Sequence[Difference]) -> None:
        """What runs is the old one but for these; of a section all that is in it is live."""
        tops = {one.place[0] for one in taken}
        current = self.config
        if "permissions" in tops:
            self.permissions.replace(new.permissions)
            current = replace(current, permissions=new.permissions)
        if "moderation" in tops:
            lists = {"lists": current.moderation.lists}
            current = replace(current, moderation=new.moderation.model_copy(update=lists))
            self.moderation(current.moderation)
        if "operations" in tops and self.level is not None:
            level = new.operations.log_level
            self.level(level)
            changed = current.operations.model_copy(update={"log_level": level})
            current = replace(current, operations=changed)
        names = {NetworkName(one.place[1]) for one in taken if one.place[0] == "networks"}
        networks = dict(current.networks)
        for name in names:
            networks[name] = self._network(networks[name], new.networks[name], taken)
        self.config = replace(current, networks=networks)

    def _network(
        self, old: NetworkConfig, new: NetworkConfig, taken: Sequence[Difference]
    ) -> NetworkConfig:
        update = {field: new.members.model_dump()[field] for field in _MEMBERS}
        members = old.members.model_copy(update=update)
        sections = {name: getattr(new, name) for name in _OPTIONS}
        mixed = replace(old, members=members, **sections)
        if any(_of_adapter(one) and one.place[1] == old.name for one in taken):
            mixed = replace(mixed, adapter_config=new.adapter_config)
        self.limits[old.name] = members
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


def _of_adapter(one: Difference) -> bool:
    return one.place[0] == "networks" and one.place[2:3] == ("adapter_config",)
