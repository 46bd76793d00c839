"""MQTT keeps the contract: in memory, crashes and all, and on a real Mosquitto."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from bridgekit.testing.servers import ServerMissing
from matrix_bridgekit_mqtt import MQTTAdapter
from matrix_bridgekit_mqtt.testing import broker_in_memory, mosquitto


class TestMQTT(AdapterContract):
    """On a broker in memory, with all that can go wrong."""

    adapter = MQTTAdapter
    sockets = True  # paho has sockets of its own

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return broker_in_memory()


class TestMosquitto(AdapterContract):
    """On the real one: what it does, nobody here has guessed."""

    adapter = MQTTAdapter
    sockets = True

    @asynccontextmanager
    async def network(self) -> AsyncIterator[FakeNetwork]:
        try:
            async with mosquitto() as network:
                yield network
        except ServerMissing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
