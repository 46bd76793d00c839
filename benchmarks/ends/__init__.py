"""The fake ends of a benchmark: a homeserver and an IRC server in one process of their own."""
