"""The homeserver: the only place that speaks to it."""
