"""Brokers for the contract: one in memory, and the real Mosquitto."""

from matrix_bridgekit_mqtt.testing.mosquitto import Mosquitto, mosquitto
from matrix_bridgekit_mqtt.testing.network import BrokerInMemory, broker_in_memory

__all__ = ["BrokerInMemory", "Mosquitto", "broker_in_memory", "mosquitto"]
