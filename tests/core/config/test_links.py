"""What is wrong with configured links, as far as the configuration itself shows it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bridgekit import (
    Adapter,
    Chat,
    ChatID,
    ConfigError,
    Login,
    Manifest,
    RemoteUserID,
    SupportsNames,
)
from bridgekit.configuration.config import Config, load
from bridgekit.configuration.link_check import unconfirmed

TEXT = """\
homeserver: {url: http://localhost:8008, domain: example.org}
appservice: {url: http://localhost:29300, as_token: as-secret, hs_token: hs-secret}
permissions: {"*": relay}
networks:
  tower:
    links:
"""
SHARED = ", shared: true"
SECOND = "8:16 networks.tower.links[1].chat:"


class Settings(BaseModel):
    broken: bool = False


class Tower(Adapter[Settings], SupportsNames):
    """Its chats start with # and are the same in any case."""

    manifest = Manifest("tower", "Tower", Settings)

    def __init__(self, config: Settings, host: Any) -> None:
        super().__init__(config, host)
        if config.broken:
            host.logins()

    def connect(self, login: Login) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(login)

    def chat_named(self, name: str) -> Chat | None:
        return Chat(ChatID(name.lower())) if name.startswith("#") else None

    def user_named(self, name: str) -> RemoteUserID | None:
        raise NotImplementedError(name)

    def private_chat(self, user: RemoteUserID) -> Chat:
        raise NotImplementedError(user)


def loaded(tmp_path: Path, *links: str, rest: str = "") -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT + "".join(f"      - {{{link}}}\n" for link in links) + rest)
    return load(path, {}, {"tower": Tower})


def faults(tmp_path: Path, *links: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, *links)
    return [fault.removeprefix(f"{tmp_path}/config.yaml:") for fault in raised.value.faults]


def test_a_chat_without_its_sign_is_asked_about(tmp_path: Path) -> None:
    said = faults(tmp_path, 'chat: "#a"', 'chat: "python"')
    assert said == [
        f'{SECOND} is no chat that Tower can have; did you mean "#python"? Keep the quotes'
    ]


def test_two_spellings_of_one_chat_are_one_too_many(tmp_path: Path) -> None:
    assert faults(tmp_path, 'chat: "#python"', 'chat: "#Python"') == [
        f"{SECOND} is the same chat to its network as that of links[0]; remove one"
    ]


def test_the_same_words_twice_are_said_once(tmp_path: Path) -> None:
    assert faults(tmp_path, 'chat: "#python"', 'chat: "#python"') == [
        f"{SECOND} is linked by links[0] already; remove one"
    ]


def test_an_adapter_that_fails_is_not_the_links_fault(tmp_path: Path) -> None:
    config = loaded(tmp_path, 'chat: "python"', rest="    broken: true\n")
    assert [link.chat for link in config.networks["tower"].links] == ["python"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [("", "", ["#a", "#b"]), ("", SHARED, ["#a", "#b"]), (SHARED, SHARED, [])],
)
def test_a_room_of_two_chats_has_to_be_confirmed_by_both(
    tmp_path: Path, first: str, second: str, asked: list[str]
) -> None:
    room = 'room: "!r:example.org"'
    config = loaded(tmp_path, f'chat: "#a", {room}{first}', f'chat: "#b", {room}{second}')
    links = {name: network.links for name, network in config.networks.items()}
    assert [link.chat for _, both in unconfirmed(links) for _, link in both] == asked
