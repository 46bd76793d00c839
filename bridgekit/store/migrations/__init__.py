"""Bringing a database to this release's schema, and refusing one that is not ours to change."""

from bridgekit.store.migrations.schema import MADE_BY, NotOurs, check_current, due, upgrade

__all__ = ["MADE_BY", "NotOurs", "check_current", "due", "upgrade"]
