"""The command line."""

from bridgekit.cli.app import main

__all__ = ["main"]
