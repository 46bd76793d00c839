"""A registration that is right, and what is found after something in it was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bridgekit import Adapter, Login, Manifest
from bridgekit.adapter_supports import Finding
from bridgekit.configuration.config import Config
from bridgekit.configuration.config import load as load_config
from bridgekit.configuration.registration import build
from bridgekit.registration.belonging import compare
from bridgekit.registration.oracle import Oracle
from bridgekit.registration.reading import Registered, read

AS_TOKEN = "a7Qm2xZ9rT4vK8pL1nB6cW3y"
HS_TOKEN = "h5Jf0sD2gH7kP9wE4uR1tY6i"
CONFIG = f"""
homeserver: {{url: http://localhost:8008, domain: example.org}}
appservice:
  url: http://localhost:29300
  as_token: {AS_TOKEN}
  hs_token: {HS_TOKEN}
permissions: {{"example.org": user}}
networks:
  libera: {{adapter: irc}}
  oftc: {{adapter: irc}}
"""

Changed = Callable[[str, str], list[Finding]]


class Nothing(BaseModel):
    pass


class IRC(Adapter[Nothing]):
    manifest = Manifest("irc", "IRC", Nothing)

    def connect(self, login: Login) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(login)


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """One for all tests: its process takes longer to start than to answer."""
    with Oracle() as oracle:
        yield oracle


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return load_config(path, {}, {"irc": IRC})


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def registered(path: Path) -> Registered:
    file = read(path)
    assert isinstance(file, Registered), file
    return file


@pytest.fixture
def changed(config: Config, tmp_path: Path, oracle: Oracle) -> Changed:
    """What is found after one text in the right registration was replaced by another."""

    def found(old: str, new: str) -> list[Finding]:
        text = build(config).to_yaml()
        assert old in text
        path = written(tmp_path / "registration.yaml", text.replace(old, new))
        file = read(path)
        return [file] if isinstance(file, Finding) else compare(config, file, oracle)

    return found
