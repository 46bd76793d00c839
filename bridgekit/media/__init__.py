"""Files, both ways: streamed through a temporary file, never whole in memory."""
