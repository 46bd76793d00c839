"""MQTT keeps the contract: in memory, crashes and all, and on a real Mosquitto without them."""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager

import pytest

from bridgekit.testing.contract import AdapterContract, FakeNetwork
from matrix_bridgekit_mqtt import MQTTAdapter
from matrix_bridgekit_mqtt.testing import PROGRAM, broker_in_memory, mosquitto


class TestMQTT(AdapterContract):
    """On a broker in memory, with all that can go wrong, and a crash at every await."""

    adapter = MQTTAdapter

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return broker_in_memory()


@pytest.mark.skipif(
    PROGRAM is None and os.environ.get("CI") != "true", reason="Mosquitto is not installed here"
)
class TestMosquitto(AdapterContract):
    """On the real one: what it does, nobody here has guessed."""

    adapter = MQTTAdapter
    sockets = True  # of a process of its own

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return mosquitto()
