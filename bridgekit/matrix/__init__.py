"""The homeserver: the only place that knows mautrix."""
