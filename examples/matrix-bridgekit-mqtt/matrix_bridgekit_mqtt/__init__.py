"""Bridges MQTT to Matrix: a topic is a room, the devices below it are the people in it."""

from matrix_bridgekit_mqtt.adapter import MQTTAdapter

__all__ = ["MQTTAdapter"]
