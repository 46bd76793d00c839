"""The commands that only look: lists, counts, and the story of one event."""
