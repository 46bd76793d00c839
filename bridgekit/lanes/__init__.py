"""The lanes: ordered work that survives whatever happens."""
