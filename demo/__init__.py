"""A conversation across a bridge that is killed in the middle of it."""
