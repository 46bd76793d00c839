"""The configuration: one YAML file, the environment and secret files, to typed settings.

Every fault is found in one go and said with its place; nothing is ever written back.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from bridgekit.adapter import Adapter
from bridgekit.configuration.command_settings import APISettings, CommandSettings
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.configuration.fallback_settings import ExpirySettings, FallbackSettings
from bridgekit.configuration.faults import Faults
from bridgekit.configuration.history_settings import HistorySettings
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.configuration.link_check import check_links, check_repeated
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.configuration.overrides import apply_environment, prepare
from bridgekit.configuration.plugins import Broken
from bridgekit.configuration.puppet_settings import PuppetSettings, check_puppets
from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.configuration.settings import (
    AppserviceSettings,
    ChatLink,
    HomeserverSettings,
    MembersSettings,
    NetworkSettings,
    PostgreSQL,
    RoomsSettings,
    Settings,
    SQLiteFile,
)
from bridgekit.configuration.stand_in import StandIn, stand_in
from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.configuration.yaml_source import Document, Where, parse_value, read
from bridgekit.errors import ConfigError
from bridgekit.ids import NetworkName, RemoteUserID
from bridgekit.namespaces import MAX_BYTES, NETWORK_NAME, Namespaces
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level

Adapters = Mapping[str, type[Adapter[Any]] | Broken]
ModelT = TypeVar("ModelT", bound=BaseModel)

_NETWORKS = "networks"
_SECTIONS = (*Settings.model_fields, _NETWORKS)
_COMMON = frozenset(NetworkSettings.model_fields)


@dataclass(frozen=True, slots=True)
class Network:
    """One enabled network. `adapter_config` is an instance of its manifest's `config` model.

    Where the adapter cannot be used, `adapter` is a `StandIn`, and nothing is linked.
    """

    name: NetworkName
    adapter: type[Adapter[Any]]
    adapter_config: Any
    links: tuple[ChatLink, ...]
    members: MembersSettings = field(default_factory=MembersSettings)
    directory: Literal["public", "unlisted"] = "unlisted"
    space: bool = False
    personal_space: bool = False
    fallbacks: FallbackSettings = field(default_factory=FallbackSettings)
    expire_after: ExpirySettings = field(default_factory=ExpirySettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    relay: RelaySettings = field(default_factory=RelaySettings)
    inbox: InboxSettings = field(default_factory=InboxSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the operator decided. `path` is the file that it came from."""

    path: Path
    homeserver: HomeserverSettings
    appservice: AppserviceSettings
    database: SQLiteFile | PostgreSQL
    permissions: Mapping[str, Rule | Level]
    networks: Mapping[NetworkName, Network]
    encryption: EncryptionSettings = field(default_factory=EncryptionSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    moderation: ModerationSettings = field(default_factory=ModerationSettings)
    rooms: RoomsSettings = field(default_factory=RoomsSettings)
    scan: ScanSettings = field(default_factory=ScanSettings)
    commands: CommandSettings = field(default_factory=CommandSettings)
    api: APISettings = field(default_factory=APISettings)
    waiting: WaitingSettings = field(default_factory=WaitingSettings)
    operations: OperationSettings = field(default_factory=OperationSettings)
    double_puppets: Mapping[str, PuppetSettings] = field(default_factory=dict)

    @property
    def namespaces(self) -> Namespaces:
        return Namespaces(
            domain=self.homeserver.domain,
            bot=self.appservice.bot,
            appservice=self.appservice.id,
            networks=frozenset(self.networks),
            without_aliases=frozenset(
                name for name, one in self.networks.items() if not one.adapter.manifest.aliases
            ),
        )


def load(path: Path, environ: Mapping[str, str], adapters: Adapters) -> Config:
    """Read and check a configuration; `ConfigError` holds every fault of it.

    `adapters` are the installed ones; only those that the file names are looked up. One that
    cannot be used is a fault only if there is no other.
    """
    document = read(path)
    _check_kind(document)
    faults = Faults(document)
    for where, sentence in document.faults:
        faults.add(where, sentence, key=True)
    data = copy.deepcopy(document.data)
    apply_environment(environ, data, _SECTIONS, faults)
    folder = path.absolute().parent
    raw = data[_NETWORKS] = _mapping(data, _NETWORKS, (), faults)
    settings = _settings(data, folder, faults)
    _check_names(data, faults)
    networks = [_network(name, raw, folder, adapters, faults) for name in raw]
    _check_usable(networks, raw, faults)
    if settings is None or faults:
        raise faults.error()
    return Config(
        path=path,
        homeserver=settings.homeserver,
        appservice=settings.appservice,
        database=settings.database,
        permissions={who: line.rule() for who, line in settings.permissions.items()},
        encryption=settings.encryption,
        media=settings.media,
        scan=settings.scan,
        moderation=settings.moderation,
        rooms=settings.rooms,
        commands=settings.commands,
        api=settings.api,
        waiting=settings.waiting,
        operations=settings.operations,
        double_puppets=settings.double_puppets,
        networks={network.name: network for network in networks if network},
    )


def _check_kind(document: Document) -> None:
    """Refuse the other file that people have at hand."""
    if "sender_localpart" in document.data or "namespaces" in document.data:
        raise ConfigError(
            f"{document.name}: this is a registration, which belongs to the homeserver; "
            "give the bridge's own configuration, the file with `networks:` in it"
        )


def _settings(data: dict[str, Any], folder: Path, faults: Faults) -> Settings | None:
    rest = {key: value for key, value in data.items() if key != _NETWORKS}
    prepare(rest, Settings, (), folder, faults, also=frozenset({_NETWORKS}))
    return _validate(Settings, rest, (), folder, faults)


def _network(
    name: str, networks: dict[str, Any], folder: Path, adapters: Adapters, faults: Faults
) -> Network | None:
    where = (_NETWORKS, name)
    if not NETWORK_NAME.fullmatch(name):
        faults.add(
            where, "is no name for a network; use a-z, 0-9 and -, no capitals, no _", key=True
        )
    data = _mapping(networks, name, where[:1], faults)
    common_data = {key: data[key] for key in data.keys() & _COMMON}
    rest = {key: data[key] for key in data.keys() - _COMMON}
    prepare(common_data, NetworkSettings, where, folder, faults)
    check_repeated(common_data.get("links"), (*where, "links"), faults)
    common = _validate(NetworkSettings, common_data, where, folder, faults)
    named = common_data.get("adapter")
    adapter = _adapter(named if isinstance(named, str) else name, where, data, adapters, faults)
    if adapter is None:
        return None
    if isinstance(adapter, Broken):
        return None if common is None else _off(name, adapter, common)
    model = adapter.manifest.config
    prepare(rest, model, where, folder, faults, also=_COMMON)
    config = _validate(model, rest, where, folder, faults)
    if common is None or config is None:
        return None
    check_links(adapter, config, common.links, (*where, "links"), faults)
    of_all = {key: value for key, value in common if key != "adapter"}
    return Network(NetworkName(name), adapter, config, **of_all)


def _off(name: str, broken: Broken, common: NetworkSettings) -> Network:
    """A network whose adapter cannot be used; what its own settings mean, nobody knows."""
    of_all = {key: value for key, value in common if key not in {"adapter", "links"}}
    adapter = stand_in(broken.name, broken.why)
    return Network(NetworkName(name), adapter, None, links=(), **of_all)


def _check_usable(networks: Sequence[Network | None], raw: dict[str, Any], faults: Faults) -> None:
    """An adapter that cannot be used stops nobody else: where there is somebody else."""
    off = {
        one.name: one.adapter.why for one in networks if one and issubclass(one.adapter, StandIn)
    }
    if faults or len(off) == len(networks):
        for name, why in off.items():
            at = _named_at(raw[name] or {}, (_NETWORKS, name))
            faults.add(at, f"cannot be used: {why}")


def _named_at(data: dict[str, Any], where: Where) -> Where:
    """Where it says which adapter a network has."""
    return (*where, "adapter") if "adapter" in data else where


def _adapter(
    name: str, where: Where, data: dict[str, Any], adapters: Adapters, faults: Faults
) -> type[Adapter[Any]] | Broken | None:
    at = _named_at(data, where)
    adapter = adapters.get(name)
    if adapter is None:
        what = "is not installed" if "adapter" in data else "is the name of no installed adapter"
        guess = get_close_matches(name, adapters, n=1)
        there = f"installed are: {', '.join(adapters) or 'none'}"
        advice = f"did you mean {guess[0]}?" if guess else "name one with `adapter:`, or install it"
        faults.add(at, f"{what} ({there}); {advice}", key=at == where)
    return adapter


def _validate(
    model: type[ModelT], data: dict[str, Any], where: Where, folder: Path, faults: Faults
) -> ModelT | None:
    try:
        today = datetime.now(UTC).date()
        return model.model_validate(data, context={"folder": folder, "today": today})
    except ValidationError as error:
        faults.add_all(where, error, data, model)
        return None


def _mapping(data: dict[str, Any], key: str, where: Where, faults: Faults) -> dict[str, Any]:
    """What stands under a key that may be left empty; a mapping, whatever it is."""
    value = data.get(key)
    if isinstance(value, str) and (*where, key) in faults.origins:
        try:
            value = parse_value(value)
        except ValueError:
            value = ""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    faults.add((*where, key), "must hold `key: value` lines; indent them under it")
    return {}


def _check_names(data: dict[str, Any], faults: Faults) -> None:
    """What no single setting shows: two names or tokens that get in each other's way."""
    appservice = _section(data, "appservice")
    bot = str(appservice.get("bot", ""))
    domain = str(_section(data, "homeserver").get("domain", ""))
    second = ("appservice", "hs_token")
    same = appservice.get("hs_token") == appservice.get("as_token") is not None
    if same and not faults.is_settled(second):
        faults.add(second, "is the same as as_token; use two different ones")
    puppets = _section(data, "double_puppets")
    check_puppets(puppets, domain, appservice.get("as_token"), faults)
    for name in data[_NETWORKS]:
        names = Namespaces(domain, bot, "", frozenset({NetworkName(name)}))
        longest = names.ghost(NetworkName(name), RemoteUserID("x" * MAX_BYTES))
        if len(longest.encode()) > MAX_BYTES:
            faults.add(
                (_NETWORKS, name), "is too long for this domain; choose a shorter name", key=True
            )
        if bot.startswith(f"{name}_"):
            why = f"is in the namespace of the network {name}; choose a name without {name}_"
            faults.add(("appservice", "bot"), why)


def _section(data: dict[str, Any], key: str) -> dict[str, Any]:
    section = data.get(key)
    return section if isinstance(section, dict) else {}
