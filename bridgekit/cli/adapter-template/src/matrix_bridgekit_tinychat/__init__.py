"""Tinychat for matrix-bridgekit."""

from matrix_bridgekit_tinychat.adapter import TinychatAdapter

__all__ = ["TinychatAdapter"]
