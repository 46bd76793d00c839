"""What an adapter can ask of a host where no bridge runs: its addresses and its links."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from bridgekit.adapter import Adapter, Manifest
from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import ConfigError
from bridgekit.facts import Chat
from bridgekit.ids import LoginID, NetworkName
from bridgekit.stand_in_host import with_no_bridge

LOOP = NetworkName("loop")


class Settings(BaseModel):
    """None."""


class Plain(Adapter[Settings]):
    manifest = Manifest("plain", "Plain", Settings)

    def connect(self, login):
        raise NotImplementedError


def test_it_knows_the_addresses_and_the_links_of_the_configuration():
    links = (ChatLink(chat="#tea"), ChatLink(chat="#coffee"))
    adapter = with_no_bridge(Plain, Settings(), LOOP, "https://b.example.org/", links)
    assert adapter.host.chats(LoginID("loop:bot")) == (Chat("#tea"), Chat("#coffee"))
    assert adapter.host.mount([]) == "https://b.example.org/_bridgekit/hooks/loop"


def test_without_an_address_nothing_can_be_called_and_nothing_else_is_there():
    adapter = with_no_bridge(Plain, Settings(), LOOP, None)
    with pytest.raises(ConfigError, match="public_url is missing"):
        adapter.host.mount([])
    with pytest.raises(RuntimeError, match="no bridge runs here"):
        adapter.host.logins()
