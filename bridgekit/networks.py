"""The enabled networks, as the two directions see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bridgekit.adapter import Adapter
from bridgekit.host import NetworkHost
from bridgekit.ids import NetworkName
from bridgekit.login.logins import Logins
from bridgekit.options import Options


@dataclass(frozen=True, slots=True)
class Network:
    """One enabled network at work."""

    name: NetworkName
    adapter: Adapter[Any]
    host: NetworkHost
    logins: Logins
    options: Options = field(default_factory=Options)


class Networks:
    """All of them, by name. What is no longer configured is absent."""

    def __init__(self) -> None:
        self._networks: dict[NetworkName, Network] = {}

    def add(self, networks: Iterable[Network]) -> None:
        self._networks.update({network.name: network for network in networks})

    def get(self, name: NetworkName) -> Network | None:
        return self._networks.get(name)

    def __iter__(self) -> Iterator[Network]:
        return iter(self._networks.values())
