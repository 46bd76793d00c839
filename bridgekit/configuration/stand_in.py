"""What stands for an adapter that is installed but cannot be used: its network stays off."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from pydantic import BaseModel

from bridgekit.adapter import Adapter, Client, Login, Manifest
from bridgekit.errors import ConfigError, LoginError


class StandIn(Adapter[Any]):
    """Keeps the names of its network ours; nobody signs in, and whoever speaks is told."""

    why: ClassVar[str]

    def lifespan(self) -> AbstractAsyncContextManager[Any]:
        raise ConfigError(self.why)

    def connect(self, login: Login) -> AbstractAsyncContextManager[Client]:
        raise LoginError(f"{login.id} cannot sign in. {self.why}")


def stand_in(name: str, why: str) -> type[StandIn]:
    """For the adapter called `name`."""
    manifest = Manifest(name, name, BaseModel)
    return type("StandIn", (StandIn,), {"manifest": manifest, "why": why})
