"""An adapter with settings of every kind, and how a test loads a configuration for it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from bridgekit import Adapter, ConfigError, Login, Manifest
from bridgekit.configuration.config import Config, load
from bridgekit.configuration.plugins import Broken

MINIMAL = """\
homeserver: {url: http://localhost:8008, domain: example.org}
appservice:
  url: http://localhost:29300
  as_token: as-secret
  hs_token: hs-secret
permissions: {"*": relay, "example.org": user, "@admin:example.org": admin}
networks:
  libera:
    adapter: irc
    server: irc.example.net
"""
HOMESERVER = "homeserver: {url: http://localhost:8008, domain: example.org}"
SERVER = "server: irc.example.net"


class Sasl(BaseModel):
    user: str = Field(description="the account's name")
    password: SecretStr


class IRCSettings(BaseModel):
    server: str = Field(description="the server's host name")
    port: int = Field(6697, ge=1, le=65535)
    tls: bool = True
    password: SecretStr | None = None
    sasl: Sasl | None = None
    channels: list[str] = []
    modes: dict[str, str] | None = None
    proxies: dict[str, Sasl] = {}
    keys: dict[str, SecretStr] = {}

    @field_validator("server")
    @classmethod
    def _no_spaces(cls, value: str) -> str:
        if " " in value:
            raise ValueError("must be a host name; leave out the spaces")
        return value

    @model_validator(mode="after")
    def _no_plain_password(self) -> "IRCSettings":
        if self.password and not self.tls:
            secret = self.password.get_secret_value()
            raise ValueError(f"would send {secret} in the clear; switch tls on")
        return self


class IRC(Adapter[IRCSettings]):
    manifest = Manifest("irc", "IRC", IRCSettings)

    def connect(self, login: Login) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(login)


ADAPTERS = {"irc": IRC, "broken": Broken("broken", "a-package", "The adapter broken is broken.")}
Loader = Callable[..., Config]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Load a text as `config.yaml` of the working folder."""
    monkeypatch.chdir(tmp_path)

    def load_text(text: str, environ: Mapping[str, str] | None = None) -> Config:
        Path("config.yaml").write_text(text)
        return load(Path("config.yaml"), environ or {}, ADAPTERS)

    return load_text


def faults_of(loader: Loader, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loader(text, environ)
    return list(raised.value.faults)


def changed(old: str, new: str) -> str:
    assert old in MINIMAL
    return MINIMAL.replace(old, new)
