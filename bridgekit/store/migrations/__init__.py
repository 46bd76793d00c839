"""Bringing a database to this release's schema, and refusing one that is not ours to change."""

from bridgekit.store.migrations.upgrade import NotOurs, upgrade

__all__ = ["NotOurs", "upgrade"]
