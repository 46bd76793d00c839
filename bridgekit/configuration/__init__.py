"""The operator's file, and what the homeserver must know."""
