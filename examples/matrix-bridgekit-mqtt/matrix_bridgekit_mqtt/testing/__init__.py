"""Brokers for the contract: one in memory, and the real Mosquitto."""

from matrix_bridgekit_mqtt.testing.mosquitto import PROGRAM, Mosquitto, mosquitto
from matrix_bridgekit_mqtt.testing.network import BrokerInMemory, broker_in_memory

__all__ = ["PROGRAM", "BrokerInMemory", "Mosquitto", "broker_in_memory", "mosquitto"]
