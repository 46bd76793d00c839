"""What an operator can set."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, SecretStr


class MQTTConfig(BaseModel):
    """`name` is the bridge's client ID, and so the name of its session: one bridge, one name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "localhost"
    port: int = 1883
    tls: bool = False
    username: str = ""
    password: SecretStr = SecretStr("")
    name: str = "matrix"
    switches: frozenset[str] = frozenset()  # `lamp`: "lamp: ON" is sent to `home/kitchen/lamp/set`
